"""Files in and out, from the shell: what will happen is shown first; a file that is written is whole or not there."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from crm_tui.commands.language import Call, write
from crm_tui.commands.printing import Printer, json_line, plain
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.formats.tables import Reading
    from crm_tui.services.imports import FactsImported, Imported, Plan
    from crm_tui.services.session import Session

_BATCH = 2_000
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
        error.args = (_bare(session, str(error)),)
        raise


def _bare(session: Session, text: str) -> str:
    """The text without the folders of the spool, which nobody at the door can name."""
    return text if session.spool is None else re.sub(re.escape(f"{session.spool}/") + r"(?:[^/\s]*/)*", "", text)


def _import_named(session: Session, call: Call, values: Mapping[str, Any], printer: Printer) -> int:
    if values["file"] != "-":
        return _import(session, call, values, printer, Path(values["file"]))
    from tempfile import TemporaryDirectory

    errors = values.get("errors") or (session.spool or Path()) / "import.errors.csv"
    with TemporaryDirectory(prefix="crm-tui-", dir=session.spool) as folder:
        path = Path(folder) / "standard-input.csv"
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
    if assign is not None and "owner" in values:
        raise UsageError(_("--owner or --assign, not both"), call.line, call.positions["assign"])
    plan = imports.plan(
        session, path, reading=_reading(values), mapping=dict(values.get("map", ())), fixed=dict(values.get("set", ())),
    )
    if kind is None and "map" not in values:
        imports.check_customers(plan.headings, values["file"])
    for line in preview(plan):
        printer.say(_bare(session, line))
    session.command = write(replace(call, flags=frozenset())).encode("utf-8", "replace").decode()
    with _progressing(printer) as progress:
        done = imports.run(
            session, plan, owner=values.get("owner", "pool"), assign=assign, dedupe=not values.get("no_dedupe"),
            dry_run="dry-run" in call.flags, errors=Path(values["errors"]) if "errors" in values else None,
            progress=progress,
        )  # fmt: skip
    return _told(session, printer, done)


def _import_facts(session: Session, call: Call, values: Mapping[str, Any], printer: Printer, path: Path) -> int:
    from crm_tui.services import imports

    for name in ("owner", "assign", "no_dedupe"):
        if values.get(name):
            message = _("--{name} is for customers, not for {kind}")
            raise UsageError(
                message.format(name=name.replace("_", "-"), kind=values["as"]), call.line, call.positions.get(name)
            )
    plan = imports.plan_facts(
        path, values["as"], reading=_reading(values), mapping=dict(values.get("map", ())),
        fixed=dict(values.get("set", ())), dates=values.get("dates"), assumed=_usual_dates(),
    )  # fmt: skip
    for line in preview(plan):
        printer.say(_bare(session, line))
    session.command = write(replace(call, flags=frozenset())).encode("utf-8", "replace").decode()
    with _progressing(printer) as progress:
        done = imports.run_facts(
            session, plan, dry_run="dry-run" in call.flags, keep_owners=bool(values.get("keep_owners")),
            errors=Path(values["errors"]) if "errors" in values else None, progress=progress,
        )  # fmt: skip
    return _told(session, printer, done)


def _usual_dates() -> Literal["dmy", "mdy"]:
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
        sys.stdout.write(_bare(session, json_line(done.data)) + "\n")
    for number, name, reason in done.reasons:
        text = _("line {line}, {name}: {reason}").format(line=number, name=name, reason=reason)
        print(plain(f"  {text}"), file=sys.stderr)
    printer.say(_bare(session, done.message))
    return done.exit_code


def _reading(values: Mapping[str, Any]) -> Reading:
    """How the file is to be read, as far as that was typed."""
    from crm_tui.formats.tables import Reading

    return Reading(encoding=values.get("encoding"), delimiter=_separator(values.get("separator")))


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


def export_file(session: Session, call: Call, values: Mapping[str, Any], printer: Printer) -> None:
    """Write the customers that the filter finds into the file; `-` is standard output."""
    from crm_tui.services import disclosures, exports, lists

    disclosures.takes_out(session)
    target = None if values["file"] == "-" else Path(values["file"])
    if target is None and printer.json:
        raise UsageError(_("export - writes CSV; for JSON: list FILTER --json"))
    if target is not None and target.is_file() and "yes" not in call.flags and session.spool is None:
        raise CrmError(_("{path} is there already: --yes overwrites it").format(path=target))
    query = disclosures.own_only(session, lists.Query(values["filter"]))
    n = disclosures.check_export(session, query)
    if "dry-run" in call.flags:
        message = ngettext("{n} customer would be written", "{n} customers would be written", n)
    else:
        with _spooled(target) if target and session.spool else _out(target) as stream:
            disclosures.note_export(session, "export", n, values["filter"])
            n = exports.export(session, lists.every(session, query, _BATCH), stream)
        message = ngettext("{n} customer written to {path}", "{n} customers written to {path}", n)
    if printer.json:
        sys.stdout.write(json_line({"customers": n, "file": _bare(session, str(target))}) + "\n")
    printer.say(message.format(n=f"{n:,}", path=_bare(session, str(target or _("standard output")))))


@contextmanager
def _spooled(target: Path) -> Iterator[IO[str]]:
    """The stream of a file in a spool: always a new one, through no link, and gone again unless it is whole."""
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise CrmError(_("{name} is there already: choose another name").format(name=target.name)) from error
    except OSError as error:
        message = _("{path} cannot be written: {reason}")
        raise CrmError(message.format(path=target.name, reason=error.strerror)) from error
    try:
        with open(handle, "w", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(handle)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


@contextmanager
def _out(target: Path | None) -> Iterator[IO[str]]:
    """The stream of a new file, which takes its name once it is whole and on the disk; None for standard output."""
    if target is None:
        # A CSV for a spreadsheet is UTF-8 with its own line ends, whatever the terminal is.
        with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as stream:
            yield stream
        return
    target = target.resolve()  # the file that a link points to is replaced, not the link
    whole = target.is_file() or not target.exists()  # a device or a pipe is written to, never replaced
    beside = target.with_name(f".{target.name[:100]}-{os.getpid()}") if whole else target
    made = False
    try:
        with beside.open("x" if whole else "w", encoding="utf-8", newline="") as stream:
            made = whole
            yield stream
            stream.flush()
            if whole:
                os.fsync(stream.fileno())
        if whole:
            beside.replace(target)
            made = False
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CrmError(_("{path} cannot be written: {reason}").format(path=target, reason=error.strerror)) from error
    finally:
        if made:
            beside.unlink(missing_ok=True)
