"""The macros: what each does, what it asks for, what is wrong in it; Enter plays one on what one came from.

The screen lies over the place where one was: its cursor and marks are what a macro is played on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal

from crm_tui.commands import editor, macro_files
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call, quote
from crm_tui.commands.macro_files import Found
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services.session import Outcome
from crm_tui.tui.screens.customerless import CustomerlessPlace
from crm_tui.tui.screens.place import Hint, Place
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane, wrap

BESIDE_FROM = 100
"""Columns from which on the text of a macro stands beside the list; below it stands under it."""
UNDER = 9
"""Lines of the text at most, where it stands under the list: a third of the screen."""


def columns() -> tuple[Column, ...]:
    """The columns of the list."""
    return (
        Column("name", _("macro"), 10, flex=1),
        Column("lines", _("lines"), 5, align="right"),
        Column("asks", _("asks for"), 10, flex=1, drop=1),
        Column("about", _("about"), 16, flex=4),
    )


class MacroLines:
    """The macros as a table shows them; one with an error in it says which."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = found

    def __len__(self) -> int:
        return len(self.found)

    def key(self, index: int) -> int | None:
        return index if 0 <= index < len(self.found) else None

    def line(self, index: int) -> Line | None:
        one = self.found[index]
        if one.macro is None:
            return Line(index, (one.name, "", "", str(one.fault)), False, "!")
        asks = " ".join(parameter.name for parameter in one.macro.parameters)
        about = one.macro.about or (_("once per marked row") if one.macro.each else "")
        return Line(index, (one.name, str(len(one.macro.lines)), asks, about), False, "" if one.mine else "+")


class MacrosScreen(CustomerlessPlace):
    """All macros that one may play."""

    keys: ClassVar[Keys] = "macros"
    lies_over: ClassVar[bool] = True
    hints: ClassVar[tuple[Hint, ...]] = (
        ("choose", N_("play"), 8), ("edit here", N_("edit"), 7), ("editor here", N_("editor"), 4),
        ("dry-run here", N_("dry run"), 6), ("back", N_("back"), 7), ("keys", N_("keys"), 9),
    )  # fmt: skip

    def contents(self) -> ComposeResult:
        """The head; the list, the text of the one under the cursor."""
        yield PlainLine(id="head")
        yield TableHeading(columns(), id="heading")
        with Horizontal(id="body"):
            yield RecordTable(columns(), id="table")
            yield TextPane(id="text", edge="│ ")
        yield TextPane(id="under")

    @cached_property
    def head(self) -> PlainLine:
        """How many there are, and where one's own lie."""
        return self.query_one("#head", PlainLine)

    def on_mount(self) -> None:
        """Beside the list where there is room, else under it."""
        beside = self.app.size.width >= BESIDE_FROM
        self._text = self.query_one("#text" if beside else "#under", TextPane)
        self.query_one("#under" if beside else "#text").display = False
        if beside:
            self._text.styles.width = "50%"
            self.query_one("#heading").styles.width = "50%"
        else:
            self._text.styles.height = min(UNDER, self.app.size.height // 3)
        self.table.styles.width = "1fr"

    async def entered(self) -> None:
        """Read the folders."""
        self._show(await self.desk.read("list", macro_files.every, self.session))

    def _show(self, found: Sequence[Found]) -> None:
        before = self._under
        at = next((index for index, one in enumerate(found) if before is not None and one.name == before.name), 0)
        self.table.empty = _("No macro yet: {key} and a letter records what you do until the next {key}.").format(
            key=self.key("record")
        )
        self.table.show(MacroLines(found), at)
        n = len(found)
        told = ngettext("Macros: {n}", "Macros: {n}", n).format(n=n)
        folder = self.session.macros[0] if self.session.macros else ""
        self.head.say(f"{told}  ·  {folder}")
        self._follow()

    async def done(self, call: Call, outcome: Outcome) -> None:
        """A macro may have been written, renamed or removed."""
        await super().done(call, outcome)
        await self.entered()
        self.say(outcome.message)

    def played_on(self) -> Sequence[int]:
        """Those of the place that this one lies over."""
        below = self.app.screen_stack[-2]
        return below.played_on() if isinstance(below, Place) else ()

    async def mark(self, what: str | None = None) -> None:
        """What is marked are customers."""
        text = _("there is nothing to mark here: {key} goes back to the customers")
        raise CrmError(text.format(key=self.key("back")))

    # -- the one under the cursor

    @property
    def _under(self) -> Found | None:
        lines, at = self.table.lines, self.table.cursor
        return lines.found[at] if isinstance(lines, MacroLines) and at < len(lines) else None

    def _one(self) -> Found:
        one = self._under
        if one is None:
            raise CrmError(_("there is no macro under the cursor"))
        return one

    def on_record_table_cursor_moved(self) -> None:
        """Its text follows."""
        self._follow()

    def _follow(self) -> None:
        one = self._under
        if one is None:
            self._text.show(())
        elif one.fault is not None:
            told = wrap(str(one.fault), self._text.size.width - 2)
            self._text.show((str(one.path), "", *told, "", *(one.fault.text or "").splitlines()))
        elif one.macro is not None:
            self._text.show((str(one.path), "", *one.macro.lines))

    async def choose_here(self) -> None:
        """Play it, on what one came from."""
        name = quote(self._one().name)
        await self.back()
        await self.crm.obey(f"play {name}")

    async def dry_run_here(self) -> None:
        """Tell what it would do."""
        await self.crm.obey(f"play {quote(self._one().name)} --dry-run")

    async def edit_here(self) -> None:
        """Change its text."""
        await self.crm.obey(f"macros edit {quote(self._one().name)}")

    async def editor_here(self) -> None:
        """Change its text in one's own editor."""
        await self.crm.obey(f"macros editor {quote(self._one().name)}")

    async def rename_here(self) -> None:
        """Give it another name."""
        self.line(f"macros rename {quote(self._one().name)} ")

    async def remove_here(self) -> None:
        """Remove it, once another key has said so."""
        name = self._one().name
        text = _("remove the macro {name}?").format(name=name)

        async def yes() -> None:
            await self.crm.obey(f"macros remove {quote(name)}")

        self.confirm(text, yes, key=self.crm.pressed, no=_("nothing was changed"))


async def open_editor(place: Place, name: str) -> None:
    """Give the terminal to the user's editor on the macro's file, and say what is wrong in it afterwards."""
    session = place.session
    editor.command(session)  # refused before the screen goes
    path, text = await place.desk.run(macro_files.text_of, session, name)
    if not path.exists():
        await place.desk.run(macro_files.write, path, text)
    with place.crm.lent():
        editor.edit(session, path)
    await place.entered()
    fault = await place.desk.run(_fault, path)
    place.say(str(fault) if fault else _("{name} is kept").format(name=name), alert=fault is not None)


def _fault(path: Path) -> CrmError | None:
    """What is wrong in a macro's file."""
    try:
        macro_files.check(path)
    except CrmError as error:
        return error
    return None
