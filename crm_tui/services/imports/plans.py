"""What an import will do before it does it: which column fills which field. Every column has a place, none is lost.

The name of a place is a field's identifier, `x.NAME` for a field of one's own, or "" for a column that is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.nearest import nearest
from crm_tui.domain.profile_fields import CUSTOM, FIELD, FIELDS
from crm_tui.domain.text import clean
from crm_tui.formats import days
from crm_tui.formats import headings as meanings
from crm_tui.formats.days import Order, Seen
from crm_tui.formats.tables import Reading, Row, Table, open_table, undefuse
from crm_tui.services.session import Session

REASON = "reason"
"""The first column of an error file: why the row was refused."""

_REASONS = frozenset(
    map(meanings.plain, ("stage reason", "lost reason", "阶段原因", "变更原因", "流失原因", "階段原因"))
)
"""Headings of the column that says why the customers are at their stages."""

ALIKE = "rows alike"
"""The second column of an error file of facts, where there are any: as which the row counts once it is corrected."""

CONTACT = ("contact", "contact_role", "contact_title", "contact_phone", "contact_email", "contact_wechat",
           "contact_note")  # fmt: skip

# `title` and `company` are fields of a person, but as headings they mean the contact's title and the customer.
PERSONAL = {"person_title": "title", "person_company": "company"}

TIER = "tier."
"""What stands before a scheme: the tier under it, where that is not the badge's."""

FURTHER = re.compile(r"contact_([2-9]|1[0-9]|20)(?:_(role|title|phone|email|wechat|note))?")
"""The places of further contacts: `contact_2`, `contact_2_phone` …, as exports write them."""

_ROWS = 5
_SOME = 5
_DAYS = ("next_follow_up", "last_contact", "created")
_LOOKED_AT = 1_000
"""Rows by which it is seen whether days have the year last."""
_NAMED = 20
_LONGEST_NAME = 100

# Places beside those that headings are matched to: the rest of the profile, and the rest of the contact.
_MORE = {f.identifier for f in FIELDS if f.identifier not in PERSONAL.values()} | {*CONTACT, *PERSONAL, REASON}
_RESERVED = {*FIELD, *meanings.FIELDS, *CONTACT, *PERSONAL} | {
    *("id", "version", "scheme", "owner_id", "pool_id", "blocked", "stage_since", "tier_rank", "name_key", "next_on"),
    *("next_at", "last_touch", "held_since", "stale_on", "created_at", "created_by", "archived_at"),
}


@dataclass(frozen=True)
class Plan:
    """A table that was looked at: `places[i]` is the place of column i, `sample` the first rows as they stand.

    `fixed` fills a field of all rows that have nothing in it.
    """

    table: Table
    places: tuple[str, ...]
    fixed: Mapping[str, str]
    sample: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...]
    orders: Mapping[str, Order]
    """By place, what comes first in the days of a column, as in 03/04/2026."""

    @property
    def path(self) -> Path:
        """The file that the table lies in."""
        return self.table.path

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of its columns."""
        return self.table.headings

    def opened(self) -> Table:
        """The table once more, as it was looked at; CrmError when it is another one by now."""
        table = open_table(self.path, self.table.reading)
        if table.headings != self.headings:
            raise CrmError(_("{path} has changed meanwhile: look at it again").format(path=self.path))
        return table

    @property
    def mapping(self) -> dict[str, str]:
        """Heading → place; of two columns with the same heading, the first."""
        return dict(reversed(list(zip(self.headings, self.places, strict=True))))


def plan(
    session: Session, path: Path | str, *, reading: Reading | None = None,
    mapping: Mapping[str, str] | None = None, fixed: Mapping[str, str] | None = None,
    dates: Order | None = None, assumed: Order = "dmy", keys: Collection[str] = ("name",),
) -> Plan:  # fmt: skip
    """Look at the table: `mapping` says heading → place where the heading alone would not, `fixed` place → text.

    `dates` says what comes first in days like 03/04/2026; else each column shows it, or `assumed` goes, and is told:
    all of a table is looked at only where its first rows have such days. By `keys` customers are the same.

    Raises TableError when the file cannot be read, UsageError for a heading or a place that there is not, and for a
    column that writes its days in both orders.
    """
    table = open_table(Path(path), reading)
    places = _places(table.headings, mapping or {}, session.settings.schemes)
    first = list(islice(table.rows(), _LOOKED_AT))
    sample = tuple(row.cells for row in first[:_ROWS])
    given = {_place(place): text for place, text in (fixed or {}).items()}
    orders, said = _orders(table, places, dates, assumed)
    warnings = (*said, *long_rows(table, first), *_warnings(table.headings, places, given, sample, keys))
    return Plan(table, places, given, sample, warnings, orders)


def long_rows(table: Table, rows: Sequence[Row]) -> list[str]:
    """What is said of rows that have more cells than there are headings: nothing, or one warning."""
    lines = [row.line for row in rows if len(row.cells) > len(table.headings)]
    if not lines:
        return []
    text = ngettext("{n} row has more cells than there are headings: line {lines}; is a separator unquoted?",
                    "{n} rows have more cells than there are headings: lines {lines}; is a separator unquoted?",
                    len(lines))  # fmt: skip
    return [text.format(n=len(lines), lines=", ".join(map(str, lines[:_SOME])) + (", …" if lines[_SOME:] else ""))]


def _orders(
    table: Table, places: Sequence[str], dates: Order | None, assumed: Order
) -> tuple[dict[str, Order], tuple[str, ...]]:
    """By place, what comes first in the days of each column of them, and what is to be said of that."""
    columns = [(places.index(place), Seen()) for place in _DAYS if place in places]
    if not columns:
        return {}, ()
    rows = table.rows()
    first = list(islice(rows, _LOOKED_AT))
    if dates is None and any(days.looks_last(row.cells[column]) for row in first for column, __ in columns):
        for row in chain(first, rows):
            days.look_at(columns, row.line, row.cells)
    named = {table.headings[column]: seen for column, seen in columns}
    orders, said = days.settle(named, dates, assumed)
    return {places[column]: orders[table.headings[column]] for column, __ in columns}, said


def custom_name(heading: str, taken: Sequence[str] = ()) -> str:
    """The name of the field that keeps a column with this heading: the heading, or with a number where that is taken.

    The names of the program's own fields are taken.
    """
    wanted = clean(heading, _LONGEST_NAME)
    name, number = wanted, 2
    while name in taken or name in _RESERVED or not name:
        name, number = f"{wanted} {number}".strip(), number + 1
    return name


def _places(found: Sequence[str], mapping: Mapping[str, str], schemes: Collection[str]) -> tuple[str, ...]:
    """The place of each column: as told, else an identifier to the letter, else as the heading is understood."""
    told = {column_of(found, heading): _place(place) if place else "" for heading, place in mapping.items()}
    taken = [place for place in told.values() if place]
    if len(set(taken)) < len(taken):
        raise UsageError(_("two columns are mapped to the same field"))
    known: dict[int, str | None] = dict(told)
    for column, heading in enumerate(found):
        if column in told:
            continue
        if heading == "id" or (column == 0 and heading == REASON):
            known[column] = ""
        elif heading.startswith(CUSTOM):
            known[column] = None
        elif meanings.plain(heading) in _REASONS and REASON not in known.values():
            known[column] = REASON
        elif heading in known.values():
            continue
        elif (heading in _MORE and heading not in meanings.FIELDS) or is_beside(heading, schemes):
            known[column] = heading
    matched = meanings.match(["" if column in known else heading for column, heading in enumerate(found)]).fields
    places = [
        known[column] if column in known else None if field == "id" or field in known.values() else field
        for column, field in enumerate(matched)
    ]
    names = [place.removeprefix(CUSTOM) for place in taken]
    for column, heading in enumerate(found):
        if places[column] is None:
            names.append(custom_name(heading.removeprefix(CUSTOM) or heading_of(column), names))
            places[column] = CUSTOM + names[-1]
    return tuple(place or "" for place in places)


def places() -> tuple[str, ...]:
    """Every place that a column of customers may have, beside fields of one's own; what headings mean comes first."""
    known = [name for name in meanings.FIELDS if name != "id"]
    return (*known, *sorted(_MORE.difference(known)))


def is_beside(name: str, schemes: Collection[str] = ()) -> bool:
    """Whether it is the place of what a customer has more than once: a further contact, a tier under another scheme."""
    return FURTHER.fullmatch(name) is not None or (name.startswith(TIER) and name.removeprefix(TIER) in schemes)


def heading_of(column: int) -> str:
    """The heading of a column that has none."""
    return f"column {column + 1}"


def column_of(found: Sequence[str], heading: str) -> int:
    """The column with that heading, one without any by its number (`column 3`); UsageError that lists the columns."""
    for wanted, names in ((heading, list(found)), (meanings.plain(heading), [meanings.plain(name) for name in found])):
        if wanted in names:
            return names.index(wanted)
    unnamed = [name or heading_of(column) for column, name in enumerate(found)]
    if heading in unnamed:
        return unnamed.index(heading)
    message = _('no column "{heading}"; the columns are: {columns}')
    raise UsageError(message.format(heading=heading, columns=several(found)), heading, 0)


def _place(name: str) -> str:
    """The place that was typed: an identifier, a heading that means one, or `x.NAME`; UsageError for another."""
    wanted = name.strip()
    if wanted.startswith(CUSTOM) and wanted != CUSTOM:
        return CUSTOM + custom_name(wanted.removeprefix(CUSTOM))
    if wanted in _MORE or is_beside(wanted):
        return wanted
    field = meanings.match([wanted]).fields[0] if wanted else None
    if field and field != "id":
        return field
    hint = nearest(wanted, [*meanings.FIELDS, *sorted(_MORE)])
    message = _('no field "{name}"{hint}; x.{name} makes a field of your own')
    raise UsageError(message.format(name=name, hint=hint), name, 0)


def _warnings(
    found: Sequence[str], places: Sequence[str], fixed: Mapping[str, str], sample: Sequence[tuple[str, ...]],
    keys: Collection[str],
) -> list[str]:  # fmt: skip
    said: list[str] = []
    if "name" not in places and "name" not in fixed:
        said.append(_("no column holds the name: say which with --map HEADING=name"))
    own = [heading for heading, place in zip(found, places, strict=True) if place.startswith(CUSTOM)]
    if own:
        said.append(_("kept as fields of your own: {names}").format(names=several(own)))
    key = "id" if "id" in keys else None
    left = [heading for heading, place in zip(found, places, strict=True) if not place and heading != key]
    if left:
        said.append(_("left out: {names}").format(names=several(left)))
    if not sample:
        said.append(_("there are no rows below the headings"))
    return said


def several(names: Sequence[str]) -> str:
    """The names after each other: of very many the first ones, and how many more there are."""
    said = ", ".join(names[:_NAMED])
    more = len(names) - _NAMED
    return said if more <= 0 else ngettext("{names} and {n} more", "{names} and {n} more", more).format(
        names=said, n=f"{more:,}")  # fmt: skip


def cell(text: str, *, multiline: bool = False, limit: int = 1_000, defused: bool = True) -> str:
    """A cell as it may be kept: cleaned, and without what an export puts before a formula where such a one is."""
    return clean(undefuse(text) if defused and text[:1] == "'" else text, limit, multiline)
