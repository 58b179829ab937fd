from __future__ import annotations

import gc
import marshal
import os
import signal
import struct
import threading
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.formats import sheets, workbooks
from crm_tui.formats.tables import Reading, Row, Table, TableError, open_table
from tests.formats import workbooks as made

ROWS = [["name", "phone", "since"], ["华为", 8613800138000, "2026-03-04"], [None, None, None], ["Acme", "007", ""]]


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows()]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_workbook_is_a_table(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"customers.{kind}"
    made.xlsx(path, {"Sheet1": ROWS}) if kind == "xlsx" else getattr(made, kind)(path, ROWS)
    table = open_table(path)
    assert table.headings == ("name", "phone", "since")
    assert list(table.rows()) == [Row(2, ("华为", "8613800138000", "2026-03-04")), Row(4, ("Acme", "007", ""))]
    assert list(table.rows()) == list(open_table(path, table.reading).rows())
    assert (table.reading, table.defused, table.most_rows()) == (Reading(kind, sheet="Sheet1"), False, 3)
    assert table.described == f"{kind.upper()}, sheet Sheet1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (8613800138000, "8613800138000"), (1.38e10, "13800000000"), (0.1 + 0.2, "0.3"), (1234.5, "1234.5"),
        (1e-7, "0.0000001"), (-3, "-3"), (1e20, "100000000000000000000"), (0, "0"), ("007", "007"), ("'=x", "'=x"),
        (9007199254740991, "9007199254740991"),
        (True, "true"), (False, "false"), ((0.25, "0%"), "0.25"), ((45000, "yyyy-mm-dd"), "2023-03-15"),
        ((45000.625, "yyyy-mm-dd hh:mm"), "2023-03-15 15:00:00"),
        ((45000.6249999999, "d.m.yy h:mm"), "2023-03-15 15:00:00"),
        ((0.5, "hh:mm"), "12:00:00"), ((1.5, "[h]:mm:ss"), "36:00:00"), ((45000, 'yyyy"年"m"月"d"日"'), "2023-03-15"),
        ((1234.5, "¥#,##0.00"), "1234.5"), ("a\nb", "a\nb"), ("  x ", "  x "), ("_x0041_", "_x0041_"),
    ],
)  # fmt: skip
def test_cells_are_what_a_person_would_have_typed(tmp_path: Path, value: Any, text: str) -> None:
    path = made.xlsx(tmp_path / "t.xlsx", {"S": [["name", "value"], ["x", value]]})
    *_head, (_lines, batch) = sheets.read(str(path), None)
    assert batch[-1] == ("x", text)


def test_days_are_counted_from_1904_where_the_workbook_says_so(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "on"])
        sheet.write_row(1, 0, ["x", 43538], book.add_format({"num_format": "yyyy-mm-dd"}))
    assert cells(open_table(path)) == [("x", "2023-03-15")]


def test_an_error_in_a_cell_is_nothing(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "errors.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["name", "a", "b"])
        sheet.write(1, 0, "x")
        sheet.write_formula(1, 1, "=NA()", None, "#N/A")
        sheet.write_formula(1, 2, '="a"&"b"', None, "ab")
    assert cells(open_table(path)) == [("x", "", "ab")]


CONTACT = [["客户", "Contact", None, "city"], [None, "Name", "Phone", None], ["华为", "王", "1", "深圳"]]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_headings_over_merged_headings_are_put_together(tmp_path: Path, kind: str) -> None:
    path, merges = tmp_path / f"merged.{kind}", [(0, 1, 0, 2), (0, 0, 1, 0), (0, 3, 1, 3)]
    if kind == "xlsx":
        made.xlsx(path, {"S": CONTACT}, merges)
    else:
        getattr(made, kind)(path, CONTACT, merges)
    table = open_table(path)
    assert table.headings == ("客户", "Contact Name", "Contact Phone", "city")
    assert list(table.rows()) == [Row(3, ("华为", "王", "1", "深圳"))]


def test_merged_cells_below_the_headings_give_their_value_to_the_first(tmp_path: Path) -> None:
    rows = [["name", "city"], ["a", "深圳"], ["b", None]]
    assert cells(open_table(made.xlsx(tmp_path / "t.xlsx", {"S": rows}, [(1, 1, 2, 1)]))) == [("a", "深圳"), ("b", "")]


NOTES = [["how to fill this in"], ["ask Wang"]]
TABLE = [["name", "city"], ["a", "b"]]


@pytest.mark.parametrize(
    ("found", "hidden", "sheet", "read", "described"),
    [
        ({"Notes": NOTES, "Customers": TABLE, "Lists": TABLE}, (), None, "Customers", "of 3: Notes, Lists"),
        ({"Old": TABLE, "New": TABLE}, ("Old",), None, "New", "of 2: Old"),
        ({"Empty": [], "Only": [["name"], ["x"]]}, (), None, "Only", "of 2: Empty"),
        ({"Old": TABLE, "New": TABLE}, ("Old",), "old", "Old", "of 2: New"),
        ({"A": TABLE, "B": TABLE}, (), "2", "B", "of 2: A"),
        ({"2": TABLE, "B": TABLE}, (), "2", "2", "of 2: B"),
    ],
)
def test_the_first_sheet_with_a_table_is_read_or_the_one_that_is_told(
    tmp_path: Path, found: dict[str, Any], hidden: Sequence[str], sheet: str | None, read: str, described: str
) -> None:
    table = open_table(made.xlsx(tmp_path / "t.xlsx", found, hidden=hidden), Reading(sheet=sheet))
    assert table.reading.sheet == read
    assert table.described == f"XLSX, sheet {read}, {described}"


@pytest.mark.parametrize("sheet", ["Nope", "0", "3", ""])
def test_a_sheet_that_there_is_not_is_answered_with_those_that_there_are(tmp_path: Path, sheet: str) -> None:
    path = made.xlsx(tmp_path / "t.xlsx", {"Notes": NOTES, "Customers": TABLE})
    with pytest.raises(TableError, match="no such sheet; there are: Notes, Customers"):
        open_table(path, Reading(sheet=sheet))


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sheets.FULL, "xlsx", 3)
    found = {"C": [["name"], ["a"], ["b"]], "C 2": [["name"], ["c"], ["d"]], "C 3": [["name"], ["e"]], "X": TABLE}
    facts, *batches = sheets.read(str(made.xlsx(tmp_path / "t.xlsx", found)), "C")
    assert isinstance(facts, dict)
    assert facts["more"] == ["C 2", "C 3"]
    rows = [row for lines, batch in batches for row in zip(lines, batch, strict=True)]
    assert rows == [(1, ("name",)), (2, ("a",)), (3, ("b",)), (5, ("c",)), (6, ("d",)), (8, ("e",))]


def test_a_table_that_begins_further_down_and_right_is_found(tmp_path: Path) -> None:
    rows = [[], [None, None, "客户名单 2026"], [], [None, None, "name", "city"], [None, None, "a", "b"]]
    table = open_table(made.xlsx(tmp_path / "t.xlsx", {"S": rows}, [(1, 2, 1, 3)]))
    assert (table.headings, list(table.rows())) == (("name", "city"), [Row(5, ("a", "b"))])


@pytest.mark.parametrize("name", ["t.csv", "standard-input", "t.xls", "t.txt"])
def test_a_workbook_is_known_by_its_content(tmp_path: Path, name: str) -> None:
    table = open_table(made.xlsx(tmp_path / name, {"S": TABLE}))
    assert cells(table) == [("a", "b")]
    said = table.described.partition("sheet S")[2]
    assert said == ("" if name == "standard-input" else f", although it is called {name[1:]}")


letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t'=_x0 ")
texts = st.text(letters, max_size=12)


@settings(max_examples=30)
@given(st.lists(st.tuples(texts, texts, texts), max_size=5))
def test_any_table_of_text_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    rows = [tuple(cell.replace("\ufffe", "").replace("\uffff", "") for cell in row) for row in rows]  # type: ignore[misc]
    path = made.xlsx(tmp_path_factory.getbasetemp() / "any.xlsx", {"S": [("a", "b", "c"), *rows]})
    _facts, *batches = sheets.read(str(path), None)
    found = [row for __, batch in batches for row in batch][1:]
    assert found == [row for row in rows if any(map(str.strip, row))]


def test_rows_come_in_batches_and_this_process_holds_one(tmp_path: Path) -> None:
    rows = [["name", "note"], *([f"customer {n}", "x" * 200] for n in range(8_000))]
    path = made.xlsx(tmp_path / "many.xlsx", {"S": rows})
    table = open_table(path)
    tracemalloc.start()
    assert sum(1 for _row in table.rows()) == 8_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_500_000
    assert [row.line for row in table.rows()] == list(range(2, 8_002))


def test_a_workbook_is_parsed_once_for_all_who_read_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Path] = []
    start = workbooks._started
    monkeypatch.setattr(workbooks, "_started", lambda path, *rest: started.append(path) or start(path, *rest))
    path = made.xlsx(tmp_path / "t.xlsx", {"S": [["name"], *([f"c{n}"] for n in range(3_000))]})
    table = open_table(path)
    assert open_table(path, table.reading).headings == table.headings
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(len(cells(table)))) for _n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (counts, len(started)) == ([3_000] * 3, 1)
    made.xlsx(path, {"S": [["other"], ["x"]]})
    assert (open_table(path).headings, len(started)) == (("other",), 2)


def test_the_parser_ends_with_the_last_table_that_reads_it(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    table = open_table(made.xlsx(tmp_path / "t.xlsx", {"S": TABLE}))
    process = table._parsed._process  # type: ignore[attr-defined]
    rows = table.rows()
    next(rows)
    del table, rows
    gc.collect()
    assert process.returncode is not None
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_parser_that_is_not_done_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"kind": "xlsx", "sheet": "S", "sheets": ["S"], "more": [], "first": [(1, ("name",))], "spans": []}
    said = marshal.dumps(("head", facts | {"rows": 9}))
    framed = struct.pack("<I", len(said)) + said
    busy = f"import os, sys, time; os.write(int(sys.argv[4]), {framed!r}); time.sleep(60)"
    monkeypatch.setattr(workbooks, "_CHILD", busy)
    table = open_table(made.xlsx(tmp_path / "t.xlsx", {"S": TABLE}))
    process = table._parsed._process  # type: ignore[attr-defined]
    assert process.poll() is None
    del table
    gc.collect()
    assert process.returncode == -signal.SIGKILL


def test_at_the_door_only_text_is_read() -> None:
    from crm_tui.commands import importing

    at_the_door, inside = SimpleNamespace(spool=Path("spool")), SimpleNamespace(spool=None)
    assert not importing.reading(at_the_door, {}).workbooks  # type: ignore[arg-type]
    assert importing.reading(inside, {}).workbooks  # type: ignore[arg-type]


def test_where_nothing_may_be_executed_workbooks_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made.xlsx(tmp_path / "t.xlsx", {"S": TABLE})
    with pytest.raises(TableError, match="only text formats are read here: save the sheet as CSV"):
        open_table(path, Reading(workbooks=False))
    monkeypatch.setattr(workbooks.sys, "executable", str(tmp_path))
    with pytest.raises(TableError, match="only text formats are read here: save the sheet as CSV"):
        open_table(path)
