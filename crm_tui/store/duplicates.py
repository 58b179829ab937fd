"""Customers that may be one: looking for them through all there are, in blocks, and what the last look found.

No customer is compared with all others: only those that share a way to reach them, a tax number, a name or the rarest
pieces of one. A block beyond its cap tells nothing (a switchboard, a word that a thousand names have) and is left out,
so that a million customers take a minute or two, and memory for little more than their names.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, groupby, islice, product
from operator import itemgetter
from typing import NamedTuple
from zlib import crc32

from crm_tui.domain.alike import Known, alike, grams, near, parts
from crm_tui.domain.people import Sight
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database

Progress = Callable[[int, int], None]
"""Told how much is done of how much; what it raises ends the look, and nothing of it is kept."""

_WAY_BLOCK, _NAME_BLOCK, _GRAM_BLOCK = 20, 30, 40
"""The largest blocks that are compared."""
_GRAMS = 6
"""By so many of its rarest pieces each name is looked for."""
_EQUALS = 6
"""So many customers of one name are compared with those of a name that is alike."""
_BATCH = 5_000
_STEP = 20_000
_LOW = (1 << 32) - 1

# A number counts without its extension: who shares a switchboard's line is not who shares the switchboard.
# Few are archived, and by this the rows of all others need not be read.
_LIVE = "NOT IN (SELECT id FROM customer WHERE archived_at IS NOT NULL)"


def _ways(column: str, way: str) -> str:
    """The SQL of who is reached by what, in its order; who is archived is compared with nobody, and fills no block."""
    return (
        f"SELECT {way} AS way, id FROM customer WHERE {column} IS NOT NULL AND +id {_LIVE}"
        f" UNION ALL SELECT {way}, customer_id FROM contact"
        f" WHERE {column} IS NOT NULL AND archived_at IS NULL AND +customer_id {_LIVE} ORDER BY 1"
    )


_WAYS = (
    _ways("phone", "phone"), _ways("email", "lower(email)"),
    f"SELECT upper(tax_number) AS way, id FROM customer WHERE tax_number IS NOT NULL AND +id {_LIVE} ORDER BY 1",
)  # fmt: skip
_BY_NAME = (
    f"SELECT name_key, id FROM customer INDEXED BY customer_name WHERE kind = 'organization' AND +id {_LIVE}"
    " ORDER BY name_key, kind, id"
)


class Look(NamedTuple):
    """The last look: when (a stored stamp), the newest customer that there was, and how many pairs it found."""

    at: str
    last_id: int
    pairs: int


class Pair(NamedTuple):
    """Two customers, the lower id first, and how much they were alike at the last look."""

    customer_id: int
    other_id: int
    score: int


def last_look(database: Database) -> Look | None:
    """The last look through all customers; None before the first."""
    row = database.row("SELECT at, last_id, pairs FROM duplicate_look")
    return Look(*row) if row else None


def is_up_to_date(database: Database, last: Look) -> bool:
    """Whether no customer has come since."""
    return bool(database.value("SELECT coalesce(max(id), 0) <= ? FROM customer", (last.last_id,)))


def pairs(database: Database, sight: Sight, after: Pair | None, limit: int) -> list[Pair]:
    """The next pairs of which both are seen and in the lists, the most alike first."""
    seen = " AND ".join(
        f"EXISTS (SELECT 1 FROM customer c WHERE c.id = d.{side} AND c.archived_at IS NULL AND {seen_by(sight)})"
        for side in ("customer_id", "other_id")
    )
    begun = "1"
    if after is not None:
        begun = "(d.score < :score OR (d.score = :score AND (d.customer_id, d.other_id) > (:customer, :other)))"
    rows = database.rows(
        f"SELECT d.customer_id, d.other_id, d.score FROM duplicate d WHERE {begun} AND {seen}"
        " ORDER BY d.score DESC, d.customer_id, d.other_id LIMIT :limit",
        {"limit": limit} if after is None else {
            "limit": limit, "score": after.score, "customer": after.customer_id, "other": after.other_id
        },
    )  # fmt: skip
    return [Pair(*row) for row in rows]


_MOST = 300
"""Names of one beginning that are compared with a new one."""


def candidates(database: Database, one: Known) -> set[int]:
    """The customers that somebody who is being made may be: by ways to reach it, tax number, and what its name begins
    and ends with. Archived ones may be among them.
    """
    found: set[int] = set()
    for column, values in (("phone", one.phones), ("email", one.mails)):
        given = (json.dumps(sorted(values)),)
        for sql in ("SELECT t.id FROM customer", "SELECT t.customer_id FROM contact"):
            which = f"t ON t.{column} = w.value WHERE t.{column} IS NOT NULL LIMIT {_MOST}"
            start = sql.replace(" FROM ", " FROM json_each(?) w CROSS JOIN ")
            found.update(row[0] for row in database.rows(f"{start} {which}", given))
    if one.tax_number:
        rows = database.rows(f"SELECT id FROM customer WHERE tax_number = ? LIMIT {_MOST}", (one.tax_number,))
        found.update(row[0] for row in rows)
    if one.kind == "organization":
        found.update(_named(database, one.key))
    return found


def _named(database: Database, key: str) -> Iterator[int]:
    core = parts(key).core
    size = _LATIN if core.isascii() else _HAN
    for start in {core[:size], key[: size + len(key) - len(core)]}:
        rows = database.rows(
            "SELECT id FROM customer WHERE name_key >= ? AND name_key < ? AND kind = 'organization' LIMIT ?",
            (start, start + "\U0010ffff", _MOST),
        )
        yield from (row[0] for row in rows)
    if len(core) < _PIECE:
        return
    for piece in {core[:_PIECE], core[-_PIECE:]}:
        rows = database.rows(
            "SELECT rowid FROM search_trigram WHERE search_trigram MATCH ? LIMIT ?", (f'"{piece}"', _MOST)
        )
        yield from (row[0] for row in rows)


_LATIN, _HAN, _PIECE = 4, 2, 4


_REACHED_BY = (
    ("customer", "phone"), ("contact", "phone"), ("customer", "email"), ("contact", "email"),
    ("customer", "tax_number"),
)  # fmt: skip


def resembling(database: Database, sight: Sight, first: int, last: int) -> int:
    """How many of the customers from one id to another have a phone, a mail or a tax number of one that was there
    before them, themselves or by a contact; of those that were there only what is seen, and not masked, counts.
    """
    new = "BETWEEN :first AND :last", ""
    old = "< :first", f" AND c.archived_at IS NULL AND {seen_by(sight)}"
    if sight.masked:
        old = old[0], f"{old[1]} AND c.owner_id IS NOT NULL"
    found: list[str] = []
    for column in ("phone", "email", "tax_number"):
        tables = [table for table, name in _REACHED_BY if name == column]
        if first <= last - first:  # those that were there are fewer: they are looked up among the new ones
            ways = " UNION ".join(
                f"SELECT {_way(one, column)} AS way FROM {_having(one, column, *old)}" for one in tables
            )
            found += [
                f"SELECT c.id FROM ({ways}) w CROSS JOIN {_having(one, column, *new, way='w.way')}"
                for one in tables
            ]
        else:
            known = " OR ".join(f"EXISTS (SELECT 1 FROM {_having(one, column, *old, way='w.way')})" for one in tables)
            found += [
                f"SELECT w.id FROM (SELECT c.id, {_way(one, column)} AS way FROM {_having(one, column, *new)}) w"
                f" WHERE {known}"
                for one in tables
            ]
    return int(database.value(
        f"SELECT count(*) FROM ({' UNION '.join(found)})", {"first": first, "last": last}
    ))  # fmt: skip


def _way(table: str, column: str) -> str:
    return f"{'c' if table == 'customer' else 'k'}.{column}"


def _having(table: str, column: str, ids: str, which: str, *, way: str = "") -> str:
    """What follows FROM of the customers (alias `c`) with these ids that have the way, or any, in that table.

    The pluses leave one index to each: that of the way where it is known, else that of the ids.
    """
    has = f"{_way(table, column)} = {way}" if way else f"+{_way(table, column)} IS NOT NULL"
    if table == "customer":
        return f"customer c WHERE {has} AND c.id {ids}{which}"
    key = "+k.customer_id" if way else "k.customer_id"
    return (
        "contact k CROSS JOIN customer c ON c.id = k.customer_id"
        f" WHERE {has} AND {key} {ids} AND k.archived_at IS NULL{which}"
    )


def known(database: Database, ids: Iterable[int]) -> dict[int, Known]:
    """What is known of these customers, by id; archived ones are left out."""
    given = json.dumps(list(ids))
    people: dict[int, tuple[set[str], set[str]]] = {}
    for key, phone, mail in database.rows(
        "SELECT k.customer_id, k.phone, k.email FROM json_each(?) w CROSS JOIN contact k ON k.customer_id = w.value"
        " WHERE k.archived_at IS NULL AND (k.phone IS NOT NULL OR k.email IS NOT NULL)",
        (given,),
    ):
        phones, mails = people.setdefault(key, (set(), set()))
        _add(phones, mails, phone, mail)
    found: dict[int, Known] = {}
    for key, kind, name, name_key, phone, mail, tax, region in database.rows(
        "SELECT c.id, c.kind, c.name, c.name_key, c.phone, c.email, c.tax_number, c.region FROM json_each(?) w"
        " CROSS JOIN customer c ON c.id = w.value WHERE c.archived_at IS NULL",
        (given,),
    ):
        phones, mails = people.get(key, (set(), set()))
        _add(phones, mails, phone, mail)
        found[key] = Known(kind, name, name_key, frozenset(phones), frozenset(mails), tax, region)
    return found


def _add(phones: set[str], mails: set[str], phone: str | None, mail: str | None) -> None:
    if phone:
        phones.add(phone)
    if mail:
        mails.add(mail.casefold())


def distinct(database: Database, ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """The pairs of which somebody said that they are two, of those with one of these customers: (lower, higher) → the
    id of the row.
    """
    rows = database.rows(
        "SELECT customer_id, other_id, id FROM distinct_pair WHERE customer_id IN (SELECT value FROM json_each(?1))"
        " OR other_id IN (SELECT value FROM json_each(?1))",
        (json.dumps(list(ids)),),
    )
    return {(a, b): key for a, b, key in rows}


# -- looking through all of them


def look(database: Database, at: str, progress: Progress = lambda done, most: None) -> int:
    """Compare all customers and keep the pairs that may be one in place of those found before; how many they are.

    What is written meanwhile is seen by the next look.
    """
    most = int(database.value("SELECT max(id) FROM customer") or 0)
    work = _Work(database, most, progress)
    found: set[int] = set()
    for sql in _WAYS:
        found.update(_packed(_blocks(database, sql, _WAY_BLOCK), work))
    found.update(_packed(_blocks(database, _BY_NAME, _NAME_BLOCK), work))
    _near(database, found, work)
    rows = list(_scored(database, found, work))
    found.clear()
    work.end()
    with database.writing():
        database.execute("DELETE FROM duplicate")
        database.connection.executemany("INSERT INTO duplicate VALUES (?, ?, ?)", rows)
        database.execute(
            "INSERT INTO duplicate_look VALUES (1, ?1, ?2, ?3)"
            " ON CONFLICT DO UPDATE SET at = ?1, last_id = ?2, pairs = ?3",
            (at, most, len(rows)),
        )
    return len(rows)


class _Work:
    """How far the look is: three times over all customers, of which the comparing of names is two."""

    def __init__(self, database: Database, most: int, progress: Progress) -> None:
        self.most = 3 * max(1, most)
        self.done = 0
        self._progress = progress
        self._database = database
        # While a statement is open an interrupt is not forgotten: what comes between two queries ends at the next step.
        self._open = database.connection.execute("VALUES (1), (2)")

    def step(self, customers: int) -> None:
        self.done = min(self.most, self.done + customers)
        self._database.value("SELECT 1")
        self._progress(self.done, self.most)

    def end(self) -> None:
        self._open.close()


def _blocks(database: Database, sql: str, cap: int) -> Iterator[list[int]]:
    """The customers that have one value in common, of those that no more than `cap` share."""
    rows = database.stream(sql)
    for __, block in groupby(rows, key=itemgetter(0)):
        ids = {row[1] for row in block}
        if 1 < len(ids) <= cap:
            yield sorted(ids)


def _packed(blocks: Iterable[list[int]], work: _Work) -> Iterator[int]:
    for number, block in enumerate(blocks):
        if number % _STEP == 0:
            work.step(0)
        for a, b in combinations(block, 2):
            yield a << 32 | b


def _near(database: Database, found: set[int], work: _Work) -> None:
    """Add the pairs of firms whose names are alike: those that share one of their rarest pieces are compared."""
    cores: list[str] = []
    ids, starts = array("L"), array("L")
    slots = 1 << max(10, (work.most // 3).bit_length() + 1)
    counts = array("L", bytes(8 * slots))
    before = None
    rows = database.stream(_BY_NAME)
    for number, (key, customer_id) in enumerate(rows, 1):
        if number % _STEP == 0:
            work.step(_STEP)
        if key == before:  # among themselves they are found by their name
            if len(ids) - starts[-1] < _EQUALS:
                ids.append(customer_id)
            continue
        before = key
        starts.append(len(ids))
        core = parts.__wrapped__(key).core
        cores.append(core)
        ids.append(customer_id)
        for slot in _slots(core, slots):
            counts[slot] += 1
    starts.append(len(ids))
    for block in _gathered(cores, counts, work):
        for one, other in combinations(block, 2):
            if near(cores[one], cores[other]):
                pairs = product(ids[starts[one] : starts[one + 1]], ids[starts[other] : starts[other + 1]])
                found.update(min(pair) << 32 | max(pair) for pair in pairs)


def _slots(core: str, slots: int) -> set[int]:
    """Where the pieces of the core are counted; two that share a place share a block, and are told apart there."""
    return {crc32(gram.encode()) & (slots - 1) for gram in grams(core)}


def _gathered(cores: Sequence[str], counts: array[int], work: _Work) -> Iterator[Sequence[int]]:
    """The places of the names that have one of their rarest pieces in common."""
    chosen = array("L")
    slots = len(counts)
    sizes = array("L", bytes(8 * (slots + 1)))
    where = array("L")
    for place, core in enumerate(cores):
        if place % _STEP == 0:
            work.step(_STEP)
        rare = sorted((counts[slot], slot) for slot in _slots(core, slots) if 1 < counts[slot] <= _GRAM_BLOCK)
        for __, slot in rare[:_GRAMS]:
            chosen.append(slot)
            where.append(place)
            sizes[slot + 1] += 1
    for slot in range(slots):
        sizes[slot + 1] += sizes[slot]
    ends, members = array("L", sizes), array("L", bytes(8 * len(chosen)))
    for slot, place in zip(chosen, where, strict=True):
        members[ends[slot]] = place
        ends[slot] += 1
    for slot in range(slots):
        if sizes[slot + 1] - sizes[slot] > 1:
            yield members[sizes[slot] : sizes[slot + 1]]


def _scored(database: Database, found: set[int], work: _Work) -> Iterator[tuple[int, int, int]]:
    """Those of the pairs that are candidates, with their scores."""
    packed = iter(sorted(found))
    left = len(found)
    while batch := [(pair >> 32, pair & _LOW) for pair in islice(packed, _BATCH)]:
        wanted = {key for pair in batch for key in pair}
        facts = known(database, wanted)
        apart = distinct(database, wanted)
        for a, b in batch:
            if a in facts and b in facts and (a, b) not in apart:
                likeness = alike(facts[a], facts[b])
                if likeness.is_candidate:
                    yield a, b, likeness.score
        work.step(len(batch) * (work.most - work.done) // max(left, 1))
        left -= len(batch)
