"""One pasted line as a customer: nothing that was pasted is dropped, what is not understood becomes the note."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from crm_tui.domain.names import Kind, guess_kind, has_company_word
from crm_tui.domain.phones import parse_phone
from crm_tui.domain.text import clean


@dataclass(frozen=True)
class Pasted:
    """What a line says of a customer; "" where it says nothing. `phone` is in the stored form."""

    name: str
    kind: Kind
    contact: str = ""
    phone: str = ""
    email: str = ""
    wechat: str = ""
    note: str = ""


_LINK = re.compile(r"(?:https?://|www\.)[^\s,，、；;|]+", re.IGNORECASE)
_EMAIL = re.compile(
    r"(?:(?:e-?mail|mail|邮箱|郵箱|邮件|電郵)\s*[:：]\s*)?"
    r"([A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8})",
    re.IGNORECASE,
)
_WECHAT = re.compile(
    r"(?:微信号?|wechat|weixin|wx|vx)(?:\s*[:：]\s*|\s+)([A-Za-z][-_A-Za-z0-9]{5,19}|1[3-9][0-9]{9})(?![-_A-Za-z0-9])",
    re.IGNORECASE,
)
_SAME_WECHAT = re.compile(r"[（(]?(?:微信同号|微信同號|手机同微信|电话同微信)[)）]?")
_LABEL = re.compile(
    r"(公司名称|公司|单位|客户|客戶|company|account|customer|(?<!联系)(?<!聯繫)姓名|name"
    r"|联系人|聯絡人|聯繫人|contact|手机号?|手機|电话|電話|tel|phone|mobile|备注|備註|note)\s*[:：]\s*",
    re.IGNORECASE,
)
_PHONE_LABELS = ("手机", "手机号", "手機", "电话", "電話", "tel", "phone", "mobile")
_CONTACT_LABELS = ("联系人", "聯絡人", "聯繫人", "contact")
_NOTE_LABELS = ("备注", "備註", "note")
_SEPARATORS = re.compile(r"\s*(?:[,，、;；|｜\t\n]|/|／)\s*")
_DIGITS = re.compile(
    r"\+?[(（]?\+?[0-9０-９][-0-9０-９ ().（）]{4,28}[0-9０-９]"
    r"(?:[ ,]*(?:转|轉|分机|ext\.?|x|#)\s*[:：]?\s*[0-9]{1,6}(?![0-9]))?",
    re.IGNORECASE,
)
_BELONGS_BEFORE = re.compile(
    r"(?:inc|ltd|llc|l\.l\.c|corp|s\.a|gmbh|limited|co|plc|ext\.?\s*[0-9]{1,6}|[转轉]\s*[0-9]{1,6})\.?", re.IGNORECASE
)
_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff)）])[ \u3000]+|[ \u3000]+(?=[\u4e00-\u9fff])")
_LATIN_COMPANY = re.compile(
    r"(.*?\b(?:inc|ltd|llc|corp|corporation|gmbh|limited|company|plc|co)\b\.?(?:,?\s+ltd\.?)?)\s+(?!ltd)(\S.*)",
    re.IGNORECASE,
)
_LATIN_PERSON = re.compile(r"[^\W\d_][^\W\d_.'’-]*\.?(?: [^\W\d_][^\W\d_.'’-]*\.?){1,3}")


@dataclass
class _Reading:
    """What has been taken from the line so far."""

    region: str
    phone: str = ""
    email: str = ""
    wechat: str = ""
    company: str = ""
    person: str = ""
    names: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take_links(self, line: str) -> str:
        """The line without links, addresses and WeChat names; a second of each is a note."""
        line = _LINK.sub(lambda found: self._noted(found[0]), line)
        line = _EMAIL.sub(lambda found: self._address(found[1]), line)
        return _WECHAT.sub(lambda found: self._wechat(found), line)

    def _noted(self, text: str) -> str:
        self.notes.append(text)
        return ","

    def _address(self, address: str) -> str:
        if self.email:
            return self._noted(address)
        self.email = address
        return ","

    def _wechat(self, found: re.Match[str]) -> str:
        if self.wechat:
            return self._noted(found[0])
        self.wechat = found[1]
        return ","

    def take_phones(self, part: str) -> str:
        """The part without the phone numbers in it: the first is the phone, another one a note."""
        return _DIGITS.sub(lambda found: self._number(found[0]), part)

    def _number(self, text: str) -> str:
        """The digits without the longest numbers that they begin with, word by word; what is no number stays."""
        words = text.split()
        for count in range(len(words), 0, -1):
            phone = parse_phone(" ".join(words[:count]), self.region)
            if phone is None:
                continue
            if self.phone:
                self.notes.append(" ".join(words[:count]))
            else:
                self.phone = str(phone)
            return "\n" + self._number(" ".join(words[count:])) if words[count:] else "\n"
        return f"{words[0]} {self._number(' '.join(words[1:]))}" if words[1:] else text


def parse_pasted(line: str, region: str = "CN") -> Pasted:
    """The customer in a line such as `华为技术有限公司 张伟 13812345678` or `Acme Corp, Jane Roe, jane@acme.com`.

    Company, contact, phone, mail and WeChat in any order, separated by commas, tabs, 、 / ; | or spaces. Without a
    company a person's name is the customer's. `region` is where a number without a country code is dialled from.
    """
    reading = _Reading(region)
    text = reading.take_links(clean(line.replace("\t", ","), limit=10_000, multiline=True))
    same = _SAME_WECHAT.search(text)
    for part in _parts(_SAME_WECHAT.sub(",", text) if same else text):
        _read_part(reading, part)
    if same:
        if reading.phone and not reading.wechat:
            reading.wechat = reading.phone
        else:
            reading.notes.append(same[0])
    return _settled(reading)


def _parts(text: str) -> list[str]:
    """The line at its separators; what only continues a part ("Inc.", "ext 21") stays with it."""
    parts: list[str] = []
    for part in filter(None, _SEPARATORS.split(text.strip())):
        if parts and _BELONGS_BEFORE.fullmatch(part):
            parts[-1] += ", " + part
        else:
            parts.append(part)
    return parts


def _read_part(reading: _Reading, part: str) -> None:
    label = _LABEL.match(part)
    if label:
        part, word = part[label.end() :], label[1].lower()
        if word in _NOTE_LABELS:
            reading.notes.append(part)
            return
        if word not in _PHONE_LABELS and part:
            _read_named(reading, part, word)
            return
    for piece in reading.take_phones(part).split("\n"):
        for words in filter(None, _BETWEEN_HAN.split(piece.strip())):
            company = _LATIN_COMPANY.fullmatch(words)
            reading.names.extend(company.groups() if company else (words.strip(" ,"),))


def _read_named(reading: _Reading, part: str, word: str) -> None:
    """A part whose label says what it is, to its first space that a phone or another word follows."""
    first, _space, rest = part.partition(" ") if not part.isascii() else (part, "", "")
    if word in _CONTACT_LABELS:
        reading.person, earlier = first, reading.person
    else:
        reading.company, earlier = first, reading.company
    if earlier:
        reading.notes.append(earlier)
    if rest:
        _read_part(reading, rest)


def _settled(reading: _Reading) -> Pasted:
    """Which of the names is the company's, which the contact's; the others are notes."""
    names = list(reading.names)
    company = reading.company or _take(names, has_company_word)
    person = reading.person or _take(names, lambda name: guess_kind(name) == "person")
    if not company:
        company = _take(names, _wordy)
    if not person:
        person = _take(names, lambda name: bool(_LATIN_PERSON.fullmatch(name))) if company else ""
    note = clean(", ".join(names + reading.notes))
    contacts = {"phone": reading.phone, "email": reading.email, "wechat": reading.wechat, "note": note}
    if not company:
        return Pasted(person, "person" if person else "organization", **contacts)
    if not person and guess_kind(company) == "person":
        return Pasted(company, "person", **contacts)
    return Pasted(company, "organization", person, **contacts)


def _wordy(name: str) -> bool:
    """Whether a piece may be a name at all: it has a letter, and is no order number."""
    letters = sum(character.isalpha() for character in name)
    return letters > 0 and letters * 2 >= len(name.replace(" ", ""))


def _take(names: list[str], fits: Callable[[str], bool]) -> str:
    """The first name that fits, taken out of the list; "" if none does."""
    for position, name in enumerate(names):
        if fits(name):
            return names.pop(position)
    return ""
