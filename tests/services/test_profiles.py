from __future__ import annotations

import json
from typing import Any

import pytest

from crm_tui.domain.errors import Conflict, UsageError
from crm_tui.services import customers, history, lists, profiles, rules
from crm_tui.services.lists import Query
from tests.factories import Clock, Team, column, make


def stored(team: Team, key: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of the profile, and the day on which each was verified."""
    row = team.database.row("SELECT fields, verified FROM profile WHERE id = ?", (key,))
    assert row is not None
    return json.loads(row[0]), json.loads(row[1])


def test_a_field_is_checked_kept_in_one_form_and_marked_as_verified_today(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    clock.forward(days=5)
    outcome = profiles.edit(
        team.li, [key], {"phone": "138-1234-5678", "founded": "1998年", "revenue": "120万", "x.fair": "广交会"}
    )
    assert outcome.message == "Acme: phone, founded, revenue, x.fair changed"
    assert column(team.database, "phone", key) == "+8613812345678"
    fields, verified = stored(team, key)
    assert fields == {"founded": "1998", "revenue": "120000000 CNY", "fair": "广交会"}
    assert verified == dict.fromkeys(["phone", "founded", "revenue", "fair"], "2026-11-23") | {"name": "2026-11-18"}


def test_an_empty_text_clears_a_field_and_its_verification(team: Team) -> None:
    key = make(team.li, "Acme", phone="13812345678", founded="1998")
    profiles.edit(team.li, [key], {"phone": "", "founded": " "})
    assert column(team.database, "phone", key) is None
    assert stored(team, key) == ({}, {"name": "2026-11-18"})


def test_the_same_value_again_is_verified_again(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme", region="north")
    assert profiles.edit(team.li, [key], {"region": "north"}).changed == ()
    clock.forward(days=30)
    outcome = profiles.edit(team.li, [key], {"region": "north"})
    assert outcome.changed == (key,)
    assert outcome.entry_id is not None
    assert stored(team, key)[1]["region"] == "2026-12-18"
    assert history.undo(team.li).message == "undone: Acme: region changed"


def test_the_profile_is_stale_half_a_year_after_its_oldest_required_field(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme", phone="13812345678")
    clock.forward(days=10)
    profiles.edit(team.li, [key], {"phone": "13812345678", "address": "x"})
    assert column(team.database, "stale_on", key) == "2027-05-17"
    profiles.edit(team.li, [key], {"name": "Acme"})
    assert column(team.database, "stale_on", key) == "2027-05-27"
    rules.set_rule(team.admin, "profile.stale_days", "off")
    profiles.edit(team.sign_in("li"), [key], {"name": "Acme"})
    assert column(team.database, "stale_on", key) is None


def test_a_name_is_found_under_its_new_spelling_only(team: Team) -> None:
    key = make(team.li, "Acme")
    profiles.edit(team.li, [key], {"name": "宏达科技"})
    assert lists.page(team.li, Query("acme")).ids == []
    for text in ("宏达", "hongda", "hd", "科技"):
        assert lists.page(team.li, Query(text)).ids == [key], text
    assert column(team.database, "name_key", key) == "宏达科技"
    history.undo(team.li)
    assert lists.page(team.li, Query("acme")).ids == [key]


@pytest.mark.parametrize("given", [{"name": ""}, {"name": " \u200b "}, {"nmae": "x"}, {"birthday": "1980"}, {}])
def test_what_cannot_be_is_refused_whole(team: Team, given: dict[str, str]) -> None:
    key = make(team.li, "Acme", region="north")
    with pytest.raises(UsageError):
        profiles.edit(team.li, [key], {"region": "south", **given} if given else {})
    assert column(team.database, "region", key) == "north"


def test_a_form_that_was_opened_before_somebody_elses_change_is_not_written_over_it(team: Team) -> None:
    key = make(team.li, "Acme", region="north")
    opened = {key: team.li.one(key).version}
    profiles.edit(team.lead, [key], {"region": "south"})
    with pytest.raises(Conflict, match="Acme was changed by zhao meanwhile") as caught:
        profiles.edit(team.li, [key], {"region": "west"}, expected=opened)
    assert caught.value.exit_code == 4
    assert column(team.database, "region", key) == "south"
    assert profiles.edit(team.li, [key], {"region": "west"}, expected={key: team.li.one(key).version}).changed == (key,)


def test_a_form_notices_a_change_to_the_other_half_of_the_profile_too(team: Team) -> None:
    key = make(team.li, "Acme", founded="1998")
    opened = {key: team.li.one(key).version}
    profiles.edit(team.lead, [key], {"founded": "1999"})
    with pytest.raises(Conflict):
        profiles.edit(team.li, [key], {"founded": "2000"}, expected=opened)


def test_several_customers_are_edited_at_once(team: Team) -> None:
    keys = [make(team.li, "Acme"), make(team.li, "张伟", region="north")]
    outcome = profiles.edit(team.li, keys, {"region": "north"})
    assert outcome.changed == (keys[0],)
    assert outcome.message == "2 customers: region changed"


def test_hostile_text_is_cleaned(team: Team) -> None:
    key = make(team.li, "Acme")
    profiles.edit(team.li, [key], {"region": "no\x1brth\x07", "note": "a\r\nb\x9b", "x.y": "c\x00d"})
    assert column(team.database, "region || '|' || note", key) == "north|a\nb"
    assert stored(team, key)[0]["y"] == "cd"


def test_completeness_counts_what_the_tier_requires_with_a_contacts_phone_and_role(team: Team) -> None:
    key = make(team.li, "Acme", source="fair")
    facts = team.li.one(key)
    values, _ = profiles.customers.values(team.database, key)
    found = profiles.complete(team.li, facts, values)
    assert (found.percent, [f.identifier for f in found.missing]) == (66, ["phone"])
    customers.contacts.add(team.li, key, {"name": "张伟", "phone": "13812345678", "role": "user"})
    assert profiles.complete(team.li, facts, values).percent == 100


@pytest.mark.parametrize("text", ["a@b.co;c@d.co", "a@b@c.co", "a@b.co,c@d.co", "a b@c.co", "@c.co", "a@co"])
def test_two_addresses_or_none_are_no_mail(text: str) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        profiles.check_email(text)
