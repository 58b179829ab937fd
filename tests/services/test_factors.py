"""Why customers buy: judged, shown, typical of a tier, and what is said when a note or an offer goes against it."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import CrmError
from crm_tui.services import cards, deals, factors, history, interactions, tiers
from crm_tui.services.deals import Draft
from crm_tui.services.interactions import Note
from tests.factories import Team, make


def test_a_ranking_is_judged_shown_and_taken_back(team: Team) -> None:
    key = make(team.li, "Acme")
    found = factors.judge(team.li, [key], "trust>partner>price", evidence="asked for references")
    assert found.message == "Acme buys for: trusted supplier > innovating partner > price"
    assert factors.shown(team.li, key) == "buys for: trusted supplier > innovating partner > price"
    factors.judge(team.li, [key], "price", occasion="spare parts")
    factors.judge(team.li, [key], "price>supplier", occasion="Spare Parts")
    assert [(row["occasion"], row["ranking"]) for row in factors.listed(team.li, key).data] == [
        ("", ["supplier", "partner", "price"]), ("spare parts", ["price", "supplier"]),
    ]  # fmt: skip
    section = next(one for one in cards.card(team.li, key).sections if one.name == "factors")
    assert [row.label for row in section.rows] == ["in general", "spare parts"]
    history.undo(team.li)
    assert factors.listed(team.li, key).data[1]["ranking"] == ["price"]
    assert factors.forget(team.li, [key]).changed == (key,)
    assert factors.forget(team.li, [key]).message == "there is nothing to remove"
    assert factors.shown(team.li, key) == "buys for: price"


@pytest.mark.parametrize(("text", "warned"), [
    ("offered ten percent discount", True), ("five years of warranty", False), ("", False),
])  # fmt: skip
def test_a_note_or_an_offer_against_it_is_warned_of_and_kept(team: Team, text: str, warned: bool) -> None:
    key = make(team.li, "Acme")
    factors.judge(team.li, [key], "supplier>partner>price")
    said = "it buys for: trusted supplier; this speaks of: price"
    assert (said in interactions.log(team.li, [key], Note(text)).message) is warned
    assert (said in deals.add(team.li, key, Draft(note=text)).message) is warned


def test_others_customers_have_no_rankings_for_one(team: Team) -> None:
    theirs = make(team.wang, "Theirs")
    factors.judge(team.wang, [theirs], "price")
    assert factors.judge(team.li, [theirs], "supplier").refused[0].reason == f"there is no customer {theirs}"
    with pytest.raises(CrmError):
        factors.listed(team.li, theirs)
    assert factors.typical_rankings(team.li).data == ()


def test_the_ranking_typical_of_a_tier_goes_by_the_customers_that_one_sees(team: Team) -> None:
    abcd = team.li.settings.schemes["abcd"]
    for n, ranking in enumerate(("price>supplier", "price>partner>supplier", "supplier>price")):
        key = make(team.li, f"C{n}")
        tiers.assign(team.li, [key], "A", abcd)
        factors.judge(team.li, [key], ranking)
    other = make(team.wang, "Theirs")
    tiers.assign(team.wang, [other], "A", abcd)
    factors.judge(team.wang, [other], "partner")
    found = factors.typical_rankings(team.li)
    assert found.lines == ("意A: price > trusted supplier > innovating partner (3 customers)",)
    assert factors.typical_rankings(team.lead).data[0]["customers"] == 4
    assert "typical of 意A: price > trusted supplier > innovating partner" in factors.listed(team.li, key).lines
