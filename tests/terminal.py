"""A program on a real pseudo-terminal: what it shows, what it sends, what it answers to keys.

The other side of the line is played as a plain xterm plays it: queries are answered, the screen is kept by
pyte. Nothing sleeps for a fixed time: one waits for a text, or for silence of a child that has nothing to do. How long
one waits at most is no part of what is tested: a machine may be busy.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pyte

KEYS = {
    "enter": "\r",
    "esc": "\x1b",
    "tab": "\t",
    "s-tab": "\x1b[Z",
    "space": " ",
    "lt": "<",
    "bs": "\x7f",
    "del": "\x1b[3~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "pgup": "\x1b[5~",
    "pgdn": "\x1b[6~",
}
"""Special keys as they are written in `<>`; `<c-x>` is ctrl+x. Any other text in `<>` is that text."""

ANSWERS = (
    (b"\x1b[c", b"\x1b[?62;22c"),  # device attributes: a colour terminal
    (b"\x1b[>c", b"\x1b[>41;354;0c"),
    (b"\x1b[5n", b"\x1b[0n"),  # status: all is well
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),  # synchronised output is known
    (b"\x1b[?2048$p", b"\x1b[?2048;0$y"),  # resizing in band is not
)

_NAME = re.compile(r"<([a-z]+|[a-z]-[a-z]+)>")
_BEYOND_PYTE = re.compile(
    rb"\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p|\x1b[P_^][^\x1b]*\x1b\\|\x1b\](?:52|22);[^\x07]*\x07"
)


def encode(keys: str) -> bytes:
    """The bytes that a terminal sends for keys such as `ta<enter>`."""

    def one(match: re.Match[str]) -> str:
        name = match.group(1)
        if name.startswith("c-") and len(name) == 3:
            return chr(ord(name[2]) & 0x1F)
        return KEYS.get(name, match.group())

    return _NAME.sub(one, keys).encode()


PATIENCE = 60.0
"""Seconds after which what has not come will not come."""


def is_busy(pid: int) -> bool:
    """Whether the process, or one that it has started, has something to do, or would if it had a processor."""
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            if (thread / "stat").read_text().rpartition(")")[2].split()[0] in "RD":
                return True
            if any(is_busy(int(child)) for child in (thread / "children").read_text().split()):
                return True
    except (FileNotFoundError, ProcessLookupError):
        return False  # it has ended
    return False


class Cost(NamedTuple):
    """What an answer took: seconds until its last byte, and bytes."""

    seconds: float
    bytes: int


class Terminal:
    """A child process on a pseudo-terminal. Use it in a `with`; leaving it kills the child."""

    def __init__(
        self,
        argv: Iterable[str | Path],
        cols: int = 80,
        rows: int = 24,
        env: Mapping[str, str | None] | None = None,
        cwd: str | Path | None = None,
    ) -> None:
        """`env` adds to a plain environment of TERM and UTF-8; None takes a name away."""
        self.screen = pyte.Screen(cols, rows)
        self.raw = bytearray()
        self.closed = False
        self._stream = pyte.ByteStream(self.screen)
        self.last = time.perf_counter()
        """When the last bytes came."""
        self._code: int | None = None
        environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        for name in ("NO_COLOR", "COLUMNS", "LINES", "SSH_CONNECTION", "SSH_TTY", "TMUX", "STY", "LC_ALL"):
            environ.pop(name, None)
        for name, value in (env or {}).items():
            environ.pop(name, None) if value is None else environ.update({name: value})
        words = [str(word) for word in argv]
        ours, theirs = pty.openpty()
        self._size(ours, cols, rows)
        self.pid = os.fork()
        if self.pid == 0:
            self._become(words, theirs, ours, environ, cwd)
        os.close(theirs)
        self.fd = ours

    @staticmethod
    def _become(words: list[str], tty: int, other: int, environ: Mapping[str, str], cwd: str | Path | None) -> None:
        try:
            os.close(other)
            os.login_tty(tty)
            os.chdir(cwd or ".")
            for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):  # whatever started the tests
                signal.signal(number, signal.SIG_DFL)
            os.execvpe(words[0], words, environ)
        finally:
            os._exit(127)

    @staticmethod
    def _size(fd: int, cols: int, rows: int) -> None:
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def bytes(self) -> int:
        """Bytes that the child has sent so far."""
        return len(self.raw)

    def text(self) -> str:
        """The screen, blanks at the end of its lines left out."""
        return "\n".join(self.row(y) for y in range(self.screen.lines))

    def row(self, y: int) -> str:
        """Row `y` of the screen, from 0; negative ones count from the bottom."""
        line = self.screen.buffer[y % self.screen.lines]  # pyte's own `display` trips over half a wide character
        return "".join(line[x].data for x in range(self.screen.columns)).rstrip()

    def resize(self, cols: int, rows: int) -> None:
        """Make the window another size; the kernel tells the child."""
        self.screen.resize(rows, cols)
        self._size(self.fd, cols, rows)

    def pump(self, timeout: float) -> bool:
        """Take what has come; False when nothing came in `timeout` seconds."""
        if self.closed or not select.select([self.fd], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return False
        self.last = time.perf_counter()
        self.raw += data
        for query, answer in ANSWERS:
            for _ in range(data.count(query)):
                os.write(self.fd, answer)
        self._stream.feed(_BEYOND_PYTE.sub(b"", data))
        for _ in range(data.count(b"\x1b[6n")):
            cursor = self.screen.cursor
            os.write(self.fd, b"\x1b[%d;%dR" % (cursor.y + 1, cursor.x + 1))
        return True

    def wait(self, pattern: str, timeout: float = PATIENCE) -> str:
        """Wait until the pattern is on the screen; what matched. TimeoutError shows the screen."""
        end = time.perf_counter() + timeout
        while (found := re.search(pattern, self.text())) is None:
            if time.perf_counter() > end or (self.closed and not self.pump(0)):
                raise TimeoutError(f"{pattern!r} is not on the screen:\n{self.text()}")
            self.pump(0.05)
        return found.group()

    def quiet(self, gap: float = 0.15, timeout: float = PATIENCE) -> None:
        """Wait until nothing has come for `gap` seconds, and the child has nothing to do."""
        end = time.perf_counter() + timeout
        while time.perf_counter() < end and (self.pump(gap) or (not self.closed and self.is_busy())):
            pass

    def is_busy(self) -> bool:
        """Whether something may still come of itself, on a machine that has other things to do besides."""
        return is_busy(self.pid)

    def send(self, keys: str | bytes) -> None:
        """Type keys (`<enter>` and the like are names), or send bytes as they are."""
        data = encode(keys) if isinstance(keys, str) else keys
        while data:
            # a child that is busy answering does not read: take its answer, or both wait for ever
            _, writable, _ = select.select([], [self.fd], [], 0.05)
            if writable:
                data = data[os.write(self.fd, data[:1024]) :]
            self.pump(0)

    def key(self, keys: str | bytes, gap: float = 0.15) -> Cost:
        """Type keys and wait for the end of the answer."""
        self.quiet(0.05)
        before, start = self.bytes, time.perf_counter()
        self.last = start
        self.send(keys)
        self.quiet(gap)
        return Cost(self.last - start, self.bytes - before)

    def memory(self) -> int:
        """The child's proportional set size, in KiB."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE).group(1))  # type: ignore[union-attr]

    def seconds(self) -> float:
        """Processor time that the child has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def switches(self) -> int:
        """How often the child's threads have been woken so far."""
        states = "".join(path.read_text() for path in Path(f"/proc/{self.pid}/task").glob("*/status"))
        return sum(map(int, re.findall(r"^voluntary_ctxt_switches:\s+(\d+)", states, re.MULTILINE)))

    def exit_code(self, timeout: float = PATIENCE) -> int | None:
        """Wait for the child's end: its exit code (negative: the signal), None while it still runs."""
        end = time.perf_counter() + timeout
        while self._code is None:
            if self.closed:
                time.sleep(0.01)
            self.pump(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
            elif time.perf_counter() >= end:
                break
        return self._code

    def hang_up(self) -> None:
        """Take the terminal away, as a line that drops does."""
        if not self.closed or self.fd >= 0:
            os.close(self.fd)
        self.closed, self.fd = True, -1

    def close(self) -> None:
        """End the child, if it still runs, and the terminal."""
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self._code = -signal.SIGKILL
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
