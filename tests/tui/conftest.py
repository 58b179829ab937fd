"""Pilots that do not wait longer than they must, and as long as they must on a busy machine."""

from __future__ import annotations

import asyncio
import time

import pytest

LONG = 60.0
"""Seconds after which what has not come will not come."""


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    import textual.pilot
    import textual.screen

    monkeypatch.setattr(textual.screen, "UPDATE_PERIOD", 0.01)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", _idle)
    # where the program gives up waiting, so that a user can go on: a Tab, a key that is obeyed, a mark on every row
    monkeypatch.setattr("crm_tui.tui.widgets.prompt.PATIENCE", LONG)
    monkeypatch.setattr("crm_tui.tui.widgets.overlay.settle.__defaults__", (LONG,))
    monkeypatch.setattr("crm_tui.tui.screens.pipeline.PATIENCE", LONG)


async def _idle(min_sleep: float = 0.0) -> None:
    """Wait until the loop has nothing more to do. Textual's own takes a process that gets no processor for idle."""
    loop, end = asyncio.get_running_loop(), time.monotonic() + LONG
    while time.monotonic() < end:
        began = time.process_time()
        await asyncio.sleep(max(min_sleep, 0.002))
        # a turn of an idle loop takes up to half of that; what else is to be done is in the list of what is ready
        if time.process_time() - began < 0.0006 and not loop._ready:  # type: ignore[attr-defined]
            return
