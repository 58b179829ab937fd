"""A house with secrets: teams, pools with members, shares that ended, an offer declined; a word for each secret.

`House.hidden` says for a user which customers are as if they did not exist, and which words would give them away.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from crm_tui.commands import forms, shell
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.completion import complete
from crm_tui.commands.dispatch import Targets, perform, prepare
from crm_tui.commands.language import Call, read_arguments, write
from crm_tui.domain.errors import Conflict, CrmError
from crm_tui.services import (
    cards,
    collaborations,
    comments,
    contacts,
    customers,
    deals,
    due,
    followups,
    history,
    interactions,
    lists,
    offers,
    orders,
    payments,
    pool_lists,
    pools,
    products,
    profiles,
    protections,
    ratings,
    tags,
    teams,
    wallets,
)
from crm_tui.services.customers import Draft
from crm_tui.services.interactions import Note
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from crm_tui.store.journal import customer_column
from crm_tui.store.models import JOURNALED, columns
from tests.factories import Clock, Team, in_days

LOGINS = ("root", "zhao", "li", "wang", "sun", "qian", "amy")
_APART = ("notice", "recycle_warning")
"""What asking to work a customer together, and a sweep for everybody, put beside it: no rows of the customer's own."""


@dataclass
class House:
    """`secrets`: customer → words that stand in its rows and nowhere else; `masked`: those hidden while in a pool."""

    folder: Path
    ids: dict[str, int] = field(default_factory=dict)
    secrets: dict[int, list[str]] = field(default_factory=dict)
    masked: dict[int, list[str]] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        return self.folder / "crm.db"

    @property
    def cards(self) -> Path:
        """A file to import, in which some customers are that are there already."""
        return self.folder / "cards.csv"

    def hidden(self, login: str) -> list[int]:
        """The customers that the user may know nothing of."""
        names = {
            "li": ("wang's", "ended", "declined", "once", "amy's", "north's", "south's", "blocked"),
            "zhao": ("amy's", "south's"),
        }[login]
        return [self.ids[name] for name in names]

    def words(self, login: str, held: Container[int] = ()) -> set[str]:
        """What would give a hidden customer away, or what is masked in a pool as long as one does not hold it."""
        found = {word for key in self.hidden(login) for word in self.secrets[key]}
        if login == "li":
            found |= {word for key, words in self.masked.items() if key not in held for word in words}
        return found

    def rows(self, database: Database, login: str) -> dict[str, list[Any]]:
        """All rows of the hidden customers."""
        wanted = ", ".join(map(str, self.hidden(login)))
        found = {}
        for table, model in JOURNALED.items():
            column = customer_column(table)
            if column is not None and table not in _APART:
                sql = f"SELECT {', '.join(columns(model))} FROM {table} WHERE {column} IN ({wanted}) ORDER BY id"
                found[table] = database.rows(sql)
        return found


def build(folder: Path) -> House:
    """Make the house: everything happens by the program's own verbs."""
    house = House(folder)
    clock = Clock()
    clock.now -= timedelta(days=9)
    database = Database(house.path, create=True)
    team = Team(database, clock)
    teams.add_team(team.admin, "office", None, ["root"])
    teams.add(team.admin, "qian", role="lead", time_zone="Asia/Shanghai")
    teams.add_team(team.admin, "south", "qian", ["qian"])
    teams.add(team.admin, "amy", role="rep", team="south", time_zone="Asia/Shanghai")
    amy = team.sign_in("amy")
    pool_lists.add(team.admin, "north", "wang", "region:nowhere")
    pool_lists.add(team.admin, "south", "amy", None)
    products.add(team.admin, "Thing")
    made = _Maker(house, team)
    made.customer("mine", team.li)
    made.customer("second", team.li)
    for name in ("wang's", "ended", "declined", "protected"):
        made.customer(name, team.wang)
    made.customer("amy's", amy)
    for name in ("free", "loose", "north's", "south's", "blocked"):
        made.customer(name, team.admin, owner="pool")
    pools.move(team.admin, [house.ids["north's"]], "north")
    pools.move(team.admin, [house.ids["south's"]], "south")
    pools.block(team.admin, [house.ids["blocked"]], made.word("blocked"))
    _leave_marks(house, team, made)
    for name in house.ids:
        made.fill(name)
    clock.now += timedelta(days=9)
    for name in ("free", "loose"):
        house.secrets[house.ids[name]] = []
    database.close()
    _write_cards(house)
    return house


def _leave_marks(house: House, team: Team, made: _Maker) -> None:
    """What the rep once saw or held, and does no more."""
    ids = house.ids
    collaborations.share(team.wang, [ids["ended"]], "li", access="edit")
    tags.tag(team.li, [ids["ended"]], ["was-here"])
    contacts.add(team.li, ids["ended"], {"name": "Known Then"})
    interactions.log(team.li, [ids["ended"]], Note("spoke then"))
    collaborations.unshare(team.wang, [ids["ended"]], "li")
    offers.transfer(team.wang, [ids["declined"]], "li", "take it")
    offers.decline(team.li, [ids["declined"]])
    made.customer("once", team.li)
    tags.tag(team.li, [ids["once"]], ["was-here"])
    profiles.edit(team.li, [ids["once"]], {"x.then": "so it was"})
    collaborations.share(team.li, [ids["once"]], "amy")
    collaborations.unshare(team.li, [ids["once"]], "amy")
    pools.assign(team.lead, [ids["once"]], "wang")
    collaborations.share(team.wang, [ids["protected"]], "li", access="read")
    protections.protect(team.wang, [ids["wang's"]], made.word("wang's"))


class _Maker:
    """Makes customers whose every text is a word of its own."""

    def __init__(self, house: House, team: Team) -> None:
        self.house, self.team, self.count = house, team, 0

    def word(self, name: str, head: str = "zq") -> str:
        """A new secret of that customer."""
        self.count += 1
        word = f"{head}{self.count:03}zq"
        self.house.secrets.setdefault(self.house.ids[name], []).append(word)
        return word

    def customer(self, name: str, session: Session, owner: str = "me") -> None:
        outcome = customers.new(session, Draft({"name": f"Plain {name}"}, owner=owner))
        self.house.ids[name] = outcome.changed[0]

    def fill(self, name: str) -> None:
        """Put a secret everywhere, now that nobody looks on who should not."""
        key, admin, word = self.house.ids[name], self.team.admin, self.word
        number = f"139{key:02}77{self.count:04}"
        self.house.secrets.setdefault(key, []).append(number)
        if name == "blocked":
            profiles.edit(admin, [key], {"name": word(name, "firm"), "phone": number, "note": word(name)})
            return
        reach = {"phone": number, "email": f"{word(name)}@x.cn", "wechat": word(name), "note": word(name)}
        self._trade(name)
        if name in ("free", "loose"):
            self.house.masked[key] = list(self.house.secrets[key])
        given = {"name": word(name, "firm"), "address": word(name), f"x.{word(name)}": word(name), **reach}
        profiles.edit(admin, [key], given)
        contacts.add(admin, key, {"name": word(name), "email": f"{word(name)}@y.cn"})
        if name in ("free", "loose"):
            return
        interactions.log(admin, [key], Note(word(name), outcome=word(name)))
        tags.tag(admin, [key], [word(name, "tag")])
        followups.set_next(admin, [key], in_days(0), word(name))
        comments.comment(admin, key, word(name), None)


    def _trade(self, name: str) -> None:
        """What it buys, owes and pays."""
        key, admin, word = self.house.ids[name], self.team.admin, self.word
        deals.add(admin, key, deals.Draft("Thing", 100_00, competitor=word(name), number=word(name), note=word(name)))
        line = orders.Line("Thing", 1, amount=77_00)
        orders.add(admin, key, line, number=word(name), note=word(name))
        payments.add(admin, key, 500_00, in_days(-1).on, number=word(name), note=word(name))
        payments.pay(admin, key, 100_00, number=word(name), note=word(name))
        wallets.estimate(admin, key, wallets.Estimate("all", 900_00, source=word(name), competitors={word(name): 1}))
        ratings.rate(admin, [key], {"influence": "4"})


def _write_cards(house: House) -> None:
    words = house.secrets[house.ids["wang's"]] + house.secrets[house.ids["amy's"]]
    names = [word for word in words if word.startswith("firm")]
    lines = ["name,phone", *(f"{name}," for name in names), "Brand New,13500001111", "Plain mine,"]
    house.cards.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Visit:
    """Somebody in the house who runs commands and keeps all that is said."""

    def __init__(self, house: House, login: str, path: Path) -> None:
        self.house, self.login = house, login
        self.database = Database(path)
        self.database.connection.pragma("synchronous", "off")
        self.session = Team(self.database, Clock()).sign_in(login)
        self.out, self.err = (open(path.with_suffix(end), "w+", encoding="utf-8") for end in (".out", ".err"))  # noqa: SIM115
        self.heard: list[str] = []
        self.held: set[int] = set()
        """What the user has come to hold, be it for a moment."""

    def close(self) -> None:
        self.database.close()
        self.out.close()
        self.err.close()

    @contextmanager
    def unmade(self) -> Iterator[None]:
        """All of it in a transaction that is rolled back."""
        self.heard, self.held = [], set()
        with suppress(_Enough), self.database.writing():
            try:
                yield
            finally:
                self.session.change = None
            raise _Enough
        self.session._read_at = None

    def run(self, words: list[str], ids: tuple[int, ...] = ()) -> None:
        """Run a command as the shell does and as a screen does; whatever it says, is heard."""
        self.complete(words)
        try:
            call = read_arguments(words, CATALOG)
        except CrmError as error:
            self._hear(error, getattr(error, "text", ""))
            return
        self._shell(call)
        self._form(call, ids)

    def complete(self, words: list[str]) -> None:
        """What is offered while the line is typed."""
        line = " ".join(words)
        for end in sorted({0, len(words[0]) + 1, len(line) // 2, len(line)}):
            with suppress(CrmError):
                self._hear(complete(self.session, line[:end], CATALOG))

    def _notice(self) -> None:
        rows = self.database.rows("SELECT id FROM customer WHERE owner_id = ?", (self.session.person.id,))
        self.held |= {row[0] for row in rows}

    def _shell(self, call: Call) -> None:
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        with redirect_stdout(self.out), redirect_stderr(self.err), _no_input():
            try:
                place = shell.Shell(self.session, call)
                prepared = prepare(self.session, call)
                if call.command.view:
                    place.call(prepared)
                else:
                    outcome = perform(self.session, prepared)
                    self._hear(outcome)
                    place.tell(outcome, prepared.ids)
            except Conflict as error:
                self._hear(error, error.data, error.lines)
            except CrmError as error:
                self._hear(error, getattr(error, "text", ""))
        self._notice()
        for stream in (self.out, self.err):
            stream.flush()
            self.heard.append(Path(stream.name).read_text(encoding="utf-8"))

    def _form(self, call: Call, ids: tuple[int, ...]) -> None:
        """The form that a screen would open for the rows under the cursor, and what it would ask."""
        with suppress(CrmError):
            prepared = prepare(self.session, call, Targets(ids or call.ids or (1,)))
            self._hear(forms.reason_wanted(self.session, prepared), prepared.question)
            if call.command.ask:
                self._hear(forms.sheet(self.session, call, prepared.ids))
        self._hear(write(call))

    def look_around(self) -> None:
        """All that the screens read, of everything there is and of what there is not."""
        session = self.session
        top = self.database.value("SELECT max(id) FROM customer") + 1
        ids = list(range(1, top + 1))
        self._hear(lists.rows(session, ids), lists.page(session, Query()), lists.page(session, Query("archived:any")))
        self._hear(lists.stage_counts(session, lists.Query()), due.lines(session, ids), due.queue(session))
        self._hear(history.entries(session), session.see(ids), pool_lists.claimable(session, ids))
        for entry in range(1, self.database.value("SELECT max(id) FROM journal_entry") + 1):
            with suppress(CrmError):
                self._hear(history.changes(session, entry))
        for key in ids:
            with suppress(CrmError):
                self._hear(cards.card(session, key), pool_lists.holders(session, key))
            with suppress(CrmError):
                self._hear(history.entries(session, customer_id=key))
        for command in CATALOG.values():
            for argument in command.arguments:
                self._hear(argument.kind.suggest(session))

    def _hear(self, *said: Any) -> None:
        self.heard.append(repr(said))

    def given_away(self, typed: str = "") -> set[str]:
        """The secrets that were heard, those left out that the user has typed."""
        told = "\n".join(self.heard).replace(" ", "")
        typed += " ".join(os.listdir())  # a file was called so by the user's own words, and completion offers it
        return {word for word in self.house.words(self.login, self.held) if word in told and word not in typed}


class _Enough(Exception):
    """Ends what is not to remain."""


@contextmanager
def _no_input() -> Iterator[None]:
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(b""))
    try:
        yield
    finally:
        sys.stdin = before
        with suppress(FileNotFoundError):
            os.unlink("refused.csv")
