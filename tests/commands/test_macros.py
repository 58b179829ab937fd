"""The text of macros: what is read, what is refused and where, and that what is written is read back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.commands import macro_files, macros
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.language import Call, read, write
from crm_tui.commands.macros import MacroError, Parameter, parse, recorded
from crm_tui.domain.errors import CrmError, UsageError
from tests.factories import Team
from tests.macros import FOLDER, NAMES

MONDAY = """\
# A's that went quiet; {days=7}
view pipeline
filter tier:A owner:me last:>{days}d

mark all; next fri
tier B --reason "no answer for {days} days"
"""


def lines(text: str, **values: str) -> list[str]:
    """The commands of the macro with these values."""
    return [step.text for step in parse(text, "m").steps(CATALOG, values)]


def test_a_macro_is_command_lines_comments_and_parameters() -> None:
    macro = parse(MONDAY, "monday")
    assert (macro.about, macro.each, macro.on_error) == ("A's that went quiet; {days=7}", False, "stop")
    assert macro.parameters == (Parameter("days", "7"),)
    assert macro.text == MONDAY
    steps = macro.steps(CATALOG, {"days": "30"})
    assert [(step.number, step.text) for step in steps] == [
        (2, "view pipeline"), (3, "filter tier:A owner:me last:>30d"), (5, "mark all"), (5, "next fri"),
        (6, 'tier B --reason "no answer for 30 days"'),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "each", "on_error"),
    [
        ("tag a", False, "stop"), ("on each\ntag a", True, "stop"), ("on error stop\ntag a", False, "stop"),
        ("# c\n\n ON  EACH \non error next\ntag a", True, "next"),
    ],
)  # fmt: skip
def test_two_directives_say_on_what_and_what_follows_a_failure(text: str, each: bool, on_error: str) -> None:
    macro = parse(text, "m")
    assert (macro.each, macro.on_error) == (each, on_error)
    assert len(macro.steps(CATALOG)) == 1


@pytest.mark.parametrize(
    ("line", "values", "text"),
    [
        ("tag {a=x}", {}, "tag x"), ("tag {a=x}", {"a": "two words"}, 'tag "two words"'),
        ("tag {a}", {"a": "5"}, 'tag "5"'),  # a number of its own would be a customer's
        ("next +{n=3}d", {"n": "5"}, "next +5d"), ('log "{a}"', {"a": 'say "hi"'}, 'log "say \\"hi\\""'),
        ("log '{a}'", {"a": "x y"}, "log 'x y'"), ("tag {{a}}", {}, "tag {a}"),
        ("filter {f}", {"f": "tier:A x"}, "filter tier:A x"),
        ("filter tier:{t}", {"t": "A"}, "filter tier:A"), ("tag {a}", {"a": "b; archive"}, 'tag "b; archive"'),
        ("filter {f}", {"f": "a; archive"}, 'filter "a; archive"'), ("log {a}", {"a": ""}, 'log ""'),
        ("log {a=}", {}, 'log ""'), ("next +{n=}3d", {}, "next +3d"),
        ("tier B --reason {a}", {"a": "no - yes"}, 'tier B --reason "no - yes"'),
    ],
)  # fmt: skip
def test_a_value_stands_as_one_word_whatever_is_in_it(line: str, values: dict[str, str], text: str) -> None:
    assert lines(line, **values) == [text]


@pytest.mark.parametrize("line", ["tag {a}", 'log "{a}"', "log -{b}", "log x {a}", "filter {a}", "log '{a}'"])
def test_no_value_makes_an_option(line: str) -> None:
    every = {"a": "--yes", "b": "-yes"}
    values = {name: value for name, value in every.items() if f"{{{name}}}" in line}
    with pytest.raises(MacroError, match="make an option"):
        parse(line, "m").steps(CATALOG, values)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("tga a", "1:1"), ("tag a\n  tga b", "2:3"), ("tag a; tga b", "1:8"), ("tag 'a", "1:5"), ("tag {", "1:5"),
        ("tag a}", "1:6"), ("tag {a=1} {a=2}", "1:11"), ("on each one\ntag a", "1:1"), ("tag a\non each", "2:1"),
        ("tag a\x1b", "1:6"), ("# only", "1:1"), ("", "1:1"), ("tag {a=x} --nosuch", "1:11"), ("log '{a=it's}'", "1:6"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_line_and_column(text: str, place: str) -> None:
    with pytest.raises(MacroError, match=rf"^m\.macro:{place}: "):
        parse(text, "m", "m.macro").steps(CATALOG)


@pytest.mark.parametrize(
    ("values", "told"),
    [({}, "--set who=…"), ({"who": "a", "what": "b"}, "no parameter what"), ({"who": "a\nb"}, "one line of text")],
)
def test_what_is_wrong_with_the_values_is_said(values: dict[str, str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        parse("tag {who}", "m").steps(CATALOG, values)


def test_to_look_through_a_macro_no_value_is_needed() -> None:
    assert len(parse("tag {who}", "m").steps(CATALOG, look=True)) == 1


# -- properties

_UNPRINTED = ("Cc", "Cs", "Cf", "Zl", "Zp", "Zs", "Co", "Cn")
WORDS = st.text(st.characters(exclude_categories=_UNPRINTED), min_size=1, max_size=8)
CALLS = st.one_of(
    st.builds(lambda text: Call(CATALOG["log"], {"note": text}), WORDS),
    st.builds(lambda texts: Call(CATALOG["tag"], {"tags": tuple(texts)}), st.lists(WORDS, min_size=1, max_size=3)),
    st.builds(lambda a, b: Call(CATALOG["tier"], {"tier": a, "reason": b}), WORDS, WORDS),
    st.builds(lambda ids: Call(CATALOG["archive"], ids=tuple(ids)), st.lists(st.integers(1, 10**9), max_size=3)),
    st.builds(lambda text: Call(CATALOG["next"], {"when": text}, on=text), WORDS),
    st.sampled_from([read(line, CATALOG) for line in ("mark all", "view due", "filter tier:A owner:me", "down")]),
)


@given(calls=st.lists(CALLS, min_size=1, max_size=6), about=st.text(max_size=20).filter(str.isprintable))
def test_what_is_recorded_is_played_as_what_it_was(calls: list[Call], about: str) -> None:
    macro = recorded("m", calls, about)
    again = parse(macro.text, "m")
    assert again.lines == macro.lines
    assert not again.parameters
    assert [step.call for step in again.steps(CATALOG)] == calls


@given(text=st.text(st.sampled_from("tag a{}=;\"'#\\ \nonechrstop;；　{a}好1\t"), max_size=80))
def test_any_text_is_a_macro_or_an_error_with_its_place(text: str) -> None:
    _parse_print_parse(text)


@given(text=st.text(max_size=60))
def test_any_text_at_all_is_a_macro_or_an_error_with_its_place(text: str) -> None:
    _parse_print_parse(text)


def _parse_print_parse(text: str) -> None:
    try:
        macro = parse(text, "m")
        steps = macro.steps(CATALOG, look=True)
    except MacroError as error:
        _check_place(error, text.removeprefix("\ufeff").split("\n"))
        return
    again = parse(macro.text, "m")
    assert again == macro
    assert [step.call for step in again.steps(CATALOG, look=True)] == [step.call for step in steps]
    printed = parse("".join(f"{macros.line_of(step.call)}\n" for step in steps), "m")
    assert [write(step.call) for step in printed.steps(CATALOG)] == [write(step.call) for step in steps]


def _check_place(error: MacroError, lines: list[str]) -> None:
    assert 1 <= error.number <= len(lines)
    assert error.position is not None
    assert 0 <= error.position <= len(lines[error.number - 1])


@given(value=st.text(max_size=20), line=st.sampled_from(["log {v}", 'log "a {v}"', "tag x{v}", "next {v} --purpose y"]))
def test_no_value_becomes_more_than_the_argument_it_stands_in(value: str, line: str) -> None:
    """Nor another command, an option or a customer's number."""
    try:
        steps = parse(line, "m").steps(CATALOG, {"v": value})
    except UsageError:
        return
    assert len(steps) == 1
    call = steps[0].call
    assert (call.ids, call.flags, call.on, len(call.values)) == ((), frozenset(), None, 2 if "--purpose" in line else 1)


@pytest.mark.parametrize("name", NAMES)
def test_the_recorded_ones_are_printed_as_they_are(name: str) -> None:
    macro = macro_files.load(FOLDER / f"{name}.macro")
    assert macro.text == (FOLDER / f"{name}.macro").read_text()


# -- files


def test_one_file_with_an_error_spoils_no_other(team: Team, tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "team"
    team.li.macros = (own, shared, tmp_path / "nowhere")
    shared.mkdir()
    macro_files.save(team.li, parse("tag a\n", "a"))
    (own / "bad.macro").write_bytes(b"tag \xff\n")
    (own / "worse.macro").write_text("tga\n")
    for name in ("a", "b"):
        (shared / f"{name}.macro").write_text("tag shared\n")
    found = macro_files.every(team.li)
    assert [(one.name, one.mine, one.macro is not None) for one in found] == [
        ("a", True, True), ("b", False, True), ("bad", True, False), ("worse", True, False),
    ]  # fmt: skip
    assert str(found[2].fault) == "bad.macro:1:5: this is not UTF-8"
    assert str(found[3].fault).startswith("worse.macro:1:1: ")
    assert macro_files.find(team.li, "a").text == "tag a\n"


def test_ones_own_are_renamed_and_removed_those_of_the_team_are_not(team: Team, tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "team"
    team.li.macros = (own, shared)
    shared.mkdir()
    (shared / "b.macro").write_text("tag b\n")
    macro_files.save(team.li, parse("tag a\n", "a"))
    macro_files.save(team.li, parse("tag c\n", "c"))
    macro_files.rename(team.li, "a", "d")
    assert macro_files.names(team.li) == ["b", "c", "d"]
    for old, new in (("d", "c"), ("d", "../x"), ("b", "e"), ("nosuch", "e")):
        with pytest.raises(CrmError):
            macro_files.rename(team.li, old, new)
    with pytest.raises(CrmError, match="the team's"):
        macro_files.remove(team.li, "b")
    macro_files.remove(team.li, "d")
    assert macro_files.names(team.li) == ["b", "c"]


@pytest.mark.parametrize(
    ("line", "value", "text"),
    [
        ("filter {who}", "O'Brien", "O'Brien"), ("filter {who}", 'region:"New York" tier:A', None),
        ("filter name:{who}", "O'Brien", None), ("filter {who} tier:A", "it's mine", None),
    ],
)  # fmt: skip
def test_a_quote_in_a_value_is_a_part_of_the_filter(line: str, value: str, text: str | None) -> None:
    [step] = parse(line, "m").steps(CATALOG, {"who": value})
    found = str(step.call.values["filter"])
    assert (text or value).replace('"', "") in found.replace('"', "")


def test_an_option_that_a_value_would_make_is_told_with_one_place() -> None:
    with pytest.raises(MacroError, match=r"^m:1:5: the value"):
        parse("tag {v}", "m").steps(CATALOG, {"v": "--yes"})
