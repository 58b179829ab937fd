"""An application that does nothing to the host: no screenshot, no browser, no file delivered, no suspension.

Textual can do all that, some of it by a link in a text. No session here has a use for it, and at the door each would
be a way out. The terminal is lent to nobody but the editor that the user asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.app import App


class Sealed(App[int]):
    """What is overridden here does nothing; what must return something refuses."""

    ENABLE_COMMAND_PALETTE = False

    def action_screenshot(self, filename: str | None = None, path: str | None = None) -> None:
        """Nothing."""

    def action_suspend_process(self) -> None:
        """Nothing: there is no shell to come back from."""

    def action_command_palette(self) -> None:
        """Nothing: the palette is the catalogue's."""

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Nothing: the browser would open on the server."""

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Refuse."""
        raise NotImplementedError
        yield

    @contextmanager
    def lent(self) -> Iterator[None]:
        """The terminal as it was before the program took it, for the editor that the user asks for."""
        with App.suspend(self):
            yield

    def save_screenshot(self, *arguments: Any, **options: Any) -> str:
        """Refuse."""
        raise NotImplementedError

    def deliver_text(self, *arguments: Any, **options: Any) -> None:
        """Nothing."""

    def deliver_binary(self, *arguments: Any, **options: Any) -> None:
        """Nothing."""
