"""The kinds of files of an export: what programs that read such files make of them."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import icalendar
import pytest
from python_calamine import CalamineWorkbook

from crm_tui.domain.errors import UsageError
from crm_tui.formats import out_workbook
from crm_tui.formats.content_lines import line
from crm_tui.services import contacts, interactions
from crm_tui.services.exports import Exported, export, format_of, places
from crm_tui.services.exports.cards import parts_of
from crm_tui.services.followups import set_next
from crm_tui.services.imports import plan, run
from crm_tui.services.session import Session
from crm_tui.services.tags import tag
from tests.factories import WEDNESDAY, Team, in_days, make


def written(session: Session, form: str, columns: str | None = None) -> tuple[bytes, Exported]:
    stream = io.BytesIO()
    ids = [key for (key,) in session.database.rows("SELECT id FROM customer ORDER BY id")]
    done = export(session, iter([ids]), stream, form, None if columns is None else places.read(columns))
    return stream.getvalue(), done


def objects(session: Session, columns: str | None = None) -> list[dict[str, object]]:
    return [json.loads(text) for text in written(session, "jsonl", columns)[0].decode().splitlines()]


def test_a_workbook_has_typed_cells_and_phones_are_text(team: Team, tmp_path: Path) -> None:
    given = {"phone": "13800138000", "revenue": "120万", "founded": "1998", "headcount": "12", "x.编号": "007"}
    key = make(team.li, "远达", **given)
    set_next(team.li, [key], in_days(2))
    (tmp_path / "o.xlsx").write_bytes(written(team.li, "xlsx")[0])
    headings, row = CalamineWorkbook.from_path(tmp_path / "o.xlsx").get_sheet_by_index(0).to_python()
    found = dict(zip(headings, row, strict=True))
    assert (found["id"], found["phone"], found["x.编号"]) == (key, "+8613800138000", "007")
    assert (found["revenue"], found["founded"], found["headcount"]) == (1_200_000, 1998, 12)
    assert found["next_follow_up"] == date(2026, 11, 20)
    assert found["created"] == WEDNESDAY.replace(tzinfo=None)


def test_the_headings_of_a_workbook_stay_in_sight_and_nothing_is_a_formula(team: Team) -> None:
    make(team.li, "=1+1", note="+cmd|x")
    book = zipfile.ZipFile(io.BytesIO(written(team.li, "xlsx")[0]))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert re.search(r'<autoFilter ref="A1:[A-Z]+2"/>', sheet)
    assert "<f>" not in sheet
    assert "=1+1" in sheet
    assert 'quotePrefix="1"' in book.read("xl/styles.xml").decode()


def test_rows_beyond_a_sheet_go_into_further_ones() -> None:
    stream = io.BytesIO()
    assert out_workbook.write_workbook(stream, "all", ["n"], ([n] for n in range(5)), most=3) == 0
    book = CalamineWorkbook.from_filelike(io.BytesIO(stream.getvalue()))
    assert book.sheet_names == ["all", "all 2", "all 3"]
    assert [book.get_sheet_by_name(name).to_python() for name in book.sheet_names] == [
        [["n"], [0.0], [1.0]], [["n"], [2.0], [3.0]], [["n"], [4.0]],
    ]  # fmt: skip
    assert out_workbook.write_workbook(io.BytesIO(), "all", ["n"], [["x" * 40_000]]) == 1


def test_json_lines_have_types_and_times_in_utc(team: Team) -> None:
    key = make(team.li, "A\u2028B", wecom="yes", revenue="1200.5")
    tag(team.li, [key], ["vip", "重点"])
    [found] = objects(team.li)
    assert (found["id"], found["tags"], found["wecom"], found["revenue"]) == (key, ["vip", "重点"], True, "1200.50")
    assert (found["created"], found["phone"]) == ("2026-11-18T02:00:00Z", None)
    assert "x.a" not in found
    assert "founded" not in found


def test_the_columns_of_lists_can_be_chosen_too(team: Team) -> None:
    key = make(team.li, "Acme", founded="1998")
    interactions.log(team.li, [key], interactions.Note("all well"))
    chosen = "name,last_words,stage_days,field.founded,x.none"
    assert objects(team.li, chosen) == [
        {"name": "Acme", "last_words": "all well", "stage_days": 0, "founded": 1998, "x.none": None}
    ]
    for wrong, hint in (("name,nmae", "did you mean name"), ("contact_phon", "contact_phone"), ("name,name", "twice")):
        with pytest.raises(UsageError, match=hint):
            places.read(wrong)


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.CSV", "csv"), ("a.xlsx", "xlsx"), ("/dev/stdout", "csv"), ("a.b.ndjson", "jsonl"), ("a.ics", "ics")],
)
def test_the_ending_of_a_file_says_its_format(name: str, form: str) -> None:
    assert format_of(name) == form


def test_an_ending_that_says_none_is_refused() -> None:
    with pytest.raises(UsageError, match="--format"):
        format_of("a.zip")


def test_what_was_left_out_is_counted_and_told(team: Team) -> None:
    make(team.admin, "张伟", kind="person", religion="none of yours", owner="pool", phone="13800138000")
    stream, done = written(team.li, "csv")
    assert (done.count, done.masked, done.sensitive) == (1, 1, 1)
    assert b"138" not in stream
    told = Exported(1, archived=2, sensitive=1).told()
    assert told == "2 archived left out (archived:any); sensitive fields of 1 left out"


# -- cards


def test_cards_are_imported_as_the_customers_they_were(team: Team, tmp_path: Path) -> None:
    key = make(
        team.li, "远达科技; 有限公司", phone="13800138001", address="a, b; c\\d", note="one\ntwo", website="x.cn",
        contact={"name": "欧阳娜娜", "phone": "13900139000", "title": "CEO"},
    )  # fmt: skip
    tag(team.li, [key], ["vip", "重点"])
    make(team.li, "Mei Wu", kind="person", phone="13800138002", email="a@b.cn", company="Acme", birthday="1990-05-17")
    make(team.li, "Bare GmbH", kind="organization")
    path = tmp_path / "o.vcf"
    path.write_bytes(written(team.li, "vcf")[0])
    sql = (
        "SELECT c.name, c.kind, c.phone, c.email, c.address, c.website, c.note, k.name, k.phone, k.title, p.fields,"
        " (SELECT group_concat(name, ' ') FROM (SELECT name FROM tag WHERE customer_id = c.id ORDER BY name))"
        " FROM customer c LEFT JOIN contact k ON k.customer_id = c.id JOIN profile p ON p.id = c.id ORDER BY c.id"
    )
    before = team.database.rows(sql)
    found = run(team.li, plan(team.li, path), dedupe=False)
    assert (found.new, found.kept) == (3, 0)
    assert team.database.rows(sql)[3:] == before


def test_a_card_is_the_same_one_in_each_export_and_each_contact_has_one(team: Team) -> None:
    key = make(team.li, "Acme", contact={"name": "Li Lei"})
    contacts.add(team.li, key, {"name": "韩梅梅", "phone": "13900139000"})
    text = written(team.li, "vcf")[0].decode()
    assert re.findall(r"UID:(\S+)", text) == [f"crm-tui-{key}-20261118020000", f"crm-tui-{key}-20261118020000-2"]
    assert re.findall(r"\nFN:(.*)\r\nN:(.*)\r\nORG:(.*)\r", text) == [
        ("Li Lei", "Lei;Li;;;", "Acme"), ("韩梅梅", "韩;梅梅;;;", "Acme"),
    ]  # fmt: skip


def test_lines_are_folded_between_characters() -> None:
    folded = line("NOTE", "说" * 60)
    assert all(len(part) <= 75 for part in folded.split(b"\r\n"))
    assert folded.decode().replace("\r\n ", "") == "NOTE:" + "说" * 60 + "\r\n"


@pytest.mark.parametrize(
    ("name", "parts"),
    [("张伟", ("张", "伟")), ("欧阳娜娜", ("欧阳", "娜娜")), ("Mei Wu", ("Wu", "Mei")), ("Wu, Mei", ("Wu", "Mei")),
     ("Cher", ("Cher", "")), ("马", ("马", ""))],
)  # fmt: skip
def test_names_have_a_family_and_a_given_part(name: str, parts: tuple[str, str]) -> None:
    assert parts_of(name) == parts


# -- calendars


def test_a_calendar_has_the_open_follow_ups(team: Team) -> None:
    key = make(team.li, "远达, 科技", phone="13800138000")
    interactions.log(team.li, [key], interactions.Note("说好了; 报价"))
    set_next(team.li, [key], in_days(2), purpose="报价")
    timed = make(team.li, "Timed")
    set_next(team.li, [timed], type(in_days(1))(in_days(1).on, datetime(2026, 1, 1, 15, 30).time()))
    data, done = written(team.li, "ics")
    found = {str(event["SUMMARY"]): event for event in icalendar.Calendar.from_ical(data).walk("VEVENT")}
    assert done.count == 2
    promised = found["报价: 远达, 科技"]
    assert promised.decoded("DTSTART") == date(2026, 11, 20)
    assert str(promised["DESCRIPTION"]) == f"138 0013 8000\npotential  D  #{key}\nlast: 说好了; 报价 (li)"
    assert promised["STATUS"] == "CONFIRMED"
    assert found["follow-up: Timed"].decoded("DTSTART") == WEDNESDAY.replace(day=19, hour=15, minute=30)
    assert len({str(event["UID"]) for event in found.values()}) == 2
    again = icalendar.Calendar.from_ical(written(team.li, "ics")[0])
    assert {str(event["UID"]) for event in again.walk("VEVENT")} == {str(event["UID"]) for event in found.values()}


def test_a_calendar_hides_what_its_reader_may_not_see(team: Team) -> None:
    make(team.wang, "Theirs", phone="13900139000")
    data, done = written(team.li, "ics")
    assert (done.count, b"Theirs" in data) == (0, False)
