"""One report: its chart, its figures, and behind each row the list of the customers that it counts.

The chart stands above the figures, or beside them where the terminal is wide.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.domain.analysis import OPTIONS
from crm_tui.domain.analysis.report import Column as Figure
from crm_tui.domain.analysis.report import Report, Row
from crm_tui.domain.charts import cells, draw
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _
from crm_tui.services import analysis, figures
from crm_tui.services.analysis import Asked
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.screens.pipeline import SHOWN, PipelineScreen
from crm_tui.tui.screens.place import Hint, Place
from crm_tui.tui.screens.showing import Shown
from crm_tui.tui.terminal.profile import utf8
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import GUTTER, Line, RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from crm_tui.services.news import Changed

HIGH, BESIDE = 8, 46
"""Lines of a chart above the figures, and cells of one beside them."""
WIDE = 120
"""Cells from which on it stands beside them."""
_TEXT = 14
"""Cells of a column of words at most, where others want room too."""


class Figures:
    """The rows of a report as a table shows them; the one of all together comes last."""

    def __init__(self, report: Report, texts: Sequence[Sequence[str]]) -> None:
        self.report = report
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def key(self, index: int) -> int | None:
        return index + 1 if 0 <= index < len(self.texts) else None

    def line(self, index: int) -> Line | None:
        return Line(index + 1, tuple(self.texts[index]))

    def row(self, index: int) -> Row | None:
        """The row; None for all together, and where there is none."""
        return self.report.rows[index] if index < len(self.report.rows) else None


def columns(report: Report, texts: Sequence[Sequence[str]], passed: int = 0) -> tuple[Column, ...]:
    """The columns, as wide as what is in them; where there is no room the last shares leave first, words shrink.

    After the first so many are `passed`: they leave before all others, and those after them from the right.
    """
    widths = [max(cells(text) for text in (_(c.heading), *(row[i] for row in texts)))
              for i, c in enumerate(report.columns)]  # fmt: skip
    found = [_column(column, i, widths[i]) for i, column in enumerate(report.columns)]
    if passed:
        gone = 10_000
        found[1:] = [replace(one, drop=i + gone * (i <= passed)) for i, one in enumerate(found[1:], 1)]
    return tuple(found)


def _column(column: Figure, place: int, width: int) -> Column:
    if figures.is_left(column):
        flex = 0 if width <= _TEXT else 3
        return Column(column.name, _(column.heading), min(width, _TEXT), flex, "left", 0)
    # Shares are what one may do without first, then the figures from the right.
    if column.rank:
        return Column(column.name, _(column.heading), width, 0, "right", column.rank)
    is_share = column.heading == "of all"
    drop = 0 if place < 3 and not is_share else 50 + place + 100 * is_share
    return Column(column.name, _(column.heading), width, 0, "right", drop)


class ReportScreen(Place):
    """A report."""

    keys: ClassVar[Keys] = "report"
    lies_over: ClassVar[bool] = True
    hints: ClassVar[tuple[Hint, ...]] = (
        ("choose", N_("customers"), 8), ("period", N_("period"), 7), ("csv here", N_("as CSV"), 4),
        ("back", N_("back"), 6), ("keys", N_("keys"), 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, asked: Asked) -> None:
        super().__init__(desk, session)
        self.wanted = asked
        self.report: Report | None = None
        self._scheme = session.scheme
        self._passed = 0

    def contents(self) -> ComposeResult:
        """The heading, the chart, the figures."""
        yield PlainLine(id="head")
        with Container(id="report"):
            yield TextPane(id="chart")
            with Vertical(id="figures"):
                yield TableHeading((), id="heading")
                yield RecordTable((), id="table", empty=_("Nothing to tell of this period."))

    @cached_property
    def head(self) -> PlainLine:
        """The title with the period."""
        return self.query_one("#head", PlainLine)

    @cached_property
    def chart(self) -> TextPane:
        """The chart."""
        return self.query_one("#chart", TextPane)

    def on_mount(self) -> None:
        """Lay it out for the terminal."""
        self.query_one("#report").styles.height = "1fr"
        self._fit(self.app.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """The chart comes beside the figures, or above them."""
        self._fit(event.size.width)
        self._draw()

    def _fit(self, width: int) -> None:
        chart, wide = self.chart, width >= WIDE
        chart.styles.dock = "right" if wide else "top"
        chart.styles.width = BESIDE if wide else "100%"
        chart.styles.height = "100%" if wide else HIGH

    # -- reading

    async def entered(self) -> None:
        """Compute it under the scheme that was asked for, until the lists are shown under another one; the cursor stays
        on the same row.
        """
        shown, scheme = self.session.scheme, self.wanted.scheme
        if not scheme or shown != self._scheme:
            scheme = shown
        self._scheme = shown
        await self._load(replace(self.wanted, scheme=scheme if "scheme" in OPTIONS[self.wanted.name] else ""))

    async def _load(self, asked: Asked) -> None:
        waiting = self.set_timer(SHOWN, lambda: self.say(_("reading …  Esc stops")))
        try:
            report = await self.desk.read("report", analysis.make, self.session, asked)
        finally:
            waiting.stop()
            if self.status.text == _("reading …  Esc stops"):
                self.say("")
        self.wanted, self.report, self._passed = asked, report, 0
        self._show(report)

    def _show(self, report: Report) -> None:
        texts = figures.texts(report, self.session.settings["currency"])
        self._line_up(report, texts)
        self.table.show(Figures(report, texts), self.table.cursor)
        self.head.say(analysis.heading(report, self.wanted))
        if report.notes:
            self.say(" · ".join(report.notes))
        self._draw()

    def _line_up(self, report: Report, texts: Sequence[Sequence[str]]) -> None:
        found = columns(report, texts, self._passed)
        self.table.columns = self.query_one("#heading", TableHeading).columns = found

    def right(self) -> None:
        """The columns that have no room: the first stays, the next one makes way."""
        lines = self.table.lines
        if not isinstance(lines, Figures):
            return
        found = self.table.columns
        last = {one.name for one in self.table.left_out}
        if any(one.name in last for one in found[self._passed + 1 :]):
            self._pass_by(1)

    def left(self) -> None:
        """The columns that made way."""
        if self._passed:
            self._pass_by(-1)

    def _pass_by(self, columns: int) -> None:
        lines = self.table.lines
        if isinstance(lines, Figures):
            self._passed += columns
            self._line_up(lines.report, lines.texts)

    def _draw(self) -> None:
        """The chart in the room that it has."""
        if self.report is None or self.report.chart is None:
            return
        wide = self.app.size.width >= WIDE
        width = BESIDE - 2 if wide else self.app.size.width - GUTTER
        height = max(4, self.app.size.height - 4) if wide else HIGH - 1
        drawn = draw(self.report.chart, width, height, ascii_only=not utf8(os.environ))
        self.chart.show([("  " if wide else " " * GUTTER) + line for line in drawn])

    async def changed(self, ids: Sequence[int]) -> None:
        """The figures as they are now."""
        await self._load(self.wanted)

    async def others_changed(self, ids: Changed = None) -> None:
        """A report stays as it was read; `refresh` reads it again."""

    async def returned(self) -> None:
        """Back from the customers: the figures stay."""

    # -- what is done here

    def targets(self) -> Targets:
        """No customer is under the cursor here."""
        return Targets()

    async def mark(self, what: str | None = None) -> None:
        """What is marked are customers."""
        text = _("there is nothing to mark here: {key} shows the customers")
        raise CrmError(text.format(key=self.key("choose")))

    async def choose_here(self) -> None:
        """The customers behind the row under the cursor."""
        lines = self.table.lines
        if not isinstance(lines, Figures) or not len(lines):
            raise CrmError(_("there is no row under the cursor"))
        row = lines.row(self.table.cursor) or Row((), filter="")
        query = await self.desk.read("report", analysis.behind, self.session, self.wanted, row)
        told = analysis.heading(lines.report, self.wanted)
        name = next((text for text in lines.texts[self.table.cursor] if text), "")
        await self.crm.cover(BehindScreen(self.desk, self.session, query, f"{name} · {told}"))

    async def period_here(self, first: str, last: str = "") -> None:
        """The same report of another period: one word is all of it, as 2026-Q1 or 2026-01..2026-06; `default` for the
        twelve full months.
        """
        if first.casefold() in ("default", "-"):
            first, last = "", ""
        elif not last:
            first, dots, last = first.partition("..")
            last = last if dots else first
        if "from" not in OPTIONS[self.wanted.name]:
            first = ""  # it is of one day
        await self._load(replace(self.wanted, first=first, last=last))

    def csv_here(self) -> None:
        """The line for a shell that prints the same."""
        asked = self.wanted
        options = {"from": asked.first, "to": asked.last, "scheme": asked.scheme, "on": asked.on}
        words = [f"--{name} '{text}'" if " " in text else f"--{name} {text}" for name, text in options.items() if text]
        if "by" in OPTIONS[asked.name]:
            words.append(f"--by {asked.by}")
        self.say(" ".join(["crm-tui report", asked.name, *words, "--csv"]))


class BehindScreen(PipelineScreen):
    """The customers behind a figure, over the report."""

    hints: ClassVar[tuple[Hint, ...]] = (("back", N_("the report"), 8), *PipelineScreen.hints)
    nobody = N_("Nobody is behind this figure.")

    def __init__(self, desk: Desk, session: Session, query: Query, told: str) -> None:
        super().__init__(desk, session)
        self.shown_now = Shown(query)
        self._of = told

    def contents(self) -> ComposeResult:
        """Which figure it is, then the list."""
        yield PlainLine(self._of, id="figure")
        yield from super().contents()
