"""What is told and taken out: collisions, exports, long lists; caps and the journal (DOMAIN §8, §4 P22)."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed
from crm_tui.services import customers, disclosures, history, interactions, lists, rules, teams
from crm_tui.services.customers import Draft
from crm_tui.services.interactions import Note
from crm_tui.services.lists import Query
from crm_tui.services.teams import Given
from tests.factories import Team, make
from tests.services.holding import pooled

SECRET = {"phone": "13812345678", "email": "boss@acme.cn", "region": "Wakanda", "note": "owes us money"}


def told(team: Team, name: str = "Acme") -> str:
    """What li is told who wants to make a customer of that name."""
    with pytest.raises(CrmError) as error:
        customers.new(team.li, Draft({"name": name}))
    return str(error.value)


def kept(team: Team) -> list[tuple[str, int | None, int]]:
    return team.database.rows("SELECT kind, customer_id, customers FROM disclosure ORDER BY id")


def test_p22_one_is_told_who_holds_it_the_stage_and_the_last_contact_and_no_more(team: Team) -> None:
    key = make(team.wang, "Acme", stage="intent", **SECRET)
    assert "held by wang, intent, no contact yet" in told(team)
    interactions.log(team.wang, [key], Note("gave a discount"))
    answer = told(team)
    assert "held by wang, intent, last contact 18 Nov" in answer
    assert not [word for word in (*SECRET.values(), "discount", str(key)) if word in answer.replace("18 Nov", "")]
    assert kept(team) == [("collision", key, 1), ("collision", key, 1)]


def test_p22_it_is_found_by_its_phone_under_another_name_too_when_names_are_the_same(team: Team) -> None:
    make(team.wang, "Acme Ltd.", phone="13812345678")
    assert "held by wang" in told(team, "ACME LTD")


def test_p22_so_often_a_day_and_then_only_that_it_is_there(team: Team) -> None:
    rules.set_rule(team.admin, "collision.daily_cap", "2")
    for n in range(3):
        make(team.wang, f"Acme {n}")
    assert ["held by wang" in told(team, f"Acme {n}") for n in range(3)] == [True, True, False]
    assert "it is there already" in told(team, "Acme 2")
    assert len(kept(team)) == 2
    team.clock.forward(days=1)
    assert "held by wang" in told(team, "Acme 2")


def test_p22_what_was_told_is_in_the_journal_and_nothing_takes_it_back(team: Team) -> None:
    make(team.wang, "Acme")
    told(team)
    entry = history.entries(team.li)[0]
    assert (entry["summary"], entry["undone"]) == ("told of a collision: customer 1", False)
    with pytest.raises(CrmError, match="nothing to undo"):
        history.undo(team.li)
    with pytest.raises(NotAllowed, match="shown or taken out"):
        history.undo(team.li, entry["id"])


def test_p22_one_in_ones_own_pool_is_named_and_one_elsewhere_is_not(team: Team) -> None:
    [key] = pooled(team)
    assert f"customer {key}" in told(team, "Firm A")
    assert kept(team) == []


@pytest.mark.parametrize("who", ["leaving", "denied", "service"])
def test_who_takes_no_data_out(team: Team, who: str) -> None:
    session = team.service if who == "service" else team.li
    if who == "leaving":
        make(team.li, "Acme")
        teams.leave(team.lead, "li")
    if who == "denied":
        teams.edit(team.admin, "li", Given(export=False))
    with pytest.raises(NotAllowed):
        disclosures.check_export(session, Query())


def test_a_rep_takes_out_the_own_customers_only_up_to_the_days_cap(team: Team) -> None:
    for n in range(3):
        make(team.li, f"Mine {n}")
    pooled(team, 2)
    make(team.wang, "Other")
    wanted = Query("stage:potential or tier:A")
    assert disclosures.own_only(team.li, wanted).filter == "owner:me (stage:potential or tier:A)"
    own = disclosures.own_only(team.li, Query())
    rules.set_rule(team.admin, "export.daily_cap", "5")
    assert disclosures.check_export(team.li, own) == 3
    disclosures.note_export(team.li, "export", 3, "owner:me")
    assert kept(team) == [("export", None, 3)]
    with pytest.raises(NotAllowed, match=r"3 customers are more than is left of the day's 5 \(3 taken out\)"):
        disclosures.check_export(team.li, own)
    assert disclosures.check_export(team.lead, Query()) == 6
    team.clock.forward(days=1)
    assert disclosures.check_export(team.li, own) == 3


def test_own_only_cannot_be_talked_round(team: Team) -> None:
    make(team.wang, "Other")
    mine = make(team.li, "Mine")
    pooled(team, 1)
    for text in ("name:x) or (id:>0", "id:>0 or id:>0", "-owner:me or owner:any", ") or ("):
        try:
            found = lists.page(team.li, disclosures.own_only(team.li, Query(text))).ids
        except CrmError:
            continue
        assert set(found) <= {mine}


def test_a_long_list_is_data_taken_out(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclosures, "BULK", 2)
    for n in range(4):
        make(team.li, f"Mine {n}")
    query = Query("owner:me")
    assert len(list(disclosures.listed(team.li, query, iter(range(4))))) == 4
    assert kept(team) == [("list", None, 4)]
    assert len(list(disclosures.listed(team.li, query, iter(range(2))))) == 2
    assert len(kept(team)) == 1
    pooled(team, 1)
    with pytest.raises(NotAllowed, match="one's own customers only"):
        list(disclosures.listed(team.li, Query(), iter(range(5))))
