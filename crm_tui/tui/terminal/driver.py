"""The line between Textual and the terminal: no byte that comes in can end the program or pass for a key that
nobody pressed, and while nothing comes nothing runs.

It differs from Textual's driver in what it reads (`keys`), in waiting without a clock (the terminal or a wake-up
pipe), in leaving when the terminal has gone, and in asking for no report that the program does not use: no pointer
motion, no focus, no resize in band.
"""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import IO, Any

from textual import constants, events, messages
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.keys import Keys
from textual.message import Message

from crm_tui.domain.expressions import expression
from crm_tui.tui.terminal.keys import ESC, KeyStream, Pasted, Sequence, Token, Typed
from crm_tui.tui.terminal.monochrome import monochrome
from crm_tui.tui.terminal.thrift import thrifty

READ_SIZE = 65_536
FOCUS_REPORTS = "\x1b[?1004h"
_SYNCHRONISED = expression(r"\x1b\[\?2026;[123]\$y")
_MOUSE = expression(r"\x1b\[<\d+;-?\d+;-?\d+[Mm]")
_C1 = frozenset(map(chr, range(0x80, 0xA0)))


class Keyboard:
    """Bytes in, Textual's events out."""

    def __init__(self, escape_delay: float = constants.ESCAPE_DELAY) -> None:
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._stream = KeyStream(escape_delay)
        self._parser = XTermParser()

    @property
    def patience(self) -> float | None:
        """Seconds after which `expire` is due, None when nothing is pending."""
        return self._stream.patience

    def feed(self, data: bytes) -> Iterator[Message]:
        """The events that these bytes complete; bytes that are not UTF-8 become U+FFFD."""
        for token in self._stream.feed(self._decode(data)):
            yield from self._events(token)

    def expire(self) -> Iterator[Message]:
        """The events that were waiting for a rest that did not come."""
        for token in self._stream.expire():
            yield from self._events(token)

    def _events(self, token: Token) -> Iterator[Message]:
        match token:
            case Pasted(text):
                yield events.Paste(text)
            case Typed(text):
                for character in text:
                    if character not in _C1:
                        yield from self._keys(character)
            case Sequence(text):
                yield from self._sequence(text)

    def _sequence(self, text: str) -> Iterator[Message]:
        if text == ESC:
            yield events.Key("escape", ESC)
        elif _MOUSE.fullmatch(text):
            if (mouse := self._parser.parse_mouse_code(text)) is not None:
                yield mouse
        elif _SYNCHRONISED.fullmatch(text):
            yield messages.TerminalSupportsSynchronizedOutput()
        else:
            yield from self._keys(text)

    def _keys(self, text: str) -> Iterator[events.Key]:
        # Textual's own table of sequences, without its state machine
        for key in self._parser._sequence_to_key_events(text):
            if key.key != Keys.Ignore:
                yield key


class Line:
    """The output: always UTF-8, and once the terminal has gone it takes everything and writes nothing."""

    def __init__(self, number: int) -> None:
        """`number` is the file descriptor of the terminal; it is not closed here."""
        # a buffer of its own: a terminal's default is line buffering, a system call per line of a frame
        self._file: IO[str] = open(  # noqa: SIM115 (lives as long as the process)
            number, "w", buffering=READ_SIZE, encoding="utf-8", errors="replace", newline="", closefd=False
        )
        self._gone = False

    def write(self, text: str) -> None:
        """Write, to be seen at the next `flush`."""
        self._attempt(lambda: self._file.write(text))

    def flush(self) -> None:
        """Send what was written."""
        self._attempt(self._file.flush)

    def fileno(self) -> int:
        """The descriptor of the terminal."""
        return self._file.fileno()

    def _attempt(self, action: Any) -> None:
        if not self._gone:
            try:
                action()
            except (OSError, ValueError):
                # Textual's writer thread would die of it, and the next frames would block the program for ever
                self._gone = True


class SafeDriver(LinuxDriver):
    """Textual's driver, made safe; see the module."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._file: Any = Line(self._file.fileno())
        self._wake: tuple[int, int] | None = None
        self._without_colours: bool = getattr(self._app, "without_colours", False)

    def write(self, data: str) -> None:
        """Write to the terminal."""
        if data != FOCUS_REPORTS:  # each change of window would repaint, and take the focus away and back
            super().write(thrifty(monochrome(data) if self._without_colours else data))

    def start_application_mode(self) -> None:
        """Take the terminal; also after a suspension."""
        self._close_wake()
        self._wake = os.pipe()
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def disable_input(self) -> None:
        """Stop reading, at once."""
        if self._wake is not None:
            os.write(self._wake[1], b"!")
        super().disable_input()
        self._close_wake()

    def _close_wake(self) -> None:
        if self._wake is not None:
            for end in self._wake:
                os.close(end)
            self._wake = None

    def run_input_thread(self) -> None:
        """Read until woken, or until the terminal has gone."""
        assert self._wake is not None
        wake, keyboard = self._wake[0], Keyboard()
        while True:
            ready = select.select([self.fileno, wake], [], [], keyboard.patience)[0]
            if wake in ready:
                return
            data = self._read() if ready else None
            if data == b"":
                self._loop.call_soon_threadsafe(self._leave)
                return
            for event in keyboard.expire() if data is None else keyboard.feed(data):
                self.process_message(event)

    def _read(self) -> bytes:
        """What the terminal sent; nothing when it has gone (EIO after a hang-up, else end of file)."""
        try:
            return os.read(self.fileno, READ_SIZE)
        except OSError:
            return b""

    def _leave(self) -> None:
        self._app.call_later(getattr(self._app, "terminal_gone", self._app.exit))

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows as the terminal has them now: an exported COLUMNS would be the size for ever."""
        try:
            columns, rows = os.get_terminal_size(self.fileno)
        except OSError:
            columns, rows = 0, 0
        return (columns, rows) if columns and rows else (80, 24)

    def _enable_mouse_support(self) -> None:
        """Ask for clicks and the wheel, not for every motion of the pointer."""
        if self._mouse:
            super().write("\x1b[?1000h\x1b[?1006h")

    def _disable_mouse_support(self) -> None:
        if self._mouse:
            super().write("\x1b[?1000l\x1b[?1006l")

    def _enable_mouse_pixels(self) -> None:
        """Cells are fine enough."""

    def _query_in_band_window_resize(self) -> None:
        """SIGWINCH tells it, also over SSH."""
