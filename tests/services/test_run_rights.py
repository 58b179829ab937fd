"""What is taken back of a run, and by whom: judged once, by where all of it leads (DOMAIN §4, §8, §9)."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import Conflict, CrmError, NotAllowed
from crm_tui.services import (
    collaborations,
    contacts,
    history,
    pool_lists,
    pools,
    profiles,
    rules,
    stages,
    tags,
    teams,
)
from tests.factories import Team, column, make
from tests.services.holding import holder, pooled, ruled
from tests.services.running import ran
from tests.store.present import check, present


def test_customers_that_somebody_changed_since_stay_with_all_their_steps_and_are_named(team: Team) -> None:
    acme, beta, gamma = (make(team.li, name, region="west") for name in ("Acme", "Beta", "Gamma"))

    def each(key: int) -> None:
        stages.move(team.li, [key], "target")
        tags.tag(team.li, [key], ["vip"])
        profiles.edit(team.li, [key], {"region": "north"})

    ran(team.li, *(lambda key=key: each(key) for key in (acme, beta, gamma)))
    stages.move(team.lead, [beta], "intent")
    kept = [row for row in team.database.rows("SELECT * FROM customer") if row[0] == beta]
    outcome = history.undo(team.li)
    assert (outcome.exit_code, outcome.changed) == (4, (acme, gamma))
    assert [(r.id, r.name) for r in outcome.refused] == [(beta, "Beta")]
    assert [row for row in team.database.rows("SELECT * FROM customer") if row[0] == beta] == kept
    assert team.database.rows("SELECT customer_id FROM tag") == [(beta,)]
    assert [column(team.database, "region", key) for key in (acme, beta, gamma)] == ["west", "north", "west"]
    check(team.database)
    history.redo(team.li)
    assert [column(team.database, "stage", key) for key in (acme, beta, gamma)] == ["target", "intent", "target"]
    check(team.database)


def test_somebody_elses_change_between_two_steps_counts(team: Team) -> None:
    key, other = make(team.li, "Acme"), make(team.li, "Beta")
    ran(
        team.li,
        lambda: profiles.edit(team.li, [key, other], {"region": "north"}),
        lambda: profiles.edit(team.lead, [key], {"region": "east"}),
        lambda: profiles.edit(team.li, [key, other], {"region": "south"}),
    )
    outcome = history.undo(team.li)
    assert (outcome.changed, [r.id for r in outcome.refused]) == ((other,), [key])
    assert column(team.database, "region", key) == "south"
    check(team.database)


def test_what_somebody_changed_and_changed_back_is_in_nobodys_way(team: Team) -> None:
    key = make(team.li, "Acme", region="west")
    ran(
        team.li,
        lambda: profiles.edit(team.li, [key], {"region": "north"}),
        lambda: profiles.edit(team.lead, [key], {"region": "east"}),
        lambda: history.undo(team.lead),
        lambda: profiles.edit(team.li, [key], {"region": "south"}),
    )
    assert history.undo(team.li).refused == ()
    assert column(team.database, "region", key) == "west"


def test_when_all_was_changed_since_nothing_is_undone(team: Team) -> None:
    key = make(team.li, "Acme")
    ran(team.li, lambda: stages.move(team.li, [key], "target"), lambda: tags.tag(team.li, [key], ["vip"]))
    stages.move(team.lead, [key], "intent")
    before = present(team.database)
    with pytest.raises(Conflict, match="changed since: Acme"):
        history.undo(team.li)
    assert present(team.database) == before


def test_who_only_passed_through_need_not_be_there_any_more(team: Team) -> None:
    key = make(team.li, "Acme")
    assigned = ("wang", "zhao")
    run = ran(team.lead, *(lambda to=to: pools.assign(team.lead, [key], to) for to in assigned))
    teams.leave(team.lead, "wang")
    history.undo(team.lead, run)
    assert holder(team.database, key) == "li"
    check(team.database)


def test_who_was_leaving_before_gets_back_what_the_run_took(team: Team) -> None:
    key, _other = make(team.li, "Acme"), make(team.li, "Beta")
    teams.leave(team.admin, "li")
    ran(
        team.admin,
        lambda: teams.edit(team.admin, "li", teams.Given(state="active")),
        lambda: pools.assign(team.admin, [key], "wang"),
        lambda: teams.leave(team.admin, "li"),
    )
    history.undo(team.admin)
    assert holder(team.database, key) == "li"


def test_who_was_told_to_leave_since_receives_nothing_and_all_of_it_stays(team: Team) -> None:
    key, other = make(team.li, "Acme"), make(team.wang, "Beta")
    ran(team.lead, lambda: pools.assign(team.lead, [key], "zhao"), lambda: pools.assign(team.lead, [other], "zhao"))
    teams.leave(team.lead, "wang")
    before = present(team.database)
    run = next(entry["id"] for entry in history.entries(team.lead) if entry["command"] == "play m")
    with pytest.raises(CrmError, match="can hold nothing any more"):
        history.undo(team.lead, run)
    assert present(team.database) == before


def test_p5_what_was_kept_over_the_cap_before_the_run_may_be_kept_after_it(team: Team) -> None:
    ids = [make(team.li, f"Firm {n}") for n in range(4)]
    other = make(team.wang, "Beta")
    ruled(team, holding_cap=3)
    ran(team.lead, lambda: pools.assign(team.lead, ids[:2], "wang"), lambda: pools.assign(team.lead, [other], "li"))
    history.undo(team.lead)
    assert [holder(team.database, key) for key in (*ids, other)] == ["li"] * 4 + ["wang"]


def test_p5_a_run_is_not_undone_beyond_the_cap_once_somebody_received_more(team: Team) -> None:
    ids = [make(team.li, f"Firm {n}") for n in range(3)]
    ruled(team, holding_cap=3)
    run = ran(team.lead, *(lambda key=key: pools.assign(team.lead, [key], "wang") for key in ids))
    pools.assign(team.lead, [make(team.lead, "New")], "li")
    before = present(team.database)
    with pytest.raises(CrmError, match="the holding cap is 3"):
        history.undo(team.lead, run)
    assert present(team.database) == before


def test_p5_within_a_run_a_cap_is_judged_by_where_it_ends(team: Team) -> None:
    """Undone step by step, li would hold four on the way."""
    ids = [make(team.li, f"Firm {n}") for n in range(3)]
    other = make(team.wang, "Beta")
    ruled(team, holding_cap=3)
    run = ran(
        team.lead,
        lambda: pools.assign(team.lead, [ids[0]], "wang"),
        lambda: pools.assign(team.lead, [other], "li"),
        lambda: pools.assign(team.lead, [other], "zhao"),
    )
    assert history.undo(team.lead, run).refused == ()
    assert [holder(team.database, key) for key in (*ids, other)] == ["li", "li", "li", "wang"]


def test_claims_that_were_undone_are_done_again_as_claims(team: Team) -> None:
    first, second = pooled(team, 2)
    run = ran(
        team.li,
        lambda: pools.claim(team.li, [first]),
        lambda: tags.tag(team.li, [first], ["vip"]),
        lambda: pools.claim(team.li, [second]),
        lambda: pools.release(team.li, [second], "no-need"),
    )
    history.undo(team.li)
    pool_lists.edit(team.admin, "default", None, "wang", None)
    before = present(team.database)
    with pytest.raises(CrmError):
        history.redo(team.li, run)
    assert present(team.database) == before


def test_customers_that_one_lost_since_stay_whole(team: Team) -> None:
    lost, kept = make(team.li, "Lost"), make(team.li, "Kept")
    ran(
        team.li,
        lambda: tags.tag(team.li, [lost, kept], ["vip"]),
        lambda: contacts.add(team.li, lost, {"name": "Bob Roe"}),
    )
    pools.assign(team.lead, [lost], "wang")
    outcome = history.undo(team.li)
    assert (outcome.exit_code, outcome.changed, [r.id for r in outcome.refused]) == (4, (kept,), [lost])
    assert team.database.rows("SELECT customer_id FROM tag") == [(lost,)]
    check(team.database)


def test_what_belongs_to_a_holding_comes_back_with_it_and_not_into_another_one(team: Team) -> None:
    """Unshared, released: both come back. Unshared, given away by the lead, released by nobody: it stays."""
    mine, gone = make(team.lead, "Mine"), make(team.lead, "Gone")
    for key in (mine, gone):
        collaborations.share(team.lead, [key], "li", access="edit")
    ran(
        team.lead,
        lambda: collaborations.unshare(team.lead, [mine, gone], "li"),
        lambda: pools.release(team.lead, [mine], "no-need"),
        lambda: pools.assign(team.admin, [gone], "wang"),
        lambda: tags.tag(team.lead, [gone], ["vip"]),
        lambda: pools.assign(team.lead, [gone], "li"),
    )
    outcome = history.undo(team.lead)
    assert (outcome.changed, [r.id for r in outcome.refused]) == ((mine,), [gone])
    assert team.database.rows("SELECT customer_id FROM collaborator") == [(mine,)]
    check(team.database)


def test_only_administrators_take_back_a_run_with_a_step_of_theirs(team: Team) -> None:
    teams.edit(team.admin, "zhao", teams.Given(role="admin"))
    boss = team.sign_in("zhao")
    key = make(boss, "Acme")
    run = ran(boss, lambda: tags.tag(boss, [key], ["vip"]), lambda: rules.set_rule(boss, "pool.holding_cap", "5"))
    teams.edit(team.admin, "zhao", teams.Given(role="lead"))
    with pytest.raises(NotAllowed):
        history.undo(boss, run)
    assert team.database.rows("SELECT name FROM tag") == [("vip",)]
