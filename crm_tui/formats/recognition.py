"""Which format a file has: by what is in it, whatever it is called; a name that says otherwise is mentioned.

Only the first bytes are looked at; what has no sign of its own is a text table.
"""

from __future__ import annotations

import re
from pathlib import Path

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.formats.tables import TableError

#: The formats by their names, as a user reads them.
NAMES = {
    "csv": "CSV", "tsv": "TSV", "xlsx": "XLSX", "xlsb": "XLSB", "xls": "XLS", "ods": "ODS", "vcard": "vCard",
    "jsonl": "JSON",
}  # fmt: skip
WORKBOOKS = ("xlsx", "xlsb", "xls", "ods")

_ENDINGS = {
    **{name: (name,) for name in WORKBOOKS},
    "xlsm": ("xlsx",), "xltx": ("xlsx",), "csv": ("csv",), "tsv": ("csv",), "tab": ("csv",), "txt": (),
    "vcf": ("vcard",), "vcard": ("vcard",), "json": ("jsonl",), "jsonl": ("jsonl",), "ndjson": ("jsonl",),
    "html": (), "docx": (), "pdf": (), "zip": (),
}  # fmt: skip
_TYPED = {"vcf": "vcard", "json": "jsonl", "ndjson": "jsonl", "xlsm": "xlsx", "text": "csv", "txt": "csv"}
_BINARY = (
    (b"%PDF", "a PDF"), (b"\x1f\x8b", "a compressed file"), (b"SQLite format 3", "a database"), (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"),
    (b"BZh", "a compressed file"), (b"\xfd7zXZ", "a compressed file"), (b"\x28\xb5\x2f\xfd", "a compressed file"),
)  # fmt: skip
_OBJECT = re.compile(r'\{\s*["}]|\[\s*[\[{\]]')
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|table|div|style|script)\b", re.IGNORECASE)
_XML = re.compile(r"<(?:\?xml|!--|[A-Za-z][\w:.-]*[\s>/])")


def named(text: str) -> str:
    """The format that was typed: a name or an ending. UsageError."""
    wanted = text.strip().lstrip(".").casefold()
    wanted = _TYPED.get(wanted, wanted)
    if wanted not in NAMES:
        message = _('no format "{name}"; there are: {names}')
        raise UsageError(message.format(name=text, names=", ".join(NAMES)), text, 0)
    return wanted


def recognise(path: Path, head: bytes) -> str:
    """"csv" (of any delimiter), "workbook", "vcard" or "jsonl". TableError for what is known to be no table."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"\xd0\xcf\x11\xe0")):
        return "workbook"
    for magic, what in _BINARY:
        if head.startswith(magic):
            message = _("{path}: this is {what}; save the sheet as CSV and import that")
            raise TableError(message.format(path=path, what=what))
    text = _plain(head)
    if text[:11].upper() == "BEGIN:VCARD":
        return "vcard"
    if text[:15].upper() == "BEGIN:VCALENDAR":
        message = _("{path}: this is a calendar; import a table, or the cards of an address book")
        raise TableError(message.format(path=path))
    if _OBJECT.match(text):
        return "jsonl"
    if 'progid="Excel.Sheet"' in text[:500] or "urn:schemas-microsoft-com:office:spreadsheet" in text[:2_000]:
        raise TableError(_("{path}: this is an XML table of Excel 2003; open it and save it as XLSX").format(path=path))
    if _HTML.match(text) or (_XML.match(text) and re.search(r"<table\b", text, re.IGNORECASE)):
        raise TableError(_("{path}: this is a web page (HTML); open it and save it as XLSX or CSV").format(path=path))
    if _XML.match(text):
        raise TableError(_("{path}: this is XML; save the table as XLSX or CSV").format(path=path))
    return "csv"


def _plain(head: bytes) -> str:
    """The first characters, whatever their encoding, as far as they are ASCII."""
    start = head[:4_000].lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\0", b"")
    return start.decode("latin-1").lstrip()


def although(path: Path, kind: str) -> str:
    """", although it is called .csv" where the file's ending belongs to another format, else ""."""
    ending = path.suffix.lstrip(".").casefold()
    if ending not in _ENDINGS or kind in _ENDINGS[ending] or (ending == "txt" and kind in ("csv", "vcard", "jsonl")):
        return ""
    return _(", although it is called .{ending}").format(ending=ending)
