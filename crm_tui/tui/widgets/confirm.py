"""The question before something that is not easily taken back: one line, answered by a key that did not start it.

Keys typed before one can have read the question answer nothing: they are dropped, and it is said how many.
"""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from crm_tui.domain.language import _, ngettext
from crm_tui.tui.widgets.cells import cut, fit
from crm_tui.tui.widgets.overlay import Overlay
from crm_tui.tui.widgets.plain import BOLD, Piece, PlainLine

DEAF = 0.3
"""Seconds after the question during which keys are dropped (all but Esc)."""

YES = ("y", "1", "o")
"""Keys for yes; with an input method on, letters never arrive, digits do."""

NO = ("n", "0", "escape")


class Question(PlainLine):
    """The question, cut so that the keys that answer it are always in sight."""

    answers = ""

    def pieces(self, width: int) -> list[Piece]:
        """Question and answers."""
        answers = cut(f"  {self.answers}", width)
        question = cut(self._text, width - cell_len(answers))
        return [(question, BOLD), (fit(answers, width - cell_len(question)), None)]


class Confirm(Overlay, can_focus=True):
    """The question, on the bottom row. Any answer closes it; keys that are no answer are ignored."""

    BINDINGS: ClassVar[list[BindingType]] = []

    class _About(Message):
        def __init__(self, confirm: Confirm) -> None:
            super().__init__()
            self.confirm = confirm

        @property
        def control(self) -> Confirm:
            return self.confirm

    class Confirmed(_About):
        """Yes; the question is closed."""

    class Cancelled(_About):
        """No; the question is closed."""

    class Dropped(_About):
        """So many keys had been typed ahead and were dropped."""

        def __init__(self, confirm: Confirm, count: int) -> None:
            super().__init__(confirm)
            self.count = count

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._yes: tuple[str, ...] = YES
        self._opened = 0.0
        self._dropped = 0

    def compose(self) -> ComposeResult:
        yield Question()

    def ask(self, question: str, *, started_by: str = "") -> None:
        """Ask; `started_by` is the key that led here and therefore is no answer."""
        self._yes = tuple(key for key in YES if key != started_by.lower())[:2]
        self._dropped = 0
        self._say(question)
        self._opened = Message().time  # on the clock of the events
        self.appear(self)
        self.set_timer(DEAF, self._report)

    def _say(self, question: str) -> None:
        line = self.query_one(Question)
        line.answers = _("{yes} yes  {no} no").format(yes="/".join(self._yes), no="n/Esc")
        line.say(question)
        line.refresh()

    def _report(self) -> None:
        if not self._dropped or not self.is_open:
            return
        count, self._dropped = self._dropped, 0
        told = ngettext("{count} key typed ahead was dropped", "{count} keys typed ahead were dropped", count)
        line = self.query_one(Question)
        line.answers += f"  ({told.format(count=count)})"
        line.refresh()
        self.post_message(self.Dropped(self, count))

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """All keys are answers here."""
        return True

    def on_key(self, event: events.Key) -> None:
        """An answer, if it was given after the question; the time of a key is when the terminal sent it."""
        event.stop()
        event.prevent_default()
        if not self.is_open:
            return
        early = event.time < self._opened + DEAF
        key = event.key.lower()
        if key in NO and (not early or key == "escape"):
            self._answer(self.Cancelled(self))
        elif early:
            self._dropped += 1
        elif key in self._yes:
            self._answer(self.Confirmed(self))

    def on_paste(self, event: events.Paste) -> None:
        """A paste answers nothing."""
        event.stop()

    def _answer(self, answer: Message) -> None:
        self._report()
        self.close()
        self.post_message(answer)
