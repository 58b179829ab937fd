from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crm_tui.domain.reports import DETAILS, NAMED, Activity, Due, Hands, Moved, Said, draft, hand_of, span

DAY = date(2026, 11, 18)
EMPTY = Activity("Li (li)", "day", DAY, DAY, DAY, date(2026, 11, 19))


@pytest.mark.parametrize(
    ("day", "monday", "sunday"),
    [
        (date(2026, 11, 16), date(2026, 11, 16), date(2026, 11, 22)),
        (date(2026, 11, 22), date(2026, 11, 16), date(2026, 11, 22)),
        (date(2027, 1, 1), date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_a_week_is_monday_to_sunday(day: date, monday: date, sunday: date) -> None:
    assert span("week", day) == (monday, sunday)
    assert span("day", day) == (day, day)


@pytest.mark.parametrize(
    ("kind", "to_me", "by_me", "expected"),
    [
        ("make", True, True, "made"), ("make", True, False, "received"), ("claim", True, True, "claimed"),
        ("assign", True, True, "received"), ("transfer", True, False, "received"), ("release", False, True, "released"),
        ("recycle", False, False, "taken"), ("transfer", False, True, "given"), ("hand_over", False, False, "given"),
        ("block", False, False, "given"),
    ],
)  # fmt: skip
def test_a_change_of_hands_is_called_by_what_it_was_for_one(
    kind: str, to_me: bool, by_me: bool, expected: str
) -> None:
    assert hand_of(kind, to_me=to_me, by_me=by_me) == expected


def test_a_day_without_anything_says_so() -> None:
    assert draft(EMPTY) == ["Li (li) · daily report · Wed 2026-11-18", "Nothing was logged."]
    week = replace(EMPTY, length="week", first=date(2026, 11, 16), last=date(2026, 11, 22))
    assert draft(week)[0] == "Li (li) · weekly report · Mon 2026-11-16 to Sun 2026-11-22"


def test_attempts_alone_are_told() -> None:
    assert draft(replace(EMPTY, attempts=2))[1:] == ["2 attempts."]


def test_a_long_day_is_told_in_part_and_counted_whole() -> None:
    said = [Said(n, f"C{n}", "call", "x" * 200) for n in range(50)]
    lines = draft(replace(EMPTY, contacts={"call": 50}, customers=50, said=said))
    told = [line for line in lines if line.startswith("- C")]
    assert len(told) == DETAILS["day"]
    assert max(map(len, told)) < 100
    assert lines[-1] == "- and 30 more"
    moved = [Moved(n, f"C{n}", "", "target", "intent") for n in range(20)]
    [line] = [line for line in draft(replace(EMPTY, moved=moved)) if line.startswith("Moved")]
    assert line.count("→") == NAMED
    assert line.endswith("; 8 more.")


def test_names_with_braces_and_breaks_stay_as_they_are() -> None:
    name = "{customers} {0} 100%"
    activity = replace(
        EMPTY, contacts={"call": 1}, customers=1, said=[Said(1, name, "call", "a\n\n{b}")],
        hands=[Hands(1, name, "claimed", "claim", "")], next=[Due(1, name, DAY, "15:00", "{p}")],
    )  # fmt: skip
    assert draft(activity)[1:] == [
        "1 contact (call 1) with 1 customer.", f"- {name}, call: a {{b}}", f"Claimed: {name}.", "Next:",
        f"- Wed 2026-11-18: 15:00 {name} ({{p}})",
    ]  # fmt: skip
