"""What SQL finds is what the filter's own rule says of each customer, for everybody who may look."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cmp_to_key
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from crm_tui.domain.clock import stamp
from crm_tui.domain.filters import FilterRecord, Node, Words, match, parse, with_defaults
from crm_tui.domain.names import name_key
from crm_tui.domain.people import Claims, Sight
from crm_tui.domain.schemes import Scheme, shipped
from crm_tui.domain.searching import search_text
from crm_tui.domain.stages import rank
from crm_tui.store import lists, search
from crm_tui.store.database import Database
from crm_tui.store.filter_sql import compile_filter
from crm_tui.store.lists import SORTS, Order
from tests.domain.filters import samples

ADMIN = Sight(9, "admin", everything=True, masked=False, blocked=True, claims=Claims())
REP = Sight(7, owners=(7,), claims=Claims())
LEAD = Sight(9, "lead", owners=(9, 7), pools=(2,), masked=False, blocked=True, claims=Claims((2,)))
SHARED = {2: True, 3: False, 4: True}
GUEST = Sight(9, owners=(9,), pools=(1,), shared=SHARED, claims=Claims((), of_pool={1: ("9", None)}))
SERVICE = Sight(8, "service", everything=True, masked=False, blocked=True)
SIGHTS = (ADMIN, REP, LEAD, GUEST, SERVICE)
POOLS = {"default": 1, "华北 公海": 2}
LOGINS = {7: "li", 8: "wang", 9: "me"}


@pytest.fixture(scope="module")
def shelf(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with three users and two pools; what a test puts into it is taken out again."""
    path = tmp_path_factory.mktemp("filters") / "crm.db"
    shutil.copy(blank, path)
    database = Database(path)
    with database.writing():
        for key, login in LOGINS.items():
            database.execute(
                "INSERT INTO user (id, login, name, role, created_at) VALUES (?, ?, '', 'rep', '')", (key, login)
            )
        database.execute("INSERT INTO pool (id, name) VALUES (2, '华北 公海')")
        database.execute("INSERT INTO worth_period VALUES (1, '2025-11-01', '2026-10-31')")
    yield database
    database.close()


def possible(record: FilterRecord) -> FilterRecord:
    """The record as a database can have it: one holder, no empty texts, a calendar in step with its rows."""
    blocked = record.blocked and record.owner_id is None
    pool = None if blocked or record.owner_id else record.pool or "default"
    suggest = "up" if record.suggest and record.tier is None else record.suggest
    names = [record.name, *(str(person["name"]) for person in record.people)]
    return replace(
        record, blocked=blocked, pool=pool, region=record.region or None, search_text=search_text(names), masked=False,
        discreet=False, suggest=suggest,
        suggests={
            name: way for name, way in record.suggests.items()
            if record.tiers.get(name) != _farthest(name, way) and (way == "up" or name in record.tiers)
        },
    )  # fmt: skip


FORMER = {
    "name": "Former Huawei", "role": "user", "phone": "13800138000", "email": "hw@acme.com", "wechat": "acme",
    "note": "x", "is_primary": 1, "archived_at": "2026-01-01 00:00:00",
}  # fmt: skip
"""A contact that every customer had."""


def put(database: Database, record: FilterRecord) -> None:
    """Insert the customer and all that belongs to it."""
    scheme = shipped()["label" if record.tier == "high" else "abcd"]
    row: dict[str, Any] = {
        "id": record.id, "kind": record.kind, "name": record.name, "name_key": name_key(record.name),
        "stage": record.stage, "stage_since": stamp(record.stage_since),
        "tier": record.tier, "tier_rank": scheme.rank(record.tier) if record.tier else None,
        "suggested": record.suggest, "suggested_rank": _suggested_rank(scheme, record),
        "owner_id": record.owner_id,
        "pool_id": {None: None, "default": 1, "华北 公海": 2}[record.pool], "blocked": record.blocked,
        "region": record.region, "industry": record.industry, "source": record.source, "next_on": record.next_on,
        "last_contact": stamp(record.last_contact) if record.last_contact else None,
        "created_at": stamp(record.created),
        "archived_at": stamp(record.created) if record.archived else None, **record.columns,
    }  # fmt: skip
    insert(database, "customer", row)
    people: dict[object, int] = {}
    for person in (FORMER, *record.people):
        people[person["name"]] = insert(database, "contact", {"customer_id": record.id, **person})
    for talk in record.log:
        whom = talk["contact"] and (people.get(talk["contact"]) or insert(
            database, "contact", {"customer_id": record.id, "name": talk["contact"], "archived_at": "2026"}
        ))  # fmt: skip
        rest = {name: value for name, value in talk.items() if name != "contact"}
        insert(database, "interaction", {"customer_id": record.id, "contact_id": whom, **rest})
    for table, rows in (("follow_up", record.follow_ups), ("comment", record.comments)):
        for one in rows:
            insert(database, table, {"customer_id": record.id, **one})
    sell(database, record)
    if record.returns_on:
        warning = {"customer_id": record.id, "rule": "contact", "due_on": record.returns_on, "warned_on": "2026-11-20"}
        insert(database, "recycle_warning", warning)
    if record.worth:
        row = {name: amount for name, amount in record.worth.items() if name != "as_of"}
        database.value(
            f"INSERT INTO worth (customer_id, {', '.join(row)}) VALUES (?{', ?' * len(row)})",
            (record.id, *row.values()),
        )
    if record.profile:
        insert(database, "profile", {"id": record.id, "fields": json.dumps(record.profile, ensure_ascii=False)})
    for tag in record.tags:
        insert(database, "tag", {"customer_id": record.id, "name": tag})
    for name in {**record.tiers, **record.suggests}:
        tier, way = record.tiers.get(name), record.suggests.get(name)
        computed = _farthest(name, way) if way else tier
        row = {"customer_id": record.id, "scheme": name, "tier": tier, "computed": computed}
        insert(database, "customer_tier", row)


def _farthest(scheme: str, way: str) -> str:
    """The best tier of the scheme, or the worst: what is proposed in that direction."""
    return shipped()[scheme].tiers[0 if way == "up" else -1].identifier


def _suggested_rank(scheme: Scheme, record: FilterRecord) -> int | None:
    """A place above the tier's, or below it."""
    if record.suggest in (None, "other"):
        return None
    return (scheme.rank(record.tier) if record.tier else 0) + (-1 if record.suggest == "up" else 1)


def sell(database: Database, record: FilterRecord) -> None:
    """Insert what the customer buys and owes."""
    own: dict[str, Any] = {"customer_id": record.id}

    def product(name: str) -> int:
        known = database.value("SELECT id FROM product WHERE name = ?", (name,))
        return known or insert(database, "product", {"name": name, "name_key": name})

    for deal in record.deals:
        name, closed = str(deal["product"]), None if deal["result"] == "open" else "2026-11-01"
        which = {"product_id": None if name == deal["number"] else product(name), "closed_on": closed, "user_id": 7}
        rest = {name: value for name, value in deal.items() if name != "product"}
        insert(database, "deal", {**own, **rest, **which, "opened_on": "2026-10-01"})
    for order in record.orders:
        head = {"number": order["number"], "state": order["state"], "ordered_on": "2026-11-01"}
        key = insert(database, "sales_order", {**own, **head})
        for name in order["products"]:  # type: ignore[attr-defined]
            insert(database, "order_line", {**own, "order_id": key, "product_id": product(name), "amount": 0})
    for push in record.pushes:
        which = {"product_id": product(str(push["product"])), "user_id": 7, "changed_on": "2026-11-01"}
        insert(database, "product_push", {**own, **which, "state": push["state"]})
    insert(database, "receivable", {**own, "due_on": "2026-01-01", "amount": 0})  # nothing, and so nothing is open
    for owed in record.receivables:
        claim = insert(database, "receivable", {**own, "due_on": owed["due_on"], "amount": owed["amount"]})
        if owed["paid"]:
            paid = insert(database, "payment", {**own, "paid_on": "2026-11-01", "amount": owed["paid"]})
            part = {"payment_id": paid, "receivable_id": claim, "amount": owed["paid"]}
            insert(database, "allocation", {**own, **part})


def insert(database: Database, table: str, row: Mapping[str, Any]) -> int:
    """Insert the row; its id."""
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))}) RETURNING id"
    return int(database.value(sql, tuple(row.values())))


def found(record: FilterRecord, node: Node, sight: Sight) -> bool:
    """Whether the filter's own rule finds the customer for somebody who sees so much."""
    pool = POOLS.get(record.pool or "")
    pooled = pool is not None and (sight.pools is None or pool in sight.pools)
    worked = record.owner_id is not None and (record.owner_id in sight.owners or record.id in sight.shared)
    seen = sight.everything or pooled or worked or (record.blocked and sight.blocked)
    claims = sight.claims
    claimable = pool is not None and claims is not None and (claims.pools is None or pool in claims.pools)
    masked, discreet = sight.masked and record.owner_id is None, sight.role == "service"
    return seen and match(node, replace(record, masked=masked, discreet=discreet, claimable=claimable))


def value(record: FilterRecord, sort: str) -> Any:
    """What the list is sorted by."""
    if sort == "tier":
        scheme = shipped()["label" if record.tier == "high" else "abcd"]
        return scheme.rank(record.tier) if record.tier else None
    if sort == "stage":
        return rank(record.stage)
    if sort == "owner":
        return LOGINS.get(record.owner_id or 0)
    if sort == "sales":
        return record.worth.get("sales")
    if sort in ("held", "touched"):
        return record.columns["held_since" if sort == "held" else "last_touch"]
    names = {"due": "next_on", "last": "last_contact", "since": "stage_since"}
    got = getattr(record, names.get(sort, sort))
    return name_key(got) if sort == "name" else got


def in_order(records: list[FilterRecord], order: Order) -> list[int]:
    """The ids as the keys put them, by comparing them two by two."""

    def compare(one: FilterRecord, other: FilterRecord) -> int:
        way = 1
        for key in (order, *order.then):
            a, b = value(one, key.sort), value(other, key.sort)
            if a is None or b is None:
                way = 1
                if (a is None) != (b is None):
                    return 1 if a is None else -1
                continue
            way = -1 if key.descending else 1
            if a != b:
                return way if a > b else -way
        return way if one.id > other.id else -way

    return [record.id for record in sorted(records, key=cmp_to_key(compare))]


def paged(database: Database, sight: Sight, node: Node, order: Order, limit: int) -> list[int]:
    ids: list[int] = []
    after = None
    while True:
        page = lists.page(database, sight, node, order, after, limit)
        assert len(page.ids) <= limit
        assert not set(page.ids) & set(ids)
        ids += page.ids
        after = page.end
        if after is None:
            return ids


customers = st.lists(samples.records, max_size=8, unique_by=lambda record: record.id).map(
    lambda records: [possible(record) for record in records]
)
keys = st.builds(Order, st.sampled_from(list(SORTS)), st.booleans())
orders = st.builds(Order, st.sampled_from(list(SORTS)), st.booleans(), st.lists(keys, max_size=3).map(tuple))


asked = (customers, st.lists(samples.nodes, min_size=1, max_size=6), orders, st.integers(1, 5))


@given(*asked)
@settings(max_examples=12)
def test_a_list_holds_what_the_filter_says_in_order_and_each_once(
    shelf: Database, records: list[FilterRecord], nodes: list[Node], order: Order, limit: int
) -> None:
    agree(shelf, records, nodes, order, limit)


@pytest.mark.slow
@given(*asked)
@settings(max_examples=100)
def test_so_do_many_lists(
    shelf: Database, records: list[FilterRecord], nodes: list[Node], order: Order, limit: int
) -> None:
    agree(shelf, records, nodes, order, limit)


def agree(shelf: Database, records: list[FilterRecord], nodes: list[Node], order: Order, limit: int) -> None:
    """Pages and counts of the filters are what the filters' own rule says of each record."""
    shelf.execute("BEGIN")
    try:
        for record in records:
            put(shelf, record)
        search.index(shelf, [record.id for record in records])
        for node in map(with_defaults, nodes):
            for sight in SIGHTS:
                known = [replace(r, worth={}) if sight.masked and r.owner_id is None else r for r in records]
                seen = {r.id for r in records if found(r, node, sight)}
                expected = in_order([r for r in known if r.id in seen], order)
                assert paged(shelf, sight, node, order, limit) == expected
                assert lists.count(shelf, sight, node) == len(expected)
    finally:
        shelf.execute("ROLLBACK")


@given(customers)
@settings(max_examples=4)
def test_every_field_alone_finds_what_it_says(shelf: Database, records: list[FilterRecord]) -> None:
    shelf.execute("BEGIN")
    try:
        for record in records:
            put(shelf, record)
        search.index(shelf, [record.id for record in records])
        sights = cycle(SIGHTS)
        for leaf in samples.LEAVES:
            for text in (leaf, f"-{leaf}", f"{leaf} stage:intent,lost", f"{leaf} or archived:yes"):
                node = with_defaults(parse(text, samples.CONTEXT))
                sight = next(sights)
                ids = lists.page(shelf, sight, node, Order("id", descending=False)).ids
                assert ids == sorted(r.id for r in records if found(r, node, sight)), text
    finally:
        shelf.execute("ROLLBACK")


@pytest.mark.slow
@settings(max_examples=15)
@given(customers)
def test_every_field_alone_finds_it_among_many(shelf: Database, records: list[FilterRecord]) -> None:
    test_every_field_alone_finds_what_it_says.hypothesis.inner_test(shelf, records)  # type: ignore[attr-defined]


def fill(database: Database, names: list[str]) -> list[FilterRecord]:
    """Customers of these names in the hands of user 7."""
    records = [
        possible(samples.customer(id=key, name=name, people=(), search_text="")) for key, name in enumerate(names, 1)
    ]
    for record in records:
        put(database, record)
    search.index(database, [record.id for record in records])
    return records


HOSTILE = [
    '"', "'", '""', "O'Neil \"& Sons\"", "A&B", "&", "100%", "%", "_", "a_b", "*", "abc*", "NEAR(a b)", "a AND b",
    "NOT", "OR", "text:abc", "reach:", "^abc", "{a b}", "+abc", "-abc", "(", ")", "a)b", ";", "--", "\\", "..", "$(id)",
    "[red]x[/red]", "0", "□□□", "😀", "😀😀😀", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "x" * 500,
    "华", "华为", "华为技术", "ＡＢＣ", "é", "e\u0301", "ß", "İ", "ı", "ﬁrm", "café", "a\u00a0b", "\u3000", "ſ",
    "Ω", "µ", "한국", "ไทย",
]  # fmt: skip


@pytest.mark.parametrize("exact", [False, True])
def test_no_word_is_an_error_and_it_finds_what_the_rule_says(shelf: Database, exact: bool) -> None:
    shelf.execute("BEGIN")
    try:
        records = fill(shelf, [*(name.strip() or "blank" for name in HOSTILE), "Acme", "abc a b"])
        for text in [*HOSTILE, *(name[:2] for name in HOSTILE), *(name[1:4] for name in HOSTILE)]:
            if not text.strip():
                continue
            for node in (Words(text, exact), parse(f'name:"{text.replace(chr(34), chr(34) * 2)}"', samples.CONTEXT)):
                ids = paged(shelf, REP, with_defaults(node), Order("id", descending=False), 200)
                assert ids == [r.id for r in records if found(r, node, REP)], text
    finally:
        shelf.execute("ROLLBACK")


def test_what_is_masked_is_not_found_by_its_phone_but_by_its_name(shelf: Database) -> None:
    shelf.execute("BEGIN")
    try:
        put(shelf, possible(samples.customer(id=1, owner_id=None, pool="default")))
        search.index(shelf, [1])
        for text, seen in (
            ("13800138000", False),
            ("phone:1380", False),
            ("-phone:1380", False),
            ("no:phone", False),
            ("has:phone", False),
            ("acme.com", False),
            ("hw_wechat", False),
            ("华为", True),
            ("huawei", True),
        ):
            node = with_defaults(parse(text, samples.CONTEXT))
            assert lists.count(shelf, REP, node) == seen, text
            assert lists.count(shelf, ADMIN, node) == (text not in ("-phone:1380", "no:phone")), text
    finally:
        shelf.execute("ROLLBACK")


@pytest.mark.parametrize(
    "text", ["archived:yes", "archived:any", "archived:yes,no", "archived:yes or stage:lost,intent"]
)
def test_no_filter_shows_what_somebody_else_holds(shelf: Database, text: str) -> None:
    shelf.execute("BEGIN")
    try:
        put(shelf, possible(samples.customer(id=1, owner_id=8, pool=None, archived=True)))
        put(shelf, possible(samples.customer(id=2, owner_id=7, pool=None, archived=True)))
        node = with_defaults(parse(text, samples.CONTEXT))
        assert lists.page(shelf, REP, node, Order("id", descending=True)).ids == [2]
        assert lists.page(shelf, REP, node, Order("name", descending=False)).ids == [2]
        assert lists.count(shelf, REP, node) == 1
    finally:
        shelf.execute("ROLLBACK")


def test_more_spellings_than_are_looked_up_are_compared_one_by_one(
    shelf: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_tui.store.filter_sql.comparisons.SPELLINGS", 2)
    shelf.execute("BEGIN")
    try:
        for key, region in enumerate(["North", "NORTH", "ｎorth", "Northeast", "South", "nor", None], 1):
            put(shelf, possible(samples.customer(id=key, region=region, tags=(region or "none",))))
        for text, ids in (
            ("region:north", [1, 2, 3]),
            ("region:north*", [1, 2, 3, 4]),
            ("tag:NORTH,south", [1, 2, 3, 5]),
            ("-region:nor*", [5, 7]),
            ("tag:nor*", [1, 2, 3, 4, 6]),
        ):
            node = with_defaults(parse(text, samples.CONTEXT))
            assert lists.page(shelf, ADMIN, node, Order("id", descending=False)).ids == ids, text
    finally:
        shelf.execute("ROLLBACK")


def test_a_list_is_sorted_by_what_its_filter_asks_about() -> None:
    def order(text: str) -> Order:
        return lists.default_order(with_defaults(parse(text, samples.CONTEXT)))

    assert order("") == order("stage:intent") == Order("id", descending=True)
    assert order("due:<=today") == Order("due", descending=False)
    assert order("last:<7d") == Order("last", descending=True)
    assert order("last:>30d") == Order("last", descending=False)


def test_moments_are_compared_in_universal_time(shelf: Database) -> None:
    shelf.execute("BEGIN")
    try:
        late = datetime(2026, 11, 21, 15, 59, 59, tzinfo=UTC)  # one second before midnight in Shanghai
        put(shelf, possible(samples.customer(id=1, created=late)))
        for text, ids in (
            ("created:2026-11-21", [1]),
            ("created:2026-11-22", []),
            ("created:<1d", []),
            ("created:1d", [1]),
        ):
            node = with_defaults(parse(text, samples.CONTEXT))
            assert lists.page(shelf, ADMIN, node, Order("id", descending=False)).ids == ids, text
    finally:
        shelf.execute("ROLLBACK")


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("log.by:me", "SEARCH r USING INDEX interaction_customer"),
        ("log:price", "SEARCH r USING INDEX interaction_customer"),
        ("log.at:<7d", "SEARCH r USING COVERING INDEX interaction_customer (customer_id=? AND at"),
        ("next.purpose:back", "SEARCH r USING INDEX follow_up_open"),
        ("closed.as:done", "SEARCH r USING INDEX follow_up_customer"),
        ("contact.role:user", "SEARCH r USING INDEX contact_customer"),
        ("comment:x", "SEARCH r USING INDEX comment_customer"),
        ("headcount:>5", "SEARCH p USING INTEGER PRIMARY KEY"),
        ("field.x:y", "SEARCH p USING INTEGER PRIMARY KEY"),
        ("returns:any", "SEARCH r USING INDEX sqlite_autoindex_recycle_warning"),
    ],
)
def test_what_belongs_to_a_customer_is_found_by_its_customer(shelf: Database, text: str, step: str) -> None:
    compiled = compile_filter(parse(text, samples.CONTEXT), ADMIN, shelf, driven=False)
    sql = f"EXPLAIN QUERY PLAN SELECT c.id FROM {compiled.source} WHERE {compiled.condition}"
    plan = [row[3].replace(" EXISTS", "") for row in shelf.rows(sql, compiled.parameters)]
    assert any(line.startswith(step) for line in plan), plan


@pytest.mark.parametrize(
    ("text", "driving"),
    [
        ("contact:李安国", "search_trigram"),
        ("contact:李安", "search_gram"),
        ("name:华", "search_gram"),
        ("contact.phone:1380", "search_trigram"),
        ("contact.email:acme", "search_trigram"),
        ("wechat:acme", "search_trigram"),
        ("name:hua*", "search_trigram"),
        ("log.by:me", "FROM interaction WHERE user_id = 7"),
        ("contact:an", ""),
        ("wechat:李安", ""),
        ("address:李安国", ""),
        ("log.by:me,wang", ""),
        ("contact.phone:any", ""),
    ],
)
def test_only_what_an_index_answers_drives(shelf: Database, text: str, driving: str) -> None:
    found = compile_filter(parse(text, samples.CONTEXT), ADMIN, shelf).driving
    assert driving in found if driving else not found
