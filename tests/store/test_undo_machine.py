"""Whatever a few people do to a few customers, all of it can be taken back, and done again."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from crm_tui.domain.errors import CrmError, DatabaseUnusable
from crm_tui.domain.schemes import shipped
from crm_tui.domain.stages import STAGES
from crm_tui.domain.when import When
from crm_tui.services import (
    contacts,
    customers,
    followups,
    history,
    interactions,
    profiles,
    rules,
    runs,
    stages,
    tags,
    tiers,
)
from crm_tui.services.customers import Draft
from crm_tui.services.interactions import Note
from crm_tui.services.session import Outcome, Session
from crm_tui.store.database import Database
from crm_tui.store.entries import IS_LEFT
from tests.factories import TODAY, Clock, Team
from tests.store.present import State, check, present

MOST = 3

users = st.sampled_from(["li", "zhao"])
picks = st.lists(st.integers(0, MOST - 1), min_size=1, max_size=2, unique=True)
names = st.sampled_from(["Acme", "Acme Ltd", "华为技术", "张伟"])
reasons = st.sampled_from(["price", "other: moved", ""])
whens = st.builds(When, st.integers(-1, 3).map(lambda n: TODAY + timedelta(days=n)), st.sampled_from([None, time(15)]))
fields = st.sampled_from(
    [
        {"name": "Acme East"}, {"phone": "13812345678"}, {"phone": ""}, {"email": "an@acme.com", "region": "north"},
        {"region": ""}, {"source": "fair", "x.fair": "2026"}, {"x.fair": "", "note": "big"},
    ]
)  # fmt: skip
notes = st.builds(
    Note,
    text=st.sampled_from(["", "spoke"]),
    connected=st.booleans(),
    at=st.none() | st.builds(When, st.integers(0, 6).map(lambda n: TODAY - timedelta(days=n))),
    next=st.none() | whens,
    done=st.booleans(),
)
schemes = st.sampled_from(list(shipped().values()))

Act = Callable[[Session, list[int]], Outcome]


def _graded(scheme: Any) -> st.SearchStrategy[Act]:
    return st.sampled_from(scheme.tiers).map(lambda tier: lambda s, ids: tiers.assign(s, ids, tier.identifier, scheme))


verbs: st.SearchStrategy[Act] = st.one_of(
    fields.map(lambda given: lambda s, ids: profiles.edit(s, ids, given)),
    st.tuples(st.sampled_from(["vip", "expo"]), st.booleans()).map(
        lambda given: lambda s, ids: tags.tag(s, ids, [given[0]], remove=given[1])
    ),
    schemes.flatmap(_graded),
    st.just(lambda s, ids: tiers.accept(s, ids)),
    st.tuples(st.sampled_from(STAGES), reasons).map(
        lambda given: lambda s, ids: stages.move(s, ids, given[0].identifier, given[1])
    ),
    st.tuples(st.sampled_from([1, -1]), reasons).map(lambda given: lambda s, ids: stages.step(s, ids, *given)),
    notes.map(lambda note: lambda s, ids: interactions.log(s, ids, note)),
    st.just(lambda s, ids: interactions.no_answer(s, ids)),
    whens.map(lambda when: lambda s, ids: followups.set_next(s, ids, when, "offer")),
    (st.none() | whens).map(lambda when: lambda s, ids: followups.snooze(s, ids, when)),
    st.booleans().map(lambda back: lambda s, ids: customers.archive(s, ids, back=back)),
    st.sampled_from(["李娜", "Bob Roe"]).map(lambda name: lambda s, ids: contacts.add(s, ids[0], {"name": name})),
)


steps = st.one_of(
    st.tuples(st.none(), picks, verbs),
    st.tuples(st.none(), picks, st.sampled_from([history.undo, history.redo])),
    st.tuples(users, picks, verbs),
)
"""What happens during a run: a verb, undo or redo by who runs it, or a verb by somebody."""

contact_verbs = st.sampled_from(
    [
        lambda s, contact, customer: contacts.edit(s, contact, {"name": "赵敏"}),
        lambda s, contact, customer: contacts.edit(s, contact, {"phone": "13700000000", "role": "user"}),
        lambda s, contact, customer: interactions.log(s, [customer], Note("hello", contact_id=contact)),
    ]
)


@contextmanager
def allowed_to_fail() -> Iterator[None]:
    """Whatever may be refused; but the database takes all that a verb asks of it."""
    try:
        yield
    except DatabaseUnusable:
        raise
    except CrmError:
        pass


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp()) / "crm.db"
    database = Database(path, create=True)
    Team(database, Clock())
    database.close()
    return path


class Undoing(RuleBasedStateMachine):
    """Two reps and their lead; a clock that sometimes moves on."""

    @initialize(count=st.integers(1, 3))
    def begin(self, count: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(_template(), self.folder / "crm.db")
        self.open(Clock())
        for number in range(count):
            customers.new(self.team.li, Draft({"name": f"First {number}", "source": "fair"}))
        self.first_entry: int = self.database.value("SELECT max(id) FROM journal_entry")
        self.first = present(self.database)
        self.kept = False

    def open(self, clock: Clock) -> None:
        self.database = Database(self.folder / "crm.db")
        self.database.connection.pragma("synchronous", "off")
        self.team = Team(self.database, clock)

    def session(self, login: str) -> Session:
        found: Session = {"li": self.team.li, "wang": self.team.wang, "zhao": self.team.lead}[login]
        return found

    def ids(self, picked: list[int]) -> list[int]:
        there = [row[0] for row in self.database.rows("SELECT id FROM customer ORDER BY id")]
        return [there[pick % len(there)] for pick in picked] if there else [1]

    @rule(login=users, name=names, owner=st.sampled_from(["me", "pool"]), stage=st.sampled_from(STAGES), given=fields)
    def new(self, login: str, name: str, owner: str, stage: Any, given: dict[str, str]) -> None:
        if self.database.value("SELECT count(*) FROM customer") < MOST:
            with allowed_to_fail():
                contact = {"name": "王芳", "phone": "13900000000"} if "phone" in given else {}
                customers.new(
                    self.session(login),
                    Draft(given | {"name": name}, stage=stage.identifier, owner=owner, contact=contact),
                )

    @rule(login=users, picked=picks, verb=verbs, minutes=st.sampled_from([0, 1, 24 * 60]))
    def act(self, login: str, picked: list[int], verb: Act, minutes: int) -> None:
        self.team.clock.forward(minutes=minutes)
        with allowed_to_fail():
            verb(self.session(login), self.ids(picked))

    @rule(login=users, picked=picks, several=st.lists(verbs, min_size=2, max_size=3))
    def act_in_one_entry(self, login: str, picked: list[int], several: list[Act]) -> None:
        session = self.session(login)
        with allowed_to_fail(), session.changing():
            for verb in several:
                verb(session, self.ids(picked))

    @rule(login=users, several=st.lists(steps, min_size=2, max_size=5), fails=st.booleans())
    def act_in_a_run(self, login: str, several: list[tuple[str | None, list[int], Any]], fails: bool) -> None:
        session = self.session(login)
        runs.begin(session, "play m")
        for other, picked, verb in several:
            with allowed_to_fail():
                if verb in (history.undo, history.redo):
                    self.kept |= bool(verb(session).refused)
                else:
                    # In a session of their own, also for who runs it.
                    verb(self.team.sign_in(other) if other else session, self.ids(picked))
            check(self.database)
        run = session.run.entry(self.database) if fails and session.run else runs.finish(session)
        session.run = None
        self.kept |= run is not None and self.is_entangled(run)

    def is_entangled(self, run: int) -> bool:
        """Whether somebody changed a customer of the run between two of its steps, so that neither can go first."""
        return bool(
            self.database.value(
                "WITH own AS (SELECT c.* FROM journal_change c JOIN journal_entry s ON s.id = c.entry_id"
                " WHERE s.run_id = ?1)"
                " SELECT 1 FROM journal_change c JOIN journal_entry e ON e.id = c.entry_id WHERE e.run_id IS NOT ?1"
                " AND c.entry_id BETWEEN (SELECT min(entry_id) FROM own) AND (SELECT max(entry_id) FROM own)"
                " AND c.customer_id IN (SELECT customer_id FROM own)",
                (run,),
            )
        )

    @rule(login=users, pick=st.integers(0, 20), verb=st.sampled_from([history.undo, history.redo]))
    def take_back_or_do_again_by_number(self, login: str, pick: int, verb: Callable[[Session, int], Outcome]) -> None:
        """Any entry, also of somebody else, a step, or an undo."""
        newest: int = self.database.value("SELECT max(id) FROM journal_entry")
        if newest - pick > self.first_entry:
            with allowed_to_fail():
                self.kept |= bool(verb(self.session(login), newest - pick).refused)
            check(self.database)

    @rule(login=users, verb=contact_verbs)
    def act_on_a_contact(self, login: str, verb: Callable[[Session, int, int], Outcome]) -> None:
        found = self.database.row("SELECT id, customer_id FROM contact ORDER BY id DESC LIMIT 1")
        if found:
            with allowed_to_fail():
                verb(self.session(login), *found)

    @rule(login=users, verbs=st.lists(st.sampled_from([history.undo, history.redo]), min_size=1, max_size=3))
    def take_back_or_do_again(self, login: str, verbs: list[Callable[[Session], Outcome]]) -> None:
        for verb in verbs:
            session = self.session(login)
            found = history.journal.undoable(self.database, session.person.id)
            if verb is history.redo or (found is not None and found[0] > self.first_entry):
                with allowed_to_fail():
                    self.kept |= bool(verb(session).refused)
                check(self.database)

    @rule()
    @precondition(lambda self: hasattr(self, "team"))
    def start_again(self) -> None:
        rules.set_rule(self.team.admin, "pool.holding_cap", "50")
        self.database.close()
        self.open(self.team.clock)

    @invariant()
    @precondition(lambda self: hasattr(self, "team"))
    def everything_agrees(self) -> None:
        check(self.database)

    def teardown(self) -> None:
        if not hasattr(self, "team"):
            return
        try:
            if not self.kept:
                self.everything_can_be_taken_back_and_done_again()
        finally:
            self.database.close()
            shutil.rmtree(self.folder)

    def everything_can_be_taken_back_and_done_again(self) -> None:
        last = present(self.database)
        undone: list[tuple[Session, int]] = []
        while found := self.database.row(
            "SELECT e.id, u.login FROM journal_entry e JOIN user u ON u.id = e.user_id"
            " LEFT JOIN journal_entry t ON t.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
            " WHERE e.kind = 'do' AND e.fixed = 0 AND e.run_id IS NULL AND e.id > ?"
            f" AND coalesce(t.kind, 'redo') = 'redo' AND {IS_LEFT}"
            " ORDER BY coalesce(t.id, (SELECT max(id) FROM journal_entry WHERE run_id = e.id), e.id) DESC LIMIT 1",
            (self.first_entry,),
        ):
            session = self.team.admin if found[1] == "root" else self.session(found[1])
            assert history.undo(session, found[0]).refused == ()
            check(self.database)
            undone.append((session, found[0]))
        self.same(self.first)
        for session, entry_id in reversed(undone):
            assert history.redo(session, entry_id).refused == ()
        check(self.database)
        self.same(last)

    def same(self, state: State) -> None:
        now = present(self.database)
        for table, rows in state.items():
            assert now[table] == rows, table


TestUndoing = Undoing.TestCase
TestUndoing.settings = settings(max_examples=12, stateful_step_count=25)


@pytest.mark.slow
def test_often() -> None:
    run_state_machine_as_test(Undoing, settings=settings(max_examples=40, stateful_step_count=25))
