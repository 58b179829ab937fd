"""A line of words is read as a call and written again: nothing is lost, and errors point into the line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.language import GLOBAL_FLAGS, GLOBAL_OPTIONS, Call, quote, read, read_arguments, split, write
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import CrmError, UsageError


def texts(line: str) -> list[str]:
    return [word.text for word in split(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []), ("  a   b ", ["a", "b"]), ('a "b c" d', ["a", "b c", "d"]), ("a 'b \"c' d", ["a", 'b "c', "d"]),
        ('a""b', ["ab"]), ('""', [""]), ('a "" b', ["a", "", "b"]), (r"a\ b", ["a b"]), (r'"a\"b\\c"', ['a"b\\c']),
        (r'"a\nb" "a\\nb" \n', ["a\nb", r"a\nb", "n"]), (r"'a\nb'", [r"a\nb"]), (r'"a\tb"', [r"a\tb"]),
        (r"'a\b'", [r"a\b"]), ("a\\", ["a\\"]), ("name=“华为 技术”", ["name=华为 技术"]),
        ("备注　下一个", ["备注", "下一个"]), ("「甲 乙」", ["甲 乙"]), ("他说“好 的”", ["他说“好", "的”"]),
        ("#1 # x", ["#1", "#", "x"]), ('name:"a b"', ["name:a b"]), ("it's mine's", ["its mines"]),
    ],
)  # fmt: skip
def test_words_are_split_as_a_shell_would(line: str, expected: list[str]) -> None:
    assert texts(line) == expected


@pytest.mark.parametrize("line", ['a "b', "a 'b", "x “b", 'say "'])
def test_an_open_quote_is_pointed_at(line: str) -> None:
    with pytest.raises(UsageError) as error:
        split(line)
    assert error.value.position is not None
    assert line[error.value.position] in "\"'“"


@given(st.text())
def test_any_text_can_be_quoted_as_one_word(text: str) -> None:
    assert texts(quote(text)) == [text]


@given(st.text(st.sampled_from('a\n\\" ;')))
def test_a_quoted_text_has_no_line_break(text: str) -> None:
    assert "\n" not in quote(text)
    assert texts(quote(text)) == [text]


@given(st.lists(st.text()))
def test_quoted_words_are_split_again(words: list[str]) -> None:
    assert texts(" ".join(map(quote, words))) == words


# -- reading


def call(name: str, **given: Any) -> Call:
    values = given.pop("values", {})
    return Call(CATALOG[name], values, **given)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tier A 1 2", call("tier", values={"tier": "A"}, ids=(1, 2))),
        ("ＴＩＥＲ　A　１２", call("tier", values={"tier": "A"}, ids=(12,))),
        ("next 25 7", call("next", values={"when": "25"}, ids=(7,))),
        ("next “fri 15:00” 7", call("next", values={"when": "fri 15:00"}, ids=(7,))),
        ("done 5", call("done", ids=(5,))),
        ('done "5"', call("done", values={"note": "5"})),
        ('done "42" 7', call("done", values={"note": "42"}, ids=(7,))),
        ('tag a "2024" 7', call("tag", values={"tags": ("a", "2024")}, ids=(7,))),
        ("log -- --", call("log", values={"note": "--"})),
        ("log -- --attempt 3", call("log", values={"note": "--attempt"}, ids=(3,))),
        ("log note --attempt", call("log", values={"note": "note", "attempt": True})),
        ("log ——attempt", call("log", values={"attempt": True})),
        ("log －－next＝fri", call("log", values={"next": "fri"})),
        ("log --next=fri", call("log", values={"next": "fri"})),
        ("log --purpose --next", call("log", values={"purpose": "--next"})),
        ("log --purpose ''", call("log", values={"purpose": ""})),
        ("edit region=north note=x 3", call("edit", values={"fields": ("region=north", "note=x")}, ids=(3,))),
        ("contact edit 12 name=Li", call("contact edit", values={"contact": "12", "fields": ("name=Li",)})),
        ("CONTACT ADD Li", call("contact add", values={"name": "Li"})),
        ("filter tier:A  “x y”  or  -b", call("filter", values={"filter": "tier:A “x y” or -b"})),
        ("filter", call("filter")),
        ("--json list", call("list", flags=frozenset({"json"}))),
        ("--yes report week --of li", call("report", values={"name": "week", "of": "li"}, flags=frozenset({"yes"}))),
        ("tag x --on 'stage:intent region:north' --yes",
         call("tag", values={"tags": ("x",)}, on="stage:intent region:north", flags=frozenset({"yes"}))),
        ("import f.csv --map a=name --map b=", call("import", values={"file": "f.csv", "map": ("a=name", "b=")})),
        ("help contact add", call("help", values={"topic": "contact add"})),
    ],
)  # fmt: skip
def test_a_line_is_read(line: str, expected: Call) -> None:
    assert read(line, CATALOG) == expected
    assert read(write(read(line, CATALOG)), CATALOG) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--json --db x.db list", call("list", flags=frozenset({"json"}), settings={"db": "x.db"})),
        ("--user li report day", call("report", values={"name": "day"}, settings={"user": "li"})),
        ("list --user=li", call("list", settings={"user": "li"})),
    ],
)
def test_which_database_and_as_whom_is_said_in_a_shell_only(line: str, expected: Call) -> None:
    assert read_arguments(line.split(), CATALOG) == expected
    with pytest.raises(UsageError, match="is for the shell") as error:
        read(line, CATALOG)
    assert line[error.value.position :].startswith(("--db", "--user"))


@pytest.mark.parametrize(
    ("line", "under", "message"),
    [
        ("", "", "help"), ("teir A", "teir", "did you mean tier"), ("contact", "", "contact add"),
        ("tier A --resaon x", "--resaon", "reason"),
        ("tier A --on", "--on", "needs a value"), ("list --on tier:A", "--on", "no option"),
        ("log a b", "b", "too many"),
        ("log --attempt=yes", "--attempt", "takes no value"), ("undo 1 2", "2", "too many"),
        ("board x", "x", "too many"),
        ("claim 1 2 99999 abc", "abc", "\"abc\" is no customer's number"), ("claim abc", "abc", "customer's number"),
        ("tier A 1 x 2", "x", "customer's number"), ("show 1 2 x", "x", "customer's number"),
        ("--of li report day", "--of", "after the command's name"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_pointed_at(line: str, under: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        read(line, CATALOG)
    assert error.value.text == line
    assert error.value.position is not None
    assert line[error.value.position :].startswith(under)


@pytest.mark.parametrize("name", CATALOG)
def test_no_command_has_an_option_of_its_own_with_the_name_of_one_that_all_take(name: str) -> None:
    taken = {*GLOBAL_FLAGS, *GLOBAL_OPTIONS, *(["on"] if CATALOG[name].target != "none" else [])}
    assert not {*CATALOG[name].options} & taken


def test_an_id_too_long_to_exist_does_not() -> None:
    with pytest.raises(CrmError, match="there is no customer 9999") as error:
        read("show " + "9" * 5_000, CATALOG)
    assert error.value.exit_code == 1


def test_the_shells_own_words_are_taken_as_they_are() -> None:
    assert read_arguments(["log", 'a "b', "3"], CATALOG) == call("log", values={"note": 'a "b'}, ids=(3,))
    assert read_arguments(["list", "not", "tier:A"], CATALOG).values == {"filter": "not tier:A"}
    assert read_arguments(["list", "-stage:lost"], CATALOG).values == {"filter": "-stage:lost"}


_ALPHABET = st.sampled_from("ab1 -=\"'\\“”「」#：—，\n\t\u3000中\x00")
_WORDS = st.text(_ALPHABET, max_size=8) | st.text(max_size=8) | st.sampled_from(["--", "--yes", "42", "--on"])


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """Any call that a form or a key could make."""
    command: Command = draw(st.sampled_from(list(CATALOG.values())))
    values: dict[str, Any] = {}
    for argument in command.arguments:
        positional = not (argument.option or argument.flag)
        if not (argument.required or draw(st.booleans())):
            continue
        if argument.flag:
            values[argument.name] = True
        elif positional and argument.many and argument.kind.long:
            words = draw(st.lists(st.text("ab:>-中", min_size=1, max_size=6), min_size=1, max_size=3))
            values[argument.name] = " ".join(words)
        elif argument.many:
            values[argument.name] = tuple(draw(st.lists(_WORDS, min_size=1, max_size=3)))
        else:
            values[argument.name] = draw(_WORDS)
    ids, on = (), None
    if command.target != "none":
        if draw(st.booleans()):
            ids = tuple(draw(st.lists(st.integers(0, 10**18 - 1), max_size=3)))
        else:
            on = draw(st.none() | _WORDS)
    flags = draw(st.frozensets(st.sampled_from(["json", "csv", "yes", "dry-run", "quiet"])))
    return Call(command, values, ids, on, flags)


@given(calls())
def test_what_is_written_is_read_back_as_the_same_call(made: Call) -> None:
    assert read(write(made), CATALOG) == made


_LINES = st.lists(
    st.sampled_from(["tier", "log", "list", "contact", "add", "--on", "--", "——", "--db", "=", "12", "“a b”"])
    | st.sampled_from(['"', "“", "\\", "9" * 30])
    | st.text(max_size=5),
    max_size=8,
).map(" ".join)


@given(st.text() | _LINES)
def test_any_text_is_a_call_or_an_error_that_points_into_it(line: str) -> None:
    error = wrong_with(line)
    if error is not None:
        assert error.text == line
        assert 0 <= (error.position if error.position is not None else -1) <= len(line)


def wrong_with(line: str) -> UsageError | None:
    try:
        read(line, CATALOG)
    except UsageError as error:
        return error
    return None
