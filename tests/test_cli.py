"""The contract that scripts rely on, through real processes: exit codes, streams, options, files."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import apsw
import pytest

from crm_tui import cli, config
from crm_tui.__main__ import opens_screens
from crm_tui.commands import transfer
from crm_tui.domain.errors import UsageError
from crm_tui.services.people import login_name
from crm_tui.store.database import Database

KEYS = {
    "id", "name", "kind", "stage", "tier", "owner", "pool", "phone", "email", "region", "industry", "source",
    "next_follow_up", "last_contact", "created",
}  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """What a process left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines; anything else in it is an error."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment(**changes: str | None) -> dict[str, str]:
    given = {**os.environ, "LANGUAGE": "en", "CRM_TUI_CONFIG": "/nonexistent/config.toml", **changes}
    given = {name: value for name, value in given.items() if value is not None}
    if "CRM_TUI_USER" not in changes:
        given["CRM_TUI_USER"] = "li"
    return given


def heard() -> None:
    """For a child that is to be ended by a signal: it is told of them, whatever started the tests ignores."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def crm(db: Path) -> Callable[..., Ran]:
    """Run `crm-tui` on the office's database as `li`."""

    def run(*words: str, stdin: str | None = None, **changes: str | None) -> Ran:
        changes.setdefault("CRM_TUI_DB", str(db))
        done = subprocess.run(
            [sys.executable, "-m", "crm_tui", *words], env=environment(**changes), capture_output=True,
            encoding="utf-8",
            input=stdin, stdin=subprocess.DEVNULL if stdin is None else None, timeout=60,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


Crm = Callable[..., Ran]


@pytest.fixture
def here(db: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Crm:
    """The same within this process, which is quicker, for what needs no process of its own."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CRM_TUI_DB", str(db))

    def run(*words: str, user: str = "li") -> Ran:
        monkeypatch.setenv("CRM_TUI_USER", user)
        code = cli.run(words)
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    database = Database(path)
    try:
        return database.rows(sql)
    finally:
        database.close()


# -- exit codes


def test_done_is_0_with_results_on_standard_output_and_messages_on_standard_error(crm: Crm) -> None:
    listed = crm("list")
    assert (listed.code, listed.err) == (0, "")
    assert len(listed.out.splitlines()) == 26
    changed = crm("tier", "A", "1")
    assert (changed.code, changed.out) == (0, "")
    assert "Firma 1" in changed.err


def test_unknown_and_invisible_ids_are_the_same_failure(here: Crm) -> None:
    for verb in (["show"], ["tier", "A"], ["why"], ["edit", "region=x"]):
        unknown, invisible = here(*verb, "999"), here(*verb, "26")
        assert (unknown.code, invisible.code) == (1, 1), verb
        assert unknown.err.replace("999", "N") == invisible.err.replace("26", "N")
        assert unknown.out == invisible.out == ""
    assert here("show", "9" * 5_000).code == 1


@pytest.mark.parametrize(
    ("words", "caret_under"),
    [
        (["lst"], "lst"),
        (["list", "stage:intend"], "intend"),
        (["list", "tier:A", "foo:1"], "foo"),
        (["tier", "A"], None),
        (["tier"], None),
        (["next", "fryday", "1"], "fryday"),
        (["next", "next fryday", "1"], "next fryday"),
        (["edit", "emial=x", "1"], "emial"),
        (["edit", "nonsense", "1"], "nonsense"),
        (["list", "--limit", "many"], "many"),
        (["list", "--colour"], "--colour"),
        (["list", "--columns", "id,nam"], "nam"),
        (["tier", "A", "--on", "regio:north"], "regio"),
        (["tier", "E", "1"], "E"),
        (["stage", "lost", "1"], None),
        (["--json"], None),
    ],
)
def test_usage_errors_are_2_and_point_at_the_word(here: Crm, words: list[str], caret_under: str | None) -> None:
    ran = here(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("crm-tui: ")
    if caret_under is not None:
        __, line, caret = ran.err.splitlines()
        assert line[caret.index("^") :].startswith(caret_under)


def test_an_unknown_user_is_not_allowed_in(crm: Crm) -> None:
    assert crm("list", "--user", "nobody-here").code == 3
    assert crm("list", CRM_TUI_USER="nobody-here").code == 3


def test_what_the_role_may_not_do_is_3(here: Crm) -> None:
    for words in (["users", "add", "x"], ["config", "set", "currency", "EUR"]):
        assert here(*words).code == 3
    assert here("new", "Neu", user="sun").code == 3
    assert here("export", "", "-", user="sun").code == 3


def test_partly_done_is_4_and_names_the_rest(here: Crm) -> None:
    ran = here("tag", "vip", "1", "26", "27", "999")
    assert ran.code == 4
    assert "Firma 1" in ran.err
    assert "999" in ran.err
    assert "claim it first" in ran.err


def test_an_undo_of_what_someone_changed_since_is_4(here: Crm) -> None:
    here("tag", "vip", "1", "2")
    here("tag", "old", "1", user="zhao")
    here("edit", "region=west", "1", "2")
    here("edit", "region=east", "1", user="zhao")
    ran = here("undo")
    assert ran.code == 4
    assert "Firma 1" in ran.err


@pytest.mark.parametrize("url", ["postgresql://localhost/crm", "postgres://x", "mysql://x/y"])
def test_other_databases_are_5(here: Crm, url: str) -> None:
    ran = here("list", "--db", url)
    assert (ran.code, ran.out) == (5, "")


def test_what_is_no_database_of_ours_is_5_and_stays_as_it_is(here: Crm, tmp_path: Path) -> None:
    text, empty, other = tmp_path / "text", tmp_path / "empty", tmp_path / "other.db"
    text.write_text("hello" * 1_000)
    empty.touch()
    connection = apsw.Connection(str(other))
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    for path in (text, empty, other, tmp_path):
        before = path.read_bytes() if path.is_file() else b""
        assert here("list", "--db", str(path)).code == 5, path
        assert here("new", "x", "--db", str(path)).code == 5, path
        assert (path.read_bytes() if path.is_file() else b"") == before


def test_a_schema_from_the_future_is_5(here: Crm, db: Path) -> None:
    connection = apsw.Connection(str(db))
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    for words in (["list"], ["tag", "x", "1"]):
        ran = here(*words)
        assert ran.code == 5
        assert "upgrade" in ran.err


# -- a missing database


def test_a_missing_database_is_made_by_commands_that_write_only(here: Crm, tmp_path: Path) -> None:
    path = tmp_path / "new" / "crm.db"
    me = ("--db", str(path), "--user", "")
    for words in (["list"], ["due"], ["history"], ["check"], ["export", "", "-"]):
        assert here(*words, *me, user="").code == 5, words
    assert here("new", "Acme", "--dry-run", *me, user="").code == 0
    assert not path.exists()
    assert here("new", "Acme", *me, user="").code == 0
    assert here("users", "list", "--json", *me, user="").objects[0]["role"] == "admin"


# -- options


def test_a_new_database_is_made_by_ones_own_login_only(here: Crm, tmp_path: Path) -> None:
    path, me = tmp_path / "new.db", login_name()
    ran = here("new", "Acme", "--db", str(path), "--user", "nobody-here")
    assert ran.code == 3
    assert "crm-tui users add nobody-here" in ran.err
    assert not path.exists()
    assert here("new", "Acme", "--db", str(path), "--user", me).code == 0
    assert here("users", "list", "--json", "--db", str(path), "--user", me).objects[0]["login"] == me


# -- what is taken out


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--limit", "21"], ["list", "--json", "--limit", "21"], ["list", "owner:me", "--csv"],
        ["view", "pipeline"], ["tab", "potential"], ["sort", "name"], ["due", "--json"], ["due"], ["view", "due"],
        ["columns", "name", "tier"],
    ],
)  # fmt: skip
def test_more_than_twenty_printed_customers_count_and_are_refused_before_the_first(
    here: Crm, db: Path, words: list[str]
) -> None:
    database = Database(db)
    with database.writing():
        database.execute("UPDATE customer SET next_on = '2020-01-01' WHERE owner_id = 3")
    database.close()
    assert here(*words).code == 0
    [(kind, n)] = rows(db, "SELECT kind, customers FROM disclosure")
    assert (kind, n > 20) == ("list", True)
    assert here("config", "set", "export.daily_cap", "40", user="root").code == 0
    ran = here(*words)
    assert (ran.code, ran.out) == (3, "")
    assert here("users", "edit", "li", "--export", "no", user="root").code == 0
    ran = here(*words)
    assert (ran.code, ran.out) == (3, "")
    assert "--limit 20" in ran.err
    takes = {"sort": "list --sort name --limit 20", "tab": "list stage:potential --limit 20",
             "view": " --limit 20 shows",
             "columns": "list --columns name,tier --limit 20"}  # fmt: skip
    assert takes.get(words[0], "--limit 20") in ran.err
    for few in (["list", "--limit", "20"], ["due", "--limit", "20", "--json"]):
        assert len(here(*few).out.splitlines()) == 20
    assert len(rows(db, "SELECT 1 FROM disclosure")) == 1


def test_a_warned_customer_is_marked_in_the_list_and_says_when_it_returns(here: Crm, db: Path) -> None:
    database = Database(db)
    with database.writing():
        database.execute(
            "INSERT INTO recycle_warning (customer_id, rule, due_on, warned_on)"
            " VALUES (2, 'contact', '2026-11-27', '2026-11-18')"
        )
    database.close()
    assert [line.split()[:2] for line in here("list", "id:1,2").out.splitlines()] == [["<", "2"], ["1", "Firma"]]
    returns = {row["id"]: row["returns"] for row in here("list", "id:1,2", "--json").objects}
    assert returns == {1: None, 2: "2026-11-27"}
    [heading, *lines] = csv.reader(io.StringIO(here("list", "id:1,2", "--csv").out))
    assert {line[0]: line[heading.index("returns")] for line in lines} == {"1": "", "2": "2026-11-27"}


# -- options


def test_options_stand_before_or_after_the_name(here: Crm, db: Path) -> None:
    lines = [
        here(*words).out
        for words in (
            ["--db", str(db), "--user", "wang", "--json", "list"],
            ["list", "--json", "--db", str(db), "--user", "wang"],
            ["--json", f"--db={db}", "list", "--user=wang"],
        )
    ]
    assert lines[0]
    assert len(set(lines)) == 1


def test_an_address_names_the_database_too(here: Crm, db: Path) -> None:
    assert here("list", "--db", f"sqlite:///{db}").code == 0


def test_json_is_one_object_a_line_with_the_promised_keys(crm: Crm) -> None:
    found = crm("list", "--json").objects
    assert len(found) == 26
    for row in found:
        assert set(row) >= KEYS
    pool = next(row for row in found if row["pool"])
    assert (pool["owner"], pool["pool"]) == (None, "default")
    assert pool["phone"] != "+8613900000027"


@pytest.mark.parametrize(
    "words",
    [
        ["due"], ["show", "1"], ["history"], ["users", "list"], ["config", "show"], ["config", "get", "currency"],
        ["check"], ["why", "1"], ["tag", "x", "1"], ["new", "Neu"], ["help"], ["version"], ["undo"],
    ],
)  # fmt: skip
def test_with_json_standard_output_holds_json_lines_only(here: Crm, words: list[str]) -> None:
    here("tag", "y", "2")
    assert here(*words, "--json").objects


def test_csv_has_a_heading_even_without_rows_and_defuses_formulas(here: Crm, db: Path) -> None:
    here("new", "=cmd()", "--anyway")
    table = list(csv.DictReader(io.StringIO(here("list", "--csv").out)))
    assert set(table[0]) >= KEYS
    assert "'=cmd()" in {row["name"] for row in table}
    assert here("list", "name:nothere", "--csv").out.startswith("id,name,")
    assert here("due", "name:nothere", "--csv").out.startswith("id,name,")
    [shown] = csv.DictReader(io.StringIO(here("show", "1", "--csv").out))
    assert (shown["id"], shown["region"]) == ("1", "north")


def test_quiet_keeps_messages_back_but_not_errors(here: Crm) -> None:
    assert here("tag", "x", "1", "--quiet") == Ran(0, "", "")
    assert "999" in here("tag", "x", "999", "--quiet").err


def test_a_dry_run_says_the_same_and_changes_nothing(here: Crm, db: Path) -> None:
    what = "SELECT count(*), max(id) FROM journal_change"
    before = rows(db, what)
    dry = here("tier", "A", "--on", "region:north", "--dry-run", "--json")
    assert rows(db, what) == before
    wet = here("tier", "A", "--on", "region:north", "--json")
    assert dry.out == wet.out
    assert dry.err.startswith(wet.err.strip())
    assert rows(db, what) != before


def test_a_bulk_change_without_a_terminal_wants_yes(crm: Crm, db: Path) -> None:
    ran = crm("tag", "x", "--on", "owner:me")
    assert ran.code == 2
    assert "25 customers" in ran.err
    assert rows(db, "SELECT count(*) FROM tag") == [(0,)]
    assert crm("tag", "x", "--on", "owner:me", "--dry-run").code == 0
    assert crm("tag", "x", "--on", "owner:me", "--yes").code == 0
    assert rows(db, "SELECT count(*) FROM tag") == [(25,)]


@pytest.mark.parametrize(("answer", "code", "tagged"), [("y\n", 0, 25), ("n\n", 1, 0), ("\n", 1, 0)])
def test_on_a_terminal_a_bulk_change_is_asked_about(db: Path, answer: str, code: int, tagged: int) -> None:
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "crm_tui", "tag", "x", "--on", "owner:me"], env=environment(CRM_TUI_DB=str(db)),
        stdin=terminal, stderr=terminal, stdout=subprocess.PIPE,
    )  # fmt: skip
    os.close(terminal)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(keyboard, 1_000)
    assert b"25 customers" in said
    os.write(keyboard, answer.encode())
    assert process.wait(timeout=60) == code
    os.close(keyboard)
    assert rows(db, "SELECT count(*) FROM tag") == [(tagged,)]


def test_a_hand_over_of_many_without_a_terminal_wants_yes(here: Crm, db: Path) -> None:
    what = "SELECT count(*) FROM customer WHERE owner_id = (SELECT id FROM user WHERE login = 'wang')"
    ran = here("handover", "li", "--by", "wang", user="zhao")
    assert ran.code == 2
    assert "handover li --by wang: 25 customers: say --yes" in ran.err
    assert rows(db, what) == [(1,)]
    assert here("sweep", user="zhao").code == 0, "cron has no terminal either"
    assert here("handover", "li", "--by", "wang", "--yes", user="zhao").code == 0
    assert rows(db, what) == [(26,)]


def test_twenty_rows_are_no_bulk(here: Crm) -> None:
    assert here("tag", "x", *map(str, range(1, 21))).code == 0


@pytest.mark.parametrize(
    ("words", "n"),
    [
        (["region:north"], 13), (["-region:north"], 13), (["not", "region:north"], 13), (["not region:north"], 13),
        (["region:north", "owner:me"], 13), (["(region:north", "or", "region:south)"], 25), (["pool:default"], 1),
        (["id:1,2,3"], 3), (["Firma 25"], 1), ([], 26), (["region：north"], 13),
    ],
)  # fmt: skip
def test_filter_words_are_joined(here: Crm, words: list[str], n: int) -> None:
    assert len(here("list", *words, "--json").objects) == n


def test_a_list_can_be_cut_sorted_and_narrowed(here: Crm) -> None:
    ran = here("list", "owner:me", "--sort", "name", "--limit", "2", "--columns", "name,id", "--json")
    assert ran.objects == [{"name": "Firma 1", "id": 1}, {"name": "Firma 10", "id": 10}]
    assert here("list", "--limit", "0", "--json").out == ""


def test_ids_come_last_and_a_filter_takes_their_place(here: Crm) -> None:
    assert [row["id"] for row in here("tag", "a", "b", "2", "1", "2", "--json").objects] == [2, 1]
    assert here("tag", "c", "1", "--on", "id:2").code == 2
    assert here("tag", "c", "--on", "name:nothere").code == 1


# -- the environment


def test_a_closed_pipe_ends_quietly(db: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m crm_tui list --json --columns id; echo $? >&2", "sh"],
        env=environment(CRM_TUI_DB=str(db)), stdout=_broken(), stderr=subprocess.PIPE, encoding="utf-8", timeout=60,
    )  # fmt: skip
    assert done.stderr == "0\n"


def _broken() -> int:
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_a_full_disk_fails_with_a_sentence(db: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "crm_tui", "list"], env=environment(CRM_TUI_DB=str(db)), stdout=full,
            stderr=subprocess.PIPE, encoding="utf-8", timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("crm-tui: ")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_crash(db: Path, closed: str) -> None:
    command = f"{sys.executable} -m crm_tui tag x 1 {closed}"
    done = subprocess.run(["/bin/sh", "-c", command], env=environment(CRM_TUI_DB=str(db)), capture_output=True)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr


def test_an_interrupt_leaves_nothing_behind(db: Path, tmp_path: Path) -> None:
    table = tmp_path / "many.csv"
    table.write_text("name\n" + "".join(f"Company {n}\n" for n in range(200_000)))
    process = subprocess.Popen(
        [sys.executable, "-m", "crm_tui", "import", str(table)], env=environment(CRM_TUI_DB=str(db)),
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=heard,
    )  # fmt: skip
    assert process.stderr is not None
    process.stderr.readline()  # the preview: it has begun
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    __, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"interrupted" in err
    assert rows(db, "SELECT count(*) FROM customer") == [(27,)]


@pytest.mark.parametrize(
    "changes",
    [
        {"LANG": "C", "LC_ALL": None, "HOME": None, "XDG_CONFIG_HOME": None, "CRM_TUI_CONFIG": None},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
    ],
)
def test_a_plain_environment_will_do(crm: Crm, changes: dict[str, str | None]) -> None:
    assert crm("new", "华为技术有限公司", **changes).code == 0
    [row] = crm("list", "name:华为", "--json", **changes).objects
    assert row["name"] == "华为技术有限公司"


def test_control_characters_never_reach_the_terminal(here: Crm, db: Path) -> None:
    database = Database(db)
    with database.writing():
        hostile = "evil\x1b]0;x\x07\x9b31m\u202ename\nline"
        database.execute("UPDATE customer SET name = ?, region = ? WHERE id = 1", (hostile, hostile))
    database.close()
    for line in ("list", "due", "show 1", "history", "list --json", "list --csv", "tag x 1"):
        ran = here(*line.split())
        assert ran.code == 0
        assert not set("\x1b\x07\x9b\u202e") & set(ran.out + ran.err), line
    ran = here("list", "\x1b[31mfoo:1")
    assert ran.code == 2
    assert "\x1b" not in ran.err


# -- help


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["help"], "tier"), (["--help"], "tier"), (["help", "tier"], "tier TIER"), (["tier", "--help"], "tier TIER"),
        (["contact", "add", "--help"], "contact add NAME"), (["help", "contact", "add"], "contact add NAME"),
        (["--db", "x", "list", "--help"], "list [FILTER"), (["log", "some words", "--help"], "log [NOTE]"),
        (["help", "filters"], "stage:"), (["--version"], "crm-tui 0"), (["--json", "--version"], "version"),
        (["help", "keys"], "| `s l` |"), (["demo", "--help"], "demo"), (["users", "--help"], "users add"),
    ],
)  # fmt: skip
def test_help_and_version_need_no_database(here: Crm, words: list[str], expected: str) -> None:
    ran = here(*words)
    assert (ran.code, ran.err) == (0, "")
    assert expected in ran.out
    assert not opens_screens(words)


def test_help_on_nothing_known_suggests(here: Crm) -> None:
    ran = here("help", "filter")
    assert ran.code == 0
    assert here("help", "tiers").code == 2


def test_who_comes_second_is_told_the_three_values_of_each_field(here: Crm) -> None:
    [shown] = here("show", "1", "--json").objects
    assert here("edit", "region=west", "phone=13800138000", "1", user="zhao").code == 0
    words = ("edit", "region=east", "industry=steel", "1", "--version", str(shown["version"]))
    second = here(*words)
    assert second.code == 4
    assert "region: before north · theirs west · mine east" in second.out.splitlines()
    assert "Firma 1 was changed by zhao meanwhile" in second.err
    found = here(*words, "--json")
    assert found.code == 4
    assert {one["field"]: (one["state"], one["before"], one["theirs"], one["mine"]) for one in found.objects} == {
        "region": ("both", "north", "west", "east"), "phone": ("theirs", "", "+8613800138000", ""),
        "industry": ("mine", "", "", "steel"),
    }  # fmt: skip
    [now] = here("show", "1", "--json").objects
    assert now["region"] == "west"
    assert {(one["id"], one["version"]) for one in found.objects} == {(1, now["version"])}
    assert here(*words[:-1], str(now["version"])).code == 0


def test_contacts_have_versions_too(here: Crm) -> None:
    here("contact", "add", "Wu", "role=user", "1")
    [person] = here("show", "1", "--json").objects[0]["contacts"]
    number, version = str(person["id"]), str(person["version"])
    assert here("contact", "edit", number, "role=champion", "--version", version).code == 0
    second = here("contact", "edit", number, "role=finance", "--version", version, "--json")
    assert second.code == 4
    assert [(one["before"], one["theirs"], one["mine"]) for one in second.objects] == [("user", "champion", "finance")]


def test_an_options_own_version_is_not_the_programs(here: Crm) -> None:
    assert here("edit", "region=x", "1", "--version", "77").code == 4


@pytest.mark.parametrize(
    ("words", "screens"),
    [
        ([], True), (["demo"], True), (["--db", "x"], True), (["--user", "li", "demo"], True), (["list"], False),
        (["--db", "demo", "list"], False), (["--db=x", "list", "demo"], False), (["--help"], False),
        (["--json"], False),
    ],
)  # fmt: skip
def test_no_command_opens_the_screens(words: list[str], screens: bool) -> None:
    assert opens_screens(words) is screens


@pytest.mark.parametrize("name", ["mark", "board", "down", "find", "palette", "copy", "keys", "quit", "back"])
def test_what_is_for_the_screens_says_so(here: Crm, name: str) -> None:
    ran = here(name)
    assert (ran.code, ran.out) == (2, "")
    assert "for the screens" in ran.err


# -- the configuration


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", ""), ('theme = "dark"\nmouse = false', ""), ('theme = "pink"', "theme"), ("mouse = 1", "mouse"),
        ('colour = "red"', "colour"), ("theme =", "Invalid value"), ("database = 5", "database"),
        ("\xff\xfe", "line 1"), ('keymap = "vim"', ""), ('keymap = "emacs"', "keymap"),
        ("macros = 3", "macros.path"), ('[macros]\nfolder = "x"', "macros.path"),
        ("[macros]\npath = [3]", "macros.path"),
    ],
)  # fmt: skip
def test_the_configuration_names_the_file_and_the_key(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    if not wrong:
        assert config.load(path) == config.Config(**tomllib.loads(text), home=tmp_path)
        return
    with pytest.raises(UsageError) as error:
        config.load(path)
    assert str(path) in str(error.value)
    assert wrong in str(error.value)


@pytest.mark.parametrize(
    ("text", "folders"), [("", ()), ('path = "team"', ("team",)), ('path = ["/srv/a", "b"]', ("/srv/a", "b"))]
)
def test_macros_are_looked_for_in_ones_own_folder_first(tmp_path: Path, text: str, folders: tuple[str, ...]) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"[macros]\n{text}")
    assert config.load(path).macro_folders == (tmp_path / "macros", *map(Path, folders))


@pytest.mark.parametrize(
    ("given", "environ", "configured", "path"),
    [
        ("a.db", "b.db", "c.db", "a.db"), (None, "b.db", "c.db", "b.db"), (None, "", "c.db", "c.db"),
        ("sqlite:///srv/crm.db", "", "", "/srv/crm.db"), ("sqlite:////srv/crm.db", "", "", "/srv/crm.db"),
    ],
)  # fmt: skip
def test_the_option_goes_before_the_environment_and_that_before_the_configuration(
    given: str | None, environ: str, configured: str, path: str
) -> None:
    found = config.database_path(given, config.Config(database=configured), {"CRM_TUI_DB": environ})
    assert found == Path(path)


# -- administration


def test_users_and_settings(here: Crm) -> None:
    assert here("users", "add", "chen", "--name", "Chen Li", "--role", "rep", user="root").code == 0
    assert "chen" in {row["login"] for row in here("users", "list", "--json").objects}
    assert here("config", "set", "pool.holding_cap", "off", user="root").code == 0
    assert here("config", "get", "pool.holding_cap").out == "off\n"
    assert here("config", "get", "pool.holding_cap", "--json").objects == [{"name": "pool.holding_cap", "value": None}]
    assert "pool.holding_cap" in here("config", "show").out
    assert here("config", "get", "pool.cap").code == 2
    assert here("config", "set", "pool.holding_cap", "lots", user="root").code == 2
    assert here("undo", user="root").code == 0
    assert here("config", "get", "pool.holding_cap").out == "100\n"


def test_a_rule_of_a_pool_is_shown_and_ended(here: Crm) -> None:
    east = ("--pool", "east")
    here("pools", "add", "east", user="root")
    assert here("config", "set", "pool.daily_quota", "5", *east, user="root").code == 0
    assert [here("config", "get", "pool.daily_quota", *pool).out for pool in ((), east)] == ["10\n", "5\n"]
    shown = {row["name"]: row["value"] for row in here("config", "show", *east, "--json").objects}
    assert shown["pool.daily_quota"] == 5
    assert all(name.startswith("pool.") for name in shown)
    ran = here("config", "set", "pool.daily_quota", "default", *east, user="root")
    assert "pool.daily_quota in pool east = default (10)" in ran.err
    here("config", "set", "pool.daily_quota", "7", user="root")
    assert here("config", "get", "pool.daily_quota", *east).out == "7\n"
    assert here("config", "set", "pool.daily_quota", "default", user="root").code == 0
    assert here("config", "get", "pool.daily_quota", *east).out == "10\n"
    assert here("config", "get", "currency", *east).code == 2
    assert here("config", "get", "pool.daily_quota", "--pool", "west").code == 2


def test_a_sound_database_passes_the_check(here: Crm) -> None:
    ran = here("check")
    assert ran.code == 0
    assert "no faults" in ran.err


def test_a_fault_fails_the_check(here: Crm, db: Path) -> None:
    database = Database(db)
    with database.writing():
        database.execute("UPDATE customer SET stage = 'intent' WHERE id = 3")
    database.close()
    ran = here("check", "--json")
    assert ran.code == 1
    assert any("history" in fault["what"] for fault in ran.objects)


def test_undo_and_redo_from_the_shell(here: Crm) -> None:
    here("tier", "A", "1")
    assert here("undo").code == 0
    assert here("show", "1", "--json").objects[0]["tier"] == "D"
    assert here("redo").code == 0
    assert here("show", "1", "--json").objects[0]["tier"] == "A"
    assert here("redo").code == 1
    assert [row["kind"] for row in here("history", "--limit", "3", "--json").objects] == ["redo", "undo", "do"]


def test_views_have_their_like_in_the_shell(here: Crm) -> None:
    assert here("view", "pipeline").out == here("list").out
    assert here("view", "due").out == here("due").out
    assert here("open", "1").out == here("show", "1").out
    assert here("tab", "potential").out == here("list", "stage:potential").out
    assert here("view", "pools").out == here("pools", "list").out
    assert "li" in here("view", "team", user="zhao").out
    assert here("view", "moon").code == 2


# -- files


def test_an_import_shows_what_it_understands_and_says_what_it_did(here: Crm, db: Path, tmp_path: Path) -> None:
    table = tmp_path / "accounts.csv"
    table.write_text("account,sector,office_location,colour\nNova,retail,Kenya,red\nVega,,Peru,blue\n合计,,,\n")
    dry = here("import", str(table), "--owner", "me", "--dry-run")
    assert dry.code == 0
    assert "2 customers would be imported" in dry.err
    first = here("import", str(table), "--owner", "me", "--set", "source=fair")
    assert (first.code, first.out) == (0, "")
    for words in (("account", "→ name", "Nova"), ("colour", "→ x.colour", "red"), ("sector", "→ industry")):
        assert any(all(word in line for word in words) for line in first.err.splitlines()), words
    assert "2 customers imported" in first.err
    assert "1 total row" in first.err
    again = here("import", str(table), "--owner", "me", "--json")
    assert again.code == 0
    assert again.objects[0] == again.objects[0] | {"new": 0, "same": 2, "refused": 0}
    assert [row["source"] for row in here("list", "source:fair", "--json").objects] == ["fair", "fair"]
    assert rows(db, "SELECT command FROM journal_entry ORDER BY id DESC LIMIT 1")[0][0].startswith("import ")
    assert here("undo").code == 0
    assert here("list", "source:fair").out == ""


def test_standard_input_is_taken_up_to_a_size(crm: Crm, here: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "1 customer imported" in crm("import", "-", stdin="name\nAcme\n").err
    monkeypatch.setattr(transfer, "_LARGEST", 10)
    table = io.BytesIO(b"name\n" + b"x" * 9)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False, buffer=table))
    ran = here("import", "-")
    assert ran.code == 1
    assert "standard input is larger than" in ran.err


def test_what_comes_by_standard_input_is_called_so(crm: Crm, here: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, said in (
        ("name\nAcme\n", "standard input: utf-8, separated by ,"), ("", "standard input: the file is empty"),
        ("name\nA\0B\n", "standard input, line 2: a NUL byte"),
    ):  # fmt: skip
        table = io.BytesIO(text.encode())
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False, buffer=table))
        ran = here("import", "-")
        assert said in ran.err
        assert "standard-input" not in ran.err
        assert "/crm-tui-" not in ran.err


def test_of_very_many_columns_the_first_are_shown(here: Crm, tmp_path: Path) -> None:
    table = tmp_path / "wide.csv"
    table.write_text(",".join(["name", *(f"c{n}" for n in range(2_999))]) + "\nAcme" + ",x" * 2_999 + "\n")
    ran = here("import", str(table), "--dry-run")
    lines = ran.err.splitlines()
    assert len(lines) < 70
    assert "  and 2,940 more columns" in lines
    assert any(line.endswith("c18, c19 and 2,979 more") for line in lines)
    assert max(map(len, lines)) < 300
    wrong = here("import", str(table), "--map", "nothing=name")
    assert len(wrong.err) < 400


def test_a_report_is_of_a_day_gone_by(here: Crm) -> None:
    assert here("report", "day", "--date", "today").code == 0
    ran = here("report", "day", "--date", "tomorrow")
    assert ran.code == 2
    assert "yet to come" in ran.err
    assert here("report", "day", "--of", "li", user="zhao").code == 0


def test_refused_rows_make_the_exit_code(here: Crm, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("name,stage\nGood,intent\nBad,moon\n")
    ran = here("import", str(table))
    assert ran.code == 4
    errors = tmp_path / "t.errors.csv"
    assert str(errors) in ran.err
    assert "moon" in ran.err
    assert here("import", str(errors), "--errors", str(tmp_path / "still.csv")).code == 1
    assert (tmp_path / "still.csv").exists()


def test_an_import_that_cannot_begin_says_why(here: Crm, tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a;b\n1;2\n")
    assert here("import").code == 2
    assert here("import", str(tmp_path / "none.csv")).code == 1
    assert here("import", str(table)).code == 2
    assert here("import", str(table), "--map", "a=nonsense").code == 2
    assert here("import", str(table), "--map", "c=name").code == 2
    assert here("import", str(table), "--separator", "ab").code == 2
    assert here("import", str(table), "--owner", "nobody", "--map", "a=name").code in (2, 3)
    assert here("import", str(table), "--map", "a=name", "--separator", ";", "--no-dedupe").code == 0


def test_an_export_is_whole_and_overwrites_nothing_unasked(here: Crm, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    assert here("export", "region:north", str(target)).code == 0
    table = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8-sig"))))
    assert len(table) == 13
    before = target.read_bytes()
    assert here("export", "", str(target)).code == 1
    assert target.read_bytes() == before
    assert here("export", "region:south", str(target), "--yes").code == 0
    assert target.read_bytes() != before
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out.csv"]
    assert here("export", "", str(tmp_path / "no" / "where.csv")).code == 1
    assert here("export", "foo:1", str(tmp_path / "x.csv")).code == 2
    assert not (tmp_path / "x.csv").exists()


def test_an_export_that_fails_leaves_no_file(here: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm_tui.services import exports

    def breaks(*given: Any, **more: Any) -> int:
        given[2].write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports, "export", breaks)
    before = sorted(tmp_path.iterdir())
    ran = here("export", "", str(tmp_path / "out.csv"))
    assert ran.code == 1
    assert "No space left" in ran.err
    assert [path for path in tmp_path.iterdir() if path not in before and not path.name.endswith("-lock")] == []


def test_an_export_goes_to_standard_output_too(crm: Crm) -> None:
    ran = crm("export", "owner:me", "-")
    assert ran.code == 0
    assert len(list(csv.DictReader(io.StringIO(ran.out.lstrip("\ufeff"))))) == 25
    assert "25 customers" in ran.err


def test_a_report_is_csv_json_or_text_in_any_locale(crm: Crm) -> None:
    table = list(csv.DictReader(io.StringIO(crm("report", "stages", "--csv").out)))
    assert sum(int(row["customers"]) for row in table) == 25
    assert all("owner:any" in row["filter"] for row in table)
    empty = crm("report", "churn", "--json")
    assert (empty.code, empty.out) == (0, "")
    assert crm("report", "churn", "--csv").out.startswith("customer,owner,last_order,")
    plain = crm("report", "pareto", LANG="C", LC_ALL="C", NO_COLOR="1")
    assert plain.code == 0
    assert plain.out.replace("·", "").isascii()  # the chart too
    assert "100% |" in plain.out
