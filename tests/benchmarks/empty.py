"""An empty Textual application: what any program of its kind costs."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Empty(App[None]):
    """One line of text."""

    ENABLE_COMMAND_PALETTE = False

    def compose(self) -> ComposeResult:
        yield Static("ready", markup=False)


if __name__ == "__main__":
    Empty().run()
