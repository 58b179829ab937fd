"""Who comes second overwrites nothing unseen, and is told the three values of every field that differs."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import Conflict
from crm_tui.services import contacts, followups, profiles, stages
from tests.factories import Team, column, in_days, make


def row(state: str, field: str, before: str | None, theirs: str, mine: str) -> dict[str, str | None]:
    return {"field": field, "before": before, "theirs": theirs, "mine": mine, "state": state}


def fields(error: Conflict) -> list[dict[str, str | None]]:
    names = ("field", "before", "theirs", "mine", "state")
    return sorted(({name: one[name] for name in names} for one in error.data), key=lambda one: str(one["field"]))


def test_the_three_values_of_each_field_are_told(team: Team) -> None:
    key = make(team.li, "Acme", region="north", phone="13812345678", revenue="120万", note="one\ntwo")
    then = column(team.database, "version", key)
    profiles.edit(team.lead, [key], {"region": "south", "phone": "", "x.fair": "广交会", "note": "one"})
    given = {"region": "west", "revenue": "130万", "industry": "steel", "phone": "13812345678"}
    with pytest.raises(Conflict) as caught:
        profiles.edit(team.li, [key], given, expected={key: then})
    assert fields(caught.value) == [
        row("mine", "industry", "", "", "steel"), row("theirs", "note", "one\ntwo", "one", "one\ntwo"),
        row("theirs", "phone", "+8613812345678", "", "+8613812345678"), row("both", "region", "north", "south", "west"),
        row("mine", "revenue", "1,200,000.00 CNY", "1,200,000.00 CNY", "1,300,000.00 CNY"),
        row("theirs", "x.fair", "", "广交会", ""),
    ]  # fmt: skip
    now = column(team.database, "version", key)
    assert {(one["id"], one["version"]) for one in caught.value.data} == {(key, now)}
    assert "region: before north · theirs south · mine west" in caught.value.lines
    assert "note: before one ⏎ two · theirs one · mine one ⏎ two" in caught.value.lines
    assert str(caught.value) == (
        "Acme was changed by zhao meanwhile (region, note, x.fair, phone); nothing was overwritten:"
        f" it is at version {now} now"
    )
    assert column(team.database, "region", key) == "south"
    assert profiles.edit(team.li, [key], given, expected={key: now}).changed == (key,)


def test_what_is_no_field_of_the_form_is_no_conflict(team: Team) -> None:
    key = make(team.li, "Acme", region="north")
    then = column(team.database, "version", key)
    stages.move(team.lead, [key], "intent")
    followups.set_next(team.lead, [key], in_days(3))
    assert column(team.database, "version", key) > then
    profiles.edit(team.li, [key], {"region": "west"}, expected={key: then})
    assert column(team.database, "region", key) == "west"


def test_the_same_change_by_both_is_no_conflict(team: Team) -> None:
    key = make(team.li, "Acme", region="north")
    then = column(team.database, "version", key)
    profiles.edit(team.lead, [key], {"region": "west"})
    profiles.edit(team.li, [key], {"region": "west", "industry": "steel"}, expected={key: then})
    assert column(team.database, "industry", key) == "steel"


@pytest.mark.parametrize("version", [-1, 0, 99])
def test_a_version_that_nobody_knows_is_a_conflict_whatever_was_changed(team: Team, version: int) -> None:
    key = make(team.li, "Acme", region="north")
    with pytest.raises(Conflict, match="someone else") as caught:
        profiles.edit(team.li, [key], {"region": "west"}, expected={key: version})
    assert fields(caught.value) == [row("both", "region", None, "north", "west")]


def test_contacts_meet_in_the_same_way(team: Team) -> None:
    key = make(team.li, "Acme", contact={"name": "张伟", "phone": "13800138000"})
    profiles.edit(team.lead, [key], {"region": "north"})  # the customer's row is not the contact's
    contacts.edit(team.li, 1, {"title": "boss"}, expected=1)
    contacts.edit(team.lead, 1, {"phone": "", "role": "user"}, expected=2)
    with pytest.raises(Conflict) as caught:
        contacts.edit(team.li, 1, {"title": "chief", "role": "champion"}, expected=2)
    assert fields(caught.value) == [
        row("theirs", "phone", "+8613800138000", "", "+8613800138000"), row("both", "role", "", "user", "champion"),
        row("mine", "title", "boss", "boss", "chief"),
    ]  # fmt: skip
    assert caught.value.data[0] | {"contact": 1, "customer": key, "version": 3} == caught.value.data[0]
    assert str(caught.value).startswith("张伟 was changed by zhao meanwhile (role, phone)")
    assert team.database.rows("SELECT title, role, phone FROM contact") == [("boss", "user", None)]
    contacts.edit(team.li, 1, {"title": "chief", "role": "champion"}, expected=3)
    assert team.database.rows("SELECT title, role, phone FROM contact") == [("chief", "champion", None)]
