"""Macros as files: `NAME.macro` in one's own folder first, then in those of the team (`[macros] path`).

A file that cannot be read, or has an error in it, spoils no other. Files are written whole or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from zlib import crc32

from crm_tui.commands.macros import LONGEST, Macro, check_name, parse
from crm_tui.domain.errors import Conflict, CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.services.session import Session

ENDING = ".macro"
LARGEST = LONGEST * 4
"""Bytes of a macro's file."""


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
            macro = load(path, path.name)
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
    path = path_of(session, name)
    return load(path, path.name)


def load(path: Path, source: str = "") -> Macro:
    """The macro of a file, which errors call `source`; UsageError where it cannot be read or is no macro."""
    return decoded(_read(path), path.name.removesuffix(ENDING), source or str(path))


def decoded(data: bytes, name: str, source: str) -> Macro:
    """The macro of the bytes of a file; UsageError where they are none, which names line and column."""
    try:
        # Of a file that is too long a part was read, which may end within a character.
        return parse(data.decode("utf-8", "strict" if len(data) <= LARGEST else "ignore"), name, source)
    except UnicodeDecodeError as error:
        before = data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8").removeprefix("\ufeff")
        place = f"{source}:{data.count(10, 0, error.start) + 1}:{len(before) + 1}"
        raise UsageError(_("{place}: this is not UTF-8").format(place=place)) from error


def text_of(session: Session, name: str) -> tuple[Path, str]:
    """The file of a macro and its text, whatever is wrong in it; of one that is not there, the text to begin with."""
    path = next((file[1] for file in _files(session) if file[0] == name), None)
    if path is None:
        return own_path(session, name), f"# {name}\n"
    return path, _read(path).decode("utf-8", errors="replace")


def version_of(text: str) -> int:
    """Tells one text of a macro from another."""
    return crc32(text.encode())


def check(path: Path) -> None:
    """UsageError for what is wrong in a macro's file."""
    from crm_tui.commands.catalog import CATALOG

    load(path, path.name).steps(CATALOG, look=True)


def save(session: Session, macro: Macro) -> Path:
    """Write the macro into one's own folder, in the place of one of that name; the file."""
    return write(own_path(session, macro.name), macro.text)


def edit(session: Session, name: str, text: str, expected: int | None = None) -> Path:
    """Write another text for a macro where it lies, or a new one among one's own; MacroError, and nothing written, for
    a text that is no macro; Conflict where its text is not the one of the version that is `expected`.
    """
    from crm_tui.commands.catalog import CATALOG

    path, there = text_of(session, name)
    macro = parse(text, name, path.name)
    macro.steps(CATALOG, look=True)
    if expected is not None and version_of(there) != expected:
        raise Conflict(_("{name} was changed meanwhile: nothing was written").format(name=path.name))
    return write(path, macro.text)


def own_path(session: Session, name: str) -> Path:
    """Where one's own macro of that name lies, or would lie."""
    if not session.macros:
        raise CrmError(_("there is no folder for macros"))
    return session.macros[0] / f"{check_name(name)}{ENDING}"


def remove(session: Session, name: str) -> str:
    """Remove one's own macro of that name; the name. CrmError where it cannot be."""
    path = _own(session, name)
    try:
        path.unlink()
    except OSError as error:
        raise CrmError(_("{path}: {reason}").format(path=path.name, reason=error.strerror)) from error
    return name


def rename(session: Session, name: str, new: str) -> str:
    """Give one's own macro another name; that name. CrmError where it cannot be, or is taken."""
    path, target = _own(session, name), own_path(session, new)
    try:
        os.link(path, target)  # never in the place of one that is there already
        path.unlink()
    except FileExistsError as error:
        raise CrmError(_('there is a macro "{name}" already').format(name=new)) from error
    except OSError as error:
        raise CrmError(_("{path}: {reason}").format(path=path.name, reason=error.strerror)) from error
    return new


def _own(session: Session, name: str) -> Path:
    path = path_of(session, name)
    if path.parent != session.macros[0]:
        raise CrmError(_("{name} is the team's: {path}").format(name=name, path=path))
    return path


def write(path: Path, text: str) -> Path:
    """Put the text into the file, whole; CrmError where that cannot be, and what was there remains."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False, encoding="utf-8", newline="\n") as file:
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                _like(path, file.name)
                os.replace(file.name, path)
            except BaseException:
                os.unlink(file.name)
                raise
    except OSError as error:
        message = _("{path} cannot be written: {reason}").format(path=path, reason=error.strerror)
        raise CrmError(message) from error
    return path


def _like(path: Path, new: str) -> None:
    """Give the new file the mode and the group of the one whose place it takes, where there is one: a team reads it."""
    with suppress(OSError):
        before = path.stat()
        os.chmod(new, before.st_mode & 0o777)
        os.chown(new, -1, before.st_gid)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(_("{path}: {reason}").format(path=path, reason=error.strerror)) from error


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
