"""Grading by a rule: who would move, what stands afterwards, who may, and what undo gives back."""

from __future__ import annotations

import pytest

from crm_tui.domain import periods
from crm_tui.domain.errors import UsageError
from crm_tui.services import grading, history, lists, rules, stages, tier_reasons, tiers
from crm_tui.services.column_table import graded
from crm_tui.services.lists import Query
from tests.factories import Clock, Team, column, in_days, make
from tests.store.present import check, present


def buys(team: Team, name: str, amount: int, **given: object) -> int:
    """A customer of li that has bought, and paid in time."""
    key = make(team.li, name, stage="actual", **given)
    if amount:
        team.order(key, "2026-05-10", amount, amount // 2)
        team.paid(key, "2026-06-01", amount, team.due(key, "2026-06-10", amount))
    return key


def standing(team: Team, key: int, scheme: str) -> tuple[object, ...] | None:
    return team.database.row(
        "SELECT tier, by_hand, until_on, computed, computed_from, computed_to FROM customer_tier"
        " WHERE customer_id = ? AND scheme = ?",
        (key, scheme),
    )


def pareto(team: Team):  # type: ignore[no-untyped-def]
    return team.lead.settings.schemes["pareto"]


@pytest.fixture
def firm(team: Team) -> dict[str, int]:
    """Eighty, fifteen and five per cent of the sales, and one that never bought."""
    amounts = (("Big", 80), ("Mid", 15), ("Small", 5), ("No", 0))
    return {name: buys(team, name, amount * 100_00) for name, amount in amounts}


def test_a_dry_run_says_who_would_move_and_changes_nothing(team: Team, firm: dict[str, int]) -> None:
    before = present(team.database)
    told = grading.preview(team.lead, pareto(team))
    assert told.message.startswith("pareto for 2025-11-01 to 2026-10-31: 4 new")
    assert [(row["name"], row["from"], row["to"], row["effect"]) for row in told.data] == [
        ("Big", None, "A", "moved"), ("Mid", None, "B", "moved"), ("Small", None, "C", "moved"),
        ("No", None, "C", "moved"),
    ]  # fmt: skip
    assert present(team.database) == before


def test_it_is_applied_as_one_entry_that_undo_takes_back(team: Team, firm: dict[str, int]) -> None:
    before = present(team.database)
    outcome = grading.grade(team.lead, pareto(team))
    assert set(outcome.changed) == set(firm.values())
    assert standing(team, firm["Big"], "pareto") == ("A", 0, None, "A", "2025-11-01", "2026-10-31")
    check(team.database)
    after = present(team.database)
    history.undo(team.lead)
    assert present(team.database) == before
    history.redo(team.lead)
    assert present(team.database) == after
    check(team.database)


def test_the_same_again_moves_nobody(team: Team, firm: dict[str, int]) -> None:
    grading.grade(team.lead, pareto(team))
    outcome = grading.grade(team.lead, pareto(team))
    assert (outcome.changed, outcome.entry_id, outcome.data) == ((), None, ())
    assert outcome.message == "pareto for 2025-11-01 to 2026-10-31: nobody moves"


def test_another_period_is_printed_and_kept(team: Team, firm: dict[str, int]) -> None:
    wanted = periods.parse("2026-06-01", "2026-06-30", team.lead.today)
    outcome = grading.grade(team.lead, pareto(team), wanted)
    assert outcome.message.startswith("pareto for 2026-06-01 to 2026-06-30")
    assert standing(team, firm["Big"], "pareto") == ("C", 0, None, "C", "2026-06-01", "2026-06-30")


def test_a_filter_narrows_who_moves_but_not_what_the_lines_are_drawn_from(team: Team, firm: dict[str, int]) -> None:
    outcome = grading.grade(team.lead, pareto(team), on="name:Mid")
    assert outcome.changed == (firm["Mid"],)
    assert standing(team, firm["Mid"], "pareto") is not None
    assert standing(team, firm["Mid"], "pareto")[0] == "B"  # type: ignore[index]


def test_a_tier_given_by_hand_stays_and_is_proposed_against(team: Team, firm: dict[str, int]) -> None:
    tiers.assign(team.li, [firm["Big"]], "C", pareto(team), "ends soon")
    outcome = grading.grade(team.lead, pareto(team))
    assert standing(team, firm["Big"], "pareto")[:4] == ("C", 1, None, "A")  # type: ignore[index]
    assert [row["effect"] for row in outcome.data if row["name"] == "Big"] == ["suggested"]
    assert tiers.accept(team.li, [firm["Big"]], pareto(team)).changed == (firm["Big"],)
    assert standing(team, firm["Big"], "pareto")[:4] == ("A", 0, None, "A")  # type: ignore[index]
    check(team.database)


def test_an_override_ends_with_its_day(team: Team, firm: dict[str, int], clock: Clock) -> None:
    grading.grade(team.lead, pareto(team))
    tiers.assign(team.li, [firm["Big"]], "C", pareto(team), "ends soon", in_days(2).on)
    assert not tiers.any_ended(team.li)
    clock.forward(days=2)
    assert not tiers.any_ended(team.li)
    assert standing(team, firm["Big"], "pareto")[:3] == ("C", 1, "2026-11-20")  # type: ignore[index]
    clock.forward(days=1)
    assert tiers.any_ended(team.li)
    [(key, name, __, text)] = tiers.end_overrides(team.li.as_system("sweep"))
    assert (key, name, text) == (firm["Big"], "Big", "pareto: C by hand until 2026-11-20, now A")
    assert standing(team, firm["Big"], "pareto")[:4] == ("A", 0, None, "A")  # type: ignore[index]
    text = "\n".join(tier_reasons.why(team.li, key).lines)
    assert "by the system on 2026-11-21, by hand until 2026-11-20, which has ended; was 额C" in text
    check(team.database)


def test_grading_gives_back_an_override_that_has_ended(team: Team, firm: dict[str, int], clock: Clock) -> None:
    tiers.assign(team.li, [firm["Big"]], "C", pareto(team), "", in_days(0).on)
    clock.forward(days=1)
    grading.grade(team.lead, pareto(team))
    assert standing(team, firm["Big"], "pareto")[:4] == ("A", 0, None, "A")  # type: ignore[index]


def test_what_a_lead_confirms_a_rep_only_proposes(team: Team, firm: dict[str, int]) -> None:
    value = team.li.settings.schemes["value"]
    outcome = grading.grade(team.li, value)
    assert {row["effect"] for row in outcome.data} == {"suggested"}
    assert standing(team, firm["Big"], "value")[0] is None  # type: ignore[index]
    assert column(team.database, "scheme", firm["Big"]) == "abcd"
    refused = tiers.accept(team.li, [firm["Big"]], value)
    assert (refused.exit_code, refused.refused[0].reason) == (3, "a lead confirms the tiers of value")
    assert tiers.assign(team.li, [firm["Big"]], "diamond", value).exit_code == 3
    tiers.accept(team.lead, [firm["Big"]], value)
    assert column(team.database, "scheme", firm["Big"]) == "value"
    check(team.database)


def test_the_setting_says_whose_tiers_are_confirmed(team: Team, firm: dict[str, int]) -> None:
    rules.set_rule(team.admin, "tier.confirm", "matrix")
    team.li.refresh()
    grading.grade(team.li, team.li.settings.schemes["value"])
    assert standing(team, firm["Big"], "value")[0] is not None  # type: ignore[index]
    with pytest.raises(UsageError, match='there is no scheme "worth"'):
        rules.set_rule(team.admin, "tier.confirm", "worth")


def test_value_is_the_badge_of_who_has_bought_once_it_has_graded_it(team: Team, firm: dict[str, int]) -> None:
    grading.grade(team.lead, team.lead.settings.schemes["value"])
    assert column(team.database, "scheme", firm["Big"]) == "value"
    stages.move(team.li, [firm["Big"]], "lost", "price")
    assert column(team.database, "scheme", firm["Big"]) == "abcd"
    stages.move(team.li, [firm["Big"]], "intent", "came back")
    assert team.database.row("SELECT scheme, tier, suggested FROM customer WHERE id = ?", (firm["Big"],)) == (
        "abcd", "D", "B",
    )  # fmt: skip
    history.undo(team.li)
    history.undo(team.li)
    assert column(team.database, "scheme", firm["Big"]) == "value"
    check(team.database)


def test_another_primary_scheme_changes_every_badge(team: Team, firm: dict[str, int]) -> None:
    grading.grade(team.lead, pareto(team))
    rules.set_rule(team.admin, "scheme.primary.actual", "pareto")
    assert team.database.rows("SELECT DISTINCT scheme FROM customer") == [("pareto",)]
    check(team.database)
    history.undo(team.admin)
    assert team.database.rows("SELECT DISTINCT scheme FROM customer") == [("abcd",)]
    check(team.database)


def test_undo_brings_no_badge_back_that_is_primary_no_more(team: Team, firm: dict[str, int]) -> None:
    key = firm["Big"]
    stages.move(team.li, [key], "lost", "price")
    grading.grade(team.lead, team.lead.settings.schemes["value"])  # while it is lost
    history.undo(team.li)
    check(team.database)


def test_whom_the_scheme_grades_no_more_loses_what_was_computed(team: Team) -> None:
    key = make(team.li, "New")
    grading.grade(team.lead, team.lead.settings.schemes["fit"])
    row = standing(team, key, "fit")
    team.order(key, "2026-05-10", 100_00)
    grading.grade(team.lead, team.lead.settings.schemes["fit"])
    assert row is None or standing(team, key, "fit") is None


def test_a_rep_moves_only_whom_one_may_change(team: Team, firm: dict[str, int]) -> None:
    theirs = make(team.wang, "Theirs", stage="actual")
    pooled = make(team.admin, "Pooled", owner="pool")
    grading.grade(team.li, pareto(team))
    assert standing(team, theirs, "pareto") is None
    assert standing(team, pooled, "pareto") is None
    check(team.database)


def test_a_scheme_without_a_rule_is_graded_by_hand(team: Team) -> None:
    with pytest.raises(UsageError, match="abcd has no rule"):
        grading.grade(team.lead, team.lead.settings.schemes["abcd"])


def test_why_tells_what_is_computed_and_what_the_next_tier_takes(team: Team, firm: dict[str, int]) -> None:
    grading.grade(team.lead, pareto(team))
    told = tier_reasons.why(team.lead, firm["Mid"], pareto(team))
    text = "\n".join(told.lines)
    assert "by zhao on 2026-11-18, 2025-11-01 to 2026-10-31" in text
    assert "the lines are drawn through all customers that the scheme grades" in text
    assert "next tier up" in text
    [record] = told.data
    assert (record["tier"], record["computed"], record["by_hand"]) == ("B", "B", False)
    assert record["now"]["tier"] == "B"
    assert record["now"]["next_up"]["tier"] == "A"


def test_why_says_what_differs_from_then(team: Team, firm: dict[str, int], clock: Clock) -> None:
    grading.grade(team.lead, pareto(team))
    team.order(firm["Small"], "2026-07-01", 900_000_00)
    text = "\n".join(tier_reasons.why(team.lead, firm["Small"], pareto(team)).lines)
    assert "computed anew it would be 额A, not 额C" in text
    clock.forward(days=31)
    text = "\n".join(tier_reasons.why(team.lead, firm["Small"], pareto(team)).lines)
    assert "now, for 2025-12-01 to 2026-11-30" in text


def test_lists_under_another_scheme_show_its_tiers(team: Team, firm: dict[str, int]) -> None:
    grading.grade(team.lead, pareto(team))
    assert tiers.next_scheme(team.lead) == "abcd"
    team.lead.scheme = "pareto"
    row = lists.rows(team.lead, [firm["Mid"]])[firm["Mid"]]
    assert (row["scheme"], row["tier"], row["suggested"]) == ("pareto", "B", None)
    assert lists.record(team.lead, row)["tier"] == "B"
    assert tiers.next_scheme(team.lead) == ""


def test_an_override_of_whom_nothing_had_graded_is_graded_at_its_end(
    team: Team, firm: dict[str, int], clock: Clock
) -> None:
    nobody = make(team.li, "Prospect")
    tiers.assign(team.lead, [firm["Big"]], "C", pareto(team), "", in_days(1).on)
    fit = team.lead.settings.schemes["value"]
    tiers.assign(team.lead, [nobody], "problem", fit, "", in_days(1).on)
    assert "then what is computed then" in "\n".join(tier_reasons.why(team.li, firm["Big"], pareto(team)).lines)
    clock.forward(days=2)
    told = {one[1]: one[3] for one in tiers.end_overrides(team.li.as_system("sweep"))}
    assert told["Big"].endswith("now A")
    assert standing(team, firm["Big"], "pareto") == ("A", 0, None, "A", "2025-11-01", "2026-10-31")
    assert standing(team, nobody, "value") is None or standing(team, nobody, "value")[2] is None  # type: ignore[index]
    check(team.database)


@pytest.mark.parametrize(("scheme", "before", "during"), [("abcd", "D", "A"), ("label", "low", "high")])
def test_what_stood_before_an_override_comes_back(
    team: Team, clock: Clock, scheme: str, before: str, during: str
) -> None:
    known = team.li.settings.schemes[scheme]
    key = make(team.li, "Acme", stage="actual")
    tiers.assign(team.li, [key], before, known)
    tiers.assign(team.li, [key], "B" if scheme == "abcd" else "middle", known, "", in_days(1).on)
    tiers.assign(team.li, [key], during, known, "", in_days(2).on)
    stages.move(team.li, [key], "lost", "price")
    stages.move(team.li, [key], "actual", "back")
    assert standing(team, key, scheme)[:3] == (during, 1, "2026-11-20")  # type: ignore[index]
    clock.forward(days=3)
    tiers.end_overrides(team.li.as_system("sweep"))
    row = standing(team, key, scheme)
    assert row is not None
    assert (row[0], row[2]) == (before, None)
    check(team.database)


def test_a_first_tier_that_a_lead_confirms_is_seen_found_and_accepted(team: Team, firm: dict[str, int]) -> None:
    key = firm["Big"]
    grading.grade(team.li, team.li.settings.schemes["value"])
    first = standing(team, key, "value")[3]  # type: ignore[index]
    assert team.database.row("SELECT scheme, tier, suggested, suggested_rank FROM customer WHERE id = ?", (key,)) == (
        "abcd", "D", first, None,
    )  # fmt: skip
    check(team.database)
    row = lists.rows(team.li, [key])[key]
    tier = team.li.settings.schemes["value"].get(str(first))
    assert tier is not None
    known = team.li.settings.schemes
    assert graded(known["abcd"], row["tier"], row["suggested"], known.values()) == f"意D→{tier.badge}"
    found = {name: lists.page(team.li, Query(name)).ids for name in ("suggest:any", "suggest:up", "-suggest:up")}
    assert (key in found["suggest:any"], key in found["suggest:up"], key in found["-suggest:up"]) == (True, False, True)
    assert key in lists.page(team.li, Query("suggest.value:up")).ids
    assert tiers.accept(team.li, [key]).refused[0].reason == "a lead confirms the tiers of value"
    assert tiers.accept(team.lead, [key]).changed == (key,)
    assert team.database.row("SELECT scheme, tier, suggested FROM customer WHERE id = ?", (key,)) == (
        "value", first, None,
    )  # fmt: skip


def test_the_same_facts_give_the_same_tier_whoever_grades(team: Team, firm: dict[str, int]) -> None:
    theirs = make(team.wang, "Huge", stage="actual")
    team.order(theirs, "2026-05-10", 10_000_000_00)
    grading.grade(team.lead, pareto(team))
    before = present(team.database)
    assert standing(team, firm["Big"], "pareto")[0] == "C"  # type: ignore[index]
    assert grading.grade(team.li, pareto(team)).changed == ()
    assert present(team.database) == before
    assert tier_reasons.why(team.li, firm["Big"], pareto(team)).data[0]["now"]["tier"] == "C"


def test_why_explains_the_period_of_the_tier_and_what_differs_now(team: Team, firm: dict[str, int]) -> None:
    june = periods.parse("2026-06-01", "2026-06-30", team.lead.today)
    team.order(firm["Small"], "2026-06-10", 500_00)
    grading.grade(team.lead, pareto(team), june)
    lines = tier_reasons.why(team.lead, firm["Big"], pareto(team)).lines
    at = lines.index("for 2026-06-01 to 2026-06-30, as it is known now:")
    now = next(i for i, line in enumerate(lines) if line.startswith("now, for 2025-11-01 to 2026-10-31: 额A"))
    assert at < now
    assert any("sales: 0" in line and "8,000" in line for line in lines[now:])
    assert "  computed anew it would be 额A, not 额C: `grade pareto` takes that over" in lines


def test_undo_of_a_grade_does_not_mind_that_the_stage_moved(team: Team, firm: dict[str, int]) -> None:
    key = firm["Big"]
    grading.grade(team.lead, team.lead.settings.schemes["value"])
    stages.move(team.li, [key], "lost", "price")
    outcome = history.undo(team.lead)
    assert outcome.refused == ()
    assert standing(team, key, "value") is None
    assert team.database.row("SELECT scheme, stage FROM customer WHERE id = ?", (key,)) == ("abcd", "lost")
    check(team.database)
    history.redo(team.lead)
    assert standing(team, key, "value") is not None
    check(team.database)
    history.undo(team.li)
    assert column(team.database, "scheme", key) == "value"
    check(team.database)


def test_who_cannot_be_graded_is_told_with_what_is_missing(team: Team) -> None:
    make(team.li, "Bare", stage="actual")
    told = grading.preview(team.lead, team.lead.settings.schemes["matrix"])
    assert "nobody moves: 0 graded, 1 not graded; not known: " in told.message
    assert told.lines[0].startswith("0 graded by matrix")


def test_a_tier_that_is_gone_is_neither_better_nor_worse(team: Team, firm: dict[str, int]) -> None:
    june = periods.parse("2026-06-01", "2026-06-30", team.lead.today)
    grading.grade(team.lead, pareto(team), june)
    team.database.execute("UPDATE customer_tier SET tier = 'X', computed = 'X' WHERE scheme = 'pareto'")
    told = grading.preview(team.lead, pareto(team))
    assert {row["direction"] for row in told.data} == {"other"}
    assert "4 of those that change were graded for another period" in told.lines


def test_a_preview_turns_the_month(team: Team, firm: dict[str, int], clock: Clock) -> None:
    grading.preview(team.lead, pareto(team))
    clock.forward(days=31)
    grading.preview(team.lead, pareto(team))
    assert team.database.value("SELECT until_on FROM worth_period") == "2026-11-30"
