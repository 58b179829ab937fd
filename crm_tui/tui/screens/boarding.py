"""A list that is shown as a board too: six lanes, one for each stage, on which a card moves along the path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.services.lists import Query
from crm_tui.tui.screens.holding import HoldingPlace
from crm_tui.tui.screens.listing import lanes
from crm_tui.tui.widgets.board import Board, Lane

if TYPE_CHECKING:
    from crm_tui.commands.dispatch import Targets


class BoardPlace(HoldingPlace):
    """A place whose list may be a board; what has no board of its own is for the place to show."""

    on_board = False

    @property
    def query_now(self) -> Query:
        """Which customers it lists."""
        raise NotImplementedError

    def board_changed(self) -> None:
        """The board has come or gone."""

    async def board(self) -> None:
        """From the list to the board, or back."""
        self.on_board = not self.on_board
        board = self.query_one(Board)
        if self.on_board:
            self.table.set_marks(frozenset())
            await self._load_board()
        board.display, self.table.display = self.on_board, not self.on_board
        self.set_focus(board if self.on_board else self.table, scroll_visible=False)
        self.board_changed()

    async def _load_board(self) -> None:
        self._show_board(await self.desk.read("board", lanes, self.session, self.query_now, self._kept))

    async def refresh_board(self) -> None:
        """Show the board as it is now; nothing overtakes it."""
        self._show_board(await self.desk.run(lanes, self.session, self.query_now, self._kept))

    @property
    def _kept(self) -> int | None:
        """Who stays under the cursor of the board when it is shown anew."""
        return self.query_one(Board).cursor_key or self.table.cursor_key

    def _show_board(self, shown: Sequence[Lane]) -> None:
        self.query_one(Board).show(shown, self._kept)

    def targets(self) -> Targets:
        """On the board the card under its cursor."""
        if not self.on_board:
            return super().targets()
        key = self.query_one(Board).cursor_key
        from crm_tui.commands.dispatch import Targets

        return Targets((key,) if key is not None else ())

    async def mark(self, what: str | None = None) -> None:
        """Marks are for the list."""
        if self.on_board:
            raise CrmError(_("marks are for the list: {key} goes there").format(key=self.key("board")))
        await super().mark(what)

    def _move(self, lanes: int, rows: int) -> bool:
        if self.on_board:
            self.query_one(Board).move(lanes, rows)
        return self.on_board

    def down(self) -> None:
        if not self._move(0, 1):
            super().down()

    def up(self) -> None:
        if not self._move(0, -1):
            super().up()

    def left(self) -> None:
        self._move(-1, 0)

    def right(self) -> None:
        self._move(1, 0)

    def page_down(self) -> None:
        if not self._move(0, self.size.height):
            super().page_down()

    def page_up(self) -> None:
        if not self._move(0, -self.size.height):
            super().page_up()
