"""The demo database: a team of six, their customers and a year of history, all made of a seed.

Whatever the size, it is written in blocks that are alike, so that memory is bounded and every rep has the same day.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from random import Random

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.services import demo_people, demo_trade
from crm_tui.services.demo_life import COLUMNS, Calendar, Life, Rows
from crm_tui.services.demo_plan import YEAR, Plan, pick, pooled, queue, quiet
from crm_tui.services.demo_texts import tongues
from crm_tui.store import seeding
from crm_tui.store.database import Database

TEAM = (
    ("chen", "陈静", "admin"), ("wang", "王磊", "lead"), ("li", "李娜", "rep"), ("zhou", "周敏", "rep"),
    ("amy", "Amy Clarke", "rep"), ("tom", "Tom Baker", "rep"),
)  # fmt: skip
SIGNS_IN = "li"
ADMIN_ID, LEAD_ID = 1, 2
DEFAULT_TEAM = 1
HOLDING_CAP = 500
USER = ("id", "login", "name", "role", "created_at", "team_id")
SWEPT = ("user_id", "at", "swept_on", "warned", "recycled", "escalated", "failed")
BLOCK = 2_000
"""Customers that four reps share with the public pool; they are written at once."""

def fill(database: Database, now: datetime, *, customers: int = BLOCK, seed: int = 1) -> str:
    """Fill a new database; the login of the rep that signs in. Same seed and moment, same rows.

    Days are counted in the host's zone, as they are for users that set none. Every further 2,000 customers come with
    four more reps. Raises CrmError when the database is in use already.
    """
    with _without_collecting():
        return _fill(database, now, customers, seed)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Within it nobody looks for garbage: the rows that wait are a great many, and none of them is any."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _fill(database: Database, now: datetime, customers: int, seed: int) -> str:
    today = now.astimezone()
    dice = Random(seed)
    calendar = Calendar(today)
    with database.writing():
        if not seeding.is_new(database):
            raise CrmError(_("{path} is in use: the demo wants a new database").format(path=database.path))
        entry_id = _begin(database, calendar, customers)
    rows = Rows()
    demo_trade.products(rows)
    quiet: dict[int, demo_trade.Quiet] = {}
    for start in range(0, customers, BLOCK):
        with database.writing():
            size = min(BLOCK, customers - start)
            reps = _reps(database, dice, calendar, start // BLOCK)
            lives = _block(dice, calendar, rows, reps, size, lead=start == 0)
            demo_trade.Trade(seed + start, calendar, rows).write(lives)
            quiet |= demo_trade.quiet(lives)
            with seeding.own_log(database):
                for table, waiting in rows.take():
                    seeding.add(database, entry_id, table, COLUMNS[table], waiting)
            seeding.make_searchable(database, start + 1, start + size)
    seeding.end(database)
    demo_trade.grade(database, today, quiet)
    return SIGNS_IN


def _begin(database: Database, calendar: Calendar, customers: int) -> int:
    """The team, its rule, and the journal entry of the rest, which is the administrator's.

    The team is in no journal, like the first user of any database: the histories name them for ever.
    """
    joined = calendar.text(calendar.at(YEAR, 540))
    users = [(key, *user, joined, DEFAULT_TEAM) for key, user in enumerate(TEAM, 1)]
    seeding.insert(database, "user", USER, users)
    seeding.name_lead(database, DEFAULT_TEAM, LEAD_ID)
    summary = _("demo of {n} customers").format(n=f"{customers:,}")
    at = calendar.text(calendar.at(0, 0))
    entry_id = seeding.begin(database, at=at, user_id=ADMIN_ID, source="demo", summary=summary)
    rules = [("pool.holding_cap", str(HOLDING_CAP)), *demo_people.rules()]
    settings = [(key, *rule) for key, rule in enumerate(rules, 1)]
    seeding.add(database, entry_id, "setting", ("id", "name", "value"), settings)
    day = calendar.days.today.isoformat()
    run = (ADMIN_ID, at, day, 2, 0, 0, 0)
    seeding.insert(database, "sweep_run", SWEPT, [run])
    return entry_id


def _reps(database: Database, dice: Random, calendar: Calendar, block: int) -> Sequence[int]:
    """The ids of the four reps of a block; those of the first are of the team, the others are made."""
    first = 3 + 4 * block
    keys = range(first, first + 4)
    if block:
        joined = calendar.text(calendar.at(YEAR, 540))
        users = [(key, f"rep{key}", tongues()[key % 2].person(dice), "rep", joined, DEFAULT_TEAM) for key in keys]
        seeding.insert(database, "user", USER, users)
    return keys


def _block(
    dice: Random, calendar: Calendar, rows: Rows, reps: Sequence[int], size: int, *, lead: bool
) -> list[Life]:
    """A quarter lies in the pool, the lead of the team has a few, the reps share the rest; all that somebody holds."""
    days = calendar.days
    plans: list[tuple[int | None, Plan]] = [(None, pooled(dice, days)) for __ in range(size // 4)]
    if lead:
        plans += [(LEAD_ID, quiet(dice, days)) for __ in range(size // 20)]
    left = size - len(plans)
    for place, rep in enumerate(reps):
        share = (left + place) // len(reps)
        due = queue(dice, days)[: share // 2]
        plans += [(rep, plan) for plan in due]
        plans += [(rep, quiet(dice, days)) for __ in range(share - len(due))]
    dice.shuffle(plans)
    lives: list[Life] = []
    for holder, plan in plans:
        tongue = tongues()[dice.random() < 0.5]
        life = Life(dice, calendar, rows, tongue, plan, holder, pick(dice, reps))
        life.write()
        if lead or holder is not None:
            lives.append(life)
    if lead:
        demo_people.pools(rows)
        demo_people.between(calendar, rows, lives)
    return lives
