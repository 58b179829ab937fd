"""A table under every overlay that there is; each is opened by a key, and the status line says what came of it."""

from __future__ import annotations

import sys

from crm_tui.tui.terminal import profile

profile.prepare()

from textual import events  # noqa: E402
from textual.app import App, ComposeResult  # noqa: E402
from textual.filter import LineFilter  # noqa: E402
from textual.widget import Widget  # noqa: E402

from crm_tui.tui.terminal.driver import SafeDriver  # noqa: E402
from crm_tui.tui.terminal.sanitize import Sanitize  # noqa: E402
from crm_tui.tui.widgets.confirm import Confirm  # noqa: E402
from crm_tui.tui.widgets.form import Field, Form  # noqa: E402
from crm_tui.tui.widgets.menu import Item, Menu  # noqa: E402
from crm_tui.tui.widgets.overlay import holder, settle  # noqa: E402
from crm_tui.tui.widgets.prompt import Prompt  # noqa: E402
from crm_tui.tui.widgets.quiet import QuietScreen  # noqa: E402
from crm_tui.tui.widgets.record_table import RecordTable, TableHeading  # noqa: E402
from crm_tui.tui.widgets.status_line import Part, StatusLine  # noqa: E402
from tests.tui.programs.table import COLUMNS, Rows  # noqa: E402

FIELDS = (
    Field("name", "Name", required=True, value="Acme"),
    Field("note", "Note", kind="long"),
    Field("kind", "Kind", kind="choice", choices=(("call", "Call"), ("mail", "Mail"), ("visit", "Visit"))),
    Field("next", "Next date", kind="date"),
    Field("sure", "Sure", kind="yesno"),
)
ITEMS = tuple(
    Item(f"c{n}", f"command number {n}", f"x {n}", f"does the thing number {n}", "not here" if n % 5 == 4 else "")
    for n in range(40)
)


def check(name: str, value: str) -> str | None:
    """`bad` is wrong everywhere."""
    return "no such date: try fri or 3d" if value == "bad" else None


def hint(name: str, value: str) -> str | None:
    """Dates mean something."""
    return "Fri 6 Mar 2026" if name == "next" and value == "fri" else None


class Place(QuietScreen[None]):
    """Where all is; overlays are answered here."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield TableHeading(COLUMNS)
        yield RecordTable(COLUMNS)
        yield StatusLine("ready")
        yield Prompt()
        yield Menu()
        yield Confirm()
        yield Form()

    def on_mount(self) -> None:
        self.query_one(RecordTable).show(Rows(self.count))
        self.query_one(StatusLine).parts = (Part("? help", 1), Part(": command", 2))

    def say(self, text: str) -> None:
        self.said.append(text)
        self.query_one(StatusLine).say(text)

    def open(self, key: str) -> object:
        """Open what belongs to the key; something to await, or None."""
        match key:
            case "colon":
                self.query_one(Prompt).open(":", history=("old one", "older"))
            case "question_mark":
                self.query_one(Menu).open("Commands", ITEMS)
            case "r":
                self.query_one(Menu).open("Commands", ITEMS, side="right")
            case "e":
                return self.query_one(Form).open("Edit Acme [/red]", FIELDS, check=check, hint=hint)
            case "D":
                self.query_one(Confirm).ask("Delete 30 customers (3 hidden)?", started_by="D")
        return None

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        words = [word for word in ("tier", "tag", "team") if event.value and word.startswith(event.value)]
        event.prompt.offer(words, 0)
        event.prompt.hint(f"means {event.value}" if event.value.startswith("m") else "")

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        if "x" in event.value:
            event.prompt.error("no x", event.value.index("x"))
            return
        event.prompt.close()
        self.say(f"submitted {event.value}")

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        self.say(f"cancelled {event.value}")

    def on_menu_chosen(self, event: Menu.Chosen) -> None:
        self.say(f"chosen {event.name}")

    def on_menu_cancelled(self, event: Menu.Cancelled) -> None:
        self.say("menu closed")

    def on_form_submitted(self, event: Form.Submitted) -> None:
        if event.values["name"] == "taken":
            event.form.set_error("name", "there is one of that name")
            return
        event.form.close()
        self.say(f"saved {event.values}")

    def on_form_cancelled(self, event: Form.Cancelled) -> None:
        self.say(f"draft {event.values}")

    def on_confirm_confirmed(self, event: Confirm.Confirmed) -> None:
        self.say("yes")

    def on_confirm_cancelled(self, event: Confirm.Cancelled) -> None:
        self.say("no")

    def on_confirm_dropped(self, event: Confirm.Dropped) -> None:
        self.said.append(f"dropped {event.count}")


class Overlays(App[None]):
    """`:` prompt, `?` menu, `r` menu on the right, `e` form, `D` a question, `q` leaves."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, count: int = 1000) -> None:
        super().__init__(driver_class=SafeDriver)
        self.place = Place(count)
        self.gate = Sanitize()
        self.commands: list[str] = []

    def get_default_screen(self) -> Place:
        return self.place

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), self.gate]

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            return await super().on_event(event)
        focused: Widget | None = self.focused
        if holder(focused) is not None:
            await super().on_event(event)
            return await settle(focused)
        self.commands.append(event.key)
        if event.key == "j":
            self.place.query_one(RecordTable).move(1)
        elif event.key == "q":
            self.exit()
        elif (opening := self.place.open(event.key)) is not None:
            await opening  # type: ignore[misc]
        return None


if __name__ == "__main__":
    Overlays(int(sys.argv[1])).run()
