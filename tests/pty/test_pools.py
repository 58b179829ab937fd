"""The lead's morning on a real terminal: two hundred from the pool to two reps in under ten keys, and back with one."""

from __future__ import annotations

import re

import pytest

from crm_tui.services import pools
from tests.factories import make
from tests.pty.conftest import Office
from tests.pty.test_many import obey, silent

KEYS = ("g", "o", "<enter>", "/", "<enter>", "*", "A", "<enter>", "y")
"""All that is pressed, but for the two words that are typed."""


@pytest.fixture
def fair(office: Office) -> Office:
    lead = office.team.lead
    with lead.changing():
        for n in range(200):
            make(lead, f"参展商 {n:03}", owner="pool", source="广交会", phone=f"1380013{n:04}")
        make(lead, "Another", owner="pool")
    return office


def holders(office: Office) -> list[tuple[str, int]]:
    return office.rows("SELECT login, count(*) FROM customer JOIN user ON user.id = owner_id GROUP BY 1 ORDER BY 1")


@pytest.mark.slow
def test_a_lead_assigns_two_hundred_in_under_ten_keys_and_takes_them_back_with_u(fair: Office) -> None:
    with fair.open(user="zhao") as terminal:
        terminal.wait("customers|Due:")
        words = {"/": "source:广交会", "A": "rr:li,wang"}
        there = {"o": "default +201", "<enter>": "", "/": "all 200", "*": "200 marked", "A": "rr:li,wang"}
        for key in KEYS[:-1]:
            terminal.send(key)
            if key in words:
                terminal.send(words[key])
            terminal.wait(there.get(key) or r"\S")
            terminal.quiet(0.3)
        terminal.wait("assign rr:li,wang: 200 customers")
        terminal.quiet(0.4)
        terminal.send(KEYS[-1])
        terminal.wait("assigned: li 100, wang 100")
        assert len(KEYS) < 10
        terminal.wait("u undoes")
        terminal.send("u")
        terminal.wait("undone|taken back|200 customers")
        terminal.quiet(0.3)
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
    assert holders(fair) == []


@pytest.mark.slow
def test_the_lists_of_pools_use_the_line_sparingly(fair: Office) -> None:
    with fair.open(100, 30, user="li") as terminal:
        terminal.wait("customers|Due:")
        terminal.send("go")
        terminal.wait("default +201")
        terminal.quiet(0.4)
        terminal.send("<enter>")
        terminal.wait("public pool default")
        terminal.quiet(0.4)
        down = [terminal.key("j", 0.1).bytes for _ in range(8)]
        assert max(down) <= 100, down
        assert terminal.key("<pgdn>").bytes <= 5_000
        assert terminal.key("/").bytes <= 4_000
        assert terminal.key("<esc>").bytes <= 4_000
        assert terminal.key("r").bytes <= 4_000
        terminal.key("<esc>")
        assert b"1380013" not in bytes(terminal.raw)


def test_at_80_by_24_twenty_rows_of_a_pool_show_customers(fair: Office) -> None:
    with fair.open(user="li") as terminal:
        terminal.wait("customers|Due:")
        terminal.send("go")
        terminal.wait("default +201")
        terminal.send("<enter>")
        terminal.wait("public pool default")
        terminal.quiet(0.3)
        assert len(re.findall(r"参 ?展 ?商", terminal.text())) >= 20 - 1
        assert "holding 0/100" in terminal.row(-1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("user", "keys", "there", "changed"),
    [
        ("li", "go", "default +201", "default +200"),
        ("li", "go<enter>", "201 customers", "200 customers"),
        ("zhao", "gt", "Team: ", "201 people|li +1/100"),
    ],
)
def test_what_another_process_claims_is_shown_soon_and_nothing_is_sent_before(
    fair: Office, user: str, keys: str, there: str, changed: str
) -> None:
    elsewhere = make(fair.team.wang, "Elsewhere")
    pools.claim(fair.team.li, [])
    with fair.open(100, 30, user=user) as terminal:
        terminal.wait("customers|Due:")
        terminal.send(keys)
        terminal.wait(there)
        terminal.quiet(0.5)
        obey(fair, "wang", "edit", "address=a long way off", str(elsewhere))
        assert silent(terminal)
        obey(fair, "li", "claim", "1")
        terminal.wait(changed)


@pytest.mark.slow
def test_the_screens_of_a_lead_need_no_colour(fair: Office) -> None:
    with fair.open(user="zhao", NO_COLOR="1") as terminal:
        terminal.wait("customers|Due:")
        for keys, there in (("go", "default"), ("<enter>", "public pool"), ("gt", "Team"), ("jH", "Hand-over")):
            terminal.send(keys)
            terminal.wait(there)
            terminal.quiet(0.2)
        assert re.search(rb"\x1b\[(?:[\d;:]*;)?(?:[345]8|[34]\d|9[0-7]|10[0-7])[\d;:]*m", bytes(terminal.raw)) is None
        assert terminal.exit_code(0) is None
