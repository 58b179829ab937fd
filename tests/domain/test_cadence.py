from __future__ import annotations

from datetime import date

import pytest

from crm_tui.domain.cadence import DueSettings, cadence_due, rotting_due

HELD = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("tier", "stage", "last_contact", "due"),
    [
        ("A", "intent", None, date(2026, 3, 4)),
        ("A", "intent", date(2026, 3, 10), date(2026, 3, 13)),
        ("A", "intent", date(2026, 2, 1), date(2026, 3, 4)),  # a contact of the holder before counts no longer
        ("B", "target", None, date(2026, 3, 8)),
        ("C", "target", None, date(2026, 3, 15)),
        ("D", "potential", None, date(2026, 3, 31)),
        ("D", "actual", None, date(2026, 3, 31)),
        ("A", "lost", None, None),
        ("A", "non_customer", None, None),
        (None, "intent", None, None),
        ("Z", "intent", None, None),
    ],
)
def test_the_cadence_counts_calendar_days_from_the_later_of_contact_and_holding(
    tier: str | None, stage: str, last_contact: date | None, due: date | None
) -> None:
    assert cadence_due(tier, "abcd", stage, last_contact, HELD) == due


def test_the_cadence_is_a_setting_per_tier() -> None:
    settings = DueSettings(cadence_days={"abcd.A": 5, "abcd.B": None})
    assert cadence_due("A", "abcd", "intent", None, HELD, settings) == date(2026, 3, 6)
    assert cadence_due("B", "abcd", "intent", None, HELD, settings) is None
    assert cadence_due("high", "label", "intent", None, HELD, settings) == date(2026, 3, 8)


@pytest.mark.parametrize(
    ("stage", "last_touch", "due"),
    [
        ("potential", None, date(2026, 3, 31)),
        ("target", None, date(2026, 3, 22)),
        ("intent", None, date(2026, 3, 15)),
        ("intent", date(2026, 3, 10), date(2026, 3, 24)),
        ("intent", date(2026, 2, 1), date(2026, 3, 15)),
        ("actual", None, date(2026, 5, 30)),
        ("lost", None, None),
        ("non_customer", None, None),
    ],
)
def test_a_stage_rots_so_many_days_after_its_start_or_the_last_interaction(
    stage: str, last_touch: date | None, due: date | None
) -> None:
    assert rotting_due(stage, HELD, last_touch) == due


def test_rotting_is_a_setting_per_stage_but_never_for_closed_ones() -> None:
    settings = DueSettings(rotting_days={"intent": 2, "target": None, "lost": 9})
    assert rotting_due("intent", HELD, None, settings) == date(2026, 3, 3)
    assert rotting_due("target", HELD, None, settings) is None
    assert rotting_due("lost", HELD, None, settings) is None


def test_dates_at_the_end_of_the_calendar_do_not_overflow() -> None:
    assert cadence_due("A", "abcd", "intent", date.max, HELD) == date.max
