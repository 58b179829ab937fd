"""`crm-tui run`: a macro without a screen, through the command line: what it prints, its exit codes, what it leaves."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tui import cli
from crm_tui.commands import running
from crm_tui.commands.run_records import RUN_RECORD
from crm_tui.services import history, people
from crm_tui.store.database import Database
from tests.store.present import check, present
from tests.test_cli import Ran, heard

Crm = Callable[..., Ran]


def environment(db: Path, **changes: str) -> dict[str, str]:
    own = {"LANGUAGE": "en", "CRM_TUI_CONFIG": str(db.parent / "config.toml"), "CRM_TUI_DB": str(db)}
    return {**os.environ, **own, "CRM_TUI_USER": "li", **changes}


@pytest.fixture
def crm(db: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Crm:
    """Run `crm-tui` on the office's database as `li`, in this process and without a terminal."""
    for name, value in environment(db).items():
        monkeypatch.setenv(name, value)

    def run(*words: str, stdin: bytes | None = None) -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin or b""), encoding="utf-8"))
        code = cli.run(words)
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def macro(tmp_path: Path) -> Callable[[str], str]:
    """Write a macro; its path."""

    def write(text: str, name: str = "m") -> str:
        path = tmp_path / f"{name}.macro"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


Macro = Callable[..., str]


@pytest.fixture
def kept(db: Path) -> Callable[[], tuple[object, int]]:
    """The present state of the database, and how many entries its journal has."""
    return lambda: state(db)


def state(db: Path) -> tuple[object, int]:
    database = Database(db)
    try:
        return present(database), database.value("SELECT count(*) FROM journal_entry")
    finally:
        database.close()


Kept = Callable[[], tuple[object, int]]
MONDAY = "# {days=7}\nfilter owner:me region:south\nmark all\nnext +{days}d\ntier B --reason quiet\n"


def test_each_line_tells_to_how_many_and_the_last_one_the_whole(crm: Crm, macro: Macro) -> None:
    ran = crm("run", macro(MONDAY))
    assert (ran.code, ran.err) == (0, "m: 4 steps, 12 customers changed\n")
    assert ran.out.splitlines() == [
        "m.macro:2  filter owner:me region:south",
        "m.macro:3  mark all",
        "m.macro:4  next +7d                      12 customers",
        "m.macro:5  tier B --reason quiet         12 customers",
    ]


def test_json_is_an_object_for_each_step_each_failure_and_the_whole(crm: Crm, macro: Macro) -> None:
    path = macro("on error next\nfilter owner:me\nmark; mark\nretreat\ntag a 26 1\n")
    ran = crm("run", path, "--json")
    *steps, refused, failed, whole = ran.objects
    assert [tuple(step) for step in steps] == [RUN_RECORD["step"]] * 5
    assert [(s["line"], s["command"], s["times"], s["changed"], s["refused"], s["failed"]) for s in steps] == [
        (2, "filter owner:me", 1, 0, 0, 0), (3, "mark", 1, 0, 0, 0), (3, "mark", 1, 0, 0, 0),
        (4, "retreat", 1, 0, 0, 1), (5, "tag a 26 1", 1, 1, 1, 0),
    ]  # fmt: skip
    failures = [refused, failed]
    assert [tuple(one) for one in failures] == [RUN_RECORD["failure"]] * 2
    assert [(one["line"], one["id"]) for one in failures] == [(4, None), (5, 26)]
    assert {**whole, "run": None} == {
        "run": None, "steps": 5, "customers": 1, "refused": 1, "failed": 1, "ended": None, "dry_run": False, "exit": 4,
    }  # fmt: skip
    assert whole["run"] > 0
    assert tuple(whole) == RUN_RECORD["run"]
    assert ran.code == 4
    assert all(step["file"] == path for step in steps)


def test_one_undo_takes_the_run_back_and_one_redo_does_it_again(crm: Crm, macro: Macro, kept: Kept) -> None:
    before, __ = kept()
    assert crm("run", macro(MONDAY)).code == 0
    done, __ = kept()
    assert done != before
    assert crm("undo").code == 0
    assert kept()[0] == before
    assert crm("redo").code == 0
    assert kept()[0] == done
    entries = crm("history", "--json").objects
    assert [entry["kind"] for entry in entries[:3]] == ["redo", "undo", "do"]
    assert entries[2]["command"].startswith("run ")
    assert entries[2]["customers"] == 12


def test_parameters_are_set_and_what_has_no_default_must_be(crm: Crm, macro: Macro) -> None:
    path = macro("filter name:{who}\ntag {word=seen}\n")
    assert (crm("run", path).code, crm("run", path, "--set", "who=3", "--set", "what=x").code) == (2, 2)
    assert "--set who=…" in crm("run", path).err
    ran = crm("run", path, "--set", "who=Wangs Werk", "--set", "word=met", "--user", "wang")
    assert ran.out.splitlines()[1].split() == ["m.macro:2", "tag", "met", "1", "customer"]


def test_marked_customers_come_as_ids_or_by_a_filter(crm: Crm, macro: Macro) -> None:
    each = macro("on each\ntag seen\n")
    assert "--on FILTER" in crm("run", each).err
    assert crm("run", each).code == 2
    assert "×3, 3 customers" in crm("run", each, "3", "1", "2").out
    assert "×12, 11 customers" in crm("run", each, "--on", "owner:me region:south").out
    assert crm("run", each, "3", "--on", "owner:me").code == 2
    assert crm("run", each, "--on", "name:nobody").code == 1
    assert crm("run", each, "99").code == 1
    assert crm("run", macro("next fri\n"), "4", "5").out.split()[-2:] == ["2", "customers"]


@pytest.mark.parametrize("text", ["filter owner:me\nmark all\ntag x\n", "on each\ntag x\n"])
def test_many_rows_want_a_yes(crm: Crm, macro: Macro, kept: Kept, text: str) -> None:
    words = ("run", macro(text), *(("--on", "owner:me") if "each" in text else ()))
    before = kept()
    ran = crm(*words)
    assert ran.code == 2
    assert "25 customers: say --yes" in ran.err
    assert kept() == before
    assert crm(*words, "--dry-run").code == 0
    assert kept() == before
    assert crm(*words, "--yes").code == 0


def test_a_yes_on_the_line_is_for_that_line(crm: Crm, macro: Macro) -> None:
    ran = crm("run", macro("filter owner:me\nmark all\ntag x --yes\ntag y\n"))
    assert ran.code == 4
    assert "25 customers" in ran.out
    assert "m.macro:4: tag y: 25 customers: say --yes" in ran.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tag a\ntga b\n", "m.macro:2:1: there is no command"), ("filter tier:A )\n", "m.macro:1:"),
        ("tier\n", "m.macro:1:5: TIER is missing"), ("view team\n", "m.macro:1:1: view team needs a screen"),
        ("  copy phone", "m.macro:1:3: copy needs a screen"), ("undo here", "needs a screen"),
        ("quit", "quit needs a screen"), ("list", "list needs a screen"), ("play nowhere", 'no macro "nowhere"'),
        ("tag a; next notaday", "m.macro:1:13:"), ("view nosuch", 'm.macro:1:6: there is no view "nosuch"'),
        ("run x", "no place in a macro"), ("", "there is no command in it"), ("tag {", "a parameter is"),
        ("tag a\non each\n", "belongs before"), ("config set currency EUR", "only administrators"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place_and_nothing_is_done(
    crm: Crm, macro: Macro, kept: Kept, text: str, told: str
) -> None:
    before = kept()
    ran = crm("run", macro(text), "1")
    assert ran.code == (3 if "administrators" in told else 2)
    assert told in ran.err
    assert ran.out == ""
    assert kept() == before


def test_it_comes_from_a_file_standard_input_or_the_folder_of_macros(crm: Crm, macro: Macro, db: Path) -> None:
    assert "1 customer" in crm("run", "-", "1", stdin=b"tag a\n").out
    assert "-:1:1" in crm("run", "-", stdin=b"tga\n").err
    folder = db.parent / "macros"
    folder.mkdir()
    (folder / "day.macro").write_text("open 2; tag b; back\n")
    (folder / "week.macro").write_text("play day --times 2\n")
    for words in (("run", "day"), ("run", "day.macro"), ("play", "day"), ("play", "week")):
        ran = crm(*words)
        assert ran.code == 0, ran
        assert ran.out.split()[:3] == ["day.macro:1", "open", "2"]
    assert crm("run", "nosuch").code == 2
    assert crm("play", "nosuch").code == 1
    assert crm("run", str(folder)).code == 2
    assert crm("run", "x" * 5_000).code == 2


def test_quiet_says_nothing_but_what_went_wrong(crm: Crm, macro: Macro) -> None:
    ran = crm("run", macro("open 1; tag a"), "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    ran = crm("run", macro("open 1; tag a 27"), "--quiet")
    assert (ran.code, ran.out) == (3, "")
    assert "27" in ran.err


def test_the_exit_code_is_that_of_the_first_failure_where_nothing_was_done(crm: Crm, macro: Macro) -> None:
    lines = {"open 99": 1, "tag x 27": 3, "open 1; retreat": 2, "open 1; tag x; open 99": 4}
    assert {line: crm("run", macro(line)).code for line in lines} == lines


def test_a_stop_leaves_what_was_done_and_go_on_goes_on(crm: Crm, macro: Macro) -> None:
    text = "on each\non error {what}\ntag a\nretreat\ntag b\n"
    stopped, went_on = (crm("run", macro(text.format(what=what)), "1", "2", "3") for what in ("stop", "next"))
    assert (stopped.code, went_on.code) == (4, 4)
    assert "m.macro:3  tag a    1 customer" in stopped.out
    assert "stopped at" in stopped.err
    assert "×3, 3 failed" in went_on.out
    assert went_on.err.count("m.macro:4") == 3


def test_lines_that_are_read_are_printed(crm: Crm, macro: Macro) -> None:
    assert any("first contact" in line for line in crm("run", macro("open 1; why")).out.splitlines()[:-2])


def test_a_rule_that_a_dry_run_sets_holds_in_it_and_not_after(db: Path, macro: Macro, crm: Crm) -> None:
    path = macro("config set pool.holding_cap 1\nnew Zuviel --owner li\n")
    before = state(db)
    ran = crm("run", path, "--user", "root", "--dry-run")
    assert "holding cap of 1 is reached" in ran.err
    assert state(db) == before
    assert crm("new", "Noch einer").code == 0


def test_one_who_may_take_nothing_out_is_told_the_same_by_a_macro(crm: Crm, macro: Macro) -> None:
    assert crm("run", macro("tag x 1"), "--user", "sun").code == 3


# -- dry runs tell what the run will do

STEPS = (
    "filter owner:me", "filter region:north owner:me", "filter", "filter tier:B", "tab potential", "tab", "sort name",
    "mark", "mark all", "mark invert", "mark none", "mark range", "down", "up", "page-down", "bottom", "top",
    "view due", "view pipeline", "view pools", "choose", "open", "back", "refresh", "tier B --reason x",
    "tier A --reason y", "advance", "retreat --reason z", "retreat", "next +3d", "done met", "no-answer", "tag a",
    "untag a", "claim", "release --reason no-need", "new Neu", "edit region=west", "undo", "redo", "archive",
    "tag b 26 27", "next +2d --on tier:B", "tag dry --dry-run", "contact add Wu", "snooze +1d",
)  # fmt: skip
PROGRAMS = st.lists(st.sampled_from(STEPS), min_size=1, max_size=12)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=PROGRAMS, go_on=st.booleans(), each=st.booleans())
def test_a_dry_run_tells_what_the_run_then_does(
    db: Path, crm: Crm, tmp_path: Path, office: Path, steps: list[str], go_on: bool, each: bool
) -> None:
    shutil.copy(office, db)
    for end in ("-wal", "-shm"):
        Path(f"{db}{end}").unlink(missing_ok=True)
    head = ["on each"] * each + ["on error next"] * go_on
    (tmp_path / "m.macro").write_text("\n".join([*head, *steps]) + "\n")
    words = ("run", str(tmp_path / "m.macro"), "--json", "--yes", *(("1", "2", "27") if each else ()))
    before = state(db)
    dry = crm(*words, "--dry-run")
    assert state(db) == before
    real = crm(*words)
    assert (dry.code, _comparable(dry)) == (real.code, _comparable(real))
    after = Database(db)
    check(after)
    if real.objects[-1]["run"] is not None:
        session = people.sign_in(after, "li", source="test")
        history.undo(session)
        assert present(after) == before[0]
    after.close()


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=PROGRAMS, go_on=st.booleans(), each=st.booleans())
def test_so_do_many_dry_runs(
    db: Path, crm: Crm, tmp_path: Path, office: Path, steps: list[str], go_on: bool, each: bool
) -> None:
    test_a_dry_run_tells_what_the_run_then_does.hypothesis.inner_test(db, crm, tmp_path, office, steps, go_on, each)  # type: ignore[attr-defined]


def _comparable(ran: Ran) -> list[dict[str, Any]]:
    *rows, whole = ran.objects
    return [*rows, {**whole, "run": None, "dry_run": None}]


# -- files of all sorts

ODD = (
    (b"\xef\xbb\xbfopen 1\r\ntag a\r\n", 0), (b"open 1\ntag a", 0), (b"\n\n# c\n  \nopen 1\ntag a\n\n\n", 0),
    ("　open 1\n　tag 好\n".encode(), 0), (b"# only\n# comments\n", 2), (b"", 2), (b"\n", 2), (b"\x00\x01\x02", 2),
    (b"\xff\xfe\x00o", 2), (b"tag \xe4\xf6", 2), (bytes(range(256)), 2), (b"tag a\x1b[2J", 2), (b"#" * 2_000_000, 2),
    ("# 好\n".encode() * 2_000_000, 2), (b"down\n" * 4_000, 0), (b"tag 'a\n", 2), (b"\xef\xbb\xbf", 2),
)  # fmt: skip


@pytest.mark.parametrize(("data", "code"), ODD, ids=[str(number) for number in range(len(ODD))])
def test_odd_files_are_played_or_refused_with_their_place(crm: Crm, tmp_path: Path, data: bytes, code: int) -> None:
    path = tmp_path / "odd.macro"
    path.write_bytes(data)
    ran = crm("run", str(path))
    assert ran.code == code
    if code:
        assert "odd.macro:" in ran.err
    assert crm("run", "-", stdin=data).code == code


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "ignore"))))
def test_whatever_is_in_a_file_there_is_an_answer(crm: Crm, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.macro"
    path.write_bytes(data)
    assert crm("run", str(path), "--dry-run").code in range(5)


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode("utf-8", "ignore"))))
def test_to_many_files_there_is_an_answer(crm: Crm, tmp_path: Path, data: bytes) -> None:
    test_whatever_is_in_a_file_there_is_an_answer.hypothesis.inner_test(crm, tmp_path, data)  # type: ignore[attr-defined]


# -- processes of their own


def start(db: Path, *words: str, **changes: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "crm_tui", *words], env=environment(db, **changes), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", preexec_fn=heard,
    )  # fmt: skip


def test_it_works_from_cron(db: Path, macro: Macro) -> None:
    path = macro("open 1\ntag 好\n")
    own = {name: value for name, value in environment(db, LANG="C").items() if name in _CRON}
    done = subprocess.run(
        ["/bin/sh", "-c", f"umask 077; exec {sys.executable} -m crm_tui run '{path}'"], env=own, cwd="/",
        stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"m: 2 steps, 1 customer changed\n")


_CRON = {"PATH", "LANG", "CRM_TUI_DB", "CRM_TUI_USER", "CRM_TUI_CONFIG", "PYTHONPATH"}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_after_the_step_and_the_report_is_printed(
    db: Path, macro: Macro, number: int, code: int
) -> None:
    lines = [f"tag t{n}\nuntag t{n}\n" for n in range(2_000)]
    before = state(db)
    process = start(db, "run", macro("open 1\n" + "".join(lines)), "--json")
    end = time.monotonic() + 60
    while state(db)[1] < before[1] + 5 and time.monotonic() < end:
        time.sleep(0.05)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    whole = json.loads(out.splitlines()[-1])
    assert (process.returncode, whole["exit"]) == (code, code)
    assert whole["ended"].startswith("stopped after")
    assert 5 <= whole["steps"] < 4_001
    assert "Traceback" not in err
    database = Database(db)
    history.undo(people.sign_in(database, "li", source="test"))
    assert present(database) == before[0]
    database.close()


@pytest.mark.slow
def test_killed_in_the_middle_what_was_done_is_one_undo(db: Path, macro: Macro) -> None:
    before = state(db)
    process = start(db, "run", macro("open 1\n" + "".join(f"tag t{n}\nuntag t{n}\n" for n in range(2_000))))
    end = time.monotonic() + 60
    while state(db)[1] < before[1] + 9 and time.monotonic() < end:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    database = Database(db)
    history.undo(people.sign_in(database, "li", source="test"))
    assert present(database) == before[0]
    database.close()


@pytest.mark.slow
@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 1)])
def test_on_a_terminal_it_asks_once(db: Path, macro: Macro, answer: str, code: int) -> None:
    path = macro("filter owner:me\nmark all\ntag x\ntag y\n")
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "crm_tui", "run", path], env=environment(db), stdin=slave, stdout=subprocess.PIPE,
        stderr=slave, start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(master, 1_000)
    os.write(master, f"{answer}\n".encode())
    out, __ = process.communicate(timeout=60)
    assert process.returncode == code
    assert out.count(b"25 customers") == (2 if answer == "y" else 0)
    os.close(master)


# -- what a dry run needs, and what it leaves


def test_a_dry_run_plays_while_another_writes_and_leaves_no_copy(
    db: Path, crm: Crm, macro: Macro, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    modes: list[int] = []
    backup = Database.backup

    def backed_up(database: Database, target: Path) -> None:
        modes.append(target.parent.stat().st_mode & 0o777)
        backup(database, target)

    monkeypatch.setattr(Database, "backup", backed_up)
    other = Database(db)
    with other.writing():
        assert crm("run", macro(MONDAY), "--dry-run").code == 0
    other.close()
    assert crm("run", macro("open 99"), "--dry-run").code == 1
    assert modes == [0o700, 0o700]
    assert list(temporary.iterdir()) == []


def test_without_room_for_the_copy_there_is_no_dry_run(
    crm: Crm, macro: Macro, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Mock(free=1_000))
    ran = crm("run", macro(MONDAY), "--dry-run")
    assert ran.code == 1
    assert re.search(r"needs [\d,]{6,} bytes; 1,000 are free", ran.err)


def test_a_dry_run_says_what_wants_a_yes(crm: Crm, macro: Macro) -> None:
    path = macro("filter owner:me\nmark all\ntag x\nmark none\ntag y\n")
    ran = crm("run", path, "--dry-run")
    assert ran.code == 0
    assert [line.endswith(", wants --yes") for line in ran.out.splitlines()] == [False, False, True, False, False]
    assert "25 customers changed; wants --yes (dry run" in ran.err
    assert [one.get("wants_yes") for one in crm("run", path, "--dry-run", "--json").objects] == [
        False, False, True, False, False, None,
    ]  # fmt: skip
    assert "wants" not in crm("run", path, "--dry-run", "--yes").out
    each = crm("run", macro("on each\nwhy\ntag x\n"), "--on", "owner:me", "--dry-run", "--json")
    assert [one.get("wants_yes") for one in each.objects] == [False, True, None]


# -- the customers that it is given


def test_going_to_the_pipeline_where_one_is_keeps_the_marks(crm: Crm, macro: Macro) -> None:
    ran = crm("run", macro("view pipeline\ntag seen\n"), "4", "5", "--json")
    assert (ran.code, ran.objects[1]["changed"]) == (0, 2)


def test_customers_that_no_step_is_about_are_a_failure(crm: Crm, macro: Macro) -> None:
    ran = crm("run", macro("view due\nview pipeline\ntop\n"), "4", "5")
    assert ran.code == 1
    assert "no step was about the customers that it was given" in ran.err
    assert crm("run", macro("open 1\ntag x\n"), "4").code == 4
    assert crm("run", macro("mark none; open 4; tag x\n"), "4").code == 0


# -- how it is counted, and told


def test_who_was_left_out_is_no_failure_besides(crm: Crm, macro: Macro) -> None:
    ran = crm("run", macro("tag x 27"))
    assert ran.err.endswith("m: 1 step, 0 customers changed, 1 left out; stopped at " + macro("tag x 27") + ":1\n")
    assert ran.out.splitlines()[0].endswith("1 left out")
    step, __, whole = crm("run", macro("tag x 27"), "--json").objects
    assert (step["refused"], step["failed"], whole["refused"], whole["failed"]) == (1, 1, 1, 1)
    assert "1 failure" in crm("run", macro("open 99")).err


def test_what_the_role_forbids_is_told_with_its_column(crm: Crm, macro: Macro) -> None:
    assert "m.macro:1:8: " in crm("run", macro("tag a; config set currency EUR"), "1").err


def test_a_line_that_is_dropped_ends_it_as_a_signal_does_but_not_under_nohup(crm: Crm, macro: Macro) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whatever started the tests
    try:
        with running._listening() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            assert signals.came == [signal.SIGHUP]
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with running._listening() as signals:
            os.kill(os.getpid(), signal.SIGHUP)
            assert signals.came == []
    finally:
        signal.signal(signal.SIGHUP, before)
