"""Workbooks as tests write them: XLSX by XlsxWriter, XLS by xlwt, ODS by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter
import xlwt

Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column, from 0."""

_ODS = """<?xml version="1.0" encoding="UTF-8"?><office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 ><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"""
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def xlsx(
    path: Path, sheets: dict[str, Sequence[Sequence[Any]]], merges: Sequence[Merge] = (), hidden: Sequence[str] = ()
) -> Path:
    """Cells are text, numbers, booleans, None, or (number, format). The merges are the first sheet's."""
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        formats = {}
        for number, (name, rows) in enumerate(sheets.items()):
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    if isinstance(value, tuple):
                        shown = formats.setdefault(value[1], book.add_format({"num_format": value[1]}))
                        sheet.write_number(r, c, value[0], shown)
                    elif isinstance(value, str):
                        sheet.write_string(r, c, value)
                    elif value is not None:
                        sheet.write(r, c, value)
            for top, left, bottom, right in merges if not number else ():
                sheet.merge_range(top, left, bottom, right, rows[top][left])
            if name in hidden:
                sheet.hide()
            else:
                sheet.activate()  # the first is active and cannot be hidden otherwise
    return path


def xls(path: Path, rows: Sequence[Sequence[Any]], merges: Sequence[Merge] = ()) -> Path:
    """One sheet, `Sheet1`."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("Sheet1")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, tuple):
                sheet.write(r, c, value[0], xlwt.easyxf(num_format_str=value[1]))
            elif value is not None and not any(a <= r <= b and left <= c <= right for a, left, b, right in merges):
                sheet.write(r, c, value)
    for top, left, bottom, right in merges:
        sheet.write_merge(top, bottom, left, right, rows[top][left])
    book.save(str(path))
    return path


def ods(path: Path, rows: Sequence[Sequence[Any]], merges: Sequence[Merge] = (), manifest: str = "") -> Path:
    """One sheet, `Sheet1`, padded with empty rows and columns as LibreOffice does."""
    lines = []
    for r, row in enumerate(rows):
        cells = "".join(_cell(r, c, value, merges) for c, value in enumerate(row))
        cells += "<table:table-cell table:number-columns-repeated='900'/>"
        lines.append(f"<table:table-row>{cells}</table:table-row>")
    lines.append("<table:table-row table:number-rows-repeated='900000'><table:table-cell/></table:table-row>")
    content = _ODS.format(tables=f"<table:table table:name='Sheet1'>{''.join(lines)}</table:table>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _TYPE)
        archive.writestr("META-INF/manifest.xml", manifest or "<manifest/>")
        archive.writestr("content.xml", content)
    return path


def _cell(row: int, column: int, value: Any, merges: Sequence[Merge]) -> str:
    spans = ""
    for top, left, bottom, right in merges:
        if (top, left) == (row, column):
            spans = f" table:number-rows-spanned='{bottom - top + 1}' table:number-columns-spanned='{right - left + 1}'"
        elif top <= row <= bottom and left <= column <= right:
            return "<table:covered-table-cell/>"
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, tuple):
        return f"<table:table-cell office:value-type='{value[1]}' office:{value[1]}-value='{value[0]}'/>"
    if isinstance(value, bool):
        return f"<table:table-cell office:value-type='boolean' office:boolean-value='{str(value).lower()}'/>"
    if isinstance(value, (int, float)):
        return f"<table:table-cell{spans} office:value-type='float' office:value='{value}'/>"
    text = "".join(f"<text:p>{escape(line)}</text:p>" for line in value.split("\n"))
    return f"<table:table-cell{spans} office:value-type='string'>{text}</table:table-cell>"
