"""What was typed before, from one session to the next: a text file for the `:` line, one for the filters.

Each holds at most `MOST` lines, the newest last. Whatever is wrong with a file (not there, not text, not to be
written) costs what it would have told and nothing else; several sessions at once add to it without losing a line.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import overload

from crm_tui.domain.text import LIMIT, ascii_twin, clean

MOST = 1_000
"""Lines that a file keeps."""
_LARGEST = 4_000_000
"""Bytes of a file that are looked at, from its end."""
_PATIENCE = 0.5
"""Seconds to wait for another session that is writing."""
_UNWRITTEN = ("--db", "--user")
"""Options that say where the data are, or who one is: a line that has one is not written down."""


class Recall(Sequence[str]):
    """Earlier lines, the newest last. `path` is None where nothing is kept beyond the session.

    Files are touched by `read` and by what is given to `submit`, which does it elsewhere than in the event loop.
    """

    def __init__(self, path: Path | None, submit: Callable[..., object]) -> None:
        self._path = path
        self._submit = submit
        self._lines: list[str] = []

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        """The line, or the lines, there."""
        return self._lines[index]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._lines)

    def read(self) -> None:
        """Put what the file has before what was typed since."""
        if self._path is not None:
            self._lines[:0] = read(self._path)

    def add(self, text: str, *, written: bool = True) -> None:
        """One more line, unless it is the newest already; `written` into the file too."""
        text = text.strip()
        if not text:
            return
        if text not in self._lines[-1:]:
            self._lines.append(text)
        if written and self._path is not None and not _is_unwritten(text):
            self._submit(keep, self._path, clean(text, limit=LIMIT))


def recalls(home: Path, at_the_door: bool, submit: Callable[..., object]) -> tuple[Recall, Recall]:
    """The lines and the filters of whoever has this folder; nothing is kept where there is none.

    At the door the folder has the user's files too: what begins with a dot is no name for one of those.
    """
    dot = "." if at_the_door else ""
    paths = [home / f"{dot}{name}" if home != Path() else None for name in ("lines", "filters")]
    return Recall(paths[0], submit), Recall(paths[1], submit)


def _is_unwritten(text: str) -> bool:
    words = ascii_twin(text).replace("——", "--").casefold().split()
    return any(word.strip("\"'").partition("=")[0] in _UNWRITTEN for word in words)


def read(path: Path) -> list[str]:
    """The lines of a file; none where it cannot be read."""
    with suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return _lines(descriptor)
        finally:
            os.close(descriptor)
    return []


def keep(path: Path, text: str) -> bool:
    """Add a line to a file, which is made if need be; whether that went well."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = _locked(path)
        if descriptor is None:
            return False
        try:
            _add(path, descriptor, text)
        finally:
            os.close(descriptor)
    except OSError:
        return False
    return True


def _locked(path: Path) -> int | None:
    """The file, open and nobody else's for now; None where another session does not let go of it."""
    end = time.monotonic() + _PATIENCE
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                    return descriptor
        except BlockingIOError:
            time.sleep(0.005)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # another one is in its place by now, or it is not ours yet
        if time.monotonic() > end:
            return None


def _add(path: Path, descriptor: int, text: str) -> None:
    lines = _lines(descriptor)
    if lines[-1:] == [text]:
        return
    line = f"{text}\n".encode("utf-8", "replace")
    if len(lines) < MOST and os.lseek(descriptor, 0, os.SEEK_END) < _LARGEST:
        os.write(descriptor, line if _ends_well(descriptor) else b"\n" + line)
        return
    fresh = path.with_name(f".{path.name.lstrip('.')}.{os.getpid()}")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write("".join(f"{kept}\n" for kept in lines[-(MOST - 1) :]).encode("utf-8", "replace") + line)
    os.replace(fresh, path)


def _ends_well(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"


def _lines(descriptor: int) -> list[str]:
    """The newest lines of the open file, as they may be shown."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise OSError("no file")
    data = os.pread(descriptor, _LARGEST, max(0, found.st_size - _LARGEST))
    lines = [clean(line, limit=LIMIT) for line in data.decode("utf-8", "replace").split("\n")[-MOST - 1 :]]
    return [line for line in lines if line and "\ufffd" not in line][-MOST:]
