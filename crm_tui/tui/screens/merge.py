"""Customers side by side, field by field: whose value the merged one gets is picked here, and then they are merged.

The first is the survivor: it keeps its holder, stage and tier. `>` stands before the value that is taken, `!` before a
field in which they differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import ClassVar

from msgspec.structs import replace
from rich.text import Text
from textual.app import ComposeResult

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import comparison, likeness, merges
from crm_tui.services.comparison import TITLES, Choice, Sheet
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.screens.place import Hint, Place
from crm_tui.tui.widgets.cells import fit
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading

_LABEL = 16
TAKEN, DIFFERS = ">", "!"


def _standing(sheet: Sheet) -> list[tuple[str, tuple[str, ...]]]:
    """What no merge takes over: who holds each, its stage, its tier."""
    return [
        (_("held by"), sheet.holders), (_("stage"), tuple(BY_IDENTIFIER[f.stage].title for f in sheet.facts)),
        (_("tier"), tuple(f.tier or "–" for f in sheet.facts)),
    ]  # fmt: skip


def _under(sheet: Sheet) -> list[tuple[str, tuple[str, ...]]]:
    """How much lies under each."""
    return [(_(TITLES[table]), tuple(f"{n:,}" if n else "" for n in counts)) for table, counts in sheet.rows.items()]


def side_by_side(sheet: Sheet, width: int) -> list[str]:
    """The customers beside each other as plain lines."""
    share = max(8, (width - _LABEL - 3) // len(sheet.ids) - 1)
    rows = [("", tuple(f"#{key}" for key in sheet.ids), False)]
    rows += [(c.title, tuple(c.shown(key) for key in sheet.ids), c.differs) for c in sheet.choices]
    rows += [(label, texts, len(set(texts)) > 1) for label, texts in (*_standing(sheet), *_under(sheet))]
    return [
        f"{DIFFERS if differs else ' '} {fit(label, _LABEL)} " + " ".join(fit(text, share) for text in texts)
        for label, texts, differs in rows
    ]


class ChoiceLines:
    """The fields to pick from, then what stays with the survivor and what lies under each; a row's key is its place."""

    def __init__(self, sheet: Sheet, ids: Sequence[int], taken: dict[str, int]) -> None:
        self.ids, self.choices, self._taken = tuple(ids), sheet.choices, taken
        order = [sheet.ids.index(key) for key in ids]
        self._rest = [(label, tuple(texts[at] for at in order)) for label, texts in (*_standing(sheet), *_under(sheet))]

    def __len__(self) -> int:
        return len(self.choices) + len(self._rest)

    def key(self, index: int) -> int | None:
        return index if 0 <= index < len(self) else None

    def choice(self, index: int) -> Choice | None:
        """The field in the row; None for a row of which nothing is picked."""
        return self.choices[index] if 0 <= index < len(self.choices) else None

    def line(self, index: int) -> Line | None:
        choice = self.choice(index)
        if choice is None:
            label, texts = self._rest[index - len(self.choices)]
            return Line(index, (label, *(f"  {text}" for text in texts)), False, "")
        taken = self._taken[choice.field]
        cells = [
            Text(f"{TAKEN} {choice.shown(key)}", "bold") if key == taken else f"  {choice.shown(key)}"
            for key in self.ids
        ]
        return Line(index, (choice.title, *cells), False, DIFFERS if choice.differs else "")


class PlaceOfAlikes(Place):
    """Customers that may be one are all under the cursor: what merges them, or tells them apart, takes all of them."""

    def under_cursor(self) -> Targets:
        """The first of them."""
        return Targets(self.targets().ids[:1])

    def targets_of(self, command: Command) -> Targets:
        """What merges them, or tells them apart, takes all; what only shows one, the first; nothing else acts here."""
        if command.name in ("merge", "distinct"):
            return self.targets()
        return Targets() if command.changes else self.under_cursor()

    async def mark(self, what: str | None = None) -> None:
        """They are taken together as it is."""
        raise CrmError(_("there is nothing to mark here"))


class MergeScreen(PlaceOfAlikes):
    """Customers that are to become one."""

    keys: ClassVar[Keys] = "merge"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("merge here", N_("merges"), 8), ("pick left", N_("left's"), 6), ("pick right", N_("right's"), 6),
        ("swap", N_("into the other"), 5), ("distinct here", N_("not one"), 4), ("back", N_("back"), 7),
        ("keys", N_("keys"), 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, ids: Sequence[int]) -> None:
        """The first of the `ids` is the survivor until another is chosen."""
        super().__init__(desk, session)
        self._ids = list(ids)
        self._taken: dict[str, int] = {}
        self._picked: set[str] = set()
        self._apart: tuple[str, ...] = ()
        self.sheet: Sheet | None = None
        self._alike = self._what = ""

    def contents(self) -> ComposeResult:
        """Into whom, the fields."""
        yield PlainLine(id="head")
        yield TableHeading((), id="heading")
        yield RecordTable((), id="table")

    @cached_property
    def head(self) -> PlainLine:
        """Who goes into whom."""
        return self.query_one("#head", PlainLine)

    async def entered(self) -> None:
        """Read them; the survivor's values are taken, and where it has none those of the first that has one."""
        self.sheet, self._alike, self._apart = await self.desk.run(_sheet, self.session, self._ids)
        self._take_first()
        self._show()

    def _take_first(self) -> None:
        """Only what was picked stays: of other fields whose value is taken goes by what they are now."""
        for choice in self.sheet.choices if self.sheet is not None else ():
            if choice.field not in self._picked:
                self._taken[choice.field] = self._first(choice)

    def _first(self, choice: Choice) -> int:
        return next((key for key in self._ids if choice.values[key]), self._ids[0])

    def _show(self) -> None:
        if self.sheet is None:
            return
        names = {facts.id: facts.name for facts in self.sheet.facts}
        cells = [Column(str(key), f"  {key} {names[key]}", 12, flex=1) for key in self._ids]
        columns = (Column("field", _("field"), 12), *cells)
        if self.table.columns != columns:
            self.table.columns = self.query_one("#heading", TableHeading).columns = columns
        self.table.show(ChoiceLines(self.sheet, self._ids, self._taken), self.table.cursor)
        others = ", ".join(str(key) for key in self._ids[1:])
        name = names[self._ids[0]]
        self._what = _("Merge {others} into {id} {name}").format(others=others, id=self._ids[0], name=name)
        self.head.say(f"{self._what}  ·  {self._alike}" if self._alike else self._what)
        self.hint()

    async def changed(self, ids: Sequence[int]) -> None:
        """As they are now, what was picked kept."""
        await self.entered()

    async def others_changed(self, ids: object = None) -> None:
        """As they are now."""
        await self.entered()

    # -- picking

    def pick_left(self) -> None:
        """Take the value of the customer before."""
        self._pick(-1)

    def pick_right(self) -> None:
        """Take the value of the customer after."""
        self._pick(1)

    def _pick(self, step: int) -> None:
        lines = self.table.lines
        choice = lines.choice(self.table.cursor) if isinstance(lines, ChoiceLines) else None
        if choice is None:
            raise CrmError(_("that moves as it is, or stays with the one that is left: nothing to pick"))
        at = self._ids.index(self._taken[choice.field]) + step
        if 0 <= at < len(self._ids):
            self._taken[choice.field] = self._ids[at]
            self._picked.add(choice.field)
            self.table.refresh_lines()

    def swap_here(self) -> None:
        """Merge into the next one: it keeps its holder, and its values are taken but where others were picked."""
        if self.sheet is None:
            return
        self._ids = [*self._ids[1:], self._ids[0]]
        self._take_first()
        self._show()

    # -- acting

    def targets(self) -> Targets:
        """All of them."""
        return Targets(tuple(self._ids))

    def merge_here(self) -> None:
        """Merge them as shown, once another key has said so, and unless one was changed till then."""
        if self.sheet is None:
            return
        takes = [
            f"{c.field}={self._taken[c.field]}" for c in self.sheet.choices
            if self._taken[c.field] != self._first(c)
        ]  # fmt: skip
        line = f"merge {' '.join(map(str, self._ids))} --into {self._ids[0]}"
        if takes:
            from crm_tui.commands.language import quote

            line += f" --take {quote(','.join(takes))}"
        line += f" --seen {','.join(f'{facts.id}={facts.version}' for facts in self.sheet.facts)}"
        question = _("{what}? {key} takes it back").format(what=self._what, key=self.key("undo"))
        if self._apart:
            question = "; ".join((f"{self._what}? {self._apart[0]}", *self._apart[1:]))
        self.confirm(question, partial(self.crm.obey, line), key=self.crm.pressed, no=_("nothing was changed"))

    async def distinct_here(self) -> None:
        """These are not one."""
        await self.crm.obey(f"distinct {' '.join(map(str, self._ids))}")

    async def done(self, call: Call, outcome: Outcome) -> None:
        """Back to where one came from, where it is told what was done."""
        if call.command.name not in ("merge", "distinct") or not outcome.changed:
            await super().done(call, outcome)
            return
        await self.app.pop_screen()
        await self.crm.place.done(call, replace(outcome, lines=()))


def _sheet(session: Session, ids: Sequence[int]) -> tuple[Sheet, str, tuple[str, ...]]:
    """The customers side by side, how much the first two are alike, and who said that they are not one; runs on the
    desk.
    """
    how = likeness.of(session, ids)
    told = _("{score} %: {reasons}").format(score=how.score, reasons=how.words) if how.score else ""
    return comparison.sheet(session, ids), told, merges.told_apart(session, ids)
