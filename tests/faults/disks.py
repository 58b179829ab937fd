"""Disks that fail on purpose: one under which the process is killed at a chosen write, one whose power goes.

Both are SQLite file systems of APSW over the real one, and the default of the process for as long as they are laid
under it, so that everything is opened as the program opens it, the write-ahead log and its shared memory included.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""


class Medium(apsw.VFS):
    """A file system that tells what is done to it: `before` each write, cut, sync and removal."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "unix", makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> File:  # noqa: N802
        """Open a file of SQLite's."""
        return File(self, name, flags)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        """Remove a file of SQLite's."""
        self.removed(name, sync)
        super().xDelete(name, sync)

    def opened(self, path: str, fresh: bool) -> None:
        """A file was opened; a `fresh` one was not there."""

    def written(self, file: File, data: bytes, offset: int) -> None:
        """Bytes are about to be written."""

    def cut(self, path: str, size: int) -> None:
        """A file is about to be cut to that size."""

    def synced(self, path: str) -> bool:
        """A file is about to be synced; whether the real disk is to be waited for."""
        return False

    def removed(self, path: str, sync: bool) -> None:
        """A file is about to be removed."""


class File(apsw.VFSFile):
    """An open file of a `Medium`."""

    def __init__(self, medium: Medium, name: Any, flags: list[int]) -> None:
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        fresh = bool(self.path) and not os.path.exists(self.path)
        super().__init__("unix", name, flags)
        self._medium = medium
        if self.path:
            medium.opened(self.path, fresh)

    def xLock(self, level: int) -> None:  # noqa: N802
        """SQLite passes over what a lock of a file that is only read says; APSW would not."""
        try:
            super().xLock(level)
        except apsw.IOError:
            raise apsw.BusyError from None

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        """Write."""
        if self.path:
            self._medium.written(self, data, offset)
        super().xWrite(data, offset)

    def really_write(self, data: bytes, offset: int) -> None:
        """Write without telling anybody."""
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        """Cut."""
        if self.path:
            self._medium.cut(self.path, size)
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Sync."""
        if not self.path or self._medium.synced(self.path):
            super().xSync(flags)


class Deadly(Medium):
    """Kills the process at the step `at`, in the middle of a write if that is one."""

    def __init__(self, at: int | None) -> None:
        super().__init__("deadly")
        self.steps = 0
        self._at = at

    def step(self) -> None:
        """One more; the last one, if it is the one."""
        self.steps += 1
        if self.steps == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    def written(self, file: File, data: bytes, offset: int) -> None:
        if self.steps + 1 == self._at:
            file.really_write(data[: len(data) // 2], offset)
        self.step()

    def cut(self, path: str, size: int) -> None:
        self.step()

    def synced(self, path: str) -> bool:
        self.step()
        return False  # a kill takes nothing from the kernel

    def removed(self, path: str, sync: bool) -> None:
        self.step()


@dataclass
class _Kept:
    """What of a file is on the disk, and what is only in memory: (offset or new size, data or None for a cut)."""

    there: bool
    content: bytearray = field(default_factory=bytearray)
    waiting: list[tuple[int, bytes | None]] = field(default_factory=list)
    removed: bool = False

    def apply(self, survives: Callable[[], bool]) -> bytearray:
        """The content with those of the sectors that wait which survive."""
        image = bytearray(self.content)
        for place, data in self.waiting:
            if data is None:
                if survives():
                    del image[place:]
                continue
            for start in range(0, len(data), SECTOR):
                if survives():
                    part = data[start : start + SECTOR]
                    end = place + start + len(part)
                    image.extend(bytes(max(0, end - len(image))))
                    image[place + start : end] = part
        return image


class Volatile(Medium):
    """Keeps in memory what is not synced yet; `cutting` is asked at each write, sync and removal whether the power goes
    there, and told what the disk then holds.
    """

    def __init__(self, cutting: Callable[[Volatile], None]) -> None:
        super().__init__("volatile")
        self._cutting = cutting
        self._files: dict[str, _Kept] = {}

    def opened(self, path: str, fresh: bool) -> None:
        known = self._files.get(path)
        if fresh:
            # A name that was given away and taken again: until the folder is synced either content may be found there.
            content = known.content if known is not None and known.removed and known.there else bytearray()
            there = bool(known and known.there)
            self._files[path] = _Kept(there, content if there else bytearray(), [(0, None)] if there else [])
        elif known is None:
            self._files[path] = _Kept(True, bytearray(Path(path).read_bytes()))

    def written(self, file: File, data: bytes, offset: int) -> None:
        self._cutting(self)
        self._files[file.path].waiting.append((offset, bytes(data)))

    def cut(self, path: str, size: int) -> None:
        self._cutting(self)
        self._files[path].waiting.append((size, None))

    def synced(self, path: str) -> bool:
        self._cutting(self)
        kept = self._files[path]
        self._files[path] = _Kept(True, kept.apply(lambda: True))
        return False

    def removed(self, path: str, sync: bool) -> None:
        self._cutting(self)
        if sync:
            self._files.pop(path, None)
        elif path in self._files:
            self._files[path].removed = True

    def after(self, chance: random.Random, folder: Path) -> None:
        """Write into the folder what is found there once the power is back."""
        share = chance.choice((0.0, 0.5, 0.9, 1.0))
        for path, kept in self._files.items():
            gone = kept.removed and chance.random() < share
            if gone or not (kept.there or chance.random() < share):
                continue
            (folder / Path(path).name).write_bytes(kept.apply(lambda: chance.random() < share))


@contextmanager
def under(medium: Medium) -> Iterator[Medium]:
    """What is opened within is opened on that medium; all of it must be closed again within."""
    try:
        yield medium
    finally:
        medium.unregister()
