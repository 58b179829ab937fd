"""The place of the command line: what views show on a screen, it prints.

A method here is the shell's side of the view of that name in the catalogue; a command whose view is missing here is
for the screens. Services are imported where they are called: a command that needs few of them starts the sooner.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from crm_tui.commands.keymap import Source
from crm_tui.commands.language import Call, quote
from crm_tui.commands.printing import Printer, card_lines, plain
from crm_tui.commands.registry import Command
from crm_tui.commands.shell_files import FileViews
from crm_tui.domain.errors import Conflict, UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.commands.dispatch import Prepared
    from crm_tui.services.columns import Chosen
    from crm_tui.services.due import Line
    from crm_tui.services.lists import Query
    from crm_tui.services.session import Outcome, Session

__all__ = ["Shell", "card_lines", "has"]

Values = Mapping[str, Any]
Ids = Sequence[int]

_BATCH = 2_000
_LISTED = ("mark", "id", "name", "stage", "tier", "owner", "next_follow_up", "last_contact", "region", "phone")
RECORD = (
    "id", "name", "kind", "stage", "tier", "scheme", "owner", "pool", "phone", "email", "region", "industry", "source",
    "tags", "next_follow_up", "last_contact", "created", "archived", "returns", "suggested",
)  # fmt: skip
"""The keys of `list --json` and the columns of `list --csv`; scripts rely on them."""

_QUEUE = (
    "id", "name", "stage", "tier", "phone", "section", "reason", "text", "due", "time", "late_days", "other_reasons",
    "returns", "suggested",
)  # fmt: skip


def has(command: Command) -> bool:
    """Whether the command works in a shell: views that only move about a screen do not."""
    return not command.view or callable(getattr(_Views, command.view, None))


class Shell:
    """Prints for one call. `session` is None for the commands that need no database."""

    def __init__(self, session: Session | None, call: Call, keys: Source | None = None) -> None:
        """`keys` is where the user's keymap comes from."""
        self.printer = Printer(call.flags)
        self._reads = not call.command.changes
        self._views = _Views(session, call, self.printer, keys or Source())

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
        self.printer.outcome(outcome, ids, reads=self._reads)

    def differ(self, error: Conflict) -> None:
        """Print what others changed meanwhile, field by field."""
        if self.printer.json or self.printer.csv:
            self.printer.rows(error.data, ())
        else:
            self.printer.lines(error.lines)


class _Views(FileViews):
    """The views, by their names in the catalogue: (values, ids) → the exit code, None for 0."""

    # -- lists

    def list(self, values: Values, ids: Ids) -> None:
        if "scheme" in values:
            self._signed_in.scheme = values["scheme"].identifier
        self._list(self._query(values), values)

    def _query(self, values: Values) -> Query:
        """The list of the filter, or of a saved view under it."""
        from crm_tui.services.lists import Query

        text, order = values.get("filter", ""), values.get("sort")
        if "view" not in values:
            return Query(text, order=order)
        from crm_tui.services import views

        query, __ = views.opened(self._signed_in, views.find(self._signed_in, values["view"]))
        return replace(views.narrowed(query, text), order=order or query.order)

    def filter(self, values: Values, ids: Ids) -> None:
        self.list(values, ids)

    def tab(self, values: Values, ids: Ids) -> None:
        from crm_tui.services.lists import Query

        self._list(Query(stage=values.get("stage", "")), values)

    def sort(self, values: Values, ids: Ids) -> None:
        from crm_tui.services.lists import Query, together

        self._list(Query(order=together(values["key"]) if values.get("key") else None), values)

    def choose_columns(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import columns
        from crm_tui.services.lists import Query

        self._list(Query(), {"columns": columns.together(values.get("column", ()))})

    def go(self, values: Values, ids: Ids) -> None:
        if not isinstance(values["name"], str):
            self.list({"view": values["name"].name}, ids)
            return
        views = {
            "due": self.due, "pipeline": self.list, "history": self.history, "pools": self._pools, "team": self._team,
            "macros": self._macros, "reports": self._reports,
        }  # fmt: skip
        views[values["name"]]({}, ids)

    def views(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import views

        self._answer(views.told(self._signed_in))

    def open_lettered(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import views

        self._signed_in.refresh()
        self.list({"view": views.lettered(self._signed_in, values["letter"]).name}, ids)

    def _pools(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import pool_lists

        self._answer(pool_lists.overview(self._signed_in))

    def _reports(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import analysis

        self._answer(analysis.listing())

    def _macros(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands.verbs import macros

        self._answer(macros.listed(self._signed_in, {}, ()))

    def macros_editor(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import editor, macro_files

        if self._printer.json:
            raise UsageError(_("an editor prints no JSON: macros edit changes the text of a macro"), self._call.line, 0)
        session = self._signed_in
        path, text = macro_files.text_of(session, values["name"])
        if not path.exists():
            macro_files.write(path, text)
        editor.edit(session, path)
        macro_files.check(path)
        self._printer.say(_("{path} is kept").format(path=path))

    def _team(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import team

        self._answer(team.told(self._signed_in))

    def _answer(self, outcome: Outcome) -> None:
        self._printer.outcome(outcome, (), reads=True)

    def _list(self, query: Query, values: Values) -> None:
        from crm_tui.services import disclosures

        limit = values.get("limit")
        disclosures.check_list(self._signed_in, query, limit, self._limited(self._as_list(query, values)))
        chosen = self._chosen(values)
        if chosen:
            rows = self._rows(query, limit, chosen)
            self._printer.rows(rows, [one.name for one in chosen])
            return
        columns: tuple[str, ...] = RECORD if self._printer.csv else _LISTED
        records = self._rows(query, limit, ())
        if self._printer.for_people:
            records = (
                {**row, "mark": "<" if row["returns"] else "", "tier": _graded(row["tier"], row["suggested"])}
                for row in records
            )
        self._printer.rows(records, columns)

    def _limited(self, line: str) -> str:
        """The line that may have a limit instead, where the command takes none itself."""
        return "" if "limit" in self._call.command.options else line

    def _as_list(self, query: Query, values: Values) -> str:
        """The `list` that prints the same, for who has to be told of a limit."""
        from crm_tui.services import columns

        chosen = columns.written(values.get("columns", ()))
        told = [f"--columns {quote(chosen)}"] if chosen else []
        if "view" in values:
            return " ".join(["list", "--view", quote(values["view"]), *told])
        order = [f"--sort {str(query.order).replace(' ', ',')}"] if query.order else []
        stage = [f"stage:{query.stage}"] if query.stage else []
        return " ".join(["list", *stage, *query.filter.split(), *order, *told])

    def _chosen(self, values: Values) -> tuple[Chosen, ...]:
        """The columns that were asked for; those of the view for people, while scripts get all keys of a list."""
        given: tuple[Chosen, ...] = values.get("columns", ())
        if given or "view" not in values or not self._printer.for_people:
            return given
        from crm_tui.services import views

        return views.opened(self._signed_in, views.find(self._signed_in, values["view"]))[1]

    def _rows(self, query: Query, limit: int | None, chosen: tuple[Chosen, ...]) -> Iterator[dict[str, Any]]:
        from crm_tui.services import columns, lists

        session, left = self._signed_in, sys.maxsize if limit is None else limit
        if left <= 0:
            return
        for batch in lists.every(session, query, min(_BATCH, left)):
            ids = batch[:left]
            rows = columns.rows(session, ids, chosen)
            for key in ids:
                if key in rows:
                    yield columns.values(session, rows[key], chosen) if chosen else lists.record(session, rows[key])
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
        disclosures.check_queue(session, [line.id for line in queue], values.get("filter", ""), self._limited("due"))
        told = (_told(line) if self._printer.for_people else due.record(session, line) for line in queue)
        self._printer.rows(told, ("mark", "id", "day", "name", "tier", "phone", "text"), _QUEUE)

    def dupes(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands.printing import progress
        from crm_tui.services import likeness

        self._answer(likeness.listed(
            self._signed_in, values.get("filter", ""), values.get("limit"), scan=bool(values.get("scan")),
            progress=progress(_("looked through {percent} %"), self._printer.quiet),
        ))  # fmt: skip

    def watch(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import watch
        from crm_tui.services.watching import Since

        since = Since(*values["since"]) if "since" in values else None
        watch.follow(self._signed_in, self._printer, self._query(values), since, values.get("limit"))

    def history(self, values: Values, ids: Ids) -> None:
        from crm_tui.domain.clock import iso, moment
        from crm_tui.services import history

        limit = values.get("limit")
        rows = history.entries(self._signed_in, limit=50 if limit is None else limit)
        for row in rows:
            local = moment(row["at"]).astimezone(self._signed_in.person.zone).isoformat(" ", "seconds")
            row["at"] = local if self._printer.for_people else iso(row["at"])
        names = ("id", "at", "user", "source", "command", "summary", "kind", "undone", "customers")
        self._printer.rows(rows, ("id", "at", "user", "source", "summary", "kind"), names)

    def users(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import people

        names = ("login", "name", "role", "team", "state", "until", "stand_in", "capacity", "customers")
        rows = ({**row, "may_export": bool(row["may_export"])} for row in people.everyone(self._signed_in))
        self._printer.rows(rows, names)

    # -- one thing

    def show(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import cards

        found = cards.card(self._signed_in, ids[0])
        if self._printer.for_people:
            self._printer.lines(card_lines(found))
            return
        record = cards.record(self._signed_in, found)
        if self._printer.csv:
            record |= {name: value for name, value in record["profile"].items() if name not in record}
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

    def help(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import manual

        topic = str(values.get("topic", ""))
        self._printer.lines(manual.page(topic, self._keys.load()), topic=topic)

    def keymap_page(self, values: Values, ids: Ids) -> int:
        from crm_tui.commands import manual

        keymap = self._keys.load()
        self._printer.rows(manual.key_records(keymap), ("place", "keys", "command"))
        for fault in keymap.faults:  # said to the quiet ones too: they are why the exit code is not 0
            print(f"crm-tui: {plain(fault)}", file=sys.stderr)
        return UsageError.exit_code if keymap.faults else 0

    def version(self, values: Values, ids: Ids) -> None:
        from crm_tui import __version__

        if self._printer.json:
            self._printer.rows([{"version": __version__}], ())
        else:
            print(f"crm-tui {__version__}")

    def completion(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import shells

        self._printer.lines(shells.script(values["shell"]).splitlines(), shell=values["shell"])


def _told(line: Line) -> dict[str, Any]:
    """A line of the queue as people read it."""
    reason = line.reason
    return {
        "mark": "!" if line.part == "overdue" else "", "id": line.id, "name": line.name, "phone": line.phone,
        "day": f"{reason.due_on} {reason.at:%H:%M}" if reason.at else str(reason.due_on),
        "tier": _graded(line.tier, line.suggested), "text": reason.text,
    }  # fmt: skip


def _graded(tier: str | None, suggested: str | None) -> str | None:
    """The tier, and behind an arrow what is proposed in its place."""
    return f"{tier or ''}→{suggested}" if suggested else tier
