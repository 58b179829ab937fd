"""Text out of the world's files: every byte of it is in one encoding, or the line of the first that is not is named.

Nothing is ever left out but NULs, which no table means.
"""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import IO

from crm_tui.domain.language import _
from crm_tui.formats.encodings import HEAD, detect_encoding, sample
from crm_tui.formats.tables import TableError, unreadable

_BUFFER = 1 << 18


def head_of(path: Path) -> bytes:
    """The bytes by which the file is recognised: its head and, where that is ASCII, the first part that is not.

    TableError if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return sample(file)
    except OSError as error:
        raise unreadable(path, error) from error


def encoding_of(head: bytes, told: str | None) -> str:
    """The encoding as it was told, else recognised; "utf-8-sig" where a mark is to be left out."""
    marked = head.startswith(codecs.BOM_UTF8) and told in ("utf-8", "utf8")
    return "utf-8-sig" if marked else told or detect_encoding(head)


def decoded(path: Path, head: bytes, encoding: str) -> str:
    """The head as text, without a character that its end cuts in two. TableError if it is not in that encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(head, final=len(head) < HEAD)
    except LookupError as error:
        raise TableError(_('unknown encoding "{name}"').format(name=encoding)) from error
    except UnicodeError as error:
        raise undecodable(path, encoding) from error


def stream(path: Path, encoding: str) -> IO[str]:
    """The file as text with its line ends as they are, NULs left out. TableError if it cannot be read."""
    try:
        raw: io.RawIOBase = io.FileIO(path)
    except OSError as error:
        raise unreadable(path, error) from error
    wide = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    if not wide:
        raw = _WithoutNuls(raw)
    return io.TextIOWrapper(io.BufferedReader(raw, _BUFFER), encoding, newline="")


class _WithoutNuls(io.RawIOBase):
    """A file without its NUL bytes."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while block := self._raw.read(len(buffer)):
            if kept := block.replace(b"\0", b""):
                buffer[: len(kept)] = kept
                return len(kept)
        return 0

    def close(self) -> None:
        self._raw.close()
        super().close()


def undecodable(path: Path, encoding: str) -> TableError:
    """The error for bytes that are not in the encoding, with the line of the first."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeError:
                message = _("{path}, line {line}: not {encoding}; save the file in one encoding, or name it")
                return TableError(message.format(path=path, line=number, encoding=encoding))
    message = _("{path}: not {encoding}; save the file in one encoding, or name it")
    return TableError(message.format(path=path, encoding=encoding))
