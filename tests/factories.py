"""A team on a database, a clock that stands still until it is moved, and customers made in one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm_tui.domain.when import When
from crm_tui.services import customers, people, teams
from crm_tui.services.customers import Draft
from crm_tui.services.session import Session
from crm_tui.store.database import Database

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 11, 18, 10, 0, tzinfo=SHANGHAI)
TODAY = WEDNESDAY.date()


@dataclass
class Clock:
    """The time it is; it passes only by `forward`."""

    now: datetime = WEDNESDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let time pass: `days`, `hours`, `minutes`."""
        self.now += timedelta(**span)


@dataclass
class Team:
    """Sessions of an administrator, a lead, two reps (`li`, `wang`) and service, on one database and by one clock."""

    database: Database
    clock: Clock

    def __post_init__(self) -> None:
        self.admin = people.sign_in(self.database, "root", source="test", clock=self.clock)
        for login, role in (("zhao", "lead"), ("li", "rep"), ("wang", "rep"), ("sun", "service")):
            if login not in people.logins(self.database):
                teams.add(self.admin, login, role=role, time_zone="Asia/Shanghai")
        self.lead, self.li, self.wang, self.service = map(self.sign_in, ("zhao", "li", "wang", "sun"))

    def sign_in(self, login: str) -> Session:
        """A new session of the user."""
        return people.sign_in(self.database, login, source="test", clock=self.clock)


def make(session: Session, name: str = "Acme", **given: Any) -> int:
    """Make a customer; what is no argument of `Draft` is a field of it. Its id."""
    arguments = {key: given.pop(key) for key in Draft.__dataclass_fields__ if key in given}
    outcome = customers.new(session, Draft({"name": name, **given}, **arguments))
    return outcome.changed[0]


def in_days(days: int) -> When:
    """The whole day so many days after the Wednesday on which the clock stands at first."""
    return When(TODAY + timedelta(days=days))


def column(database: Database, name: str, customer_id: int) -> Any:
    """One column of a customer's row."""
    return database.value(f"SELECT {name} FROM customer WHERE id = ?", (customer_id,))


def follow_ups(database: Database, customer_id: int) -> list[tuple[Any, ...]]:
    """A customer's follow-ups in order: kind, purpose, due_on, original_on, closed_as."""
    return database.rows(
        "SELECT kind, purpose, due_on, original_on, closed_as FROM follow_up WHERE customer_id = ? ORDER BY id",
        (customer_id,),
    )


def day(days: int) -> str:
    """An ISO date so many days after the Wednesday."""
    found: date = in_days(days).on
    return found.isoformat()
