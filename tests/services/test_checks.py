"""Every kind of fault, made behind the program's back, is named with its remedy; what is derived is mended by it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import apsw
import pytest

from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.services import backups, checks, followups, history, interactions, lists, tags, tiers, worth
from crm_tui.services.checks import Fault
from crm_tui.services.interactions import Note
from crm_tui.services.lists import Query
from crm_tui.store import anchors
from crm_tui.store.database import Database
from tests.factories import Clock, Team, in_days, make
from tests.store.present import check

REBUILD = "crm-tui rebuild computes it anew"
RESTORE = "crm-tui restore {backup} brings the newest sound backup back; --dry-run says what that loses"


@pytest.fixture(scope="module")
def worked(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a database in which something was done, and of its backup."""
    folder = tmp_path_factory.mktemp("worked")
    shutil.copy(staffed, folder / "crm.db")
    database = Database(folder / "crm.db")
    team = Team(database, Clock())
    ids = [make(team.li, f"Firma {n}") for n in range(1, 4)]
    pooled = make(team.admin, "Pooled", owner="pool")
    interactions.log(team.li, ids[:1], Note("all well"))
    followups.set_next(team.li, ids[:2], in_days(3))
    tiers.assign(team.li, ids[:1], "A", team.li.settings.schemes["abcd"], "hot")
    tags.tag(team.li, [*ids], ["vip"])
    history.undo(team.li)
    team.order(ids[0], "2026-03-01", 100)
    team.deal(ids[0], 500)
    assert (ids, pooled) == ([1, 2, 3], 4)
    backups.backup(team.admin)
    database.close()
    return folder


@pytest.fixture
def folder(worked: Path, tmp_path: Path) -> Path:
    shutil.copytree(worked, tmp_path / "work")
    return tmp_path / "work"


def meddled(folder: Path, sql: str) -> Team:
    """The team on the database, after somebody went round the program with that SQL: no trigger, no constraint."""
    raw = apsw.Connection(str(folder / "crm.db"))
    raw.pragma("ignore_check_constraints", 1)
    kept = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, __ in kept:
        raw.execute(f"DROP TRIGGER {name}")
    raw.execute(sql)
    for __, text in kept:
        raw.execute(str(text))
    raw.close()
    return Team(Database(folder / "crm.db"), Clock())


def faults(team: Team) -> list[Fault]:
    return [fault for fault in checks.check(team.admin) if not fault.warning]


def test_a_sound_database_has_no_faults_and_that_is_noted_in_its_log(folder: Path) -> None:
    team = Team(Database(folder / "crm.db"), Clock())
    assert faults(team) == []
    [*__, last] = anchors.log_path(team.database.path).read_text().splitlines()
    assert last.split()[1:2] == ["check"]
    team.database.close()


# what was done → the fault, where it is, whether `rebuild` mends it
CASES: dict[str, tuple[str, str, str, bool]] = {
    "neither owner nor pool": (
        "UPDATE customer SET pool_id = NULL WHERE id = 4", "a customer has neither owner nor pool, or both", "4", False,
    ),
    "owner and pool": (
        "UPDATE customer SET pool_id = 1 WHERE id = 2", "a customer has neither owner nor pool, or both", "2", False,
    ),
    "held by nobody": (
        "UPDATE customer SET held_since = NULL WHERE id = 2", "the start of holding is not that of a holder", "2",
        False,
    ),
    "stage": ("UPDATE customer SET stage = 'lost' WHERE id = 2",
              "the stage is not the last step of its history", "2", False),
    "gap of stages": (
        "INSERT INTO stage_change (entry_id, customer_id, from_stage, to_stage, at, user_id)"
        " VALUES (1, 3, 'target', 'potential', '2026', 1)", "the history of stages has a gap", "3", False,
    ),
    "gap of tiers": (
        "INSERT INTO tier_change (entry_id, customer_id, scheme, from_tier, to_tier, at, user_id)"
        " VALUES (1, 1, 'abcd', 'C', 'A', '2026', 1)", "the history of tiers has a gap", "1", False,
    ),
    "tier": ("UPDATE customer_tier SET tier = 'B' WHERE customer_id = 1",
             "the tier is not the last of its history", "1", False),
    "two open follow-ups": (
        "DROP INDEX follow_up_open; INSERT INTO follow_up (customer_id, user_id, kind, due_on, original_on, created_at)"
        " SELECT customer_id, user_id, kind, due_on, original_on, created_at FROM follow_up"
        " WHERE customer_id = 2 AND closed_at IS NULL", "a customer has two open follow-ups", "2", False,
    ),
    "closed by half": (
        "UPDATE follow_up SET closed_as = 'done' WHERE customer_id = 3", "a follow-up is closed by half", "3", False,
    ),
    "log of owners": ("UPDATE customer SET owner_id = 4 WHERE id = 2",
                      "the ownership log does not end where the customer is", "2", False),
    "no log of owners": ("DELETE FROM ownership_log WHERE customer_id = 2",
                         "the ownership log does not end where the customer is", "2", False),
    "gap of owners": (
        "UPDATE ownership_log SET from_pool_id = 1 WHERE customer_id = 3", "the ownership log has a gap", "3", False,
    ),
    "waits for nobody": (
        "INSERT INTO recycle_warning (customer_id, rule, due_on, warned_on) VALUES (4, 'contact', '2026', '2026')",
        "something waits for the holder of a customer that nobody holds", "4", False,
    ),
    "holder who left": ("UPDATE user SET state = 'left' WHERE login = 'li'",
                        "somebody who has left still holds a customer", "1, 3", False),
    "merged": ("UPDATE customer SET merged_into = 1 WHERE id = 2",
               "a customer that was merged into another is not archived", "2", False),
    "merged in a circle": (
        "UPDATE customer SET merged_into = 5 - id WHERE id IN (2, 3)",
        "customers were merged into each other in a circle", "2, 3", False,
    ),
    "moment of a log of owners": (
        "UPDATE ownership_log SET at = '2026-11-18 01:59:59' WHERE customer_id = 1",
        "a history is not of the moment of its entry in the journal", "1", False,
    ),
    "moment of a stage": (
        "UPDATE stage_change SET at = '2025-11-18 02:00:00' WHERE customer_id = 2",
        "a history is not of the moment of its entry in the journal", "2", False,
    ),
    "moment of a tier": (
        "UPDATE tier_change SET at = '2026-12-18 02:00:00' WHERE customer_id = 3",
        "a history is not of the moment of its entry in the journal", "3", False,
    ),
    "start of holding": (
        "UPDATE customer SET held_since = '2025-01-01 00:00:00' WHERE id = 1",
        "the start of holding is not that of its history", "1", False,
    ),
    "next date": ("UPDATE customer SET next_on = '2030-01-01' WHERE id = 2",
                  "the next date is not that of the open follow-up", "2", True),
    "last contact": ("UPDATE customer SET last_touch = NULL WHERE id = 1",
                     "the last contact is older than an interaction says", "1", True),
    "clock of contacts": ("UPDATE customer SET last_contact = '2030-01-01 00:00:00' WHERE id IN (2, 4)",
                          "the last contact is newer than any interaction, and nothing says so", "2, 4", True),
    "clock of attempts": ("UPDATE customer SET last_touch = '2030-01-01 00:00:00' WHERE id = 3",
                          "the last contact is newer than any interaction, and nothing says so", "3", True),
    "key of a name": ("UPDATE customer SET name_key = 'other' WHERE id = 3",
                      "what a name is compared by is not that of the name", "3", True),
    "trigger": ("DROP TRIGGER IF EXISTS gone; DROP INDEX customer_name; DROP INDEX customer_next;"
                " CREATE INDEX customer_next ON customer (next_at); CREATE UNIQUE INDEX mine ON tag (id)",
                "a trigger or an index is missing, is another one, or is none of ours",
                "customer_name, customer_next, mine", True),
    "badge": ("UPDATE customer SET tier = 'C' WHERE id = 1",
              "the badge on a list is not the tier of the customer", "1", True),
    "suggestion": ("UPDATE customer SET suggested = 'C' WHERE id = 1",
                   "the badge on a list is not the tier of the customer", "1", True),
    "search": ("DELETE FROM search_trigram WHERE rowid = 2",
               "the search index has not the rows of the customers", "2", True),
    "search of nobody": (
        "INSERT INTO search_gram (rowid, grams) VALUES (99, 'x')",
        "the search index has not the rows of the customers", "99", True,
    ),
    "undone": ("DELETE FROM journal_undone", "what is taken back is not what the journal says", "", True),
    "undone too much": ("INSERT INTO journal_undone VALUES (1)",
                        "what is taken back is not what the journal says", "1", True),
    "ids": ("UPDATE sqlite_sequence SET seq = 2 WHERE name = 'customer'", "ids could be given twice", "customer", True),
    "ids of what is gone": (
        "DELETE FROM sqlite_sequence WHERE name = 'tag'", "ids could be given twice", "tag", True,
    ),
    "metrics": ("UPDATE worth SET sales = 1",
                "the kept metrics differ from the orders, payments and estimates", "1", True),
    "effort": ("UPDATE effort SET contacts = 7", "the kept contacts differ from the interactions", "1", True),
    "counts": ("UPDATE stage_count SET customers = 9 WHERE holder = 'p1'",
               "the kept counts differ from the customers and open deals", "p1", True),
}  # fmt: skip


@pytest.fixture(scope="module")
def found(worked: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Fault]:
    """All those faults of a database, by what is said of each."""
    folder = tmp_path_factory.mktemp("meddled") / "work"
    shutil.copytree(worked, folder)
    team = meddled(folder, "; ".join(sql for sql, __, __, derived in CASES.values() if not derived))
    faulty = faults(team)
    team.database.close()
    return {fault.what: fault for fault in faulty}


@pytest.mark.parametrize("how", [how for how, case in CASES.items() if not case[3]])
def test_a_fault_is_named_with_its_remedy(found: dict[str, Fault], how: str) -> None:
    __, what, where, __ = CASES[how]
    assert set(where.split(", ")) <= set(found[what].where.split(", "))
    remedy = {"holder who left": "assign", "merged": "archive"}.get(how, "backups/crm-20261118T020000Z-17-")
    assert remedy in found[what].remedy


def test_what_is_derived_is_named_and_mended_by_a_rebuild(folder: Path) -> None:
    derived = [case for case in CASES.values() if case[3]]
    team = meddled(folder, "; ".join(sql for sql, *__ in derived))
    found = {fault.what: fault for fault in faults(team)}
    assert set(found) == {what for __, what, __, __ in derived}
    for __, what, where, __ in derived:
        assert set(filter(None, where.split(", "))) <= set(found[what].where.split(", ")), what
        assert found[what].remedy == REBUILD
    worth.rebuild(team.admin)
    assert faults(team) == []
    check(team.database)
    assert worth.rebuild(team.admin).message.endswith("nothing differed")
    team.database.close()


def test_what_a_rebuild_mends_on_customers_is_in_the_journal_and_undo_leaves_it(folder: Path) -> None:
    team = meddled(folder, "UPDATE customer SET next_on = '2030-01-01', tier = 'C' WHERE id = 1")
    outcome = worth.rebuild(team.admin)
    assert {name: outcome.data[0][name] for name in ("next", "badge", "search")} == {"next": 1, "badge": 1, "search": 0}
    entry = team.database.row("SELECT summary, fixed FROM journal_entry ORDER BY id DESC LIMIT 1")
    assert entry == ("computed anew", 1)
    assert faults(team) == []
    team.database.close()


def test_what_is_found_by_words_is_found_again_after_a_rebuild(folder: Path) -> None:
    team = meddled(folder, "DELETE FROM search_trigram; DELETE FROM search_gram")
    assert lists.page(team.li, Query("Firma")).ids == []
    worth.rebuild(team.admin)
    assert sorted(lists.page(team.li, Query("Firma")).ids) == [1, 2, 3]
    team.database.close()


MEDDLED = {
    "an edited entry": (
        "UPDATE journal_entry SET command = 'nothing' WHERE id = 6",
        "the journal was tampered with: this entry, or its changes, are not as they were sealed", "journal_entry 6",
    ),
    "a deleted entry": (
        "DELETE FROM journal_change WHERE entry_id = 8; DELETE FROM journal_entry WHERE id = 8",
        "the journal was tampered with: this entry is missing", "journal_entry 8",
    ),
    "an entry put in": (
        "INSERT INTO journal_entry (at, user_id, source, command, kind) VALUES ('2026', 1, '', '', 'do')",
        "the journal was tampered with: this entry was not written by the program", "journal_entry 18",
    ),
    "a cut tail": (
        "DELETE FROM journal_entry WHERE id = (SELECT max(id) FROM journal_entry)",
        "the journal does not fit what is noted of 2026-11-18 02:00: its end was cut off, or it was made anew",
        "crm.db.log:1: 17",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", MEDDLED)
def test_a_journal_that_was_tampered_with_is_named_by_its_first_entry(folder: Path, how: str) -> None:
    sql, what, where = MEDDLED[how]
    team = meddled(folder, sql)
    found = [(fault.what, fault.where) for fault in faults(team)]
    assert (what, where) in found, found
    team.database.close()


def test_a_damaged_page_is_told_of_wherever_it_is(folder: Path, tmp_path: Path) -> None:
    whole = (folder / "crm.db").read_bytes()
    pages = len(whole) // 4096
    told = 0
    for page in range(2, pages, pages // 12):
        path = tmp_path / f"{page}.db"
        path.write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
        try:
            team = Team(Database(path), Clock())
        except DatabaseUnusable:
            told += 1  # nobody can sign in: that says it too
            continue
        told += bool(faults(team))
        team.database.close()
    assert told == len(range(2, pages, pages // 12))


def test_a_damaged_page_is_one_fault_and_nothing_is_swept_as_if_all_were_well(folder: Path) -> None:
    from crm_tui.services import sweep

    path = folder / "crm.db"
    raw = apsw.Connection(str(path))
    [(page,)] = raw.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'ownership_log_claim'")
    raw.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: (page - 1) * 4096] + b"\xa5" * 4096 + whole[page * 4096 :])
    team = Team(Database(path), Clock())
    found = faults(team)
    assert found
    assert len(found) == len(set(found))
    log = anchors.log_path(path).read_text()
    with pytest.raises(DatabaseUnusable, match="the database is damaged; nothing was changed"):
        sweep.sweep(team.admin)
    assert anchors.log_path(path).read_text() == log
    team.database.close()


def test_what_every_look_meets_is_told_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*given: object) -> Any:
        raise DatabaseUnusable("a page is damaged")

    team = Team(Database(folder / "crm.db"), Clock())
    for name in ("damage", "broken_chain"):
        monkeypatch.setattr(checks.checks, name, unreadable)
    assert [fault.what for fault in faults(team)] == ["a page is damaged"]
    team.database.close()


def test_a_row_that_points_nowhere_is_named(folder: Path) -> None:
    team = meddled(folder, "UPDATE tag SET customer_id = 77; DELETE FROM contact; UPDATE follow_up SET user_id = 99")
    assert ("a row points at one that is not there", "follow_up 1") in [(f.what, f.where) for f in faults(team)]
    team.database.close()


def test_a_backup_that_is_old_or_not_sound_is_warned_of_and_an_older_sound_one_named(folder: Path) -> None:
    team = Team(Database(folder / "crm.db"), Clock())
    team.clock.forward(days=3)
    [older] = os.listdir(folder / "backups")
    found = [fault.what for fault in checks.check(team.admin) if fault.warning]
    assert "the newest backup is 3 days old" in found
    newer = folder / "backups" / older.replace("20261118", "20261120")
    newer.write_bytes(b"no database")
    team.database.execute("UPDATE customer SET held_since = NULL WHERE id = 2")
    every = checks.check(team.admin)
    assert f"a backup is not sound: {newer} is no crm-tui database" in [fault.what for fault in every]
    assert [fault.remedy for fault in every if not fault.warning] == [
        RESTORE.format(backup=folder / "backups" / older)
    ]  # fmt: skip
    shutil.rmtree(folder / "backups")
    assert "there is no backup" in [fault.what for fault in checks.check(team.admin) if fault.warning]
    team.database.close()


def test_a_check_tells_how_far_it_is_and_can_be_stopped(folder: Path) -> None:
    team = Team(Database(folder / "crm.db"), Clock())
    told: list[str] = []
    checks.check(team.admin, lambda what, done, most: told.append(what))
    assert {"check", "rules", "kept", "backup"} <= set(told)

    def stop(what: str, done: int, most: int) -> Any:
        if what == "rules":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        checks.check(team.admin, stop)
    assert faults(team) == [], "what was stopped leaves nothing"
    team.database.close()


def test_triggers_that_were_dropped_or_put_in_are_named_and_a_rebuild_puts_them_right(folder: Path) -> None:
    raw = apsw.Connection(str(folder / "crm.db"))
    raw.execute("DROP TRIGGER journal_change_stays; DROP TRIGGER ownership_insert; DROP TRIGGER stage_change_once")
    raw.execute("CREATE TRIGGER spy AFTER INSERT ON customer BEGIN DELETE FROM tag; END")
    raw.execute("CREATE INDEX own ON customer (note)")
    raw.close()
    team = Team(Database(folder / "crm.db"), Clock())
    [fault] = faults(team)
    assert fault.what == "a trigger or an index is missing, is another one, or is none of ours"
    assert fault.where == "spy, ownership_insert, stage_change_once, journal_change_stays"
    assert fault.remedy == REBUILD
    assert worth.rebuild(team.admin).data[0]["schema"] == 4
    assert faults(team) == []
    assert team.database.value("SELECT 1 FROM sqlite_schema WHERE name = 'own'"), "an index harms nobody"
    with pytest.raises(apsw.ConstraintError, match="only grows"):
        team.database.execute("DELETE FROM journal_change")
    make(team.li, "Acme")
    assert faults(team) == []
    team.database.close()


def test_a_unique_index_that_the_rows_do_not_allow_stays_a_fault(folder: Path) -> None:
    sql, *__ = CASES["two open follow-ups"]
    team = meddled(folder, sql)
    worth.rebuild(team.admin)
    assert [(fault.what, fault.where) for fault in faults(team)] == [
        ("a customer has two open follow-ups", "2"),
        ("a trigger or an index is missing, is another one, or is none of ours", "follow_up_open"),
    ]
    team.database.close()


def test_a_contact_clock_in_doubt_goes_back_to_what_is_known_and_spoils_nothing_else(folder: Path) -> None:
    before = Team(Database(folder / "crm.db"), Clock())
    clocks = "SELECT id, last_contact, last_touch FROM customer ORDER BY id"
    was = before.database.rows(clocks)
    before.database.close()
    team = meddled(folder, "UPDATE customer SET last_contact = '2030-01-01 00:00:00'")
    assert [fault.where for fault in faults(team)] == ["1, 2, 3, 4"]
    worth.rebuild(team.admin)
    assert team.database.rows(clocks) == was
    assert faults(team) == []
    team.database.close()


def test_a_last_contact_that_an_import_or_a_merge_brought_is_no_fault(folder: Path, tmp_path: Path) -> None:
    from crm_tui.services import imports, merges

    team = Team(Database(folder / "crm.db"), Clock())
    file = tmp_path / "old.csv"
    file.write_text("name,last contact\nOld One,2026-11-01\nOld Two,2026-11-10\n")
    imports.run(team.admin, imports.plan(team.admin, file))
    assert faults(team) == []
    first, second = (row[0] for row in team.database.rows("SELECT id FROM customer WHERE name LIKE 'Old%' ORDER BY id"))
    merges.merge(team.admin, [first, second])
    assert faults(team) == []
    history.undo(team.admin)
    assert faults(team) == []
    team.database.close()


def test_a_start_of_holding_that_came_back_with_an_undo_is_no_fault(folder: Path) -> None:
    from crm_tui.services import pools

    team = Team(Database(folder / "crm.db"), Clock())
    team.clock.forward(days=2)
    pools.assign(team.admin, [1, 2], team.wang.person.login)
    team.clock.forward(days=2)
    history.undo(team.admin)
    assert faults(team) == []
    team.database.close()


def test_a_backup_of_the_future_is_warned_of_and_not_the_newest_sound_one(folder: Path) -> None:
    team = Team(Database(folder / "crm.db"), Clock())
    [one] = os.listdir(folder / "backups")
    future = one.replace("2026", "2031")
    shutil.copy(folder / "backups" / one, folder / "backups" / future)
    team.database.execute("UPDATE customer SET held_since = NULL WHERE id = 2")
    team.clock.forward(days=3)
    every = checks.check(team.admin)
    warned = {fault.what: fault.where for fault in every if fault.warning}
    assert warned["a backup is dated in the future: it counts for no day, and is never deleted"] == future
    assert "the newest backup is 3 days old" in warned
    assert {fault.remedy for fault in every if not fault.warning} == {
        RESTORE.format(backup=folder / "backups" / one)
    }  # fmt: skip
    team.database.close()
