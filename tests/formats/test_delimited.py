from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.formats.delimited import write_csv
from crm_tui.formats.encodings import detect_encoding
from crm_tui.formats.tables import Reading, Row, Table, TableError, defuse, open_table, undefuse

SIMPLIFIED = "客户名称,联系人,手机,备注\n华为技术有限公司,张伟,13812345678,老客户\n万达,李娜,13912345678,\n"
TRADITIONAL = "客戶名稱,聯絡人,手機,備註\n華為技術有限公司,張偉,0912345678,老客戶\n"
JAPANESE = "会社名,担当者,電話\n株式会社ソニー,田中太郎,03-1234-5678\nトヨタ自動車,佐藤,052-1234\n"
KOREAN = "회사명,담당자,전화\n삼성전자,김철수,02-123-4567\n"
FRENCH = "société,ville,note\nCafé René,Orléans,très bien\nHôtel,Besançon,ça va\n"

Written = Callable[[str | bytes], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def cells(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows()]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((SIMPLIFIED, name) for name in ("utf-8", "utf-8-sig", "gb18030", "gbk")),
        *((SIMPLIFIED, name) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32")),
        *((TRADITIONAL, name) for name in ("utf-8", "big5", "cp950", "gb18030")),
        (JAPANESE, "shift_jis"),
        (KOREAN, "euc_kr"),
        (FRENCH, "cp1252"),
        ("Firma;Ort;Straße\nMüller GmbH;Köln;Hauptstraße 1\n", "cp1252"),
        ("客户\n张伟\n", "gbk"),
        ("客戶\n張偉\n", "big5"),
        ("名称\n恒隆地产\n", "gbk"),
        ("名稱\n恒隆地產\n", "big5hkscs"),
        ("name,phone\n华为,1\n", "gbk"),
        ("name,phone\n中華電信,1\n", "big5"),
        ("name\nAcme\n", "ascii"),
    ],
)
def test_the_encoding_is_recognised(written: Written, text: str, encoding: str) -> None:
    table = open_table(written(text.encode(encoding)))
    lines = [tuple(line.split(table.delimiter)) for line in text.splitlines()]
    assert [table.headings, *cells(table)] == lines


def test_text_beyond_the_head_of_a_file_decides_too(written: Written) -> None:
    path = written(b"name,city\n" + b"Acme,Paris\n" * 10_000 + "华为,深圳\n".encode("gbk"))
    assert cells(open_table(path))[-1] == ("华为", "深圳")


def test_a_head_that_ends_inside_a_character_is_still_utf_8() -> None:
    assert detect_encoding("客户名称".encode()[:-1]) == "utf-8"


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(written: Written, delimiter: str, end: str) -> None:
    lines = [["name", "note", "city"], ["Acme", "a, b", "1,5"], ["Foo", "c; d", "2,5"]]
    quoted = [delimiter.join(f'"{cell}"' if "," in cell or ";" in cell else cell for cell in line) for line in lines]
    table = open_table(written(end.join(quoted) + end))
    assert table.delimiter == delimiter
    assert cells(table) == [tuple(line) for line in lines[1:]]


def test_what_is_given_is_not_guessed(written: Written) -> None:
    table = open_table(written("a;b,c\n1;2,3\n".encode("utf-16-le")), Reading(encoding="utf-16-le", delimiter=","))
    assert (table.encoding, table.delimiter, table.headings) == ("utf-16-le", ",", ("a;b", "c"))


@pytest.mark.parametrize(
    ("text", "headings", "line"),
    [
        ("客户名单\n\nname,phone\nx,1\n", ("name", "phone"), 3),
        ("制表：张三,,,\n客户,电话,手机,备注\nx,1,2,3\n", ("客户", "电话", "手机", "备注"), 2),
        ("基本,,联系,\n名,区,电,邮\n1,2,3,4\n", ("名", "区", "电", "邮"), 2),
        ("sep=;\na;b\n1;2\n", ("a", "b"), 2),
        ("name\nx\ny\n", ("name",), 1),
        ('\ufeff"name","phone",,\nx,1,,\n', ("name", "phone"), 1),
    ],
)
def test_the_heading_row_is_found_below_titles(
    written: Written, text: str, headings: tuple[str, ...], line: int
) -> None:
    table = open_table(written(text))
    assert (table.headings, table.heading_line) == (headings, line)
    assert len(cells(table)) == text.count("\n") - line


def test_rows_carry_their_line_are_padded_and_empty_ones_left_out(written: Written) -> None:
    table = open_table(written('a,b,c\n"x\ny",2\n\n , ,\n1,2,3,\n1,2,3,more\n'))
    assert list(table.rows()) == [
        Row(2, ("x\ny", "2", "")),
        Row(6, ("1", "2", "3")),
        Row(7, ("1", "2", "3", "more")),
    ]
    assert len(list(table.rows())) == 3


@pytest.mark.parametrize("told", [None, "csv", "jsonl", "vcard"])
@pytest.mark.parametrize("start", ["name,city\nAcme,Paris\n", '{"a": "b"}\n{"a": "c"}\n', "BEGIN:VCARD\nFN:x\n"])
@pytest.mark.parametrize("more", [0, 40_000])
def test_a_nul_is_refused_with_its_line_and_nothing_is_left_out(
    written: Written, told: str | None, start: str, more: int
) -> None:
    """Also beyond the part of the file by which it is recognised."""
    blank = "\n" if start[0] in "{B" else "x,y\n"
    text = start + blank * more + "A\0B\nEND:VCARD\n"
    line = text[: text.index("\0")].count("\n") + 1
    if start[0] in "{B" and told not in (None, {"{": "jsonl", "B": "vcard"}[start[0]]):
        return
    if start[0] == "n" and told not in (None, "csv"):
        return
    with pytest.raises(TableError, match=f"line {line}: a NUL byte, so the file is damaged: copy it once more"):
        list(open_table(written(text), Reading(format=told)).rows())


@pytest.mark.parametrize(
    ("line", "encoding"),
    [
        ("万达集团,大连", "gb18030"), ("万达,138", "gb18030"), ("萬達集團,大連", "big5"), ("Müller,Köln", "cp1252"),
        ("ソニー株式会社,東京", "shift_jis"), ("삼성전자,서울", "euc_kr"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", [5, 8_000])
def test_a_line_in_utf_8_among_others_is_refused_with_its_number(
    written: Written, line: str, encoding: str, before: int
) -> None:
    """Nothing of it would be an error to the decoder of the others: it would be read as other characters."""
    others = {
        "gb18030": "华为技术有限公司,深圳", "big5": "華為技術有限公司,深圳", "cp1252": "Besançon Hôtel,Orléans",
        "shift_jis": "トヨタ自動車,名古屋", "euc_kr": "현대자동차,부산",
    }[encoding]  # fmt: skip
    text = b"name,city\n" + (others.encode(encoding) + b"\n") * before + line.encode() + b"\n"
    number = before + 2
    with pytest.raises(TableError, match=f"line {number}: (this line is UTF-8, others are|not)"):
        list(open_table(written(text)).rows())


def test_a_line_in_another_encoding_among_utf_8_is_the_one_that_is_named(written: Written) -> None:
    text = "客户名称,城市\n华为技术,深圳\n".encode() + "万达,大连\n".encode("gbk") + "小米科技,北京\n".encode()
    with pytest.raises(TableError, match="line 3: not utf-8; save the file in one encoding"):
        list(open_table(written(text)).rows())


@pytest.mark.parametrize("chance", ["联通", "鎮插艾", "氙逛复", "飑絡", "淇無,1", "通榻稱"])
def test_lines_of_gbk_that_are_utf_8_by_chance_are_no_mixture(written: Written, chance: str) -> None:
    lines = ["客户名称,备注", "华为技术有限公司,老客户", f"{chance},", f"{chance},1", "张伟,李娜"]
    assert len(cells(open_table(written("\n".join(lines).encode("gb18030"))))) == 4


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\0\0", b"\x1a", b"\xff\xfe\n\0"]
)
def test_a_file_of_nothing_but_marks_is_empty(written: Written, content: bytes) -> None:
    with pytest.raises(TableError, match="the file is empty"):
        open_table(written(content))


_pieces = st.sampled_from([
    b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\0\0", b"\0", b"\n", b"\r", b",", b'"', b"a", b"{", b"}", b"[",
    b"]", b'{"a":1}', b"BEGIN:VCARD\n", b"END:VCARD\n", b"FN:a\n", b"ORG", b":", b"sep=;", b"\x1a", b"\xe4\xb8\x87",
    b"\xcd\xf2", b"\x80",
])  # fmt: skip


@given(
    st.lists(_pieces, max_size=7).map(b"".join) | st.binary(max_size=60),
    st.sampled_from([None, "csv", "tsv", "jsonl", "vcard"]),
)
def test_whatever_the_bytes_are_they_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, told: str | None
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    said = str(path)
    try:
        table = open_table(path, Reading(format=told))
        assert all(len(row.cells) >= len(table.headings) for row in table.rows())
    except TableError as error:
        said = str(error)
    assert said.startswith(str(path))
    assert "\n" not in said


def test_a_line_without_an_end_is_not_held(written: Written) -> None:
    path = written(b"name,note\na,b\nc," + b"x" * 50_000_000 + b"\n")
    tracemalloc.start()
    with pytest.raises(TableError, match="line 3: a cell is longer than 1 MB"):
        list(open_table(path).rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 45_000_000


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("name,phone\nA,1,2,3\nB,1,2,3\n", ("name", "phone")),
        ("客户,日期,金额\n华为,2026-01-01,5,a,b,c,d\n", ("客户", "日期", "金额")),
        ("客户名单,电话簿\n客户,电话,手机,备注\nx,1,2,3\n", ("客户", "电话", "手机", "备注")),
        ("客户,电话\n名称,手机,备注,地区,行业\nx,1,2,3,4\n", ("名称", "手机", "备注", "地区", "行业")),
        ("Acme,Foo\nA,1,2,3\n", ("A", "1", "2", "3")),
    ],
)
def test_known_headings_win_over_longer_rows_below_them(
    written: Written, text: str, headings: tuple[str, ...]
) -> None:
    assert open_table(written(text)).headings == headings


def test_a_cell_may_have_a_megabyte(written: Written) -> None:
    assert len(cells(open_table(written("a,b\nx," + "y" * 1_000_000 + "\n")))[0][1]) == 1_000_000


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "the file is empty"),
        (b",,\n,,\n", "the file is empty"),
        (b"PK\x03\x04\x14\x00", "damaged or cut off"),
        (b"%PDF-1.7", "this is a PDF; save the sheet as CSV"),
        (b"\x89\x01\x02\x03\x05" * 50, "no text"),
        (b'a,b\n1,2\n3,"x\n4,5\n', "line 3: a quote opens here"),
        (b'a,b\n1,2\n"x' + b"\n3,4" * 60 + b'\n5,"6"\n', "line 3: a quote opens here"),
        (b'a,b\n"x' + b"\n3,4" * 400_000, "line 2: a quote opens here"),
        (b"a,b\n1," + b"y" * 1_100_000 + b"\n", "line 2: a cell is longer than 1 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_line(written: Written, content: bytes, complaint: str) -> None:
    with pytest.raises(TableError, match=complaint) as caught:
        list(open_table(written(content)).rows())
    assert "\n" not in str(caught.value)


def test_bytes_that_are_not_in_the_encoding_are_never_dropped(written: Written) -> None:
    head = "name,city\n" + "Ämter,Köln\n" * 20_000
    with pytest.raises(TableError, match="line 20002: not utf-8"):
        list(open_table(written(head.encode() + b"Caf\xe9,Lyon\n")).rows())


@pytest.mark.parametrize("encoding", ["utf-8", "nonsense"])
def test_an_encoding_that_does_not_fit_is_refused(written: Written, encoding: str) -> None:
    with pytest.raises(TableError, match=encoding):
        open_table(written(SIMPLIFIED.encode("gbk")), Reading(encoding=encoding))


def test_a_file_that_is_not_there_is_a_table_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be read"):
        open_table(tmp_path / "none.csv")


def test_reading_holds_one_record_at_a_time(written: Written) -> None:
    table = open_table(written("name,city\n" + "Acme,Paris\n" * 100_000))
    tracemalloc.start()
    assert sum(1 for _row in table.rows()) == 100_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


@pytest.mark.parametrize(
    ("cell", "exported"),
    [
        ("=1+1", "'=1+1"), ("+cmd|'/C calc'!A0", "'+cmd|'/C calc'!A0"), ("-x", "'-x"), ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("|x", "'|x"), ("%x", "'%x"), ("＝1", "'＝1"), ("'=1", "''=1"),
        ("'", "'"), ("'x", "'x"), ("-5", "-5"), ("-1,100.04", "-1,100.04"), ("+8613812345678", "+8613812345678"),
        ("+862087654321 ext 8021", "+862087654321 ext 8021"), ("+1 (415) 555-2671", "+1 (415) 555-2671"),
        ("'-5", "''-5"), ("-5\n", "'-5\n"), ("", ""), ("x=1", "x=1"),
    ],
)  # fmt: skip
def test_formulas_are_defused_and_numbers_are_not(cell: str, exported: str) -> None:
    assert defuse(cell) == exported


printed = st.characters(codec="utf-8", exclude_categories=["Cc"])
cell_text = st.text(st.sampled_from("'=+-@|%\t\r\n＝＋－＠｜％0a é"), max_size=6) | st.text(printed, max_size=20)


@given(cell_text)
def test_a_defused_cell_comes_back_as_it_was_and_starts_no_formula(cell: str) -> None:
    assert undefuse(defuse(cell)) == cell
    assert defuse(cell)[:1] not in tuple("=@|%\t\r＝＋－＠｜％")


@given(st.lists(st.tuples(cell_text, cell_text), max_size=5), st.booleans())
def test_a_written_table_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], bom: bool
) -> None:
    kept = [row for row in rows if any(defuse(cell).strip() for cell in row)]
    stream = io.StringIO(newline="")
    assert write_csv(stream, ("name", "note"), rows, bom=bom) == len(rows)
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(stream.getvalue().encode())
    table = open_table(path, Reading(encoding="utf-8", delimiter=","))
    assert table.headings == ("name", "note")
    assert [tuple(map(undefuse, row)) for row in cells(table)] == kept


def test_figures_and_nothing_are_written_too() -> None:
    stream = io.StringIO(newline="")
    write_csv(stream, ("=a", "b", "c"), [(1, None, -2.5)])
    assert stream.getvalue() == "'=a,b,c\r\n1,,-2.5\r\n"
