"""Runs a shell command that opens the demo, in a terminal: looks at the queue, logs a call, quits. Used by CI."""

from __future__ import annotations

import sys

from tests.terminal import Terminal


def main(command: str) -> int:
    """Run it; 0 when all was as it should be."""
    terminal = Terminal(["bash", "-c", command], 80, 24)
    terminal.wait(r"Due: overdue \d+", 300)
    terminal.send("j")
    terminal.send("d")
    terminal.wait("Enter saves")
    terminal.send("talked about the price<enter>")
    terminal.wait("u undoes")
    terminal.send("q")
    terminal.wait(r"Quit\?")
    terminal.quiet(0.5)
    terminal.send("y")
    code = terminal.exit_code(10)
    print(f"the demo ended with {code}")
    return 0 if code == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
