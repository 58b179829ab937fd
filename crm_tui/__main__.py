"""Chooses: `--restricted` is a session at the door; no command, or `demo`, opens the screens; anything else is the
command line.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        # A tenth of a short time is spent on looking for garbage among modules, which are none: look less often. The
        # screens, which stay, look as usual again once they are drawn.
        gc.set_threshold(100_000)
        if "--restricted" in words:
            from crm_tui.door import enter

            return enter(words)
        if opens_screens(words):
            from crm_tui.tui.start import start

            return start(words)
        from crm_tui.cli import run

        return run(words)
    except KeyboardInterrupt:
        # Before anything was begun.
        return 130
    finally:
        gc.freeze()  # nor is there anything to collect on the way out


def opens_screens(words: Sequence[str]) -> bool:
    """Whether the words name no command, or `demo`; options with values (`--db`, `--user`) are passed over."""
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("--db", "--user"):
            rest = rest[1:]
        elif word in ("--help", "--version", "--json", "--csv"):
            return False
        elif not word.startswith("--"):
            return word == "demo" and "--help" not in rest
    return True


if __name__ == "__main__":
    sys.exit(main())
