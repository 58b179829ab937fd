"""A day of reps who claim, give, take and take back: DOMAIN's rules hold after every step, and all of it undoes."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm_tui.domain import pools as pool_rules
from crm_tui.services import history, moves, people
from crm_tui.services import pools as pools_service
from crm_tui.services.session import Session
from crm_tui.store import pools as pools_store
from crm_tui.store.database import Database
from tests.factories import Clock, Team
from tests.processes.lines import INVARIANTS, LEAD, database_of, draw, nobody_claims_back, obey, undo_all
from tests.store.present import check, present

REPS = ("li", "wang", "amy")
CUSTOMERS = 4
TWENTY = tuple(f"rep{n}" for n in range(20))


@cache
def _template() -> Path:
    folder = Path(tempfile.mkdtemp())
    database = Database(folder / "blank.db", create=True)
    Team(database, Clock())
    database.close()
    database_of(folder / "crm.db", folder / "blank.db", REPS, CUSTOMERS)
    return folder / "crm.db"


class Day(RuleBasedStateMachine):
    """Three reps and their lead, each in a session with a connection of its own; a clock that sometimes moves on."""

    tampered: Callable[[Database], None] = staticmethod(lambda database: None)

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = Path(shutil.copy(_template(), self.folder / "crm.db"))
        self.clock = Clock()
        self.sessions: dict[str, Session] = {}
        self.database = self.sign_in(LEAD).database
        self.tampered(self.database)
        self.first_entry: int = self.database.value("SELECT max(id) FROM journal_entry")
        self.first = present(self.database)
        self.sound, self.step = True, 0

    def sign_in(self, login: str) -> Session:
        if login not in self.sessions:
            database = Database(self.path)
            database.connection.pragma("synchronous", "off")
            self.sessions[login] = people.sign_in(database, login, source="test", clock=self.clock)
        return self.sessions[login]

    @rule(login=st.sampled_from([*REPS, *REPS, LEAD]), seed=st.integers(0, 2**20))
    def somebody_types_a_line(self, login: str, seed: int) -> None:
        session, self.sound = self.sign_in(login), False
        self.step += 1  # the same number means another line each time: small numbers are drawn again and again
        line = draw(random.Random(seed * 1_000 + self.step), session, REPS)
        before = self.held(session)
        outcome = obey(session, line)
        if outcome is not None and line.startswith("claim"):
            assert self.held(session) - before == set(outcome.changed)
            self.claimed(session, outcome.changed)

    def held(self, session: Session) -> set[int]:
        rows = self.database.rows("SELECT id FROM customer WHERE owner_id = ?", (session.person.id,))
        return {row[0] for row in rows}

    def claimed(self, session: Session, ids: tuple[int, ...]) -> None:
        """What was claimed lies in the log, and lay there long enough."""
        rows = self.database.rows("SELECT customer_id FROM ownership_log WHERE entry_id ="
                                  " (SELECT max(id) FROM journal_entry) AND kind = 'claim'")  # fmt: skip
        assert {row[0] for row in rows} >= set(ids) or not ids
        nobody_claims_back(self.database, session.person.id, ids, self.clock.now)

    @rule(hours=st.sampled_from([1, 13, 15, 24]))
    def time_passes(self, hours: int) -> None:
        self.clock.forward(hours=hours)

    @invariant()
    @precondition(lambda self: hasattr(self, "first"))
    def everything_agrees(self) -> None:
        self.sound = False
        check(self.database)
        for holds in INVARIANTS:
            holds(self.database)
        self.sound = True

    def teardown(self) -> None:
        if not hasattr(self, "first"):
            return
        try:
            if self.sound:  # whatever went wrong before is to be heard of
                undo_all(self.database, self.sign_in, self.first_entry)
                self.everything_agrees()
                assert present(self.database) == self.first
        finally:
            for session in self.sessions.values():
                session.database.close()
            shutil.rmtree(self.folder)


TestDay = Day.TestCase
TestDay.settings = settings(max_examples=7, stateful_step_count=30)


@pytest.mark.slow
def test_many_days() -> None:
    run_state_machine_as_test(Day, settings=settings(max_examples=20, stateful_step_count=30))


# Mistakes that the machine must find


def _logless(database: Database) -> None:
    """Have undo and redo leave no trace in the ownership log."""
    sql = database.value("SELECT sql FROM sqlite_schema WHERE name = 'ownership_update'")
    with database.writing():
        database.execute("DROP TRIGGER ownership_update")
        database.execute(sql.replace(" FROM journal_entry e WHERE", " FROM journal_entry e WHERE e.kind = 'do' AND"))


MISTAKES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the cap is not looked at": lambda patch: patch.setattr(pool_rules, "cap_refusal", lambda *_: None),
    "the cap is not looked at where one accepts": lambda patch: patch.setattr(
        "crm_tui.services.offers.cap_refusal", lambda *_: None
    ),
    "an undo does not look at caps": lambda patch: patch.setattr(history, "check_caps", lambda *_: None),
    "the quota is that of another day": lambda patch: patch.setattr(
        pools_store, "claimed_since", lambda database, user_id, since: {}
    ),
    "a cooldown is forgotten": lambda patch: patch.setattr(pools_store, "left_at", lambda *_: {}),
    "an undo leaves nothing in the log": lambda patch: patch.setattr(Day, "tampered", staticmethod(_logless)),
    "an offer outlives the holding": lambda patch: patch.setattr(pools_store, "open_offers", _blind(moves)),
    "who receives it goes on as its collaborator": lambda patch: patch.setattr(
        pools_store, "rows_of", lambda database, table, ids, user_id=None: []
    ),
    "a claim is not called one": lambda patch: patch.setattr(
        pools_service.moves, "give", _renamed(pools_service.moves.give)
    ),
}  # fmt: skip


def _blind(module: Any) -> Callable[..., Any]:
    """Open offers as they are, but none for that module."""
    seen = pools_store.open_offers

    def found(database: Database, ids: Any) -> Any:
        caller = sys._getframe(1).f_globals["__name__"]
        return {} if caller == module.__name__ else seen(database, ids)

    return found


def _renamed(give: Callable[..., None]) -> Callable[..., None]:
    def wrong(session: Any, change: Any, taken: Any, owner_id: int, kind: str, reason: str = "") -> None:
        give(session, change, taken, owner_id, "assign" if kind == "claim" else kind, reason)

    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_the_machine_finds_a_mistake(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MISTAKES[mistake](monkeypatch)
    often = settings(
        max_examples=1_000, stateful_step_count=40, phases=[Phase.generate], derandomize=True,
        report_multiple_bugs=False, database=None, deadline=None, print_blob=False,
    )  # fmt: skip
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Day, settings=often)


# Twenty of them, each a process


@pytest.mark.slow
def test_twenty_reps_and_their_lead_at_once(tmp_path: Path) -> None:
    """Whenever somebody looks, everything agrees; and in the end all of it can be taken back."""
    blank = tmp_path / "blank.db"
    database = Database(blank, create=True)
    Team(database, Clock())
    database.close()
    path = tmp_path / "crm.db"
    database_of(path, blank, TWENTY, 30)
    database = Database(path)
    first_entry, first = database.value("SELECT max(id) FROM journal_entry"), present(database)
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.processes.rep", str(path), "7", "60", LEAD, *TWENTY],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        looks = 0
        while program.poll() is None:
            at_one_moment(database)
            looks += 1
        assert program.stdout is not None
        said = program.stdout.read().splitlines()
    finally:
        program.kill()
        program.wait()
    assert [line for line in said if not line.startswith("done")] == []
    assert len(said) == len(TWENTY) + 1
    assert looks > 3
    at_one_moment(database)
    moved = database.rows("SELECT kind, count(*) FROM ownership_log WHERE entry_id > ? GROUP BY 1", (first_entry,))
    assert {"claim", "release", "transfer", "assign", "undo"} <= {kind for kind, __ in moved}
    sessions: dict[str, Session] = {}

    def sign_in(login: str) -> Session:
        return sessions.setdefault(login, people.sign_in(database, login, source="test", clock=Clock()))

    assert undo_all(database, sign_in, first_entry) > 100
    at_one_moment(database)
    assert present(database) == first
    database.close()


def at_one_moment(database: Database) -> None:
    """All rules hold of what one reader sees."""
    database.connection.execute("BEGIN")
    try:
        check(database)
        for holds in INVARIANTS:
            holds(database)
    finally:
        database.connection.execute("ROLLBACK")
