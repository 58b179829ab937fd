"""The line that one types on: a label, the text, what may follow above it, what it means below it.

It knows nothing of what is typed: whoever opened it offers the completions, and says what the text means or
where it is wrong. What is typed reaches the owner as it is, full-width punctuation included.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from crm_tui.tui.widgets.cells import cut
from crm_tui.tui.widgets.line_input import LineInput
from crm_tui.tui.widgets.overlay import Overlay
from crm_tui.tui.widgets.plain import REVERSE, Piece, PlainLine

GAP = "  "


class Candidates(PlainLine):
    """The completions in a row, the chosen one in reverse video and always in sight."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ()
        self._chosen = -1

    def offer(self, texts: Sequence[str], chosen: int = -1) -> None:
        """Show these; `chosen` is the index of the one that stands in the line, -1 for none."""
        self._texts, self._chosen = tuple(texts), chosen
        self.refresh()

    def pieces(self, width: int) -> list[Piece]:
        """From the first, or from where the chosen one still fits."""
        first = 0
        while first < self._chosen and self._extent(first, self._chosen) > width:
            first += 1
        pieces: list[Piece] = []
        left = width
        for index in range(first, len(self._texts)):
            text = cut(self._texts[index], left)
            pieces += [(text, REVERSE if index == self._chosen else None), (GAP, None)]
            left -= cell_len(text) + len(GAP)
            if left <= 0:
                break
        return pieces

    def _extent(self, first: int, last: int) -> int:
        return sum(cell_len(text) + len(GAP) for text in self._texts[first : last + 1]) - len(GAP)


class Prompt(Overlay):
    """The prompt, on the bottom row. It closes on Esc; after Enter its owner closes it, or says what is wrong."""

    DEFAULT_CSS = """
    Prompt > Horizontal { height: 1; width: 100%; }
    Prompt #label { width: auto; }
    Prompt Candidates, Prompt #note { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("tab", "complete(1)", show=False),
        Binding("shift+tab", "complete(-1)", show=False),
        Binding("up", "recall(-1)", show=False),
        Binding("down", "recall(1)", show=False),
    ]

    class _Value(Message):
        def __init__(self, prompt: Prompt, value: str) -> None:
            super().__init__()
            self.prompt = prompt
            self.value = value

        @property
        def control(self) -> Prompt:
            return self.prompt

    class Changed(_Value):
        """The text is another one."""

    class Submitted(_Value):
        """Enter was pressed."""

    class Cancelled(_Value):
        """Esc was pressed; the prompt is closed."""

    def compose(self) -> ComposeResult:
        yield Candidates()
        with Horizontal():
            yield PlainLine(id="label")
            yield LineInput(id="line")
        yield PlainLine(id="note")

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._history: tuple[str, ...] = ()
        self._recalled: int | None = None
        self._typed = ""
        self._candidates: tuple[str, ...] = ()
        self._span = (0, 0)
        self._cycle = -1

    @property
    def line(self) -> LineInput:
        """The input itself."""
        return self.query_one("#line", LineInput)

    @property
    def value(self) -> str:
        """What has been typed."""
        return self.line.value

    def open(
        self, label: str, value: str = "", *, history: Sequence[str] = (), limit: int = 1000, password: bool = False
    ) -> None:
        """Ask. `label` stands before the text; `history` are earlier values, the newest last."""
        shown = self.query_one("#label", PlainLine)
        shown.say(label)
        shown.styles.width = cell_len(label)
        self._history, self._recalled, self._typed = tuple(history), None, value
        line = self.line
        line.max_length, line.password = limit, password
        line.put(value)
        self.query_one("#note").display = False
        self._forget_candidates()
        self.appear(line)

    # what the owner says

    def offer(self, candidates: Sequence[str], start: int) -> None:
        """Offer completions for the text from character `start` up to the cursor; none takes them away.

        While the user goes through the completions another offer is not heeded.
        """
        if self._cycle >= 0:
            return
        self._candidates = tuple(dict.fromkeys(candidates))
        self._span = (start, self.line.cursor_position)
        row = self.query_one(Candidates)
        row.offer(self._candidates)
        row.display = bool(self._candidates)

    def hint(self, text: str) -> None:
        """Say below the line what the text means. Once there, the row stays: the line does not jump."""
        note = self.query_one("#note", PlainLine)
        note.say(text)
        if text:
            note.display = True

    def error(self, text: str, position: int | None = None) -> None:
        """Say what is wrong; with a caret under the character at `position`."""
        if position is None:
            self.hint(f"! {text}")
            return
        room = self.room.width
        column = max(0, min(self._label_width + self.line.caret(position), room - 1))
        if column + 2 + cell_len(text) <= room or column < room // 2:
            self.hint(" " * column + "^ " + text)
        else:
            text = cut(text, column - 1)
            self.hint(" " * (column - 1 - cell_len(text)) + text + " ^")

    @property
    def _label_width(self) -> int:
        return cell_len(self.query_one("#label", PlainLine).text)

    # what the user does

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass it on."""
        event.stop()
        if self.is_open:
            self._typed, self._recalled = event.value, None
            self._forget_candidates()
            self.post_message(self.Changed(self, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Pass it on."""
        event.stop()
        if self.is_open:
            self.post_message(self.Submitted(self, event.value))

    def action_cancel(self) -> None:
        """Close; the first Esc in a row of completions only takes those back."""
        if self._cycle >= 0:
            self._replace(self._typed)
            self._forget_candidates()
            return
        value = self.value
        self.close()
        self.post_message(self.Cancelled(self, value))

    def action_complete(self, step: int) -> None:
        """Put the next completion, or the one before, in the place of what was typed."""
        if not self._candidates:
            return
        count = len(self._candidates)
        self._cycle = (self._cycle + step) % count if self._cycle >= 0 else (0 if step > 0 else count - 1)
        start, end = self._span
        chosen = self._candidates[self._cycle]
        self._replace(self._typed[:start] + chosen + self._typed[end:], start + len(chosen))
        if count == 1:
            self._typed = self.value
            self._forget_candidates()
        else:
            self.query_one(Candidates).offer(self._candidates, self._cycle)

    def action_recall(self, step: int) -> None:
        """Earlier values that begin as what was typed; past the newest stands what was typed."""
        fitting = [value for value in self._history if value.startswith(self._typed)]
        at = (len(fitting) if self._recalled is None else self._recalled) + step
        if not 0 <= at <= len(fitting):
            return
        typed = self._typed
        self._forget_candidates()
        self._replace(fitting[at] if at < len(fitting) else typed)
        self._recalled = at

    def _replace(self, value: str, cursor: int | None = None) -> None:
        self.line.put(value)
        if cursor is not None:
            self.line.cursor_position = cursor
        self.post_message(self.Changed(self, value))

    def _forget_candidates(self) -> None:
        self._candidates, self._cycle = (), -1
        row = self.query_one(Candidates)
        row.offer(())
        row.display = False
