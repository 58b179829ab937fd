"""What may follow on the `:` line, as tables; what is offered can stand there as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.commands import kinds
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.completion import complete, complete_filter_text
from crm_tui.commands.language import quote, read
from crm_tui.services import teams
from tests.factories import Team


@pytest.mark.parametrize(
    ("line", "start", "offered"),
    [
        ("ti", 0, {"tier"}), ("TI", 0, {"tier"}), ("ｔｉ", 0, {"tier"}), ("con", 0, {"contact add", "config get"}),
        ("contact ", 0, {"contact add", "contact edit"}), ("contact a", 0, {"contact add"}), ("", 0, {"tier"}),
        ("tier ", 5, {"A", "accept", "high"}), ("tier a", 5, {"A", "accept"}), ("stage in", 6, {"intent"}),
        ("stage intent", 6, {"intent"}), ("stage Intent c", 13, set()),
        ("stage lost --", 11, {"--reason", "--on", "--yes"}), ("stage lost --rea", 11, {"--reason"}),
        ("stage lost --reason comp", 20, {"competitor"}), ("log --channel v", 14, {"visit"}),
        ("rate --influence ", 17, {"1", "5"}),
        ("next ", 5, {"fri", "+3d"}),
        ("filter ti", 7, {"tier:"}), ("filter tier:A ow", 14, {"owner:"}), ("tag x --on reg", 11, {"region:"}),
        ('tag x --on "reg', 12, {"region:"}), ('tag x --on "tier:A reg', 19, {"region:"}), ("sort na", 5, {"name"}),
        ("sort -na", 5, {"-name"}), ("config get pool", 11, {"pool.holding_cap"}),
        ("new Acme ind", 9, {"industry="}),
        ("view ", 5, {"due", "pipeline", "history"}), ("users add chen --role le", 22, {"lead"}),
        ("stage --reason competitor in", 26, {"intent"}), ("export ti", 7, {"tier:"}), ("list --sort na", 12, {"name"}),
        ("away", 0, {"users away"}), ("users aw", 0, {"users away"}), ("colleague", 0, {"share", "transfer"}),
        ("undo ", 5, {"here"}), ("--yes ti", 6, {"tier"}),
        ("stage 潜", 6, {"potential"}), ("tier 可谈", 5, {"A"}), ("tier --scheme label ", 20, {"high", "low"}),
        ("stage lost --reason=comp", 20, {"competitor"}), ("stage lost --reason 竞", 20, {"competitor"}),
        ("config get cap", 11, {"pool.holding_cap"}),
        ("edit wecom=", 5, {"wecom=yes"}), ("import x.csv --set business_role=d", 19, {"business_role=distributor"}),
        ("help ti", 5, {"tier"}), ("help contact a", 5, {"contact add"}), ("help fil", 5, {"filter", "filters"}),
        ("tier A; ne", 8, {"next"}), ("tier A；next f", 12, set()), ("tier A； next f", 13, {"fri"}),
        ("tier A; tag x --on reg", 19, {"region:"}), ('log "a; b"; sta', 12, {"stage"}), ("tier A;", 5, set()),
        ("filter stage:潜", 13, {"potential"}), ("filter -tier:A,可", 15, {"A"}), ("filter stage:无", 13, set()),
        ("tier A; ", 8, {"tier", "next"}), ("filter tier:A; sort na", 20, {"name"}), ('log "a; ti', 4, set()),
    ],
)  # fmt: skip
def test_what_may_follow(team: Team, line: str, start: int, offered: set[str]) -> None:
    offer = complete(team.li, line, CATALOG)
    assert offer.start == start
    assert offered <= set(offer.texts)


@pytest.mark.parametrize("line", ["nonsense ", "board x", "tier A --nonsense", "list --limit ", "log “"])
def test_where_nothing_is_known_nothing_is_offered(team: Team, line: str) -> None:
    assert complete(team.li, line, CATALOG).texts == ()


@pytest.mark.parametrize(
    ("line", "text", "meaning"),
    [
        ("t", "tier", "set the tier"), ("stage ", "lost", "lost"), ("tier ", "A", "talk"), ("credit ", "fix", "whose"),
        ("users edit ", "wang", "Wang Fang"),
        ("tier ", "high", "--scheme label"), ("tag x --", "--on", "filter"), ("tag x --", "--yes", "ask"),
        ("filter ", "tier:", "tier"), ("filter owner:", "me", "yourself"), ("next ", "fri", "Fri 20 Nov"),
        ("config get ", "pool.holding_cap", "customers"), ("view ", "due", ""), ("edit ", "region=", "region"),
    ],
)  # fmt: skip
def test_what_is_offered_is_offered_with_its_meaning(team: Team, line: str, text: str, meaning: str) -> None:
    teams.edit(team.admin, "wang", teams.Given(name="Wang Fang"))
    offer = complete(team.admin, line, CATALOG)
    assert len(offer.meanings) == len(offer.texts)
    assert meaning in dict(zip(offer.texts, offer.meanings, strict=True))[text]


def test_of_the_only_one_and_of_one_that_is_there_the_meaning_is_said(team: Team) -> None:
    assert complete(team.li, "tie", CATALOG).hint == CATALOG["tier"].summary
    assert complete(team.admin, "credit", CATALOG).hint == CATALOG["credit"].summary
    assert complete(team.li, "stage potential", CATALOG).hint.startswith("potential")


def test_a_user_is_found_by_any_word_of_the_name(team: Team) -> None:
    teams.edit(team.admin, "wang", teams.Given(name="Wang Fang"))
    teams.edit(team.admin, "sun", teams.Given(name="陈晓明"))
    assert complete(team.li, "transfer Fan", CATALOG).texts == ("wang",)
    assert complete(team.li, "transfer 晓", CATALOG).texts == ("sun",)


def test_of_the_tiers_only_those_of_the_scheme_that_is_named(team: Team) -> None:
    assert "A" not in complete(team.li, "tier --scheme label ", CATALOG).texts
    assert complete(team.li, "tier --scheme abcd ", CATALOG).texts == ("A", "B", "C", "D")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "folder"
    (made / "sub folder").mkdir(parents=True)
    for name in ("leads.csv", "leads.xlsx", ".hidden", "my leads.csv", "客户.csv", "bad\nname"):
        (made / name).touch()
    return made


def test_a_file_is_completed_by_its_path(team: Team, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def offered(typed: str) -> tuple[str, ...]:
        return complete(team.li, f"import {typed}", CATALOG).texts

    here = str(folder)
    assert offered(f"{here}/le") == (f"{here}/leads.csv", f"{here}/leads.xlsx")
    assert offered(f"{here}/m") == (f'"{here}/my leads.csv"',)
    assert offered(f'"{here}/m') == (f'"{here}/my leads.csv"',)
    assert offered(f"{here}/客") == (f"{here}/客户.csv",)
    assert offered(f"{here}/su") == (f'"{here}/sub folder/"',)
    assert offered(f"{here}/b") == ()
    assert offered(f"{here}/nowhere/x") == ()
    assert f"{here}/.hidden" not in offered(f"{here}/")
    assert offered(f"{here}/.h") == (f"{here}/.hidden",)
    monkeypatch.setenv("HOME", here)
    assert offered("~/leads.c") == ("~/leads.csv",)
    assert kinds.FILE.read(team.li, "~/leads.csv") == f"{here}/leads.csv"
    monkeypatch.chdir(folder)
    assert offered("leads.c") == ("leads.csv",)
    assert complete(team.li, f"import x --errors {here}/le", CATALOG).texts == offered(f"{here}/le")


def test_at_the_door_only_ones_own_files_are_offered(team: Team, folder: Path) -> None:
    team.li.spool = folder
    assert complete(team.li, "spool get le", CATALOG).texts == ("leads.csv", "leads.xlsx")
    for typed in ("/", "~/", "../", f"{folder}/l", ".h", "sub"):
        assert complete(team.li, f"spool get {typed}", CATALOG).texts == ()
    assert kinds.FILE.read(team.li, "~/x") == "~/x"


def test_what_one_may_not_run_is_not_offered(team: Team) -> None:
    assert complete(team.li, "assi", CATALOG).texts == ()
    assert complete(team.lead, "assi", CATALOG).texts == ("assign",)
    assert "config set" not in complete(team.lead, "con", CATALOG).texts
    assert "config set" in complete(team.admin, "con", CATALOG).texts


def test_a_typed_date_is_told_with_its_weekday(team: Team) -> None:
    assert "Fri 20 Nov 2026" in complete(team.li, "next fri", CATALOG).hint
    assert "Fri 20 Nov 2026" in complete(team.li, 'next "fri 15:00', CATALOG).hint
    assert "cannot read" in complete(team.li, "next fryday", CATALOG).hint
    assert complete(team.li, "next f", CATALOG).texts[0] == "fri"
    assert "Tue 17 Nov" in complete(team.li, "log --at yesterday", CATALOG).hint


def test_a_filter_is_completed_by_itself_too(team: Team) -> None:
    offer = complete_filter_text(team.li, "tier:A ow")
    assert (offer.start, offer.texts[0]) == (7, "owner:")


@pytest.mark.parametrize("name", CATALOG)
def test_whatever_is_offered_is_one_word_of_a_line(team: Team, name: str) -> None:
    for argument in CATALOG[name].arguments:
        for text, __ in argument.kind.suggest(team.admin):
            if argument.option and text.isdecimal():  # no id: it follows the option's name
                assert read(f"{name} --{argument.name} {text}", CATALOG).values == {argument.name: text}
            else:
                assert quote(text) == text


@pytest.mark.parametrize("name", CATALOG)
def test_completion_never_fails_on_the_way_through_a_line(team: Team, name: str) -> None:
    line = f"--yes {name} a“b 'c' ~/ --on x:\"y --reason=12 -- ：; {name} ； --set kind= ~x/"
    for end in range(len(line) + 1):
        offer = complete(team.li, line[:end], CATALOG)
        assert 0 <= offer.start <= end
