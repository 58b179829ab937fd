"""Text out of the world's files: every byte of it is in one encoding, or the line of the first that is not is named.

Nothing is ever left out: a NUL, which no table means, is refused too, and so is a mixture of encodings.
"""

from __future__ import annotations

import codecs
import io
from pathlib import Path
from typing import IO

from crm_tui.domain.language import _
from crm_tui.formats.encodings import HEAD, detect_encoding, sample
from crm_tui.formats.mixtures import Mixture
from crm_tui.formats.tables import TableError, unreadable

_BUFFER = 1 << 18
_LONGEST_LOOKED_AT = 1 << 20
_TEXTUAL = bytes({*range(32, 256), *b"\t\n\r\f\v\x1a\x1b"})


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


def stream(path: Path, encoding: str, longest: int | None = None) -> IO[str]:
    """The file as text with its line ends as they are. TableError if it cannot be read.

    Reading raises TableError for a NUL byte, for a line in UTF-8 where the rest is in another encoding, and for a line
    of more than `longest` bytes.
    """
    try:
        raw: io.RawIOBase = io.FileIO(path)
    except OSError as error:
        raise unreadable(path, error) from error
    return io.TextIOWrapper(io.BufferedReader(_Sound(raw, path, encoding, longest), _BUFFER), encoding, newline="")


class _Sound(io.RawIOBase):
    """The bytes of a file, none of which is beyond what its encoding and its format allow."""

    def __init__(self, raw: io.RawIOBase, path: Path, encoding: str, longest: int | None) -> None:
        name = encoding.lower().replace("_", "-")
        self._raw, self._path, self._encoding, self._longest = raw, path, encoding, longest
        self._wide = name.startswith(("utf-16", "utf-32"))
        self._mixture = None if self._wide or name.startswith(("utf", "ascii")) else Mixture(name)
        self._place = 0
        self._line = 0  # where the line begins that is being read
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        block = self._raw.read(len(buffer)) or b""
        if not self._wide and (found := block.find(b"\0")) >= 0:
            raise nul(self._path, self._place + found)
        if self._mixture is not None:
            self._look(self._mixture, block)
        self._place += len(block)
        if self._longest is not None:
            self._measure(block, self._longest)
        buffer[: len(block)] = block
        return len(block)

    def _look(self, mixture: Mixture, block: bytes) -> None:
        start = self._place - len(self._rest)
        text = self._rest + block
        end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1 if block else len(text)
        self._rest = text[end:] if len(text) - end < _LONGEST_LOOKED_AT else b""
        found = mixture.found(text[:end])
        if found is not None:
            message = _("{path}, line {line}: this line is UTF-8, others are {encoding}; save the file in one encoding")
            line = line_at(self._path, start + found)
            raise TableError(message.format(path=self._path, line=line, encoding=self._encoding))

    def _measure(self, block: bytes, longest: int) -> None:
        end = max(block.rfind(b"\n"), block.rfind(b"\r"))
        if end >= 0:
            self._line = self._place - len(block) + end + 1
        elif self._place - self._line > longest:
            message = _("{path}, line {line}: a cell is longer than 1 MB")
            raise TableError(message.format(path=self._path, line=line_at(self._path, self._line)))

    def close(self) -> None:
        self._raw.close()
        super().close()


def nul(path: Path, place: int) -> TableError:
    """The error for a NUL byte at that place of the file."""
    message = _("{path}, line {line}: a NUL byte, so the file is damaged: copy it once more, or take the byte out")
    return TableError(message.format(path=path, line=line_at(path, place)))


def line_at(path: Path, place: int) -> int:
    """The line, from 1, on which that byte of the file is."""
    lines, before = 1, b""
    with path.open("rb") as file:
        while place > 0 and (block := file.read(min(place, _BUFFER))):
            place -= len(block)
            lines += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
            lines -= before == b"\r" and block[:1] == b"\n"
            before = block[-1:]
    return lines


def is_binary(head: bytes) -> bool:
    """Whether so many bytes are control characters that no text has that it is none."""
    return len(head.translate(None, _TEXTUAL)) * 50 > len(head)


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
