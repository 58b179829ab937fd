"""What is told and taken out: collisions, exports, long lists; caps and the journal (DOMAIN §8, §4 P22)."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed
from crm_tui.services import (
    collaborations,
    customers,
    disclosures,
    history,
    interactions,
    lists,
    pools,
    rules,
    teams,
)
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


def test_p22_so_often_a_day_and_then_nothing_whether_it_is_there_or_not(team: Team) -> None:
    rules.set_rule(team.admin, "collision.daily_cap", "2")
    for n in range(3):
        make(team.wang, f"Acme {n}")
    assert ["held by wang" in told(team, f"Acme {n}") for n in range(3)] == [True, True, False]
    assert len(kept(team)) == 2
    mine = make(team.lead, "Mine", owner="li")
    beyond = told(team, "Acme 2")
    assert "that is the cap" in beyond
    assert told(team, "Nobody's") == beyond
    for name in ("Acme 2", "Nobody's"):
        with pytest.raises(CrmError) as error:
            collaborations.ask(team.li, name)
        assert str(error.value) == beyond
    assert f"customer {mine}" in told(team, "Mine"), "what one sees is no secret"
    assert customers.new(team.li, Draft({"name": "Acme 2"}, anyway=True)).changed
    team.clock.forward(days=1)
    assert "held by wang" in told(team, "Acme 1")


def test_p22_what_one_does_not_see_is_compared_by_name_and_kind_only(team: Team) -> None:
    make(team.wang, "Acme", phone="13812345678", tax_number="91X")
    for phone in ("13812345678", "13900000000"):
        with pytest.raises(CrmError, match="held by wang"):
            customers.new(team.li, Draft({"name": "Acme", "phone": phone}))
    assert len(kept(team)) == 2
    [key] = pooled(team, phone="13812345678")
    with pytest.raises(CrmError, match=f"customer {key}"):
        customers.new(team.li, Draft({"name": "Firm A", "phone": "13900000000"}))
    assert customers.new(team.lead, Draft({"name": "Firm A", "phone": "13900000000"})).changed, "leads see the number"


def test_p22_a_dry_run_does_not_tell_whether_it_is_there(team: Team) -> None:
    make(team.wang, "Acme")
    team.li.trial = True
    answers = set()
    for name in ("Acme", "Nobody's"):
        with pytest.raises(CrmError) as error:
            collaborations.ask(team.li, name)
        answers.add(str(error.value))
    assert len(answers) == 1
    assert customers.new(team.li, Draft({"name": "Acme"})).changed
    make(team.lead, "Mine", owner="li")
    with pytest.raises(CrmError, match="there already"):
        customers.new(team.li, Draft({"name": "Mine"}))
    assert kept(team) == []


def test_p22_what_nobody_holds_is_for_a_lead_to_tell_and_not_to_be_asked_for(team: Team) -> None:
    pools.block(team.lead, [make(team.li, "坏公司")], "fraud")
    assert told(team, "坏公司") == "坏公司: it is there already, and held by nobody: ask a lead"
    assert len(kept(team)) == 1


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


def test_two_sessions_share_one_days_cap(team: Team) -> None:
    for n in range(3):
        make(team.li, f"Mine {n}")
    rules.set_rule(team.admin, "export.daily_cap", "5")
    other, own = team.sign_in("li"), Query("owner:me")
    assert [disclosures.check_export(one, own) for one in (team.li, other)] == [3, 3]
    disclosures.note_export(team.li, "export", 3, "mine")
    with pytest.raises(NotAllowed, match="left of the day's 5"):
        disclosures.note_export(other, "export", 3, "mine")
    assert kept(team) == [("export", None, 3)]


def test_more_than_a_few_rows_of_a_list_are_data_taken_out(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclosures, "FEW", 2)
    keys = [make(team.li, f"Mine {n}") for n in range(4)]
    query = Query("owner:me")
    for limit in (0, 2):
        disclosures.check_list(team.li, query, limit)
    disclosures.check_list(team.li, Query("name:9"), None)
    disclosures.check_queue(team.li, keys[:2], "")
    assert kept(team) == []
    rules.set_rule(team.admin, "export.daily_cap", "10")
    disclosures.check_list(team.li, query, 3)
    disclosures.check_list(team.li, query, None)
    disclosures.check_queue(team.li, keys[:3], "")
    assert kept(team) == [("list", None, 3), ("list", None, 4), ("list", None, 3)]
    checks = (lambda: disclosures.check_list(team.li, query, 3), lambda: disclosures.check_queue(team.li, keys, ""))
    for check in checks:
        with pytest.raises(NotAllowed, match="left of the day's 10"):
            check()
    disclosures.check_list(team.lead, Query(), None)


@pytest.mark.parametrize("who", ["leaving", "denied", "service"])
def test_who_takes_nothing_out_sees_a_few_rows_of_a_list(team: Team, who: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclosures, "FEW", 2)
    keys = [make(team.li, f"Mine {n}") for n in range(3)]
    session = team.service if who == "service" else team.li
    if who == "leaving":
        teams.leave(team.lead, "li")
    if who == "denied":
        teams.edit(team.admin, "li", Given(export=False))
    disclosures.check_list(session, Query(), 2)
    disclosures.check_queue(session, keys[:2], "")
    checks = (lambda: disclosures.check_list(session, Query(), 3), lambda: disclosures.check_queue(session, keys, ""))
    for check in checks:
        with pytest.raises(NotAllowed, match="--limit 2 shows the first"):
            check()
    assert kept(team) == []


def test_in_bulk_a_reps_list_is_of_the_reps_own_customers(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclosures, "FEW", 1)
    monkeypatch.setattr(disclosures, "BULK", 2)
    keys = [make(team.li, f"Mine {n}") for n in range(3)]
    keys += pooled(team, 1)
    disclosures.check_list(team.li, Query("owner:me"), None)
    disclosures.check_list(team.li, Query(), 2)
    disclosures.check_queue(team.li, keys[:3], "")
    checks = (lambda: disclosures.check_list(team.li, Query(), 3), lambda: disclosures.check_queue(team.li, keys, ""))
    for check in checks:
        with pytest.raises(NotAllowed, match="one's own customers only"):
            check()
    assert [n for __, ___, n in kept(team)] == [3, 2, 3]
