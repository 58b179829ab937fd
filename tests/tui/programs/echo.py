"""Shows what the driver delivers: a line for each key and paste."""

from __future__ import annotations

import signal
import sys

from crm_tui.tui.terminal import keys, profile

profile.prepare()

from textual import events  # noqa: E402
from textual.app import App, ComposeResult  # noqa: E402
from textual.widgets import Static  # noqa: E402

from crm_tui.tui.terminal.driver import SafeDriver  # noqa: E402


class Echo(App[None]):
    """`q` leaves, `s` suspends for a moment."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__(driver_class=SafeDriver)
        self.seen: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("ready", markup=False)

    def note(self, text: str) -> None:
        self.seen.append(text)
        self.query_one(Static).update("\n".join(["ready", *self.seen[-20:]]))

    def on_key(self, event: events.Key) -> None:
        self.note(f"key {event.key} {event.character!a}")
        if event.key == "q":
            self.exit()
        if event.key == "s":
            with self.suspend():
                print("suspended")
            self.note("resumed")

    def on_paste(self, event: events.Paste) -> None:
        self.note(f"paste {len(event.text)} {event.text[:40]!a}")

    def on_click(self, event: events.Click) -> None:
        self.note(f"click {event.screen_x:.0f} {event.screen_y:.0f}")

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self.note("wheel down")

    def on_resize(self, event: events.Resize) -> None:
        self.note(f"size {event.size.width} {event.size.height}")


if __name__ == "__main__":
    if "deaf" in sys.argv:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        keys.PATIENCE = 60.0  # whoever sends a sequence in pieces may be held up
    Echo().run(mouse="nomouse" not in sys.argv)
