"""The manual is true: every page is shown, is short, and its examples parse."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from crm_tui.commands import manual
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Targets, prepare
from crm_tui.commands.keymap import Keymap
from crm_tui.commands.language import read, read_arguments
from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import Term, to_text
from crm_tui.domain.filters import parse as parse_filter
from crm_tui.domain.filters.fields import FIELDS
from crm_tui.domain.filters.nodes import terms
from crm_tui.domain.settings import RULES
from crm_tui.domain.when import parse as parse_when
from crm_tui.domain.workdays import Workdays
from crm_tui.services import pool_lists, teams, views
from tests.domain.filters.samples import CONTEXT
from tests.factories import Team, make

WRITTEN = (
    "start", "filters", "fields", "related", "lists", "dates", "import", "facts", "worth", "pools", "recycling",
    "schemes", "playbooks", "grading", "team", "door", "reports", "recommend", "scripts", "records", "keys", "macros",
    "backups", "duplicates", "export",
)  # fmt: skip


def examples(page: str) -> list[str]:
    """What stands indented, up to two blanks."""
    return [re.split(r"\s{2,}", line.strip())[0] for line in manual.page(page) if line.startswith("    ")]


@pytest.mark.parametrize("name", manual.PAGES)
def test_every_page_is_shown(name: str) -> None:
    lines = manual.page(name)
    assert lines
    assert all(len(line) <= 120 for line in lines if name not in CATALOG)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_written_page_is_short_and_in_the_list(name: str) -> None:
    assert len(files("crm_tui").joinpath("help", f"{name}.md").read_text().splitlines()) <= 80
    assert name in manual.page()[-1]
    assert {path.name for path in files("crm_tui").joinpath("help").iterdir()} == {f"{name}.md" for name in WRITTEN}


FILTERS = ("filters", "fields", "related")


@pytest.mark.parametrize("text", [text for page in FILTERS for text in examples(page)])
def test_every_filter_of_the_manual_parses(text: str) -> None:
    assert to_text(parse_filter(text, CONTEXT))


def test_the_manual_has_an_example_of_every_field_but_those_of_the_profile() -> None:
    asked = {
        leaf.field
        for page in FILTERS
        for text in examples(page)
        for leaf in terms(parse_filter(text, CONTEXT))
        if isinstance(leaf, Term)
    }
    assert {name for name, field in FIELDS.items() if field.table != "profile"} <= asked
    pages = "\n".join(line for page in FILTERS for line in manual.page(page))
    assert {name for name, field in FIELDS.items() if field.table == "profile" and field.ordered} <= set(
        re.findall(r"[a-z_]+", pages)
    )


@pytest.mark.parametrize("text", examples("dates"))
def test_every_date_of_the_manual_parses(text: str) -> None:
    parse_when(text, CONTEXT.now, workdays=Workdays("CN"))


def command_lines() -> list[str]:
    """The command lines that the written pages name."""
    text = "\n".join(line for page in WRITTEN for line in manual.page(page))
    return re.findall(r"`crm-tui ([^`]+)`", text)


@pytest.mark.parametrize("text", command_lines())
def test_every_command_of_the_manual_is_one(text: str) -> None:
    words = [word[1] or word[0] for word in re.findall(r"('([^']*)'|\S+)", text.replace("ID", "1"))]
    assert read_arguments(words, CATALOG).command.name in CATALOG


OTHERS = ("dates", "keys")
"""Pages that show dates, and a keymap."""


def shown_lines() -> list[tuple[str, str]]:
    """The command lines that stand indented on the written pages, each with its page; keys and words are left out."""
    found: list[tuple[str, str]] = []
    first = {name.split(" ")[0] for name in CATALOG}
    for page in WRITTEN:
        for line in (files("crm_tui") / "help" / f"{page}.md").read_text("utf-8").splitlines():
            shown = re.split(r"\s{2,}", line.strip())[0] if line.startswith("    ") and page not in OTHERS else ""
            over = re.match(r"ssh crm@host (.+?)( [<>] .*)?$", shown)
            shown = "" if shown.startswith("ssh -t") else shown
            for text in [over[1].strip('"')] if over else shown.split(" · "):
                if text.startswith("crm-tui ") or (page not in FILTERS and text.split(" ")[0] in first):
                    found.append((page, text.removeprefix("crm-tui ")))
    return found


@pytest.mark.parametrize(("page", "text"), shown_lines())
def test_every_line_of_the_manual_can_be_typed(team: Team, page: str, text: str) -> None:
    make(team.li, "Acme", stage="intent", region="north")
    pool_lists.add(team.admin, "POOL", None, None)
    views.save(team.admin, "quiet", filter="last:>30d")
    for login in ("amy", "tom"):
        teams.add(team.admin, login, role="rep")
    for placeholder, word in (("[ID…]", "1"), ("ID", "1"), ("NUMBER", "1"), ("MESSAGE", "1")):
        text = re.sub(rf"(?<!\w){re.escape(placeholder)}(?!\w)", word, text)
    call = read(text.replace("{days}", "7"), CATALOG)
    assert not prepare(team.admin, call, Targets((1,))).missing or call.command.ask == "bare"


def test_the_manual_shows_lines_of_all_kinds() -> None:
    assert {page for page, __ in shown_lines()} == {*WRITTEN} - {*FILTERS, *OTHERS}
    assert len(shown_lines()) > 40


@pytest.mark.parametrize("name", WRITTEN)
def test_help_on_a_page_prints_its_file_beside_the_commands_of_that_name(name: str) -> None:
    text = "\n".join(manual.page(name))
    assert (files("crm_tui") / "help" / f"{name}.md").read_text("utf-8").strip() in text
    assert set(WRITTEN) == {*manual.PAGES}
    for command in CATALOG.values():
        if command.name.split(" ")[0] == name:
            assert command.usage in text


def test_the_options_of_the_import_page_are_all_there() -> None:
    told = set(re.findall(r"--[a-z-]+", "\n".join(manual.page("import"))))
    assert {f"--{name}" for name in CATALOG["import"].options} <= told
    assert told - {f"--{name}" for name in CATALOG["import"].options} == {"--dry-run", "--json"}


def test_the_settings_that_pages_name_exist() -> None:
    named = {name for page in WRITTEN for name in re.findall(r"setting `([a-z.]+)`", " ".join(manual.page(page)))}
    assert named
    assert named <= set(RULES)


@pytest.mark.parametrize("name", CATALOG)
def test_every_command_has_a_page_with_its_arguments(name: str) -> None:
    if name == "keys":
        return
    text = "\n".join(manual.page(name))
    assert CATALOG[name].usage in text
    for argument in CATALOG[name].arguments:
        assert argument.help in text


def test_a_group_of_commands_has_a_page_and_nonsense_has_none() -> None:
    assert "users add" in "\n".join(manual.page("users"))
    assert manual.page("  Contact   ADD ") == manual.page("contact add")
    with pytest.raises(UsageError, match="did you mean"):
        manual.page("fliters")


def test_the_page_of_a_command_tells_its_keys_and_shows_lines_that_use_it() -> None:
    page = manual.page("tier")
    assert page[page.index("Keys:") + 1 :][:2] == ["  t t             tier accept", "  t a             tier A"]
    assert "  crm-tui tier A 12 17" in page[page.index("Examples:") :]
    assert "  Q (recording)   record" in manual.page("record")
    assert "Keys:" not in manual.page("holders")


def test_the_keys_of_a_page_are_those_in_force() -> None:
    own = Keymap({("any", ("F", "x")): "tag vip; tier A", ("due", ("t",)): "tier B"})
    page = manual.page("tier", own)
    assert page[page.index("Keys:") + 1 :][:2] == ["  F x             tag vip; tier A", "  t (due)         tier B"]
    assert "Keys:" not in manual.page("next", own)


def test_every_topic_has_a_page_and_says_what_it_is_about() -> None:
    topics = dict(manual.topics())
    assert {*CATALOG, *manual.PAGES} == {*topics}
    assert all(topics.values())
