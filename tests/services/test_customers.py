from __future__ import annotations

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.services import customers, lists, pools, rules
from crm_tui.services.customers import Draft
from crm_tui.services.lists import Query
from tests.factories import Clock, Team, column, day, follow_ups, make


def test_a_new_customer_is_a_potential_d_of_its_maker_with_a_first_contact_next_working_day(team: Team) -> None:
    key = make(team.li, "Acme")
    row = team.database.row(
        "SELECT stage, scheme, tier, tier_rank, owner_id, pool_id, next_on, next_at, held_since,"
        " created_at, created_by FROM customer"
    )
    now = "2026-11-18 02:00:00"
    assert row == ("potential", "abcd", "D", 3, team.li.person.id, None, day(1), None, now, now, team.li.person.id)
    assert follow_ups(team.database, key) == [("first_contact", "", day(1), day(1), None)]
    assert team.database.rows("SELECT from_stage, to_stage, days FROM stage_change") == [(None, "potential", None)]
    assert team.database.rows("SELECT scheme, from_tier, to_tier FROM tier_change") == [("abcd", None, "D")]


def test_over_a_weekend_the_first_contact_waits_for_monday(team: Team, clock: Clock) -> None:
    clock.forward(days=2)
    assert follow_ups(team.database, make(team.li, "Acme"))[0][2] == day(5)


def test_the_next_working_day_is_counted_from_the_day_of_the_user(team: Team, clock: Clock) -> None:
    clock.forward(hours=14)  # Thursday 00:00 in Shanghai, still Wednesday in universal time
    assert follow_ups(team.database, make(team.li, "Acme"))[0][2] == day(2)


def test_a_customer_made_for_the_pool_promises_nothing(team: Team) -> None:
    key = make(team.admin, "Acme", owner="pool")
    assert follow_ups(team.database, key) == []
    assert team.database.row("SELECT owner_id, pool_id, held_since FROM customer") == (None, 1, None)


def test_stage_tier_and_holder_may_be_given(team: Team) -> None:
    key = make(team.lead, "Acme", stage="actual", tier="a", owner="wang")
    assert column(team.database, "stage || tier || tier_rank", key) == "actualA0"
    assert column(team.database, "owner_id", key) == team.wang.person.id


@pytest.mark.parametrize("owner", ["zhao", "root"])
def test_a_rep_gives_no_customer_to_others(team: Team, owner: str) -> None:
    with pytest.raises(NotAllowed):
        make(team.li, "Acme", owner=owner)


@pytest.mark.parametrize("owner", ["nobody", "sun"])
def test_nobody_and_service_hold_nothing(team: Team, owner: str) -> None:
    with pytest.raises(UsageError):
        make(team.lead, "Acme", owner=owner)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": " \x1b\x07 "}, "needs a name"),
        ({"name": "Acme", "phone": "abc"}, 'phone "abc" is not a number'),
        ({"name": "Acme", "email": "abc"}, 'email "abc" is not an address'),
        ({"name": "Acme", "regoin": "north"}, 'unknown field "regoin"'),
        ({"name": "Acme", "birthday": "1980-05-17"}, "kind organization has no field"),
        ({"name": "Acme", "headcount": "many"}, 'headcount "many"'),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(team: Team, given: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        customers.new(team.li, Draft(given))
    assert team.database.value("SELECT count(*) FROM customer") == 0
    assert team.database.value("SELECT count(*) FROM journal_entry WHERE user_id = ?", (team.li.person.id,)) == 0


def test_a_contact_without_a_name_is_not_dropped_in_silence(team: Team) -> None:
    with pytest.raises(UsageError, match="a contact needs a name"):
        make(team.li, "Acme", contact={"phone": "13812345678"})


def test_hostile_text_is_kept_without_what_steers_a_terminal(team: Team) -> None:
    key = make(team.li, "Ac\x1b]0;x\x07me [/b]\u202e", note="a\x9b2J\nb", contact={"name": "张\x00伟"})
    assert column(team.database, "name", key) == "Ac]0;xme [/b]"
    assert column(team.database, "note", key) == "a2J\nb"
    assert team.database.value("SELECT name FROM contact") == "张伟"


def test_the_same_customer_is_not_made_twice_unless_one_insists(team: Team) -> None:
    key = make(team.li, "宏达科技有限公司")
    with pytest.raises(CrmError, match=f"there already: customer {key}; add --anyway"):
        make(team.li, "宏达科技")
    with pytest.raises(CrmError, match="held by li, potential, no contact yet"):
        make(team.wang, "宏达 科技 有限公司")
    make(team.wang, "宏达科技", anyway=True)


@pytest.mark.parametrize("number", ["13812345678", "+86 138-1234-5678"])
def test_another_phone_makes_another_customer(team: Team, number: str) -> None:
    make(team.li, "Acme", phone="13812345678")
    make(team.li, "Acme", phone="13900000000")
    with pytest.raises(CrmError, match="there already"):
        make(team.li, "Acme", phone=number)
    make(team.li, "Acme", kind="person", phone=number)


def test_a_rep_at_the_holding_cap_adds_nothing_but_a_lead_does(team: Team) -> None:
    rules.set_rule(team.admin, "pool.holding_cap", "2")
    li = team.sign_in("li")
    first = make(li, "A")
    make(li, "B")
    with pytest.raises(CrmError, match="the holding cap of 2 is reached"):
        make(li, "C")
    make(li, "D", stage="actual")
    with pytest.raises(CrmError, match="holding cap"):
        make(team.sign_in("zhao"), "C", owner="li")
    customers.archive(li, [first])
    with pytest.raises(CrmError, match="holding cap"):
        make(li, "C")
    for name in "EFG":
        make(team.sign_in("zhao"), name)


def test_a_pasted_line_makes_a_customer_with_its_contact(team: Team) -> None:
    outcome = customers.paste(team.li, "华为技术有限公司 张伟 13812345678 急用")
    [key] = outcome.changed
    assert column(team.database, "name || ' ' || kind || ' ' || note", key) == "华为技术有限公司 organization 急用"
    assert team.database.row("SELECT name, phone, is_primary FROM contact") == ("张伟", "+8613812345678", 1)
    assert lists.page(team.li, Query("zhangwei")).ids == [key]
    assert lists.page(team.li, Query("1234")).ids == [key]


def test_a_pasted_person_has_the_number_itself(team: Team) -> None:
    [key] = customers.paste(team.li, "张伟，13812345678").changed
    assert column(team.database, "kind || phone", key) == "person+8613812345678"


def test_an_archived_customer_is_in_no_list_until_it_is_brought_back(team: Team) -> None:
    key = make(team.li, "Acme")
    assert customers.archive(team.li, [key]).message == "Acme: archived"
    assert lists.count(team.li, Query()) == 0
    assert lists.page(team.li, Query("archived:yes")).ids == [key]
    again = customers.archive(team.li, [key])
    assert (again.message, again.changed) == ("nothing was changed", ())
    assert customers.archive(team.li, [key], back=True).message == "Acme: back in the lists"
    assert lists.count(team.li, Query()) == 1


def test_a_twin_is_told_by_the_number_that_lists_show(team: Team) -> None:
    customers.paste(team.li, "华为技术有限公司 张伟 13812345678")
    with pytest.raises(CrmError, match="is there already"):
        customers.paste(team.li, "华为技术 李雷 13812345678")
    assert customers.paste(team.li, "华为技术有限公司 李雷 13912345678").changed


def test_what_is_archived_counts_towards_the_holding_cap_still_and_comes_back_at_will(team: Team) -> None:
    rules.set_rule(team.admin, "pool.holding_cap", "2")
    keys = [make(team.li, "First"), make(team.li, "Second"), make(team.li, "Bought", stage="actual")]
    customers.archive(team.li, keys)
    assert pools.holding(team.li) == "holding 2/2"
    with pytest.raises(CrmError, match="the holding cap of 2 is reached"):
        make(team.li, "Third")
    rules.set_rule(team.admin, "pool.holding_cap", "1")
    assert customers.archive(team.li, keys, back=True).changed == tuple(keys)
