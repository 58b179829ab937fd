"""Pilots that do not wait longer than they must."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    import textual._wait
    import textual.screen

    monkeypatch.setattr(textual.screen, "UPDATE_PERIOD", 0.002)
    monkeypatch.setattr(textual._wait, "SLEEP_GRANULARITY", 0.002)
    monkeypatch.setattr(textual._wait, "SLEEP_IDLE", 0.0006)  # a turn of an idle loop takes up to half of that
    monkeypatch.setattr("crm_tui.tui.widgets.prompt.PATIENCE", 10.0)  # a busy machine is no reason to give up on a Tab
