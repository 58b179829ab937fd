"""What a killed program has left beside the file that it was writing: gone as soon as that file is written again.

A file that is being written is called `.NAME-NUMBER` until it is whole, and is locked by whoever writes it; the lock
ends with its process, however that ends.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

_LONGEST = 100


def beside(target: Path) -> Path:
    """Where `target` is written until it is whole; what others who were killed there have left is removed."""
    name = f".{target.name[:_LONGEST]}-"
    with suppress(OSError):
        for found in target.parent.iterdir():
            if found.name.startswith(name) and found.name.removeprefix(name).isdigit():
                _remove(found)
    return target.with_name(f"{name}{os.getpid()}")


def clear(folder: Path, name: str, end: str) -> None:
    """Remove what processes that run no more have left in the folder as NAME, their number, END, and what SQLite kept
    beside it.
    """
    with suppress(OSError):
        for found in folder.iterdir():
            number, __, rest = found.name.removeprefix(name).partition(end)
            ours = found.name.startswith(name) and end in found.name and rest in ("", "-journal", "-wal", "-shm")
            if ours and number.isdigit() and not _runs(int(number)):
                found.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def hold(handle: int) -> None:
    """Say for as long as this process has the file open that it is being written."""
    with suppress(OSError):  # not every file system has locks
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove(left: Path) -> None:
    """Remove it unless somebody writes it, or it is nobody's to remove."""
    try:
        handle = os.open(left, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        left.unlink()
    except OSError:
        pass
    finally:
        os.close(handle)
