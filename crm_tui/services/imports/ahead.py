"""Rows read and normalised ahead of whoever writes them: by a process of its own where there are many, so that two
processors work.

That process is a copy of this one that reads the table and asks the database nothing; it ends with whoever started it.
What it finds, and in what order, is what is found without it.
"""

from __future__ import annotations

import gc
import marshal
import os
import pickle
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from datetime import date, time
from functools import lru_cache
from itertools import islice
from typing import IO, Any, NamedTuple, NoReturn

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.when import When
from crm_tui.formats.headings import is_total_row
from crm_tui.formats.tables import Row, Table
from crm_tui.services.imports.incoming import Incoming
from crm_tui.services.imports.making import Making
from crm_tui.services.imports.pace import BATCH
from crm_tui.services.imports.refusals import is_maybe_total
from crm_tui.services.imports.rows import Reader

MUCH = 1 << 20
"""Bytes of a table from which on a process is worth its while: some thousands of rows."""

_LENGTH = 8
"""Bytes that tell how long the message behind them is."""
_ROOM = 1 << 20
"""Bytes that the pipe holds."""


class Read(NamedTuple):
    """A batch: how many rows, how many of them were totals, those refused with the reason, and the others."""

    rows: int
    totals: int
    refused: list[tuple[Row, str]]
    found: list[tuple[Row, Incoming]]


def batches(table: Table, reader: Reader, making: Making) -> Generator[Read, None, None]:
    """All rows of the table, a batch at a time; raises what reading it does. To be closed."""
    if not pays(table):
        for rows in _batches(table):
            yield read(rows, reader)
        return
    reader.settle()
    child, pipe = _started(lambda out: _tell(out, table, reader, making))
    swept = gc.isenabled()
    gc.disable()  # nothing of what comes by the million is bound in circles, and all of it would be looked through
    try:
        with pipe:
            while message := _message(pipe):
                if isinstance(message, bytes):
                    raise pickle.loads(message)
                yield _told(message)
    finally:
        if swept:
            gc.enable()
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def pays(table: Table) -> bool:
    """Whether a process reads the table. Not beside other threads: what they hold at the time would be held for ever.

    Other tables than delimited ones are parsed by a process anyway, or are small.
    """
    from crm_tui.formats.delimited import Delimited

    if not isinstance(table, Delimited) or threading.active_count() > 1 or (os.cpu_count() or 1) < 2:
        return False
    return table.path.stat().st_size >= MUCH


def read(rows: list[Row], reader: Reader) -> Read:
    """What the rows say."""
    totals = 0
    refused: list[tuple[Row, str]] = []
    found: list[tuple[Row, Incoming]] = []
    for row in rows:
        if is_maybe_total(row.cells) and is_total_row(row.cells):
            totals += 1
            continue
        try:
            found.append((row, reader.read(row.cells)))
        except (UsageError, NotAllowed) as error:
            refused.append((row, str(error)))
    return Read(len(rows), totals, refused, found)


def _batches(table: Table) -> Iterator[list[Row]]:
    rows = table.rows()
    while batch := list(islice(rows, BATCH)):
        yield batch


# -- the process that reads


def _started(work: Callable[[IO[bytes]], None]) -> tuple[int, IO[bytes]]:
    """Do the work in a copy of this process: its number, and what it writes."""
    into, out = os.pipe()
    with suppress(OSError, AttributeError, ValueError):  # not everywhere, and not for everybody
        import fcntl

        fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, _ROOM)
    child = os.fork()
    if not child:
        _work(work, out)
    os.close(out)
    return child, os.fdopen(into, "rb", buffering=0)


def _work(work: Callable[[IO[bytes]], None], out: int) -> NoReturn:
    """Do it and be gone, whatever comes: nothing of what the other process left open is closed or written here."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the other one is told too, and ends this one
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        gc.disable()  # nothing of the database is to be let go of here
        os.closerange(3, out)
        os.closerange(out + 1, os.sysconf("SC_OPEN_MAX"))
        with os.fdopen(out, "wb", buffering=0) as pipe:
            work(pipe)
    finally:
        os._exit(0)


def _tell(out: IO[bytes], table: Table, reader: Reader, making: Making) -> None:
    names = _Names()
    try:
        for rows in _batches(table):
            _send(out, _plain(read(rows, reader), making, names))
        _send(out, ())
    except BrokenPipeError:
        return
    except Exception as error:  # to be raised there
        _send(out, _portable(error))


def _portable(error: Exception) -> bytes:
    try:
        pickled = pickle.dumps(error)
        pickle.loads(pickled)
    except Exception:
        return pickle.dumps(CrmError(str(error) or repr(error)))
    return pickled


def _plain(batch: Read, making: Making, names: _Names) -> tuple[Any, ...]:
    """The batch as marshal takes it."""
    refused = [(*row, reason) for row, reason in batch.refused]
    found = [(*row, _spoken(incoming, making, names)) for row, incoming in batch.found]
    return batch.rows, batch.totals, refused, found


def _spoken(incoming: Incoming, making: Making, names: _Names) -> tuple[Any, ...]:
    when = incoming.next
    values: dict[str, Any] = {
        "next": (when.on.isoformat(), when.at.isoformat() if when.at else None) if when else None,
        "said": dict(incoming.said), "made": making.made(incoming), "first": not names.again(incoming.key),
    }  # fmt: skip
    return tuple(incoming._replace(**values))


class _Names:
    """Whether a name came before, if not surely (one in a hundred of a million is taken for one that did)."""

    _BITS = 24

    def __init__(self) -> None:
        self._bits = bytearray(1 << self._BITS - 3)

    def again(self, name: str) -> bool:
        """Whether it may have come before; from now on it has."""
        bits, number, known = self._bits, hash(name), True
        for place in (number & 0xFFFFFF, number >> 24 & 0xFFFFFF, number >> 40 & 0xFFFFFF):
            mask = 1 << (place & 7)
            if not bits[place >> 3] & mask:
                bits[place >> 3] |= mask
                known = False
        return known


def _send(out: IO[bytes], message: tuple[Any, ...] | bytes) -> None:
    content = marshal.dumps(message)
    view = memoryview(len(content).to_bytes(_LENGTH, "big") + content)
    while view:
        view = view[out.write(view) :]


# -- and who writes what it reads


def _message(pipe: IO[bytes]) -> tuple[Any, ...] | bytes:
    """The next message; nothing behind the last one. CrmError when the process is gone before."""
    length = int.from_bytes(_bytes(pipe, _LENGTH), "big")
    found: tuple[Any, ...] | bytes = marshal.loads(_bytes(pipe, length))
    return found


def _bytes(pipe: IO[bytes], number: int) -> bytearray:
    found = bytearray(number)
    view = memoryview(found)
    while view:
        count = pipe.readinto(view)  # type: ignore[attr-defined]
        if not count:
            raise CrmError(_("the process that reads the table has ended; nothing was changed: try again"))
        view = view[count:]
    return found


def _told(message: tuple[Any, ...]) -> Read:
    rows, totals, refused, found = message
    return Read(
        rows, totals, [(Row(line, cells), reason) for line, cells, reason in refused],
        [(Row(line, cells), _heard(said)) for line, cells, said in found],
    )  # fmt: skip


def _heard(said: tuple[Any, ...]) -> Incoming:
    incoming = Incoming._make(said)
    on_at: Any = incoming.next
    return incoming._replace(next=_when(*on_at)) if on_at else incoming


@lru_cache(8192)
def _when(on: str, at: str | None) -> When:
    return When(date.fromisoformat(on), time.fromisoformat(at) if at else None)
