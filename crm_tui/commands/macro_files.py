"""Macros as files: `NAME.macro` in one's own folder first, then in those of the team (`[macros] path`).

A file that cannot be read, or has an error in it, spoils no other. Files are written whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from crm_tui.commands.macros import LONGEST, Macro, check_name, parse
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.services.session import Session

ENDING = ".macro"


@dataclass(frozen=True)
class Found:
    """A macro's file. `mine` where it lies in one's own folder; `fault` says what is wrong in it."""

    name: str
    path: Path
    mine: bool
    macro: Macro | None
    fault: UsageError | None = None


def every(session: Session) -> list[Found]:
    """All macros by name, faulty ones too; of two with one name the one that comes first in the folders."""
    from crm_tui.commands.catalog import CATALOG

    found: dict[str, Found] = {}
    for name, path, mine in _files(session):
        if name in found:
            continue
        try:
            macro = load(path)
            macro.steps(CATALOG, look=True)
            found[name] = Found(name, path, mine, macro)
        except UsageError as error:
            found[name] = Found(name, path, mine, None, error)
    return [found[name] for name in sorted(found)]


def names(session: Session) -> list[str]:
    """The names of all macros."""
    return sorted({file[0] for file in _files(session)})


def path_of(session: Session, name: str) -> Path:
    """The file of that name; CrmError where there is none."""
    for found, path, _mine in _files(session):
        if found == name:
            return path
    message = _('there is no macro "{name}"{hint}')
    raise CrmError(message.format(name=name, hint=nearest(name, names(session))))


def find(session: Session, name: str) -> Macro:
    """The macro of that name; CrmError where there is none, MacroError where there is an error in it."""
    return load(path_of(session, name))


def load(path: Path) -> Macro:
    """The macro of a file; UsageError where it cannot be read or is no macro."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST * 4 + 1)
    except OSError as error:
        raise UsageError(_("{path}: {reason}").format(path=path, reason=error.strerror)) from error
    try:
        return parse(data.decode("utf-8"), path.name.removesuffix(ENDING), str(path))
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        place = f"{path}:{number}:{column}"
        raise UsageError(_("{place}: this is not UTF-8").format(place=place)) from error


def save(session: Session, macro: Macro) -> Path:
    """Write the macro into one's own folder, in the place of one of that name; the file."""
    return write(own_path(session, macro.name), macro.text)


def own_path(session: Session, name: str) -> Path:
    """Where one's own macro of that name lies, or would lie."""
    if not session.macros:
        raise CrmError(_("there is no folder for macros"))
    return session.macros[0] / f"{check_name(name)}{ENDING}"


def write(path: Path, text: str) -> Path:
    """Put the text into the file, whole; CrmError where that cannot be, and what was there remains."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8", newline="\n") as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        message = _("{path} cannot be written: {reason}").format(path=path, reason=error.strerror)
        raise CrmError(message) from error
    return path


def _files(session: Session) -> Iterator[tuple[str, Path, bool]]:
    for number, folder in enumerate(session.macros):
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue  # a team's folder may not be there today
        for entry in entries:
            name = entry.name.removesuffix(ENDING)
            if name != entry.name and not name.startswith(".") and entry.is_file():
                yield name, Path(entry.path), number == 0
