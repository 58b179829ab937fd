"""A form: fields with a label before and a word after them, which says what the value means or what is wrong.

The form knows no field's meaning: `check` and `hint` of its owner do. It closes on Esc, handing over what was filled
in; after Enter its owner closes it, or says which field is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Input

from crm_tui.domain.language import _
from crm_tui.tui.widgets.controls import ChoiceBox, Edited, Finished, Left, Refused
from crm_tui.tui.widgets.line_input import LineInput
from crm_tui.tui.widgets.overlay import Overlay
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from textual.widgets import TextArea

    from crm_tui.tui.widgets.text_box import TextBox

Kind = Literal["text", "long", "page", "choice", "yesno", "date"]
Say = Callable[[str, str], "str | None"]

CHROME = 2
"""Rows beside the fields: the title, the bottom line."""
LABEL_LIMIT = 24
LONG_ROWS = 4


@dataclass(frozen=True)
class Field:
    """A field. Its value is a string: of a `yesno` field `yes` or `no`, of a choice the chosen value.

    A `page` is a `long` text with as many lines in sight as it has, where the screen has room for them.
    What is wrong with a `date` is said while it is typed, of the others when one leaves them. `said` stands in lines
    below the field; `other` is a value that Ctrl+T puts in the place of what is filled in, and takes away again.
    """

    name: str
    label: str
    kind: Kind = "text"
    value: str = ""
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    limit: int = 1000
    secret: bool = False
    other: str | None = None
    said: tuple[str, ...] = ()


class FieldRow(Horizontal):
    """A field on the screen."""

    DEFAULT_CSS = """
    FieldRow { width: 100%; height: auto; }
    FieldRow > .note { width: 40%; padding: 0 0 0 1; }
    """

    def __init__(self, field: Field, label_width: int) -> None:
        self.field = field
        self.control = _control(field)
        self.label = PlainLine(classes="label")
        self.label.styles.width = label_width
        self.note = PlainLine(classes="note")
        self.wrong = False
        self.known = self.value
        self.kept: str | None = None
        """What was filled in before the other value took its place."""
        self.said = TextPane() if field.said else None
        if self.said is not None:
            self.said.styles.height = len(field.said)
            self.said.show(field.said)
        super().__init__(self.label, self.control, self.note)
        self.point(False)

    @property
    def value(self) -> str:
        """What is filled in."""
        return self.control.value

    def swap(self) -> None:
        """Fill in the other value instead, or what was filled in before."""
        other, value = self.field.other, self.value
        if other is None:
            return
        new, self.kept = (self.kept, None) if value == other and self.kept is not None else (other, value)
        match self.control:
            case LineInput() as line:
                line.value = new
                line.cursor_position = len(new)
            case ChoiceBox() as choice:
                choice.choose(new)
            case box:
                box.text = new
                box.move_cursor(box.document.end)

    def point(self, here: bool) -> None:
        """Say with a glyph whether the keys go here."""
        mark = "*" if self.field.required else ""
        self.label.say(f"{'›' if here else ' '} {self.field.label}{mark}")

    def say(self, text: str | None, wrong: bool = False) -> None:
        """Say something after the field."""
        self.wrong = wrong and bool(text)
        self.note.say(f"! {text}" if self.wrong else text or "")


class Rows(VerticalScroll, can_focus=False, inherit_bindings=False):
    """The fields; as high as they are, or as the screen allows."""

    DEFAULT_CSS = """
    Rows { height: auto; scrollbar-size: 0 0; }
    """


class Form(Overlay):
    """The form, over the bottom of the screen."""

    DEFAULT_CSS = """
    Form > #title { text-style: bold; }
    Form TextPane { background: $surface; }
    Form:ansi TextPane { background: ansi_default; color: ansi_default; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("tab,down", "step(1)", show=False),
        Binding("shift+tab,up", "step(-1)", show=False),
        Binding("ctrl+t", "swap", show=False),
    ]

    class _Values(Message):
        def __init__(self, form: Form, values: Mapping[str, str]) -> None:
            super().__init__()
            self.form = form
            self.values = dict(values)

        @property
        def control(self) -> Form:
            return self.form

    class Changed(_Values):
        """A value is another one."""

    class Submitted(_Values):
        """Enter was pressed, nothing required is missing and `check` finds nothing wrong. The form stays open."""

    class Cancelled(_Values):
        """Esc was pressed; the form is closed. The values are what a draft keeps."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._check: Say | None = None
        self._hint: Say | None = None
        self._said = ""
        self._rows: dict[str, FieldRow] = {}

    def compose(self) -> ComposeResult:
        yield PlainLine(id="title")
        yield Rows()
        yield PlainLine(id="foot")

    async def open(
        self,
        title: str,
        fields: Sequence[Field],
        *,
        check: Say | None = None,
        hint: Say | None = None,
        focus: str | None = None,
        foot: str = "",
    ) -> None:
        """Ask for these fields, of which there is at least one; the focus is in `focus`, else in the first.

        `foot` is said in the bottom line until something is typed.
        `check(name, value)` is what is wrong with a value, `hint(name, value)` what it means; None: nothing.
        When this has been awaited the next key is the form's.
        """
        self._check, self._hint, self._said = check, hint, foot
        self.query_one("#title", PlainLine).say(title)
        container = self.query_one(Rows)
        await container.remove_children()
        width = min(LABEL_LIMIT, max(cell_len(field.label) for field in fields) + 4)
        self._rows = {field.name: FieldRow(field, width) for field in fields}
        # never higher than the screen: the title and the bottom line stay, the fields scroll
        container.styles.max_height = max(1, self.room.height - CHROME)
        await container.mount(*(part for row in self._rows.values() for part in (row, row.said) if part is not None))
        for row in self._rows.values():
            self._live(row)
        first = self._rows[focus] if focus in self._rows else next(iter(self._rows.values()))
        self._point(first)
        self.appear(first.control)

    @property
    def values(self) -> dict[str, str]:
        """What is filled in, by the names of the fields."""
        return {name: row.value for name, row in self._rows.items()}

    def set_error(self, name: str, text: str) -> None:
        """Say at a field what is wrong with it, and go there."""
        row = self._rows[name]
        row.say(text, wrong=True)
        self.screen.set_focus(row.control)
        self._foot(row)

    def tell(self, text: str) -> None:
        """Say something in the bottom line."""
        self.query_one("#foot", PlainLine).say(text)

    # what the user does

    def on_descendant_focus(self) -> None:
        """Point at the field that has the focus now."""
        for row in self._rows.values():
            if row.control.has_focus:
                self._point(row)

    def on_descendant_blur(self) -> None:
        """Say what is wrong with the field that was left."""
        for row in self._rows.values():
            if not row.control.has_focus and row.value:
                self._judge(row)

    def on_input_changed(self, event: Input.Changed) -> None:
        """A line of text changed."""
        event.stop()
        self._edited(event.input)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """A box of text changed."""
        event.stop()
        self._edited(event.text_area)

    def on_edited(self, event: Edited) -> None:
        """A choice changed."""
        event.stop()
        self._edited(event.box)

    def on_line_input_refused(self, event: LineInput.Refused) -> None:
        """A paste that is too long for a line."""
        event.stop()
        self.tell(f"! {event.text}")

    def on_refused(self, event: Refused) -> None:
        """A paste that is too long for a box."""
        event.stop()
        self.tell(f"! {event.text}")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a line."""
        event.stop()
        self.submit()

    def on_finished(self, event: Finished) -> None:
        """Enter elsewhere."""
        event.stop()
        self.submit()

    def on_left(self, event: Left) -> None:
        """Over the edge of a control."""
        event.stop()
        self.action_step(event.step)

    def action_step(self, step: int) -> None:
        """To the next field, or the one before; round the ends."""
        rows = list(self._rows.values())
        at = next((number for number, row in enumerate(rows) if row.control.has_focus), 0)
        self.screen.set_focus(rows[(at + step) % len(rows)].control)

    def action_swap(self) -> None:
        """The other value of the field, or what was filled in again."""
        for row in self._rows.values():
            if row.control.has_focus:
                row.swap()

    def action_cancel(self) -> None:
        """Close, and hand over what was filled in."""
        if self.is_open:
            self.post_message(self.Cancelled(self, self.values))
            self.close()

    def submit(self) -> None:
        """Hand over the values if none is wrong; else go to the first that is."""
        if not self.is_open:
            return
        wrong = [row for row in self._rows.values() if self._judge(row, all_of_it=True)]
        if wrong:
            self.screen.set_focus(wrong[0].control)
            self._foot(wrong[0])
        else:
            self.post_message(self.Submitted(self, self.values))

    # what the form says

    def _edited(self, control: object) -> None:
        row = next((row for row in self._rows.values() if row.control is control), None)
        if row is not None and self.is_open and row.value != row.known:  # a box says so when it is mounted, too
            row.known = row.value
            self._said = ""
            self._live(row)
            self._foot(row)
            self.post_message(self.Changed(self, self.values))

    def _live(self, row: FieldRow) -> None:
        """While typing: what the value means; what is wrong only where that helps, or was said already."""
        if row.field.kind == "date" or row.wrong:
            self._judge(row)
        else:
            row.say(self._meaning(row))

    def _judge(self, row: FieldRow, all_of_it: bool = False) -> bool:
        """Say what is wrong with the value, else what it means; was something wrong?"""
        name, value = row.field.name, row.value
        missing = all_of_it and row.field.required and not value.strip()
        error = _("is needed") if missing else self._check(name, value) if self._check and value else None
        row.say(error or self._meaning(row), wrong=bool(error))
        return bool(error)

    def _meaning(self, row: FieldRow) -> str | None:
        return self._hint(row.field.name, row.value) if self._hint and row.value else None

    def _point(self, here: FieldRow) -> None:
        for row in self._rows.values():
            row.point(row is here)
        if here.said is not None:
            self.query_one(Rows).scroll_to_widget(here.said, animate=False)
        self._foot(here)

    def _foot(self, row: FieldRow) -> None:
        """The note of the field in full where it was cut, else the keys."""
        note = row.note.text
        keys = _("Enter saves  Tab next field  Esc closes")
        if row.field.kind in ("long", "page"):
            keys = _("Enter saves  Ctrl+J new line  Tab next field  Esc closes")
        if row.field.other is not None:
            keys = _("Ctrl+T theirs or mine") + "  " + keys
        self.tell(note if cell_len(note) > row.note.content_size.width > 0 else self._said or keys)


def _control(field: Field) -> LineInput | TextBox | ChoiceBox:
    match field.kind:
        case "long" | "page":
            from crm_tui.tui.widgets.text_box import TextBox

            box = TextBox(field.value, limit=field.limit)
            box.styles.height = LONG_ROWS
            if field.kind == "page":
                box.styles.height = max(LONG_ROWS, field.value.count("\n") + 3)
                box.styles.max_height = "100%"
            return box
        case "choice":
            return ChoiceBox(field.choices, field.value)
        case "yesno":
            return ChoiceBox((("yes", _("yes")), ("no", _("no"))), field.value or "no")
        case _:
            return LineInput(field.value, limit=field.limit, password=field.secret)
