"""The figures of a report as people read them: every cell as text, the rows in columns.

Nothing is left out here, whatever the width: a place or a shell decides what has room.
"""

from __future__ import annotations

from typing import Any

from crm_tui.domain.analysis import care, debts, path, sales
from crm_tui.domain.analysis.report import Column, Kind, Report
from crm_tui.domain.charts import cells, padded
from crm_tui.domain.language import _
from crm_tui.domain.money import format_amount
from crm_tui.domain.stages import BY_IDENTIFIER

NOTHING = "-"
"""What stands where nothing can be told."""


def shown(value: Any, kind: Kind, currency: str) -> str:
    """A cell as people read it."""
    if value is None or value == () or value == "":
        return NOTHING if kind not in ("names", "word") and value != "" else ""
    if kind == "money":
        return format_amount(value, currency)
    if kind == "percent":
        return f"{value * 100:,.1f} %"
    if kind == "count":
        return f"{value:,}"
    if kind == "days":
        return f"{value:,.1f}"
    if kind == "names":
        return ", ".join(value)
    return _word(str(value)) if kind == "word" else str(value)


def _word(value: str) -> str:
    if value in BY_IDENTIFIER:
        return BY_IDENTIFIER[value].title
    known = {**path.DIRECTIONS, **debts.STEPS, **sales.GROWING, **sales.QUADRANTS, **care.BUYING}
    return _(known.get(value, value))


def is_left(column: Column) -> bool:
    """Whether the column is read from the left: words are, figures are not."""
    return column.kind in ("text", "word", "names")


def texts(report: Report, currency: str) -> list[list[str]]:
    """All rows as people read them, the one of all together last."""
    rows = [*(row.cells for row in report.rows), *([report.total] if report.total else [])]
    found = [
        [shown(value, column.kind, currency) for column, value in zip(report.columns, row, strict=True)] for row in rows
    ]
    if report.total:
        found[-1][0] = _("all")
    return found


def table_lines(report: Report, currency: str) -> list[str]:
    """The headings and the rows in columns."""
    rows = [[_(column.heading) for column in report.columns], *texts(report, currency)]
    widths = [min(40, max(cells(row[i]) for row in rows)) for i in range(len(report.columns))]
    lines = []
    for row in rows:
        parts = [
            text if last and is_left(column) else padded(text, width, right=not is_left(column))
            for text, width, column, last in zip(row, widths, report.columns, _lasts(len(row)), strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return lines


def _lasts(number: int) -> list[bool]:
    return [place == number - 1 for place in range(number)]
