"""Recorded macros as tests: each `*.macro` here is played on a seeded database, and what it did is in its `*.golden`.

A macro says in its comments how it is played, `# $ LOGIN COMMAND…`; without that li runs it. After a change that is
meant, `python -m tests.macros NAME…` (without a name: all) writes the golden files anew: read what has changed in them.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from crm_tui.commands import shell
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import prepare
from crm_tui.commands.language import read_arguments
from crm_tui.domain.errors import CrmError
from crm_tui.domain.schemes import shipped
from crm_tui.services import collaborations, followups, interactions, pool_lists, pools, tags, tiers
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from crm_tui.store.models import JOURNALED, columns
from tests.factories import Clock, Team, in_days, make

FOLDER = Path(__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.macro"))
_UNTOLD = {"id", "version", "created_at", "customer_id", "name_key", "search_key", "pinyin", "initials"}
"""Columns of new rows that say nothing."""


def seed(database: Database, clock: Clock) -> None:
    """A small firm at work: li and wang hold customers, two pools have some, something is due for li today."""
    clock.forward(days=-40)
    team = Team(database, clock)
    pool_lists.add(team.admin, "east", "li,wang", "region:east")
    names = ("Acme", "Beta", "Gamma", "Delta", "Echo", "Foxtrot")
    stages = ("intent", "target", "potential", "target", "intent", "potential")
    held = [make(team.li, name, stage=stage, region=region) for name, stage, region in zip(
        names, stages, ("north", "south", "north", "south", "east", "north"), strict=True
    )]  # fmt: skip
    tiers.assign(team.li, held[:2], "A", shipped()["abcd"], "met")
    make(team.wang, "Wagner", stage="intent", region="north")
    for name in ("Pilz", "Post", "Puls"):
        make(team.admin, name, owner="pool", region="south")
    east = make(team.admin, "Esel", owner="pool", region="east")
    pools.move(team.admin, [east], "east")
    clock.forward(days=30)
    interactions.log(team.li, held[:3], Note("spoke", next=in_days(0)))
    followups.set_next(team.li, [held[3]], in_days(-2))
    followups.set_next(team.li, [held[4]], in_days(5))
    tags.tag(team.li, [held[0]], ["vip"])
    collaborations.share(team.li, [held[5]], "wang", access="edit")
    clock.forward(days=10)


def line_of(name: str) -> tuple[str, list[str]]:
    """Who plays the macro, and the words of the command line."""
    for line in (FOLDER / f"{name}.macro").read_text(encoding="utf-8").splitlines():
        if line.startswith("# $ "):
            login, *words = shlex.split(line.removeprefix("# $ "))
            return login, words
    return "li", ["run", f"{name}.macro"]


def played(session: Session, words: list[str], folders: tuple[Path, ...] = (FOLDER,)) -> str:
    """Run the command line with the macros of these folders: what it printed, and its exit code."""
    session.macros = folders
    words = [str(FOLDER / word) if word.endswith(".macro") else word for word in words]
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            call = read_arguments(words, CATALOG)
            code = shell.Shell(session, call).call(prepare(session, call))
        except CrmError as error:
            print(error, file=err)
            code = error.exit_code
    text = out.getvalue() + err.getvalue() + f"exit {code}\n"
    return text.replace(f"{FOLDER}/", "")


def journal(database: Database, after: int) -> Iterator[str]:
    """What the journal tells of all after that entry: a run, its steps under it, under these what each row became."""
    entries = database.rows(
        "SELECT id, kind, command, summary, run_id FROM journal_entry WHERE id > ? ORDER BY coalesce(run_id, id), id",
        (after,),
    )
    for entry_id, kind, command, summary, run_id in entries:
        indent = "  " if run_id is not None else ""
        told = "" if kind == "do" else f"{kind} "
        if run_id is None and not database.value("SELECT 1 FROM journal_change WHERE entry_id = ?", (entry_id,)):
            command = command.split(" ")[0]  # how it was played; whoever played it
        yield f"{indent}{told}{command}: {summary}".replace(f"{FOLDER}/", "")
        for change in _changes(database, entry_id):
            yield f"{indent}  {change}"


def _changes(database: Database, entry_id: int) -> Iterator[str]:
    rows = database.rows(
        "SELECT record, record_id, customer_id, action, before, after FROM journal_change WHERE entry_id = ?"
        " ORDER BY id",
        (entry_id,),
    )
    for record, key, customer, action, before, after in rows:
        name = database.value("SELECT name FROM customer WHERE id = ?", (customer,)) if customer else None
        whose = f"{name or '-'}: {record}"
        if action == "insert":
            yield f"{whose} + {_row(database, record, key)}"
        elif action == "delete":
            yield f"{whose} -"
        else:
            old, new = json.loads(before), json.loads(after)
            differs = (f"{one} {_shown(old[one])} → {_shown(new[one])}" for one in old if old[one] != new[one])
            yield f"{whose} {', '.join(differs)}"


def _row(database: Database, table: str, key: int) -> str:
    names = [name for name in columns(JOURNALED[table]) if name not in _UNTOLD]
    found = database.row(f"SELECT {', '.join(names)} FROM {table} WHERE id = ?", (key,))
    if found is None:
        return "(gone since)"
    told = ((name, value) for name, value in zip(names, found, strict=True) if value not in (None, "", 0, "{}"))
    return " ".join(f"{name}={_shown(value)}" for name, value in told)


def _shown(value: Any) -> str:
    return "–" if value is None or value == "" else str(value)


def golden(database: Database, clock: Clock, name: str) -> str:
    """What the golden file of a macro should be."""
    login, words = line_of(name)
    after = last_entry(database)
    told = played(Team(database, clock).sign_in(login), words)
    return f"$ {shlex.join(words)}\n{told}\n" + "".join(f"{line}\n" for line in journal(database, after))


def last_entry(database: Database) -> int:
    """The newest entry of the journal."""
    found: int = database.value("SELECT max(id) FROM journal_entry")
    return found
