"""The `:` line on a real terminal: what it costs on the wire, and what the next session knows of it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.factories import make
from tests.pty.conftest import Office


@pytest.mark.slow
def test_completing_is_cheap(office: Office) -> None:
    for number in range(30):
        make(office.team.li, f"Customer {number:02} of a certain length", stage="intent")
    with office.open() as terminal:
        terminal.wait("Customer")
        terminal.send("gp")
        terminal.wait("30 customers")
        terminal.send(":sort name<enter>")
        terminal.quiet(0.5)
        opened = terminal.key(":", gap=0.2).bytes
        typed = [terminal.key(key, gap=0.15).bytes for key in "stage "]
        chosen = [terminal.key("<tab>", gap=0.15).bytes for _ in range(4)]
        terminal.key("<esc>", gap=0.2)
        searched = terminal.key("<c-r>", gap=0.2).bytes
        print(f"opened {opened}, typed {typed}, chosen {chosen}, searched {searched} bytes")
        assert 0 < opened <= 2_000
        assert max(typed) <= 1_200
        assert max(chosen) <= 500
        assert searched <= 1_200


def test_the_next_session_knows_the_lines(office: Office, tmp_path: Path) -> None:
    make(office.team.li, "Acme")
    with office.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp:tag 重要<enter>")
        terminal.wait("u undoes")
        terminal.send(":list --user li<enter>")
        terminal.wait("for the shell")
        terminal.send("<esc>:quit<enter>")
        assert terminal.exit_code() == 0
    kept = tmp_path / "lines"
    assert kept.read_text() == "tag 重要\nquit\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with office.open() as terminal:
        terminal.wait("Acme")
        terminal.send(":<c-r>重")
        terminal.wait("earlier: 重")
        terminal.send("<tab>")
        terminal.wait("(?m)^:tag 重要")
        terminal.send("<esc>")
