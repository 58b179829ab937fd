"""Importing over customers that are there: what a row changes, what it must not, and that order and repetition do not
matter.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from crm_tui.commands.transfer import preview
from crm_tui.domain.errors import UsageError
from crm_tui.formats.days import Order
from crm_tui.services import exports, history, merges
from crm_tui.services.imports import Cancelled, Imported, plan, plan_facts, run, run_facts
from crm_tui.services.imports.outcomes import Mode
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
    ("two rows that complete", "Acme Ltd,,,York,,,,,\nAcme Ltd,,,,,,Bo,,", "update", (0, 0, 1, 0, 0)),
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


@pytest.mark.parametrize("mode", ["create", "upsert"])
@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_the_rows_does_not_matter(team: Team, there: Path, seed: int, mode: str) -> None:
    random = Random(seed)
    names, regions = ["Acme Ltd", "Bolt Ltd", "Core Ltd"], ["", "Leeds", "York"]
    phones, people = ["", "13800000001", "13800000002"], ["", ",Ann,13900000001", ",Ben,13900000002", ",Ben,"]
    rows = [
        f"{random.choice(names)},{random.choice(phones)},{random.choice(regions)}{random.choice(people)}"
        for __ in range(6)
    ]
    before, found = present(team.database), []
    for order in (rows, random.sample(rows, len(rows))):
        counts = five(bring(team.admin, there, "name,phone,region,contact,contact_phone\n" + "\n".join(order) + "\n",
                            mode=mode))  # fmt: skip
        found.append((counts, team.database.rows(
            "SELECT c.name, c.phone, region, k.name, k.phone FROM customer c LEFT JOIN contact k"
            " ON k.customer_id = c.id ORDER BY 1, 2, 3, 4, 5"
        )))  # fmt: skip
        if present(team.database) != before:
            history.undo(team.admin)
        assert present(team.database) == before
    assert found[0] == found[1]


TOGETHER = [
    ("contacts", "Foo Ltd,,,,,,Ann,,\nFoo Ltd,,,,,,Ben,,\nFoo Ltd,,,,,,Cy,,", ("Ann", "Ben", "Cy"), (1, 2, 0)),
    ("contacts with phones", "Foo Ltd,,,,,,Ann,13900000001,\nFoo Ltd,,,,,,Ben,13900000002,", ("Ann", "Ben"), (1, 1, 0)),
    ("one of them without", "Foo Ltd,,,,,,Ann,13900000001,\nFoo Ltd,,,,,,Ben,,", ("Ann", "Ben"), (1, 1, 0)),
    ("fields", "Foo Ltd,,,,,,Ann,,\nFoo Ltd,,,York,,,Ben,,", ("Ann", "Ben"), (1, 1, 0)),
    ("contradictions", "Foo Ltd,,,Leeds,,,Ann,,\nFoo Ltd,,,York,,,Ben,,", (), (0, 0, 2)),
    ("the same row", "Foo Ltd,,,Leeds,,,Ann,,\nFoo Ltd,,,Leeds,,,Ann,,", ("Ann",), (1, 1, 0)),
]


@pytest.mark.parametrize("mode", ["create", "upsert"])
@pytest.mark.parametrize(("__", "rows", "people", "expected"), TOGETHER)
def test_rows_of_one_new_customer_come_together(
    team: Team, there: Path, __: str, rows: str, people: tuple[str, ...], expected: tuple[int, int, int], mode: str
) -> None:
    said = bring(team.li, there, f"{HEAD}{rows}\n", mode=mode, dry_run=True)
    found = bring(team.li, there, f"{HEAD}{rows}\n", mode=mode)
    assert (found.new, found.joined, found.conflicts) == (said.new, said.joined, said.conflicts) == expected
    assert found.data["joined"] == expected[1]
    assert "already" not in found.message
    sql = "SELECT k.name FROM contact k JOIN customer c ON c.id = k.customer_id WHERE c.name = 'Foo Ltd' ORDER BY 1"
    assert tuple(row[0] for row in team.database.rows(sql)) == people
    again = bring(team.li, there, f"{HEAD}{rows}\n", mode=mode)
    assert (again.new, again.changed) == (0, 0), "and twice it is the same"


def test_what_is_joined_to_a_row_that_is_refused_is_refused_too(team: Team, there: Path) -> None:
    """And not said to be there already: li holds a customer of that name."""
    found = bring(team.wang, there, "name,contact\nAcme Ltd,Ann\nAcme Ltd,Ben\n")
    assert (found.new, found.joined, found.same, found.refused) == (0, 0, 0, 2)
    found = bring(team.wang, there, "name,contact\nAcme Ltd,Ann\nAcme Ltd,Ben\n", mode="upsert")
    assert (found.new, found.joined, found.same, found.refused) == (0, 0, 0, 2)


def test_repeats_leave_whoever_is_there_as_they_are(team: Team, there: Path) -> None:
    """Who holds one that came in again is told, and a person without a company is one, as without repeats."""
    rows = "name,contact,region\nAcme Ltd,Ann,York\n,Zoe Lee,\nFoo Ltd,Ann,\nFoo Ltd,Ben,\n"
    before = present(team.database)
    found = bring(team.admin, there, rows, assign="rr:wang")
    assert (found.new, found.same, found.joined, found.told, found.refused) == (2, 1, 1, 1, 0)
    assert value(team, "region", "Acme Ltd") == "Leeds"
    assert value(team, "kind", "Zoe Lee") == "person"
    history.undo(team.admin)
    assert present(team.database) == before


def test_ones_own_cards_come_back_as_one_customer_with_its_contacts(team: Team, there: Path) -> None:
    rows = "Foo Ltd,01012345678,foo@foo.com,,,,Ann,13900000001,\nFoo Ltd,,,,,,Ben,13900000002,\nFoo Ltd,,,,,,Cy,,\n"
    bring(team.li, there, HEAD + rows, owner="me")
    file = there.with_name("cards.vcf")
    key = team.database.value("SELECT id FROM customer WHERE name = 'Foo Ltd'")
    with file.open("wb") as stream:
        exports.export(team.li, iter([[key]]), stream, "vcf")
    sql = ("SELECT c.name, c.kind, c.phone, c.email, k.name, k.phone FROM customer c JOIN contact k"
           " ON k.customer_id = c.id WHERE c.name = 'Foo Ltd' ORDER BY 5")  # fmt: skip
    before = team.database.rows(sql)
    assert run(team.li, plan(team.li, file)).same == 3
    history.undo(team.li)
    assert team.database.rows(sql) == []
    found = run(team.li, plan(team.li, file))
    assert (found.new, found.joined, found.conflicts) == (1, 2, 0)
    assert team.database.rows(sql) == before


def test_cards_of_colleagues_are_one_customer_whatever_each_says(team: Team, there: Path) -> None:
    card = ("BEGIN:VCARD\nVERSION:3.0\nFN:{0}\nORG:Foo Ltd;{1}\nTEL;TYPE=CELL:1390000000{2}\n"
            "TEL;TYPE=WORK:0101234567{2}\nEMAIL:{0}@foo.com\nNOTE:{0} says\nEND:VCARD\n")  # fmt: skip
    file = there.with_name("cards.vcf")
    file.write_text(card.format("Ann", "Sales", 1) + card.format("Ben", "R&D", 2), encoding="utf-8")
    found = run(team.li, plan(team.li, file))
    assert (found.new, found.joined, found.conflicts) == (1, 1, 0)
    notes = dict(team.database.rows("SELECT k.name, k.note FROM contact k JOIN customer c ON c.id = k.customer_id"
                                    " WHERE c.name = 'Foo Ltd'"))  # fmt: skip
    assert notes["Ann"].startswith("Ann says")
    assert "department: Sales" in notes["Ann"]
    assert "01012345672" in notes["Ben"]


def test_of_whom_no_phone_is_seen_name_and_kind_decide(team: Team, there: Path) -> None:
    bring(team.admin, there, "name,phone\nPooled Ltd,13800000005\n")
    text = "name,phone\nPooled Ltd,13800000005\nOther Ltd,13800000006\n"
    found = bring(team.wang, there, text, mode="upsert", same=("phone",))
    assert (found.new, found.refused) == (1, 1)
    assert "public pool" in found.reasons[0][2]


DATES = [
    ("25/12/2026\nB,03/04/2027", None, ["2026-12-25", "2027-04-03"], 0),
    ("12/25/2026\nB,03/04/2027", None, ["2026-12-25", "2027-03-04"], 0),
    ("03/04/2027\nB,", "mdy", ["2027-03-04", None], 0),
    ("46388\nB,46388.5", None, ["2027-01-01", "2027-01-01"], 0),
    ("soon\nB,31/02/2027", None, [None, None], 2),
]


@pytest.mark.parametrize(("cells", "dates", "expected", "undated"), DATES)
@pytest.mark.parametrize("mode", ["create", "upsert"])
def test_next_dates_are_read_by_the_order_of_their_column(
    team: Team, there: Path, cells: str, dates: Order | None, expected: list[str | None], undated: int, mode: Mode
) -> None:
    there.write_text(f"name,next_follow_up\nA,{cells}\n", encoding="utf-8")
    found = run(team.li, plan(team.li, there, dates=dates), owner="pool", mode=mode)
    days = [row[0] for row in team.database.rows("SELECT next_on FROM customer WHERE name IN ('A', 'B') ORDER BY name")]
    assert (days, found.undated) == (expected, undated)
    assert [one[0] for one in found.undated_first] == [2, 3][:undated]


def test_a_column_of_next_dates_in_both_orders_is_asked_about(team: Team, there: Path) -> None:
    there.write_text("name,next_follow_up\nA,25/12/2026\nB,12/25/2026\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"line 2 .*line 3"):
        plan(team.li, there)


@pytest.mark.parametrize("mode", ["create", "upsert"])
def test_rows_longer_than_the_headings_are_named(team: Team, there: Path, mode: Mode) -> None:
    there.write_text("name,region,source\nA,York,fair\nB,Leeds,1,000\nC,,\n", encoding="utf-8")
    looked = plan(team.li, there)
    assert any("line 3" in said for said in looked.warnings)
    found = run(team.li, looked, mode=mode)
    assert (found.new, found.long, found.long_lines) == (3, 1, (3,))
    assert "1 row is longer than the headings: line 3" in found.message


def test_a_key_is_not_said_to_be_left_out(team: Team, there: Path) -> None:
    there.write_text("id,name\n1,A\n", encoding="utf-8")
    assert any("left out" in said for said in plan(team.li, there).warnings)
    looked = plan(team.li, there, keys=("id",))
    assert not any("left out" in said for said in looked.warnings)
    assert "left out" not in "".join(preview(looked, is_key=True))


@pytest.mark.parametrize(("heading", "said"), [("时间", "10:30"), ("時間", "10:30"), ("时间", "0.4375")])
def test_beside_a_date_a_time_is_the_time_of_day(team: Team, there: Path, heading: str, said: str) -> None:
    there.write_text(f"客户,日期,{heading},跟进人\nAcme Ltd,2026-01-05,{said},li\n", encoding="utf-8")
    assert run_facts(team.li, plan_facts(there, "interactions")).new == 1
    assert team.database.value("SELECT at FROM interaction") == "2026-01-05 02:30:00"


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


MERGED = "name,phone,region\nBright Ltd,13800000009,York\n"


@pytest.fixture
def merged(team: Team, there: Path) -> Path:
    """Bright Ltd, of wang, was merged into Dark Ltd of li's, which was merged into Acme Ltd."""
    bring(team.wang, there, MERGED, owner="me")
    bring(team.li, there, "name\nDark Ltd\n", owner="me")
    keys = {name: team.database.value("SELECT id FROM customer WHERE name = ?", (name,)) for name in (
        "Acme Ltd", "Dark Ltd", "Bright Ltd")}  # fmt: skip
    for into, loser in (("Dark Ltd", "Bright Ltd"), ("Acme Ltd", "Dark Ltd")):
        assert merges.merge(team.admin, [keys[into], keys[loser]]).changed
    return there


@pytest.mark.parametrize("who", ["li", "admin"])
def test_who_was_merged_is_the_survivor(team: Team, merged: Path, who: str) -> None:
    session = getattr(team, who)
    assert five(bring(session, merged, MERGED)) == (0, 1, 0, 0, 0)
    for same in (("name",), ("phone",), ("name", "phone")):
        text = f"name,phone,region\nBright Ltd,13800000009,{same[-1]}{len(same)}\n"
        assert five(bring(session, merged, text, mode="create", same=same)) == (0, 1, 0, 0, 0)
        assert five(bring(session, merged, text, mode="upsert", same=same)) == (0, 0, 1, 0, 0), same
        assert five(bring(session, merged, text, mode="update", same=same)) == (0, 1, 0, 0, 0)
        assert value(team, "region", "Acme Ltd") == f"{same[-1]}{len(same)}", "and it keeps its name"


def test_whoever_does_not_see_the_survivor_is_told_of_its_holder(team: Team, merged: Path) -> None:
    """And not of the holder of the one that was merged: that was wang."""
    for mode in ("create", "upsert"):
        found = bring(team.wang, merged, MERGED, mode=mode)
        assert five(found) == (0, 0, 0, 0, 1)
        assert "li" in found.reasons[0][2]


def test_new_ones_that_resemble_others_are_counted(team: Team, there: Path) -> None:
    text = "name,phone,email\nBlue Ltd,13800000001,\nRed Ltd,,info@acme.com\nGreen Ltd,13800000077,\n"
    for mode in ("create", "upsert"):
        found = bring(team.li, there, text, mode=mode, dry_run=True)
        assert (found.new, found.alike, found.data["alike"]) == (3, 2, 2)
        assert "2 of them resemble ones that were there: crm-tui dupes" in found.message
        assert bring(team.wang, there, text, mode=mode, dry_run=True).alike == 0, "of li's wang learns nothing"
    assert bring(team.li, there, text).alike == 2
    assert bring(team.li, there, text).alike == 0


@pytest.mark.parametrize("seed", range(8))
def test_an_undo_takes_back_exactly_what_came_and_a_redo_brings_it_again(team: Team, there: Path, seed: int) -> None:
    random = Random(seed)
    text = HEAD
    for number in range(random.randint(1, 8)):
        cells = [
            random.choice(["Acme Ltd", "华为", f"New {number} Ltd"]), random.choice(["", "13800000001", "13800000055"]),
            random.choice(["", "b@h.cn"]), random.choice(["", "Leeds", "York"]),
            random.choice(["", "target", "intent"]), random.choice(["", "A", "D"]),
            *random.choice([("", ""), ("Bo", "13900000001"), ("李雷", "13900000009")]),
            random.choice(["", "vip", "big"]),
        ]  # fmt: skip
        text += ",".join(cells) + "\n"
    before = present(team.database)
    found = bring(team.li, there, text, mode="upsert", same=random.choice((("name",), ("name", "phone"))))
    after = present(team.database)
    assert (after != before) == bool(found.new + found.changed)
    if found.entry_id:
        history.undo(team.li)
        assert present(team.database) == before
        history.redo(team.li)
        assert present(team.database) == after
