from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.commands import headless, shell
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import perform, prepare
from crm_tui.commands.language import read, read_arguments
from crm_tui.commands.restricted import IN_MACROS, ON_THE_HOST, OVER_THE_LINE
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.services.session import Session
from tests.factories import Team


@pytest.fixture
def at_the_door(team: Team, tmp_path: Path) -> Session:
    session = team.admin
    session.spool = tmp_path / "spool"
    session.spool.mkdir()
    session.source = "command"
    return session


def test_every_command_of_the_list_is_one_that_works_in_a_shell() -> None:
    assert set(CATALOG) >= OVER_THE_LINE | IN_MACROS
    assert set(CATALOG) | {"backup", "restore"} >= ON_THE_HOST
    assert not {name for name in OVER_THE_LINE & set(CATALOG) if not shell.has(CATALOG[name])}
    assert not OVER_THE_LINE & ON_THE_HOST


@pytest.mark.parametrize("name", sorted(IN_MACROS))
def test_what_moves_about_is_for_macros_and_does_nothing_alone(name: str) -> None:
    assert not shell.has(CATALOG[name])
    assert headless.impossible(CATALOG[name]) is None


def test_commands_of_administrators_are_not_for_the_line() -> None:
    assert not {name for name in OVER_THE_LINE if name.startswith(("users", "config", "ssh", "demo"))}


@pytest.mark.parametrize("name", sorted(set(CATALOG) - OVER_THE_LINE - IN_MACROS))
def test_a_command_that_is_not_on_the_list_is_refused(at_the_door: Session, name: str) -> None:
    with pytest.raises((NotAllowed, UsageError), match="over SSH"):
        prepare(at_the_door, read(name, CATALOG))


@pytest.mark.parametrize("name", sorted(ON_THE_HOST & set(CATALOG)))
def test_on_the_screens_the_hosts_own_commands_are_refused(at_the_door: Session, name: str) -> None:
    at_the_door.source = "screen"
    with pytest.raises(NotAllowed, match="over SSH"):
        prepare(at_the_door, read(name, CATALOG))


def test_on_the_screens_an_administrator_is_one(at_the_door: Session) -> None:
    at_the_door.source = "screen"
    assert prepare(at_the_door, read("config set currency EUR", CATALOG)).values["value"] == "EUR"


@pytest.mark.parametrize("option", ["--db /tmp/x", "--user wang"])
@pytest.mark.parametrize("source", ["command", "screen"])
def test_no_option_says_who_or_where(at_the_door: Session, option: str, source: str) -> None:
    at_the_door.source = source
    with pytest.raises(UsageError, match="over SSH"):
        prepare(at_the_door, read_arguments(["due", *option.split()], CATALOG))


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../x", "..", ".", ".x", "a/b", "~/x", "a b", "x" * 81, "", "a\\b", "ä", "x\x00", "x\n",
        "/dev/fd/0", "-x",
    ],
)
def test_a_path_is_no_file_at_the_door(at_the_door: Session, name: str) -> None:
    word = shell_word(name)
    for line in (f"export '' {word}", f"import {word}", f"import - --errors {word}"):
        with pytest.raises(UsageError, match="no name for a file"):
            prepare(at_the_door, read(line, CATALOG))


def shell_word(text: str) -> str:
    escaped = text.replace("\\", "\\\\")
    return f'"{escaped}"'


def test_a_bare_name_lies_in_the_spool_and_a_dash_is_the_line(at_the_door: Session) -> None:
    assert at_the_door.spool is not None
    values = prepare(at_the_door, read("import - --errors bad-1.csv", CATALOG)).values
    assert values["file"] == "-"
    assert values["errors"] == str(at_the_door.spool / "bad-1.csv")
    with pytest.raises(UsageError):
        prepare(at_the_door, read("import - --errors -", CATALOG))


def test_the_journal_keeps_the_name_and_not_where_it_lies(at_the_door: Session) -> None:
    prepared = prepare(at_the_door, read("export '' mine.csv", CATALOG))
    assert prepared.call.values["file"] == "mine.csv"


def test_elsewhere_nothing_is_restricted(team: Team, tmp_path: Path) -> None:
    prepared = prepare(team.admin, read(f"export '' {tmp_path}/x.csv", CATALOG))
    assert prepared.values["file"] == f"{tmp_path}/x.csv"
    listing = prepare(team.admin, read("spool list", CATALOG))
    with pytest.raises(CrmError, match="over SSH only"):
        perform(team.admin, listing)


def test_a_macro_is_run_by_its_name_and_does_what_a_line_may(at_the_door: Session) -> None:
    assert at_the_door.spool is not None
    folder = at_the_door.spool / "macros"
    folder.mkdir()
    at_the_door.macros = (folder,)

    def run(line: str) -> int:
        call = read_arguments(line.split(), CATALOG)
        return shell.Shell(at_the_door, call).call(prepare(at_the_door, call))

    (folder / "day.macro").write_text("new Neu\nmark all\ntop; down; up\nview pools; choose; back\nview due\n")
    (folder / "bad.macro").write_text("users add eve --role admin\n")
    (folder / "worse.macro").write_text("tga\n")
    assert [run("play day --dry-run"), run("run day.macro --dry-run"), run("run day")] == [0, 0, 0]
    with pytest.raises(NotAllowed, match="over SSH"):
        run("run bad")
    for line, told in (
        ("run worse", r"^worse\.macro:1:1: "), ("run nosuch", "no macro"), ("run day --db /tmp/x", "over SSH"),
        ("run ../macros/day.macro", "no name for a file"),
    ):  # fmt: skip
        with pytest.raises(CrmError, match=told):
            run(line)
