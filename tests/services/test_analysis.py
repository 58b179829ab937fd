"""Every report against a plain computation over the same facts; nobody's figures hold others' customers."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import perform, prepare
from crm_tui.commands.language import read
from crm_tui.domain.analysis import ABOUT, sales
from crm_tui.domain.errors import UsageError
from crm_tui.domain.schemes import shipped
from crm_tui.services import analysis, collaborations, history, lists, pools, stages, teams, tiers
from crm_tui.services.analysis import Asked
from crm_tui.services.interactions import Note, log
from crm_tui.services.session import Session
from tests.factories import TODAY, Team, make

FIRST, LAST = "2025-11-01", "2026-10-31"
BEFORE = ("2024-11-01", "2025-10-31")


@dataclass
class Firm:
    """A customer and its facts, as they were made."""

    id: int
    owner: str
    name: str
    source: str
    orders: list[tuple[str, int, int | None, str]] = field(default_factory=list)
    dues: list[tuple[str, int, str | None, int]] = field(default_factory=list)
    wallet: int | None = None

    def sales(self, first: str = FIRST, last: str = LAST) -> int:
        return sum(amount for day, amount, __, ___ in self.orders if first <= day <= last)


def world(team: Team, seed: int = 1) -> list[Firm]:
    """Customers of two reps and of the pool, with orders, dues, payments and estimates."""
    chance = random.Random(seed)
    firms = []
    for n in range(14):
        session, owner = [(team.li, "li"), (team.wang, "wang"), (team.admin, "")][n % 3]
        source = chance.choice(["expo", "Expo", "web"])
        given = {"source": source, **({} if owner else {"owner": "pool"})}
        firm = Firm(make(session, f"Firma {n}", **given), owner, f"Firma {n}", source.casefold())
        for __ in range(chance.choice([0, 1, 3, 5])):
            day = f"{chance.choice([2025, 2026])}-{chance.randint(1, 10):02}-{chance.randint(1, 28):02}"
            amount, product = chance.randrange(0, 90_000, 7), chance.choice("XYZ")
            cost = chance.choice([None, amount // 2, amount // 3])
            team.order(firm.id, day, amount, cost=cost, product=product)
            firm.orders.append((day, amount, cost, product))
        team.order(firm.id, "2026-05-05", 1_000_000, state="draft")
        for __ in range(chance.choice([0, 1, 2])):
            due, amount = f"2026-{chance.randint(1, 11):02}-15", chance.randint(1_000, 9_000)
            part, paid = chance.choice([0, amount // 2, amount]), f"2026-{chance.randint(2, 11):02}-16"
            key = team.due(firm.id, due, amount)
            if part:
                team.paid(firm.id, paid, part, key)
            firm.dues.append((due, amount, paid if part else None, part))
        if chance.random() < 0.5:
            firm.wallet = chance.randint(20_000, 400_000)
            team.wallet(firm.id, firm.wallet)
        firms.append(firm)
    return firms


def of(session: Session, firms: list[Firm]) -> list[Firm]:
    """Those that the session reports about."""
    return [firm for firm in firms if session.person.role in ("admin", "lead") or firm.owner == session.person.login]


def told(session: Session, name: str, **more: Any) -> list[dict[str, Any]]:
    return list(analysis.report(session, Asked(name, **more)).data)


def behind(session: Session, name: str, place: int, **more: Any) -> set[int]:
    """The customers of the list that a row leads to."""
    asked = Asked(name, **more)
    row = analysis.make(session, asked).rows[place]
    return {key for some in lists.every(session, analysis.behind(session, asked, row)) for key in some}


@pytest.fixture(params=[1, 2])
def firms(team: Team, request: pytest.FixtureRequest) -> list[Firm]:
    return world(team, request.param)


@pytest.fixture(params=["admin", "li", "wang"])
def reader(team: Team, request: pytest.FixtureRequest) -> Session:
    found: Session = getattr(team, request.param)
    return found


def test_pareto(firms: list[Firm], reader: Session) -> None:
    mine = of(reader, firms)
    sales = sorted((firm.sales() for firm in mine if firm.sales() > 0), reverse=True)
    classes: dict[str, list[int]] = {"A": [], "B": [], "C": []}
    for value in sales:
        above = sum(other for other in sales if other > value)
        name = "A" if above < 0.8 * sum(sales) else "B" if above < 0.95 * sum(sales) else "C"
        classes[name].append(value)
    rows = told(reader, "pareto")
    assert [(row["customers"], row["sales"]) for row in rows[:3]] == [(len(v), sum(v)) for v in classes.values()]
    assert rows[3]["customers"] == len(mine) - len(sales)
    for place, row in enumerate(rows):
        assert len(behind(reader, "pareto", place)) == row["customers"]
    assert behind(reader, "pareto", 3) == {firm.id for firm in mine if firm.sales() <= 0}


@pytest.mark.parametrize("name", ["tiers", "stages"])
@pytest.mark.parametrize("by", ["source", "owner"])
def test_tiers_and_stages_by_origin(firms: list[Firm], reader: Session, name: str, by: str) -> None:
    expected: dict[Any, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for firm in of(reader, firms):
        sums = expected[firm.source if by == "source" else firm.owner or None]
        dues = [one for one in firm.dues if FIRST <= one[0] <= LAST]
        collected = sum(part for __, ___, paid, part in dues if paid and paid <= LAST)
        for i, value in enumerate((1, firm.sales(), sum(one[1] for one in dues), collected)):
            sums[i] += value
    rows = told(reader, name, by=by)
    found = {row[by].casefold() if row[by] else None: row for row in rows}
    assert {key: [row["customers"], row["sales"], row["due"]] for key, row in found.items()} == {
        key: sums[:3] for key, sums in expected.items()
    }
    for key, row in found.items():
        due, collected = expected[key][2:]
        assert row["collection"] == (pytest.approx(collected / due, abs=1e-4) if due else None)
    for place, row in enumerate(rows):
        assert len(behind(reader, name, place, by=by)) == row["customers"]
        assert {k for some in lists.every(reader, lists.Query(row["filter"])) for k in some} == behind(
            reader, name, place, by=by
        )


def test_ageing_and_problems_are_as_of_today_or_of_the_end(firms: list[Firm], reader: Session) -> None:
    for last, as_of in (("", TODAY), ("2026-08", date(2026, 9, 1))):
        paid_until = TODAY if not last else date(2026, 8, 31)
        expected: dict[str, int] = dict.fromkeys(("not due", "1-30", "31-60", "61-90", ">90"), 0)
        late: dict[str, int] = defaultdict(int)
        for firm in of(reader, firms):
            for due, amount, paid, part in firm.dues:
                rest = amount - (part if paid and date.fromisoformat(paid) <= paid_until else 0)
                days = (as_of - date.fromisoformat(due)).days
                limits = (("not due", 0), ("1-30", 30), ("31-60", 60), ("61-90", 90), (">90", 9_999))
                expected[next(name for name, most in limits if days <= most)] += rest
                if days > 0 and rest:
                    late[firm.name] += rest
        assert {row["late"]: row["amount"] for row in told(reader, "ageing", last=last)} == expected
        assert {row["customer"]: row["overdue"] for row in told(reader, "problems", last=last)} == late


def test_growth_and_matrix(firms: list[Firm], reader: Session) -> None:
    mine = of(reader, firms)
    active = [firm for firm in mine if firm.sales() > 0 or firm.sales(*BEFORE) > 0]
    report = analysis.make(reader, Asked("growth"))
    if active:
        assert report.total[1:4] == (
            len(active), sum(firm.sales(*BEFORE) for firm in active), sum(firm.sales() for firm in active),
        )  # fmt: skip
    rows = {row["quadrant"]: row for row in told(reader, "matrix")}
    good = {firm.name for firm in mine if firm.wallet and firm.sales() >= firm.wallet / 2}
    bad = {firm.name for firm in mine if firm.wallet and firm.sales() < firm.wallet / 2}
    assert rows["key"]["customers"] + rows["ordinary"]["customers"] == len(good)
    assert rows["potential"]["customers"] + rows["low_value"]["customers"] == len(bad)
    assert set(rows["key"]["names"]) <= good
    assert set(rows["low_value"]["names"]) <= bad
    places = list(rows)
    for name, row in rows.items():
        assert len(behind(reader, "matrix", places.index(name))) == row["customers"]


def test_products(firms: list[Firm], reader: Session) -> None:
    profit: dict[tuple[int, str], int] = defaultdict(int)
    for firm in of(reader, firms):
        for day, amount, cost, product in firm.orders:
            if FIRST <= day <= LAST:
                profit[firm.id, product] += amount - cost if cost is not None else 0
    rows = told(reader, "products")
    assert [row["cell"] for row in rows] == [letter + number for letter in "ABCD" for number in "1234"]
    assert sum(row["profit"] for row in rows) == sum(profit.values())
    by_customer: dict[int, int] = defaultdict(int)
    for (customer, __), value in profit.items():
        by_customer[customer] += value
    if by_customer and max(by_customer.values()) > 0:
        best = max(by_customer, key=lambda key: by_customer[key])
        assert best in set().union(*(behind(reader, "products", place) for place in range(4)))
    by_product: dict[str, int] = defaultdict(int)
    for (__, product), value in profit.items():
        by_product[product] += value
    customers, products = (sales.ranked(by, sales.CLASS_SHARES) for by in (by_customer, by_product))
    for place, row in enumerate(rows):
        of_cell = {key: value for key, value in profit.items()
                   if (customers[key[0]], products[key[1]]) == divmod(place, 4)}  # fmt: skip
        assert (row["customers"], row["profit"]) == (len({key[0] for key in of_cell}), sum(of_cell.values()))
        assert set(behind(reader, "products", place)) == {key[0] for key in of_cell}


def test_churn_is_silence_of_more_than_twice_the_own_interval(firms: list[Firm], reader: Session) -> None:
    expected = {}
    for firm in of(reader, firms):
        days = sorted({date.fromisoformat(day) for day, *__ in firm.orders})
        if len(days) > 1:
            interval, silent = (days[-1] - days[0]).days / (len(days) - 1), (TODAY - days[-1]).days
            if silent > 2 * interval:
                expected[firm.id] = silent
    assert {row["id"]: row["silent"] for row in told(reader, "churn")} == expected


def test_effort_and_activity(team: Team, firms: list[Firm], reader: Session) -> None:
    held = [firm for firm in firms if firm.owner]
    for n, firm in enumerate(held):
        session = team.li if firm.owner == "li" else team.wang
        log(session, [firm.id], Note("well", channel="visit" if n % 2 else "call"))
        log(session, [firm.id], Note("no", connected=False))
    mine = of(reader, firms)
    asked = {"first": "2026-11-01", "last": "2026-11-30"}
    [row] = told(reader, "effort", **asked)
    visits = sum(n % 2 for n, firm in enumerate(held) if firm in mine)
    contacts = sum(firm in mine for firm in held)
    assert (row["customers"], row["contacts"], row["visits"]) == (len(mine), contacts, visits)
    assert row["cost"] == contacts * 2_000 + visits * 30_000
    team.clock.forward(days=29)
    rows = {one["rep"]: one for one in told(reader, "activity", first="2026-11", last="2027-01")}
    for rep in {firm.owner for firm in mine if firm.owner}:
        n = sum(firm.owner == rep for firm in mine)
        assert (rows[rep]["customers"], rows[rep]["contacts"], rows[rep]["asked"]) == (n, n, n)  # D: once in 30 days


def test_activity_charges_a_rep_from_the_day_of_receiving_and_counts_the_reps_own_contacts(team: Team) -> None:
    early, late = make(team.li, "Early"), make(team.li, "Late")
    log(team.li, [early, late], Note("by li"))
    team.clock.forward(days=30)
    pools.assign(team.admin, [late], "wang")
    log(team.admin, [late, early], Note("by root"))
    team.clock.forward(days=59)
    log(team.wang, [late], Note("by wang"))
    rows = {row["rep"]: row for row in told(team.admin, "activity", first="2026-11", last="2027-12")}
    assert {rep: (row["contacts"], row["asked"]) for rep, row in rows.items()} == {"li": (1, 3), "wang": (1, 2)}
    assert rows["wang"]["done"] == 0.5
    assert "in rhythm as of 2027-02-15" in analysis.report(team.admin, Asked("activity")).lines[0]
    [unasked] = [row for row in told(team.admin, "activity", last="2026-10") if row["rep"] == "wang"]
    assert (unasked["contacts"], unasked["asked"], unasked["done"]) == (0, 0, None)


def test_a_stand_in_reports_of_nobody_elses_customers(team: Team) -> None:
    mine, shared, theirs = make(team.wang, "Mine"), make(team.li, "Shared"), make(team.li, "Theirs")
    collaborations.share(team.li, [shared], "wang")
    teams.away(team.lead, "li", TODAY, TODAY + timedelta(days=3), "wang")
    team.wang.refresh()
    assert theirs in {key for some in lists.every(team.wang, lists.Query("owner:any")) for key in some}
    for name in ("tiers", "stages"):
        [row] = told(team.wang, name)
        assert row["customers"] == 2
        assert behind(team.wang, name, 0) == {mine, shared}
        assert {key for some in lists.every(team.wang, lists.Query(row["filter"])) for key in some} == {mine, shared}
    assert {row["rep"]: row["customers"] for row in told(team.wang, "activity")} == {"wang": 1, "li": 1}
    assert behind(team.wang, "activity", 0) | behind(team.wang, "activity", 1) == {mine, shared}
    assert sum(row["customers"] for row in told(team.lead, "tiers")) == 3


def test_whoever_is_lost_warns_of_nothing(team: Team) -> None:
    kept, lost = make(team.li, "Kept"), make(team.li, "Lost")
    for key in (kept, lost):
        for day in ("2026-01-05", "2026-02-05"):
            team.order(key, day, 1_000)
    assert {row["id"] for row in told(team.li, "churn")} == {kept, lost}
    stages.move(team.li, [lost], "lost", "price")
    assert {row["id"] for row in told(team.li, "churn")} == {kept}


@pytest.mark.parametrize("name", ["products", "pareto"])
def test_few_customers_without_a_filter_of_their_own_are_numbered_for_scripts(
    firms: list[Firm], reader: Session, name: str
) -> None:
    for place, row in enumerate(told(reader, name)):
        assert (row["filter"] is None) == (row["customers"] == 0)
        if row["filter"] is not None:
            found = {key for some in lists.every(reader, lists.Query(row["filter"])) for key in some}
            assert found == behind(reader, name, place)


@pytest.mark.parametrize(
    ("line", "takes"),
    [
        ("report pareto --by region", "--from, --to, --on, --limit"), ("report churn --scheme value", "--limit"),
        ("report ageing --from 2026", "--to"), ("report funnel --of li", "--from"), ("report day --by owner", "--of"),
        ("report stages --scheme value", "--by"), ("report week --limit 3", "--team"),
    ],
)  # fmt: skip
def test_an_option_that_a_report_does_not_take_is_refused(team: Team, line: str, takes: str) -> None:
    with pytest.raises(UsageError) as caught:
        perform(team.li, prepare(team.li, read(line, CATALOG)))
    assert takes in str(caught.value)
    assert line.split()[2] in str(caught.value)


def test_the_funnel_leaves_undone_steps_out(team: Team) -> None:
    a, b = make(team.li, "A"), make(team.li, "B")
    make(team.wang, "C")
    team.clock.forward(days=2)
    stages.step(team.li, [a, b], 1)
    team.clock.forward(days=3)
    stages.step(team.li, [a], 1)
    history.undo(team.li)
    asked = {"first": "2026-11"}
    rows = {row["stage"]: row for row in told(team.li, "funnel", **asked, last="2026-11")}
    first = rows["potential"]
    assert (first["entered"], first["forward"], first["conversion"], first["median_days"]) == (2, 2, 1.0, 2.0)
    assert (rows["target"]["entered"], rows["target"]["there"], rows["intent"]["entered"]) == (2, 2, 0)
    every = {row["stage"]: row for row in told(team.admin, "funnel", **asked, last="2026-11")}
    assert (every["potential"]["entered"], every["potential"]["there"]) == (3, 1)
    assert behind(team.li, "funnel", 2, first="2026-11", last="2026-11") == {a, b}


def test_movers_are_whoever_stands_elsewhere_at_the_end(team: Team) -> None:
    a, b, c = (make(team.li, name) for name in "ABC")
    wangs = make(team.wang, "W")
    team.clock.forward(days=20)
    tiers.assign(team.li, [a], "A", shipped()["abcd"])
    tiers.assign(team.li, [b], "B", shipped()["abcd"])
    tiers.assign(team.li, [b], "D", shipped()["abcd"])
    tiers.assign(team.li, [c], "B", shipped()["abcd"])
    tiers.assign(team.wang, [wangs], "A", shipped()["abcd"])
    rows = told(team.li, "movers", first="2026-12")
    assert [(row["from"], row["to"], row["direction"], row["customers"]) for row in rows] == [
        ("D", "A", "up", 1), ("D", "B", "up", 1),
    ]  # fmt: skip
    assert behind(team.li, "movers", 0, first="2026-12") == {a}
    assert sum(row["customers"] for row in told(team.admin, "movers", first="2026-12")) == 3


def test_referrals(team: Team) -> None:
    acme = make(team.li, "Acme")
    one, two = make(team.li, "One", referred_by="Acme"), make(team.li, "Two", referred_by="acme")
    make(team.wang, "Three", referred_by="Acme")
    team.order(one, "2026-03-01", 5_000)
    [row] = told(team.li, "referrals")
    assert (row["referrer"], row["customers"], row["bought"], row["sales"]) == ("Acme", 2, 1, 5_000)
    assert row["referrer_id"] == acme
    assert behind(team.li, "referrals", 0) == {one, two}


def test_factors_count_what_was_said_against_them(team: Team) -> None:
    trusting, thrifty, wangs = make(team.li, "A"), make(team.li, "B"), make(team.wang, "C")
    for key, ranking in ((trusting, "supplier,partner,price"), (thrifty, "price,supplier"), (wangs, "price")):
        with team.admin.changing() as change:
            change.insert("purchase_factor", [{
                "customer_id": key, "user_id": team.admin.person.id, "occasion": "", "ranking": ranking,
                "evidence": "", "judged_on": "2026-01-01",
            }])  # fmt: skip
        log(team.li if key != wangs else team.wang, [key], Note("offered a discount"))
    asked = {"first": "2026-11", "last": "2026-11"}
    rows = {row["factor"]: row for row in told(team.li, "factors", **asked)}
    assert (rows["supplier"]["notes"], rows["supplier"]["against"], rows["supplier"]["against_share"]) == (1, 1, 1.0)
    assert (rows["price"]["customers"], rows["price"]["notes"], rows["price"]["against"]) == (1, 1, 0)
    calm = make(team.li, "D")
    with team.admin.changing() as change:
        change.insert("purchase_factor", [{
            "customer_id": calm, "user_id": team.admin.person.id, "occasion": "", "ranking": "supplier",
            "evidence": "", "judged_on": "2026-01-01",
        }])  # fmt: skip
    assert told(team.li, "factors", **asked)[0]["customers"] == 2
    assert behind(team.li, "factors", 0, **asked) == {trusting, calm}


@pytest.mark.parametrize("name", ABOUT)
def test_a_rep_reads_nothing_of_others(team: Team, name: str) -> None:
    mine = make(team.li, "Mine", source="expo", referred_by="friend")
    before = None
    for session in (None, team.wang, team.admin):
        if session is not None:
            key = make(session, f"Secret {session.person.login}", source="secret", referred_by="friend")
            for day in ("2026-01-05", "2026-02-05", "2026-05-05"):
                team.order(key, day, 77_777, cost=11_111, product="Secret")
            team.due(key, "2026-02-02", 77_777)
            team.wallet(key, 99_999)
        else:
            team.order(mine, "2026-02-05", 10_000, cost=5_000)
            team.due(mine, "2026-02-02", 10_000)
        outcome = analysis.report(team.li, Asked(name))
        before = before or outcome
        assert outcome.lines == before.lines
        assert outcome.data == before.data
    for place in range(len(analysis.make(team.li, Asked(name)).rows)):
        assert behind(team.li, name, place) <= {mine}


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        (Asked("parto"), "parto"), (Asked("pareto", first="2026-13"), "2026-13"), (Asked("tiers", by="name"), "name"),
        (Asked("pareto", on="colour:red"), "colour"), (Asked("tiers", scheme="zodiac"), "zodiac"),
    ],
)  # fmt: skip
def test_what_is_no_report_no_period_no_filter_is_refused(team: Team, asked: Asked, wrong: str) -> None:
    with pytest.raises(UsageError) as caught:
        analysis.report(team.li, asked)
    assert wrong in str(caught.value)


@pytest.mark.parametrize("name", ABOUT)
def test_an_empty_database_has_every_report_with_its_period(team: Team, name: str) -> None:
    for ascii_only in (False, True):
        outcome = analysis.report(team.admin, Asked(name), ascii_only=ascii_only)
        assert f"{FIRST} to {LAST}" in outcome.lines[0]
        assert outcome.columns[-1] == "filter"


def test_a_filter_narrows_every_figure(team: Team) -> None:
    one, other = make(team.li, "One", region="north"), make(team.li, "Other", region="south")
    for key in (one, other):
        team.order(key, "2026-02-05", 10_000)
    assert analysis.make(team.li, Asked("pareto", on="region:north or region:west")).total[1:4:2] == (1, 10_000)
    assert behind(team.li, "stages", 0, on="region:north or region:west") == {one}
    assert behind(team.li, "pareto", 0, on="region:north or region:west") == {one}
