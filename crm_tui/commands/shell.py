"""The place of the command line: what views show on a screen, it prints.

A method here is the shell's side of the view of that name in the catalogue; a command whose view is missing here is
for the screens. Services are imported where they are called: a command that needs few of them starts the sooner.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from crm_tui.commands.language import Call
from crm_tui.commands.printing import Printer, card_lines
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import Conflict, UsageError
from crm_tui.domain.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.commands.dispatch import Prepared
    from crm_tui.services.lists import Query
    from crm_tui.services.session import Outcome, Session

__all__ = ["Shell", "card_lines", "has"]

Values = Mapping[str, Any]
Ids = Sequence[int]

_BATCH = 2_000
_LISTED = ("mark", "id", "name", "stage", "tier", "owner", "next_follow_up", "last_contact", "region", "phone")
RECORD = (
    "id", "name", "kind", "stage", "tier", "scheme", "owner", "pool", "phone", "email", "region", "industry", "source",
    "tags", "next_follow_up", "last_contact", "created", "archived", "returns",
)  # fmt: skip
"""The keys of `list --json` and the columns of `list --csv`; scripts rely on them."""

_QUEUE = (
    "id", "name", "stage", "tier", "phone", "section", "reason", "text", "due", "time", "late_days", "other_reasons",
    "returns",
)  # fmt: skip


def has(command: Command) -> bool:
    """Whether the command works in a shell: views that only move about a screen do not."""
    return not command.view or callable(getattr(_Views, command.view, None))


class Shell:
    """Prints for one call. `session` is None for the commands that need no database."""

    def __init__(self, session: Session | None, call: Call) -> None:
        self.printer = Printer(call.flags)
        self._views = _Views(session, call, self.printer)

    def call(self, prepared: Prepared) -> int:
        """Run a view command; its exit code."""
        command, call = prepared.call.command, prepared.call
        if not has(command):
            raise UsageError(_("{command} is for the screens").format(command=command.name), call.line, 0)
        if prepared.missing:
            name = prepared.missing[0].upper()
            message = _("{name} is missing: {usage}").format(name=name, usage=command.usage)
            raise UsageError(message, call.line, len(call.line))
        return int(getattr(self._views, command.view)(prepared.values, prepared.ids) or 0)

    def tell(self, outcome: Outcome, ids: Ids) -> None:
        """Print what a verb did."""
        self.printer.outcome(outcome, ids)

    def differ(self, error: Conflict) -> None:
        """Print what others changed meanwhile, field by field."""
        if self.printer.json or self.printer.csv:
            self.printer.rows(error.data, ())
        else:
            self.printer.lines(error.lines)


class _Views:
    """The views, by their names in the catalogue: (values, ids) → the exit code, None for 0."""

    def __init__(self, session: Session | None, call: Call, printer: Printer) -> None:
        self._session = session
        self._call = call
        self._printer = printer

    @property
    def _signed_in(self) -> Session:
        assert self._session is not None, self._call.command.name
        return self._session

    # -- lists

    def list(self, values: Values, ids: Ids) -> None:
        from crm_tui.services.lists import Query

        self._list(Query(values.get("filter", ""), order=values.get("sort")), values)

    def filter(self, values: Values, ids: Ids) -> None:
        self.list(values, ids)

    def tab(self, values: Values, ids: Ids) -> None:
        from crm_tui.services.lists import Query

        self._list(Query(stage=values.get("stage", "")), values)

    def sort(self, values: Values, ids: Ids) -> None:
        from crm_tui.services.lists import Query

        self._list(Query(order=values.get("key")), values)

    def go(self, values: Values, ids: Ids) -> None:
        views = {
            "due": self.due, "pipeline": self.list, "history": self.history, "pools": self._pools, "team": self._team,
        }  # fmt: skip
        views[values["name"]]({}, ids)

    def _pools(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import pool_lists

        self._answer(pool_lists.overview(self._signed_in))

    def _team(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import team

        self._answer(team.told(self._signed_in))

    def _answer(self, outcome: Outcome) -> None:
        self._printer.outcome(outcome, ())

    def _list(self, query: Query, values: Values) -> None:
        from crm_tui.services import disclosures

        limit = values.get("limit")
        disclosures.check_list(self._signed_in, query, limit)
        columns: tuple[str, ...] = RECORD if self._printer.csv else _LISTED
        records = self._listed(query, limit)
        if values.get("columns"):
            columns = _chosen(values["columns"])
            records = ({name: row[name] for name in columns} for row in records)
        elif self._printer.for_people:
            records = ({**row, "mark": "<" if row["returns"] else ""} for row in records)
        self._printer.rows(records, columns)

    def _listed(self, query: Query, limit: int | None) -> Iterator[dict[str, Any]]:
        from crm_tui.services import lists

        left = sys.maxsize if limit is None else limit
        if left <= 0:
            return
        for batch in lists.every(self._signed_in, query, min(_BATCH, left)):
            ids = batch[:left]
            rows = lists.rows(self._signed_in, ids)
            yield from (lists.record(self._signed_in, rows[key]) for key in ids if key in rows)
            left -= len(ids)
            if left <= 0:
                return

    def due(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import disclosures, due

        session = self._signed_in
        queue = due.queue(session)
        if values.get("filter"):
            from crm_tui.services import lists

            wanted = lists.among(session, lists.Query(values["filter"]), [line.id for line in queue])
            queue = [line for line in queue if line.id in wanted]
        queue = queue[: values.get("limit")]
        disclosures.check_queue(session, [line.id for line in queue], values.get("filter", ""))
        records = (due.record(session, line) for line in queue)
        if self._printer.for_people:
            records = ({**row, "mark": "!" if row["section"] == "overdue" else "", "day": _day(row)} for row in records)
        self._printer.rows(records, ("mark", "id", "day", "name", "tier", "phone", "text"), _QUEUE)

    def history(self, values: Values, ids: Ids) -> None:
        from crm_tui.domain.clock import moment
        from crm_tui.services import history

        limit = values.get("limit")
        zone = self._signed_in.person.zone if self._printer.for_people else UTC
        rows = history.entries(self._signed_in, limit=50 if limit is None else limit)
        for row in rows:
            row["at"] = moment(row["at"]).astimezone(zone).isoformat(" " if zone is not UTC else "T", "seconds")
        names = ("id", "at", "user", "source", "command", "summary", "kind", "undone", "customers")
        self._printer.rows(rows, ("id", "at", "user", "source", "summary", "kind"), names)

    def users(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import people

        names = ("login", "name", "role", "team", "state", "until", "stand_in", "capacity", "customers")
        self._printer.rows(people.everyone(self._signed_in), names)

    # -- one thing

    def show(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import cards, lists

        session = self._signed_in
        found = cards.card(session, ids[0])
        if self._printer.for_people:
            self._printer.lines(card_lines(found))
            return
        record = lists.record(session, lists.rows(session, ids)[ids[0]])
        profile = {item.field: item.value for item in found.items}
        record["version"] = found.facts.version
        record["completeness"] = found.completeness.percent
        record["missing"] = [field.identifier for field in found.completeness.missing]
        record["note"] = found.note
        if self._printer.csv:
            record |= {name: value for name, value in profile.items() if name not in record}
        record["profile"] = profile
        record["contacts"] = [vars(person) for person in found.contacts]
        record["collaborators"] = list(found.shared)
        record["worked"] = [{"user": who, "text": how} for who, how in found.worked]
        record["timeline"] = [vars(event) for event in found.events]
        self._printer.rows([record], ())

    open = show

    def config(self, values: Values, ids: Ids) -> None:
        from crm_tui.domain.settings import RULES, is_of_pools
        from crm_tui.services import rules

        pool = values.get("pool")
        settings = rules.in_force(self._signed_in, pool)
        rows = (
            {"name": r.name, "value": settings[r.name], "default": r.default, "meaning": _(r.meaning)}
            for r in RULES.values()
            if pool is None or is_of_pools(r.name)
        )
        self._printer.rows(self._with_off(rows), ("name", "value", "default", "meaning"))

    def config_get(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import rules

        name = values["setting"]
        row = {"name": name, "value": rules.in_force(self._signed_in, values.get("pool"), name)[name]}
        self._printer.rows(self._with_off([row]), ("value",))

    def _with_off(self, rows: Any) -> Iterator[dict[str, Any]]:
        """The rows, for people with the word that sets a rule to nothing."""
        for row in rows:
            yield row if self._printer.json else {name: "off" if v is None else v for name, v in row.items()}

    def check(self, values: Values, ids: Ids) -> int:
        from crm_tui.services import checks

        faults = checks.check(self._signed_in)
        rows = [{"what": f.what, "where": f.where, "remedy": f.remedy, "warning": f.warning} for f in faults]
        self._printer.rows(rows, ("what", "where", "remedy"))
        n = sum(not fault.warning for fault in faults)
        self._printer.say(ngettext("{n} fault", "{n} faults", n).format(n=n) if n else _("no faults"))
        return 1 if n else 0

    def help(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import manual

        topic = str(values.get("topic", ""))
        self._printer.lines(manual.page(topic), topic=topic)

    def version(self, values: Values, ids: Ids) -> None:
        from crm_tui import __version__

        if self._printer.json:
            self._printer.rows([{"version": __version__}], ())
        else:
            print(f"crm-tui {__version__}")

    def spool_get(self, values: Values, ids: Ids) -> None:
        from shutil import copyfileobj

        from crm_tui.services import spool

        with spool.opened(self._signed_in, values["name"]) as file:
            sys.stdout.flush()
            copyfileobj(file, sys.stdout.buffer)

    # -- the host, where nobody is signed in

    def ssh_setup(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import hosting

        hosting.setup(self._call, values, self._printer)

    def ssh_authorized_keys(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import hosting

        hosting.authorized_keys(self._call, values, self._printer)

    # -- files

    def import_file(self, values: Values, ids: Ids) -> int:
        from crm_tui.commands import transfer

        return transfer.import_file(self._signed_in, self._call, values, self._printer)

    def export_file(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import transfer

        transfer.export_file(self._signed_in, self._call, values, self._printer)


def _chosen(text: str) -> tuple[str, ...]:
    columns = tuple(name.strip() for name in text.split(","))
    for name in columns:
        if name not in RECORD:
            message = _('there is no column "{name}": {names}').format(name=name, names=", ".join(RECORD))
            raise UsageError(message, text, text.index(name))
    return columns


def _day(row: Mapping[str, Any]) -> str:
    return f"{row['due']} {row['time']}" if row["time"] else str(row["due"])
