"""Who the demo's customers are and what was said to them: names, numbers and notes, drawn from the words of a language.

Nothing here knows of time: the same dice give the same texts. Mail addresses end in `.example`.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from crm_tui.domain.names import pinyin
from crm_tui.domain.stages import LOST_REASONS
from crm_tui.services.demo_plan import Weighted, pick

_MOBILES = ("135", "136", "137", "138", "139", "150", "158", "159", "180", "186", "187", "188", "189")
_CHANNELS = {
    "zh": {"call": 50, "wechat": 22, "visit": 12, "mail": 10, "meeting": 6},
    "en": {"call": 52, "wechat": 3, "visit": 10, "mail": 28, "meeting": 7},
}
_ATTEMPTS = {"call": 85, "wechat": 6, "mail": 6, "visit": 3}
_BUSINESS_ROLES = ("end_user", "end_user", "distributor", "wholesaler")
_LOST = tuple(choice.identifier for choice in LOST_REASONS if choice.identifier != "other")
_FIRST_ROLES = ("decision_maker", "decision_maker", "influencer", "champion")
_ROLES = ("user", "influencer", "gatekeeper", "finance", "champion")

# By how much more likely a field is known than the tier alone asks for.
_PROFILE = {
    "organization": {
        "founded": 0.35, "headcount": 0.35, "buys_what": 0.3, "revenue": 0, "legal_form": 0.1,
        "legal_representative": 0, "potential": 0, "competitor_standing": 0, "attitude": 0.05, "buys_when": 0,
        "buys_how_much": 0.05, "terms": 0,
    },
    "person": {
        "company": 0.6, "title": 0.4, "birthday": 0.15, "career": 0, "likes": 0.1, "taboos": 0,
        "purchase_frequency": 0.05,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """A customer by name and place. `item` is what it buys, `domain` where its mails go."""

    kind: str
    name: str
    columns: dict[str, str | None]
    item: str
    domain: str
    place: tuple[str, ...]


class Tongue:
    """The words of one language (`zh`, `en`), ready to draw from."""

    def __init__(self, language: str, words: dict[str, Any], notes: dict[str, Any]) -> None:
        self.language = language
        self.words = words
        self.channels: dict[str, Weighted] = {}
        self.notes: dict[tuple[str, str], list[tuple[str, str]]] = {}
        for stage, by_channel in notes.items():
            weights = _ATTEMPTS if stage == "attempt" else _CHANNELS[language]
            self.channels[stage] = Weighted({name: weights[name] for name in by_channel})
            for channel, texts in by_channel.items():
                parted = (text.partition(" => ") for text in texts)
                self.notes[stage, channel] = [(note, outcome) for note, __, outcome in parted]

    def word(self, dice: Random, name: str) -> Any:
        """One of the words of that list."""
        return pick(dice, self.words[name])

    def person(self, dice: Random) -> str:
        """A person's name."""
        surname = self.word(dice, "surnames")
        if self.language == "en":
            return f"{self.word(dice, 'given')} {surname}"
        second = self.word(dice, "given_second")
        return f"{surname}{self.word(dice, 'given_first')}{second}" if dice.random() < 0.8 else surname + second

    def identity(self, dice: Random) -> Identity:
        """A customer: mostly an organization, else a person."""
        place, (industry, trade, item) = self.word(dice, "places"), self.word(dice, "trades")
        first, second = self.word(dice, "brand_first"), self.word(dice, "brand_second")
        domain = f"{_latin(first + second)}.example"
        columns: dict[str, str | None] = {
            "region": place[0], "industry": industry, "source": self.word(dice, "sources"),
            "business_role": pick(dice, _BUSINESS_ROLES) if dice.random() < 0.7 else None,
            "website": f"www.{domain}" if dice.random() < 0.3 else None,
            "address": self._address(dice, place[1]) if dice.random() < 0.6 else None,
        }  # fmt: skip
        if dice.random() < 0.15:
            name = self.person(dice)
            columns |= self.reach(dice, name, domain, place)
            return Identity("person", name, columns, item, domain, place)
        name = f"{first}{second} {trade}" if self.language == "en" else f"{place[1]}{first}{second}{trade}"
        if self.language == "en" and dice.random() < 0.3:
            name = f"{self.word(dice, 'surnames')} & {self.word(dice, 'surnames')} {trade}"
        form = self.word(dice, "forms")
        columns["phone"] = self.landline(dice, place) if dice.random() < 0.7 else None
        columns["email"] = f"info@{domain}" if dice.random() < 0.3 else None
        if self.language == "zh" and dice.random() < 0.3:
            columns["tax_number"] = f"91{int(dice.random() * 1e16):016}"
        name = f"{name} {form}" if self.language == "en" else name + form
        return Identity("organization", name, columns, item, domain, place)

    def reach(self, dice: Random, name: str, domain: str, place: tuple[str, ...]) -> dict[str, str | None]:
        """A person's phone, mail and WeChat id."""
        latin = _latin(name)
        has_mail = dice.random() < (0.4 if self.language == "zh" else 0.8)
        has_wechat = dice.random() < (0.6 if self.language == "zh" else 0.05)
        return {
            "phone": self.mobile(dice, place),
            "email": f"{latin}@{domain}" if has_mail else None,
            "wechat": f"{latin}{int(dice.random() * 1000)}" if has_wechat else None,
        }

    def contact(self, dice: Random, identity: Identity, place: int) -> dict[str, str | None]:
        """A person at an organization, the first of them (`place` 0) one with a say."""
        name = self.person(dice)
        role = pick(dice, _ROLES if place else _FIRST_ROLES)
        columns = {"name": name, "role": role, "title": self.title(dice, role)}
        return {**columns, **self.reach(dice, name, identity.domain, identity.place)}

    def title(self, dice: Random, role: str) -> str:
        """What somebody in that role is called at work."""
        return str(pick(dice, self.words["titles"][role]))

    def purpose(self, dice: Random, stage: str) -> str:
        """What is promised to a customer at that stage."""
        purposes = self.words["purposes"]
        return str(pick(dice, purposes.get(stage, purposes["potential"])))

    def mobile(self, dice: Random, place: tuple[str, ...]) -> str:
        """A mobile number in E.164."""
        if self.language == "zh":
            return f"+86{pick(dice, _MOBILES)}00{int(dice.random() * 1_000_000):06}"
        return _fiction(dice, place[3])

    def landline(self, dice: Random, place: tuple[str, ...]) -> str:
        """A number of the place in E.164, sometimes with an extension behind."""
        if self.language == "en":
            return _fiction(dice, place[2])
        extension = f" ext {801 + int(dice.random() * 30)}" if dice.random() < 0.08 else ""
        return f"+86{place[2]}55{int(dice.random() * 1_000_000):06}{extension}"

    def note(self, dice: Random, stage: str, item: str) -> tuple[str, str, str]:
        """What was said at that stage (or `attempt`): channel, note, outcome."""
        channel = self.channels[stage].pick(dice)
        text, outcome = pick(dice, self.notes[stage, channel])
        return channel, text.replace("{item}", item), outcome

    def reason(self, dice: Random, frm: str, to: str) -> str:
        """Why a customer went from one stage to another, as it is stored; empty where the move needs no reason."""
        if to == "lost":
            return pick(dice, _LOST) if dice.random() < 0.93 else f"other: {self.word(dice, 'own_lost')}"
        if to == "non_customer":
            return str(self.word(dice, "no_need"))
        if frm == "lost":
            return str(self.word(dice, "won_back"))
        return str(self.word(dice, "back")) if (frm, to) in (("intent", "target"), ("target", "potential")) else ""

    def profile(self, dice: Random, identity: Identity, rank: int) -> dict[str, str]:
        """Fields of the profile that are no columns; the better the tier (rank 0 is A), the more of them."""
        chances = _PROFILE[identity.kind]
        asked = {0: 0.85, 1: 0.6, 2: 0.15}.get(rank, 0.05)
        known = [name for name, lift in chances.items() if dice.random() < lift + asked]
        return {name: self._value(dice, name, identity.item) for name in known}

    def _value(self, dice: Random, name: str, item: str) -> str:
        """What is known of the field: of most, something from the list of its name."""
        if name == "founded":
            return str(1985 + int(dice.random() * 38))
        if name == "headcount":
            return str(5 + int(dice.random() ** 3 * 900))
        if name == "revenue":
            return f"{1 + int(dice.random() ** 2 * 200)}00000000 CNY"
        if name == "birthday":
            day = f"{1 + int(dice.random() * 12):02}-{1 + int(dice.random() * 28):02}"
            return day if dice.random() < 0.4 else f"{1960 + int(dice.random() * 40)}-{day}"
        if name in ("company", "legal_representative"):
            return self.company(dice) if name == "company" else self.person(dice)
        if name == "title":
            return self.title(dice, pick(dice, _FIRST_ROLES))
        return item if name == "buys_what" else str(self.word(dice, name))

    def company(self, dice: Random) -> str:
        """The name of a firm in short."""
        __, trade, __ = self.word(dice, "trades")
        space = " " if self.language == "en" else ""
        return f"{self.word(dice, 'brand_first')}{self.word(dice, 'brand_second')}{space}{trade}"

    def _address(self, dice: Random, city: str) -> str:
        number = 1 + int(dice.random() * 300)
        street = self.word(dice, "streets")
        return f"{city}{street}{number}号" if self.language == "zh" else f"{number} {street}, {city}"


def _fiction(dice: Random, block: str) -> str:
    """A number of a block kept for fiction: three digits follow in Britain, two in America."""
    digits = 3 if block.startswith("44") else 2
    return f"+{block.replace(' ', '')}{int(dice.random() * 10**digits):0{digits}}"


@cache
def _letters(character: str) -> str:
    plain = unicodedata.normalize("NFD", character.lower())
    return "".join(c for c in plain if c.isascii() and c.isalnum())


def _latin(name: str) -> str:
    """The name in letters that a mail address may have: as it sounds, or without accents and blanks."""
    sounds = pinyin(name)
    return sounds[0] if sounds else "".join(map(_letters, name.replace(" ", ".").split("'"))) or "x"


@cache
def tongues() -> tuple[Tongue, Tongue]:
    """Chinese and English."""
    here = files(__package__)
    words = tomllib.loads(here.joinpath("demo_words.toml").read_text(encoding="utf-8"))
    notes = tomllib.loads(here.joinpath("demo_notes.toml").read_text(encoding="utf-8"))
    return Tongue("zh", words["zh"], notes["zh"]), Tongue("en", words["en"], notes["en"])
