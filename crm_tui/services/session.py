"""A session: who works, on which database, by which clock. Every verb takes one, and changes data only through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import CrmError, NotAllowed, SignedOut
from crm_tui.domain.language import _
from crm_tui.domain.people import Claims, Person, Role, Sight, moving_refusal, refusal, sight
from crm_tui.domain.settings import Settings, load
from crm_tui.store import customers, people
from crm_tui.store.customers import Facts
from crm_tui.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tui.services.analysis import Asked
    from crm_tui.store.journal import Change, Run


class Refusal(Struct, frozen=True):
    """Why one customer (or other row) was left out."""

    id: int
    name: str
    reason: str
    forbidden: bool = False
    """Whether it is for want of a right."""


class Outcome(Struct, frozen=True):
    """What a verb did: a sentence, the customers that it changed, those that it left out, and the journal entry.

    `data` is what `--json` prints, `lines` what is read instead of it, `columns` are the headings of a `--csv` that may
    have no rows; `proposal` is a command line that one key
    accepts, with the words that offer it. `these` are customers to act on next, in order, each with what is to be said
    of it: the places show them as a list. `report` is one that the places open.
    """

    message: str
    changed: tuple[int, ...] = ()
    refused: tuple[Refusal, ...] = ()
    entry_id: int | None = None
    data: tuple[dict[str, Any], ...] = ()
    lines: tuple[str, ...] = ()
    proposal: tuple[str, str] | None = None
    columns: tuple[str, ...] = ()
    these: tuple[tuple[int, str], ...] = ()
    report: Asked | None = None

    @property
    def exit_code(self) -> int:
        """0 done, 1 nothing could be done, 3 none of it was allowed, 4 partly done."""
        if not self.refused:
            return 0
        if not self.changed and all(refusal.forbidden for refusal in self.refused):
            return 3
        return 4 if self.changed else 1


class Session(Struct):
    """`clock` returns the present moment, aware; `source` and `command` say in the journal where a change came from.

    Who one is, what one sees and which rules hold are read again whenever the database has changed, so that a change of
    any of them bites at once. A `system` session sees and may do everything: see `as_system`.
    """

    database: Database
    person: Person
    settings: Settings
    clock: Callable[[], datetime]
    source: str = "command"
    command: str = ""
    change: Change | None = None
    system: bool = False
    trial: bool = False
    """Whether what is done is rolled back at the end: a dry run tells nobody what wants a trace in the journal."""
    spool: Path | None = None
    """Where the files of a session at the door lie; None for a session elsewhere, which may name any path."""
    macros: tuple[Path, ...] = ()
    """The folders in which macros are looked for; recordings are written into the first."""
    guest_key: str | None = None
    """The fingerprint of the key that a session at the door came in by: it lasts as long as that is the user's."""
    run: Run | None = None
    """The run that goes on, of which all that is changed meanwhile is a step: see `services.runs`."""
    scheme: str = ""
    """The scheme under which lists show tiers; "" for the primary one of each customer."""
    _sight: Sight | None = None
    _read_at: tuple[int, int, date] | None = None

    def __repr__(self) -> str:
        return f"Session({self.person.login!r}, {self.command!r})"

    @property
    def now(self) -> datetime:
        """The present moment in the user's zone."""
        return self.clock().astimezone(self.person.zone)

    @property
    def today(self) -> date:
        """The user's today."""
        return self.now.date()

    @property
    def stamp(self) -> str:
        """The present moment as the store keeps it."""
        return stamp(self.clock())

    @property
    def sight(self) -> Sight:
        """What the user sees, as the database stands now; SignedOut for one who has left, or lost the key."""
        self.refresh()
        assert self._sight is not None
        return self._sight

    def refresh(self) -> None:
        """Read the user, the user's sight and the rules again if the database has changed, or the day."""
        token = (*self.database.change_token(), self.today)
        if token == self._read_at:
            return
        user = people.by_id(self.database, self.person.id)
        if user is None or user.state == "left":
            raise SignedOut(_("{login} has left").format(login=self.person.login))
        if self.guest_key:
            self._check_key(self.guest_key)
        settings = load(
            people.rules(self.database), people.pool_rules(self.database), people.schemes(self.database)
        )
        if settings != self.settings:
            self.settings = settings
        self.person = Person(
            user.id, user.login, user.name, cast(Role, user.role), zone(user.time_zone or settings["time_zone"]),
            user.team_id, user.state, bool(user.may_export), user.capacity,
        )  # fmt: skip
        colleagues = people.colleagues(self.database, user, self.today.isoformat())
        self._sight = sight(self.person, colleagues, self._claims(colleagues.member_of))
        if self.system:
            self._sight = Sight(user.id, "admin", everything=True, masked=False, blocked=True)
        self._read_at = token

    def forget(self) -> None:
        """Read all of that again at the next look: what was read may have been rolled back since."""
        self._read_at = None

    def _check_key(self, fingerprint: str) -> None:
        from crm_tui.store import keys  # most sessions came by no key

        key = keys.one(self.database, fingerprint)
        if key is None or key.login != self.person.login:
            raise SignedOut(_("this key is no key of {login} any more").format(login=self.person.login))

    def _claims(self, member_of: tuple[int, ...] | None) -> Claims:
        settings = self.settings
        of_pool = {key: self._cutoffs(settings.of_pool(key)) for key in settings.pools}
        return Claims(member_of, self._cutoffs(settings), of_pool)

    def _cutoffs(self, rules: Settings) -> tuple[str | None, str | None]:
        """The moments of `Claims`: whole days of the user, as the rule of claiming counts them."""

        def before(days: int | None) -> str | None:
            if not days:
                return None
            return stamp(datetime.combine(self.today - timedelta(days=days - 1), time(), self.person.zone))

        return before(rules["pool.cooldown_days"]), before(rules["pool.freeze_days"])

    def as_system(self, source: str) -> Session:
        """The one way around the rights: a session that sees and may change everything, for what nobody asked for.

        Its changes are in the journal under the user and that `source`; they are no part of a run.
        """
        return replace(
            self, system=True, source=source, scheme="", change=None, run=None, _sight=None, _read_at=None
        )

    @contextmanager
    def apart(self) -> Iterator[Session]:
        """A session of the same user on a connection of its own, for another thread; it is part of no run."""
        database = Database(self.database.path)
        try:
            session = replace(self, database=database, change=None, run=None, trial=False)
            session.forget()
            yield session
        finally:
            database.close()

    @contextmanager
    def changing(self, *, fixed: bool = False) -> Iterator[Change]:
        """The journal entry of the running command: opened by the first change, shared by those within; while a run
        goes on, a step of that.

        A `fixed` entry is kept even if it changes nothing, and nothing takes it back: it is part of no run.
        """
        from crm_tui.store.journal import recording  # what only reads does without it

        if self.change is not None:
            yield self.change
            return
        with recording(
            self.database, user_id=self.person.id, at=self.stamp, source=self.source, command=self.command, fixed=fixed,
            run=self.run,
        ) as change:  # fmt: skip
            self.refresh()  # nobody changes anything from here on but oneself
            self.change = change
            try:
                yield change
            finally:
                self.change = None

    def see(self, ids: Sequence[int]) -> tuple[list[Facts], list[Refusal]]:
        """The customers that the user sees, in order, and a refusal for every other id."""
        found = customers.facts(self.database, self.sight, ids)
        missing = [Refusal(key, "", unknown(key)) for key in dict.fromkeys(ids) if key not in found]
        return list(found.values()), missing

    def take(self, ids: Sequence[int], *, archived: bool = False) -> tuple[list[Facts], list[Refusal]]:
        """The customers that the user may change, and why not for every other id.

        Archived ones are refused unless `archived`. Must be called inside `changing()`, so that what is read is what
        is changed.
        """
        return self._take(ids, refusal, archived)

    def take_to_move(self, ids: Sequence[int], *, archived: bool = False) -> tuple[list[Facts], list[Refusal]]:
        """As `take`, those that the user may give into other hands."""
        return self._take(ids, moving_refusal, archived)

    def _take(
        self, ids: Sequence[int], refuse: Callable[[Sight, int, int | None], str | None], archived: bool
    ) -> tuple[list[Facts], list[Refusal]]:
        seen, refused = self.see(ids)
        taken: list[Facts] = []
        sight = self.sight
        for facts in seen:
            forbidden = reason = refuse(sight, facts.id, facts.owner_id)
            if reason is None and facts.merged_into is not None:
                reason = self._merged(facts)
            elif reason is None and facts.archived_at and not archived:
                reason = _("it is archived: unarchive it first")
            if reason is None:
                taken.append(facts)
            else:
                refused.append(Refusal(facts.id, facts.name, reason, forbidden is not None))
        return taken, refused

    def _merged(self, facts: Facts) -> str:
        from crm_tui.services import merges  # few are

        return _("it was {merged}: that one is worked").format(merged=merges.told(self, facts))

    def one(self, customer_id: int) -> Facts:
        """The one customer, which the user sees; CrmError otherwise."""
        seen, refused = self.see([customer_id])
        if not seen:
            raise CrmError(refused[0].reason)
        return seen[0]

    def one_to_change(self, customer_id: int) -> Facts:
        """The one customer, which the user may change; NotAllowed for want of a right, else CrmError."""
        taken, refused = self.take([customer_id])
        if not taken:
            raise (NotAllowed if refused[0].forbidden else CrmError)(refused[0].reason)
        return taken[0]


def zone(name: str) -> tzinfo:
    """The time zone of that name; the host's for none."""
    if name:
        from zoneinfo import ZoneInfo  # most work where the host is

        return ZoneInfo(name)
    return datetime.now().astimezone().tzinfo or UTC


def unknown(customer_id: int) -> str:
    """What is said of a customer that does not exist, or not for this user: the two cannot be told apart."""
    return _("there is no customer {id}").format(id=customer_id)


def done(
    change: Change, message: str, changed: Sequence[int], refused: Sequence[Refusal] = (), **more: Any
) -> Outcome:
    """The outcome of a verb, its sentence written into the journal entry too."""
    if change.is_empty():
        changed = ()  # it was so already: there is nothing that undo could take back
    if changed:
        change.summarize(message)
    return Outcome(message, tuple(changed), tuple(refused), change.entry_id if changed else None, **more)


def named(facts: Sequence[Facts]) -> str:
    """The customer's name, or how many they are."""
    if len(facts) == 1:
        return facts[0].name
    return _("{n} customers").format(n=f"{len(facts):,}")
