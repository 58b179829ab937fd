from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.formats.tables import Reading, TableError, open_table

PHONE_BOOK = """BEGIN:VCARD
VERSION:3.0
N:Wang;Fang;;Dr.;
FN:Dr. Fang Wang
ORG:Acme\\, Inc.;Sales;South
TITLE:Buyer
item1.EMAIL;type=INTERNET;type=pref:fang@acme.example
item1.X-ABLabel:_$!<Work>!$_
EMAIL;type=HOME:wang@home.example
TEL;TYPE=WORK,FAX:+1 415 555 0100
TEL;type=WORK;type=VOICE:+1 415 555 2671
TEL;type=CELL;type=pref:+86 138 1234 5678
TEL:+1 415 555 9999
ADR;TYPE=WORK:;;1 Main St.\\nFloor 2;San Francisco;CA;94105;USA
URL:https://acme.example/a;b
CATEGORIES:vip,trade\\, fair
NOTE:first\\nsecond \\; third \\\\n
X-WECHAT:acme_wang
X-SPOUSE-NAME:Li
UID:123
REV:20260304T000000Z
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD
 2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0a
END:VCARD
"""


def table_of(path: Path, content: str | bytes, reading: Reading | None = None) -> list[dict[str, str]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    table = open_table(path, reading)
    return [{h: c for h, c in zip(table.headings, row.cells, strict=True) if c} for row in table.rows()]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_card_of_a_company_and_its_person(tmp_path: Path, end: str) -> None:
    (row,) = table_of(tmp_path / "a.vcf", PHONE_BOOK.replace("\n", end))
    assert row == {
        "name": "Acme, Inc.", "kind": "organization", "contact": "Dr. Fang Wang", "contact_title": "Buyer",
        "contact_phone": "+86 138 1234 5678", "phone": "+1 415 555 2671", "x.phone 3": "+1 415 555 9999",
        "x.fax": "+1 415 555 0100", "contact_email": "fang@acme.example", "x.email 2": "wang@home.example",
        "contact_wechat": "acme_wang", "region": "CA", "address": "1 Main St. Floor 2, San Francisco, CA 94105, USA",
        "website": "https://acme.example/a;b", "tags": "vip, trade, fair", "note": "first\nsecond ; third \\n",
        "x.department": "Sales South", "x.spouse name": "Li",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ("VERSION:4.0\nFN:张伟\nTEL;VALUE=uri;TYPE=\"voice,cell\";PREF=1:tel:+86-138-1234-5678;ext=12",
         {"name": "张伟", "kind": "person", "phone": "+86-138-1234-5678 ext 12"}),
        ("VERSION:4.0\nKIND:org\nFN:华为\nORG:华为", {"name": "华为", "kind": "organization"}),
        ("VERSION:4.0\nFN:张\nEMAIL;PREF=2:b@x.example\nEMAIL;PREF=1:a@x.example",
         {"name": "张", "kind": "person", "email": "a@x.example", "x.email 2": "b@x.example"}),
        ("VERSION:3.0\nN:张;伟;;;\nTITLE:经理\nBDAY:1980-05-06",
         {"name": "张伟", "kind": "person", "person_title": "经理", "birthday": "1980-05-06"}),
        ("VERSION:3.0\nN:;;;;\nORG:华为;\nX-ABShowAs:COMPANY", {"name": "华为", "kind": "organization"}),
        ("VERSION:3.0\nN:张;伟;;;\nFN:华为\nORG:华为\nKIND:org\nBDAY:1980-05-06",
         {"name": "华为", "kind": "organization", "contact": "张伟", "x.birthday": "1980-05-06"}),
        ("VERSION:3.0\nEMAIL:x@y.example", {"name": "x@y.example", "kind": "person", "email": "x@y.example"}),
        ("VERSION:3.0\nFN:a\nADR:;;南山区科技园1号;深圳市;广东省;518000;中国",
         {"name": "a", "kind": "person", "region": "广东省", "address": "中国广东省深圳市南山区科技园1号 518000"}),
        ("VERSION:2.1\nFN:a\nTEL;CELL:1\nTEL;WORK;PREF:2",
         {"name": "a", "kind": "person", "phone": "1", "phone2": "2"}),
        ("VERSION:4.0\nFN:a\nIMPP:weixin:wang\nIMPP;X-SERVICE-TYPE=QQ:x-apple:123",
         {"name": "a", "kind": "person", "wechat": "wang", "x.qq": "123"}),
        ("VERSION:3.0\nFN:a\n b \n\tc\nNOTE:x\nNOTE:y", {"name": "ab c", "kind": "person", "note": "x\ny"}),
        ("VERSION:2.1\nFN:a\nAGENT:\nBEGIN:VCARD\nFN:secretary\nEND:VCARD\nTEL:1",
         {"name": "a", "kind": "person", "phone": "1"}),
        ("VERSION:2.1\nFN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:=E5=BC=A0=\n=E4=BC=9F\nTEL:1",
         {"name": "张伟", "kind": "person", "phone": "1"}),
        ("VERSION:2.1\nFN;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=D5=C5=CE=B0", {"name": "张伟", "kind": "person"}),
        ("VERSION:2.1\nFN:a\nPHOTO;JPEG;ENCODING=BASE64:\n /9j/4AAQSkZJRg==\n\nTEL:1",
         {"name": "a", "kind": "person", "phone": "1"}),
    ],
)  # fmt: skip
def test_cards_of_each_version(tmp_path: Path, properties: str, expected: dict[str, str]) -> None:
    (row,) = table_of(tmp_path / "a.vcf", f"BEGIN:VCARD\n{properties}\nEND:VCARD\n")
    assert row == expected


def test_a_line_that_is_folded_inside_a_character_is_put_together(tmp_path: Path) -> None:
    data = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:深圳客户有限公司\r\nEND:VCARD\r\n".encode()
    place = data.index("圳".encode()) + 1
    (row,) = table_of(tmp_path / "a.vcf", data[:place] + b"\r\n " + data[place:])
    assert row["name"] == "深圳客户有限公司"


@pytest.mark.parametrize("encoding", ["gbk", "big5", "utf-8-sig", "utf-16", "utf-16-le"])
def test_several_cards_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    names = ["華為技術", "張偉"] if encoding == "big5" else ["华为技术有限公司", "张伟"]
    text = "".join(f"BEGIN:VCARD\r\nVERSION:2.1\r\nFN:{name}\r\nEND:VCARD\r\n\r\n" for name in names)
    assert [row["name"] for row in table_of(tmp_path / "a.csv", text.encode(encoding))] == names


def test_each_line_of_an_old_card_may_have_a_charset_of_its_own(tmp_path: Path) -> None:
    data = b"BEGIN:VCARD\nVERSION:2.1\nFN;CHARSET=GBK:" + "张伟".encode("gbk") + b"\nNOTE;CHARSET=UTF-8:"
    (row,) = table_of(tmp_path / "a.vcf", data + "老客户".encode() + b"\nEND:VCARD\n")
    assert (row["name"], row["note"]) == ("张伟", "老客户")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("BEGIN:VCARD\nFN:a\nEND:VCARD\nBEGIN:VCARD\nFN:b\n", "line 4: the card that begins here has no END:VCARD"),
        ("BEGIN:VCARD\nFN:a\nBEGIN:VCARD\nFN:b\nEND:VCARD\n", "line 1: the card that begins here has no END:VCARD"),
        ("BEGIN:VCARD\nFN:a\nEND:VCARD\nTEL:1\n", "line 4: this stands in no card"),
        ("BEGIN:VCARD\nFN:a\nnothing\nEND:VCARD\n", "line 3: this is no line of a card"),
        ("BEGIN:VCARD\nFN:a\nNOTE:" + "x" * 1_100_000 + "\nEND:VCARD\n", "line 1: a cell is longer than 1 MB"),
        ("BEGIN:VCARD\nFN:a\nNOTE:" + ("x" * 50 + "\n ") * 90_000 + "\nEND:VCARD", "line 3: a cell is longer than 1"),
        (b"BEGIN:VCARD\nFN:a\nEND:VCARD\nBEGIN:VCARD\nFN;CHARSET=UTF-8:\xd5\xc5\nEND:VCARD\n", "line 5: not UTF-8"),
    ],
)
def test_a_broken_card_is_refused_with_its_line(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    reading = Reading(encoding="utf-8") if isinstance(content, bytes) else None
    with pytest.raises(TableError, match=complaint) as caught:
        table_of(tmp_path / "a.vcf", content, reading)
    assert "\n" not in str(caught.value)


def test_the_table_says_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(PHONE_BOOK * 2, encoding="utf-8")
    table = open_table(path)
    assert (table.reading, table.defused, table.most_rows()) == (Reading("vcard", "utf-8"), False, 2)
    assert table.described == "vCard, utf-8, although it is called .csv"
    assert [row.line for row in table.rows()] == [1, 25]
    assert list(open_table(path, table.reading).rows()) == list(table.rows())


def test_one_card_is_held_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "many.vcf"
    path.write_text(PHONE_BOOK * 150, encoding="utf-8")
    tracemalloc.start()
    assert sum(1 for _row in open_table(path).rows()) == 150
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 600_000


letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\\,;:=")


@given(st.text(letters, max_size=40))
def test_any_text_comes_out_of_a_card_as_it_was_put_in(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    from crm_tui.formats.content_lines import escape, line

    data = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:a\r\n" + line("NOTE", escape(text)) + b"END:VCARD\r\n"
    (row,) = table_of(tmp_path_factory.getbasetemp() / "any.vcf", data, Reading("vcf", "utf-8"))
    assert row.get("note", "") == text.strip()
