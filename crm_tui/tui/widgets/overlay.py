"""What lies over a screen for a while: it covers, keeps the keys to itself, and gives the focus back.

An overlay is a widget of the same screen, docked on a layer of its own, and moves itself to the front of the
screen's children: there its coming and going changes the place of no other widget, so what is beneath is neither
laid out nor painted again, except for the rows that were covered.
"""

from __future__ import annotations

import asyncio

from textual import events
from textual.containers import Vertical
from textual.geometry import Size
from textual.widget import Widget


class Overlay(Vertical, can_focus=False, inherit_bindings=False):
    """The common part. The screen is a `QuietScreen`, or declares `layers: base overlay`."""

    DEFAULT_CSS = """
    Overlay {
        layer: overlay; dock: bottom; display: none;
        width: 100%; height: auto; max-height: 100%; overflow: hidden;
        background: $surface; color: $foreground;
    }
    Overlay PlainLine { background: $surface; }
    Overlay:ansi, Overlay:ansi PlainLine { background: ansi_default; color: ansi_default; }
    """

    _before: Widget | None = None

    @property
    def is_open(self) -> bool:
        """Is it on the screen?"""
        return self.is_attached and bool(self.display)

    def appear(self, focus: Widget) -> None:
        """Show it and give the focus to `focus`, which is it or in it."""
        if not self.is_open:
            self._before = self.screen.focused
            self.display = True
        self.screen.set_focus(focus, scroll_visible=False)  # at once, unlike `focus.focus()`: the next key is its

    def close(self) -> None:
        """Take it away; the focus goes back to where it was."""
        if not self.is_open:
            return
        before, self._before = self._before, None
        self.screen.set_focus(before if before is not None and before.is_attached else None, scroll_visible=False)
        self.display = False

    def on_mount(self) -> None:
        """Go to the front of the children."""
        parent = self.parent
        if isinstance(parent, Widget) and parent.children[0] is not self:
            parent.move_child(self, before=0)

    @property
    def room(self) -> Size:
        """The size of the screen that it lies over."""
        return self.screen.size


def holder(widget: Widget | None) -> Overlay | None:
    """The overlay that the keys belong to while `widget` has the focus; None when they are commands."""
    if widget is None:
        return None
    return next((node for node in widget.ancestors_with_self if isinstance(node, Overlay)), None)


async def take_key(widget: Widget, event: events.Key) -> None:
    """Run what the key is bound to between `widget`, which has the focus, and its overlay; the overlay keeps the rest.

    Textual runs bindings only when the key has come back up to the application: behind keys that were typed later.
    """
    overlay = holder(widget)
    if overlay is None:
        return
    event.stop()
    event.prevent_default()
    for node in widget.ancestors_with_self:
        for binding in node._bindings.key_to_bindings.get(event.key, ()):
            if await widget.app.run_action(binding.action, node):
                return
        if node is overlay:
            return


async def settle(widget: Widget | None, timeout: float = 1.0) -> None:
    """Wait until `widget` and everything that contains it have dealt with what they were sent.

    Whoever forwards keys awaits this after each: the next key then finds the focus where the last one put it, however
    fast they come. What the application itself is sent does not count: overlays are answered on the screen. Gives up
    after `timeout` seconds.
    """
    if widget is None:
        return
    nodes = [node for node in widget.ancestors_with_self if isinstance(node, Widget)]
    try:
        async with asyncio.timeout(timeout):
            for node in nodes:
                for _ in range(2):  # what a message makes the node send to itself comes after the first round
                    if node.is_attached and node.is_running:
                        done = asyncio.Event()
                        node.call_later(done.set)
                        await done.wait()
    except TimeoutError:
        return
