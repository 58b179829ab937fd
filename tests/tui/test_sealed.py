from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest
from textual.widgets import Static

from crm_tui.tui.app import CrmApp
from crm_tui.tui.terminal.sealed import Sealed

LINKS = ("screenshot('x.svg')", "app.screenshot('x.svg')", "suspend_process", "command_palette", "app.open_url('http://x')")


class Program(Sealed):
    def compose(self):  # type: ignore[no-untyped-def]
        yield Static("ready")


@pytest.mark.parametrize("action", LINKS)
async def test_no_action_reaches_the_host(action: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url, new=0: opened.append(url))
    app = Program()
    async with app.run_test() as pilot:
        await app.run_action(action)
        app.open_url("http://example.org")
        app.deliver_screenshot("x.svg", str(tmp_path))
        app.deliver_text("x", save_directory=tmp_path, save_filename="y")
        await pilot.pause()
        assert len(app.screen_stack) == 1
        with pytest.raises(NotImplementedError), app.suspend():
            pass
        with pytest.raises(NotImplementedError):
            app.save_screenshot("x.svg", str(tmp_path))
    assert opened == []
    assert list(tmp_path.iterdir()) == []


def test_the_program_is_such_an_application() -> None:
    assert issubclass(CrmApp, Sealed)
    assert not CrmApp.ENABLE_COMMAND_PALETTE
