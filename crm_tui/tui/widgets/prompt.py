"""The line that one types on: a label, the text, what may follow above it, what it means below it.

It knows nothing of what is typed: whoever opened it offers the completions, and says what the text means or
where it is wrong. What is typed reaches the owner as it is, full-width punctuation included.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from crm_tui.domain.language import _
from crm_tui.tui.widgets.candidates import Candidates
from crm_tui.tui.widgets.line_input import LineInput
from crm_tui.tui.widgets.looking_back import LookingBack
from crm_tui.tui.widgets.overlay import Overlay
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.text_pane import wrap

PATIENCE = 0.8
"""Seconds that Tab waits for the completions of what was typed just before it."""


def marked(text: str, column: int, width: int, room: int) -> tuple[str, str]:
    """What is wrong, as up to two lines of `room` cells: a mark at `column` under what is `width` cells wide, the text
    beside it, and below it what does not fit there.
    """
    blank, mark = " " * column, "^" + "~" * (width - 1)
    beside = column + width + 1
    if beside + cell_len(text) <= room:
        return f"{blank}{mark} {text}", ""
    if cell_len(text) < column:
        return " " * (column - 1 - cell_len(text)) + f"{text} {mark}", ""
    if beside > room // 2:
        return blank + mark, text
    first, *rest = wrap(text, room - beside)
    return f"{blank}{mark} {first}", " " * beside + " ".join(rest)


class Prompt(Overlay):
    """The prompt, on the bottom row. It closes on Esc; after Enter its owner closes it, or says what is wrong."""

    DEFAULT_CSS = """
    Prompt > Horizontal { height: 1; width: 100%; }
    Prompt #label { width: auto; }
    Prompt Candidates, Prompt #note, Prompt #more { display: none; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("tab", "complete(1)", show=False),
        Binding("shift+tab", "complete(-1)", show=False),
        Binding("up", "recall(-1)", show=False),
        Binding("down", "recall(1)", show=False),
        Binding("ctrl+r", "look_back", show=False),
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
        """The text is another one, or its completions are wanted for another place in it."""

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
        yield PlainLine(id="more")

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._label = ""
        self._history: tuple[str, ...] = ()
        self._recalled: int | None = None
        self._looking: LookingBack | None = None
        self._typed = ""
        self._candidates: tuple[str, ...] = ()
        self._meanings: tuple[str, ...] = ()
        self._span = (0, 0)
        self._cycle = -1
        self._offered = asyncio.Event()
        self._wrong: tuple[str, int] | None = None

    def on_mount(self) -> None:
        """The right arrow at the end takes what was found among earlier lines; an error follows a line that scrolls."""
        self.line.beyond = self._take_found
        self.watch(self.line, "scroll_x", self._point, init=False)

    @property
    def line(self) -> LineInput:
        """The input itself."""
        return self.query_one("#line", LineInput)

    @property
    def value(self) -> str:
        """What has been typed."""
        return self.line.value

    @property
    def cursor(self) -> int:
        """The character of the value before which the cursor stands."""
        return self.line.cursor_position

    @property
    def is_choosing(self) -> bool:
        """Whether one is going through the completions."""
        return self._cycle >= 0

    @property
    def meaning(self) -> str:
        """What the completion means that stands in the line."""
        return self._meanings[self._cycle] if 0 <= self._cycle < len(self._meanings) else ""

    def holds(self, text: str) -> bool:
        """Whether it is open and this is what it asks about: an answer that comes later is about something else."""
        return self.is_open and self._looking is None and self.value == text

    def open(
        self, label: str, value: str = "", *, history: Sequence[str] = (), limit: int = 1000, password: bool = False
    ) -> None:
        """Ask. `label` stands before the text; `history` are earlier values, the newest last."""
        self._looking, self._label = None, label
        self._show_label(label)
        self._history = tuple(reversed(dict.fromkeys(reversed(history))))
        self._recalled, self._typed = None, value
        line = self.line
        line.max_length, line.password = limit, password
        line.put(value)
        self.query_one("#note").display = False
        self._wrong = None
        self._say_more("")
        self._forget_candidates()
        self._offered.set()
        self.appear(line)

    def reappear(self) -> None:
        """Open it again as it was when it closed."""
        self.appear(self.line)

    def _show_label(self, label: str) -> None:
        shown = self.query_one("#label", PlainLine)
        shown.say(label)
        shown.styles.width = cell_len(label)

    # what the owner says

    def offer(
        self, candidates: Sequence[str], start: int, meanings: Sequence[str] = (), *, end: int | None = None
    ) -> None:
        """Offer completions for the text from character `start` up to `end` (the cursor); none takes them away.

        While the user goes through the completions another offer is not heeded.
        """
        if self.is_choosing or self._looking is not None:
            return
        known: dict[str, str] = {}
        for index, text in enumerate(candidates):
            known.setdefault(text, meanings[index] if index < len(meanings) else "")
        self._candidates, self._meanings = tuple(known), tuple(known.values())
        self._span = (start, self.cursor if end is None else end)
        self.query_one(Candidates).offer(self._candidates)
        self._offered.set()

    def hint(self, text: str) -> None:
        """Say below the line what the text means. Once there, the row stays: the line does not jump."""
        self._wrong = None
        self._say_more("")
        self._note(text)

    def error(self, text: str, position: int | None = None, *, go: bool = False) -> None:
        """Say what is wrong; with a mark under the word at character `position`, and the cursor behind it for `go`."""
        if position is None:
            self.hint(f"! {text}")
            return
        if go:
            self._forget_candidates()
            self.line.go(position, self._end_of_word(position))
        self._wrong = (text, position)
        self._point()

    def _note(self, text: str) -> None:
        note = self.query_one("#note", PlainLine)
        note.say(text)
        if text:
            note.display = True

    def _say_more(self, text: str) -> None:
        more = self.query_one("#more", PlainLine)
        more.say(text)
        more.display = bool(text)

    def _end_of_word(self, position: int) -> int:
        value = self.value
        return next((i for i in range(position, len(value)) if value[i].isspace()), len(value))

    def _point(self) -> None:
        """Mark the wrong word where it stands now; the message beside the mark, or below it where it does not fit."""
        if self._wrong is None:
            return
        text, position = self._wrong
        label, line, room = cell_len(self._label), self.line, self.room.width
        column = max(label, min(label + line.caret(position), room - 1))
        end = min(label + line.caret(self._end_of_word(position)), room)
        note, more = marked(text, column, max(1, end - column), room)
        self._note(note)
        self._say_more(more)

    # what the user does

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass it on."""
        event.stop()
        if not self.is_open:
            return
        if self._looking is not None:
            self._looking.look(event.value)
            self._show_found()
            return
        self._typed, self._recalled = event.value, None
        self._candidates, self._cycle = (), -1  # those on the screen stay until others take their place
        self._changed(event.value)

    def _changed(self, value: str) -> None:
        self._offered.clear()
        self.post_message(self.Changed(self, value))

    def on_line_input_refused(self, event: LineInput.Refused) -> None:
        """Say that the paste was too long."""
        event.stop()
        self.hint(f"! {event.text}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Pass it on; what was found among earlier lines as if it had been typed."""
        event.stop()
        if not self.is_open or (self._looking is not None and not self._take_found()):
            return
        self.post_message(self.Submitted(self, self.value))

    def action_cancel(self) -> None:
        """Close; the first Esc among completions, or among earlier lines, only brings back what was typed."""
        if self._looking is not None:
            self._leave_history(self._looking.before)
            return
        if self.is_choosing:
            self.query_one(Candidates).offer(self._candidates)  # they are offered again at once
            self._candidates, self._cycle = (), -1
            self._replace(self._typed)
            return
        value = self.value
        self.close()
        self.post_message(self.Cancelled(self, value))

    async def action_complete(self, step: int) -> None:
        """Put the next completion, or the one before, in the place of what was typed."""
        if self._looking is not None:
            self._take_found()
            return
        if not self.is_choosing:
            await self._await_offer()
        if not self._candidates:
            return
        count = len(self._candidates)
        self._cycle = (self._cycle + step) % count if self.is_choosing else (0 if step > 0 else count - 1)
        start, end = self._span
        chosen = self._candidates[self._cycle]
        if meaning := self.meaning:
            self.hint(meaning)
        self._replace(self._typed[:start] + chosen + self._typed[end:], start + len(chosen))
        if count == 1:
            self._typed = self.value
            self._candidates, self._cycle = (), -1
        else:
            self.query_one(Candidates).offer(self._candidates, self._cycle)

    async def _await_offer(self) -> None:
        """Wait for what may stand at the cursor; whoever types ahead means what is not there yet."""
        self._typed = self.value
        if self._candidates and self._span[1] == self.cursor:
            return
        self._changed(self.value)  # what was asked for, or has come already, may be for another place
        with suppress(TimeoutError):
            await asyncio.wait_for(self._offered.wait(), PATIENCE)

    def action_recall(self, step: int) -> None:
        """Earlier values that begin as what was typed; past the newest stands what was typed."""
        if self._looking is not None:
            self.action_look_back(-step)
            return
        fitting = [value for value in self._history if value.startswith(self._typed)]
        at = (len(fitting) if self._recalled is None else self._recalled) + step
        if not 0 <= at <= len(fitting):
            return
        typed = self._typed
        self._forget_candidates()
        self._replace(fitting[at] if at < len(fitting) else typed)
        self._recalled = at

    # earlier lines

    def action_look_back(self, step: int = 1) -> None:
        """Look for an earlier line as one types; again: for the one before it."""
        if self._looking is None:
            if not self._history:
                self.hint(_("nothing was typed here before"))
                return
            self._looking = LookingBack(self._history, self.value)
            self._cycle = -1
            self._show_label(_("earlier: "))
            self.line.put("")
        else:
            self._looking.step(step)
        self._show_found()

    def _show_found(self) -> None:
        assert self._looking is not None
        found = self._looking.found
        self._candidates = ()
        self.query_one(Candidates).offer(found, 0)
        self.hint(
            _("Enter runs it · Tab edits it · ctrl+r the one before · Esc back")
            if found
            else _("! no earlier line has that; Esc back")
        )

    def _take_found(self) -> bool:
        """Put the earlier line that was found into the line; False where none is looked for, or found."""
        if self._looking is None or not self._looking.found:
            return False
        self._leave_history(self._looking.found[0])
        return True

    def _leave_history(self, value: str) -> None:
        self._looking = None
        self._show_label(self._label)
        self._forget_candidates()
        self.hint("")
        self._typed, self._recalled = value, None
        self._replace(value)

    def _replace(self, value: str, cursor: int | None = None) -> None:
        self.line.put(value)
        if cursor is not None:
            self.line.cursor_position = cursor
        self._changed(value)

    def _forget_candidates(self) -> None:
        self._candidates, self._meanings, self._cycle = (), (), -1
        self.query_one(Candidates).offer(())
