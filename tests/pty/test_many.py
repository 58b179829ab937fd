"""Several processes on one database: what one does the others' screens show soon, and nothing else moves on them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from crm_tui.domain.when import When
from crm_tui.services import followups
from tests.factories import make
from tests.pty.conftest import Office
from tests.terminal import Terminal


def obey(office: Office, user: str, *words: str) -> None:
    """Run one command in a process of its own."""
    program = [sys.executable, "-m", "crm_tui", "--db", str(office.path), "--user", user]
    subprocess.run([*program, *words], check=True, capture_output=True)


def silent(terminal: Terminal, seconds: float = 1.5) -> bool:
    """Whether nothing is sent for so long."""
    before = terminal.bytes
    terminal.quiet(seconds, seconds)
    return terminal.bytes == before


PLACES = [
    ("due", "gd", "0 done of 3", "Renamed"),
    ("pipeline", "gp", "3 customers", "Renamed"),
    ("board", "gpb", "potential 3", "Renamed"),
    ("card", "gp<enter>", "profile", "Renamed"),
    ("history", "gh", "History: \\d+", "Acme: name changed|Renamed: name changed"),
]


@pytest.mark.parametrize(
    ("keys", "there", "changed"),
    [
        pytest.param(*rest, id=name, marks=[] if name == "pipeline" else [pytest.mark.slow])
        for name, *rest in PLACES
    ],
)
def test_a_screen_shows_what_another_process_has_done_and_sends_nothing_before(
    office: Office, keys: str, there: str, changed: str
) -> None:
    team = office.team
    elsewhere = make(team.wang, "Elsewhere")
    ids = [make(team.li, name) for name in ("Beta", "宏达科技", "Acme")]
    followups.set_next(team.li, ids[1:], When(team.li.today))
    with office.open(100, 30) as terminal:
        terminal.wait("Acme")
        terminal.send(keys)
        terminal.wait(there)
        terminal.quiet(0.5)
        obey(office, "wang", "edit", "address=a long way off", str(elsewhere))
        obey(office, "root", "config", "set", "currency", "CNY")  # no customer's: all that is shown is read again
        assert silent(terminal)
        # who looks at the journal sees what was done in one's own name, wherever
        obey(office, "li" if keys == "gh" else "zhao", "edit", "name=Renamed", str(ids[2]))
        terminal.wait(changed)


@pytest.mark.slow
def test_who_becomes_due_or_is_assigned_appears_and_who_goes_is_dimmed_under_a_still_cursor(office: Office) -> None:
    team = office.team
    ids = [make(team.li, name) for name in ("Beta", "宏达科技")]
    followups.set_next(team.li, ids, When(team.li.today))
    with office.open() as terminal:
        terminal.wait("0 done of 2")
        terminal.send("j")
        obey(office, "zhao", "new", "新客户", "--owner", "li")
        obey(office, "zhao", "next", "today", "3")
        terminal.wait("新客户")
        terminal.wait("0 done of 3")
        rows = [terminal.row(y) for y in range(6)]
        assert [row[:1] for row in rows if "Beta" in row or "宏达" in row or "新客户" in row] == [" ", "›", " "]
        obey(office, "zhao", "next", "+60d", "1")
        terminal.wait("0 done of 2")  # it is no longer due, and who waits for it did not do it


@pytest.mark.slow
def test_a_form_is_not_disturbed_by_what_others_do(office: Office) -> None:
    key = make(office.team.li, "Acme", region="north")
    with office.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp<enter>")
        terminal.wait("profile")
        terminal.send("f")
        terminal.wait("Enter saves")
        terminal.send("half a sen")
        terminal.wait("half a sen")
        obey(office, "zhao", "edit", "name=Renamed", str(key))
        terminal.wait("Renamed")
        terminal.send("tence")
        terminal.wait("half a sentence")
        obey(office, "zhao", "archive", str(key))
        terminal.quiet(2.0, 2.0)
        terminal.send(", and more")
        terminal.wait("half a sentence, and more")
        assert terminal.exit_code(0) is None
