"""What SQL finds is what the filter's own rule says of each customer, for everybody who may look."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.domain.clock import stamp
from crm_tui.domain.filters import FilterRecord, Node, Words, match, parse, with_defaults
from crm_tui.domain.names import name_key
from crm_tui.domain.people import Claims, Sight
from crm_tui.domain.schemes import shipped
from crm_tui.domain.searching import search_text
from crm_tui.domain.stages import rank
from crm_tui.store import lists, search
from crm_tui.store.database import Database
from crm_tui.store.lists import SORTS, Order
from tests.domain.filters import samples

ADMIN = Sight(9, "admin", everything=True, masked=False, blocked=True, claims=Claims())
REP = Sight(7, owners=(7,), claims=Claims())
LEAD = Sight(9, "lead", owners=(9, 7), pools=(2,), masked=False, blocked=True, claims=Claims((2,)))
SHARED = {2: True, 3: False, 4: True}
GUEST = Sight(9, owners=(9,), pools=(1,), shared=SHARED, claims=Claims((), of_pool={1: ("9", None)}))
SIGHTS = (ADMIN, REP, LEAD, GUEST)
POOLS = {"default": 1, "华北 公海": 2}


@pytest.fixture(scope="module")
def shelf(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database with three users and two pools; what a test puts into it is taken out again."""
    path = tmp_path_factory.mktemp("filters") / "crm.db"
    shutil.copy(blank, path)
    database = Database(path)
    with database.writing():
        for key, login in ((7, "li"), (8, "wang"), (9, "me")):
            database.execute(
                "INSERT INTO user (id, login, name, role, created_at) VALUES (?, ?, '', 'rep', '')", (key, login)
            )
        database.execute("INSERT INTO pool (id, name) VALUES (2, '华北 公海')")
    yield database
    database.close()


def possible(record: FilterRecord) -> FilterRecord:
    """The record as a database can have it: one holder, no empty texts, and only as many ways to reach as fit."""
    blocked = record.blocked and record.owner_id is None
    pool = None if blocked or record.owner_id else record.pool or "default"
    fits = 2 if record.contacts else 1
    contacts = record.contacts
    return replace(
        record, blocked=blocked, pool=pool, region=record.region or None, phones=record.phones[:fits],
        emails=record.emails[:fits], wechat=record.wechat[:fits], search_text=search_text([record.name, *contacts]),
        masked=False,
    )  # fmt: skip


def put(database: Database, record: FilterRecord) -> None:
    """Insert the customer, its contact and its tags; ways to reach it stand with the contact where the id is even."""
    ways = [record.phones, record.emails, record.wechat]
    with_contact = bool(record.contacts) and record.id % 2 == 0
    own = [None if with_contact or not way else way[0] for way in ways]
    theirs = [(way[0] if with_contact else way[1] if len(way) > 1 else None) if way else None for way in ways]
    if with_contact:
        own = [way[1] if len(way) > 1 else None for way in ways]
    scheme = shipped()["label" if record.tier == "high" else "abcd"]
    row: dict[str, Any] = {
        "id": record.id, "kind": record.kind, "name": record.name, "name_key": name_key(record.name),
        "stage": record.stage, "stage_since": stamp(record.stage_since), "scheme": scheme.identifier,
        "tier": record.tier, "tier_rank": scheme.rank(record.tier) if record.tier else None,
        "owner_id": record.owner_id,
        "pool_id": {None: None, "default": 1, "华北 公海": 2}[record.pool], "blocked": record.blocked,
        "phone": own[0], "email": own[1], "wechat": own[2], "region": record.region, "industry": record.industry,
        "source": record.source, "note": "x" if record.has_note else None, "next_on": record.next_on,
        "last_contact": stamp(record.last_contact) if record.last_contact else None,
        "created_at": stamp(record.created),
        "archived_at": stamp(record.created) if record.archived else None,
    }  # fmt: skip
    marks = ", ".join("?" * len(row))
    database.execute(f"INSERT INTO customer ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    contact = "INSERT INTO contact (customer_id, name, phone, email, wechat, archived_at) VALUES (?, ?, ?, ?, ?, ?)"
    for name in record.contacts:
        database.execute(contact, (record.id, name, *theirs, None))
    database.execute(contact, (record.id, "Former Huawei", "13800138000", "hw@acme.com", "acme", "2026-01-01 00:00:00"))
    for tag in record.tags:
        database.execute("INSERT INTO tag (customer_id, name) VALUES (?, ?)", (record.id, tag))


def found(record: FilterRecord, node: Node, sight: Sight) -> bool:
    """Whether the filter's own rule finds the customer for somebody who sees so much."""
    pool = POOLS.get(record.pool or "")
    pooled = pool is not None and (sight.pools is None or pool in sight.pools)
    worked = record.owner_id is not None and (record.owner_id in sight.owners or record.id in sight.shared)
    seen = sight.everything or pooled or worked or (record.blocked and sight.blocked)
    claims = sight.claims
    claimable = pool is not None and claims is not None and (claims.pools is None or pool in claims.pools)
    masked = sight.masked and record.owner_id is None
    return seen and match(node, replace(record, masked=masked, claimable=claimable))


def value(record: FilterRecord, sort: str) -> Any:
    """What the list is sorted by."""
    if sort == "tier":
        scheme = shipped()["label" if record.tier == "high" else "abcd"]
        return scheme.rank(record.tier) if record.tier else None
    if sort == "stage":
        return rank(record.stage)
    names = {"name": "name", "due": "next_on", "last": "last_contact", "since": "stage_since"}
    got = getattr(record, names.get(sort, sort))
    return name_key(got) if sort == "name" else got


def in_order(records: list[FilterRecord], order: Order) -> list[int]:
    keyed = sorted((value(r, order.sort), r.id) for r in records if value(r, order.sort) is not None)
    if order.descending:
        keyed.reverse()
    return [key for _, key in keyed] + sorted(r.id for r in records if value(r, order.sort) is None)


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
orders = st.builds(Order, st.sampled_from(list(SORTS)), st.booleans())


@given(customers, st.lists(samples.nodes, min_size=1, max_size=6), orders, st.integers(1, 5))
@settings(max_examples=150)
def test_a_list_holds_what_the_filter_says_in_order_and_each_once(
    shelf: Database, records: list[FilterRecord], nodes: list[Node], order: Order, limit: int
) -> None:
    shelf.execute("BEGIN")
    try:
        for record in records:
            put(shelf, record)
        search.index(shelf, [record.id for record in records])
        for node in map(with_defaults, nodes):
            for sight in SIGHTS:
                expected = in_order([r for r in records if found(r, node, sight)], order)
                assert paged(shelf, sight, node, order, limit) == expected
                assert lists.count(shelf, sight, node) == len(expected)
    finally:
        shelf.execute("ROLLBACK")


@given(customers)
@settings(max_examples=30)
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


def fill(database: Database, names: list[str]) -> list[FilterRecord]:
    """Customers of these names in the hands of user 7."""
    records = [
        possible(samples.customer(id=key, name=name, contacts=(), search_text="")) for key, name in enumerate(names, 1)
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
        put(shelf, possible(samples.customer(id=1, owner_id=None, pool="default", contacts=())))
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
    monkeypatch.setattr("crm_tui.store.filter_sql._SPELLINGS", 2)
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
