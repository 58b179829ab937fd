from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_tui.formats import workbooks
from crm_tui.formats.tables import Reading, TableError, open_table
from tests.formats import workbooks as made

SHEET = {"S": [["name", "city"], *([f"customer {n}", "深圳"] for n in range(300))]}


def refused(path: Path, reading: Reading | None = None) -> str:
    """The one line with which the file is refused, without its path."""
    with pytest.raises(TableError) as caught:
        list(open_table(path, reading).rows())
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(str(path))
    return text.removeprefix(str(path)).lstrip(":, ")


def zipped(path: Path, entries: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", how) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def replaced(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """The workbook with one entry changed."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    return zipped(path, {entry: change(data) if entry == name else data for entry, data in entries.items()})


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_a_workbook_that_is_cut_off(tmp_path: Path, kind: str, share: float) -> None:
    path = tmp_path / f"t.{kind}"
    made.xlsx(path, SHEET) if kind == "xlsx" else made.ods(path, SHEET["S"])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert refused(path).startswith("the workbook is damaged or cut off: copy it once more")


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_an_old_workbook_that_is_cut_off(tmp_path: Path, share: float) -> None:
    path = made.xls(tmp_path / "t.xls", SHEET["S"])
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    assert refused(path).startswith("the workbook is damaged or cut off")


def test_a_workbook_with_a_damaged_entry(tmp_path: Path) -> None:
    path = made.xlsx(tmp_path / "t.xlsx", SHEET)
    whole = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("xl/worksheets/sheet1.xml").header_offset
    whole[start + 200 : start + 260] = b"\x55" * 60
    path.write_bytes(whole)
    assert refused(path).startswith("the workbook is damaged or cut off")


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    path = made.xlsx(tmp_path / "t.xlsx", SHEET)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/media/huge.xml", "w") as entry,
    ):
        for _n in range(105):
            entry.write(b" " * 1_000_000)
    assert refused(path).endswith("MB would become 105 MB: save the sheet as CSV and import that")


@pytest.mark.slow
def test_a_zip_bomb_that_says_it_is_small_ends_at_the_limits_of_the_parser(
    tmp_path: Path,
) -> None:
    """Its directory tells 1,000 bytes for a cell of 60 MB."""
    path = replaced(made.xlsx(tmp_path / "t.xlsx", SHEET), "xl/sharedStrings.xml", lambda data: data.replace(
        b"customer 7<", b"x" * 60_000_000 + b"<"))  # fmt: skip
    whole = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = struct.pack("<I", archive.getinfo("xl/sharedStrings.xml").file_size)
    for place in (whole.find(size), whole.rfind(size)):
        whole[place : place + 4] = struct.pack("<I", 1_000)
    path.write_bytes(whole)
    assert refused(path).split(":")[0] in ("the workbook is damaged or cut off", "row 9")


def test_a_workbook_that_needs_too_much_memory(tmp_path: Path) -> None:
    """Two gigabytes of cells, all but four of them empty."""
    rows: list[list[str | None]] = [["name", "city"], ["a", "b"]]
    path = made.xlsx(tmp_path / "t.xlsx", {"S": rows})
    replaced(path, "xl/worksheets/sheet1.xml", lambda data: data.replace(b'r="2"', b'r="4500"').replace(
        b'r="B2"', b'r="XFD4500"'))  # fmt: skip
    assert refused(path).startswith("the sheet needs too much memory: delete what stands far below")


def test_a_workbook_that_takes_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (0, 1))\nwhile True: pass"
    monkeypatch.setattr(workbooks, "_CHILD", busy)
    assert refused(made.xlsx(tmp_path / "t.xlsx", SHEET)).startswith("reading the workbook takes too long")


def test_a_cell_that_no_workbook_could_have(tmp_path: Path) -> None:
    path = replaced(made.xlsx(tmp_path / "t.xlsx", SHEET), "xl/sharedStrings.xml", lambda data: data.replace(
        b"customer 7<", b"xyz " * 500_000 + b"<"))  # fmt: skip
    assert refused(path) == "row 9: a cell is longer than 1 MB"


@pytest.mark.slow
def test_a_field_of_100_megabytes(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"name,note\na,b\nc," + b"x" * 100_000_000 + b"\n")
    assert refused(path) == "line 3: a cell is longer than 1 MB"


def test_a_workbook_with_a_password(tmp_path: Path) -> None:
    book = made.ods(tmp_path / "t.ods", SHEET["S"], manifest="<manifest><manifest:encryption-data/></manifest>")
    assert refused(book) == "the workbook is protected by a password: save it without one"
    ole = tmp_path / "t.xlsx"
    ole.write_bytes(compound("EncryptionInfo", "EncryptedPackage"))
    assert refused(ole) == "the workbook is protected by a password: save it without one"
    xls = made.xls(tmp_path / "t.xls", SHEET["S"])
    data = xls.read_bytes()
    place = data.index(struct.pack("<HHHHH", 0x809, 16, 0x600, 0x5, 0x0DBB)) + 20  # what follows the begin of the book
    length = struct.unpack_from("<H", data, place + 2)[0]
    xls.write_bytes(data[:place] + struct.pack("<HHH", 0x2F, length, 1) + data[place + 6 :])
    assert refused(xls) == "the workbook is protected by a password: save it without one"


def compound(*names: str) -> bytes:
    """An OLE file with empty streams of these names (MS-CFB)."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIII", header, 44, 1, 1, 0, 4096)
    struct.pack_into("<IIII", header, 60, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    entries = b""
    for name, kind in (("Root Entry", 5), *((name, 2) for name in names)):
        text = name.encode("utf-16-le") + b"\0\0"
        entries += text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + b"\xff" * 12 + bytes(48)
    return bytes(header) + table + entries.ljust(512, b"\0")[:512]


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"word/document.xml": b"<w/>"}, "this is a Word document: put its table into a workbook"),
        ({"ppt/presentation.xml": b"<p/>"}, "this is a presentation"),
        ({"Index/Document.iwa": b""}, "this is a Numbers or Pages document: export it as Excel or CSV"),
        ({"mimetype": b"application/vnd.oasis.opendocument.text"}, "this is an office document, but no workbook"),
        ({"customers.csv": b"name\nx\n"}, "this is a zip archive: unpack it"),
        ({}, "this is a zip archive: unpack it"),
    ],
)
@pytest.mark.parametrize("name", ["t.docx", "t.csv"])
def test_a_zip_without_a_workbook_is_called_what_it_is(
    tmp_path: Path, name: str, entries: dict[str, bytes], said: str
) -> None:
    assert refused(zipped(tmp_path / name, entries)).startswith(said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (compound("WordDocument"), "this is a Word document"),
        (compound("__properties_version1.0"), "this is an Outlook message"),
        (compound("Something"), "this is an office document, but no workbook"),
        (b"<html><body><table><tr><td>name</td></tr>", "this is a web page (HTML); open it and save it as XLSX"),
        (b"\xef\xbb\xbf\n<TABLE border=1><tr>", "this is a web page (HTML)"),
        (b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><x/>', "this is an XML table of Excel 2003"),
        (b'<?xml version="1.0"?><customers/>', "this is XML"),
        (b"%PDF-1.7\n", "this is a PDF"),
        (b"\x1f\x8b\x08", "this is a compressed file"),
        (b"\x89PNG\r\n", "this is a picture"),
        (b"BEGIN:VCALENDAR\r\n", "this is a calendar"),
        (b"", "the file is empty"),
        (b"\0" * 5_000, "the file is empty"),
    ],
)
@pytest.mark.parametrize("name", ["t.xls", "t.csv"])
def test_what_is_no_table_is_called_what_it_is(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path).startswith(said)


@pytest.mark.parametrize("content", [b"\x01\x02\x03\x05\x00\x00" * 50, random.Random(4).randbytes(5_000)])
def test_bytes_that_mean_nothing_are_called_so(tmp_path: Path, content: bytes) -> None:
    for name, said in (
        ("t.csv", "this is no text; save the table as CSV"),
        ("t.xlsx", "this is no workbook and no text: copy it once"),
        ("t.xls", "this is no workbook and no text: copy it once"),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(content)
        assert refused(path).startswith(said)


def test_a_text_table_with_the_ending_of_a_workbook_is_read_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes("客户,城市\n华为,深圳\n".encode("gbk"))
    table = open_table(path)
    assert [row.cells for row in table.rows()] == [("华为", "深圳")]
    assert table.described == "gb18030, separated by ,, although it is called .xlsx"
    assert refused(path, Reading("xlsx")) == "this is no workbook"


def test_workbooks_without_anything_to_read(tmp_path: Path) -> None:
    assert refused(made.xlsx(tmp_path / "a.xlsx", {"S": []})) == "the workbook is empty"
    assert refused(made.ods(tmp_path / "a.ods", [])) == "the workbook is empty"
    path = made.xlsx(tmp_path / "b.xlsx", {"S": []})
    replaced(path, "xl/workbook.xml", lambda data: data[: data.index(b"<sheet ")] + data[data.index(b"</sheets>") :])
    assert refused(path) == "the workbook has no sheet with cells"
    one = made.xlsx(tmp_path / "c.xlsx", {"S": [], "T": SHEET["S"]})
    assert refused(one, Reading(sheet="S")) == "sheet S: the sheet is empty"


def test_mixed_encodings_are_refused_with_the_line_of_the_first_bad_byte(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("客户,城市\n华为,深圳\n".encode() + "万达,大连\n".encode("gbk"))
    assert refused(path, Reading(encoding="utf-8")).startswith("line 3: not utf-8; save the file in one encoding")
    path.write_bytes("客户,城市\n".encode() + "华为,深圳\n".encode() * 6_000 + "万达,大连\n".encode("gbk"))
    assert refused(path).startswith("line 6002: not utf-8; save the file in one encoding")


def test_a_directory_and_a_file_that_is_not_there_are_named(tmp_path: Path) -> None:
    assert refused(tmp_path).startswith("cannot be read")
    assert refused(tmp_path / "none.xlsx").startswith("cannot be read")


def test_the_parser_reads_only_what_it_was_given_and_can_do_nothing_else(tmp_path: Path) -> None:
    """Entities that would name a file or grow without end give nothing."""
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"x" * 1_000 + b'">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 50) for n in range(9)) + b"]>"  # fmt: skip
    path = replaced(made.xlsx(tmp_path / "t.xlsx", SHEET), "xl/sharedStrings.xml", lambda data: data.replace(
        b"<sst", bomb + b"<sst").replace(b"customer 7<", b"&j;<"))  # fmt: skip
    try:
        found = [row.cells[0] for row in open_table(path).rows()]
    except TableError:
        return
    assert len(found[7]) < 10
