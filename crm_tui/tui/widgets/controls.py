"""What one fills in: each control has a `value` that is a string, says when it changes, and when it is done with.

They take their keys themselves; Tab, Esc and what leaves a field belong to the form around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from crm_tui.tui.widgets.cells import cut
from crm_tui.tui.widgets.overlay import take_key
from crm_tui.tui.widgets.plain import REVERSE, Piece, PlainLine


class Edited(Message):
    """A control that is no input of Textual's has another value."""

    def __init__(self, box: Widget) -> None:
        super().__init__()
        self.box = box


class Finished(Message):
    """Enter was pressed in such a control."""


class Refused(Message):
    """A paste into such a control was not taken; `text` says why."""

    def __init__(self, box: Widget, text: str) -> None:
        super().__init__()
        self.box = box
        self.text = text


class Left(Message):
    """An arrow key went over the edge of such a control: `step` is -1 upwards, 1 downwards."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class ChoiceBox(PlainLine, can_focus=True, inherit_bindings=False):
    """One of a few values: arrows or the blank go through them, a first letter or a digit picks one."""

    BINDINGS: ClassVar[list[BindingType]] = []

    DEFAULT_CSS = """
    ChoiceBox { width: 1fr; }
    """

    def __init__(
        self,
        choices: Sequence[tuple[str, str]],
        value: str = "",
        *,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """`choices` are values and what is shown for them; the first is taken when `value` is none of them."""
        super().__init__(id=id)
        self._choices = tuple(choices) or (("", ""),)
        self._at = next((number for number, (own, _) in enumerate(self._choices) if own == value), 0)

    @property
    def value(self) -> str:
        """The value that is chosen."""
        return self._choices[self._at][0]

    def pieces(self, width: int) -> list[Piece]:
        """What is chosen, between the signs that it can be changed; in reverse video while it has the focus."""
        text = cut(f"‹ {self._choices[self._at][1] or '-'} ›", width)
        return [(text, REVERSE if self.has_focus else None)]

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Letters and digits pick."""
        return character is not None and character.isprintable()

    async def on_key(self, event: events.Key) -> None:
        """Change the choice."""
        step = {"left": -1, "right": 1, "space": 1}.get(event.key)
        if event.key == "enter":
            self.post_message(Finished())
        elif event.key in ("up", "down"):
            self.post_message(Left(-1 if event.key == "up" else 1))
        elif step is not None:
            self._pick((self._at + step) % len(self._choices))
        elif event.is_printable and event.character:
            self._pick(self._beginning_with(event.character.casefold()))
        else:
            await take_key(self, event)
        event.stop()
        event.prevent_default()

    def on_click(self, event: events.Click) -> None:
        """The next one."""
        self._pick((self._at + 1) % len(self._choices))

    def choose(self, value: str) -> None:
        """Choose this value, if it is one of them."""
        self._pick(next((at for at, (own, __) in enumerate(self._choices) if own == value), self._at))

    def _beginning_with(self, character: str) -> int:
        if character.isdecimal() and 1 <= int(character) <= len(self._choices):
            return int(character) - 1
        order = [(self._at + 1 + number) % len(self._choices) for number in range(len(self._choices))]
        fitting = (at for at in order if any(text.casefold().startswith(character) for text in self._choices[at]))
        return next(fitting, self._at)

    def _pick(self, at: int) -> None:
        if at != self._at:
            self._at = at
            self.refresh()
            self.post_message(Edited(self))

