from __future__ import annotations

import subprocess
import sys

import pytest

from crm_tui.tui.terminal import profile


def test_kitty_keys_are_off_and_nothing_moves() -> None:
    environ: dict[str, str] = {}
    profile.prepare(environ)
    assert environ == {
        "TEXTUAL_DISABLE_KITTY_KEY": "1",
        "TEXTUAL_SMOOTH_SCROLL": "0",
        "TEXTUAL_ANIMATIONS": "none",
    }


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ({"CRM_TUI_KITTY": "1"}, "TEXTUAL_DISABLE_KITTY_KEY", None),
        ({"TEXTUAL_DISABLE_KITTY_KEY": "0"}, "TEXTUAL_DISABLE_KITTY_KEY", "0"),
        ({"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22"}, "ESCDELAY", "200"),
        ({"SSH_CONNECTION": "1.2.3.4 5 6.7.8.9 22", "ESCDELAY": "25"}, "ESCDELAY", "25"),
        ({}, "ESCDELAY", None),
        ({"TEXTUAL_ANIMATIONS": "full"}, "TEXTUAL_ANIMATIONS", "none"),
    ],
)
def test_what_the_user_set_is_kept_except_animations(given: dict[str, str], name: str, expected: str | None) -> None:
    profile.prepare(given)
    assert given.get(name) == expected


def test_the_profile_does_not_import_textual() -> None:
    code = "import sys, crm_tui.tui.terminal.profile as p; p.prepare({}); sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_a_stream_that_is_no_terminal_is_named(stream: int) -> None:
    reason = profile.check({"TERM": "xterm"}, lambda number: number != stream)
    assert reason is not None
    assert ("standard input", "standard output", "standard error")[stream] in reason


def test_a_closed_stream_is_no_terminal() -> None:
    def isatty(number: int) -> bool:
        raise OSError(number)

    assert "standard input" in str(profile.check({"TERM": "xterm"}, isatty))


@pytest.mark.parametrize(("term", "fine"), [("xterm", True), ("dumb", False), ("", False), (None, False)])
def test_a_terminal_without_a_cursor_is_refused(term: str | None, fine: bool) -> None:
    environ = {} if term is None else {"TERM": term}
    assert (profile.check(environ, lambda _: True) is None) == fine


@pytest.mark.parametrize(("environ", "expected"), [({}, False), ({"NO_COLOR": ""}, False), ({"NO_COLOR": "1"}, True)])
def test_no_color_counts_when_it_is_not_empty(environ: dict[str, str], expected: bool) -> None:
    assert profile.colourless(environ) is expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"LANG": "C"}, True),
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "de_DE.utf8@euro"}, True),
        ({"LANG": "zh_CN.GB18030"}, False),
        ({"LANG": "zh_CN"}, False),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.GBK"}, False),
        ({"LANG": "zh_CN.GBK", "LC_CTYPE": "C.UTF-8", "LC_ALL": ""}, True),
    ],
)
def test_the_locale_tells_whether_the_terminal_is_utf8(environ: dict[str, str], expected: bool) -> None:
    assert profile.utf8(environ) is expected
