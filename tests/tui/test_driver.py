"""The driver on a real terminal."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator

import pytest

from crm_tui.tui.terminal.driver import Line
from tests.terminal import Terminal

ECHO = [sys.executable, "-m", "tests.tui.programs.echo"]


@pytest.fixture(scope="module")
def echo() -> Iterator[Terminal]:
    with Terminal([*ECHO, "deaf"], env={"COLUMNS": "80"}) as terminal:
        terminal.wait("size 80 24")
        terminal.quiet()
        yield terminal


def test_idle_sends_nothing_and_wakes_nobody(echo: Terminal) -> None:
    sent, woken, used = echo.bytes, echo.switches(), echo.seconds()
    end = time.monotonic() + 0.7
    while time.monotonic() < end:
        echo.pump(0.1)
    assert (echo.bytes - sent, echo.switches() - woken, echo.seconds() - used) == (0, 0, 0)


def test_no_report_is_asked_for_that_is_not_used(echo: Terminal) -> None:
    modes = bytes(echo.raw)
    assert b"\x1b[?1000h" in modes
    assert b"\x1b[?1006h" in modes
    for unwanted in (b"1003h", b"1015h", b"1016h", b"1004h", b"2048"):
        assert unwanted not in modes


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"\xe9w", r"key replacement_character .*\n\s*key w"),
        (b"\x1bk", r"key escape .*\n\s*key k"),
        ("：".encode(), r"key fullwidth_colon"),
        (b"\x1b[200~a\x1b[31m d\x1b]52;c;x\x07\r\nzz\x1b[201~", r"paste 17 'a\[31m d\]52;c;x\\nzz'"),
        (b"\x1b[<0;5;3M\x1b[<0;5;3m\x1b[<65;5;3M", r"click 4 2\s*\n\s*wheel down"),
    ],
)
def test_whatever_is_sent_the_program_lives_and_understands(echo: Terminal, sent: bytes, expected: str) -> None:
    echo.send(sent)
    echo.wait(expected)


def test_a_paste_that_comes_in_pieces_is_one(echo: Terminal) -> None:
    for piece in (b"\x1b[20", b"0~one\x1b", b"[2", b"Kq\x1b[20", b"1~"):
        echo.send(piece)
        echo.quiet(0.03)
    echo.wait(r"paste 7 'one\[2Kq'")


def test_a_lone_escape_is_told_by_time(echo: Terminal) -> None:
    echo.send("m<esc>")
    echo.wait(r"key m .*\n\s*key escape")


def test_the_size_is_the_terminals_not_the_environments(echo: Terminal) -> None:
    echo.resize(70, 22)
    echo.wait("size 70 22")


def test_after_a_suspension_keys_arrive_again(echo: Terminal) -> None:
    for count in (1, 2):
        echo.send("s")
        echo.wait(r"resumed(?s:.*)" * count)
        echo.quiet()
        echo.send("n")
        echo.wait(r"resumed\s*\n.*(\n.*)?key n(?s:.*)" * count)


def test_a_terminal_that_goes_away_is_the_end_not_an_error() -> None:
    with Terminal([*ECHO, "deaf"]) as terminal:
        terminal.wait("ready")
        terminal.quiet()
        terminal.hang_up()
        assert terminal.exit_code() == 0


def test_writing_to_a_terminal_that_has_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    line = Line(writing)
    os.close(reading)
    for _ in range(3):
        line.write("a frame \ud800 华")
        line.flush()
    os.close(writing)


def test_leaving_gives_the_terminal_back() -> None:
    with Terminal([*ECHO, "nomouse"]) as terminal:
        terminal.wait("ready")
        terminal.send("q")
        assert terminal.exit_code() == 0
        assert b"\x1b[?1000h" not in terminal.raw
        assert terminal.raw.rstrip().endswith(b"\x1b[?25h") or b"\x1b[?1049l" in terminal.raw[-60:]
