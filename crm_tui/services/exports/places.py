"""The columns of an export: places that an import knows, fields of one's own, and what else a list can show.

A column says how its value is found; what becomes of the value in a file is `values`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.profile_fields import CUSTOM, FIELD, FIELDS, Field
from crm_tui.services.imports.plans import PERSONAL, TIER
from crm_tui.store import exporting

if TYPE_CHECKING:
    from crm_tui.services.columns import Chosen

Kind = Literal["text", "number", "money", "day", "moment", "next", "words", "yes_no", "listed"]
"""What a value is: `moment` a stored stamp, `next` a day and the stamp of its time, `words` a text of words, `listed`
a value of a list's column.
"""

_AT: Mapping[str, int] = {name: number for number, name in enumerate(exporting.ROW)}
_PARTS = {"": 1, "_role": 2, "_title": 3, "_phone": 4, "_email": 5, "_wechat": 6, "_note": 7}
"""The ends of a contact's headings, and where each stands in a row of `exporting.contacts`."""


@dataclass
class Customer:
    """A customer as an export reads it; what is masked or sensitive is gone from it."""

    row: Sequence[Any]
    fields: Mapping[str, str]
    contacts: Sequence[Sequence[Any]] = ()
    tiers: Mapping[str, str] = field(default_factory=dict)
    listed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A column: its heading, what its values are, and how one is found (None for none)."""

    heading: str
    kind: Kind
    read: Callable[[Customer], Any]
    listed: Chosen | None = None
    """The column of a list that it is, if it is one."""
    field: str | None = None
    """The field of the profile that it is, if it is one."""


def _of_row(heading: str, kind: Kind = "text", name: str = "") -> Place:
    at = _AT[name or heading]
    return Place(heading, kind, lambda customer: customer.row[at])


def _next() -> Place:
    on, at = _AT["next_on"], _AT["next_at"]
    return Place(
        "next_follow_up", "next", lambda customer: customer.row[on] and (customer.row[on], customer.row[at])
    )  # fmt: skip


_KINDS: Mapping[str, Kind] = {"number": "number", "year": "number", "money": "money", "date": "day", "yes_no": "yes_no"}


def _of_profile(field: Field) -> Place:
    name = field.identifier
    kind = _KINDS.get(field.type, "text")
    return Place(_HEADINGS.get(name, name), kind, lambda customer: customer.fields.get(name), field=name)


def _own(name: str) -> Place:
    return Place(CUSTOM + name, "text", lambda customer: customer.fields.get(name))


def _of_contact(number: int, end: str) -> Place:
    """A column of the contact of that number, from 1."""
    at, part = number - 1, _PARTS[end]
    heading = f"contact{end}" if number == 1 else f"contact_{number}{end}"
    return Place(
        heading, "text", lambda customer: customer.contacts[at][part] if len(customer.contacts) > at else None
    )  # fmt: skip


def _of_scheme(scheme: str) -> Place:
    return Place(TIER + scheme, "text", lambda customer: customer.tiers.get(scheme))


_HEADINGS = {name: heading for heading, name in PERSONAL.items()}
_TABLE = (
    _of_row("id", "number"), *map(_of_row, ("name", "kind", "stage", "tier", "owner", "pool", "phone", "email")),
    *map(_of_row, ("wechat", "region", "industry", "source")), _of_row("tags", "words"), _next(),
    _of_row("last_contact", "moment"), _of_row("created", "moment", "created_at"),
    *map(_of_row, ("address", "website", "tax_number", "business_role", "referred_by", "parent")),
    _of_row("influence", "number"), _of_row("closing", "number"), _of_row("note"),
    *(_of_contact(1, end) for end in _PARTS if end != "_note"),
    *(_of_profile(field) for field in FIELDS if not (field.column or field.sensitive)),
)  # fmt: skip
PLACES: Mapping[str, Place] = {place.heading: place for place in _TABLE}

STANDARD: tuple[str, ...] = tuple(PLACES)
"""The columns of an export, in order; those of the profile where anybody has one. What else customers have follows:
further contacts (`contact_2`, `contact_2_phone` …), tiers beside the badge (`tier.label`), fields of one's own (`x.A`).
"""

SENSITIVE = frozenset(field.identifier for field in FIELDS if field.sensitive)
KNOWN = frozenset(FIELD)


def beside(contacts: int, schemes: Sequence[str], own: Sequence[str], *, notes: bool = False) -> list[Place]:
    """The columns that follow the standard ones, where customers have so many contacts, these schemes and fields."""
    return [
        *([_of_contact(1, "_note")] if notes else []),
        *(_of_contact(number, end) for number in range(2, contacts + 1) for end in _PARTS if notes or end != "_note"),
        *map(_of_scheme, schemes),
        *map(_own, own),
    ]


def read(text: str) -> tuple[Place, ...]:
    """The columns of `name,phone,x.Route`, in order: what an export has, and what else a list can show. UsageError
    that points at the wrong one.
    """
    from crm_tui.services import columns
    from crm_tui.services.column_table import COLUMNS

    found: list[Place] = []
    at = 0
    for part in text.replace("，", ",").replace("、", ",").split(","):
        word = part.strip()
        at = text.index(word, at)
        if word:
            try:
                found.append(PLACES.get(word) or of_list(columns.word(word)[0]))
            except UsageError as error:
                told = str(error)
                if not word.startswith((CUSTOM, columns.FIELD)) and ":" not in word:
                    hint = nearest(word, [*STANDARD, *COLUMNS])
                    told = _('there is no column "{name}"{hint}').format(name=word, hint=hint)
                raise UsageError(told, text, at) from None
        at += len(word)
    check(found, text)
    return tuple(found)


def check(found: Sequence[Place], text: str = "") -> None:
    """UsageError for a column that is there twice."""
    names = [place.heading for place in found]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise UsageError(_("the column {name} is there twice").format(name=double), text, max(0, text.rfind(double)))


_REACHED = frozenset(("phone", "email", "wechat"))
"""What a list shows of the first contact that has one where the customer has none itself."""


def of_list(chosen: Chosen) -> Place:
    """The column that holds what a list's column shows: a place of the export, or what only lists have."""
    from crm_tui.services.columns import FIELD as OF_PROFILE

    name = chosen.name
    if name in PLACES and name not in _REACHED:
        return PLACES[name]
    if name.startswith(CUSTOM):
        return _own(name.removeprefix(CUSTOM))
    if name.startswith(OF_PROFILE):
        identifier = name.removeprefix(OF_PROFILE)
        return _of_profile(FIELD[identifier]) if identifier in FIELD else _own(identifier)
    return Place(name, "listed", lambda customer: customer.listed.get(name), chosen)


def offered() -> list[tuple[str, str]]:
    """What may be typed for a column, and what it means: the export's own, then what else a list can show."""
    from crm_tui.services import columns

    known = dict(columns.offered())
    titles = {_HEADINGS.get(field.identifier, field.identifier): field.title for field in FIELDS}
    return [
        *((name, known.get(name) or titles.get(name, "")) for name in STANDARD),
        *((name, about) for name, about in columns.offered() if name not in PLACES),
    ]
