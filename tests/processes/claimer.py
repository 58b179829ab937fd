"""Many processes that claim from one pool at once: `python -m tests.processes.claimer FILE SEED BATCH LOGIN…`.

Each is a process with a database of its own, forked from one that has imported the program and opened nothing. What
it has got it says on standard output, a line at a time, before it asks for more: `pid claimed ID`, `pid refused ID
REASON`, and at the end `pid done`; `pid failed ERROR` for anything else. They begin when standard input closes.
"""

from __future__ import annotations

import os
import random
import sys
import traceback
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from crm_tui.commands.catalog import CATALOG  # noqa: F401 - imported once for all
from crm_tui.services import people, pools
from crm_tui.store import journal, models  # noqa: F401
from crm_tui.store.database import Database

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ENOUGH = 12
"""After so many batches of which nothing could be claimed a process gives up."""


def main(words: list[str]) -> int:
    path, seed, batch, logins = Path(words[0]), int(words[1]), int(words[2]), words[3:]
    children = []
    for number, login in enumerate(logins):
        pid = os.fork()
        if pid == 0:
            os._exit(_child(path, login, random.Random(seed * 1_000 + number), batch))
        children.append(pid)
    os.close(0)
    for pid in children:
        os.waitpid(pid, 0)
    return 0


def _say(*words: object) -> None:
    """One line in one write: lines of several processes never mix in a pipe."""
    os.write(1, (" ".join(map(str, (os.getpid(), *words))) + "\n").encode())


def _child(path: Path, login: str, dice: random.Random, batch: int) -> int:
    try:
        _say("started", login)
        os.read(0, 1)
        session = people.sign_in(Database(path), login, source="test", clock=lambda: NOON)
        ids = [row[0] for row in session.database.rows("SELECT id FROM customer ORDER BY id")]
        vain = 0
        while vain < ENOUGH:
            start = dice.randrange(len(ids))
            outcome = pools.claim(session, ids[start : start + dice.randint(1, batch)])
            vain = 0 if outcome.changed else vain + 1
            for key in outcome.changed:
                _say("claimed", key)
            for refusal in outcome.refused:
                _say("refused", refusal.id, refusal.reason)
        _say("done")
        return 0
    except BaseException as error:
        traceback.print_exc()
        _say("failed", repr(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
