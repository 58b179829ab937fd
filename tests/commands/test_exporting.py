"""The export command: files whole or not there, what is told, and what the places make of it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from crm_tui.commands import importing
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import perform, prepare
from crm_tui.commands.exporting import of_list
from crm_tui.commands.language import read
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.formats.tables import open_table
from crm_tui.services import backups, contacts, customers, views
from crm_tui.services.session import Outcome, Session
from tests.factories import Team, make


def obey(session: Session, line: str) -> Outcome:
    return perform(session, prepare(session, read(line, CATALOG)))


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_a_saved_view_gives_filter_order_and_columns(team: Team, tmp_path: Path) -> None:
    for name, region in (("Alpha", "north"), ("Beta", "north"), ("Gamma", "south")):
        make(team.li, name, region=region)
    views.save(team.li, "norden", filter="region:north", columns="name:30,stage_days,field.founded", sort="-name")
    obey(team.li, f"export {tmp_path}/v.csv --view norden")
    assert table(tmp_path / "v.csv") == [
        {"name": "Beta", "stage_days": "0", "founded": ""}, {"name": "Alpha", "stage_days": "0", "founded": ""},
    ]  # fmt: skip
    obey(team.li, f"export alp {tmp_path}/w.jsonl --view norden --columns id,name")
    assert json.loads((tmp_path / "w.jsonl").read_text()) == {"id": 1, "name": "Alpha"}


def test_what_the_filter_finds_and_the_file_has_not_is_told(team: Team, tmp_path: Path) -> None:
    for session, name in ((team.li, "Mine"), (team.li, "Gone"), (team.admin, "Pooled")):
        make(session, name, owner="pool" if session is team.admin else "me")
    customers.archive(team.li, [2])
    done = obey(team.li, f"export '' {tmp_path}/o.csv")
    assert done.message.endswith("/o.csv; 1 of others left out; 1 archived left out (archived:any)")
    assert done.data[0]["left_out"] == {"others": 1, "archived": 1}
    assert len(table(tmp_path / "o.csv")) == 1
    obey(team.li, f"export archived:any {tmp_path}/p.csv")
    assert len(table(tmp_path / "p.csv")) == 2


def test_blocked_customers_are_told_since_no_file_says_that_they_are(team: Team, tmp_path: Path) -> None:
    obey(team.admin, f"block {make(team.admin, 'Acme')} --reason fraud")
    assert "1 is blocked" in obey(team.admin, f"export '' {tmp_path}/o.csv").message
    assert "is blocked" not in obey(team.admin, f"export -blocked:yes {tmp_path}/p.csv").message


def test_a_dry_run_writes_nothing_and_takes_nothing_out(team: Team, tmp_path: Path) -> None:
    make(team.li, "Acme")
    assert obey(team.li, f"export '' {tmp_path}/o.csv --dry-run").message == "1 customer would be written"
    assert obey(team.li, f"export '' {tmp_path}/o.ics --dry-run").message == "1 follow-up would be written"
    assert list(tmp_path.glob("o.*")) == []
    assert team.database.value("SELECT count(*) FROM disclosure") == 0


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl", "vcf", "ics"])
def test_a_new_file_has_its_name_only_once_it_is_whole(
    team: Team, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm_tui.services import interactions
    from crm_tui.services.exports import customers as exported

    def breaks(*given: object) -> None:
        raise OSError(28, "No space left on device")

    make(team.li, "Acme")
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(exported.exporting, "rows", breaks)
    monkeypatch.setattr(interactions, "last_words", breaks)
    with pytest.raises(CrmError, match="No space left"):
        obey(team.li, f"export '' {tmp_path}/o.{form}")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("form", ["xlsx", "vcf"])
def test_a_spool_takes_every_format_once(team: Team, tmp_path: Path, form: str) -> None:
    make(team.li, "Acme")
    spool = tmp_path / "spool"
    spool.mkdir()
    team.li.spool = spool
    assert obey(team.li, f"export '' o.{form}").message == f"1 customer written to o.{form}"
    with pytest.raises(CrmError, match="already"):
        obey(team.li, f"export '' o.{form} --yes")
    assert [path.name for path in spool.iterdir()] == [f"o.{form}"]


def test_cards_have_no_columns_and_a_screen_has_no_standard_output(team: Team, tmp_path: Path) -> None:
    make(team.li, "Acme")
    with pytest.raises(UsageError, match="vcf has no columns"):
        obey(team.li, f"export '' {tmp_path}/o.vcf --columns name")
    team.li.source = "screen"
    with pytest.raises(UsageError, match="name a file"):
        obey(team.li, "export '' -")


def test_a_shell_names_the_customers(team: Team, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="which customers"):
        obey(team.li, f"export {tmp_path}/o.csv")


def test_one_word_alone_is_the_file_for_what_the_list_shows_or_is_marked(team: Team) -> None:
    def values(line: str, marked: tuple[int, ...] = ()) -> dict[str, object]:
        return dict(of_list(read(line, CATALOG), lambda: "stage:intent", marked).values)

    assert values("export o.csv") == {"filter": "stage:intent", "file": "o.csv"}
    assert values("export o.csv", (3, 1)) == {"filter": "id:3,1", "file": "o.csv"}
    assert values("export tier:A o.csv", (3, 1)) == {"filter": "tier:A", "file": "o.csv"}
    assert values("export o.csv --view mine") == {"file": "o.csv", "view": "mine"}
    with pytest.raises(CrmError, match="marked"):
        values("export o.csv", tuple(range(1, 2_000)))


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal", "-lock", "-sweep", "-restoring", ".log"])
@pytest.mark.parametrize("of", ["own", "backup"])
def test_no_database_and_nothing_beside_one_is_overwritten(team: Team, tmp_path: Path, end: str, of: str) -> None:
    make(team.admin, "Acme")
    path = team.database.path if of == "own" else Path(backups.backup(team.admin, tmp_path / "kept.db").data[0]["file"])
    target = Path(f"{path}{end}")
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    before = target.stat().st_ino if target.exists() else None
    for name in (target, link):
        for words in ("--yes", "--dry-run --yes"):
            with pytest.raises(CrmError, match="is a crm-tui database" if not end else "belongs to the database"):
                obey(team.admin, f"export '' {name} --format csv {words}")
    assert (target.stat().st_ino if target.exists() else None) == before  # a file that is written anew is another one


def test_a_hard_link_to_the_database_is_the_database(team: Team, tmp_path: Path) -> None:
    (tmp_path / "other.csv").hardlink_to(team.database.path)
    with pytest.raises(CrmError, match="is a crm-tui database"):
        obey(team.admin, f"export '' {tmp_path}/other.csv --yes")


def test_rows_that_are_refused_go_into_no_database(team: Team, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("name,stage\nBad,moon\n")
    call = read(f"import {table} --errors {team.database.path}-restoring", CATALOG)
    with pytest.raises(CrmError, match="belongs to the database"):
        importing.brought_in(team.li, call)
    assert not Path(f"{team.database.path}-restoring").exists()


def test_a_view_has_the_number_that_its_list_shows(team: Team, tmp_path: Path) -> None:
    acme = make(team.li, "Acme")
    contacts.add(team.li, acme, {"name": "Ann", "phone": "13800138000"})
    make(team.li, "Own", phone="13900139000")
    views.save(team.li, "calls", columns="name,phone,email", sort="name")
    for form in ("csv", "xlsx", "jsonl"):
        obey(team.li, f"export {tmp_path}/v.{form} --view calls")
    assert [row["phone"] for row in table(tmp_path / "v.csv")] == ["+8613800138000", "+8613900139000"]
    shown = [json.loads(line)["phone"] for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    assert shown == ["+8613800138000", "+8613900139000"]
    assert [row.cells[1] for row in open_table(tmp_path / "v.xlsx").rows()] == shown
    obey(team.li, f"export '' {tmp_path}/own.csv --columns name,phone")
    assert {row["name"]: row["phone"] for row in table(tmp_path / "own.csv")} == {"Acme": "", "Own": "+8613900139000"}
