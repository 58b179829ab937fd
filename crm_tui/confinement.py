"""What the kernel forbids a session at the door: after `confine` the process executes nothing, and writes only below
the folders that it was given and to devices. Landlock (Linux 5.13 and newer), by its three system calls.

It holds for the calling thread and those that it starts: it comes before the first of them. Reading is not confined.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ctypes

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""The same numbers on every machine that Python 3.11 runs on (system calls since Linux 5.1 have one each)."""

_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES = 38

# linux/landlock.h; after each group the version of Landlock from which on the kernel knows it.
_EXECUTE, _WRITE_FILE = 1 << 0, 1 << 1
_CHANGE_FOLDER = sum(1 << bit for bit in range(4, 13))  # remove and make whatever there is: files, folders, links …
_REFER, _TRUNCATE = 1 << 13, 1 << 14  # 2, 3


def version() -> int:
    """The kernel's version of Landlock; 0 where it has none, or has it switched off."""
    return max(0, int(_library().syscall(_CREATE_RULESET, None, 0, _VERSION)))


def confine(writable: Iterable[Path]) -> bool:
    """Execute nothing from now on, and write only below the folders, which exist, and to devices.

    False, with nothing confined, where the kernel cannot. OSError when it fails half-way: then the process should end.
    """
    known = version()
    if not known:
        return False
    library = _library()
    writing = _WRITE_FILE | _CHANGE_FOLDER | (_REFER if known >= 2 else 0) | (_TRUNCATE if known >= 3 else 0)
    ruleset = _called(library, _CREATE_RULESET, struct.pack("Q", _EXECUTE | writing), 8, 0)
    try:
        for folder in writable:
            _allow(library, ruleset, folder, writing)
        _allow(library, ruleset, Path("/dev"), _WRITE_FILE)
        if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
            raise _failed("prctl")
        _called(library, _RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _library() -> ctypes.CDLL:
    import ctypes  # only a session at the door, and `check`, need it

    return ctypes.CDLL(None, use_errno=True)


def _allow(library: ctypes.CDLL, ruleset: int, folder: Path, rights: int) -> None:
    handle = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        _called(library, _ADD_RULE, ruleset, _PATH_BENEATH, struct.pack("=Qi", rights, handle), 0)
    finally:
        os.close(handle)


def _called(library: ctypes.CDLL, *arguments: object) -> int:
    found = int(library.syscall(*arguments))
    if found < 0:
        raise _failed("landlock")
    return found


def _failed(what: str) -> OSError:
    import ctypes

    number = ctypes.get_errno()
    return OSError(number, f"{what}: {os.strerror(number)}")
