"""vCards (2.1, RFC 2426, RFC 6350) as a table: a card a row, its company the customer and its person the contact.

What a card says beyond our fields has a column of its own (x.NAME); pictures, sounds, keys and what serves only the
exchange of cards (UID, REV …) are passed over. One card is held at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from crm_tui.domain.language import _
from crm_tui.formats import text_files
from crm_tui.formats.card_lines import Line, lines_of
from crm_tui.formats.recognition import NAMES, although
from crm_tui.formats.tables import LONGEST_CELL, Reading, Row, TableError

_PASSED = frozenset((
    "BEGIN", "END", "VERSION", "PRODID", "REV", "UID", "PHOTO", "LOGO", "SOUND", "KEY", "SORT-STRING",
    "SORT-AS", "MAILER", "CLASS", "SOURCE", "NAME", "PROFILE", "XML", "AGENT", "TZ", "GEO", "CLIENTPIDMAP",
    "CALADRURI", "CALURI", "FBURL", "KIND", "X-ABUID", "X-ABLABEL", "X-ABADR", "X-ABSHOWAS", "X-MS-CARDPICTURE",
    "X-PRODID", "X-PHONETIC-FIRST-NAME", "X-PHONETIC-LAST-NAME", "X-PHONETIC-ORG",
))  # fmt: skip
_PLACES = {
    "TITLE": "contact_title", "NOTE": "note", "BDAY": "birthday", "URL": "website", "CATEGORIES": "tags",
    "X-WECHAT": "wechat", "X-WEIXIN": "wechat", "X-GENDER": "x.gender",
}  # fmt: skip
_ORDER = (
    "name", "kind", "contact", "contact_title", "contact_phone", "contact_email", "contact_wechat", "contact_note",
    "person_title", "phone", "phone2", "email", "wechat", "region", "address", "website", "birthday", "tags", "note",
)  # fmt: skip
_OF_COMPANIES = {"birthday": "x.birthday"}
_OF_PEOPLE = {"contact_title": "person_title"}
_OF_CONTACTS = {"phone": "contact_phone", "phone2": "phone", "email": "contact_email", "wechat": "contact_wechat"}
_OURS = re.compile(r"crm-tui-[0-9]+-[0-9]+(-[0-9]+)?")
"""The UID of a card that was exported here, and what it ends with where the card is of a further contact."""
_PERSONAL = "\0personal"
"""Marks a card of a person in a company that was not exported here."""
_SHARED = ("name", "kind", "tags")
_COMPANIES = ("phone", "email", "wechat")
_MESSENGERS = {"weixin": "wechat", "wechat": "wechat", "xmpp": "x.jabber", "mailto": "email"}
_COLUMNS = 500
_FOLD = re.compile(rb"\r?\n[ \t]")


@dataclass(frozen=True)
class Cards:
    """A table of cards (formats.tables.Table)."""

    path: Path
    encoding: str
    headings: tuple[str, ...]
    count: int
    several: frozenset[str]
    """The companies of which several people have cards: what a card says is of its person then."""

    @property
    def reading(self) -> Reading:
        """Format and encoding."""
        return Reading("vcard", self.encoding)

    @property
    def defused(self) -> bool:
        """No: nothing of a card is a formula."""
        return False

    @property
    def described(self) -> str:
        """Format and encoding, in words."""
        return f"{NAMES['vcard']}, {self.encoding}" + although(self.path, "vcard")

    def most_rows(self) -> int:
        """How many cards there are."""
        return self.count

    def rows(self) -> Iterator[Row]:
        """The cards, each with the line on which it begins. TableError for one without an end, with its line."""
        for line, facts in _cards(self.path, self.encoding):
            if facts.pop(_PERSONAL, "") and facts["name"].casefold() in self.several:
                facts = _of_person(facts)
            yield Row(line, tuple([facts.get(heading, "") for heading in self.headings]))


def open_table(path: Path, reading: Reading) -> Cards:
    """The cards in the file; it is read once for the columns. TableError."""
    head = text_files.head_of(path)
    # A fold may cut a character in two, which would be in no encoding.
    encoding = text_files.encoding_of(_FOLD.sub(b"", head), reading.encoding)
    known: dict[str, None] = {}
    companies: set[str] = set()
    several: set[str] = set()
    count = 0
    for line, facts in _cards(path, encoding):
        count += 1
        if facts.pop(_PERSONAL, ""):
            company = facts["name"].casefold()
            (several if company in companies else companies).add(company)
        known |= dict.fromkeys(facts)
        if len(known) > _COLUMNS:
            message = _("{path}, line {line}: more than {n} different fields")
            raise TableError(message.format(path=path, line=line, n=_COLUMNS))
    if not count:
        raise TableError(_("{path}: the file is empty").format(path=path))
    if several:
        known["contact_note"] = None
    headings = (*(name for name in _ORDER if name in known), *(name for name in known if name not in _ORDER))
    return Cards(path, encoding, headings, count, frozenset(several))


def _of_person(facts: dict[str, str]) -> dict[str, str]:
    """What a person's card says, all of it of that person: what is no field of a contact stands in the note."""
    kept = {name: text for name, text in facts.items() if name.startswith("contact") or name in _SHARED}
    more = [facts["note"]] if "note" in facts else []
    more += [f"{name.removeprefix('x.')}: {text}" for name, text in facts.items() if name not in {*kept, "note"}]
    if more:
        kept["contact_note"] = "\n".join([*([kept["contact_note"]] if "contact_note" in kept else []), *more])
    return kept


def _cards(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each card, as texts by heading, and the line on which it begins."""
    card: list[Line] | None = None
    begun = within = 0
    for line in chain(lines_of(path, encoding), (None,)):
        if line is None or (line.name == "BEGIN" and card is not None and not within and not _nested(card)):
            if card is not None:
                message = _("{path}, line {line}: the card that begins here has no END:VCARD: add it, or export anew")
                raise TableError(message.format(path=path, line=begun))
            if line is None:
                return
        if line.name == "BEGIN":
            if card is None:
                card, begun = [], line.number
            else:
                within += 1
        elif card is None:
            message = _("{path}, line {line}: this stands in no card; begin it with BEGIN:VCARD")
            raise TableError(message.format(path=path, line=line.number))
        elif line.name == "END" and within:
            within -= 1
        elif line.name == "END":
            facts = _facts(card)
            if any(len(text) > LONGEST_CELL for text in facts.values()):
                raise TableError(_("{path}, line {line}: a cell is longer than 1 MB").format(path=path, line=begun))
            if facts:
                yield begun, facts
            card = None
        elif not within:
            card.append(line)


def _nested(card: list[Line]) -> bool:
    """Whether the card that begins is the agent of this one (2.1)."""
    return bool(card) and card[-1].name == "AGENT"


def _facts(card: list[Line]) -> dict[str, str]:
    """A card as texts by heading."""
    by_name: dict[str, list[Line]] = {}
    for line in card:
        by_name.setdefault(line.name, []).append(line)
    facts = _names(by_name)
    own = _companies(by_name) if facts.get("contact") else {}
    reach = [*_phones(by_name.pop("TEL", ())), *_addresses(by_name.pop("ADR", ()), by_name.pop("LABEL", ()))]
    reach += [("email", line.text().removeprefix("mailto:")) for line in _preferred(by_name.pop("EMAIL", ()))]
    reach += [_messenger(line) for line in chain(by_name.pop("IMPP", ()), by_name.pop("X-SOCIALPROFILE", ()))]
    for name, lines in by_name.items():
        if name not in _PASSED:
            heading = _PLACES.get(name) or "x." + name.removeprefix("X-").lower().replace("-", " ")
            reach += [(heading, ", ".join(line.texts()) if name == "CATEGORIES" else line.text()) for line in lines]
    for heading, text in reach:
        _put(facts, heading, text.strip())
    told = _OF_COMPANIES if facts["kind"] == "organization" or facts.get("contact") else _OF_PEOPLE
    if facts.get("contact"):
        told = told | _OF_CONTACTS
        ours = _ours(by_name)
        if ours is None:
            own = {_PERSONAL: "yes"}
        elif ours[1]:
            told = told | {"note": "contact_note"}
    found = {told.get(heading, heading): text for heading, text in facts.items() if text}
    return found | own


def _ours(by_name: Mapping[str, Sequence[Line]]) -> re.Match[str] | None:
    """The UID of a card that was exported here; its first group stands where it is of a further contact, and nothing on
    the card of the company itself.
    """
    uids = by_name.get("UID", ())
    return _OURS.fullmatch(uids[0].text().strip()) if uids else None


def _companies(by_name: dict[str, list[Line]]) -> dict[str, str]:
    """What a card of ours says of the company itself, which it marks as of its work, taken out of its lines."""
    if _ours(by_name) is None:
        return {}
    found: dict[str, str] = {}
    for heading, name in zip(_COMPANIES, ("TEL", "EMAIL", "X-WECHAT"), strict=True):
        lines = by_name.pop(name, [])
        for line in lines:
            if "work" in line.types:
                found.setdefault(heading, line.text().strip())
        by_name[name] = [line for line in lines if "work" not in line.types]
    return found


def _put(facts: dict[str, str], heading: str, text: str) -> None:
    """Take a text in: what comes again goes into further columns, notes and tags into one."""
    if not text or text in (facts.get(heading), facts.get("phone2" if heading == "phone" else heading)):
        return
    if heading not in facts:
        facts[heading] = text
    elif heading in ("note", "tags"):
        facts[heading] += ("\n" if heading == "note" else ", ") + text
    elif heading == "phone" and "phone2" not in facts:
        facts["phone2"] = text
    else:
        number = 3 if heading == "phone" else 2
        bare = heading.removeprefix("x.")
        while facts.get(f"x.{bare} {number}", text) != text:
            number += 1
        facts[f"x.{bare} {number}"] = text


def _names(by_name: dict[str, list[Line]]) -> dict[str, str]:
    """Who the customer is, and who the contact."""
    shown = next((line.text().strip() for line in by_name.pop("FN", ()) if line.text().strip()), "")
    parts = next((line.parts() for line in by_name.pop("N", ())), [])
    person = _composed(parts)
    units = next((line.parts() for line in by_name.pop("ORG", ())), [])
    company = units[0].strip() if units else ""
    kinds = {line.text().strip().lower() for line in by_name.get("KIND", ())}
    company_card = bool(kinds & {"org", "organization"}) or "X-ABSHOWAS" in by_name
    facts: dict[str, str] = {}
    marks = [line.text() for line in by_name.pop("X-CRM-TUI-KIND", ())]
    if "contact" in marks:
        facts["name"], facts["kind"], facts["contact"] = company, "person", shown or person
    elif "person" in marks:
        facts["name"], facts["kind"], facts["person_company"] = shown or person, "person", company
    elif company_card or company:
        facts["name"], facts["kind"] = company or shown, "organization"
        contact = person if company_card and shown in ("", facts["name"]) else shown or person
        if contact != facts["name"]:
            facts["contact"] = contact
        facts["x.department"] = " ".join(unit.strip() for unit in units[1:] if unit.strip())
        if company_card and company and shown not in ("", company, person):
            facts["name"], facts["contact"] = shown, person
    else:
        nickname = next((line.text() for line in by_name.get("NICKNAME", ())), "")
        mail = next((line.text() for line in by_name.get("EMAIL", ())), "")
        number = next((line.text() for line in by_name.get("TEL", ())), "")
        facts["name"], facts["kind"] = shown or person or nickname or mail or number.removeprefix("tel:"), "person"
    if "TITLE" not in by_name and "ROLE" in by_name:
        by_name["TITLE"] = by_name.pop("ROLE")
    return facts


def _composed(parts: list[str]) -> str:
    """The name out of family name, given name, further names, what stands before and after."""
    family, given, more, before, after = ([part.strip() for part in parts] + [""] * 5)[:5]
    if family[:1] > "\u2e80" or given[:1] > "\u2e80":
        return family + given + more
    return " ".join(filter(None, (before, given, more, family, after)))


def _preferred(lines: Sequence[Line]) -> list[Line]:
    """The lines, the preferred one first."""
    return sorted(lines, key=lambda line: not line.is_preferred)


def _phones(lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """The numbers, a mobile one before others, faxes in their own column."""
    for line in sorted(_preferred(lines), key=lambda line: not line.types & {"cell", "iphone"}):
        number = line.text().strip()
        if number.lower().startswith("tel:"):
            number, _colon, rest = number[4:].partition(";")
            extension = [part[4:] for part in rest.split(";") if part.lower().startswith("ext=")]
            number += f" ext {extension[0]}" if extension else ""
        yield "x.fax" if "fax" in line.types else "phone", number


def _addresses(lines: Sequence[Line], labels: Sequence[Line]) -> Iterator[tuple[str, str]]:
    """The addresses, written in the order of their country, and the first one's region."""
    regions: list[str] = []
    for line in _preferred(lines):
        box, more, street, city, region, code, country = ([part.strip() for part in line.parts()] + [""] * 7)[:7]
        regions.append(region or city)
        if any(part[:1] > "\u2e80" for part in (street, city, region)):
            city = "" if city == region else city
            parts = (country, region, city, street, more, box)
            text = "".join(parts) + (f" {code}" if code else "")
        else:
            text = ", ".join(filter(None, (box, more, street, city, " ".join(filter(None, (region, code))), country)))
        yield "address", " ".join(text.split())
    for line in labels:
        yield ("address" if not lines else "x.address label"), " ".join(line.text().split())
    yield "region", next(filter(None, regions), "")


def _messenger(line: Line) -> tuple[str, str]:
    scheme, colon, rest = line.text().partition(":")
    kinds = line.types | {line.parameter("X-SERVICE-TYPE").lower()}
    if "wechat" in kinds or "weixin" in kinds:
        return "wechat", rest if colon and scheme.isalpha() and not rest.startswith("//") else line.text()
    if colon and scheme.lower() in _MESSENGERS:
        return _MESSENGERS[scheme.lower()], rest
    service = next(iter(sorted(kinds - {"", "pref", "home", "work"})), scheme.lower())
    return f"x.{service}", rest if colon else line.text()
