"""What scripts rely on, over the whole catalogue: JSON lines and nothing else, the documented keys, quiet streams."""

from __future__ import annotations

import json
import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from crm_tui.commands import run_records, shell
from crm_tui.commands.catalog import CATALOG
from crm_tui.domain import errors
from crm_tui.domain.analysis import ABOUT
from crm_tui.services import analysis, factors, interactions, recommend, views, watching
from crm_tui.services.interactions import Note
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.commands.test_catalog import CASES, filled, obey
from tests.factories import Clock, Team, make

PAGE = (files("crm_tui") / "help" / "scripts.md").read_text("utf-8")
RECORDS = (files("crm_tui") / "help" / "records.md").read_text("utf-8")

DONE, WHOLE = ("id", "done", "reason"), ("message", "entry")
"""What a change of customers prints, and any other."""

CHOSEN = {"columns"}
"""Prints the columns that it is given."""

SOME = {"why"}
"""Prints objects with some of the keys each."""

SILENT = {"watch", "ssh authorized-keys", "redo", "sweep"}
"""Has nothing to say in these cases."""

RAW = {"spool get", "macros editor"}
"""Prints no JSON: a file as it is, an editor."""


def documented() -> dict[str, list[tuple[str, ...]]]:
    """The keys of each command's objects, as the page has them."""
    found: dict[str, list[tuple[str, ...]]] = {}
    text = RECORDS.split("## What an object holds")[1].split("\n## ")[0]
    for part in re.split(r"\n- | · ", re.sub(r"\n  +", " ", text))[1:]:
        names, __, told = part.partition(": ")
        told = told.replace("those of `list` and", " ".join(found["list"][0]) if "list" in found else "")
        kinds = [kind.rpartition(": ")[2].split() for kind in told.strip().split("; ") if not kind.startswith("with ")]
        found.update({name: [tuple(kind) for kind in kinds] for name in re.findall(r"`([^`]+)`", names)})
    return found


KEYS = documented()


class Office:
    """A database with something of everything, in which commands are run as the shell runs them."""

    def __init__(self, team: Team, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.team = team
        self.folder = folder
        self.fill = filled(team, folder)
        self.capfd = capfd
        interactions.log(team.li, [int(self.fill("{id}"))], Note("all well"))
        views.save(team.admin, "mine", filter="tier:D", letter="o")
        factors.judge(team.li, [int(self.fill("{id}"))], "supplier>price")
        recommend.push(team.li, [int(self.fill("{id}"))], "New", "pushed")
        team.order(int(self.fill("{graded}")), "2026-11-03", 1_000_00, product="Old", number="O-3")

    def run(self, name: str, *options: str, session: Session | None = None, line: str = "") -> tuple[int, str, str]:
        """A command's case, as admin; its exit code and what it wrote."""
        session = session or self.team.admin
        self._put_files(session, name)
        self.capfd.readouterr()
        code = obey(session, " ".join([self.fill(line or CASES[name][0]), *options]))
        captured = self.capfd.readouterr()
        session.spool = None
        return code, captured.out, captured.err

    def tried(self, name: str, *options: str) -> tuple[int, str, str]:
        """The same, for nothing where it changes the database."""
        dry = CATALOG[name].changes or name in ("import", "run", "play")
        line = CASES[name][0].replace("views rename old", "views rename mine").replace("remove old", "remove mine")
        return self.run(name, *options, *(["--dry-run"] if dry else []), line=line)

    def _put_files(self, session: Session, name: str) -> None:
        if name.startswith("spool"):
            session.spool = self.folder / "spool"
            session.spool.mkdir(exist_ok=True)
            (session.spool / "x.csv").write_text("name\n")
        session.macros = (self.folder / "macros",)
        shutil.rmtree(self.folder / "macros", ignore_errors=True)
        (self.folder / "macros").mkdir()
        (self.folder / "macros" / "day.macro").write_text("# the day\nview pipeline\nmark all\ntag {word=x}\n")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("office")


_OFFICES: dict[Path, Office] = {}


@pytest.fixture
def office(staffed: Path, folder: Path, capfd: pytest.CaptureFixture[str]) -> Office:
    """One for all tests that change nothing in it."""
    if folder not in _OFFICES:
        shutil.copy(staffed, folder / "crm.db")
        _OFFICES[folder] = Office(Team(Database(folder / "crm.db"), Clock()), folder, capfd)
    found = _OFFICES[folder]
    found.capfd = capfd
    return found


@pytest.mark.parametrize("name", [name for name in CASES if name not in RAW])
def test_with_json_there_are_json_lines_with_the_documented_keys_and_nothing_else(office: Office, name: str) -> None:
    code, out, __ = office.tried(name, "--json", "--yes")
    objects: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    wanted = [*KEYS.get(name, [DONE]), *([WHOLE] if CATALOG[name].changes else [])]
    for found in objects:
        assert isinstance(found, dict)
        if name in SOME:
            assert set(found) <= set(wanted[0])
        elif name not in CHOSEN:
            assert tuple(found) in wanted
    assert objects or name in SILENT or code, "what was done is told"
    assert not re.findall(r'": "\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?!:\d\dZ")[^"]*"', out), "moments are written alike"


@pytest.mark.parametrize("name", sorted(KEYS))
def test_what_the_page_tells_of_is_printed(office: Office, name: str) -> None:
    assert name in CASES
    if name in SILENT:
        return
    code, out, __ = office.tried(name, "--json", "--yes")
    assert (code, bool(out)) == (0, True)
    if name not in SOME and name not in ("run", "play"):
        assert {tuple(json.loads(line)) for line in out.splitlines()} == {KEYS[name][0]}


@pytest.mark.parametrize("name", [name for name in CASES if name not in RAW])
def test_quiet_is_silent_but_for_what_was_asked_for_and_what_went_wrong(office: Office, name: str) -> None:
    code, out, err = office.tried(name, "--quiet", "--yes")
    assert (err == "") or code
    if CATALOG[name].changes and code == 0:
        assert out == "" or name in ("handover", "run", "play", "sweep"), "a dry run was asked what it would do"


def test_a_quiet_change_prints_nothing(office: Office, team: Team, tmp_path: Path) -> None:
    other = Office(team, tmp_path, office.capfd)
    for name in ("handover", "sweep", "tag", "config preset"):
        assert other.run(name, "--quiet", "--yes") == (0, "", ""), name


# -- what the page says is what the code has


def test_the_keys_of_events_and_runs_are_on_the_page() -> None:
    assert KEYS["watch"] == [watching.KEYS]
    assert KEYS["list"] == [shell.RECORD]
    assert KEYS["run"] == KEYS["play"] == [*run_records.RUN_RECORD.values()]


@pytest.mark.parametrize("name", ABOUT)
def test_the_keys_of_the_reports_are_on_the_page(team: Team, name: str) -> None:
    told = re.sub(r"\n  +", " ", RECORDS.split("## Reports")[1])
    found = dict(re.findall(r"(?:- |· )`([a-z]+)`: ([a-z_ ]+[a-z])", told))
    assert set(found) == set(ABOUT)
    assert found[name].split() == [column.name for column in analysis.make(team.admin, analysis.Asked(name)).columns]


def test_an_events_record_has_the_keys_of_a_list(team: Team) -> None:
    watch = watching.Watch(team.li, Query())
    list(watch.look())
    database = Database(team.database.path)
    make(Team(database, team.clock).li, "Acme")
    [event] = watch.look()
    assert tuple(event["record"]) == shell.RECORD
    database.close()


def test_the_exit_codes_of_the_page_are_those_of_the_errors() -> None:
    told = re.findall(r"(\d+) (?:[a-z]+|for SIG)", PAGE.split("Exit codes:")[1].split("\n\n")[0])
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.CrmError)]
    assert {int(code) for code in told} == {0, 129, 130, 143, *(kind.exit_code for kind in kinds)}


@pytest.mark.parametrize("name", sorted(RAW))
def test_what_can_be_no_json_is_refused(office: Office, name: str) -> None:
    assert office.run(name, "--json")[:2] == (2, "")


def test_a_sweep_tells_of_each_customer(team: Team, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = Office(team, tmp_path, capfd)
    other.run("config preset")
    team.clock.forward(days=58)
    __, out, __ = other.run("sweep", "--json")
    assert {tuple(json.loads(line)) for line in out.splitlines()} == set(KEYS["sweep"])


def test_who_was_refused_is_an_object_too(office: Office) -> None:
    ran = office.run("tag", "--json", "--dry-run", line="tag vip {id} {pooled} 999", session=office.team.li)
    assert ran[0] == 4
    assert [(row["done"], bool(row["reason"])) for row in map(json.loads, ran[1].splitlines())] == [
        (True, False), (False, True), (False, True),
    ]  # fmt: skip


def test_a_list_without_rows_is_no_line(office: Office) -> None:
    for line in ("list name:nothere", "due name:nothere", "history --limit 0"):
        assert office.run("list", "--json", line=line)[:2] == (0, "")
