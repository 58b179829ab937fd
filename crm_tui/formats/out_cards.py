"""vCard 3.0 out (RFC 2426), which phones, Outlook and Google read: a card a person or company, UTF-8 throughout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from crm_tui.formats.content_lines import escape, line


@dataclass(frozen=True)
class Card:
    """A card: `name` is what is shown, `family` and `given` its parts; of a company both are empty.

    `phones`, `emails` and `wechats` are (type, text), where the type WORK is of the company itself; `kind` what the
    card is about: `org` or `individual`; `is_customer`: the person is the customer, and not the organization;
    `of_person`: the organization is a person, whose contact this is. Empty texts are left out.
    """

    uid: str
    name: str
    kind: str
    family: str = ""
    given: str = ""
    organization: str = ""
    title: str = ""
    phones: Sequence[tuple[str, str]] = ()
    emails: Sequence[tuple[str, str]] = ()
    address: str = ""
    website: str = ""
    note: str = ""
    birthday: str = ""
    wechats: Sequence[tuple[str, str]] = ()
    categories: Sequence[str] = ()
    is_customer: bool = False
    of_person: bool = False


def write_cards(stream: IO[bytes], cards: Iterable[Card]) -> int:
    """Write the cards one after the other; return how many there were."""
    count = 0
    for card in cards:
        stream.write(b"".join(_lines(card)))
        count += 1
    return count


def _lines(card: Card) -> Iterator[bytes]:
    yield b"BEGIN:VCARD\r\nVERSION:3.0\r\n"
    yield line("UID", escape(card.uid))
    yield line("FN", escape(card.name))
    yield line("N", ";".join((escape(card.family), escape(card.given), "", "", "")))
    if card.organization:
        yield line("ORG", escape(card.organization))
    if card.kind == "org":
        yield line("X-ABSHOWAS", "COMPANY")  # else an iPhone takes the company for a person
    yield line("KIND", card.kind)  # of version 4, which others pass over
    if card.is_customer and card.organization:
        yield line("X-CRM-TUI-KIND", "person")  # who works there is the customer, not the company
    if card.of_person:
        yield line("X-CRM-TUI-KIND", "contact")
    if card.title:
        yield line("TITLE", escape(card.title))
    for kind, number in card.phones:
        yield line(f"TEL;TYPE={kind}", escape(number))
    for kind, address in card.emails:
        yield line("EMAIL;TYPE=INTERNET" + (f",{kind}" if kind else ""), escape(address))
    for kind, wechat in card.wechats:
        yield line("X-WECHAT" + (f";TYPE={kind}" if kind else ""), escape(wechat))
    if card.address:
        yield line("ADR;TYPE=WORK", f";;{escape(card.address)};;;;")
    if card.website:
        yield line("URL", escape(card.website))
    if card.birthday:
        yield line("BDAY", card.birthday)
    if card.categories:
        yield line("CATEGORIES", ",".join(map(escape, card.categories)))
    if card.note:
        yield line("NOTE", escape(card.note))
    yield b"END:VCARD\r\n"
