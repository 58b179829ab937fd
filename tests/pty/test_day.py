"""A rep's day on a real terminal of 80 columns and 24 rows."""

from __future__ import annotations

import os
import signal
from datetime import date, timedelta

import pytest

from crm_tui.domain.when import When
from crm_tui.services import followups
from crm_tui.services.session import Session
from tests.factories import make
from tests.pty.conftest import Office


def promised(session: Session, count: int) -> list[int]:
    """So many customers of intent B, all due today."""
    ids = [make(session, f"Customer {n:02}", stage="intent", tier="B") for n in range(count)]
    followups.set_next(session, ids, When(session.today), "the offer")
    return ids


def in_a_week(session: Session) -> str:
    day: date = session.today + timedelta(days=7)
    return day.isoformat()


@pytest.mark.parametrize(
    ("key", "note", "rounds"),
    [
        pytest.param("d", "said this and that, once more", 5, id="five"),
        pytest.param("d", "said this and that, once more", 30, id="letters", marks=pytest.mark.slow),
        pytest.param("1", "客户说：下周再谈，价格没问题。", 30, id="input method", marks=pytest.mark.slow),
    ],
)
def test_each_customer_takes_one_round_and_no_promised_date_is_lost(
    office: Office, key: str, note: str, rounds: int
) -> None:
    ids = promised(office.team.li, rounds)
    expected = in_a_week(office.team.li)
    with office.open() as terminal:
        terminal.wait(f"0 done of {rounds}")
        for _ in range(rounds):
            terminal.send(f"{key}{note}<enter>")
        terminal.wait(f"{rounds} done of {rounds}")
        terminal.wait("All done")
    found = {row["id"]: row["next_follow_up"] for row in office.list()}
    assert found == dict.fromkeys(ids, expected)
    rows = office.rows("SELECT customer_id, note FROM interaction ORDER BY customer_id")
    assert rows == [(key, note) for key in ids]


def test_the_story_with_an_undo_after_a_restart(office: Office) -> None:
    make(office.team.li, "Acme Ltd", contact={"name": "Ann"})
    with office.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("意D")
        terminal.send("tc")
        terminal.wait("意C")
        terminal.send("si")
        terminal.wait("B proposed.*t t accepts")
        terminal.send("tt")
        terminal.wait("意B")
        terminal.send("f")
        terminal.wait("in 7 days")
        terminal.send("asked for a price<enter>")
        terminal.wait("call logged.*u undoes")
        terminal.send("n3d")
        terminal.wait("in 3 days")
        terminal.send("<enter>")
        terminal.wait("u undoes")
        terminal.send("u")
        terminal.wait("undone")
        terminal.quiet()
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
    assert office.list()[0]["tier"] == "B"
    with office.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gpuuu")
        terminal.wait("意C.*potential")
        terminal.quiet()
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
    [row] = office.list()
    assert (row["stage"], row["tier"]) == ("potential", "C")


def test_fifty_keys_typed_at_once_are_all_obeyed_in_order(office: Office) -> None:
    ids = [make(office.team.li, f"Customer {n:02}") for n in range(60)][::-1]
    with office.open() as terminal:
        terminal.send("gp" + "j" * 42 + "tajtbktc")  # before the first frame
        terminal.wait("意B")
        terminal.quiet()
    tiers = {row["id"]: row["tier"] for row in office.list()}
    assert [tiers[ids[n]] for n in (41, 42, 43, 44)] == ["D", "C", "B", "D"]


@pytest.mark.parametrize("way", ["kill", "hang up", pytest.param("terminate", marks=pytest.mark.slow)])
def test_what_was_typed_into_a_form_is_there_again(office: Office, way: str) -> None:
    make(office.team.li, "Acme")
    with office.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.send("f")
        terminal.wait("note")
        terminal.send("half a sentence")
        terminal.wait("half a sentence")
        if way == "kill":
            while not any("half a sentence" in content for (content,) in office.rows("SELECT content FROM draft")):
                terminal.pump(0.1)
            os.kill(terminal.pid, signal.SIGKILL)
        elif way == "hang up":
            terminal.hang_up()
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.exit_code() is not None
    with office.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.send("f")
        terminal.wait("half a sentence")
        terminal.wait("is here again")


def test_full_width_punctuation_does_what_its_twin_does(office: Office) -> None:
    make(office.team.li, "Acme")
    make(office.team.li, "华为")
    with office.open() as terminal:
        terminal.wait("华为")
        terminal.send("：")
        terminal.wait("(?m)^:")
        terminal.send("view pipeline<enter>")
        terminal.wait("potent 2")
        terminal.send("／")
        terminal.wait("/owner:me")
        terminal.send("<c-u>华为<enter>")
        terminal.wait("1 customer ")
        terminal.send("》")
        terminal.wait("→ target")
        terminal.send("《")
        terminal.wait("why back")
        terminal.send("还早<enter>")
        terminal.wait("→ potential")
        terminal.send("？")
        terminal.wait("Keys here")
