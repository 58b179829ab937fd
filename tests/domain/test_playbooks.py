"""Playbooks: what every shipped tier is owed, the periods of the calendar, and what is done, open, overdue."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.playbooks import (
    THINGS,
    Every,
    Mark,
    checklist,
    named_thing,
    nearing,
    owed,
    required,
    span_named,
    span_of,
)
from crm_tui.domain.schemes import LANGUAGES, parse_scheme, shipped, source_of
from crm_tui.domain.schemes.playbook import Item, Playbook

TODAY = date(2026, 11, 3)
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
PERIODIC: tuple[Every, ...] = ("year", "half", "quarter", "month")


def book(**every: Every) -> Playbook:
    return {name: Item(name, often, "lead", THINGS[name]) for name, often in every.items()}


VISITS = book(senior_visits="half", yearly_meeting="year", credit_terms="standing")


# -- what ships


@pytest.mark.parametrize("scheme", shipped().values(), ids=lambda scheme: scheme.identifier)
def test_every_shipped_tier_is_owed_something_of_its_own_in_every_language(scheme) -> None:  # type: ignore[no-untyped-def]
    books = [tuple(tier.playbook.values()) for tier in scheme.tiers]
    assert all(books)
    assert len({tuple((item, *item.labels.values()) for item in items) for items in books}) == len(books)
    assert all(set(item.labels) == set(LANGUAGES) for items in books for item in items)
    assert all({"cadence", "channels"} <= {item.name for item in items} for items in books)


def test_what_is_read_when_asked_for_is_what_the_whole_file_says() -> None:
    for name, scheme in shipped().items():
        whole = parse_scheme(source_of(name))
        assert scheme == whole
        assert [dict(tier.playbook) for tier in scheme.tiers] == [dict(tier.playbook) for tier in whole.tiers]


@pytest.mark.parametrize(
    ("scheme", "tier", "thing", "every", "who"),
    [
        ("value", "diamond", "senior_visits", "half", "executive"),
        ("value", "diamond", "resident_engineer", "standing", "engineer"),
        ("value", "diamond", "yearly_meeting", "year", "executive"),
        ("matrix", "key", "senior_visits", "quarter", "executive"),
        ("value", "problem", "credit_terms", "standing", "lead"),
        ("matrix", "low", "channels", "standing", "rep"),
    ],
)
def test_what_some_tiers_are_owed(scheme: str, tier: str, thing: str, every: str, who: str) -> None:
    known = shipped()[scheme].get(tier)
    assert known is not None
    item = known.playbook[thing]
    assert (item.every, item.who) == (every, who)


def test_the_best_are_owed_more_than_the_least() -> None:
    for name in ("value", "matrix", "pareto", "label", "fit", "abcd"):
        counts = [len(tier.playbook) for tier in shipped()[name].tiers]
        assert counts[0] == max(counts), name


# -- periods


@pytest.mark.parametrize(
    ("every", "day", "name", "first", "last"),
    [
        ("year", date(2026, 11, 3), "2026", "2026-01-01", "2026-12-31"),
        ("half", date(2026, 6, 30), "2026-H1", "2026-01-01", "2026-06-30"),
        ("half", date(2026, 7, 1), "2026-H2", "2026-07-01", "2026-12-31"),
        ("quarter", date(2026, 12, 31), "2026-Q4", "2026-10-01", "2026-12-31"),
        ("month", date(2028, 2, 29), "2028-02", "2028-02-01", "2028-02-29"),
    ],
)
def test_periods_are_those_of_the_calendar(every: Every, day: date, name: str, first: str, last: str) -> None:
    span = span_of(every, day)
    assert (span.name, str(span.days.first), str(span.days.last)) == (name, first, last)


@given(st.sampled_from(PERIODIC), DAYS)
def test_a_day_lies_in_its_period_which_has_a_name_and_ends_where_the_next_begins(every: Every, day: date) -> None:
    span = span_of(every, day)
    assert day in span.days
    assert span_named(span.name) == span
    assert span_of(every, span.days.last + timedelta(days=1)).days.first == span.days.last + timedelta(days=1)


@pytest.mark.parametrize("name", ["", "26", "2026-H3", "2026-Q0", "2026-13", "2026-1", "2026-11-03", "later", "2026-H"])
def test_other_names_are_no_periods(name: str) -> None:
    assert span_named(name) is None


# -- the checklist


def told(
    playbook: Playbook, *marks: Mark, today: date = TODAY, since: date | None = None
) -> list[tuple[str, str, str]]:
    return [(line.item, line.period, line.state) for line in checklist(playbook, marks, today, since)]


def test_what_is_done_open_and_overdue() -> None:
    done = Mark("yearly_meeting", "2026", date(2026, 3, 9))
    assert told(VISITS, done) == [
        ("senior_visits", "2026-H2", "open"), ("yearly_meeting", "2026", "done"), ("credit_terms", "", "standing"),
    ]  # fmt: skip
    assert told(VISITS, done, since=date(2026, 1, 1))[:2] == [
        ("senior_visits", "2026-H1", "overdue"), ("senior_visits", "2026-H2", "open"),
    ]  # fmt: skip
    assert told(VISITS, done, since=date(2026, 1, 2))[0] == ("senior_visits", "2026-H2", "open")
    late = Mark("senior_visits", "2026-H1", date(2026, 6, 30))
    assert told(VISITS, done, late, since=date(2026, 1, 1))[0] == ("senior_visits", "2026-H2", "open")


def test_another_tier_changes_what_is_to_come_and_never_what_was_done() -> None:
    visit, gift = Mark("senior_visits", "2026-H2", date(2026, 10, 8)), Mark("gifts", "2026", date(2026, 2, 1))
    quarterly = book(senior_visits="quarter")
    assert told(quarterly, visit, gift) == [("senior_visits", "2026-Q4", "done"), ("gifts", "2026", "done")]
    early = visit._replace(done_on=date(2026, 8, 1))  # in the half, before the quarter
    assert told(quarterly, early) == [("senior_visits", "2026-Q4", "open"), ("senior_visits", "2026-H2", "done")]
    assert told(quarterly, gift, today=date(2027, 1, 1)) == [("senior_visits", "2027-Q1", "open")]
    assert told({}, visit) == [("senior_visits", "2026-H2", "done")]


@given(
    st.lists(st.tuples(st.sampled_from(sorted(THINGS)), st.sampled_from(PERIODIC), DAYS), max_size=6),
    st.dictionaries(st.sampled_from(sorted(THINGS)), st.sampled_from((*PERIODIC, "standing"))),
    DAYS,
)
def test_whatever_the_tier_all_that_was_done_in_a_present_period_is_listed(marked, wanted, today) -> None:  # type: ignore[no-untyped-def]
    marks = [Mark(item, span_of(every, day).name, day) for item, every, day in marked if day <= today]
    lines = checklist(book(**wanted), marks, today)
    for mark in marks:
        span = span_named(mark.period)
        if span is not None and today in span.days:
            assert any(line.item == mark.item and line.state == "done" for line in lines)
    for every, name in ((every, name) for name, every in wanted.items()):
        assert any(line.item == name and (line.state == "standing") == (every == "standing") for line in lines)


# -- the due queue


@pytest.mark.parametrize(
    ("today", "ahead", "expected"),
    [
        (date(2026, 12, 16), 14, []),
        (date(2026, 12, 17), 14, ["senior_visits", "yearly_meeting"]),
        (date(2026, 6, 30), 14, ["senior_visits"]),
        (date(2026, 12, 31), 0, ["senior_visits", "yearly_meeting"]),
        (date(2026, 12, 30), 0, []),
    ],
)
def test_what_ends_soon_is_near(today: date, ahead: int, expected: list[str]) -> None:
    near = nearing(VISITS, today, ahead)
    assert [item.name for item, _span in near] == expected
    assert [one.item for one in owed(near, [])] == expected
    done = [Mark(name, "", today) for name in expected]
    assert owed(near, done) == ()


def test_things_are_named_in_any_language_or_by_how_they_begin() -> None:
    typed = ("senior-visits", "Senior Visit", "高层拜访", "年度會議", "year", "gifts")
    assert [named_thing(text) for text in typed] == [
        "senior_visits", "senior_visits", "senior_visits", "yearly_meeting", "yearly_meeting", "gifts",
    ]  # fmt: skip
    with pytest.raises(UsageError, match="in no playbook: cadence, channels"):
        named_thing("party")


def test_fields_that_a_playbook_requires() -> None:
    diamond = shipped()["value"].get("diamond")
    assert diamond is not None
    assert required(diamond.playbook) == ("attitude", "competitor_standing", "buys_when", "terms")
    assert required({}) == ()
