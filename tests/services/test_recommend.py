"""To whom a new product is offered first, with what rights, and how far it comes."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.services import cards, entry_lines, history, lists, pools, recommend, tags
from tests.factories import Team, make


def offer(team: Team, login: str = "admin", **more: object) -> list[tuple[str, float]]:
    session = getattr(team, login)
    found = recommend.to_whom(session, "Router 3", ["Router 2"], **more)  # type: ignore[arg-type]
    return [(row["name"], row["score"]) for row in found.data]


@pytest.fixture
def sold(team: Team) -> Team:
    """Routers, cables and paper; the router 3 is new."""
    team.product("Router 3", "network")
    acme, beta, gamma, delta = (make(team.li, name) for name in ("Acme", "Beta", "Gamma", "Delta"))
    theirs = make(team.wang, "Theirs")
    for day in ("2026-05-04", "2026-07-01", "2026-09-10"):
        team.order(acme, day, 100_00, product="Router 2", category="network")
    team.order(beta, "2026-08-01", 100_00, product="Router 1", category="network")
    team.order(beta, "2026-08-02", 100_00, product="Paper", category="office")
    team.order(gamma, "2026-08-01", 100_00, product="Paper", category="office")
    team.order(delta, "2026-08-01", 100_00, product="Router 3", category="network")
    team.order(theirs, "2026-08-01", 100_00, product="Router 2", category="network")
    return team


def test_who_bought_its_like_comes_first_and_says_why(sold: Team) -> None:
    found = recommend.to_whom(sold.li, "router3", ["ROUTER2"])
    assert [(row["name"], row["score"]) for row in found.data] == [("Acme", 80.0), ("Beta", 15.0)]
    assert found.data[0]["reasons"] == [
        "bought Router 2 3 times, last 2026-09-10", "100 % of its sales in network",
    ]  # fmt: skip
    assert found.message == "2 customers for Router 3"


def test_one_sees_ones_own_customers_in_it_and_no_others(sold: Team) -> None:
    assert "Theirs" in dict(offer(sold))
    assert "Theirs" not in dict(offer(sold, "li"))
    assert dict(offer(sold, "wang")) == {"Theirs": 46.7}


def test_a_cancelled_order_and_one_taken_back_do_not_count(sold: Team) -> None:
    other = make(sold.li, "Other")
    sold.order(other, "2026-08-01", 100_00, product="Router 2", category="network", state="cancelled")
    back = make(sold.li, "Back")
    sold.order(back, "2026-08-01", 100_00, product="Router 2", category="network")
    sold.order(back, "2026-08-03", -100_00, product="Router 2", category="network", quantity=-1)
    assert {"Other", "Back"}.isdisjoint(dict(offer(sold, "li")))


def test_problem_blocked_and_opted_out_customers_are_left_out_and_counted(sold: Team) -> None:
    ids = {row["name"]: row["id"] for row in recommend.to_whom(sold.admin, "Router 3", ["Router 2"]).data}
    tags.tag(sold.li, [ids["Acme"]], ["opt-out"])
    pools.block(sold.lead, [ids["Theirs"]], "court case")
    with sold.admin.changing() as change:
        change.insert(
            "customer_tier",
            [{"customer_id": ids["Beta"], "scheme": "value", "tier": "problem", "reason": "", "by_hand": False,
              "until_on": None, "computed": "problem", "computed_from": None, "computed_to": None}],
        )  # fmt: skip
    found = recommend.to_whom(sold.admin, "Router 3", ["Router 2"])
    assert found.data == ()
    assert found.message == "0 customers for Router 3; left out: problem customers 1, blocked 1, want no offers 1"


def test_a_filter_a_limit_and_a_support_narrow_it(sold: Team) -> None:
    assert [name for name, __ in offer(sold, condition="name:Beta")] == ["Beta"]
    assert len(offer(sold, limit=1)) == 1
    for n in range(3):
        key = make(sold.li, f"Both {n}")
        sold.order(key, "2026-08-01", 100, product="Cable")
        sold.order(key, "2026-08-01", 100, product="Router 2", category="network")
    cable = make(sold.li, "Only cable")
    sold.order(cable, "2026-08-01", 100, product="Cable")
    assert "Only cable" in dict(offer(sold, support=3))
    assert "Only cable" not in dict(offer(sold, support=4))


@pytest.mark.parametrize(("new", "like"), [("Ruter 3", "Router 2"), ("Router 3", "Rooter 2"), ("Router 3", "router 3")])
def test_a_product_that_is_not_there_or_like_itself_is_refused(sold: Team, new: str, like: str) -> None:
    with pytest.raises(UsageError):
        recommend.to_whom(sold.li, new, [like])


def test_a_push_comes_on_step_by_step_and_is_taken_back(sold: Team) -> None:
    acme, beta = (row["id"] for row in recommend.to_whom(sold.li, "Router 3", ["Router 2"]).data)
    assert recommend.push(sold.li, [acme, beta], "Router 3", "pushed").changed == (acme, beta)
    partly = recommend.push(sold.li, [acme], "Router 3", "offered")
    assert partly.refused[0].reason == "from pushed it goes on to interested or not interested"
    keen = recommend.push(sold.li, [acme], "Router 3", "interested", "asked for a price")
    assert keen.proposal == ('deal add --product "Router 3"', "a deal for Router 3")
    assert recommend.pushed(sold.li, "Router 3").message == "Router 3: pushed 1, interested 1"
    history.undo(sold.li)
    assert recommend.pushed(sold.li, "Router 3").message == "Router 3: pushed 2"
    assert recommend.pushed(sold.wang, "Router 3").message == "Router 3 was pushed to nobody"
    refused = recommend.push(sold.wang, [acme], "Router 3", "interested").refused
    assert refused[0].reason == f"there is no customer {acme}"


def test_who_is_not_interested_is_not_offered_it_again(sold: Team) -> None:
    acme, beta = (row["id"] for row in recommend.to_whom(sold.li, "Router 3", ["Router 2"]).data)
    recommend.push(sold.li, [acme, beta], "Router 3", "pushed")
    recommend.push(sold.li, [acme], "Router 3", "declined")
    found = recommend.to_whom(sold.li, "Router 3", ["Router 2"])
    assert [(row["id"], row["state"]) for row in found.data] == [(beta, "pushed")]
    assert found.message.endswith("left out: not interested 1")


def test_to_push_again_changes_nothing_and_is_no_failure(sold: Team) -> None:
    acme, __ = (row["id"] for row in recommend.to_whom(sold.li, "Router 3", ["Router 2"]).data)
    recommend.push(sold.li, [acme], "Router 3", "pushed")
    again = recommend.push(sold.li, [acme], "Router 3", "pushed")
    assert (again.exit_code, again.changed, again.message) == (0, (), "Acme: already pushed")
    assert recommend.push(sold.li, [acme], "Router 3", "pushed", "asked again").changed == (acme,)


def test_many_names_are_data_taken_out(sold: Team) -> None:
    for n in range(25):
        sold.order(make(sold.li, f"Buyer {n}"), "2026-08-01", 100, product="Router 2", category="network")
    taken = "SELECT count(*) FROM disclosure"
    before = sold.database.value(taken)
    recommend.to_whom(sold.li, "Router 3", ["Router 2"], limit=5)
    assert sold.database.value(taken) == before
    recommend.to_whom(sold.li, "Router 3", ["Router 2"])
    assert sold.database.value(taken) == before + 1


def test_how_far_it_has_come_stands_in_lists_on_the_card_and_in_the_journal(sold: Team) -> None:
    acme, beta = (row["id"] for row in recommend.to_whom(sold.li, "Router 3", ["Router 2"]).data)
    first = recommend.push(sold.li, [acme, beta], "Router 3", "pushed")
    keen = recommend.push(sold.li, [acme], "Router 3", "interested", "asked for a price")
    found = recommend.to_whom(sold.li, "Router 3", ["Router 2"])
    assert [row["state"] for row in found.data] == ["interested", "pushed"]
    said = "interested; bought Router 2 3 times, last 2026-09-10; 100 % of its sales in network"
    assert found.these[0] == (acme, said)
    assert found.proposal == ('push "Router 3"', "mark whom to tell of it")
    [section] = [one for one in cards.card(sold.li, acme).sections if one.name == "pushes"]
    assert (section.rows[0].label, section.rows[0].text) == ("Router 3", "interested: asked for a price")
    assert entry_lines.lines(sold.li, first.entry_id or 0) == ["Acme: new product pushed", "Beta: new product pushed"]
    assert entry_lines.lines(sold.li, keen.entry_id or 0) == ["Acme: new product: interested"]
    assert lists.page(sold.li, lists.Query("push:router push.state:interested")).ids == [acme]
    assert list(lists.context(sold.li).known("push", "rou")) == ["Router 3"]
    assert list(lists.context(sold.wang).known("push", "")) == []
