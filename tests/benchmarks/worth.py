"""Grading, reports and recommendations over a million order lines, against one SQL aggregate and plain budgets.

The aggregate runs in another process, in the SQLite of the standard library, on a copy of the database.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from crm_tui.domain.analysis import ABOUT
from crm_tui.domain.periods import Period, before, default
from crm_tui.services import analysis, grading, history, lists, people, recommend, tiers
from crm_tui.services import worth as services
from crm_tui.services.analysis import Asked
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.store import worth
from crm_tui.store.database import Database
from tests.benchmarks import trade
from tests.benchmarks.customers import ADMIN, REP
from tests.benchmarks.filters import ANY, GROWTH, Pair, first_page
from tests.benchmarks.table import Row

DRY, APPLIED, REPORT, OFFER = 3.0, 1.0, 1.0, 2.0
MANY = 10_000
_RUNS = 3

_SALES = """
SELECT count(*), sum(sales), sum(profit), sum(orders) FROM (
 SELECT o.customer_id, sum(l.amount) AS sales, sum(l.amount - l.cost) AS profit, count(DISTINCT o.id) AS orders
 FROM sales_order o JOIN order_line l ON l.order_id = o.id
 WHERE o.state = 'confirmed' AND o.ordered_on BETWEEN :first AND :last GROUP BY o.customer_id
)
"""
"""The sales and the profit of each customer alone."""
_AGGREGATE = """
WITH sold AS (
 SELECT o.customer_id, sum(l.amount) FILTER (WHERE o.ordered_on >= :first) AS sales,
  sum(l.amount) FILTER (WHERE o.ordered_on < :first) AS sales_before,
  sum(l.amount) FILTER (WHERE o.ordered_on >= :first AND l.cost IS NOT NULL) AS costed,
  sum(l.amount - l.cost) FILTER (WHERE o.ordered_on >= :first) AS profit
 FROM sales_order o JOIN order_line l ON l.order_id = o.id
 WHERE o.state = 'confirmed' AND o.ordered_on BETWEEN :before AND :last GROUP BY o.customer_id
), claimed AS (
 SELECT r.customer_id, r.amount, coalesce(sum(a.amount), 0) AS paid,
  coalesce(sum(a.amount) FILTER (WHERE p.paid_on <= r.due_on), 0) AS timely
 FROM receivable r LEFT JOIN allocation a ON a.receivable_id = r.id
 LEFT JOIN payment p ON p.id = a.payment_id AND p.paid_on <= :last
 WHERE r.due_on BETWEEN :first AND :last GROUP BY r.id
), owed AS (
 SELECT customer_id, sum(amount) AS due, sum(min(amount, paid)) AS collected, sum(min(amount, timely)) AS on_time
 FROM claimed GROUP BY customer_id
)
SELECT c.id, sold.*, owed.*, c.influence FROM customer c LEFT JOIN sold ON sold.customer_id = c.id
LEFT JOIN owed ON owed.customer_id = c.id WHERE c.archived_at IS NULL
"""
"""All that the rule of `value` looks at, of each customer."""
_PEER = """
import sqlite3, sys, time
path, sql, before, first, last, runs = sys.argv[1:]
database = sqlite3.connect(path)
times = []
for _ in range(int(runs) + 1):
    start = time.perf_counter()
    database.execute(sql, {"before": before, "first": first, "last": last}).fetchall()
    times.append(time.perf_counter() - start)
print(min(times[1:]))
"""
"""Taken as the program's own jobs are: the quickest run after one that is not counted."""

LISTS = ("", "owner:me", "suggest:up", "suggest:any", "tier:A", "stage:intent suggest:any", "tier.value:diamond",
         "tier.value:problem", "sales:>=1m", "share:falling", "growth:lagging", "wallet:missing")  # fmt: skip
_SUGGESTED = """
UPDATE customer SET suggested = 'B', suggested_rank = 1 WHERE scheme = 'abcd' AND tier = 'C' AND id % 5 = 0
"""


def rows(small: Path, big: Path, scratch: Path) -> Iterator[Row]:
    """All rows of this group; `scratch` is an empty folder for copies."""
    path, few = (Path(shutil.copy(one, scratch / name)) for one, name in ((big, "big.db"), (small, "small.db")))
    copy = Path(shutil.copy(big, scratch / "copy.db"))
    database = Database(path)
    admin = people.sign_in(database, ADMIN, source="benchmark")
    yield from _graded(admin, copy)
    copy.unlink()
    yield from _told(admin)
    yield from _kept(admin)
    database.close()
    _prepare(few)
    _prepare(path)
    yield from _listed(few, path)


def _seconds(job: Callable[[], object], runs: int = _RUNS) -> float:
    """The quickest of several runs, after one that is not counted."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times[1:])


def aggregate(copy: Path, sql: str, period: Period) -> float:
    """The seconds of one aggregate, in another process."""
    days = before(period).first, period.first, period.last
    words = [sys.executable, "-c", _PEER, copy, sql, *days, _RUNS]
    done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _graded(admin: Session, copy: Path) -> Iterator[Row]:
    """Who would move, and moving them: all at once, then the many of a second run."""
    schemes, period = admin.settings.schemes, default(admin.today)
    earlier = Period(period.first.replace(year=period.first.year - 1), period.last.replace(year=period.last.year - 1))
    theirs, sales = (aggregate(copy, sql, period) for sql in (_AGGREGATE, _SALES))
    for name in ("value", "pareto", "matrix"):
        ours = _seconds(lambda name=name: grading.preview(admin, schemes[name]))  # type: ignore[misc]
        peer = ("its facts in one aggregate", theirs) if name == "value" else ("sales in one aggregate", sales)
        yield Row(f"grade {name} --dry-run", ours, "s", *peer, DRY if name == "value" else None)
        if name == "value":
            yield Row("the same against the sales alone", ours, "s", "sales in one aggregate", sales)
    ours = _seconds(lambda: grading.preview(admin, schemes["value"], earlier), 1)
    yield Row("grade value --dry-run, a period that is not kept", ours, "s", "its facts in one aggregate", theirs)
    # Reading and reckoning are what the dry run took: what is left is what the changes took.
    reckoned = _seconds(lambda: grading.preview(admin, schemes["value"]), 1)
    for told, which in (("first", period), ("another period", earlier)):
        start = time.perf_counter()
        changed = len(grading.grade(admin, schemes["value"], which).changed)
        took = time.perf_counter() - start
        yield Row(f"grade value, {told}: {changed:,} changed", took, "s")
        if which == period:
            yield Row(f"… of which for {MANY:,} changed", (took - reckoned) / changed * MANY, "s", budget=APPLIED)
    start = time.perf_counter()
    undone = len(history.undo(admin).changed)
    yield Row(f"undo of it, for {MANY:,} changed", (time.perf_counter() - start) / max(1, undone) * MANY, "s",
              budget=APPLIED)  # fmt: skip


def _told(admin: Session) -> Iterator[Row]:
    """Each report as it opens, and to whom a new product is offered."""
    for name in ABOUT:
        yield Row(f"report {name}", _seconds(lambda name=name: analysis.make(admin, Asked(name)), 2), "s",  # type: ignore[misc]
                  budget=REPORT)  # fmt: skip
    ours = _seconds(lambda: recommend.to_whom(admin, trade.NEW, [trade.LIKE]), 2)
    yield Row("recommend", ours, "s", budget=OFFER)
    rep = people.sign_in(admin.database, REP, source="benchmark")
    ours = _seconds(lambda: recommend.to_whom(rep, trade.NEW, [trade.LIKE]), 2)
    yield Row("recommend, a rep's", ours, "s", budget=OFFER)


def _kept(admin: Session) -> Iterator[Row]:
    """Computing all anew, and what one more order costs."""
    start = time.perf_counter()
    services.rebuild(admin)
    yield Row("rebuild", time.perf_counter() - start, "s")
    with admin.database.writing():
        for table in ("sales_order", "wallet"):
            admin.database.execute(
                f"INSERT OR IGNORE INTO worth_stale SELECT customer_id FROM {table} WHERE customer_id <= {MANY}"
            )
        start = time.perf_counter()
        worth.refresh(admin.database)
        yield Row(f"worth of {MANY:,} customers anew", time.perf_counter() - start, "s", budget=APPLIED)


def _prepare(path: Path) -> None:
    """Graded under another scheme, and with suggestions on a good part of the list."""
    database = Database(path)
    admin = people.sign_in(database, ADMIN, source="benchmark")
    grading.grade(admin, admin.settings.schemes["value"])
    with database.writing():
        database.execute(_SUGGESTED)
    database.close()


def _listed(small: Path, big: Path) -> Iterator[Row]:
    """First pages with suggestions in them, under the primary schemes and under another one."""
    for login in (ADMIN, REP):
        pair = Pair(small, big, login)
        for scheme in ("", "value"):
            for session in pair.sessions:
                session.scheme = scheme
            shown = f" under {scheme}" if scheme else ""
            for text in LISTS:
                few, many = pair.times(lambda session, text=text: first_page(session, Query(text)))  # type: ignore[misc]
                yield Row(f"{login}: {text or 'all'}{shown}", many, "ms", "a tenth", few, GROWTH)
            few, many = pair.times(lambda session: lists.stage_counts(session, Query()))
            yield Row(f"{login}: counts of the tabs{shown}", many, "ms", "a tenth", few, GROWTH)
        few, many = pair.times(tiers.next_scheme)
        yield Row(f"{login}: the next scheme", many, "ms", budget=ANY)
        pair.close()
