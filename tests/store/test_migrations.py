"""A database of the first schema becomes one of the second: backed up, whole, its ownership log begun."""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import pytest

from crm_tui.services import history, lists, people, pools, profiles
from crm_tui.services.lists import Query
from crm_tui.store import opening, search
from crm_tui.store.database import Database
from crm_tui.store.opening import SCHEMA_VERSION
from tests.factories import Clock
from tests.services.holding import log
from tests.store.present import check, present

MADE, HELD = "2026-01-05 02:00:00", "2026-03-09 02:00:00"

USERS = [
    (1, "root", "admin", "active"), (2, "li", "rep", "active"), (3, "wang", "rep", "left"), (4, "zhao", "lead", "away"),
]  # fmt: skip
CUSTOMERS = [
    # id, name, owner, pool, blocked, held since, archived
    (1, "Held", 2, None, 0, HELD, None),
    (2, "Free", None, 1, 0, None, None),
    (3, "Blocked", None, None, 1, None, None),
    (4, "Put away", 2, None, 0, HELD, MADE),
    (7, "Of the lead", 4, None, 0, HELD, None),
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of the first schema with people, customers and a journal in it."""
    path = tmp_path / "crm.db"
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path / "first"
        folder.mkdir()
        shutil.copy(opening.MIGRATIONS / "0001_initial.py", folder)
        patch.setattr(opening, "MIGRATIONS", folder)
        patch.setattr(opening, "SCHEMA_VERSION", 1)
        database = Database(path, create=True)
        with database.writing():
            fill(database)
        database.close()
    return path


def fill(database: Database) -> None:
    """Rows as a program of that schema wrote them."""
    many = database.connection.executemany
    many("INSERT INTO user (id, login, name, role, state, created_at) VALUES (?1, ?2, ?2, ?3, ?4, ?5)",
         [(*user, MADE) for user in USERS])  # fmt: skip
    many(
        "INSERT INTO customer (id, kind, name, name_key, stage, stage_since, owner_id, pool_id, blocked, held_since,"
        " archived_at, created_at, created_by)"
        " VALUES (?1, 'organization', ?2, ?2, 'potential', ?8, ?3, ?4, ?5, ?6, ?7, ?8, 1)",
        [(*customer, MADE) for customer in CUSTOMERS],
    )
    ids = [customer[0] for customer in CUSTOMERS]
    for entry, key in enumerate(ids, 1):
        database.execute(
            "INSERT INTO journal_entry (id, at, user_id, source, command, summary, kind)"
            " VALUES (?, ?, 1, 'command', 'new', 'made', 'do')", (entry, MADE),
        )  # fmt: skip
        database.execute(
            "INSERT INTO journal_change (entry_id, record, record_id, customer_id, action)"
            " VALUES (?, 'customer', ?, ?, 'insert')", (entry, key, key),
        )  # fmt: skip
        database.execute(
            "INSERT INTO stage_change (entry_id, customer_id, to_stage, at, user_id) VALUES (?, ?, 'potential', ?, 1)",
            (entry, key, MADE),
        )
    database.execute("INSERT INTO setting (name, value) VALUES ('pool.holding_cap', '3')")
    search.index(database, ids)


def test_it_is_backed_up_migrated_and_agrees_with_itself(old: Path) -> None:
    database = Database(old)
    assert database.pragma("user_version") == SCHEMA_VERSION
    [copy] = old.parent.glob("crm.db.v1-*")
    kept = apsw.Connection(str(copy))
    assert kept.pragma("user_version") == 1
    assert kept.execute("SELECT count(*) FROM customer").fetchall() == [(len(CUSTOMERS),)]
    kept.close()
    check(database)
    database.close()


def test_the_log_begins_with_what_was_held_and_since_when(old: Path) -> None:
    database = Database(old)
    assert {key: log(database, key) for key, *__ in CUSTOMERS} == {
        1: [("make", "", "li")], 2: [("make", "", "(default)")], 3: [("make", "", "")], 4: [("make", "", "li")],
        7: [("make", "", "zhao")],
    }  # fmt: skip
    assert database.rows("SELECT customer_id, at FROM ownership ORDER BY 1") == [
        (1, HELD), (2, MADE), (3, MADE), (4, HELD), (7, HELD),
    ]  # fmt: skip
    database.close()


def test_everybody_is_of_the_first_team_and_works_on(old: Path) -> None:
    database = Database(old)
    assert database.rows("SELECT DISTINCT team_id FROM user") == [(1,)]
    li, zhao = (people.sign_in(database, login, source="test", clock=Clock()) for login in ("li", "zhao"))
    assert (li.person.team_id, li.person.may_export, li.settings["pool.holding_cap"]) == (1, True, 3)
    assert sorted(lists.page(li, Query()).ids) == [1, 2]
    assert sorted(lists.page(zhao, Query()).ids) == [1, 2, 3, 7], "leads see the blocked ones too"
    assert pools.claim(li, [2]).changed == (2,)
    assert pools.holding(li) == "holding 3/3", "the archived one counts"
    assert pools.release(li, [1], "no-need").changed == (1,)
    assert pools.claim(li, [1]).changed == (), "the cooldown knows who held it before there was a log"
    check(database)
    database.close()


def test_what_was_done_before_is_taken_back_and_done_again(old: Path) -> None:
    database = Database(old)
    root = people.sign_in(database, "root", source="test", clock=Clock())
    before = present(database)
    profiles.edit(root, [1], {"region": "north"})
    history.undo(root)
    history.undo(root)
    assert database.value("SELECT count(*) FROM customer") == len(CUSTOMERS) - 1
    check(database)
    history.redo(root)
    assert present(database) == before
    check(database)
    database.close()


def test_names_that_are_read_in_more_ways_than_once_are_found_by_them(old: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "SCHEMA_VERSION", 1)
        database = Database(old)
        with database.writing():
            database.execute("UPDATE customer SET name = '乐亭' WHERE id = 1")
            database.execute("UPDATE customer SET name = '大山' WHERE id = 4")
            for key, text, grams in ((1, "乐亭\nleting\nlt", "乐 乐亭 亭 l le lt"), (2, "gone", "g go")):
                for table in ("search_trigram", "search_gram"):
                    database.execute(f"DELETE FROM {table} WHERE rowid = ?", (key,))
                database.execute("INSERT INTO search_trigram (rowid, text) VALUES (?, ?)", (key, text))
                database.execute("INSERT INTO search_gram (rowid, grams) VALUES (?, ?)", (key, grams))
        database.close()
    database = Database(old)
    li = people.sign_in(database, "li", source="test", clock=Clock())
    assert [lists.page(li, Query(text)).ids for text in ("laoting", "yueting", "yt", "乐亭", "gone")] == [
        [1], [1], [1], [1], [2],
    ], "what is read in one way only was left as it stood"  # fmt: skip
    database.close()
