"""The place of the command line: what views show on a screen, it prints. Results go to standard output.

Every line for people is freed of control characters; with `--json` there is one object a line and nothing else.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.cells import cell_len, set_cell_size

from crm_tui.commands import manual
from crm_tui.commands.dispatch import Prepared
from crm_tui.commands.language import Call
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.settings import RULES
from crm_tui.services import cards, checks, due, exports, history, imports, lists, people
from crm_tui.services.session import Outcome, Session

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_BATCH = 2_000
_LISTED = ("id", "name", "stage", "tier", "owner", "next_follow_up", "last_contact", "region", "phone")


def plain(text: object) -> str:
    """The text as one line that is safe to print."""
    return _CONTROL.sub("\ufffd", str(text).replace("\n", " ⏎ "))


class Shell:
    """Prints for one call. `session` is None for the commands that need no database."""

    def __init__(self, session: Session | None, call: Call) -> None:
        self._session = session
        self.flags = call.flags
        self.given = call

    @property
    def session(self) -> Session:
        assert self._session is not None
        return self._session

    def call(self, prepared: Prepared) -> int:
        """Run a view command; its exit code."""
        command = prepared.call.command
        if prepared.missing:
            raise UsageError(
                _("{name} is missing: {usage}").format(name=prepared.missing[0].upper(), usage=command.usage),
                prepared.call.line,
                len(prepared.call.line),
            )
        method = getattr(self, command.view, None)
        if method is None:
            raise CrmError(_("{command} is for the screens").format(command=command.name))
        values = prepared.values
        found = method(values, prepared.ids)
        return int(found or 0)

    # -- telling

    def tell(self, outcome: Outcome, ids: Sequence[int]) -> None:
        """Print what a verb did: its data or lines, then on standard error its message and what was refused."""
        if "json" in self.flags:
            for row in outcome.data or self._per_row(outcome, ids):
                self._json(row)
        else:
            for line in outcome.lines:
                print(plain(line))
        if "quiet" not in self.flags:
            print(plain(outcome.message), file=sys.stderr)
            for refusal in outcome.refused:
                name = f" {refusal.name}" if refusal.name else ""
                print(plain(f"  {refusal.id}{name}: {refusal.reason}"), file=sys.stderr)

    @staticmethod
    def _per_row(outcome: Outcome, ids: Sequence[int]) -> Iterator[dict[str, Any]]:
        refused = {refusal.id: refusal.reason for refusal in outcome.refused}
        for key in dict.fromkeys((*ids, *outcome.changed, *refused)):
            yield {"id": key, "done": key not in refused, "reason": refused.get(key)}

    @staticmethod
    def _json(row: Mapping[str, Any]) -> None:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _rows(self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Print rows as JSON lines, CSV, or columns for people."""
        if "json" in self.flags:
            for row in rows:
                self._json(row)
        elif "csv" in self.flags:
            self._csv(rows)
        else:
            self._columns(rows, columns)

    @staticmethod
    def _csv(rows: Iterable[Mapping[str, Any]]) -> None:
        from crm_tui.formats.tables import defuse

        writer = csv.writer(sys.stdout)
        first = True
        for row in rows:
            if first:
                writer.writerow(row)
                first = False
            writer.writerow([defuse(_text(value)) for value in row.values()])

    @staticmethod
    def _columns(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
        batch: list[list[str]] = []
        widths: list[int] = []

        def flush() -> None:
            for cells in batch:
                padded = [set_cell_size(cell, width) for cell, width in zip(cells[:-1], widths, strict=False)]
                print("  ".join((*padded, cells[-1])).rstrip())
            batch.clear()

        for row in rows:
            batch.append([plain(_text(row.get(name))) for name in columns])
            if len(batch) == 200:  # the widths of the first screens hold for the rest, so that nothing waits for the end
                widths = widths or _widths(batch)
                flush()
        widths = widths or _widths(batch)
        flush()

    # -- lists

    def list_customers(self, query: lists.Query, values: Mapping[str, Any]) -> None:
        """Print the customers of a list."""
        names = values.get("columns")
        columns = [name.strip() for name in names.split(",")] if names else list(_LISTED)
        every = list(lists.record(self.session, _EMPTY_ROW))
        for name in columns:
            if name not in every:
                raise UsageError(_('there is no column "{name}": {names}').format(name=name, names=", ".join(every)))
        self._check_taking(query)
        records = self._records(query, values.get("limit"))
        if names:
            records = ({name: row[name] for name in columns} for row in records)
        self._rows(records, columns)

    def _check_taking(self, query: lists.Query) -> None:
        lists.read(self.session, query.filter)

    def _records(self, query: lists.Query, limit: int | None) -> Iterator[dict[str, Any]]:
        left = limit if limit is not None else sys.maxsize
        for batch in lists.every(self.session, query, min(_BATCH, max(left, 1))):
            ids = batch[:left]
            rows = lists.rows(self.session, ids)
            yield from (lists.record(self.session, rows[key]) for key in ids if key in rows)
            left -= len(ids)
            if left <= 0:
                return

    def list(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        self.list_customers(lists.Query(values.get("filter", ""), order=values.get("sort")), values)

    def filter(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        self.list_customers(lists.Query(values.get("filter", "")), values)

    def tab(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        self.list_customers(lists.Query(stage=values.get("stage", "")), values)

    def sort(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        self.list_customers(lists.Query(order=values.get("key")), values)

    def go(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        if values["name"] == "pipeline":
            self.list_customers(lists.Query(), values)
        else:
            getattr(self, values["name"])(values, ids)

    def due(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        lines = due.queue(self.session)
        if values.get("filter"):
            wanted = {key for batch in lists.every(self.session, lists.Query(values["filter"])) for key in batch}
            lines = [line for line in lines if line.id in wanted]
        records = (due.record(self.session, line) for line in lines[: values.get("limit")])
        if "json" in self.flags or "csv" in self.flags:
            self._rows(records, ())
            return
        self._columns(
            ({**row, "mark": "!" if row["section"] == "overdue" else " ", "day": _day(row)} for row in records),
            ("mark", "id", "day", "name", "tier", "phone", "text"),
        )

    def history(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        rows = history.entries(self.session, limit=values.get("limit") or 50)
        self._rows(rows, ("id", "at", "user", "source", "summary", "kind"))

    def users(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        self._rows(people.everyone(self.session), ("login", "name", "role", "state", "customers"))

    # -- one thing

    def show(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        found = cards.card(self.session, ids[0])
        if "json" in self.flags or "csv" in self.flags:
            record = lists.record(self.session, lists.rows(self.session, ids)[ids[0]])
            record["profile"] = {item.field: item.value for item in found.items}
            record["completeness"] = found.completeness.percent
            record["missing"] = [field.identifier for field in found.completeness.missing]
            record["contacts"] = [person.__dict__ for person in found.contacts]
            record["timeline"] = [event.__dict__ for event in found.events]
            self._rows([record], ())
            return
        for line in card_lines(found):
            print(plain(line))

    open = show

    def config(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        rules = self.session.settings
        self._rows(
            (
                {"name": rule.name, "value": rules[rule.name], "default": rule.default, "meaning": _(rule.meaning)}
                for rule in RULES.values()
            ),
            ("name", "value", "default", "meaning"),
        )

    def config_get(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        value = self.session.settings[values["setting"]]
        self._rows([{"name": values["setting"], "value": value}], ("value",))

    def check(self, values: Mapping[str, Any], ids: Sequence[int]) -> int:
        faults = checks.check(self.session)
        rows = [{"what": f.what, "where": f.where, "remedy": f.remedy, "warning": f.warning} for f in faults]
        self._rows(rows, ("what", "where", "remedy"))
        wrong = [fault for fault in faults if not fault.warning]
        if "quiet" not in self.flags:
            print(_("no faults") if not wrong else _("{n} faults").format(n=len(wrong)), file=sys.stderr)
        return 1 if wrong else 0

    def help(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        print("\n".join(manual.page(str(values.get("topic", "")))))

    def version(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        from crm_tui import __version__

        print(f"crm-tui {__version__}")

    # -- files

    def import_file(self, values: Mapping[str, Any], ids: Sequence[int]) -> int:
        return importing(self, values)

    def export_file(self, values: Mapping[str, Any], ids: Sequence[int]) -> None:
        query = lists.Query(values["filter"])
        lists.read(self.session, query.filter)
        if self.session.person.role == "service":
            raise NotAllowed(_("service takes no data out"))
        ids_in_batches = lists.every(self.session, query, _BATCH)
        path = values["file"]
        target = nullcontext(sys.stdout) if path == "-" else Path(path).open("w", encoding="utf-8", newline="")
        with target as stream:
            n = exports.export(self.session, ids_in_batches, stream)
        if "quiet" not in self.flags:
            print(_("{n} customers written to {path}").format(n=f"{n:,}", path=path), file=sys.stderr)


_EMPTY_ROW: dict[str, Any] = {
    **dict.fromkeys(
        (
            "id", "name", "kind", "stage", "tier", "scheme", "owner", "pool", "phone", "email", "region", "industry",
            "source", "tags", "next_at", "next_on", "last_contact", "created_at", "archived_at",
        )
    )
}  # fmt: skip


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return " ".join(str(part) for part in value)
    return str(value)


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [min(40, max(cell_len(cell) for cell in column)) for column in zip(*rows, strict=True)] if rows else []


def _day(row: Mapping[str, Any]) -> str:
    return f"{row['due']} {row['time']}" if row["time"] else str(row["due"])


def card_lines(card: cards.Card) -> Iterator[str]:
    """A card as lines of text."""
    facts = card.facts
    holder = card.owner or (_("pool {pool}").format(pool=card.pool) if card.pool else _("blocked"))
    yield f"{facts.id}  {facts.name}  ·  {facts.stage}  ·  {facts.tier or '–'}  ·  {holder}"
    if card.tags:
        yield "  " + " ".join(f"#{tag}" for tag in card.tags)
    yield from (f"  ! {reason}" for reason in card.reasons)
    missing = ", ".join(field.title for field in card.completeness.missing)
    yield _("profile {percent} %").format(percent=card.completeness.percent) + (
        _(", missing: {fields}").format(fields=missing) if missing else ""
    )
    for item in card.items:
        verified = _(" (verified {day})").format(day=item.verified) if item.verified else ""
        yield f"  {item.label}: {item.value}{verified}"
    if card.note:
        yield f"  {card.note}"
    for person in card.contacts:
        yield "  " + "  ".join(
            part for part in (str(person.id), person.name, person.role, person.title, person.phone, person.email) if part
        )
    for event in card.events:
        yield f"  {event.at}  {event.who}  {event.what}  {event.text}  {event.more}".rstrip()


