"""The command of the hand-over, and cards shared out, through the one dispatch and the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crm_tui.commands import shell
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import perform, prepare
from crm_tui.commands.language import read
from crm_tui.domain.errors import UsageError
from crm_tui.services.session import Outcome, Session
from tests.factories import Team, make
from tests.store.present import present


def obey(session: Session, line: str) -> Outcome:
    return perform(session, prepare(session, read(line, CATALOG)))


def test_without_by_it_shows_what_there_is_and_how_to_go_on(team: Team) -> None:
    make(team.li, "Acme")
    before = present(team.database)
    told = obey(team.lead, "handover li")
    assert told.message == "li holds 1 customer; to hand over say to whom: handover li --by least:wang"
    assert told.lines[0] == "customers 1: D 1"
    assert told.data[0]["tiers"] == {"D": 1}
    assert present(team.database) == before


def test_a_dry_run_shows_who_would_get_how_many_and_changes_nothing(team: Team) -> None:
    make(team.li, "Acme")
    before = present(team.database)
    told = obey(team.lead, "handover li --by rr:wang --dry-run")
    assert told.message == "li is handed over: wang 1 (dry run: nothing was changed)"
    assert "to wang 1: D 1" in told.lines
    assert told.data[0]["shares"] == {"wang": {"D": 1}}
    assert present(team.database) == before


def test_it_is_one_entry_of_the_journal(team: Team) -> None:
    for number in range(3):
        make(team.li, f"C{number}")
    outcome = obey(team.lead, "handover li --by 'tier:A=zhao,rr:wang'")
    entry = "SELECT id, command, summary FROM journal_entry ORDER BY id DESC LIMIT 1"
    assert team.database.rows(entry) == [
        (outcome.entry_id, "handover li --by tier:A=zhao,rr:wang", "li is handed over: wang 3")
    ]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("handover li --by rr:wang,nobody", "nobody"),
        ("handover li --by tier:Q=wang", "Q"),
        ("handover li --by 'rr:wang, li,'", "'"),
        ("handover nobody --by wang", "nobody"),
        ("import cards.csv --assign rr:li,,wang", ",wang"),
    ],
)
def test_what_is_wrong_is_pointed_at_in_the_line(team: Team, line: str, at: str) -> None:
    make(team.li, "Acme")
    with pytest.raises(UsageError) as error:
        obey(team.lead, line)
    assert error.value.position == line.rindex(at)


def test_cards_are_shared_out_by_the_command_line(
    team: Team, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cards.csv"
    path.write_text("name\nOne\nTwo\nThree\n", "utf-8")
    line = f"import {path} --assign rr:li,wang --set source=广交会 --json"
    for flag, codes in ((" --dry-run", 0), ("", 0)):
        call = read(line + flag, CATALOG)
        assert shell.Shell(team.lead, call).call(prepare(team.lead, call)) == codes
        out, err = capsys.readouterr()
        counts = json.loads(out)
        assert (counts["new"], counts["assigned"], counts["pool"]) == (3, {"li": 2, "wang": 1}, 0)
        assert "li 2, wang 1" in err
    assert team.database.value("SELECT count(*) FROM customer WHERE source = '广交会'") == 3


def test_an_owner_and_shares_at_once_are_refused(team: Team, tmp_path: Path) -> None:
    call = read(f"import {tmp_path}/x.csv --owner li --assign wang", CATALOG)
    with pytest.raises(UsageError, match="not both"):
        shell.Shell(team.lead, call).call(prepare(team.lead, call))
