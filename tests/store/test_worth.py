"""What is kept of customers' worth is what one computes by hand from the raw rows, whatever was done in which order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm_tui.domain import periods
from crm_tui.domain.errors import CrmError
from crm_tui.domain.metrics import Kept
from crm_tui.domain.periods import Period
from crm_tui.services import history, interactions
from crm_tui.services import worth as service
from crm_tui.services.interactions import Note
from crm_tui.store import checks, worth
from crm_tui.store.database import Database
from tests.factories import Clock, Team, make

DAYS = st.sampled_from(
    [
        "2022-02-28", "2023-10-31", "2023-11-01", "2024-02-29", "2024-10-31", "2024-11-01", "2025-10-31", "2025-11-01",
        "2025-12-31", "2026-01-01", "2026-02-28", "2026-10-30", "2026-10-31", "2026-11-01", "2026-11-17", "2026-12-01",
    ]
)  # fmt: skip
AMOUNTS = st.sampled_from([0, 1, 100, 777, 100_000])
WHO = st.integers(1, 3)
OPS = st.one_of(
    st.tuples(st.just("order"), WHO, DAYS, AMOUNTS, st.none() | AMOUNTS, st.sampled_from(["", "pipes", "pumps"])),
    st.tuples(st.just("correct"), st.integers(0, 5), st.sampled_from([-500, -100, 50]), st.none() | AMOUNTS),
    st.tuples(st.just("state"), st.integers(0, 5), st.sampled_from(["draft", "confirmed", "cancelled"])),
    st.tuples(st.just("due"), WHO, DAYS, AMOUNTS),
    st.tuples(st.just("pay"), st.integers(0, 5), DAYS, st.sampled_from([1, 50, 100_000])),
    st.tuples(st.just("wallet"), WHO, AMOUNTS, st.sampled_from(["", "pipes", "pumps"]), st.integers(2023, 2026)),
    st.tuples(st.just("deal"), WHO, AMOUNTS),
    st.tuples(st.just("talk"), WHO, st.booleans(), st.sampled_from(["call", "visit"])),
    st.tuples(st.just("drop"), st.sampled_from(["receivable", "wallet"]), st.integers(0, 3)),
    st.tuples(st.just("undo")), st.tuples(st.just("undo")), st.tuples(st.just("redo")),
    st.tuples(st.just("month")),
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Three customers of a rep."""
    path = tmp_path_factory.mktemp("worth") / "crm.db"
    shutil.copy(staffed, path)
    database = Database(path)
    team = Team(database, Clock())
    for name in ("Acme", "Bolt", "Cogs"):
        make(team.li, name)
    yield team
    database.close()


def do(team: Team, op: tuple[Any, ...]) -> None:
    """Do one of `OPS`; what cannot be done is left."""
    name, *given = op
    database = team.database
    if name == "order":
        who, on, amount, cost, category = given
        team.order(who, on, amount, cost, f"X {category}", category=category)
    elif name == "due":
        team.due(*given)
    elif name == "wallet":
        who, total, category, year = given
        if not database.rows("SELECT 1 FROM wallet WHERE (customer_id, category, substr(from_on, 1, 4)) = (?, ?, ?)",
                             (who, category, str(year))):  # fmt: skip
            team.wallet(who, total, category, f"{year}-01-01", f"{year}-12-31")
    elif name == "deal":
        team.deal(*given)
    elif name == "talk":
        who, connected, channel = given
        interactions.log(team.li, [who], Note("x", channel=channel, connected=connected))
    elif name in ("undo", "redo"):
        with suppress(CrmError):
            (history.undo if name == "undo" else history.redo)(team.admin)
    elif name == "month":
        team.clock.forward(days=28)
        service.keep_current(team.admin)
    else:
        change_rows(team, name, *given)


def change_rows(team: Team, name: str, *given: Any) -> None:
    """Corrections, cancellations and payments of the nth row there is."""
    database = team.database
    table = {"correct": "sales_order", "state": "sales_order", "pay": "receivable"}.get(name) or given[0]
    rows = database.rows(f"SELECT id, customer_id FROM {table} ORDER BY id")
    which = given[1] if name == "drop" else given[0]
    if not rows:
        return
    key, customer = rows[which % len(rows)]
    if name == "pay":
        team.paid(customer, given[1], given[2], key)
        return
    with team.admin.changing() as change:
        if name == "state":
            change.update(table, [key], state=given[1])
        elif name == "drop" and not database.rows("SELECT 1 FROM allocation WHERE receivable_id = ?", (key,)):
            change.delete(table, [key])
        elif name == "correct":
            line = {
                "order_id": key, "customer_id": customer, "product_id": team.product(), "quantity": 1, "price": None,
                "amount": given[1], "cost": given[2], "note": "",
            }  # fmt: skip
            change.insert("order_line", [line])


def by_hand(database: Database, period: Period) -> dict[int, Kept]:
    """The metrics as DOMAIN §6 says them, row by row."""
    found = {}
    for (customer,) in database.rows("SELECT id FROM customer ORDER BY id"):
        sold, owed = _sold(database, customer, period), _owed(database, customer, period)
        shared, effort = _shared(database, customer, period), _effort(database, customer, period)
        found[customer] = Kept(**sold, **owed, **shared, **effort, as_of=str(period.last + timedelta(days=1)))
    return found


def _rows(database: Database, sql: str, customer: int) -> list[dict[str, Any]]:
    names = sql.partition("SELECT ")[2].partition(" FROM")[0].replace("l.", "").replace("o.", "").split(", ")
    return [dict(zip(names, row, strict=True)) for row in database.rows(sql, (customer,))]


def _lines(database: Database, customer: int) -> list[dict[str, Any]]:
    sql = (
        "SELECT o.id, o.ordered_on, l.amount, l.cost, l.product_id FROM sales_order o"
        " LEFT JOIN order_line l ON l.order_id = o.id WHERE o.customer_id = ? AND o.state = 'confirmed'"
    )
    return _rows(database, sql, customer)


def _day(year: int, like: date) -> date:
    try:
        return like.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _sold(database: Database, customer: int, period: Period) -> dict[str, Any]:
    lines = _lines(database, customer)
    as_of, earlier = period.last + timedelta(days=1), periods.before(period)
    for line in lines:
        line["on"] = date.fromisoformat(line["ordered_on"])
        line["amount"] = line["amount"] or 0
    inside = [line for line in lines if period.first <= line["on"] <= period.last]
    known = [line for line in lines if line["on"] <= period.last]
    days = sorted({line["on"] for line in known})
    years = 0
    while any(_day(as_of.year - years - 1, as_of) <= day < _day(as_of.year - years, as_of) for day in days):
        years += 1
    year_ago = _day(as_of.year - 1, as_of)
    rest = [line for line in lines if year_ago <= line["on"] <= date(as_of.year - 1, 12, 31)]
    this = [line for line in known if line["on"].year == as_of.year]
    return {
        "sales": sum(line["amount"] for line in inside),
        "sales_before": sum(line["amount"] for line in lines if earlier.first <= line["on"] <= earlier.last),
        "costed": sum(line["amount"] for line in inside if line["cost"] is not None),
        "profit": sum(line["amount"] - line["cost"] for line in inside if line["cost"] is not None),
        "orders": len({line["id"] for line in inside}),
        "first_order": str(days[0]) if days else None, "last_order": str(days[-1]) if days else None,
        "newest_order": max((line["ordered_on"] for line in lines), default=None),
        "order_days": len(days), "years": years, "lifetime": sum(line["amount"] for line in known),
        "lifetime_profit": sum(line["amount"] - line["cost"] for line in known if line["cost"] is not None),
        "forecast": sum(line["amount"] for line in [*this, *rest]),
    }  # fmt: skip


def _owed(database: Database, customer: int, period: Period) -> dict[str, Any]:
    found = dict.fromkeys(("due", "collected", "on_time", "overdue", "overdue_days"), 0)
    for claim in _rows(database, "SELECT id, due_on, amount FROM receivable WHERE customer_id = ?", customer):
        due = date.fromisoformat(claim["due_on"])
        parts = database.rows(
            "SELECT p.paid_on, a.amount FROM allocation a JOIN payment p ON p.id = a.payment_id"
            " WHERE a.receivable_id = ?",
            (claim["id"],),
        )
        paid = sum(amount for on, amount in parts if on <= str(period.last))
        timely = sum(amount for on, amount in parts if on <= claim["due_on"])
        if due > period.last:
            continue
        if due >= period.first:
            found["due"] += claim["amount"]
            found["collected"] += min(paid, claim["amount"])
            found["on_time"] += min(timely, claim["amount"])
        if paid < claim["amount"]:
            found["overdue"] += claim["amount"] - paid
            found["overdue_days"] = max(found["overdue_days"], (period.last + timedelta(days=1) - due).days)
    return found


def _shared(database: Database, customer: int, period: Period) -> dict[str, Any]:
    estimates = _rows(
        database, "SELECT category, from_on, until_on, total FROM wallet WHERE customer_id = ?", customer
    )
    estimates = [one for one in estimates if one["from_on"] <= str(period.last)]
    if any(one["category"] for one in estimates):
        estimates = [one for one in estimates if one["category"]]
    categories = dict(database.rows("SELECT id, category FROM product"))
    lines = _lines(database, customer)
    found: dict[str, Any] = {}
    for nth, end in enumerate(("", "_before")):
        total: int | None = None
        ours = 0
        for category in {one["category"] for one in estimates}:
            newest = sorted((one for one in estimates if one["category"] == category), key=lambda one: one["from_on"])
            if len(newest) <= nth:
                continue
            one = newest[-1 - nth]
            total = (total or 0) + one["total"]
            ours += sum(
                line["amount"] or 0
                for line in lines
                if one["from_on"] <= line["ordered_on"] <= one["until_on"]
                and category in ("", categories.get(line["product_id"]))
            )
        found |= {f"wallet{end}": total, f"wallet_ours{end}": None if total is None else ours}
    return found


def _effort(database: Database, customer: int, period: Period) -> dict[str, int]:
    sql = "SELECT at, channel FROM interaction WHERE customer_id = ? AND connected"
    had = [one for one in _rows(database, sql, customer) if str(period.first) <= one["at"][:10] <= str(period.last)]
    return {"contacts": len(had), "visits": sum(one["channel"] == "visit" for one in had)}


EDGES: list[tuple[Any, ...]] = [
    ("order", 1, "2025-11-01", 100, 1, "pipes"), ("order", 1, "2024-11-01", 777, None, ""),
    ("order", 1, "2026-11-17", 100, 0, "pumps"), ("order", 1, "2026-10-31", 100_000, 0, "pipes"),
    ("order", 1, "2023-03-01", 1, 0, "pipes"), ("state", 3, "cancelled"), ("due", 1, "2026-10-31", 777),
    ("pay", 0, "2026-11-01", 50), ("wallet", 1, 777, "", 2026), ("wallet", 1, 100_000, "pipes", 2026),
    ("wallet", 1, 777, "pipes", 2025), ("wallet", 1, 777, "pipes", 2023),
]  # fmt: skip


@example(EDGES, "2026-10-31")
@example(EDGES, "2024-02-28")
@given(st.lists(OPS, min_size=3, max_size=14), st.sampled_from(["2024-02-28", "2026-10-31", "2026-11-17"]))
@settings(max_examples=30)
def test_what_is_kept_step_by_step_is_what_is_computed_anew_and_by_hand(
    shop: Team, ops: list[tuple[Any, ...]], last: str
) -> None:
    agree(shop, ops, last)


@pytest.mark.slow
@given(st.lists(OPS, min_size=3, max_size=40), DAYS)
@settings(max_examples=150)
def test_so_is_much_more(shop: Team, ops: list[tuple[Any, ...]], last: str) -> None:
    agree(shop, ops, last)


def agree(shop: Team, ops: list[tuple[Any, ...]], last: str) -> None:
    """All three ways give the same, for the kept period and for any other; then everything is taken back."""
    database, clock = shop.database, Clock()
    with database.writing():
        database.execute("SAVEPOINT example")
        try:
            team = Team(database, clock)
            for op in ops:
                do(team, op)
            compare(team, last)
        finally:
            database.execute("ROLLBACK TO example")
            database.execute("RELEASE example")


def compare(team: Team, last: str) -> None:
    database = team.database
    assert database.rows("SELECT * FROM worth_stale") == []
    assert checks.broken(database) == {}
    assert checks.differing(database) == {}
    kept = worth.period(database)
    if kept is not None:
        assert kept == periods.default(team.clock().date())
        rows = database.rows("SELECT * FROM worth ORDER BY customer_id")
        expected = by_hand(database, kept)
        assert worth.metrics(database, kept, sorted(expected)) == expected
        service.rebuild(team.admin)
        assert database.rows("SELECT * FROM worth ORDER BY customer_id") == rows
        everyone = {key for key, one in expected.items() if one != Kept(as_of=one.as_of)}
        assert everyone <= set(worth.metrics(database, kept)) <= set(expected)
    end = date.fromisoformat(last)
    for period in (Period(end - timedelta(days=100), end), Period(end, end), Period(date(2023, 1, 1), end)):
        if period.first <= period.last:
            expected = by_hand(database, period)
            assert worth.metrics(database, period, sorted(expected)) == expected


def test_a_check_tells_what_is_kept_wrongly_and_a_rebuild_mends_it(team: Team) -> None:
    key = make(team.li)
    team.order(key, "2026-03-01", 100)
    team.deal(key, 500)
    interactions.log(team.li, [key], Note("x"))
    with team.database.writing():
        team.database.execute("UPDATE worth SET sales = 1")
        team.database.execute("UPDATE effort SET contacts = 7")
        team.database.execute("UPDATE stage_count SET amount = 3 WHERE amount = 500")
    assert set(checks.differing(team.database)) == set(checks.KEPT.values())
    outcome = service.rebuild(team.admin)
    assert {name: outcome.data[0][name] for name in checks.KEPT} == {"worth": 1, "effort": 1, "stage_count": 1}
    assert outcome.entry_id is None
    assert checks.differing(team.database) == {}
    assert "nothing differed" in service.rebuild(team.admin).message


def test_the_period_turns_with_the_month_and_never_back(team: Team) -> None:
    key = make(team.li)
    assert not service.keep_current(team.admin)  # nobody has any facts
    team.order(key, "2025-11-01", 100)
    team.order(key, "2026-11-02", 20)
    assert worth.period(team.database) == Period(date(2025, 11, 1), date(2026, 10, 31))
    assert team.database.value("SELECT sales FROM worth") == 100
    team.clock.forward(days=20)
    assert service.keep_current(team.admin)
    assert team.database.value("SELECT sales FROM worth") == 20
    assert not service.keep_current(team.admin)
    team.clock.forward(days=-20)
    assert not service.keep_current(team.admin)
    assert worth.period(team.database) == Period(date(2025, 12, 1), date(2026, 11, 30))


def test_who_has_no_facts_left_has_nothing_kept(team: Team) -> None:
    team.order(make(team.li), "2026-03-01", 100)
    history.undo(team.admin)
    assert team.database.rows("SELECT * FROM worth") == []
    history.redo(team.admin)
    assert team.database.value("SELECT sales FROM worth") == 100


def test_the_month_turns_too_where_the_only_order_was_taken_back(shop: Team) -> None:
    agree(shop, [("order", 1, "2026-02-03", 100, None, ""), ("undo",), ("month",)], "2026-02-28")
