"""Importing over customers that are there: what a row changes, what it must not, and that order and repetition do not
matter.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.services import history
from crm_tui.services.imports import Cancelled, Imported, plan, plan_facts, run, run_facts
from crm_tui.services.session import Session
from tests.factories import Team
from tests.store.present import present

HEAD = "name,phone,email,region,stage,tier,contact,contact_phone,tags\n"
FIRST = (
    HEAD + "华为有限公司,13800000001,a@h.cn,北京,target,B,李雷,13900000001,vip\n"
    "Acme Ltd,,info@acme.com,Leeds,target,C,,,\n"
)


def bring(session: Session, path: Path, text: str, **how: object) -> Imported:
    path.write_text(text, encoding="utf-8")
    return run(session, plan(session, path), **how)  # type: ignore[arg-type]


def five(found: Imported) -> tuple[int, int, int, int, int]:
    return found.new, found.same, found.changed, found.conflicts, found.refused


@pytest.fixture
def there(team: Team, tmp_path: Path) -> Path:
    bring(team.li, tmp_path / "first.csv", FIRST, owner="me")
    return tmp_path / "second.csv"


def value(team: Team, column: str, name: str) -> object:
    return team.database.value(f"SELECT {column} FROM customer WHERE name = ?", (name,))


CASES = [
    ("nothing new", "Acme Ltd,,INFO@acme.com,,,,,,", "upsert", (0, 0, 1, 0, 0)),
    ("the same again", "Acme Ltd,,info@acme.com,Leeds,target,C,,,", "upsert", (0, 1, 0, 0, 0)),
    ("a field", "华为,13800000001,,上海,,,,,", "update", (0, 0, 1, 0, 0)),
    ("unknown to update", "Nobody Ltd,,,,,,,,", "update", (0, 0, 0, 0, 1)),
    ("unknown to upsert", "Nobody Ltd,,,,,,,,", "upsert", (1, 0, 0, 0, 0)),
    ("back without a reason", "Acme Ltd,,,,potential,,,,", "update", (0, 0, 0, 0, 1)),
    ("two rows that contradict", "Acme Ltd,,,Leeds,,,,,\nAcme Ltd,,,York,,,,,", "update", (0, 0, 0, 2, 0)),
    ("two new ones that contradict", "New Ltd,1,,Leeds,,,,,\nNew Ltd,1,,York,,,,,", "upsert", (0, 0, 0, 2, 0)),
    ("two rows that complete", "Acme Ltd,,,York,,,,,\nAcme Ltd,,,,,,Bo,,", "update", (0, 1, 1, 0, 0)),
]


@pytest.mark.parametrize(("__", "rows", "mode", "expected"), CASES)
def test_what_becomes_of_rows(
    team: Team, there: Path, __: str, rows: str, mode: str, expected: tuple[int, ...]
) -> None:
    assert five(bring(team.li, there, f"{HEAD}{rows}\n", mode=mode)) == expected


def test_a_change_goes_the_way_of_a_change_by_hand_and_back(team: Team, there: Path) -> None:
    before = present(team.database)
    text = HEAD + "华为,13800000001,,上海,intent,A,韩梅梅,13900000002,big\n"
    found = bring(team.li, there, text, mode="upsert")
    assert (found.new, found.changed) == (0, 1)
    assert (value(team, "name", "华为有限公司"), value(team, "stage", "华为有限公司")) == ("华为有限公司", "intent")
    assert value(team, "email", "华为有限公司") == "a@h.cn", "an empty cell erases nothing"
    last = "SELECT from_stage, to_stage FROM stage_change ORDER BY id DESC LIMIT 1"
    assert team.database.row(last) == ("target", "intent")
    assert ("region", "北京", "上海") in [(one.field, one.old, one.new) for one in found.differences]
    assert bring(team.li, there, text, mode="upsert").same == 1
    history.undo(team.li)
    assert present(team.database) == before


def test_a_column_of_reasons_lets_a_customer_go_back(team: Team, there: Path) -> None:
    text = "name,stage,stage reason\nAcme Ltd,potential,budget frozen\n"
    assert bring(team.li, there, text, mode="update").changed == 1
    assert team.database.value("SELECT reason FROM stage_change ORDER BY id DESC LIMIT 1") == "budget frozen"


def test_keys_that_mean_different_customers_are_a_conflict(team: Team, there: Path) -> None:
    found = bring(
        team.li, there, "name,phone,email\nX,13800000001,info@acme.com\n", mode="update", same=("phone", "email")
    )
    assert five(found) == (0, 0, 0, 1, 0)


def test_a_row_found_by_its_phone_may_rename_and_names_are_needed_only_for_new_ones(team: Team, there: Path) -> None:
    assert bring(team.li, there, "name,phone\n荣耀,13800000001\n", mode="update", same=("phone",)).changed == 1
    assert bring(team.li, there, "phone,region\n13800000001,深圳\n", mode="update", same=("phone",)).changed == 1
    assert (value(team, "region", "荣耀"), value(team, "name_key", "荣耀")) == ("深圳", "荣耀")


def test_a_rep_changes_only_what_one_may_and_gives_nothing_away(team: Team, there: Path) -> None:
    assert bring(team.wang, there, "name,region\nAcme Ltd,York\n", mode="update").refused == 1
    found = bring(team.li, there, "name,owner\nAcme Ltd,wang\n", mode="update")
    assert (found.refused, value(team, "owner_id", "Acme Ltd")) == (1, team.li.person.id)


def test_a_key_must_be_one_and_have_a_column(team: Team, there: Path) -> None:
    for same in (("fax",), ("tax_number",)):
        with pytest.raises(UsageError):
            bring(team.li, there, "name\nAcme Ltd\n", mode="update", same=same)


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_the_rows_does_not_matter(team: Team, there: Path, seed: int) -> None:
    random = Random(seed)
    names, regions = ["Acme Ltd", "Bolt Ltd", "Core Ltd"], ["", "Leeds", "York"]
    rows = [
        f"{random.choice(names)},{random.choice(['', '13800000001', '13800000002'])},{random.choice(regions)}"
        for __ in range(6)
    ]
    before, found = present(team.database), []
    for order in (rows, random.sample(rows, len(rows))):
        counts = five(bring(team.admin, there, "name,phone,region\n" + "\n".join(order) + "\n", mode="upsert"))
        found.append((counts, team.database.rows("SELECT name, phone, region FROM customer ORDER BY 1, 2, 3")))
        if present(team.database) != before:
            history.undo(team.admin)
        assert present(team.database) == before
    assert found[0] == found[1]


@pytest.mark.parametrize("mode", ["create", "upsert"])
def test_who_cancels_leaves_nothing(team: Team, there: Path, mode: str) -> None:
    before = present(team.database)

    def stop(done: int, most: int | None) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        bring(team.li, there, HEAD + ",,,,,,,,\nNew Ltd,,,,,,,,\n", mode=mode, progress=stop)
    assert present(team.database) == before
    assert not list(there.parent.glob("*errors*"))


def test_interactions_and_follow_ups_come_in_once(team: Team, there: Path) -> None:
    said = there.with_name("said.csv")
    said.write_text(
        "客户名称,跟进时间,跟进方式,跟进人,跟进记录,是否接通\n"
        "华为,2026-01-05 15:20,电话,,谈了价格,是\nAcme,2026-01-06,微信,,y,否\n"
        "Acme,2026-01-06,烟信号,,z,\nAcme,2026-01-06,电话,wang,别人的,\n",
        encoding="utf-8",
    )
    clock = value(team, "last_contact", "华为有限公司")
    first, again = (run_facts(team.li, plan_facts(said, "interactions")) for __ in range(2))
    assert (first.new, first.refused, again.new, again.same) == (2, 2, 0, 2)
    assert value(team, "last_contact", "华为有限公司") == clock, "what is imported moves no clock"
    assert team.database.rows("SELECT channel, connected FROM interaction ORDER BY id") == [("call", 1), ("wechat", 0)]
    due = there.with_name("due.csv")
    due.write_text("客户名称,下次跟进,目的\n华为,2099-01-05,报价\n", encoding="utf-8")
    assert run_facts(team.li, plan_facts(due, "follow-ups")).new == 1
    assert run_facts(team.li, plan_facts(due, "follow-ups")).same == 1
    due.write_text("客户名称,下次跟进,目的\n华为,2099-01-09,报价\n", encoding="utf-8")
    assert run_facts(team.li, plan_facts(due, "follow-ups")).refused == 1
    assert value(team, "next_on", "华为有限公司") == "2099-01-05"
