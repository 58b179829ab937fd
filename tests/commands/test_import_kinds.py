"""`import` as it is typed: modes, what is the same, sheets and formats, and what is not customers but theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_tui import cli
from tests.commands.test_catalog import ROLES, obey
from tests.factories import Team, make
from tests.formats.workbooks import xlsx
from tests.store.present import present

Typed = Callable[..., tuple[int, dict[str, object], str]]


@pytest.fixture
def typed(db: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """`crm-tui import` of that text: the exit code, the counts, what was said."""

    def run(text: str, *options: str, name: str = "t.csv") -> tuple[int, dict[str, object], str]:
        path = tmp_path / name
        if text:
            path.write_text(text, encoding="utf-8")
        code = cli.run(["import", str(path), *options, "--json", "--db", str(db), "--user", "li"])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else {}, err

    return run


def five(found: dict[str, object]) -> tuple[object, ...]:
    return tuple(found[name] for name in ("new", "same", "changed", "conflicts", "refused"))


FIRST = "name,phone,region,email\nNew Ltd,13800000071,York,new@x.com\nOld Ltd,13800000072,York,old@x.com\n"


@pytest.mark.parametrize(
    ("rows", "options", "code", "counts"),
    [
        ("New Ltd,,Leeds", ["--mode", "update"], 0, (0, 0, 1, 0, 0)),
        ("New Ltd,,York", ["--mode", "upsert"], 0, (0, 1, 0, 0, 0)),
        ("Next Ltd,,York", ["--mode", "upsert"], 0, (1, 0, 0, 0, 0)),
        ("Next Ltd,,York", ["--mode", "update"], 1, (0, 0, 0, 0, 1)),
        ("New Ltd,,York\nNext Ltd,,York", ["--mode", "update"], 4, (0, 1, 0, 0, 1)),
        ("Renamed,13800000071,", ["--mode", "update", "--same", "phone"], 0, (0, 0, 1, 0, 0)),
        ("New Ltd,13800000071,,old@x.com", ["--mode", "upsert", "--same", "phone,email"], 1, (0, 0, 0, 1, 0)),
        ("New Ltd,13800000071,,old@x.com", ["--mode", "upsert", "--same", "phone，email"], 1, (0, 0, 0, 1, 0)),
        ("New Ltd,,A\nNew Ltd,,B\nOld Ltd,,A", ["--mode", "upsert"], 4, (0, 0, 1, 2, 0)),
        ("New Ltd,,Leeds", [], 0, (0, 1, 0, 0, 0)),
    ],
)
def test_modes_and_what_is_the_same(
    typed: Typed, rows: str, options: list[str], code: int, counts: tuple[int, ...]
) -> None:
    assert five(typed(FIRST, "--owner", "me")[1]) == (2, 0, 0, 0, 0)
    found = typed(f"name,phone,region,email\n{rows}\n", *options)
    assert (found[0], five(found[1])) == (code, counts), found


@pytest.mark.parametrize(
    "options",
    [
        ("--mode", "replace"), ("--same", "fax"), ("--same", "tax_number", "--mode", "update"), ("--as", "visits"),
        ("--no-dedupe", "--mode", "upsert"), ("--no-dedupe", "--same", "phone"), ("--owner", "me", "--assign", "rr:li"),
        ("--as", "interactions", "--mode", "upsert"), ("--as", "follow-ups", "--same", "phone"),
        ("--keep-owners",), ("--format", "dbf"), ("--as", "interactions"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_said_before_anything_happens(
    typed: Typed, db: Path, options: tuple[str, ...]
) -> None:
    code, found, said = typed("name,phone\nNew Ltd,13800000071\n", *options)
    assert (code, found) == (2, {}), said


def test_a_dry_run_shows_the_first_changes_and_makes_none(typed: Typed, db: Path) -> None:
    typed(FIRST, "--owner", "me")
    for __ in range(2):
        code, found, said = typed(FIRST.replace("York", "Leeds"), "--mode", "upsert", "--dry-run")
        assert (code, five(found)) == (0, (0, 0, 2, 0, 0))
        assert "line 2, New Ltd: region: York → Leeds" in said
        assert "2 customers would be changed" in said


def test_a_sheet_and_a_format_are_named(typed: Typed, tmp_path: Path) -> None:
    xlsx(tmp_path / "t.xlsx", {"一月": [["客户名称", "地区"], ["甲公司", "北京"]],
                               "二月": [["客户名称", "地区"], ["乙公司", "北京"], ["丙公司", "北京"]]})  # fmt: skip
    assert typed("", "--dry-run", name="t.xlsx")[1]["new"] == 1
    for sheet in ("二月", "2"):
        assert typed("", "--dry-run", "--sheet", sheet, name="t.xlsx")[1]["new"] == 2
    code, __, said = typed("", "--sheet", "三月", name="t.xlsx")
    assert code in (1, 2)
    assert "no such sheet; there are: 一月, 二月" in said
    assert typed('{"name": "New Ltd"}\n', "--format", "jsonl", "--dry-run", name="t.txt")[1]["new"] == 1


def test_interactions_and_follow_ups_come_in_and_exit_codes_say_how(typed: Typed, db: Path) -> None:
    rows = "customer,date,channel,author,note\nFirma 1,2026-03-04 15:00,phone,,asked\nNobody,2026-03-04,phone,,x\n"
    code, found, said = typed(rows, "--as", "interactions")
    assert (code, found["new"], found["refused"], found["conflicts"]) == (4, 1, 1, 0), said
    assert typed(rows, "--as", "interactions")[1]["same"] == 1
    assert typed(rows.replace("Firma 1", "Nobody"), "--as", "interactions")[0] == 1
    code, found, said = typed("customer,date,purpose\nFirma 1,2027-03-04,offer\n", "--as", "follow-ups")
    assert (code, found["new"]) == (0, 1), said
    code, found, said = typed("customer,date\nFirma 2,2027-03-04\nFirma 2,2027-03-05\n", "--as", "follow-ups")
    assert (code, found["conflicts"]) == (1, 2), said


KINDS = {
    "interactions": "customer,date\nAcme,2026-03-04\n", "follow-ups": "customer,date\nAcme,2027-03-04\n",
    "orders": "customer,date,product,amount\nAcme,2026-03-04,X,5\n",
    "payments": "customer,date,amount\nAcme,2026-03-04,5\n", "wallet": "customer,total,period\nAcme,5,2025\n",
    "receivables": "customer,date,amount\nAcme,2026-03-04,5\n",
    "deals": "customer,stage,number,product,opened,closed,amount\nAcme,won,D1,X,2026-03-04,2026-03-05,5\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_as_every_role_and_taken_back(team: Team, tmp_path: Path, kind: str) -> None:
    make(team.li, "Acme")
    path = tmp_path / "t.csv"
    path.write_text(KINDS[kind])
    before = present(team.database)
    for role in ROLES:
        code = obey(getattr(team, role), f"import {path} --as {kind}")
        assert (role, code) == (role, 3 if role == "service" else 0)
        if role != "service":
            assert present(team.database) != before
            assert obey(getattr(team, role), "undo") == 0
        assert present(team.database) == before
