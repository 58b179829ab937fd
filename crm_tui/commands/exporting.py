"""Files out: what is written is whole or not there, and what was left out of it is said.

At the door a file is always a new one in the user's spool; standard output is a shell's alone.
"""

from __future__ import annotations

import os
import re
import sys
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.formats import leftovers

if TYPE_CHECKING:
    from crm_tui.commands.language import Call
    from crm_tui.services.exports import Exported
    from crm_tui.services.exports.places import Place
    from crm_tui.services.lists import Query
    from crm_tui.services.session import Outcome, Session

_BATCH = 2_000


@dataclass(frozen=True)
class _Asked:
    """An export as it was asked for: `target` is None for standard output, `found` all that the filter finds, `query`
    what of that one may take out.
    """

    target: Path | None
    format: str
    found: Query
    query: Query
    places: tuple[Place, ...] | None


def export(session: Session, values: Mapping[str, Any]) -> Outcome:
    """Write what the filter finds into the file. CrmError where a file is there that was not to be overwritten."""
    from crm_tui.services import disclosures, exports, lists

    asked = _asked(session, values)
    if session.trial:
        return _would(session, asked)
    _check_target(session, asked, values["flags"])
    disclosures.check_export(session, asked.query)
    target = asked.target
    with _spooled(target) if target and session.spool else _out(target) as stream:
        ids = array("q", chain.from_iterable(lists.every(session, asked.query, _BATCH)))
        disclosures.note_export(session, "export", len(ids), asked.found.filter)
        done = exports.export(
            session, iter([ids]), stream, asked.format, asked.places, folder=_room(session, target)
        )  # fmt: skip
    return _told(session, asked, _with_left_behind(session, asked, done, len(ids)))


def would(session: Session, values: Mapping[str, Any]) -> Outcome:
    """How many would be written."""
    return _would(session, _asked(session, values))


def of_list(call: Call, shown: Callable[[], str], marked: Sequence[int]) -> Call:
    """The call of a place with a list: without a filter it is for the marked customers, else for what the list shows,
    whose filter `shown` gives. CrmError for too many marks.
    """
    if "filter" in call.values or "view" in call.values:
        return call
    if marked:
        return of_these(call, marked, _("more than {n} are marked: say which by a filter"))
    return replace(call, values={"filter": shown(), **call.values})


def of_these(call: Call, ids: Sequence[int] | None, too_many: str = "") -> Call:
    """The call of a place for these customers, marked or shown there, where it has no filter; None for no list of them.
    CrmError for very many, for none, and where there is no list.
    """
    if "filter" in call.values or "view" in call.values:
        return call
    from crm_tui.domain.analysis.report import SPELT_IDS, ids_filter

    if ids is None:
        raise CrmError(_("no list of customers is here: export FILTER FILE, or go to due, or the pipeline, first"))
    if not ids:
        raise CrmError(_("nobody is shown here: export FILTER FILE"))
    text = ids_filter(ids)
    if text is None:
        message = too_many or _("more than {n} are shown: mark some, or say which by a filter")
        raise CrmError(message.format(n=f"{SPELT_IDS:,}"))
    return replace(call, values={"filter": text, **call.values})


# -- what was asked for


def _asked(session: Session, values: Mapping[str, Any]) -> _Asked:
    from crm_tui.services import disclosures, exports, targets

    disclosures.takes_out(session)
    name = values["file"]
    if name != "-" and session.spool is None:
        targets.check(session, Path(name))
    form = values.get("format") or (_of_output(values["flags"]) if name == "-" else exports.format_of(name))
    found, of_view = _found(session, values)
    places: tuple[Place, ...] | None = values.get("columns") or of_view
    if form not in exports.TABLES and values.get("columns"):
        raise UsageError(_("{format} has no columns to choose").format(format=form), "", None)
    if form == "ics":
        text = found.filter.strip()
        found = found.with_filter(f"({text}) has:next" if text else "has:next")
    return _Asked(
        None if name == "-" else Path(name), form, found, disclosures.own_only(session, found),
        places if form in exports.TABLES else None,
    )  # fmt: skip


def _of_output(flags: frozenset[str]) -> str:
    return "jsonl" if "json" in flags else "csv"


def _found(session: Session, values: Mapping[str, Any]) -> tuple[Query, tuple[Place, ...] | None]:
    """The list of the filter, or of a saved view under it, and the columns of that."""
    from crm_tui.services.lists import Query

    text = values.get("filter", "")
    if "view" not in values:
        if "filter" not in values:
            raise UsageError(_("which customers? export FILTER FILE, and '' for all"), values["file"], 0)
        return Query(text), None
    from crm_tui.services import views
    from crm_tui.services.exports import places

    query, columns = views.opened(session, views.find(session, values["view"]))
    chosen = tuple(dict.fromkeys(places.of_list(one) for one in columns))
    return views.narrowed(query, text), chosen or None


def _check_target(session: Session, asked: _Asked, flags: frozenset[str]) -> None:
    target = asked.target
    if target is None:
        if session.source == "screen":
            raise UsageError(_("- is the standard output of a shell: name a file"), "-", 0)
        if "json" in flags and asked.format != "jsonl":
            raise UsageError(_("--json prints JSON lines: leave it out, or --format jsonl"))
        if asked.format == "xlsx" and sys.stdout.isatty():
            raise UsageError(_("a workbook is no text for a terminal: name a file, or send it on with |"), "-", 0)
    elif target.is_file() and "yes" not in flags and session.spool is None:
        raise CrmError(_("is there already, --yes overwrites it: {path}").format(path=target))


# -- what is said of it


def _would(session: Session, asked: _Asked) -> Outcome:
    from crm_tui.services import disclosures
    from crm_tui.services.exports import Exported
    from crm_tui.services.session import Outcome

    n = disclosures.check_export(session, asked.query)
    left = _with_left_behind(session, asked, Exported(n), n)
    if asked.format == "ics":
        text = ngettext("{n} follow-up would be written", "{n} follow-ups would be written", n)
    else:
        text = ngettext("{n} customer would be written", "{n} customers would be written", n)
    message = "; ".join(filter(None, (text.format(n=f"{n:,}"), left.told())))
    return Outcome(message, data=(_data(session, asked, left),))


def _told(session: Session, asked: _Asked, done: Exported) -> Outcome:
    from crm_tui.services.session import Outcome

    if asked.format == "ics":
        text = ngettext("{n} follow-up written to {path}", "{n} follow-ups written to {path}", done.count)
    else:
        text = ngettext("{n} customer written to {path}", "{n} customers written to {path}", done.count)
    path = bare(session, str(asked.target or _("standard output")))
    message = "; ".join(filter(None, (text.format(n=f"{done.count:,}", path=path), done.told())))
    return Outcome(message, data=(_data(session, asked, done),) if asked.target is not None else ())


def _data(session: Session, asked: _Asked, done: Exported) -> dict[str, Any]:
    path = None if asked.target is None else bare(session, str(asked.target))
    return {"customers": done.count, "file": path, "format": asked.format, "left_out": done.left_out}


def _with_left_behind(session: Session, asked: _Asked, done: Exported, n: int) -> Exported:
    """The same with what the filter finds and is not there: what is others', and what is archived."""
    from crm_tui.domain.filters import mentions
    from crm_tui.services import lists

    others = 0 if asked.found == asked.query else max(0, lists.count(session, asked.found) - n)
    archived = 0
    if not mentions(lists.read(session, asked.query.filter), "archived"):
        text = asked.query.filter.strip()
        only = asked.query.with_filter(f"({text}) archived:yes" if text else "archived:yes")
        archived = lists.count(session, only)
    return replace(done, others=others, archived=archived)


def bare(session: Session, text: str) -> str:
    """The text without the folders of the spool, which nobody at the door can name."""
    return text if session.spool is None else re.sub(re.escape(f"{session.spool}/") + r"(?:[^/\s]*/)*", "", text)


# -- the file


def _room(session: Session, target: Path | None) -> str | None:
    """The folder where a workbook is put together: where it will lie, since that has room for it or it fails anyway."""
    if session.spool is not None:
        return str(session.spool)
    return str(target.resolve().parent) if target is not None and not _is_device(target) else None


def _is_device(target: Path) -> bool:
    return target.exists() and not target.is_file()


@contextmanager
def _spooled(target: Path) -> Iterator[IO[bytes]]:
    """The stream of a file in a spool: always a new one, through no link, and gone again unless it is whole."""
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise CrmError(_("{name} is there already: choose another name").format(name=target.name)) from error
    except OSError as error:
        message = _("{path} cannot be written: {reason}")
        raise CrmError(message.format(path=target.name, reason=error.strerror)) from error
    try:
        with open(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(handle)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


@contextmanager
def _out(target: Path | None) -> Iterator[IO[bytes]]:
    """The stream of a new file, which takes its name once it is whole and on the disk; None for standard output."""
    if target is None:
        sys.stdout.flush()
        with open(sys.stdout.fileno(), "wb", closefd=False) as stream:
            yield stream
        return
    target = target.resolve()  # the file that a link points to is replaced, not the link
    whole = not _is_device(target)  # a device or a pipe is written to, never replaced
    mode: Literal["xb", "wb"] = "xb" if whole else "wb"
    beside = leftovers.beside(target) if whole else target
    made = False
    try:
        with beside.open(mode) as stream:
            made = whole
            if whole:
                leftovers.hold(stream.fileno())
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
