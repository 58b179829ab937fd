"""Lists sorted by several keys, on rows that are mostly equal or empty: page by page they are Python's sort."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cmp_to_key
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from crm_tui.domain.filters import parse, with_defaults
from crm_tui.domain.people import Sight
from crm_tui.store import lists
from crm_tui.store.database import Database
from crm_tui.store.lists import SORTS, Order, Position
from tests.domain.filters.samples import CONTEXT

CUSTOMERS = 40
LOGINS = {7: "li", 8: "wang", 9: "me"}
SIGHTS = {
    "everything": Sight(9, "admin", everything=True, masked=False, blocked=True),
    "own and pools": Sight(7, owners=(7,)),
    "a team, one pool, the blocked": Sight(9, "lead", owners=(9, 7), pools=(2,), masked=False, blocked=True),
    "shared": Sight(9, owners=(9,), pools=(1,), shared={2: True, 3: False, 4: True}),
}
WORTH = (
    "customer_id", "sales", "sales_before", "costed", "profit", "orders", "due", "collected", "on_time", "overdue",
    "overdue_days", "order_days", "years", "lifetime", "lifetime_profit", "forecast",
)  # fmt: skip
Row = dict[str, Any]
FILTERS: dict[str, Callable[[Row], bool]] = {
    "": lambda row: True,
    "region:north,south": lambda row: row["region"] is not None,
    "region:north": lambda row: row["region"] == "north",
    "due:<2027-01-01": lambda row: row["next_on"] is not None,
    "stage:intent -source:web": lambda row: row["stage"] == "intent" and row["source"] != "web",
}


def made() -> list[Row]:
    """Customers with few different values, and often none."""
    random = Random(7)
    days = ("2026-01-01", "2026-02-01")
    rows: list[Row] = []
    for key in range(1, CUSTOMERS + 1):
        holder, pool = random.choice((7, 7, 8, 9, None, None)), random.choice((1, 2, None))
        rows.append(
            {
                "id": key, "kind": random.choice(("organization", "person")), "name": "x",
                "name_key": random.choice(("acme", "bolt", "华为")), "stage": random.choice(("potential", "intent")),
                "stage_since": random.choice(days), "tier_rank": random.choice((0, 1, None)),
                "owner_id": holder, "pool_id": None if holder else pool, "blocked": not (holder or pool),
                "region": random.choice(("north", "south", None)), "source": random.choice(("web", "fair", None)),
                "industry": random.choice(("steel", None)), "next_on": random.choice((*days, None)),
                "last_contact": random.choice((*days, None)), "last_touch": random.choice((*days, None)),
                "held_since": random.choice((*days, None)), "created_at": random.choice(days),
                "worth_sales": random.choice((0, 500, None)),
            }
        )  # fmt: skip
    return rows


ROWS = made()


@pytest.fixture(scope="module")
def house(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("orders") / "crm.db"
    shutil.copy(blank, path)
    database = Database(path)
    with database.writing():
        user = "INSERT INTO user (id, login, name, role, created_at) VALUES (?, ?, '', 'rep', '')"
        for person in LOGINS.items():
            database.execute(user, person)
        database.execute("INSERT INTO pool (id, name) VALUES (2, 'east')")
        for row in ROWS:
            own = {name: given for name, given in row.items() if name != "worth_sales"}
            marks = ", ".join("?" * len(own))
            database.execute(f"INSERT INTO customer ({', '.join(own)}) VALUES ({marks})", tuple(own.values()))
            if row["worth_sales"] is not None:
                database.execute(
                    f"INSERT INTO worth ({', '.join(WORTH)}) VALUES (?, ?{', 0' * (len(WORTH) - 2)})",
                    (row["id"], row["worth_sales"]),
                )
    yield database
    database.close()


def is_seen(row: Row, sight: Sight) -> bool:
    if row["blocked"]:
        return sight.blocked
    if row["owner_id"] is None:
        return sight.everything or sight.pools is None or row["pool_id"] in sight.pools
    return sight.everything or row["owner_id"] in sight.owners or row["id"] in sight.shared


def value(row: Row, sort: str) -> Any:
    if sort == "owner":
        return LOGINS.get(row["owner_id"])
    return ("potential", "intent").index(row["stage"]) if sort == "stage" else row[SORTS[sort][0]]


def as_seen(row: Row, sight: Sight) -> Row:
    """What is masked in a pool sorts as if it were empty."""
    return {**row, "worth_sales": None} if sight.masked and row["pool_id"] is not None else row


def compared(one: Row, other: Row, order: Order) -> int:
    """Which of the two comes first, key by key; then the id, downwards where the last key goes so and has a value."""
    way = 1
    for key in (order, *order.then):
        a, b = value(one, key.sort), value(other, key.sort)
        way = 1 if a is None or b is None else -1 if key.descending else 1
        if a != b:
            return (1 if a is None else -1) if way == 1 and (a is None or b is None) else way if a > b else -way
    return way if one["id"] > other["id"] else -way


def paged(database: Database, sight: Sight, text: str, order: Order, limit: int) -> list[int]:
    node, ids, after = with_defaults(parse(text, CONTEXT)), list[int](), None
    while True:
        page = lists.page(database, sight, node, order, after, limit)
        ids += page.ids
        after = page.end
        if after is None:
            return ids
        assert isinstance(after, Position)
        assert len(ids) <= CUSTOMERS


FIRST = [Order(name, descending) for name, descending in product(SORTS, (False, True))]


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("first", FIRST, ids=str)
def test_what_the_first_key_leaves_equal_the_others_sort_page_by_page(
    house: Database, first: Order, sight: str
) -> None:
    random = Random(f"{first} {sight}")
    for text, finds in FILTERS.items():
        seen = [as_seen(row, SIGHTS[sight]) for row in ROWS if is_seen(row, SIGHTS[sight]) and finds(row)]
        assert seen
        for keys, limit in ((1, 2), (2, 3)):
            then = tuple(Order(random.choice(list(SORTS)), random.random() < 0.5) for __ in range(keys))
            order = replace(first, then=then)
            expected = sorted(seen, key=cmp_to_key(lambda a, b, order=order: compared(a, b, order)))
            found = paged(house, SIGHTS[sight], text, order, limit)
            assert found == [row["id"] for row in expected], f"{order} of {text}"
