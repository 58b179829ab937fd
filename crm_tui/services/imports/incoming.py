"""What a row says of a customer, read and checked: the one form in which rows are compared, merged and written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from crm_tui.domain.names import name_key
from crm_tui.domain.when import When
from crm_tui.services.duplicates import COMPARED

if TYPE_CHECKING:
    from crm_tui.services.imports.making import Made

MORE_TEXTS = ("wechat", "region", "industry", "source", "address", "website", "tax_number", "referred_by", "parent")

TEXTS = ("phone", "email", *MORE_TEXTS, "business_role", "influence", "closing", "note")
"""The text columns of a customer that an import may fill, beside its name."""

SAID = ("kind", "stage", "tier", "owner", "reason")
"""What has a value for every new customer: only where a row says it does it change one that is there."""


class Incoming(NamedTuple):
    """A customer as a row describes it. `tiers` are (scheme, tier), the badge's first; `next` is in the user's zone.

    `owner` and `pool` are those that were named, one of them at most; who shares the others is found out later.

    `columns` are the text columns that are filled; `kept` counts the texts that did not fit their fields.
    """

    name: str
    key: str
    kind: str
    stage: str
    tiers: tuple[tuple[str, str], ...]
    owner: int | None
    pool: int | None
    columns: dict[str, str]
    profile: dict[str, str]
    contact: dict[str, str]
    tags: tuple[str, ...]
    next: When | None
    last_contact: str | None
    created: str | None
    kept: int
    said: Mapping[str, str] = MappingProxyType({})
    """What the row says of these in its own words, for imports that change what is there: see `SAID`."""
    others: tuple[dict[str, str], ...] = ()
    """Further contacts, where several rows are of one customer."""
    made: Made | None = None
    """The rows that it is made of, where they were made ahead."""
    first: bool = False
    """Whether it is known that no row before it in the table has its name."""

    @property
    def ways(self) -> dict[str, str | None]:
        """What tells two customers of the same name apart."""
        return {
            "phone": self.columns.get("phone") or self.contact.get("phone"),
            "email": self.columns.get("email") or self.contact.get("email"),
            "tax_number": self.columns.get("tax_number"),
        }

    @property
    def apart(self) -> dict[str, str]:
        """What tells the row apart from others of the same name: its own phone, mail and tax number, and by the names
        of its contacts those of each, which say nothing of a customer who has other contacts.
        """
        found = {name: text for name in COMPARED if (text := self.columns.get(name))}
        for contact in (self.contact, *self.others) if self.contact else ():
            key = name_key(contact["name"])
            found |= {f"{key}\n{name}": contact[name] for name in COMPARED if contact.get(name)}
        return found

    def packed(self) -> str:
        """All of it as JSON, the same text for the same content."""
        values = self._asdict()
        when = values.pop("next")
        del values["made"], values["first"]
        values["next"] = [when.on.isoformat(), when.at.isoformat() if when.at else None] if when else None
        values["said"] = dict(self.said)
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fits(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether nothing differs of what tells two customers of one name `apart`; case does not count."""
    for name, text in one.items():
        theirs = other.get(name)
        if theirs is not None and theirs != text and theirs.casefold() != text.casefold():
            return False
    return True


def unpacked(text: str) -> Incoming:
    """What was packed."""
    values: dict[str, Any] = json.loads(text)
    if values["next"]:
        on, at = values["next"]
        values["next"] = When(date.fromisoformat(on), time.fromisoformat(at) if at else None)
    values["tiers"] = tuple((scheme, tier) for scheme, tier in values["tiers"])
    values["tags"] = tuple(values["tags"])
    values["others"] = tuple(values["others"])
    return Incoming(**values)
