"""Files in, from the shell: what will happen is shown first."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.commands.importing import bare, check, imported, planned, refusals
from crm_tui.commands.language import Call
from crm_tui.commands.printing import Printer, json_line, plain
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.services.imports import FactsImported, Imported, Plan
    from crm_tui.services.session import Session

_LONGEST = 24
_COLUMNS = 60
"""Columns of a table that are shown one by one."""
_INPUT = "standard-input"
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


def _import_named(session: Session, call: Call, values: Mapping[str, Any], printer: Printer) -> int:
    if values["file"] != "-":
        return _import(session, call, values, printer, Path(values["file"]))
    from tempfile import TemporaryDirectory

    errors = values.get("errors") or (session.spool or Path()) / "import.errors.csv"
    with TemporaryDirectory(prefix="crm-tui-", dir=session.spool) as folder:
        path = Path(folder) / _INPUT
        _keep_input(path)
        try:
            return _import(session, call, {**values, "errors": errors}, printer, path)
        except CrmError as error:
            error.args = (_without(path, str(error)),)
            raise


def _without(path: Path, text: str) -> str:
    """The text with what standard input was kept as called what it is."""
    return text.replace(str(path), _("standard input")) if path.name == _INPUT else text


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
    check(call, values)
    plan = planned(values, session, path=path)
    by = re.split("[,，、]", str(values.get("same", "")))
    for line in preview(plan, is_key="id" in map(str.strip, by)):
        printer.say(bare(session, _without(path, line)))
    with _progressing(printer) as progress:
        done = imported(session, call, values, plan, dry_run="dry-run" in call.flags, progress=progress)
    return _told(session, printer, done)


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
    for line in refusals(done):
        print(plain(f"  {line}"), file=sys.stderr)
    for one in getattr(done, "differences", ()) if done.dry_run else ():
        text = _("line {line}, {name}: {field}: {old} → {new}")
        said = text.format(line=one.line, name=one.name, field=one.field, old=one.old or "–", new=one.new)
        printer.say(plain(f"  {said}"))
    printer.say(bare(session, done.message))
    return done.exit_code


def preview(plan: Plan, *, is_key: bool = False) -> Iterator[str]:
    """How the table is understood: each heading with its field and the first values under it.

    With `is_key` customers are the same by their ids.
    """
    from rich.cells import cell_len, set_cell_size

    yield f"{plan.path}: {plan.table.described}"
    headings = [_cut(heading) for heading in plan.headings[:_COLUMNS]]
    told = {"id": _("by what they are the same")} if is_key else {}
    columns = zip(plan.places[:_COLUMNS], headings, strict=True)
    places = [_cut(place or told.get(heading) or _("left out")) for place, heading in columns]
    wide = [max(map(cell_len, column), default=0) for column in (headings, places)]
    for i, (heading, place) in enumerate(zip(headings, places, strict=True)):
        values = "  |  ".join(_cut(row[i]) for row in plan.sample[:3] if any(row[i : i + 1]))
        yield f"  {set_cell_size(heading, wide[0])} → {set_cell_size(place, wide[1])}  {values}".rstrip()
    if (more := len(plan.headings) - _COLUMNS) > 0:
        yield "  " + ngettext("and {n} more column", "and {n} more columns", more).format(n=f"{more:,}")
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
