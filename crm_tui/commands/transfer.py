"""Files in, from the shell: what will happen is shown first."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from crm_tui.commands.language import Call, write
from crm_tui.commands.printing import Printer, json_line, plain
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.formats.tables import Reading
    from crm_tui.services.imports import FactsImported, Imported, Plan
    from crm_tui.services.session import Session

_LONGEST = 24
_LARGEST, _BLOCK = 200_000_000, 1 << 20
"""Bytes taken from standard input at most, and at a time."""
_OFTEN = 0.2
"""Seconds between two lines of progress."""


def import_file(session: Session, call: Call, values: Mapping[str, Any], printer: Printer) -> int:
    """Show how the table is understood, bring it in, say the counts; the exit code. `-` is standard input."""
    try:
        return _import_named(session, call, values, printer)
    except CrmError as error:
        error.args = (bare(session, str(error)),)
        raise


def bare(session: Session, text: str) -> str:
    """The text without the folders of the spool, which nobody at the door can name."""
    return text if session.spool is None else re.sub(re.escape(f"{session.spool}/") + r"(?:[^/\s]*/)*", "", text)


def _import_named(session: Session, call: Call, values: Mapping[str, Any], printer: Printer) -> int:
    if values["file"] != "-":
        return _import(session, call, values, printer, Path(values["file"]))
    from tempfile import TemporaryDirectory

    errors = values.get("errors") or (session.spool or Path()) / "import.errors.csv"
    with TemporaryDirectory(prefix="crm-tui-", dir=session.spool) as folder:
        path = Path(folder) / "standard-input"
        _keep_input(path)
        return _import(session, call, {**values, "errors": errors}, printer, path)


def _keep_input(path: Path) -> None:
    """Write standard input into a file: a table is read more than once."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(_("import - reads standard input: send it a file, as in crm-tui import - < cards.csv"))
    left = _LARGEST
    with path.open("xb") as file:
        while block := sys.stdin.buffer.read(_BLOCK):
            left -= len(block)
            if left < 0:
                message = _("standard input is larger than {n} MB: split the table, or import a file on the host")
                raise CrmError(message.format(n=_LARGEST // 1_000_000))
            file.write(block)


def _import(session: Session, call: Call, values: Mapping[str, Any], printer: Printer, path: Path) -> int:
    from crm_tui.services import imports

    kind = values.get("as")
    if kind not in (None, "customers"):
        return _import_facts(session, call, values, printer, path)
    for name in ("dates", "keep_owners"):
        if values.get(name):
            message = _("--{name} is for facts: give --as too").format(name=name.replace("_", "-"))
            raise UsageError(message, call.line, call.positions.get(name))
    assign = values.get("assign")
    if values.get("no_dedupe") and ("same" in values or values.get("mode", "create") != "create"):
        raise UsageError(_("--no-dedupe asks nobody what is the same: leave it, or --mode and --same"), call.line,
                         call.positions["no_dedupe"])  # fmt: skip
    if assign is not None and "owner" in values:
        raise UsageError(_("--owner or --assign, not both"), call.line, call.positions["assign"])
    plan = imports.plan(
        session, path, reading=reading(session, values), mapping=dict(values.get("map", ())),
        fixed=dict(values.get("set", ())),
    )
    if kind is None and "map" not in values:
        imports.check_customers(plan.headings, values["file"])
    for line in preview(plan):
        printer.say(bare(session, line))
    session.command = write(replace(call, flags=frozenset())).encode("utf-8", "replace").decode()
    with _progressing(printer) as progress:
        done = imports.run(
            session, plan, mode=values.get("mode", "create"), same=same_by(values), owner=values.get("owner", "pool"),
            assign=assign, dedupe=not values.get("no_dedupe"),
            dry_run="dry-run" in call.flags, errors=Path(values["errors"]) if "errors" in values else None,
            progress=progress,
        )  # fmt: skip
    return _told(session, printer, done)


def _import_facts(session: Session, call: Call, values: Mapping[str, Any], printer: Printer, path: Path) -> int:
    from crm_tui.services import imports

    for name in ("owner", "assign", "no_dedupe", "mode", "same"):
        if values.get(name):
            message = _("--{name} is for customers, not for {kind}")
            raise UsageError(
                message.format(name=name.replace("_", "-"), kind=values["as"]), call.line, call.positions.get(name)
            )
    plan = imports.plan_facts(
        path, values["as"], reading=reading(session, values), mapping=dict(values.get("map", ())),
        fixed=dict(values.get("set", ())), dates=values.get("dates"), assumed=usual_dates(),
    )  # fmt: skip
    for line in preview(plan):
        printer.say(bare(session, line))
    session.command = write(replace(call, flags=frozenset())).encode("utf-8", "replace").decode()
    with _progressing(printer) as progress:
        done = imports.run_facts(
            session, plan, dry_run="dry-run" in call.flags, keep_owners=bool(values.get("keep_owners")),
            errors=Path(values["errors"]) if "errors" in values else None, progress=progress,
        )  # fmt: skip
    return _told(session, printer, done)


def usual_dates() -> Literal["dmy", "mdy"]:
    """What comes first in 03/04/2026 where the reader's locale is from; for files that do not show it."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_TIME", "LANG"))
    return "mdy" if next((name for name in names if name), "").startswith(("en_US", "en_PH", "es_US")) else "dmy"


@contextmanager
def _progressing(printer: Printer) -> Iterator[_Progress | None]:
    """A line of progress while it lasts, where somebody sees it."""
    progress = _Progress() if sys.stderr is not None and sys.stderr.isatty() and not printer.quiet else None
    try:
        yield progress
    finally:
        if progress is not None:
            progress.clear()


def _told(session: Session, printer: Printer, done: Imported | FactsImported) -> int:
    """Print what an import did; the exit code."""
    if printer.json:
        sys.stdout.write(bare(session, json_line(done.data)) + "\n")
    for number, name, reason in done.reasons:
        text = _("line {line}, {name}: {reason}").format(line=number, name=name, reason=reason)
        print(plain(f"  {text}"), file=sys.stderr)
    for one in getattr(done, "differences", ()) if done.dry_run else ():
        text = _("line {line}, {name}: {field}: {old} → {new}")
        said = text.format(line=one.line, name=one.name, field=one.field, old=one.old or "–", new=one.new)
        printer.say(plain(f"  {said}"))
    printer.say(bare(session, done.message))
    return done.exit_code


def reading(session: Session, values: Mapping[str, Any]) -> Reading:
    """How the file is to be read, as far as that was typed: no workbooks at the door, where nothing is executed."""
    from crm_tui.formats.tables import Reading

    return Reading(
        format=values.get("format"), encoding=values.get("encoding"), delimiter=_separator(values.get("separator")),
        sheet=values.get("sheet"), workbooks=session.spool is None,
    )


def same_by(values: Mapping[str, Any]) -> tuple[str, ...]:
    """By what customers are the same, as typed: names separated by commas."""
    names = (name.strip() for name in re.split("[,，、]", values.get("same", "name")))
    return tuple(name for name in names if name)


def _separator(text: str | None) -> str | None:
    """The separator as typed: a character, or `tab`."""
    if text is None:
        return None
    found = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(found) != 1:
        raise UsageError(_('separator "{text}" is not one character, or tab').format(text=text), text, 0)
    return found


def preview(plan: Plan) -> Iterator[str]:
    """How the table is understood: each heading with its field and the first values under it."""
    from rich.cells import cell_len, set_cell_size

    yield f"{plan.path}: {plan.table.described}"
    headings = [_cut(heading) for heading in plan.headings]
    places = [_cut(place or _("left out")) for place in plan.places]
    wide = [max(map(cell_len, column), default=0) for column in (headings, places)]
    for i, (heading, place) in enumerate(zip(headings, places, strict=True)):
        values = "  |  ".join(_cut(row[i]) for row in plan.sample[:3] if any(row[i : i + 1]))
        yield f"  {set_cell_size(heading, wide[0])} → {set_cell_size(place, wide[1])}  {values}".rstrip()
    for field, text in plan.fixed.items():
        yield _("  every row without one: {field} = {text}").format(field=field, text=text)
    for warning in plan.warnings:
        yield f"  {warning}"


def _cut(text: str) -> str:
    from rich.cells import cell_len, set_cell_size

    text = plain(text)
    return text if cell_len(text) <= _LONGEST else set_cell_size(text, _LONGEST - 1) + "…"


class _Progress:
    """A line on the terminal that is written over: rows done, of how many, and how many a second."""

    def __init__(self) -> None:
        self._start = self._last = time.monotonic()
        self._shown = False

    def __call__(self, done: int, most: int | None) -> None:
        now = time.monotonic()
        if now - self._last < _OFTEN:
            return
        self._last, self._shown = now, True
        rate = f"{done / max(now - self._start, 0.001):,.0f}"
        if most:
            text = _("{done} of {most} rows, {rate} a second").format(done=f"{done:,}", most=f"{most:,}", rate=rate)
        else:
            text = _("{done} rows, {rate} a second").format(done=f"{done:,}", rate=rate)
        print(f"\r{text:<60}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            print(f"\r{'':<60}\r", end="", file=sys.stderr, flush=True)
