"""What reps and their lead type in a day, drawn by dice: few customers, small caps, so that they meet all the time.

Left out is what nobody takes back, since it ended one's own sight of a customer: to decline, to end one's own share.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import perform, prepare
from crm_tui.commands.language import read
from crm_tui.domain.clock import local_date
from crm_tui.domain.errors import CrmError, DatabaseUnusable
from crm_tui.services import history, people, pool_lists, rules, teams
from crm_tui.services.session import Outcome, Session
from crm_tui.store import journal
from crm_tui.store.database import Database
from tests.factories import SHANGHAI, Clock, Team, make

CAP, QUOTA, COOLDOWN = 1, 1, 5
LEAD = "zhao"

_BY_REPS = (
    *["claim {ids}"] * 4, "claim {ids} --all-or-nothing", *["release {id} --reason no-need"] * 3,
    *["transfer {rep} {id}"] * 3, *["accept {ids}"] * 4, "withdraw {ids}", "share {rep} {id} --access edit",
    "share {rep} {id}", "unshare {rep} {id}", "protect {id} --reason deal", "unprotect {id}",
    "log spoke {id} --next +2d", "next +1d {ids}", "no-answer {id}", "tag vip {ids}", "edit region=north {id}",
    "new Firm{n}", "users away me --stand-in {rep}", "undo", *["undo {entry}"] * 3, "redo",
)  # fmt: skip
_BY_THE_LEAD = (
    "assign {rep} {ids}", "assign rr:{rep},{other} {ids}", "assign least:{rep},{other} {ids}", "move north {ids}",
    "move default {ids}", "block {id} --reason rude", "unblock {id} --reason friends",
    "release {id} --reason wrong-fit",
    "transfer {rep} {id}", "withdraw {ids}", "claim {id}", "tag lead {ids}", "share {rep} {id}",
    "unshare {rep} {id}",
    "protect {id} --reason deal", "undo", "undo {entry}", "redo",
)  # fmt: skip


def database_of(path: Path, blank: Path, reps: Sequence[str], customers: int) -> None:
    """A new database: the reps and their lead, two pools, so many customers, the small rules."""
    shutil.copy(blank, path)
    database = Database(path)
    team = Team(database, Clock())
    for login in reps:
        if login not in people.logins(database):
            teams.add(team.admin, login, role="rep", time_zone="Asia/Shanghai")
    pool_lists.add(team.admin, "north", ",".join([LEAD, *reps[: len(reps) // 2 + 1]]), None)
    for name, value in (("holding_cap", CAP), ("daily_quota", QUOTA), ("cooldown_days", COOLDOWN)):
        rules.set_rule(team.admin, f"pool.{name}", str(value))
    for number in range(customers):
        make(team.admin, f"Customer {number}", owner="pool")
    database.close()


_FITTING = {
    "claim": "pool_id IS NOT NULL",
    "accept": "id IN (SELECT customer_id FROM transfer WHERE closed_at IS NULL AND to_id = :me)",
    "withdraw": "id IN (SELECT customer_id FROM transfer WHERE closed_at IS NULL AND from_id = :me)",
    "unshare": "id IN (SELECT customer_id FROM collaborator)", "unblock": "blocked", "assign": "NOT blocked",
    "move": "pool_id IS NOT NULL", "unprotect": "id IN (SELECT customer_id FROM protection WHERE ended_on IS NULL)",
}  # fmt: skip


def draw(dice: Random, session: Session, reps: Sequence[str]) -> str:
    """A line that this user may type now; mostly a sensible one."""
    lead = session.person.login == LEAD
    line = dice.choice(_BY_THE_LEAD if lead else _BY_REPS)
    if session.database.value("SELECT 1 FROM absence WHERE user_id = ? AND until_on IS NULL", (session.person.id,)):
        line = "users back me"  # who is away can do little
    fitting = _FITTING.get(line.split()[0], "owner_id IS NOT NULL" if lead else "owner_id = :me")
    if dice.random() < 0.15:
        fitting = "1"
    sql = f"SELECT id FROM customer WHERE ({fitting}) AND :me ORDER BY id"
    ids = session.database.rows(sql, {"me": session.person.id})
    ids = ids or session.database.rows("SELECT id FROM customer ORDER BY id")
    entries = session.database.rows(
        "SELECT id FROM journal_entry WHERE user_id = ? AND kind = 'do' ORDER BY id DESC LIMIT 4", (session.person.id,)
    )
    others = [login for login in reps if login != session.person.login]
    picked = [dice.choice(ids)[0] for __ in range(dice.randint(1, 3))]
    return line.format(
        ids=" ".join(map(str, picked)), id=picked[0], rep=dice.choice(others), other=dice.choice([*reps, LEAD]),
        n=dice.randint(1, 9), entry=dice.choice(entries or [(0,)])[0],
    )  # fmt: skip


def obey(session: Session, line: str) -> Outcome | None:
    """Run the line; None where it was refused as a whole. The database itself takes all that a verb asks of it.

    What could be taken back or done again only in part is left: the rest of it would stay for ever.
    """
    back = line.startswith(("undo", "redo"))
    if line.startswith("undo") and _begun_since(session, line):
        return None
    try:
        with session.database.writing() if back else nullcontext():
            outcome = perform(session, prepare(session, read(line, CATALOG)))
            if back and outcome.refused:
                raise CrmError("in part")
            return outcome
    except DatabaseUnusable:
        raise
    except CrmError:
        session._read_at = None  # what was read since is not so
        return None


def _begun_since(session: Session, line: str) -> bool:
    """Whether what would be undone gave a customer to somebody who has worked on it since: that could not be taken back
    by them any more. What undo makes of it is tested by tests/services/test_undo_rights.py.
    """
    found = journal.undoable(session.database, session.person.id)
    entry = int(line.split()[1]) if " " in line else found[0] if found else 0
    return bool(
        session.database.value(
            "SELECT 1 FROM ownership_log l JOIN journal_change c ON c.customer_id = l.customer_id AND c.entry_id > ?1"
            " WHERE l.entry_id = ?1 LIMIT 1",
            (entry,),
        )
    )


def caps_hold(database: Database) -> None:
    """No rep holds more of what counts than the cap: there was no way to come by it."""
    found = database.rows(
        "SELECT u.login, count(*) FROM customer c JOIN user u ON u.id = c.owner_id WHERE u.role = 'rep'"
        " AND c.archived_at IS NULL AND c.stage IN ('potential', 'target', 'intent') GROUP BY 1 HAVING count(*) > ?",
        (CAP,),
    )
    assert found == []


def quotas_hold(database: Database) -> None:
    """No rep has claimed more on a day of theirs from a pool than the quota, whatever became of it."""
    counts: dict[tuple[Any, ...], int] = {}
    for user_id, pool_id, at in database.rows(
        "SELECT l.user_id, l.from_pool_id, l.at FROM ownership_log l JOIN user u ON u.id = l.user_id"
        " WHERE l.kind = 'claim' AND u.role = 'rep'"
    ):
        key = (user_id, pool_id, local_date(at, SHANGHAI))
        counts[key] = counts.get(key, 0) + 1
    assert {key: n for key, n in counts.items() if n > QUOTA} == {}


def claims_are_by_who_gets_them(database: Database) -> None:
    """What is called a claim took the customer from a pool to whoever claimed it."""
    found = database.rows(
        "SELECT id FROM ownership_log WHERE kind = 'claim' AND (from_pool_id IS NULL OR to_owner_id IS NOT user_id)"
    )
    assert found == []


def nobody_claims_back(database: Database, user_id: int, ids: Sequence[int], now: datetime) -> None:
    """Of what was claimed just now: the claimant held none of it within the cooldown, undone steps left out."""
    for key in ids:
        at = database.value(
            "SELECT max(at) FROM ownership_log l WHERE customer_id = ? AND from_owner_id = ?"
            " AND kind NOT IN ('undo', 'redo') AND entry_id NOT IN (SELECT e.id FROM journal_entry e"
            " WHERE e.kind = 'do' AND 'undo' ="
            " (SELECT kind FROM journal_entry t WHERE t.root_id = e.id ORDER BY t.id DESC LIMIT 1))",
            (key, user_id),
        )
        days = (now.astimezone(SHANGHAI).date() - local_date(at, SHANGHAI)).days if at else COOLDOWN
        assert days >= COOLDOWN, key


INVARIANTS: tuple[Callable[[Database], None], ...] = (caps_hold, quotas_hold, claims_are_by_who_gets_them)


def undo_all(database: Database, sign_in: Callable[[str], Session], first_entry: int) -> int:
    """Take back everything since an entry, each by who did it, the newest first; how much that was.

    What was taken back out of turn can leave somebody at the cap who would have to go through more: the administrator
    lifts it first, and takes that back in the end.
    """
    root = sign_in("root")
    lifted = rules.set_rule(root, "pool.holding_cap", "off").entry_id
    n = 0
    while found := database.row(
        "SELECT e.id, u.login FROM journal_entry e JOIN user u ON u.id = e.user_id"
        " LEFT JOIN journal_entry t ON t.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.kind = 'do' AND NOT e.fixed AND e.id > ?1 AND e.id <> ?2 AND coalesce(t.kind, 'redo') = 'redo'"
        " ORDER BY coalesce(t.id, e.id) DESC LIMIT 1",
        (first_entry, lifted),
    ):
        assert history.undo(sign_in(found[1]), found[0]).refused == ()
        n += 1
    history.undo(root, lifted)
    return n
