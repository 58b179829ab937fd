from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crm_tui.domain.due import (
    KINDS,
    NOTICES,
    DueInput,
    DueSettings,
    Leaving,
    NoticeKind,
    Owing,
    Waiting,
    near,
    order_key,
    reasons,
    section,
    why,
)
from crm_tui.domain.stages import STAGES

TODAY = date(2026, 3, 10)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def at(offset: int, hour: int) -> datetime:
    return datetime(2026, 3, 10, hour, tzinfo=UTC) + timedelta(days=offset)


QUIET = DueInput(
    stage="intent",
    tier="A",
    scheme="abcd",
    held_since=day(-100),
    stage_since=day(-1),
    last_contact=day(-1),
    last_touch=day(-1),
)


def kinds(facts: DueInput) -> list[str]:
    return [r.kind for r in reasons(facts, TODAY)]


def due_kinds(facts: DueInput) -> list[str]:
    return [r.kind for r in reasons(facts, TODAY) if r.due_on <= TODAY]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"next_on": day(0)}, ["promise"]),
        ({"next_on": day(0), "next_kind": "first_contact"}, ["first_contact"]),
        ({"last_contact": day(-3)}, ["cadence"]),
        ({"last_contact": day(-2)}, []),
        ({"last_contact": day(-3), "tier": "B"}, []),
        ({"last_contact": day(-3), "tier": None}, []),
        ({"last_contact": None, "held_since": day(-3)}, ["cadence"]),
        ({"stage_since": day(-14), "last_touch": None}, ["rotting"]),
        ({"stage_since": day(-14), "last_touch": day(-13)}, []),
        ({"stale": day(0)}, ["stale_profile"]),
        ({"stale": day(1)}, []),
        ({"last_contact": day(-9), "next_on": day(-6)}, ["promise"]),  # promised on the cadence's day: inside
        ({"last_contact": day(-9), "next_on": day(-5)}, ["promise", "cadence"]),  # promised a day after it
        ({"last_contact": day(-9), "next_on": day(5)}, ["cadence"]),
        ({"stage": "lost", "last_contact": day(-99), "stage_since": day(-99), "last_touch": None}, []),
        ({"stage": "lost", "next_on": day(-2), "last_contact": day(-99)}, ["promise"]),
    ],
)
def test_a_customer_is_due_for_these_reasons(change: dict[str, object], expected: list[str]) -> None:
    assert due_kinds(replace(QUIET, **change)) == expected  # type: ignore[arg-type]


def test_what_is_due_goes_before_what_is_to_come_and_people_before_records() -> None:
    facts = replace(QUIET, last_contact=day(-9), stage_since=day(-50), last_touch=None, stale=day(-50), next_on=day(2))
    assert kinds(facts) == ["cadence", "rotting", "stale_profile", "promise"]
    assert kinds(replace(facts, next_on=day(0))) == ["promise", "cadence", "rotting", "stale_profile"]


def test_each_reason_says_what_it_is() -> None:
    facts = replace(
        QUIET,
        next_on=day(0),
        next_purpose="send offer",
        last_contact=day(-9),
        stage_since=day(-20),
        last_touch=None,
        stale=day(-3),
    )
    assert [r.text for r in reasons(facts, TODAY)] == [
        "promised: send offer",
        "no contact for 9 days, intent A = 3 days",
        "intent: nothing for 20 days, limit 14",
        "profile stale since 2026-03-07",
    ]
    assert [r.late_days for r in reasons(facts, TODAY)] == [0, 6, 6, 3]
    assert reasons(replace(QUIET, next_on=TODAY, next_kind="first_contact"), TODAY)[0].text == "first contact"


def test_text_with_percent_signs_passes_through() -> None:
    purpose = "5 % off %(day)s %s {x}"
    facts = replace(QUIET, next_on=day(-1), next_original_on=day(-2), next_purpose=purpose, next_at=at(-1, 9))
    assert reasons(facts, TODAY)[0].text == f"promised: {purpose}"
    assert purpose in why(facts, TODAY)[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"next_on": day(-1)}, ("overdue", 1)),
        ({"next_on": day(0)}, ("today", 0)),
        ({"next_on": day(1)}, ("soon", 0)),
        ({"next_on": day(7)}, ("soon", 0)),
        ({"next_on": day(8), "tier": None}, ("later", 0)),
        ({"next_on": day(2), "next_original_on": day(-4)}, ("soon", 4)),
        ({"next_on": day(0), "next_original_on": day(-4)}, ("overdue", 4)),
        ({"next_on": day(0), "next_original_on": day(-4), "next_at": at(0, 15)}, ("today", 4)),
        ({"next_on": day(-1), "next_original_on": day(-4), "next_at": at(-1, 15)}, ("overdue", 4)),
        ({"next_on": day(-1), "next_original_on": day(4)}, ("overdue", 1)),  # brought forward
        ({"stale": day(-40), "last_contact": TODAY}, ("today", 40)),
    ],
)
def test_sections_follow_the_date_and_lateness_the_first_date(change: dict[str, object], expected: object) -> None:
    top = reasons(replace(QUIET, **change), TODAY)[0]  # type: ignore[arg-type]
    assert (section(top, TODAY), top.late_days) == expected


def test_the_queue_is_overdue_by_tier_and_lateness_then_today_timed_first_then_the_coming_days() -> None:
    rows = [
        ("overdue A, 2 days", 0, replace(QUIET, next_on=day(-2))),
        ("overdue A, 1 day", 0, replace(QUIET, next_on=day(-1))),
        ("overdue B, 9 days", 1, replace(QUIET, next_on=day(-9))),
        ("today 9:00, D", 3, replace(QUIET, next_on=day(0), next_at=at(0, 9))),
        ("today 15:00, A", 0, replace(QUIET, next_on=day(0), next_at=at(0, 15))),
        ("today A", 0, replace(QUIET, next_on=day(0))),
        ("today C", 2, replace(QUIET, next_on=day(0))),
        ("today A, stale profile", 0, replace(QUIET, stale=day(-90))),
        ("tomorrow D", 3, replace(QUIET, next_on=day(1), tier="D")),
        ("in 3 days A", 0, replace(QUIET, next_on=day(3), last_contact=day(0))),
        ("in 30 days A", 0, replace(QUIET, next_on=day(30), tier=None)),
    ]
    rows_by_key = {order_key(rank, reasons(facts, TODAY)[0], TODAY): name for name, rank, facts in rows}
    assert [rows_by_key[key] for key in sorted(rows_by_key)] == [name for name, _rank, _facts in rows]


def test_why_names_what_is_silenced_and_by_what() -> None:
    facts = replace(QUIET, last_contact=day(-9), next_on=day(-6), next_purpose="send offer")
    assert why(facts, TODAY)[0] == "2026-03-04: promised: send offer"
    assert why(facts, TODAY)[-1] == (
        "2026-03-04: cadence: last contact 2026-03-01, intent A = 3 days; "
        "silenced by the follow-up on 2026-03-04, done closes both"
    )


def test_why_tells_of_a_snooze_and_the_time() -> None:
    facts = replace(QUIET, next_on=day(0), next_original_on=day(-4), next_at=at(0, 15), next_purpose="call Li")
    assert why(facts, TODAY)[0] == "2026-03-10: promised: call Li, at 15:00; snoozed, first due 2026-03-06"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"stage": "lost"}, "stage lost: no cadence, no rotting, no stale profile"),
        ({"tier": None}, "no tier, so no cadence"),
        (
            {"last_contact": None, "held_since": day(-1)},
            "2026-03-12: cadence: no contact since held, 2026-03-09, intent A = 3 days",
        ),
        (
            {"stage_since": day(-14), "last_touch": None},
            "2026-03-10: rotting: intent with no change or interaction since 2026-02-24, limit 14 days",
        ),
    ],
)
def test_why_says_where_each_date_comes_from(change: dict[str, object], line: str) -> None:
    assert line in why(replace(QUIET, **change), TODAY)  # type: ignore[arg-type]


def test_settings_change_cadence_and_horizon() -> None:
    settings = DueSettings(cadence_days={"abcd.A": 1}, rotting_days={"intent": None}, horizon_days=2)
    assert [r.text for r in reasons(QUIET, TODAY, settings)] == ["no contact for 1 day, intent A = 1 day"]
    assert section(reasons(replace(QUIET, tier=None, next_on=day(3)), TODAY, settings)[0], TODAY, settings) == "later"


days = st.integers(-400, 400).map(day)
facts_of_any_kind = st.builds(
    DueInput,
    stage=st.sampled_from([s.identifier for s in STAGES]),
    tier=st.sampled_from([None, *"ABCD", "Z"]),
    scheme=st.just("abcd"),
    held_since=days,
    stage_since=days,
    next_on=st.none() | days,
    next_kind=st.sampled_from(["promise", "first_contact"]),
    next_purpose=st.text(max_size=5),
    next_original_on=st.none() | days,
    last_contact=st.none() | days,
    last_touch=st.none() | days,
    stale=st.none() | days,
    owing=st.lists(st.builds(Owing, what=st.text(max_size=5), due_on=days, badge=st.just("战")), max_size=1).map(tuple),
)


@given(facts_of_any_kind)
def test_a_promise_is_never_dropped_and_nothing_is_early_late(facts: DueInput) -> None:
    found = reasons(facts, TODAY)
    promises = [r.due_on for r in found if r.kind in ("promise", "first_contact")]
    assert promises == ([facts.next_on] if facts.next_on else [])
    assert all(r.late_days >= 0 for r in found)
    assert len({r.kind for r in found}) == len(found)
    assert why(facts, TODAY)


@given(facts_of_any_kind, st.integers(1, 60), st.integers(0, 60))
def test_a_snooze_never_changes_the_lateness(facts: DueInput, late: int, snooze: int) -> None:
    promised = replace(facts, next_on=day(-late), next_original_on=None, next_kind="promise")
    snoozed = replace(promised, next_on=day(snooze), next_original_on=promised.next_on)
    lateness = [next(r.late_days for r in reasons(f, TODAY) if r.kind == "promise") for f in (promised, snoozed)]
    assert lateness == [late, late]


@given(st.lists(st.tuples(st.integers(0, 4), facts_of_any_kind), max_size=8), st.randoms())
def test_the_order_is_total_and_does_not_hang_on_where_rows_came_from(rows: list[tuple[int, DueInput]], random) -> None:  # type: ignore[no-untyped-def]
    keys = [order_key(rank, top, TODAY) for rank, f in rows for top in reasons(f, TODAY)]
    shuffled = random.sample(keys, len(keys))
    assert sorted(keys) == sorted(shuffled)
    sections = [key[0] for key in sorted(keys)]
    assert sections == sorted(sections)


def test_every_kind_has_a_place_in_the_order() -> None:
    own = ["promise", "first_contact", "cadence", "playbook", "rotting", "stale_profile"]
    assert [kind for kind in KINDS if kind in own] == own
    assert sorted(KINDS) == sorted({"recycle", "payment", *own, *NOTICES})


@given(facts_of_any_kind, st.lists(st.integers(-40, 90), max_size=2), st.sampled_from([7, 0, 30]))
def test_what_is_near_are_the_reasons_whose_section_is_not_later(
    facts: DueInput, ends: list[int], horizon: int
) -> None:
    facts = replace(facts, owing=tuple(Owing("visit", day(end), "A") for end in ends))
    settings = DueSettings(horizon_days=horizon)
    every = [r for r in reasons(facts, TODAY, settings) if section(r, TODAY, settings) != "later"]
    found = near(facts, TODAY, settings)
    assert [replace(r, text="", explanation="") for r in found] == [replace(r, text="", explanation="") for r in every]
    assert found[:1] == tuple(every[:1])


def test_what_the_row_does_not_show_is_not_put_into_words(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("crm_tui.domain.due._", lambda text: told.append(text) or text)
    monkeypatch.setattr("crm_tui.domain.due.ngettext", lambda one, many, n: told.append(many) or many)
    facts = replace(QUIET, last_contact=day(-90), stage_since=day(-90), last_touch=None, stale=day(60))
    assert [r.kind for r in near(replace(facts, next_on=day(-1)), TODAY)] == ["promise", "cadence", "rotting"]
    assert told == ["promised"]


WARNED = Leaving(day(5), day(-2), "returns to the pool in 3 working days (Sun 15 Mar): silent")


def test_who_is_about_to_be_lost_comes_first_and_is_overdue_from_the_first_day() -> None:
    facts = replace(QUIET, leaving=WARNED, last_contact=day(-9), next_on=day(-4), last_touch=TODAY)
    assert kinds(facts)[:3] == ["recycle", "promise", "cadence"]
    for warned in (day(0), day(-2)):
        [first, *_] = reasons(replace(facts, leaving=replace(WARNED, warned_on=warned)), TODAY)
        assert section(first, TODAY) == "overdue"
        assert (first.due_on, first.until, first.text) == (warned, day(5), WARNED.text)
    assert WARNED.text in why(facts, TODAY)[0]


@pytest.mark.parametrize(
    ("kind", "part", "text"),
    [
        ("offer", "overdue", "offered to you by wang: accept or decline: take it"),
        ("request", "overdue", "wang asks to work it with you: take it"),
        ("escalation", "overdue", "take it"),
        ("comment", "today", "wang comments: take it"),
        ("shared", "today", "wang shares it with you: take it"),
        ("known", "today", "came in again: take it"),
        ("recycled", "today", "went back to the pool: take it"),
    ],
)
def test_what_somebody_wants_one_to_know_stands_in_the_queue(kind: NoticeKind, part: str, text: str) -> None:
    facts = replace(QUIET, notices=(Waiting(kind, day(-1), "wang", "take it"),))
    [first, *_] = reasons(facts, TODAY)
    assert (first.kind, section(first, TODAY), first.text) == (kind, part, text)
    assert near(facts, TODAY)[0] == first


def test_notices_stand_in_closed_stages_too() -> None:
    facts = replace(QUIET, stage="lost", notices=(Waiting("comment", TODAY, "wang", "why?"),))
    assert due_kinds(facts) == ["comment"]
