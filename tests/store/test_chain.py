"""The chain of the journal: the database refuses to rewrite it, and who goes round that is found out at the entry."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from crm_tui.services import collaborations, customers, history, runs, tags
from crm_tui.store import chain, seeding
from crm_tui.store.chain import Break
from crm_tui.store.database import Database
from tests.factories import Team, make

ONLY_GROW = ("journal_change", "ownership_log", "stage_change", "tier_change", "disclosure", "sweep_run")


@pytest.fixture(scope="module")
def worked(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database in which things were done, undone and run."""
    from tests.factories import Clock

    path = tmp_path_factory.mktemp("worked") / "crm.db"
    shutil.copy(staffed, path)
    database = Database(path)
    team = Team(database, Clock())
    ids = [make(team.li, f"Firma {n}") for n in range(1, 4)]
    tags.tag(team.li, ids, ["vip"])
    history.undo(team.li)
    with runs.running(team.li, "play monday"):
        tags.tag(team.li, ids[:1], ["a"])
        tags.tag(team.li, ids[1:], ["b"])
    collaborations.share(team.li, ids[:1], team.wang.person.login)
    customers.archive(team.li, ids[2:])
    database.close()
    return path


@pytest.fixture
def raw(worked: Path, tmp_path: Path) -> apsw.Connection:
    """A connection of somebody who goes round the program: the triggers that keep the journal are gone."""
    path = tmp_path / "crm.db"
    shutil.copy(worked, path)
    connection = apsw.Connection(str(path))
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND sql LIKE '%grows%'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def test_every_entry_is_sealed_when_its_transaction_ends(raw: apsw.Connection) -> None:
    assert raw.execute("SELECT count(*) FROM journal_entry WHERE length(hash) IS NOT 32").fetchall() == [(0,)]
    assert chain.verify(raw) is None
    found = chain.head(raw)
    assert found == (chain.newest(raw), chain.hash_of(raw, found.length))


@pytest.mark.parametrize("table", ONLY_GROW)
def test_the_database_refuses_to_rewrite_what_only_grows(worked: Path, tmp_path: Path, table: str) -> None:
    path = tmp_path / "crm.db"
    shutil.copy(worked, path)
    connection = apsw.Connection(str(path))
    if table in ("tier_change", "disclosure", "sweep_run"):  # of which nothing was done here
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[3]]
        values = ", ".join("'list'" if name == "kind" else "1" for name in names)
        connection.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})")
    for sql in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with pytest.raises(apsw.ConstraintError, match="only grows"):
            connection.execute(sql)
    connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM journal_entry",
        "UPDATE journal_entry SET summary = 'nothing'",
        "UPDATE journal_entry SET at = at WHERE is_run",
        "UPDATE journal_entry SET hash = NULL",
        "UPDATE journal_entry SET is_run = 1",
        "UPDATE journal_entry SET move = 'claim'",
    ],
)
def test_the_database_refuses_to_rewrite_an_entry(worked: Path, tmp_path: Path, sql: str) -> None:
    path = tmp_path / "crm.db"
    shutil.copy(worked, path)
    connection = apsw.Connection(str(path))
    with pytest.raises(apsw.ConstraintError, match="the journal only grows"):
        connection.execute(sql)
    connection.execute("UPDATE journal_entry SET summary = 'told anew' WHERE is_run")
    assert connection.changes() == 1
    assert chain.verify(connection) is None
    connection.close()


@pytest.mark.parametrize("table", ["journal_entry", "journal_change", "ownership_log", "stage_change"])
@pytest.mark.parametrize("how", ["INSERT OR REPLACE", "REPLACE"])
def test_the_database_refuses_to_replace_what_only_grows(worked: Path, tmp_path: Path, table: str, how: str) -> None:
    path = tmp_path / "crm.db"
    shutil.copy(worked, path)
    connection = apsw.Connection(str(path))
    with pytest.raises(apsw.ConstraintError, match="only grows"):
        connection.execute(f"{how} INTO {table} SELECT * FROM {table} WHERE id = 2")
    connection.close()


def test_an_import_that_drops_the_guards_for_a_while_has_them_again(team: Team, tmp_path: Path) -> None:
    from crm_tui.services import imports
    from crm_tui.store import bulk, schema

    file = tmp_path / "many.csv"
    file.write_text("name\n" + "".join(f"Firma {n}\n" for n in range(bulk._FEW + 1)))
    imports.run(team.admin, imports.plan(team.admin, file))
    assert schema.differing(team.database) == []


MEDDLED = {
    "an edited entry": ("UPDATE journal_entry SET summary = 'nothing' WHERE id = 6", Break(6)),
    "another user": ("UPDATE journal_entry SET user_id = 1 WHERE id = 6", Break(6)),
    "an entry that is to pass for a run": (
        "UPDATE journal_entry SET is_run = 1, summary = 'nothing' WHERE id = 6", Break(6),
    ),
    "a deleted entry": (
        "DELETE FROM journal_change WHERE entry_id = 6; DELETE FROM journal_entry WHERE id = 6", Break(6, missing=True),
    ),
    "the first entry deleted": ("DELETE FROM journal_entry WHERE id = 1", Break(1, missing=True)),
    "a deleted entry whose changes are left": ("DELETE FROM journal_entry WHERE id = 6", Break(6, missing=True)),
    "the last entry deleted, its changes left": (
        "DELETE FROM journal_entry WHERE id = (SELECT max(id) FROM journal_entry)", "last",
    ),
    "two entries swapped": (
        "UPDATE journal_entry SET id = -1 WHERE id = 6; UPDATE journal_entry SET id = 6 WHERE id = 7;"
        " UPDATE journal_entry SET id = 7 WHERE id = -1", Break(6),
    ),
    "an entry put in behind": (
        "INSERT INTO journal_entry (at, user_id, source, command, kind) VALUES ('2026', 1, '', '', 'do')", "behind",
    ),
    "an edited change": (
        "UPDATE journal_change SET after = '{}' WHERE id = (SELECT max(id) FROM journal_change WHERE entry_id = 7)",
        Break(7),
    ),
    "a deleted change": (
        "DELETE FROM journal_change WHERE id = (SELECT max(id) FROM journal_change WHERE entry_id = 7)", Break(7),
    ),
    "a change put in": (
        "INSERT INTO journal_change (entry_id, record, record_id, action) VALUES (7, 'customer', 1, 'delete')",
        Break(7),
    ),
    "a change given to another entry": (
        "UPDATE journal_change SET entry_id = 8 WHERE id = (SELECT max(id) FROM journal_change WHERE entry_id = 7)",
        Break(7),
    ),
    "changes out of order": (
        "UPDATE journal_change SET id = -id WHERE entry_id = 8", Break(8),
    ),
    "a hash that is another": ("UPDATE journal_entry SET hash = zeroblob(32) WHERE id = 6", Break(6)),
    "a hash that is gone": ("UPDATE journal_entry SET hash = NULL WHERE id = 6", Break(6, unsealed=True)),
    "what is no text": ("UPDATE journal_entry SET command = x'ff00' WHERE id = 6", Break(6)),
    "what is no text in a change": ("UPDATE journal_change SET before = x'ff00' WHERE entry_id = 7", Break(7)),
    "broken UTF-8": ("UPDATE journal_entry SET command = CAST(x'ff' AS TEXT) WHERE id = 6", Break(6)),
}  # fmt: skip


@pytest.mark.parametrize("how", MEDDLED)
def test_the_first_entry_that_was_tampered_with_is_named(raw: apsw.Connection, how: str) -> None:
    sql, wanted = MEDDLED[how]
    last = chain.newest(raw)
    raw.execute(sql)
    if wanted == "last":
        wanted = Break(last, missing=True)
    elif wanted == "behind":
        wanted = Break(last + 1, unsealed=True)
    assert chain.verify(raw) == wanted


def test_a_text_that_reads_as_two_columns_is_not_two(team: Team) -> None:
    """What is hashed says where each column ends."""
    database = team.database
    make(team.li, 'a", "b')
    before = chain.head(database.connection)
    for trigger in ("journal_entry_keeps", "journal_entry_told"):
        database.execute(f"DROP TRIGGER {trigger}")
    command, summary = database.row("SELECT command, summary FROM journal_entry WHERE id = ?", (before.length,))  # type: ignore[misc]
    joined = json.dumps([command, summary], separators=(",", ":"))[2:-2]
    database.execute("UPDATE journal_entry SET command = ?, summary = '' WHERE id = ?", (joined, before.length))
    assert chain.verify(database.connection) == Break(before.length)


def test_what_is_rolled_back_leaves_the_chain_whole(team: Team) -> None:
    before = chain.head(team.database.connection)
    with team.database.writing(), suppress(ZeroDivisionError), team.database.savepoint():
        make(team.li, "Acme")
        raise ZeroDivisionError
    assert chain.head(team.database.connection) == before
    make(team.li, "Acme")
    make(team.li, "Bolt")
    assert chain.verify(team.database.connection) is None


def test_several_entries_of_one_transaction_are_sealed_in_order(team: Team) -> None:
    with team.database.writing():
        make(team.li, "Acme")
        make(team.li, "Bolt")
    assert chain.verify(team.database.connection) is None


def test_seeding_seals_the_entry_of_many_transactions_at_its_end(team: Team) -> None:
    database = team.database
    with database.writing():
        entry = seeding.begin(database, at="2026", user_id=1, source="demo", summary="")
    with database.writing():
        seeding.add(database, entry, "tag", ("id", "customer_id", "name"), [])
    assert chain.verify(database.connection) == Break(entry, unsealed=True)
    seeding.end(database)
    assert chain.verify(database.connection) is None


def test_slices_do_not_show_in_the_hash(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    make(team.li, "Acme")
    monkeypatch.setattr(chain, "_SLICE", 2)
    assert chain.verify(team.database.connection) is None
    make(team.li, "Bolt")
    monkeypatch.setattr(chain, "_SLICE", 3)
    assert chain.verify(team.database.connection) is None
