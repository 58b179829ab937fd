"""A big database made of a seed: what a large firm's looks like, consistent like one that the program wrote itself.

The same size, seed and day give the same rows. Reps hold about 300 customers each, together three in ten; the rest
lies in the public pool. What does not depend on the size: what a rep holds, and how often the words of `RARE` occur.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from crm_tui.domain.clock import stamp
from crm_tui.domain.names import name_key
from crm_tui.domain.schemes import primary, shipped
from crm_tui.store import importing, search, seeding
from crm_tui.store.database import Database
from crm_tui.store.opening import MIGRATIONS

ADMIN, REP = "admin", "rep7"
HOLDING = 300
SEED = 1
RARE = ("麒麟阁", "Zyxwick", "5550147", "zyxmail")
"""A Han name, a Latin one, the digits of a phone and a mail domain that ten customers have at any size."""
NEVER = ("龘靐齉", "Qvxzjk", "99887766", "nosuchmail")
"""The same, of no customer."""

Fill = Callable[[Database, int, datetime], None]

_BLOCK = 10_000
_YEARS = 3
_CACHE = -1_000_000

# ruff: noqa: SIM905 - words are easier to read as a text

CITIES = (
    "北京 上海 广州 深圳 天津 重庆 杭州 南京 苏州 宁波 武汉 长沙 成都 西安 青岛 济南 大连 沈阳 厦门 福州 "
    "London Leeds Bristol York Dublin Boston Denver Austin Seattle Portland"
).split()
INDUSTRIES = (
    "machinery electronics software chemicals textiles food furniture packaging logistics retail banking insurance "
    "telecom energy mining steel paper printing toys medical pharma education travel construction automotive"
).split()
TRADES = (
    "机械 电子 软件 化工 纺织 食品 家具 包装 物流 商贸 金融 保险 通信 能源 矿业 "
    "钢铁 纸业 印刷 玩具 医疗 医药 教育 旅游 建筑 汽车"
).split()
SOURCES = "expo website referral cold-call partner advert wechat tender press list walk-in other".split()
TAGS = "vip key-account slow-payer export oem newsletter tender competitor".split()
_HAN = "华中天金海东方大龙盛德信达恒宏远新明光泰安兴隆福瑞祥永昌嘉联创"
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英"
_FIRST = (
    "North South Bright Silver Golden River Stone Green Blue Royal United Pacific Summit Harbor Crown Swift"
).split()
_SECOND = "field bridge gate works line point wood dale mark port way forge view land craft light".split()
_PEOPLE = "Amy Tom Jane Paul Kate Mark Lucy John Anna Peter".split()
_FAMILIES = "Baker Clarke Evans Foster Green Hughes Irving Jones Knight Lewis".split()
_STAGES = ("potential", "target", "intent", "actual", "lost", "non_customer")
_HELD, _POOLED = (25, 25, 20, 20, 8, 2), (50, 20, 4, 1, 17, 8)
_TIERS, _TIER_WEIGHTS = (None, "A", "B", "C", "D"), (27, 8, 20, 30, 15)
_NEXT_OF_HELD = 0.8

CUSTOMER = (
    "id", "kind", "name", "name_key", "stage", "stage_since", "scheme", "tier", "tier_rank", "owner_id", "pool_id",
    "phone", "email", "region", "industry", "source", "note", "next_on", "last_contact", "last_touch", "held_since",
    "created_at", "created_by", "archived_at",
)  # fmt: skip
_TABLES = {
    "customer": CUSTOMER,
    "contact": ("id", "customer_id", "name", "phone", "email", "is_primary"),
    "interaction": ("id", "customer_id", "user_id", "at", "channel", "connected", "note"),
    "follow_up": ("id", "customer_id", "user_id", "kind", "purpose", "due_on", "original_on", "created_at"),
    "tag": ("id", "customer_id", "name"),
    "customer_tier": ("id", "customer_id", "scheme", "tier"),
    "stage_change": ("customer_id", "from_stage", "to_stage", "at", "user_id"),
    "tier_change": ("customer_id", "scheme", "from_tier", "to_tier", "at", "user_id"),
}


class _Rows:
    """Rows that wait to be written, by table, and the last id of each table."""

    def __init__(self) -> None:
        self.waiting: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
        self.last = dict.fromkeys(_TABLES, 0)

    def add(self, table: str, *values: Any) -> None:
        self.last[table] += 1
        self.waiting[table].append((self.last[table], *values))

    def take(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        for table in _TABLES:
            rows, self.waiting[table] = self.waiting[table], []
            yield table, rows


class Maker:
    """Makes customers one after the other, the oldest first."""

    def __init__(self, size: int, now: datetime, seed: int) -> None:
        self.size, self.now, self.dice = size, now, Random(seed)
        self.reps = range(2, 2 + max(7, size * 3 // 10 // HOLDING))
        self.rows = _Rows()
        self.held = 0
        self.rare = max(1, size // 10)
        self.today = now.date()

    def at(self, age: float) -> str:
        """The stamp of so many days ago."""
        return stamp(self.now - timedelta(days=age))

    def customer(self, key: int) -> None:
        """Make one and all that belongs to it."""
        dice, pick = self.dice, self.dice.choice
        created = 365 * _YEARS * (1 - key / (self.size + 1)) + 1
        since, contacted = dice.random() * created, dice.random() ** 2 * created
        owner = self._owner()
        stage = dice.choices(_STAGES, _HELD if owner else _POOLED)[0]
        tier = dice.choices(_TIERS, _TIER_WEIGHTS)[0]
        scheme = shipped()[primary(stage)]
        field = int(dice.random() * len(INDUSTRIES))
        city, kind, name, domain = self._name(key, field)
        worker = owner or pick(self.reps)
        contact = self.at(contacted) if dice.random() < (0.75 if owner else 0.4) else None
        archived = dice.random() < 0.01
        promised = owner and not archived and dice.random() < _NEXT_OF_HELD
        next_on = (self.today + timedelta(days=int(dice.gauss(20, 15)))).isoformat() if promised else None
        rare = key % self.rare == self.rare // 2
        has_contact = rare or dice.random() < 1 / 3
        phone = None if has_contact or dice.random() < 0.2 else self._phone(key, rare)
        email = f"info@{domain}" if not has_contact and dice.random() < 0.5 else None
        made = self.at(created)
        self.rows.add(
            "customer", kind, name, name_key(name), stage, self.at(since), scheme.identifier, tier,
            scheme.rank(tier) if tier else None, owner, None if owner else 1, phone, email, city, INDUSTRIES[field],
            pick(SOURCES), "met at the fair" if dice.random() < 0.1 else None, next_on, contact, contact,
            self.at(min(since, 90)) if owner else None, made, worker, self.at(since / 2) if archived else None,
        )  # fmt: skip
        self.rows.waiting["stage_change"].append((key, None, stage, self.at(since), worker))
        if has_contact:
            self.rows.add("contact", key, self._person(), self._phone(key, rare), self._mail(domain, rare), 1)
        if contact:
            self.rows.add("interaction", key, worker, contact, pick(("call", "visit", "mail")), 1, "asked for a price")
        if next_on:
            self.rows.add("follow_up", key, owner, "promise", "call back", next_on, next_on, contact or made)
        if tier:
            self.rows.add("customer_tier", key, scheme.identifier, tier)
            self.rows.waiting["tier_change"].append((key, scheme.identifier, None, tier, made, worker))
        if dice.random() < 0.05:
            self.rows.add("tag", key, pick(TAGS))

    def _owner(self) -> int | None:
        """Whose it is, in turn, so that all hold as many; None for the pool's."""
        if self.dice.random() >= 0.3:
            return None
        self.held += 1
        return self.reps[self.held % len(self.reps)]

    def _name(self, key: int, field: int) -> tuple[str, str, str, str]:
        """Region, kind, name and mail domain."""
        dice, pick = self.dice, self.dice.choice
        rare = key % self.rare == self.rare // 2
        han = dice.random() < 0.5
        city = CITIES[int(dice.random() * 20)] if han else CITIES[20 + int(dice.random() * 10)]
        first, second = pick(_FIRST), pick(_SECOND)
        domain = f"{RARE[3]}.example" if rare else f"{first.lower()}{second}{key % 5000}.example"
        if dice.random() < 0.15 and not rare:
            return city, "person", self._han_person() if han else self._latin_person(), domain
        if han:
            brand = RARE[0] if rare else pick(_HAN) + pick(_HAN)
            return city, "organization", f"{city}{brand}{TRADES[field]}有限公司", domain
        brand = RARE[1] if rare else f"{first}{second}"
        return city, "organization", f"{brand} {INDUSTRIES[field].title()} {key % 1000} Ltd", domain

    def _person(self) -> str:
        return self._han_person() if self.dice.random() < 0.5 else self._latin_person()

    def _han_person(self) -> str:
        return "".join(map(self.dice.choice, (_SURNAMES, _GIVEN, _GIVEN)))

    def _latin_person(self) -> str:
        return f"{self.dice.choice(_PEOPLE)} {self.dice.choice(_FAMILIES)}"

    def _phone(self, key: int, rare: bool) -> str:
        if rare:
            return f"+8610{RARE[2]}{key % 10}"
        return f"+8613{self.dice.randrange(4, 10)}{self.dice.randrange(100_000_000):08}"

    def _mail(self, domain: str, rare: bool) -> str | None:
        if rare:
            return f"sales@{domain}"
        name = self.dice.choice(_PEOPLE).lower()
        chance = self.dice.random()
        return f"{name}@{domain}" if chance < 0.3 else f"{name}{int(chance * 1e6)}@163.com" if chance < 0.6 else None


def fill(database: Database, size: int, now: datetime, seed: int = SEED) -> None:
    """Fill a new database; the administrator is `ADMIN`, the reps are rep2, rep3 and so on. `now` is aware."""
    maker = Maker(size, now, seed)
    joined = maker.at(365 * _YEARS + 30)
    users = [(1, ADMIN, "Admin", "admin", joined), *((n, f"rep{n}", f"Rep {n}", "rep", joined) for n in maker.reps)]
    # The cache is for all of it, and nobody else is there to see the half of it: one transaction would only cost.
    with importing.room(database):
        database.connection.pragma("cache_size", _CACHE)
        with database.writing():
            seeding.insert(database, "user", ("id", "login", "name", "role", "created_at"), users)
            entry = seeding.begin(
                database, at=maker.at(0), user_id=1, source="benchmark", summary=f"{size:,} customers"
            )
        for start in range(1, size + 1, _BLOCK):
            stop = min(size, start + _BLOCK - 1)
            for key in range(start, stop + 1):
                maker.customer(key)
            with database.writing():
                for table, rows in maker.rows.take():
                    seeding.add(database, entry, table, _TABLES[table], rows)
                seeding.make_searchable(database, start, stop)
        seeding.end(database)
        database.connection.pragma("wal_checkpoint(TRUNCATE)")


def folder(given: str | None = None) -> Path:
    """Where the databases are kept between runs."""
    return Path(given) if given else Path(tempfile.gettempdir()) / "crm-tui-benchmarks"


def kept(
    cache: Path, size: int, now: datetime, make: Fill | None = None, name: str = "customers", source: str = ""
) -> Path:
    """The database of that size, made when it is not there, or is of another week, schema or generator.

    `make` fills another kind of it than `fill` does, of that `name`, as its `source` says.
    """
    monday = now.date() - timedelta(days=now.weekday())
    path = cache / f"{name}-{size}-{monday}-{_fingerprint(source)}.db"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        for old in cache.glob(f"{name}-{size}-*"):
            old.unlink()
        began = time.perf_counter()
        unfinished = path.with_suffix(".part")
        database = Database(unfinished, create=True)
        (make or fill)(database, size, datetime.combine(monday, now.time(), UTC))
        database.close()
        unfinished.rename(path)
        for rest in cache.glob(f"{unfinished.name}*"):
            rest.unlink()
        took, megabytes = time.perf_counter() - began, path.stat().st_size / 1e6
        print(f"{size:,} customers ({name}) made in {took:.0f} s: {megabytes:,.0f} MB", file=sys.stderr)
    return path


def _fingerprint(source: str = "") -> str:
    """Changes with the schema and with what this module and the search index make of the seed."""
    sources: Sequence[str] = [
        source,
        *(file.read_text(encoding="utf-8") for file in sorted(MIGRATIONS.glob("*.py"))),
        *(inspect.getsource(module) for module in (search, sys.modules[__name__])),
    ]
    return hashlib.sha256("".join(sources).encode()).hexdigest()[:8]


def monday_of(now: datetime) -> date:
    """The day that the database counts from."""
    return now.date() - timedelta(days=now.weekday())
