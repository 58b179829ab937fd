"""What can go wrong, as the user is told: each says what happened, to which thing, and what to do.

The exit codes are the contract that scripts rely on.
"""

from __future__ import annotations

from typing import Any


class CrmError(Exception):
    """The command could not be done. Its text is shown as it is."""

    exit_code = 1


class UsageError(CrmError):
    """What was typed cannot be understood.

    `text` is the text that was read and `position` the index of the character in it at which the
    reading stopped, so that the error can be shown under the word; None where no single character is at fault.
    """

    exit_code = 2

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.text = text
        self.position = position


class NotAllowed(CrmError):
    """The user may not do this."""

    exit_code = 3


class SignedOut(NotAllowed):
    """The user has left: whatever is open for them closes."""


class Conflict(CrmError):
    """Somebody else changed the thing meanwhile. `data` is what `--json` prints of it, `lines` what is read instead."""

    exit_code = 4

    def __init__(self, message: str, data: tuple[dict[str, Any], ...] = (), lines: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.data = data
        self.lines = lines


class DatabaseUnusable(CrmError):
    """The database cannot be opened or written, and nothing was done."""

    exit_code = 5


class Displaced(DatabaseUnusable):
    """Another file has taken the name of the database, or none has it any more."""
