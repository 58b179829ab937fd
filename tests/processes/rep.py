"""People who work in processes of their own: `python -m tests.processes.rep FILE SEED LINES LOGIN…`.

Each is forked from one process that has imported the program and opened nothing; it types so many lines and says
`done`, or what went wrong that is no refusal.
"""

from __future__ import annotations

import os
import random
import sys
import traceback
from pathlib import Path

from crm_tui.services import people
from crm_tui.store import journal, models  # noqa: F401 - imported once for all
from crm_tui.store.database import Database
from tests.factories import Clock
from tests.processes.lines import LEAD, draw, obey


def main(words: list[str]) -> int:
    path, seed, lines, logins = Path(words[0]), int(words[1]), int(words[2]), words[3:]
    children = []
    for number, login in enumerate(logins):
        pid = os.fork()
        if pid == 0:
            os._exit(_child(path, random.Random(seed * 1_000 + number), lines, login, [n for n in logins if n != LEAD]))
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    return 0


def _child(path: Path, dice: random.Random, lines: int, login: str, reps: list[str]) -> int:
    line = ""
    try:
        database = Database(path)
        session = people.sign_in(database, login, source="test", clock=Clock())
        for __ in range(lines):
            line = draw(dice, session, reps)
            obey(session, line)
        os.write(1, f"done {login}\n".encode())
        return 0
    except BaseException:
        os.write(1, f"{login}: {line}\n{traceback.format_exc()}\n".encode())
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
