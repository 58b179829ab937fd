"""Taking customers out: CSV, a workbook or JSON lines that an import reads back as the same; cards for an address book;
a calendar of the open follow-ups.

What one may not see is not there: sensitive fields never, and of masked customers neither a way to reach them nor
fields of one's own, which may hold one. What was left out is counted. Memory stays the same however many there are.
"""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, Literal, cast

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.services.exports.customers import Customers, places_of
from crm_tui.services.exports.left import Exported
from crm_tui.services.exports.places import STANDARD, Place

if TYPE_CHECKING:
    from crm_tui.services.session import Session

__all__ = ["FORMATS", "STANDARD", "Exported", "export", "format_of"]

Format = Literal["csv", "xlsx", "jsonl", "vcf", "ics"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx", "jsonl", "vcf", "ics")
"""The kinds of files, as their names end."""
TABLES = ("csv", "xlsx", "jsonl")
"""Those that have columns."""
_ENDINGS: dict[str, Format] = {
    "": "csv", ".csv": "csv", ".xlsx": "xlsx", ".jsonl": "jsonl", ".ndjson": "jsonl", ".vcf": "vcf", ".vcard": "vcf",
    ".ics": "ics", ".ical": "ics",
}  # fmt: skip


def format_of(name: str) -> Format:
    """The format that the ending of a file's name means, CSV for none; UsageError for another."""
    ending = PurePath(name).suffix
    found = _ENDINGS.get(ending.lower())
    if found is None:
        message = _('"{ending}" says no format: name the file .csv, .xlsx, .jsonl, .vcf or .ics, or give --format')
        raise UsageError(message.format(ending=ending), name, max(0, name.rfind(ending)))
    return found


def export(
    session: Session, ids_in_batches: Iterator[Sequence[int]], stream: IO[bytes], format: str = "csv",  # noqa: A002
    columns: Sequence[Place] | None = None, *, folder: str | None = None,
) -> Exported:  # fmt: skip
    """Write the customers of these ids that one sees, in order; of `ics` the open follow-ups of theirs.

    `stream` is binary; it need not be able to seek. `columns` are for tables (default: all of STANDARD, and beside them
    what these customers have). Days and times are the user's, in JSON UTC. A workbook needs room for its sheets in
    `folder`, by default the system's for passing files.
    """
    ids = array("q", chain.from_iterable(ids_in_batches))
    if format == "vcf":
        from crm_tui.services.exports import cards

        return cards.write(session, ids, stream)
    if format == "ics":
        from crm_tui.services.exports import calendars

        return calendars.write(session, ids, stream)
    found = Customers(session, ids, places_of(session, ids) if columns is None else columns)
    write = {"csv": _csv, "xlsx": _workbook, "jsonl": _lines}[format]
    return write(session, found, stream, folder)


def _csv(session: Session, found: Customers, stream: IO[bytes], folder: str | None) -> Exported:
    from crm_tui.formats.delimited import write_csv
    from crm_tui.services.exports.values import as_text

    with _text(stream) as text:
        write_csv(text, found.headings, found.rows(as_text(*_local(session))), bom=True)
    return found.exported()


def _lines(session: Session, found: Customers, stream: IO[bytes], folder: str | None) -> Exported:
    from crm_tui.formats.out_lines import write_lines
    from crm_tui.services.exports.values import as_json

    with _text(stream) as text:
        write_lines(text, found.headings, found.rows(as_json(*_local(session))))
    return found.exported()


def _workbook(session: Session, found: Customers, stream: IO[bytes], folder: str | None) -> Exported:
    from crm_tui.formats.out_workbook import write_workbook
    from crm_tui.services.exports.values import as_cell

    cut = write_workbook(stream, _("customers"), found.headings, found.rows(as_cell(*_local(session))), folder=folder)
    return found.exported(cut=cut)


def _local(session: Session) -> tuple[Any, str]:
    return session.person.zone, cast("str", session.settings["currency"])


class _text:  # noqa: N801 (a context, used as a function)
    """The binary stream as text, which leaves it open."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._text = io.TextIOWrapper(cast("Any", stream), "utf-8", newline="", write_through=False)

    def __enter__(self) -> IO[str]:
        return self._text

    def __exit__(self, *raised: object) -> None:
        if raised[0] is None:
            self._text.flush()
        self._text.detach()
