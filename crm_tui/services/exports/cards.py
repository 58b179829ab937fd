"""Customers as cards for an address book: the company with its first contact, then a card for each further contact.

A card's UID comes from the customer's number and the moment at which it was made: the card stays the same one in an
address book, whatever changes on it, and is no other database's.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, TYPE_CHECKING

from crm_tui.formats.out_cards import Card, write_cards
from crm_tui.services.exports.customers import Customers
from crm_tui.services.exports.left import Exported
from crm_tui.services.exports.places import PLACES, Customer
from crm_tui.store.exporting import CONTACT, ROW

if TYPE_CHECKING:
    from crm_tui.services.session import Session

_PLACES = tuple(PLACES[name] for name in ("name", "contact"))
_DOUBLE = """
    欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 司徒 令狐 宇文 长孙 長孫 夏侯 端木
    南宫 南宮 独孤 獨孤 轩辕 軒轅 西门 西門 百里 呼延 东郭 東郭 太史 申屠 公羊 赫连 赫連 澹台 濮阳 濮陽 淳于 钟离 鍾離
"""
_DOUBLE_FAMILY = frozenset(_DOUBLE.split())


def write(session: Session, ids: array[int], stream: IO[bytes]) -> Exported:
    """Write the cards of these customers into the binary stream."""
    found = Customers(session, ids, _PLACES)
    write_cards(stream, (card for customer in found.read() for card in _cards(customer)))
    return found.exported()


def _cards(customer: Customer) -> Iterator[Card]:
    row = dict(zip(ROW, customer.row, strict=True))
    people = [dict(zip(("id", *CONTACT), contact, strict=True)) for contact in customer.contacts]
    stamp = "".join(filter(str.isdigit, row["created_at"]))
    first = people[0] if people else {}
    is_person = row["kind"] == "person"
    name = row["name"] if is_person or not first else first["name"]
    family, given = parts_of(name) if is_person or first else ("", "")
    title = customer.fields.get("title") if is_person else first.get("title")
    birthday = customer.fields.get("birthday") or ""
    yield Card(
        f"crm-tui-{row['id']}-{stamp}", name, "individual" if is_person or first else "org", family, given,
        (customer.fields.get("company") or "") if is_person else row["name"], title or "",
        _told(("WORK", row["phone"]), ("CELL", first.get("phone"))),
        _told(("WORK" if first else "", row["email"]), ("", first.get("email"))),
        row["address"] or "", row["website"] or "", row["note"] or "", birthday if len(birthday) == 10 else "",
        _told(("WORK" if first else "", row["wechat"]), ("", first.get("wechat"))), (row["tags"] or "").split(),
        is_person,
    )  # fmt: skip
    for person in people[0 if is_person else 1 :]:
        if is_person and person["name"] == name:
            continue
        family, given = parts_of(person["name"])
        yield replace(
            Card(f"crm-tui-{row['id']}-{stamp}-{person['id']}", person["name"], "individual", family, given),
            organization=row["name"], title=person["title"] or "", phones=_told(("CELL", person["phone"])),
            emails=_told(("", person["email"])), note=person["note"] or "", wechats=_told(("", person["wechat"])),
            of_person=is_person,
        )  # fmt: skip


def _told(*given: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    return tuple((kind, text) for kind, text in given if text)


def parts_of(name: str) -> tuple[str, str]:
    """Family and given name of a person: 张/伟, 欧阳/娜娜, and Wu/Mei of "Wu, Mei" or "Mei Wu"."""
    if name and all("\u3400" <= character <= "\u9fff" for character in name) and len(name) <= 4:
        cut = 2 if name[:2] in _DOUBLE_FAMILY and len(name) > 2 else 1
        return name[:cut], name[cut:]
    before, comma, after = name.partition(",")
    if comma and after.strip():
        return before.strip(), after.strip()
    given, __, family = name.rpartition(" ")
    return family, given
