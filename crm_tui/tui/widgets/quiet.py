"""A screen on which a change of focus paints nothing but the two widgets concerned.

Textual repaints the whole screen whenever the focus moves, which is 2.5 kB for nothing on a slow line.
"""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

Result = TypeVar("Result")


class QuietScreen(Screen[Result]):
    """Base of all screens; it has the layer that overlays lie on."""

    DEFAULT_CSS = """
    QuietScreen { layers: base overlay; overflow: hidden; }
    """

    AUTO_FOCUS: ClassVar[str | None] = "RecordTable"  # the first that there is may be in a closed overlay

    ALLOW_SELECT: ClassVar[bool] = False  # the pointer's motion is not reported

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
