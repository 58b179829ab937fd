"""First pages at many customers against the same at few, for every kind of filter, tab and sort, by role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from crm_tui.domain.stages import STAGES
from crm_tui.services import lists, people
from crm_tui.services.lists import SORTS, Query, sort_order
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.benchmarks.customers import ADMIN, NEVER, RARE, REP
from tests.benchmarks.table import Row, bests

GROWTH, ANY = 1.5, 100.0
PAGE = 100

FIELDS = (
    "owner:me", "owner:rep3", "owner:none", "owner:any", "pool:default", "pool:any", "pool:none", "tier:A", "tier:none",
    "region:北京", "region:london", "region:s*", "source:expo", "industry:software", "tag:vip",
    "tag:v*", "kind:person", "id:1..50",
    "due:<=today", "due:overdue", "due:today", "due:>7d", "last:>30d", "last:<7d", "created:>=2026-01-01",
    "created:<30d", "since:>30", "since:<10", "has:phone", "no:phone", "has:email", "no:email", "has:wechat",
    "no:wechat", "has:next", "no:next", "has:owner", "no:owner", "has:contact", "no:contact", "has:tag", "no:tag",
    "has:note", "no:note", "has:tier", "no:tier", "has:last", "no:last", "archived:yes", "archived:any", "blocked:yes",
    "blocked:no", "-stage:lost", "stage:intent,actual", "name:公司", "name:bridge", f"name:{NEVER[1].lower()}",
    "phone:138", f"phone:{RARE[2]}", f"phone:{NEVER[2]}", "email:163.com", f"email:{RARE[3]}", f"email:{NEVER[3]}",
)  # fmt: skip
"""Filters of one field."""

WORDS = (
    "公司", "北京", "bj", "le", "麒麟", "龘靐", "zy", "qv", "有限公司", "深圳华", "shenzhen", "gs", "bridge",
    "software", "王伟", "wangwei", "138", "1385", "163.com", "amy@", *RARE, *NEVER, '"bridge Software"',
)  # fmt: skip
"""Words that occur often, seldom, never: Latin, Han, pinyin, digits of phones, mail domains."""

SEVERAL = (
    "stage:intent tier:A,B owner:me", "region:london tier:A", "tag:vip stage:intent", "owner:me due:<=today",
    "due:<=today tier:A",
    "last:>30d -stage:lost", "(tier:A or tag:vip) region:london", "bridge -stage:lost",
    "公司 tier:A", "region:london source:expo industry:software", "has:phone no:next", "not region:london",
    "kind:person tag:vip", "owner:me bridge", "138 tier:A", "region:london,leeds", "stage:lost tag:oem region:北京",
)  # fmt: skip
"""Others: a page or its progress within 100 ms."""


class Pair:
    """The same role on the small database and on the big one."""

    def __init__(self, small: Path, big: Path, login: str) -> None:
        self.login = login
        self.databases = [Database(path) for path in (small, big)]
        self.sessions = [people.sign_in(d, login, source="benchmark") for d in self.databases]

    def times(self, job: Callable[[Session], object]) -> tuple[float, float]:
        """Milliseconds on the small database and on the big one."""
        small, big = self.sessions
        return bests(lambda: job(small), lambda: job(big))

    def close(self) -> None:
        for database in self.databases:
            database.close()


def first_page(session: Session, query: Query) -> int:
    """What the pipeline reads before it shows a list; how many rows those are."""
    page = lists.page(session, query, limit=PAGE)
    return len(lists.rows(session, page.ids))


def rows(small: Path, big: Path, *, sizes: str) -> Iterator[Row]:
    """All rows of this group; `sizes` names the small database."""
    for login in (ADMIN, REP):
        pair = Pair(small, big, login)
        yield from _grown(pair, "", [Query()], sizes)
        yield from _grown(pair, "tab", [Query(stage=stage.identifier) for stage in STAGES], sizes)
        yield from _grown(pair, "", [Query(text) for text in FIELDS], sizes)
        yield from _grown(pair, "words", [Query(text) for text in WORDS], sizes)
        orders = [sort_order(way + name) for name in SORTS for way in ("", "-")]
        yield from _grown(pair, "sort", [Query(order=order) for order in orders], sizes)
        yield from _grown(pair, "own, sort", [Query("owner:me", order=sort_order(name)) for name in SORTS], sizes)
        for text in SEVERAL:
            __, big_ms = pair.times(lambda session, text=text: first_page(session, Query(text)))  # type: ignore[misc]
            yield Row(f"{login}: {text}", big_ms, budget=ANY)
        for text in ("", "owner:me"):
            few, many = pair.times(lambda session, text=text: lists.stage_counts(session, lists.Query(text)))  # type: ignore[misc]
            yield Row(f"{login}: counts of the tabs {text}".strip(), many, "ms", sizes, few, GROWTH)
        pair.close()


def _grown(pair: Pair, kind: str, queries: list[Query], sizes: str) -> Iterator[Row]:
    for query in queries:
        few, many = pair.times(lambda session, query=query: first_page(session, query))  # type: ignore[misc]
        order = f"{'-' if query.order.descending else ''}{query.order.sort}" if query.order else ""
        words = (kind, query.stage, order, query.filter if kind != "own, sort" else "")
        name = " ".join(word for word in words if word) or "all"
        yield Row(f"{pair.login}: {name}", many, "ms", sizes, few, GROWTH)

