"""What a customer is owed by its tier's playbook, what of it was done, and what is to come.

What was done stays done: a mark counts for whatever asks for that thing in a span that holds its day, and stands in its
period even if the customer's tier owes it no more. DOMAIN §1, §3.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.periods import Period
from crm_tui.domain.schemes.model import in_words
from crm_tui.domain.schemes.playbook import THINGS, WHO, Every, Item, Playbook
from crm_tui.domain.stages import pick

__all__ = [
    "THINGS", "Every", "Item", "Line", "Mark", "Owed", "Playbook", "Span", "checklist", "done_within", "is_periodic",
    "named_thing", "nearing", "owed", "required", "span_named", "span_of", "title_of", "who_does",
]  # fmt: skip

State = Literal["done", "open", "overdue", "standing"]
_MONTHS: dict[Every, int] = {"year": 12, "half": 6, "quarter": 3, "month": 1}


class Span(NamedTuple):
    """A part of the calendar by name (`2026`, `2026-H2`, `2026-Q4`, `2026-11`), and its days, both included."""

    name: str
    days: Period


class Mark(NamedTuple):
    """A thing that was done on a day; `period` is the span that it was done for."""

    item: str
    period: str
    done_on: date
    note: str = ""
    by: str = ""


class Owed(NamedTuple):
    """A thing that is to be done by a day, as it is read."""

    item: str
    title: str
    period: str
    due_on: date


class Line(Struct, frozen=True):
    """A line of the checklist. `due_on` is the last day of its span; `standing` lines have none. `who` does it, empty
    where no playbook says so any more.
    """

    item: str
    title: str
    who: str
    every: Every
    state: State
    period: str = ""
    due_on: date | None = None
    done_on: date | None = None
    note: str = ""
    by: str = ""


def span_of(every: Every, day: date) -> Span:
    """The year, half, quarter or month of the calendar in which the day lies; ValueError for `standing`."""
    months = _MONTHS.get(every)
    if months is None:
        raise ValueError(every)
    place = (day.month - 1) // months
    first = day.replace(month=place * months + 1, day=1)
    after = first.replace(year=first.year + (first.month + months > 12), month=(first.month + months - 1) % 12 + 1)
    names = {12: f"{day.year:04}", 6: f"{day.year:04}-H{place + 1}", 3: f"{day.year:04}-Q{place + 1}"}
    return Span(names.get(months, f"{day.year:04}-{place + 1:02}"), Period(first, after - timedelta(days=1)))


def span_named(name: str) -> Span | None:
    """The span of that name; None for what is none."""
    year, dash, part = name.partition("-")
    try:
        if not dash:
            found = span_of("year", date(int(year), 1, 1))
        elif part[:1] in ("H", "Q"):
            every: Every = "half" if part[0] == "H" else "quarter"
            found = span_of(every, date(int(year), (int(part[1:]) - 1) * _MONTHS[every] + 1, 1))
        else:
            found = span_of("month", date(int(year), int(part), 1))
    except ValueError:
        return None
    return found if found.name == name else None  # `26` or `2026-1` name the same, but are no names


def is_periodic(item: Item) -> bool:
    """Whether the thing is to be done again and again, so that it can be ticked off."""
    return item.every != "standing"


def named_thing(text: str) -> str:
    """The thing of a playbook that `text` names: its name, what it is called in any language, a unique beginning.

    UsageError that lists them.
    """
    plain = text.strip().casefold().replace("-", "_").replace(" ", "_")
    found = plain if plain in THINGS else pick(text, ((name, tuple(words.values())) for name, words in THINGS.items()))
    if not found:
        message = _('"{text}" is in no playbook: {names}')
        raise UsageError(message.format(text=text, names=", ".join(THINGS)), text, 0)
    return found


def title_of(item: str) -> str:
    """What a thing is called where no playbook says otherwise."""
    return in_words(THINGS[item]) if item in THINGS else item


def who_does(item: Item) -> str:
    """Who does it, in the reader's language."""
    return _(WHO[item.who])


def done_within(item: str, span: Span, marks: Iterable[Mark]) -> Mark | None:
    """The last mark that says the thing was done within the span."""
    found = [mark for mark in marks if mark.item == item and span.days.first <= mark.done_on <= span.days.last]
    return max(found, key=lambda mark: mark.done_on, default=None)


def checklist(playbook: Playbook, marks: Sequence[Mark], today: date, since: date | None = None) -> tuple[Line, ...]:
    """What the playbook asks for: each thing, in the span of today; a thing of the span before that was owed all of it
    (the tier is in force since the day `since`) and not done is overdue; then what was done in a present span and is
    owed no more.
    """
    lines: list[Line] = []
    told: list[Mark] = []
    for item in playbook.values():
        title, who = in_words(item.labels), who_does(item)
        if not is_periodic(item):
            lines.append(Line(item.name, title, who, item.every, "standing"))
            continue
        span = span_of(item.every, today)
        earlier = span_of(item.every, span.days.first - timedelta(days=1))
        missed = since is not None and since <= earlier.days.first and done_within(item.name, earlier, marks) is None
        if missed:
            lines.append(Line(item.name, title, who, item.every, "overdue", earlier.name, earlier.days.last))
        mark = done_within(item.name, span, marks)
        lines.append(_line(item, title, who, span, mark))
        told += [one for one in marks if one.item == item.name and span.days.first <= one.done_on <= span.days.last]
    return (*lines, *(line for mark in marks if mark not in told and (line := _past(mark, today)) is not None))


def _line(item: Item, title: str, who: str, span: Span, mark: Mark | None) -> Line:
    due = span.days.last
    if mark is None:
        return Line(item.name, title, who, item.every, "open", span.name, due)
    return Line(
        item.name, title, who, item.every, "done", span.name, due, mark.done_on, mark.note, mark.by
    )


def _past(mark: Mark, today: date) -> Line | None:
    """What was done in a span that is not over, as an earlier tier owed it."""
    span = span_named(mark.period)
    if span is None or not span.days.first <= today <= span.days.last:
        return None
    every: Every = next(name for name in _MONTHS if span_of(name, today).name == span.name)
    return Line(
        mark.item, title_of(mark.item), "", every, "done", span.name, span.days.last, mark.done_on, mark.note, mark.by
    )


def nearing(playbook: Playbook, today: date, ahead: int) -> tuple[tuple[Item, Span], ...]:
    """The things whose span ends within so many days, today included."""
    if all(item.every == "standing" for item in playbook.values()):
        return ()
    spans = ((item, span_of(item.every, today)) for item in playbook.values() if is_periodic(item))
    return tuple((item, span) for item, span in spans if (span.days.last - today).days <= ahead)


def owed(near: Iterable[tuple[Item, Span]], marks: Collection[Mark]) -> tuple[Owed, ...]:
    """What of that is not done yet, the nearest end first."""
    found = [
        Owed(item.name, in_words(item.labels), span.name, span.days.last)
        for item, span in near
        if done_within(item.name, span, marks) is None
    ]
    return tuple(sorted(found, key=lambda one: one.due_on))


def required(playbook: Playbook) -> tuple[str, ...]:
    """The fields of the profile that the playbook asks for beside those that are asked of all."""
    item = playbook.get("profile_required")
    return item.fields if item is not None else ()
