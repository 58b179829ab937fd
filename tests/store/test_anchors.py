"""Anchors: what the chain cannot show by itself is seen by what was noted of it outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_tui.domain import backups
from crm_tui.store import anchors, chain
from crm_tui.store.anchors import Anchor
from crm_tui.store.chain import Head
from crm_tui.store.database import Database
from tests.factories import Team, make

AT = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)


def noted(database: Database) -> list[Anchor]:
    return anchors.misfits(database.connection, anchors.known(database.path))


def cut(database: Database, *, entries: int = 1) -> None:
    """Take the newest entries away, leaving no trace inside."""
    database.execute("PRAGMA foreign_keys = 0")
    for name in ("journal_entry_stays", "journal_change_stays", "stage_change_stays", "ownership_log_stays"):
        database.execute(f"DROP TRIGGER IF EXISTS {name}")
    last = chain.newest(database.connection) - entries
    for table in ("journal_change", "stage_change", "ownership_log"):
        database.execute(f"DELETE FROM {table} WHERE entry_id > ?", (last,))
    database.execute("DELETE FROM journal_entry WHERE id > ?", (last,))


def forge(database: Database) -> None:
    """Say something else in the first entry, and make the whole chain anew."""
    for name in ("journal_entry_keeps", "journal_entry_told"):
        database.execute(f"DROP TRIGGER {name}")
    database.execute("UPDATE journal_entry SET summary = 'forged' WHERE id = 1")
    database.execute("UPDATE journal_entry SET hash = NULL")
    chain.seal(database.connection)


@pytest.mark.parametrize("meddle", [cut, forge])
@pytest.mark.parametrize("where", ["log", "name"])
def test_a_cut_tail_and_a_chain_made_anew_are_seen_by_an_anchor(team: Team, meddle: object, where: str) -> None:
    database = team.database
    make(team.li, "Acme")
    head = chain.head(database.connection)
    if where == "log":
        anchors.note(database.path, AT, "backup", head, "by root: /elsewhere")
        wanted = Anchor(AT, *head, "crm.db.log:1")
    else:
        text = backups.name("crm", ".db", AT, *head)
        anchors.folder(database.path).mkdir()
        (anchors.folder(database.path) / text).touch()
        wanted = Anchor(AT, head.length, head.hash[:16], text)
    make(team.li, "Bolt")
    assert noted(database) == []
    cut(database, entries=1)
    assert noted(database) == [], "what was never anchored is missed by nobody"
    meddle(database)  # type: ignore[operator]
    assert chain.verify(database.connection) is None
    assert noted(database) == [wanted]


def test_the_log_is_its_owners_alone_and_one_line_an_anchor(team: Team) -> None:
    path = team.database.path
    assert anchors.note(path, AT, "check", Head(3, "ab" * 32), "by li\nx: \x1b[31m/tmp/a b")
    assert anchors.note(path, AT, "sweep", Head(0, ""))
    log = anchors.log_path(path)
    assert log.stat().st_mode & 0o777 == 0o600
    assert log.read_text().splitlines() == [
        f"2026-11-18T03:00:00Z check 3 {'ab' * 32} by li x: [31m/tmp/a b", "2026-11-18T03:00:00Z sweep 0 -",
    ]  # fmt: skip
    assert anchors.known(path) == [Anchor(AT, 3, "ab" * 32, "crm.db.log:1")], "of nothing there is nothing to say"


def test_lines_that_are_no_anchors_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    anchors.log_path(path).write_bytes(b"\xff\xfe nonsense\n\nyesterday check 3 " + b"ab" * 32 + b"\ncheck\n")
    assert anchors.known(path) == []


def test_what_a_restore_left_behind_is_no_anchor_any_more(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    kept, left, new = ("0a" * 32, "0b" * 32, "0c" * 32)
    (tmp_path / "backups").mkdir()
    hour = timedelta(hours=1)
    for at, length, hash_ in ((AT, 5, kept), (AT + hour, 9, left), (AT + 3 * hour, 9, new)):
        (tmp_path / "backups" / backups.name("crm", ".db", at, length, hash_)).touch()
    anchors.note(path, AT, "check", Head(5, kept))
    anchors.note(path, AT + hour, "check", Head(9, left))
    anchors.note(path, AT + 2 * hour, "restore", Head(6, new), "by root: x", common=5)
    assert [(one.length, one.hash[:2]) for one in anchors.known(path)] == [(5, "0a"), (5, "0a"), (6, "0c"), (9, "0c")]


def test_a_log_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path) -> None:
    assert not anchors.note(tmp_path / "nowhere" / "crm.db", AT, "check", Head(1, "ab" * 32))
