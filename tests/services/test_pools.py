"""Customers change hands by the rules of DOMAIN §4: P1–P7, P14, P15, P17, P21, P23, and what undo makes of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.services import (
    cards,
    contacts,
    customers,
    due,
    followups,
    history,
    interactions,
    lists,
    pool_lists,
    pools,
    protections,
    stages,
    tags,
    teams,
)
from crm_tui.services.interactions import Note
from crm_tui.services.lists import Query
from crm_tui.store.database import Database
from tests.factories import SHANGHAI, TODAY, Team, column, day, follow_ups, in_days, make
from tests.services.holding import holder, log, pool, pooled, reasons, ruled
from tests.store.present import check, present

# P1: who was first


def test_p1_who_claims_holds_it_and_the_log_says_so(team: Team) -> None:
    [key] = pooled(team)
    outcome = pools.claim(team.li, [key])
    assert (outcome.message, outcome.changed, outcome.exit_code) == ("Firm A claimed, holding 1/100", (key,), 0)
    assert holder(team.database, key) == "li"
    assert log(team.database, key) == [("make", "", "(default)"), ("claim", "(default)", "li")]
    assert column(team.database, "held_since", key) == team.li.stamp
    check(team.database)


def test_p1_the_loser_is_told_who_was_first(team: Team) -> None:
    [key] = pooled(team)
    pools.claim(team.li, [key])
    lost = pools.claim(team.wang, [key])
    assert (reasons(lost), lost.exit_code, lost.changed) == (["li was first, at 10:00"], 1, ())
    assert [r.name for r in lost.refused] == [""], "who was first, and nothing else of it"
    assert holder(team.database, key) == "li"
    assert log(team.database, key)[-1] == ("claim", "(default)", "li")


def test_p1_of_two_sessions_that_saw_it_in_the_pool_the_second_loses(team: Team, database: Database) -> None:
    [key] = pooled(team)
    other = Database(database.path)
    wang = Team(other, team.clock).wang
    assert wang.see([key])[0][0].pool_id == 1
    pools.claim(team.li, [key])
    assert reasons(pools.claim(wang, [key])) == ["li was first, at 10:00"]
    other.close()


@pytest.mark.parametrize(("hours", "told"), [(0, True), (23.9, True), (24.1, False), (24 * 30, False)])
def test_p1_who_was_first_is_told_for_a_day(team: Team, hours: float, told: bool) -> None:
    [key] = pooled(team)
    pools.claim(team.li, [key])
    team.clock.forward(hours=hours)
    [reason] = reasons(pools.claim(team.wang, [key]))
    assert reason == ("li was first, at 10:00" if told else f"there is no customer {key}")


def test_p1_an_assignment_that_came_first_is_told_too_but_no_other_way_of_going(team: Team) -> None:
    assigned, left, held, moved = pooled(team, 4)
    pools.assign(team.lead, [assigned], "li")
    pools.block(team.lead, [left], "rude")
    pools.claim(team.li, [held])
    pools.release(team.li, [held], "no-need")
    pools.assign(team.lead, [held], "li")
    history.undo(team.lead)
    pools.claim(team.li, [moved])
    history.undo(team.li)
    assert reasons(pools.claim(team.wang, [assigned, left])) == [
        "li was first, at 10:00", f"there is no customer {left}",
    ]  # fmt: skip
    assert pools.claim(team.wang, [held, moved]).changed == (held, moved), "what was taken back is there to be claimed"


def test_p1_who_is_no_member_of_the_pool_is_not_told_who_was_first(team: Team) -> None:
    [key] = pooled(team)
    pool(team, "north", "li")
    pools.move(team.lead, [key], "north")
    pools.claim(team.li, [key])
    assert reasons(pools.claim(team.wang, [key, 999])) == [f"there is no customer {key}", "there is no customer 999"]


def test_p1_a_customer_that_never_lay_in_a_pool_is_as_unknown(team: Team) -> None:
    key = make(team.li, "Acme")
    assert reasons(pools.claim(team.wang, [key])) == [f"there is no customer {key}"]


def test_claiming_what_one_holds_already_changes_nothing(team: Team) -> None:
    [key] = pooled(team)
    pools.claim(team.li, [key])
    again = pools.claim(team.li, [key])
    assert reasons(again) == ["you hold it already"]
    assert len(log(team.database, key)) == 2


def test_an_archived_customer_of_the_pool_is_not_claimed(team: Team) -> None:
    [key] = pooled(team)
    customers.archive(team.lead, [key])
    assert reasons(pools.claim(team.li, [key])) == ["it is archived: unarchive it first"]


# P2: the order of the checks, through the whole of it


def test_p2_the_checks_come_in_order(team: Team) -> None:
    """Blocked → member → freeze → cooldown → cap → quota: each reason vanishes in turn and the next one is said."""
    [key] = pooled(team)
    pools.claim(team.li, [key])
    pools.release(team.li, [key], "no-need")
    north = pool(team, "north", "wang")
    ruled(team, cooldown_days=7, holding_cap=1, daily_quota=1, freeze_days=3)
    make(team.li, "Mine")
    pools.move(team.admin, [key], "north")
    pools.block(team.admin, [key], "rude")
    assert reasons(pools.claim(team.admin, [key])) == ["it is blocked: we do not sell to it"]
    pools.unblock(team.admin, [key], "friends again")
    assert column(team.database, "pool_id", key) == north
    pool_lists.edit(team.admin, "default", None, "li", None)
    pool_lists.edit(team.admin, "north", None, "wang", None)
    assert reasons(pools.claim(team.admin, [key])) == ["it is in a pool that you are no member of"]
    pool_lists.edit(team.admin, "north", None, "li", None)
    assert reasons(pools.claim(team.li, [key])) == ["new to the pool: claimable from 2026-11-21"]
    ruled(team, freeze_days="off")
    assert reasons(pools.claim(team.li, [key])) == ["you held it until 2026-11-18: claimable from 2026-11-25"]
    ruled(team, cooldown_days="off")
    assert reasons(pools.claim(team.li, [key])) == ["the holding cap of 1 is reached"]
    ruled(team, holding_cap="off")
    ruled(team, daily_quota=0)
    assert reasons(pools.claim(team.li, [key])) == ["0 customers claimed from this pool today: that is the quota"]
    ruled(team, daily_quota="off")
    assert pools.claim(team.li, [key]).changed == (key,)


def test_p2_a_rep_is_not_told_of_pools_and_blocks_that_are_not_the_reps(team: Team) -> None:
    blocked, elsewhere = pooled(team, 2)
    pool(team, "north", "wang")
    pools.block(team.lead, [blocked], "rude")
    pools.move(team.lead, [elsewhere], "north")
    assert reasons(pools.claim(team.li, [blocked, elsewhere])) == [
        f"there is no customer {blocked}", f"there is no customer {elsewhere}",
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["service", "leaving"])
def test_service_and_who_is_leaving_claim_nothing(team: Team, state: str) -> None:
    [key] = pooled(team)
    session = team.service
    if state == "leaving":
        make(team.li, "Mine")
        teams.leave(team.admin, "li")
        session = team.li
    with pytest.raises(NotAllowed):
        pools.claim(session, [key])
    assert holder(team.database, key) == "(default)"


# P3: row by row, or all or nothing


def test_p3_a_batch_claims_what_it_can_and_says_row_by_row_why_the_rest_stays(team: Team) -> None:
    keys = pooled(team, 5)
    ruled(team, holding_cap=2)
    outcome = pools.claim(team.li, [*keys[:2], 999, *keys[2:], keys[0]])
    assert outcome.changed == (keys[0], keys[1])
    assert [(r.id, r.reason) for r in outcome.refused] == [
        (999, "there is no customer 999"), *((key, "the holding cap of 2 is reached") for key in keys[2:]),
    ]  # fmt: skip
    assert outcome.exit_code == 4
    assert outcome.message == "2 customers claimed, holding 2/2"


def test_p3_all_or_nothing_claims_none_unless_all_can_be(team: Team) -> None:
    keys = pooled(team, 3)
    ruled(team, holding_cap=2)
    before, entries = present(team.database), team.database.value("SELECT max(id) FROM journal_entry")
    outcome = pools.claim(team.li, keys, all_or_nothing=True)
    assert outcome.changed == ()
    assert sorted((r.id, r.reason) for r in outcome.refused) == [
        (keys[0], "not claimed: all or nothing"), (keys[1], "not claimed: all or nothing"),
        (keys[2], "the holding cap of 2 is reached"),
    ]  # fmt: skip
    assert present(team.database) == before
    assert team.database.value("SELECT max(id) FROM journal_entry") == entries
    assert pools.claim(team.li, keys[:2], all_or_nothing=True).changed == tuple(keys[:2])


# P4: the daily quota


def test_p4_ten_a_day_and_pool_unless_told_otherwise(team: Team) -> None:
    keys = pooled(team, 12)
    outcome = pools.claim(team.li, keys)
    assert outcome.changed == tuple(keys[:10])
    assert reasons(outcome) == ["10 customers claimed from this pool today: that is the quota"] * 2


def test_p4_released_and_undone_claims_still_count(team: Team) -> None:
    keys = pooled(team, 4)
    ruled(team, daily_quota=3)
    pools.claim(team.li, keys[:1])
    pools.release(team.li, keys[:1], "no-need")
    pools.claim(team.li, keys[1:2])
    history.undo(team.li)
    pools.claim(team.li, keys[2:3])
    outcome = pools.claim(team.li, keys[3:])
    assert reasons(outcome) == ["3 customers claimed from this pool today: that is the quota"]
    assert [row[0] for row in log(team.database, keys[1])] == ["make", "claim", "undo"]


def test_p4_each_pool_has_its_own_count(team: Team) -> None:
    keys = pooled(team, 4)
    pool(team, "north")
    pools.move(team.lead, keys[2:], "north")
    ruled(team, daily_quota=1)
    outcome = pools.claim(team.li, keys)
    assert outcome.changed == (keys[0], keys[2])


def test_p4_the_day_is_the_users(team: Team) -> None:
    """It ends at midnight in Shanghai, eight hours before it does in Greenwich."""
    keys = pooled(team, 3)
    ruled(team, daily_quota=1)
    team.clock.now = datetime(2026, 11, 18, 23, 59, tzinfo=SHANGHAI)
    assert pools.claim(team.li, keys[:1]).changed == (keys[0],)
    assert reasons(pools.claim(team.li, keys[1:2])) != []
    team.clock.forward(minutes=2)
    assert pools.claim(team.li, keys[1:2]).changed == (keys[1],)
    team.clock.now = datetime(2026, 11, 19, 8, 1, tzinfo=SHANGHAI)
    assert pools.claim(team.li, keys[2:]).changed == (), "midnight in Greenwich begins no day here"


def test_p4_it_binds_claims_of_reps_and_nothing_else(team: Team) -> None:
    keys = pooled(team, 4)
    ruled(team, daily_quota=0)
    assert pools.claim(team.lead, keys[:1]).changed == (keys[0],)
    assert pools.assign(team.lead, keys[1:2], "li").changed == (keys[1],)
    assert pools.claim(team.li, keys[2:3]).changed == ()
    assert make(team.li, "Own")


def test_p19_quotas_and_caps_bite_at_once(team: Team) -> None:
    keys = pooled(team, 4)
    assert pools.claim(team.li, keys[:2]).changed == tuple(keys[:2])
    ruled(team, daily_quota=2)
    said = "2 customers claimed from this pool today: that is the quota"
    assert reasons(pools.claim(team.li, keys[2:])) == [said] * 2
    ruled(team, daily_quota=3)
    assert pools.claim(team.li, keys[2:]).changed == (keys[2],)
    ruled(team, daily_quota=9, holding_cap=3)
    assert reasons(pools.claim(team.li, keys[3:])) == ["the holding cap of 3 is reached"]
    assert [holder(team.database, key) for key in keys] == ["li", "li", "li", "(default)"], "what is held is kept"


# P5: the holding cap


def test_p5_over_the_cap_one_keeps_but_cannot_add_by_any_way(team: Team) -> None:
    mine = [make(team.li, f"Mine {n}") for n in range(3)]
    [free] = pooled(team)
    theirs = make(team.wang, "Theirs")
    ruled(team, holding_cap=2)
    assert lists.count(team.li, Query("owner:me")) == 3
    assert reasons(pools.claim(team.li, [free])) == ["the holding cap of 2 is reached"]
    with pytest.raises(CrmError, match="holding cap of 2"):
        make(team.li, "New")
    assert reasons(pools.assign(team.lead, [free], "li")) == ["li: the holding cap of 2 is reached"]
    from crm_tui.services import offers

    offers.transfer(team.wang, [theirs], "li")
    assert reasons(offers.accept(team.li, [theirs])) == ["the holding cap of 2 is reached"]
    assert interactions.log(team.li, mine, Note("spoke")).changed == tuple(mine)


@pytest.mark.parametrize("stage", ["actual", "lost", "non_customer"])
def test_p5_other_stages_need_no_room(team: Team, stage: str) -> None:
    ruled(team, holding_cap=1)
    make(team.li, "Mine")
    [key] = pooled(team, stage=stage)
    assert pools.claim(team.li, [key]).changed == (key,)


def test_p5_the_smallest_of_all_caps_applies(team: Team) -> None:
    keys = pooled(team, 4)
    teams.edit(team.admin, "li", teams.Given(capacity="2"))
    ruled(team, holding_cap=3)
    assert pools.claim(team.li, keys).changed == tuple(keys[:2])
    teams.edit(team.admin, "li", teams.Given(capacity="off"))
    assert pools.claim(team.li, keys[2:]).changed == (keys[2],)
    teams.edit(team.admin, "wang", teams.Given(capacity="9"))
    pool(team, "north")
    pools.move(team.lead, keys[3:], "north")
    ruled(team, "north", holding_cap=0 + 1)
    make(team.wang, "Other")
    assert reasons(pools.claim(team.wang, keys[3:])) == ["the holding cap of 1 is reached"]


def test_p5_a_pools_own_cap_binds_however_a_customer_leaves_it(team: Team) -> None:
    free = pooled(team, 4)
    teams.add(team.admin, "amy", role="rep")
    pool(team, "north")
    pools.move(team.lead, free[:3], "north")
    ruled(team, "north", holding_cap=1)
    make(team.wang, "Other")
    assert reasons(pools.assign(team.lead, free[:1], "wang")) == ["wang: the holding cap of 1 is reached"]
    assert pools.assign(team.lead, free[3:], "wang").changed == (free[3],), "from elsewhere there is room"
    outcome = pools.assign(team.lead, free[:3], "rr:li,wang,amy")
    assert outcome.changed == (free[0], free[1])
    full = [f"{login}: the holding cap of 1 is reached" for login in ("li", "wang", "amy")]
    assert reasons(outcome) == ["; ".join(full)]


def test_p5_nor_is_it_exceeded_by_what_comes_back_out_of_the_pool(team: Team) -> None:
    [key] = pooled(team)
    pool(team, "north")
    pools.move(team.lead, [key], "north")
    pools.claim(team.li, [key])
    released = pools.release(team.li, [key], "no-need").entry_id
    ruled(team, "north", holding_cap=1)
    make(team.li, "Other")
    with pytest.raises(CrmError, match="li would hold 2 customers, the holding cap is 1"):
        history.undo(team.li, released)


def test_p5_it_binds_reps_only(team: Team) -> None:
    keys = pooled(team, 3)
    ruled(team, holding_cap=1)
    assert pools.claim(team.lead, keys).changed == tuple(keys)


def test_p5_an_undo_that_would_break_the_cap_is_refused(team: Team) -> None:
    keys = pooled(team, 2)
    ruled(team, holding_cap=1, cooldown_days="off")
    pools.claim(team.li, keys[:1])
    released = pools.release(team.li, keys[:1], "no-need").entry_id
    pools.claim(team.li, keys[1:])
    before = present(team.database)
    with pytest.raises(CrmError, match="li would hold 2 customers, the holding cap is 1"):
        history.undo(team.li, released)
    assert present(team.database) == before
    check(team.database)


def test_p5_a_redo_that_would_break_the_cap_is_refused(team: Team) -> None:
    keys = pooled(team, 2)
    ruled(team, holding_cap=1)
    claimed = pools.claim(team.li, keys[:1]).entry_id
    history.undo(team.li)
    pools.claim(team.li, keys[1:])
    with pytest.raises(CrmError, match="the holding cap of 1 is reached"):
        history.redo(team.li, claimed)


def test_p5_an_undo_by_somebody_else_does_not_break_the_cap_either(team: Team) -> None:
    key, other = make(team.li, "Acme"), pooled(team)[0]
    ruled(team, holding_cap=1)
    pools.assign(team.lead, [key], "wang")
    pools.claim(team.li, [other])
    with pytest.raises(CrmError, match="li would hold 2 customers, the holding cap is 1"):
        history.undo(team.lead)


def test_what_one_holds_of_the_cap_is_said_with_each_claim_and_on_the_pools(team: Team) -> None:
    ruled(team, holding_cap=2)
    keys = pooled(team, 3)
    assert pools.holding(team.li) == "holding 0/2"
    assert pools.claim(team.li, keys).message == "2 customers claimed, holding 2/2"
    assert pool_lists.overview(team.li).lines[0] == "holding 2/2"
    assert pools.holding(team.lead) == "holding 0"


# P6: the cooldown


AWAY_FROM_LI: dict[str, Any] = {
    "released": lambda team, key: pools.release(team.li, [key], "no-need"),
    "released for li by the lead": lambda team, key: pools.release(team.lead, [key], "no-need"),
    "assigned to another, who released it": lambda team, key: (
        pools.assign(team.lead, [key], "wang"), pools.release(team.wang, [key], "no-need"),
    ),
    "blocked, and unblocked": lambda team, key: (
        pools.block(team.lead, [key], "rude"), pools.unblock(team.lead, [key], "friends again"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", list(AWAY_FROM_LI))
def test_p6_nobody_claims_back_what_they_held_however_it_left_them(team: Team, way: str) -> None:
    key = make(team.li, "Acme")
    AWAY_FROM_LI[way](team, key)
    assert reasons(pools.claim(team.li, [key])) == ["you held it until 2026-11-18: claimable from 2026-11-25"]
    team.clock.forward(days=6, hours=13.9)
    assert pools.claim(team.li, [key]).changed == ()
    team.clock.forward(hours=0.2)
    assert pools.claim(team.li, [key]).changed == (key,)


def test_p6_it_does_not_bind_others_nor_assignments(team: Team) -> None:
    one, two = make(team.li, "One"), make(team.li, "Two")
    pools.release(team.li, [one, two], "no-need")
    assert pools.claim(team.wang, [one]).changed == (one,)
    assert pools.assign(team.lead, [two], "li").changed == (two,)


def test_p6_it_leaves_undone_steps_out(team: Team) -> None:
    [key] = pooled(team)
    pools.claim(team.li, [key])
    history.undo(team.li)
    assert pools.claim(team.li, [key]).changed == (key,), "an undone claim was no holding"
    pools.release(team.li, [key], "no-need")
    history.undo(team.li)
    history.undo(team.li)
    assert holder(team.database, key) == "(default)"
    assert pools.claim(team.li, [key]).changed == (key,), "nor was the release that was taken back one"


def test_p6_a_release_that_is_done_again_counts_again(team: Team) -> None:
    key = make(team.li, "Acme")
    pools.release(team.li, [key], "no-need")
    history.undo(team.li)
    history.redo(team.li)
    assert reasons(pools.claim(team.li, [key])) == ["you held it until 2026-11-18: claimable from 2026-11-25"]


# P7: the freeze


def test_p7_what_is_new_to_a_pool_is_seen_and_not_claimed(team: Team) -> None:
    ruled(team, freeze_days=2)
    [key] = pooled(team)
    assert lists.page(team.li, Query("pool:default")).ids == [key]
    assert lists.page(team.li, Query("claimable:yes")).ids == []
    assert reasons(pools.claim(team.li, [key])) == ["new to the pool: claimable from 2026-11-20"]
    team.clock.forward(days=1, hours=13.9)
    assert reasons(pools.claim(team.li, [key])) == ["new to the pool: claimable from 2026-11-20"]
    team.clock.forward(hours=0.2)
    assert lists.page(team.li, Query("claimable:yes")).ids == [key]
    assert pools.claim(team.li, [key]).changed == (key,)


def test_p7_a_move_into_another_pool_makes_it_new_there(team: Team) -> None:
    [key] = pooled(team)
    pool(team, "north")
    team.clock.forward(days=9)
    ruled(team, "north", freeze_days=1)
    pools.move(team.lead, [key], "north")
    assert reasons(pools.claim(team.li, [key])) == ["new to the pool: claimable from 2026-11-28"]


def test_p7_a_claim_that_was_taken_back_makes_it_no_newer(team: Team) -> None:
    [key] = pooled(team)
    ruled(team, freeze_days=2)
    team.clock.forward(days=3)
    pools.claim(team.li, [key])
    history.undo(team.li)
    assert pools.claim(team.li, [key]).changed == (key,)


# P14: releases


def test_p14_a_release_wants_a_reason_that_the_next_rep_sees(team: Team) -> None:
    key = make(team.li, "Acme")
    for reason in ("", "because", "other"):
        with pytest.raises(UsageError, match="reason"):
            pools.release(team.li, [key], reason)
    outcome = pools.release(team.li, [key], "other: moved to Mars")
    assert outcome.message == "Acme released to the pool"
    assert log(team.database, key) == [("make", "", "li"), ("release", "li", "(default)")]
    assert "released: (default)  by li  other: moved to Mars" in pool_lists.holders(team.wang, key).lines[0]
    check(team.database)


def test_p14_it_goes_back_to_the_pool_that_it_came_from_else_by_routing(team: Team) -> None:
    [key] = pooled(team)
    pool(team, "north", None, "region:north")
    pool(team, "south")
    pools.move(team.lead, [key], "south")
    pools.claim(team.li, [key])
    own, other = make(team.li, "Own", region="north"), make(team.li, "Other", region="east")
    pools.release(team.li, [key, own, other], "no-need")
    assert [holder(team.database, k) for k in (key, own, other)] == ["(south)", "(north)", "(default)"]


def test_p14_only_what_is_held_and_ones_own_is_released(team: Team) -> None:
    [free] = pooled(team)
    theirs = make(team.wang, "Theirs")
    outcome = pools.release(team.li, [free, theirs], "no-need")
    assert reasons(outcome) == [f"there is no customer {theirs}", "it is in the public pool: claim it first"]
    assert reasons(pools.release(team.lead, [free], "no-need")) == ["nobody holds it"]


def test_p16_who_is_leaving_releases_nothing(team: Team) -> None:
    key = make(team.li, "Acme")
    teams.leave(team.lead, "li")
    with pytest.raises(NotAllowed, match="you are leaving"):
        pools.release(team.li, [key], "no-need")


def test_a_release_drops_what_was_promised_and_keeps_it_in_the_history(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(3), "offer")
    pools.release(team.li, [key], "no-need")
    assert follow_ups(team.database, key)[-1] == ("promise", "offer", day(3), day(3), "dropped")
    assert column(team.database, "next_on", key) is None
    assert column(team.database, "held_since", key) is None


# P15: masks


def test_p15_phone_mail_and_what_may_hold_them_are_hidden_until_claimed(team: Team) -> None:
    given = {"phone": "13812345678", "email": "a@acme.cn", "wechat": "acme88", "note": "mobile 13700000001"}
    [key] = pooled(team, contact={"name": "张伟", "phone": "13611112222"}, **given)
    secret = ("13812345678", "a@acme.cn", "acme88", "13700000001", "13611112222")

    def told(session: Any) -> str:
        card = cards.card(session, key)
        shown = (vars(card), lists.rows(session, [key]), due.lines(session, [key]), contacts.names(session, key))
        return repr(shown).replace(" ", "")

    assert not [word for word in secret if word in told(team.li)]
    assert {word for word in secret if word in told(team.lead)} == set(secret)
    assert lists.count(team.li, Query("phone:13812345678")) == lists.count(team.li, Query("13812345678")) == 0
    assert lists.count(team.lead, Query("phone:13812345678")) == 1
    pools.claim(team.li, [key])
    assert {word for word in secret if word in told(team.li)} == set(secret)
    assert lists.count(team.li, Query("phone:13812345678")) == 1


# P17: first contacts


def test_p17_who_claims_gets_a_first_contact_for_the_next_working_day(team: Team) -> None:
    team.clock.forward(days=2)  # a Friday
    [key] = pooled(team)
    pools.claim(team.li, [key])
    assert follow_ups(team.database, key) == [("first_contact", "", day(5), day(5), None)]
    assert column(team.database, "next_on", key) == day(5)
    assert [line.reason.kind for line in due.queue(team.li) if line.id == key] == ["first_contact"]


def test_p17_who_is_assigned_a_promised_customer_keeps_what_is_sooner(team: Team) -> None:
    soon, late = make(team.li, "Soon"), make(team.li, "Late")
    followups.set_next(team.li, [soon], in_days(0), "call back")
    followups.set_next(team.li, [late], in_days(30), "renewal")
    pools.assign(team.lead, [soon, late], "wang")
    wang = team.wang.person.id
    rows = team.database.rows(
        "SELECT customer_id, kind, purpose, user_id FROM follow_up WHERE closed_at IS NULL ORDER BY 1"
    )
    assert rows == [
        (soon, "promise", "call back", wang), (late, "first_contact", f"promised for {day(30)}: renewal", wang),
    ]  # fmt: skip


def test_p17_a_bulk_arrival_is_spread_over_working_days_by_a_setting(team: Team) -> None:
    keys = pooled(team, 5)
    ruled(team, spread_per_day=2)
    pools.assign(team.lead, keys, "li")
    assert [column(team.database, "next_on", key) for key in keys] == [day(1), day(1), day(2), day(2), day(5)]


# P21: assignment


def test_p21_by_hand_in_turn_and_to_the_least_busy(team: Team) -> None:
    keys = pooled(team, 4)
    assert pools.assign(team.lead, keys[:1], "li").message == "assigned: li 1"
    assert pools.assign(team.lead, keys[1:3], "rr:li,wang").message == "assigned: li 1, wang 1"
    assert pools.assign(team.lead, keys[3:], "least:li,wang").message == "assigned: wang 1"
    assert [holder(team.database, key) for key in keys] == ["li", "li", "wang", "wang"]
    assert log(team.database, keys[3])[-1] == ("assign", "(default)", "wang")
    check(team.database)


def test_p21_the_least_busy_is_weighed_by_tier(team: Team) -> None:
    make(team.li, "Big", tier="A", stage="intent")
    for n in range(2):
        make(team.wang, f"Small {n}", tier="D")
    [key] = pooled(team, tier="D")
    pools.assign(team.lead, [key], "least:li,wang")
    assert holder(team.database, key) == "wang", "two D weigh less than one A"


def test_p21_who_is_away_leaving_or_full_is_passed_over(team: Team) -> None:
    for login in ("amy", "tom", "full"):
        teams.add(team.admin, login, role="rep")
    teams.edit(team.admin, "full", teams.Given(capacity="0"))
    make(team.wang, "Held")
    teams.leave(team.lead, "wang")
    teams.away(team.lead, "amy", None, None, None)
    keys = pooled(team, 6)
    outcome = pools.assign(team.lead, keys[:4], "rr:wang,amy,li,full,tom")
    assert [holder(team.database, key) for key in keys[:4]] == ["li", "tom", "li", "tom"]
    assert outcome.exit_code == 0
    assert [reasons(pools.assign(team.lead, keys[4:5], who)) for who in ("wang", "amy", "full", "sun")] == [
        ["wang: is leaving"], ["amy: is away"], ["full: the holding cap of 0 is reached"],
        ["sun: service holds no customers"],
    ]  # fmt: skip


def test_p21_one_who_is_away_next_week_receives_today(team: Team) -> None:
    teams.away(team.lead, "li", TODAY + timedelta(days=7), None, None)
    keys = pooled(team, 2)
    assert pools.assign(team.lead, keys[:1], "li").changed == (keys[0],)
    team.clock.forward(days=7)
    assert reasons(pools.assign(team.lead, keys[1:], "li")) == ["li: is away"]


def test_p21_what_nobody_takes_stays_where_it_is(team: Team) -> None:
    keys = pooled(team, 3)
    ruled(team, holding_cap=1)
    outcome = pools.assign(team.lead, keys, "rr:li,wang")
    assert outcome.changed == (keys[0], keys[1])
    assert reasons(outcome) == ["li: the holding cap of 1 is reached; wang: the holding cap of 1 is reached"]
    assert holder(team.database, keys[2]) == "(default)"


def test_assigning_is_for_leads_and_within_their_team(team: Team) -> None:
    [key] = pooled(team)
    with pytest.raises(NotAllowed, match="only team leads"):
        pools.assign(team.li, [key], "li")
    teams.add_team(team.admin, "south", None, [])
    teams.add(team.admin, "qian", role="lead", team="south")
    teams.add(team.admin, "amy", role="rep", team="south")
    qian = team.sign_in("qian")
    assert reasons(pools.assign(qian, [key], "li")) == ["li: not of your team"]
    mine = make(team.li, "Acme")
    assert reasons(pools.assign(qian, [mine], "amy")) == [f"there is no customer {mine}"]
    assert pools.assign(qian, [key], "amy").changed == (key,)


@pytest.mark.parametrize("to", ["nobody", "rr:li,nobody", "rr:", "", "li,wang", "least:"])
def test_an_assignment_to_nobody_is_a_mistake(team: Team, to: str) -> None:
    with pytest.raises(UsageError):
        pools.assign(team.lead, pooled(team), to)


# P23: blocked


def test_p23_a_blocked_customer_lies_outside_all_pools_and_queues(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(0))
    assert pools.block(team.lead, [key], "pays nobody").message == "Acme blocked"
    assert holder(team.database, key) == "blocked"
    assert log(team.database, key) == [("make", "", "li"), ("block", "li", "")]
    assert due.queue(team.li) == due.queue(team.lead) == []
    assert lists.count(team.li, Query()) == lists.count(team.lead, Query("pool:any")) == 0
    assert lists.page(team.lead, Query("blocked:yes")).ids == [key]
    assert reasons(pools.claim(team.li, [key])) == [f"there is no customer {key}"]
    assert reasons(pools.claim(team.lead, [key])) == ["it is blocked: we do not sell to it"]
    assert reasons(pools.assign(team.lead, [key], "li")) == ["it is blocked: unblock it first"]
    assert reasons(pools.move(team.lead, [key], "default")) == ["it is blocked"]
    check(team.database)


def test_p23_a_lead_blocks_and_unblocks_with_a_reason(team: Team) -> None:
    key = make(team.li, "Acme")
    with pytest.raises(NotAllowed):
        pools.block(team.li, [key], "rude")
    with pytest.raises(UsageError, match="wants a reason"):
        pools.block(team.lead, [key], " ")
    pools.block(team.lead, [key], "rude")
    assert reasons(pools.block(team.lead, [key], "rude")) == ["it is blocked already"]
    with pytest.raises(NotAllowed):
        pools.unblock(team.li, [key], "friends again")
    with pytest.raises(UsageError, match="wants a reason"):
        pools.unblock(team.lead, [key], "")
    assert pools.unblock(team.lead, [key], "friends again").message == "Acme back in the pool"
    assert [row[0] for row in log(team.database, key)] == ["make", "block", "unblock"]
    said = team.database.rows("SELECT reason FROM ownership_log ORDER BY id")
    assert said == [("",), ("rude",), ("friends again",)]


# Moves between pools, members, rules of single pools


def test_a_lead_moves_customers_between_pools(team: Team) -> None:
    free, held = pooled(team, 2)
    pool(team, "north", "li")
    pools.claim(team.li, [held])
    with pytest.raises(NotAllowed):
        pools.move(team.li, [free], "north")
    outcome = pools.move(team.lead, [free, held], "north")
    assert (outcome.changed, reasons(outcome)) == ((free,), ["somebody holds it: release it first"])
    assert reasons(pools.move(team.lead, [free], "north")) == ["it is there already"]
    assert log(team.database, free)[-1] == ("move", "(default)", "(north)")
    assert lists.count(team.wang, Query()) == 0
    assert lists.count(team.li, Query("pool:north")) == 1
    with pytest.raises(UsageError, match='there is no pool "nort": did you mean north'):
        pools.move(team.lead, [free], "nort")


def test_a_pool_with_members_exists_for_them_alone(team: Team) -> None:
    pool(team, "north", "li")
    assert [row["pool"] for row in pool_lists.rows(team.li)] == ["default", "north"]
    assert [row["pool"] for row in pool_lists.rows(team.wang)] == ["default"]
    assert lists.count(team.wang, Query("pool:default")) == 0
    with pytest.raises(UsageError, match="north"):
        lists.count(team.wang, Query("pool:north"))


@pytest.mark.parametrize(
    ("rule", "general", "own", "reason"),
    [
        ("daily_quota", 0, 1, "0 customers claimed from this pool today: that is the quota"),
        ("freeze_days", 5, "off", "new to the pool: claimable from 2026-11-23"),
        ("cooldown_days", 9, "off", "you held it until 2026-11-18: claimable from 2026-11-27"),
        ("holding_cap", 1, 5, "the holding cap of 1 is reached"),
    ],
)
def test_a_rule_of_one_pool_goes_before_the_general_one(
    team: Team, rule: str, general: int, own: Any, reason: str
) -> None:
    make(team.li, "Held")
    here, there = make(team.li, "Here"), make(team.li, "There")
    pools.release(team.li, [here, there], "no-need")
    if rule != "cooldown_days":
        ruled(team, cooldown_days="off")
    pool(team, "north")
    pools.move(team.lead, [there], "north")
    ruled(team, **{rule: general})
    ruled(team, "north", **{rule: own})
    assert reasons(pools.claim(team.li, [here])) == [reason]
    assert pools.claim(team.li, [there]).changed == (there,)
    ruled(team, **{rule: "off"})
    assert pools.claim(team.li, [here]).changed == (here,)


def test_a_pool_goes_by_the_general_rule_again_and_recycling_from_the_next_day(team: Team) -> None:
    here = pool(team, "north")
    rule = "pool.recycle.contact.A"
    ruled(team, daily_quota=3, **{"recycle.contact.A": 30})
    ruled(team, "north", daily_quota=5, **{"recycle.contact.A": 7})
    team.clock.forward(days=1)
    ruled(team, "north", daily_quota="default", **{"recycle.contact.A": "default"})
    rules = team.sign_in("li").settings
    assert (rules.of_pool(here)["pool.daily_quota"], rules.of_pool(here)[rule]) == (3, 30)
    on = [rules.recycling((team.clock.now.date() + timedelta(days=n)).isoformat()).of_pool(here)[rule] for n in (0, 1)]
    assert on == [7, 30]
    team.clock.forward(days=1)
    ruled(team, "north", **{"recycle.contact.A": 9})
    rules = team.sign_in("li").settings
    assert rules.recycling(team.clock.now.date().isoformat()).of_pool(here)[rule] == 30
    assert history.undo(team.admin).exit_code == 0
    assert team.sign_in("li").settings.of_pool(here)[rule] == 30
    entries = len(history.entries(team.admin))
    ruled(team, "north", freeze_days="default")
    assert len(history.entries(team.admin)) == entries, "it was so already"


def test_claimable_is_what_can_be_claimed(team: Team) -> None:
    free, frozen, mine = pooled(team, 3)
    cool = make(team.li, "Cool")
    pools.release(team.li, [cool], "no-need")
    pools.claim(team.li, [mine])
    pool(team, "north")
    ruled(team, "north", freeze_days=9)
    pools.move(team.lead, [frozen], "north")
    assert lists.page(team.li, Query("claimable:yes")).ids == [free]
    assert {key for key, why in pool_lists.claimable(team.li, [free, frozen, mine, cool]).items() if not why} == {free}


# Undo and redo of each


EACH: dict[str, Any] = {
    "claim": lambda team, free, held: pools.claim(team.li, free),
    "release": lambda team, free, held: pools.release(team.li, held, "no-need"),
    "assign": lambda team, free, held: pools.assign(team.lead, free + held, "rr:li,wang"),
    "move": lambda team, free, held: pools.move(team.lead, free, "north"),
    "block": lambda team, free, held: pools.block(team.lead, free + held, "rude"),
    "protect": lambda team, free, held: protections.protect(team.li, held, "big deal"),
}


@pytest.mark.parametrize("verb", list(EACH))
def test_each_is_taken_back_and_done_again_and_the_log_tells(team: Team, verb: str) -> None:
    pool(team, "north")
    free = pooled(team, 2)
    held = [make(team.li, "Held"), make(team.li, "Promised")]
    followups.set_next(team.li, held[1:], in_days(4), "offer")
    tags.tag(team.li, held, ["vip"])
    before = present(team.database)
    outcome = EACH[verb](team, free, held)
    assert outcome.changed
    session = team.li if verb in ("claim", "release", "protect") else team.lead
    after = present(team.database)
    assert after != before
    check(team.database)
    assert history.undo(session).exit_code == 0
    assert present(team.database) == before
    check(team.database)
    assert history.redo(session).exit_code == 0
    assert present(team.database) == after
    check(team.database)
    if verb != "protect":
        moved = [key for key in outcome.changed if len(log(team.database, key)) > 1]
        assert moved
        for key in moved:
            rows = log(team.database, key)
            assert [row[0] for row in rows[1:]] == [verb, "undo", "redo"]
            assert rows[2] == ("undo", rows[1][2], rows[1][1])


def test_an_unblocked_one_is_blocked_again_by_undo(team: Team) -> None:
    key = make(team.li, "Acme")
    pools.block(team.lead, [key], "rude")
    before = present(team.database)
    pools.unblock(team.lead, [key], "friends again")
    history.undo(team.lead)
    assert present(team.database) == before
    assert lists.count(team.li, Query()) == 0


def test_a_claim_that_somebody_has_changed_since_stays(team: Team) -> None:
    one, two = pooled(team, 2)
    claimed = pools.claim(team.li, [one, two]).entry_id
    pools.assign(team.lead, [two], "wang")
    outcome = history.undo(team.li, claimed)
    assert (outcome.changed, [r.id for r in outcome.refused], outcome.exit_code) == ((one,), [two], 4)
    assert (holder(team.database, one), holder(team.database, two)) == ("(default)", "wang")
    check(team.database)


def test_the_ownership_log_only_grows(team: Team, tmp_path: Path) -> None:
    [key] = pooled(team)
    pools.claim(team.li, [key])
    import apsw

    for sql in ("UPDATE ownership_log SET kind = 'make'", "DELETE FROM ownership_log"):
        with pytest.raises((CrmError, apsw.ConstraintError), match="only grows"), team.database.writing():
            team.database.execute(sql)
    assert len(log(team.database, key)) == 2


def test_a_stage_is_no_change_of_hands(team: Team) -> None:
    key = make(team.li, "Acme")
    stages.move(team.li, [key], "intent")
    customers.archive(team.li, [key])
    assert log(team.database, key) == [("make", "", "li")]
