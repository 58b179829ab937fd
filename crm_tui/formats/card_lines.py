"""The lines of vCards: unfolded, decoded by what each one says of itself, and taken apart.

Folding may cut a character in two and 2.1 may give each line another charset: lines are bytes until they are whole.
"""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crm_tui.domain.language import _
from crm_tui.formats import text_files
from crm_tui.formats.encodings import detect_encoding
from crm_tui.formats.tables import TableError

_LARGEST = 1 << 22
"""Bytes of one unfolded line; more is passed over where it is a picture."""
_HEAD = re.compile(rb'((?:[^":\r\n]|"[^"\r\n]*")*):')
_PARAMETER = re.compile(r'([^=;]+)(?:=((?:"[^"]*"|[^";]|")*))?')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BULKY = (b"PHOTO", b"LOGO", b"SOUND", b"KEY", b"X-MS-CARDPICTURE")
_PREFERRED = frozenset(("pref",))


@dataclass(frozen=True)
class Line:
    """A property of a card: its name in capitals, without a group; its parameters; its value as it is written."""

    number: int
    name: str
    parameters: tuple[tuple[str, str], ...]
    value: str

    def parameter(self, name: str) -> str:
        """The parameter's value, "" without one."""
        return next((value for known, value in self.parameters if known == name), "")

    @property
    def types(self) -> frozenset[str]:
        """The types, in small letters."""
        return frozenset(
            one.lower() for name, value in self.parameters if name == "TYPE" for one in value.split(",") if one
        )

    @property
    def is_preferred(self) -> bool:
        """Whether it is the one to take of several."""
        return bool(self.types & _PREFERRED) or self.parameter("PREF") == "1"

    def text(self) -> str:
        """The value as one text."""
        return _unescaped(self.value)

    def parts(self) -> list[str]:
        """The value's parts between semicolons."""
        return [_unescaped(part) for part in _split(self.value, ";")]

    def texts(self) -> list[str]:
        """The value's parts between commas."""
        return [_unescaped(part) for part in _split(self.value, ",")]


def _split(text: str, sign: str) -> list[str]:
    return _carefully(text, sign) if "\\" in text else text.split(sign)


def _carefully(text: str, sign: str) -> list[str]:
    parts, part, escaped = [], "", False
    for character in text:
        if character == sign and not escaped:
            parts.append(part)
            part = ""
            continue
        part += character
        escaped = character == "\\" and not escaped
    return [*parts, part]


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1] if found[1] in "\\,;:" else found[0], text)


def lines_of(path: Path, encoding: str) -> Iterator[Line]:
    """The properties of all cards. TableError for a line that is none, or not in its encoding, with its number."""
    if encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        raw, encoding = _narrowed(path, encoding), "utf-8"
    else:
        raw = _raw(path)
    for number, line in _unfolded(path, raw):
        head, colon, value = line.partition(b":")
        if b'"' in head and (found := _HEAD.match(line)):
            head, value = found[1], line[found.end() :]
        if not colon:
            message = _("{path}, line {line}: this is no line of a card; correct it or take it out")
            raise TableError(message.format(path=path, line=number))
        name, parameters = _head(head.decode("ascii", "replace"))
        yield Line(number, name, parameters, _value(path, number, parameters, value, encoding))


def _raw(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        first = True
        while line := file.readline(_LARGEST):
            if b"\0" in line:
                raise text_files.nul(path, file.tell() - len(line) + line.index(b"\0"))
            yield line.removeprefix(b"\xef\xbb\xbf") if first else line
            first = False


def _narrowed(path: Path, encoding: str) -> Iterator[bytes]:
    try:
        with text_files.stream(path, encoding) as stream:
            while line := stream.readline(_LARGEST):
                yield line.lstrip("\ufeff").encode()
    except UnicodeError as error:
        raise text_files.undecodable(path, encoding) from error


def _unfolded(path: Path, raw: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Whole lines, each with the number of its first."""
    pieces: list[bytes] = []
    begun = size = 0
    soft = encoded = bulky = False
    for number, read in enumerate(raw, 1):
        line = read.rstrip(b"\r\n")
        if soft or (pieces and line[:1] in (b" ", b"\t")) or (bulky and b":" not in line):
            if soft:
                pieces[-1] = pieces[-1][:-1]
            if not bulky:
                pieces.append(line if soft else line[1:])
                size += len(line)
            if size > _LARGEST:
                raise TableError(_("{path}, line {line}: a cell is longer than 1 MB").format(path=path, line=begun))
        elif line.strip():
            if pieces:
                yield begun, b"".join(pieces)
            begun, pieces, size = number, [line], len(line)
            head = line.partition(b":")[0].upper()
            encoded = b"QUOTED-PRINTABLE" in head
            bulky = head.rpartition(b".")[2].partition(b";")[0] in _BULKY
        soft = encoded and line.endswith(b"=")
    if pieces:
        yield begun, b"".join(pieces).removesuffix(b"=" if soft else b"")


def _head(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The name in capitals and the parameters, a bare one (2.1) being an encoding or a type."""
    name, _sign, rest = text.partition(";")
    parameters: list[tuple[str, str]] = []
    for found in _PARAMETER.finditer(rest):
        key, value = found[1].strip().upper(), found[2]
        if value is None:
            coded = key in ("QUOTED-PRINTABLE", "BASE64", "8BIT", "7BIT", "B")
            key, value = ("ENCODING" if coded else "TYPE"), key
        parameters.append((key, value.replace('"', "").strip()))
    return name.rpartition(".")[2].strip().upper(), tuple(parameters)


def _value(path: Path, number: int, parameters: tuple[tuple[str, str], ...], raw: bytes, encoding: str) -> str:
    """The value as text, in the charset that the line names, else in the file's."""
    known = dict(parameters)
    coded = known.get("ENCODING", "").upper()
    if coded == "QUOTED-PRINTABLE":
        raw = quopri.decodestring(raw)
    elif coded in ("B", "BASE64") and known.get("VALUE", "").lower() != "uri":
        try:
            raw = binascii.a2b_base64(raw) if len(raw) < 1 << 20 else b""
        except binascii.Error:
            raw = b""
        if b"\0" in raw[:64]:
            return ""
    charset = known.get("CHARSET", "")
    for name in dict.fromkeys((charset, encoding, detect_encoding(raw) if coded else "")):
        try:
            if name:
                return raw.decode("gb18030" if name.lower() in ("gbk", "gb2312") else name)
        except (UnicodeError, LookupError):
            continue
    message = _("{path}, line {line}: not {encoding}; save the file in one encoding, or name it")
    raise TableError(message.format(path=path, line=number, encoding=charset or encoding))
