"""The line that drops, the reader who goes away, the window that is too small: nothing that was typed is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.factories import make
from tests.faults.conftest import Firm

pytestmark = pytest.mark.slow

FORMS = {"f": ("note", "half a sentence"), "o": ("name", "Half Ltd"), "e": ("region", "westwards")}


@pytest.mark.parametrize(
    ("way", "key"), [("HUP", "f"), ("HUP", "o"), ("TERM", "f"), ("TERM", "e"), ("hang up", "f"), ("KILL", "f")]
)
def test_a_half_typed_form_outlives_the_session(firm: Firm, way: str, key: str) -> None:
    make(firm.team.li, "Acme")
    field, typed = FORMS[key]
    with firm.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.send(key)
        terminal.wait(field)
        if key == "e":
            terminal.send("<tab>" * 2)
        terminal.send(typed)
        terminal.wait(typed)
        if way == "hang up":
            terminal.hang_up()
        else:
            if way == "KILL":
                terminal.quiet(1.0)
            os.kill(terminal.pid, signal.Signals[f"SIG{way}"])
        code = terminal.exit_code()
        assert code == {"TERM": 143, "KILL": -signal.SIGKILL}.get(way, 129)
        assert b"Traceback" not in terminal.raw
    [(content,)] = firm.rows("SELECT content FROM draft")
    assert typed in content
    assert firm.rows("PRAGMA integrity_check") == [("ok",)]
    with firm.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.send(key)
        terminal.wait(typed)
        terminal.wait("is here again")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_leaves_nothing_half_done(firm: Firm, number: signal.Signals) -> None:
    firm.database.close()
    table = firm.path.parent / "many.csv"
    table.write_text("name,phone\n" + "".join(f"Company {n},{'x' if n % 3 else ''}\n" for n in range(60_000)))
    argv = [sys.executable, "-m", "crm_tui", "--db", str(firm.path), "--user", "li", "import", str(table)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "name" not in process.stderr.readline():
        pass
    process.send_signal(number)
    __, told = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "Traceback" not in told
    assert firm.rows("SELECT count(*) FROM customer") == [(0,)]
    beside = {file.name for file in firm.path.parent.iterdir() if not file.name.startswith("crm.db")}
    assert beside <= {"many.csv", "crm.toml"}


READING = (["list"], ["list", "--json"], ["list", "--csv"], ["export", "", "-"], ["due", "--json"],
           ["history", "--json"], ["show", "1"], ["check"])  # fmt: skip


def test_a_reader_who_goes_away_ends_a_command_quietly(firm: Firm) -> None:
    for n in range(5):
        make(firm.team.li, f"Acme {n}")
    firm.database.close()
    for words in READING:
        reader, writer = os.pipe()
        os.close(reader)
        argv = [sys.executable, "-m", "crm_tui", "--db", str(firm.path), "--user", "li", *words]
        done = subprocess.run(argv, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=60)
        os.close(writer)
        assert done.returncode == 0, words
        assert "Traceback" not in done.stderr
        assert "roken pipe" not in done.stderr


SMALL = ((1, 1), (2, 2), (5, 3), (1, 40), (200, 1))
OVER = {"list": "", "form": "f", "menu": "?", "line": ":", "filter": "/", "card": "<enter>", "board": "b"}


def test_a_window_of_any_size_comes_back_as_it_was(firm: Firm) -> None:
    make(firm.team.li, "Acme")
    with firm.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        for turn, (name, keys) in enumerate(OVER.items()):
            terminal.send(keys)
            if name == "form":
                terminal.wait("note")
                terminal.send("half a sentence")
            terminal.quiet()
            for size in (SMALL[0], SMALL[1 + turn % 4]):
                terminal.resize(*size)
                terminal.quiet(0.1)
                terminal.send("<down><up><tab>" if name in ("form", "menu") else "<down><up>")
            terminal.resize(80, 24)
            if name == "form":
                terminal.wait("half a sentence")
            terminal.quiet()
            assert terminal.exit_code(0) is None, name
            terminal.send("<esc>")
            terminal.wait("Acme")
            terminal.send("<esc>" if name in ("filter", "form") else "")
            terminal.quiet()
            if name == "board":
                terminal.send("b")
        terminal.quiet()
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("size", [(1, 1), (2, 2)])
def test_the_screens_open_in_a_window_of_nothing(firm: Firm, size: tuple[int, int]) -> None:
    make(firm.team.li, "Acme")
    with firm.open(*size) as terminal:
        end = time.monotonic() + 60
        while b"\x1b[?1049h" not in terminal.raw and time.monotonic() < end:
            terminal.pump(0.05)
        terminal.quiet()
        terminal.resize(80, 24)
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.quiet()
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0


def test_a_path_that_is_long_hides_no_sentence(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 20)
    folder.mkdir()
    firm = Firm(folder / "crm.db")
    make(firm.team.li, "Acme")
    with firm.open() as terminal:
        terminal.wait("Acme")
        terminal.quiet()
        (folder / "crm.db").unlink()
        terminal.wait("was replaced or removed")
