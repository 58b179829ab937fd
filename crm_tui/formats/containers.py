"""What lies in a zip archive or an OLE file, told from its directory: nothing is decompressed but a few small entries.

Hostile files are expected here: it runs where memory and time are limited.
"""

from __future__ import annotations

import struct
import zipfile
from typing import IO

#: Bytes that the entries of a workbook may have decompressed. A million rows of eight columns have about 500 MB.
MOST_BYTES = 4_000_000_000
#: Above `_SMALL` bytes, how many times as large the entries may be as the file. Real sheets reach 30.
MOST_RATIO = 200

_SMALL = 100_000_000
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_OLE_NAMES = {
    "EncryptedPackage": "encrypted", "Workbook": "xls", "Book": "xls", "WordDocument": "word",
    "PowerPoint Document": "presentation", "__properties_version1.0": "message",
}  # fmt: skip
_END_OF_CHAIN = 0xFFFFFFFA


class Unfit(Exception):
    """The file is no workbook that can be read. The first argument says why, in a word; numbers may follow."""


def kind_of(file: IO[bytes]) -> tuple[str, int]:
    """Which kind of workbook it is (xlsx, xlsb, ods, xls), and how many bytes it has decompressed. Unfit."""
    magic = file.read(8)
    file.seek(0)
    if magic.startswith(b"PK"):
        return _zip_kind(file)
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        names = _ole_names(file)
        kinds = [kind for name, kind in _OLE_NAMES.items() if name in names]
        if kinds[:1] != ["xls"]:
            raise Unfit(kinds[0] if kinds else "office")
        return "xls", file.seek(0, 2)
    raise Unfit("text")


def _zip_kind(file: IO[bytes]) -> tuple[str, int]:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            total, packed = sum(entry.file_size for entry in entries), file.seek(0, 2)
            if total > MOST_BYTES or (total > _SMALL and total > MOST_RATIO * packed):
                raise Unfit("bomb", total, packed)
            kind = _named(archive, {entry.filename.replace("\\", "/").lower() for entry in entries})
            if any(entry.flag_bits & 1 for entry in entries):
                raise Unfit("encrypted")
            return kind, total
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise Unfit("damaged") from error


def _named(archive: zipfile.ZipFile, names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "xlsb"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    mimetype = _start_of(archive, "mimetype", names)
    if mimetype.startswith(_ODS):
        if b"encryption-data" in _start_of(archive, "META-INF/manifest.xml", names):
            raise Unfit("encrypted")
        return "ods"
    folders = {name.partition("/")[0] for name in names}
    for folder, what in (("word", "word"), ("ppt", "presentation"), ("index", "numbers")):
        if folder in folders:
            raise Unfit(what)
    raise Unfit("office" if mimetype.startswith(b"application/vnd.oasis") else "archive")


def _start_of(archive: zipfile.ZipFile, name: str, names: set[str]) -> bytes:
    if name.lower() not in names:
        return b""
    try:
        with archive.open(name) as entry:
            return entry.read(1 << 20)
    except (KeyError, RuntimeError, zipfile.BadZipFile):
        return b""


def _ole_names(file: IO[bytes]) -> set[str]:
    """The names of the streams in an OLE file, as far as its directory can be followed."""
    header = file.read(512)
    if len(header) < 512:
        raise Unfit("damaged")
    shift = struct.unpack_from("<H", header, 30)[0]
    if shift not in (9, 12):
        raise Unfit("damaged")
    size, sector = 1 << shift, struct.unpack_from("<I", header, 48)[0]
    tables = struct.unpack_from("<109I", header, 76)
    names: set[str] = set()
    for _step in range(1_000):
        table = sector * 4 // size
        if sector >= _END_OF_CHAIN or table >= len(tables):
            break
        entries = _sector(file, sector, size)
        if len(entries) < size:
            raise Unfit("damaged")
        for start in range(0, len(entries) - 127, 128):
            length = struct.unpack_from("<H", entries, start + 64)[0]
            names.add(entries[start : start + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace"))
        following = _sector(file, tables[table], size)
        if len(following) < size:
            break
        sector = struct.unpack_from("<I", following, sector * 4 % size)[0]
    return names


def _sector(file: IO[bytes], number: int, size: int) -> bytes:
    file.seek((number + 1) * size)
    return file.read(size)
