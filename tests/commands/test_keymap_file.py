"""A user's keymap.toml: keys over a preset, faults with their line, and never a traceback."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui import cli
from crm_tui.commands import keymaps
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.keymap import LETTER, TYPED, Keymap, Place, Resolver, Source, covers, default
from crm_tui.commands.keymaps import names
from crm_tui.commands.keymaps.lines import IN_PLACES, SHELL
from crm_tui.commands.keymaps.positions import positions
from crm_tui.commands.language import commands_of, read
from crm_tui.domain.errors import UsageError

PLACES: tuple[Place, ...] = get_args(Place)


def over(text: str) -> Keymap:
    return keymaps.over(default(), text)


def faults(text: str) -> list[str]:
    return [str(fault) for fault in over(text).faults]


def meaning(keymap: Keymap, keys: str, place: Place = "pipeline", *, recording: bool = False) -> str:
    """What the last of the keys tells."""
    resolver = Resolver(keymap, recording=recording)
    return [resolver.feed(key, place) for key in keys.split(" ")][-1][1]


def says(keymap: Keymap, keys: str, place: Place = "pipeline") -> str:
    resolver = Resolver(keymap)
    return [resolver.feed(key, place) for key in keys.split(" ")][-1][0]


# -- how keys are written


@pytest.mark.parametrize(
    ("written", "keys"),
    [
        ("x", "x"), ("X", "X"), ("g g", "g g"), ("gg", "g g"), ("ZZ", "Z Z"), (" t  x ", "t x"), (" ", "space"),
        ("ctrl+k", "ctrl+k"), ("Ctrl+K", "ctrl+k"), ("ctrl-k", "ctrl+k"), ("C-k", "ctrl+k"), ("^k", "ctrl+k"),
        ("<c-k>", "ctrl+k"), ("<C-K>", "ctrl+k"), ("<", "<"), (">", ">"), ("> >", "> >"), (">>", "> >"), ("<<", "< <"),
        ("<cr>", "enter"), ("Return", "enter"), ("<space>", "space"), ("SPC", "space"), ("ctrl+i", "tab"),
        ("ctrl+m", "enter"), ("ctrl+h", "backspace"), ("ctrl+space", "ctrl+@"), ("shift+g", "G"),
        ("shift+tab", "shift+tab"), ("S-Tab", "shift+tab"), ("PgDn", "pagedown"), ("page_up", "pageup"), ("F5", "f5"),
        ("ctrl+left", "ctrl+left"), ("shift+ctrl+up", "ctrl+shift+up"), ("？", "?"), ("ｇ ｇ", "g g"),
        ("g\u3000g", "g g"), ("question_mark", "?"), ("华", "华"), ("é", "é"), ("Q <letter>", "Q <letter>"),
        ("Q <LETTER>", "Q <letter>"), ("+", "+"), ("-", "-"), ("g -", "g -"), ("'", "'"), ("lt", "<"),
        ("ctrl+\\", "ctrl+backslash"), ("up", "up"), ("u p", "u p"),
    ],
)  # fmt: skip
def test_a_key_has_many_spellings_and_one_name(written: str, keys: str) -> None:
    assert names.read(written) == tuple(keys.split(" "))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("", "names no key"), ("entre", "did you mean enter"), ("ggg", "blanks between"),
        ("ctrl+shift+x", "no terminal"), ("ctrl+5", "no terminal"), ("ctrl+enter", "no terminal"),
        ("shift+space", "no terminal"), ("cmd+s", "no terminal"), ("alt+x", "Esc and the key"),
        ("<m-x>", "Esc and the key"), ("esc", "is kept"), ("g esc", "is kept"),
        ("ctrl+[", "is kept"), ("ctrl+c", "is kept"), ("<C-q>", "is kept"), ("hyper+x", "there is no key"),
        ("<letter>", "only come last"), ("<letter> x", "only come last"), ("Q <letter> x", "only come last"),
        ("ctrl+home2", "there is no key"), ("f13", "there is no key"), ("\x01", "there is no key"),
    ],
)  # fmt: skip
def test_what_is_no_key_is_told(written: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        names.read(written)


@given(st.text(max_size=12))
def test_any_text_names_keys_or_is_refused_and_names_are_stable(text: str) -> None:
    try:
        keys = names.read(text)
    except UsageError:
        return
    assert names.read(" ".join(keys)) == keys


def test_all_keys_with_a_name_are_those_that_arrive() -> None:
    from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

    arriving = {str(key.value) for keys in ANSI_SEQUENCES_KEYS.values() if isinstance(keys, tuple) for key in keys}
    written = [*names.NAMED, *(f"ctrl+{chr(code)}" for code in range(97, 123)), "ctrl+space", "ctrl+]", "ctrl+_"]
    for text in written:
        if text not in names.KEPT:
            assert names.read(text)[0] in arriving | {"enter"}, text


# -- over a preset


def test_a_key_gets_another_line_and_its_old_one_is_gone() -> None:
    keymap = over('[any]\n"ctrl+k" = "tier A; next fri; down"\n"c" = ""\n"x" = "claim"')
    assert keymap.faults == ()
    assert meaning(keymap, "ctrl+k") == "tier A; next fri; down"
    assert says(keymap, "c") == "unknown"
    assert meaning(keymap, "x") == "claim"
    assert keymap.key("claim", "pipeline") == "x"
    assert keymap.key("no-answer", "pipeline") == ""


def test_a_table_of_a_place_acts_there_only() -> None:
    keymap = over('[pipeline]\n"x" = "claim"\n"t" = ""\n')
    assert meaning(keymap, "x") == "claim"
    assert meaning(keymap, "x", "due") == "no-answer"
    assert says(keymap, "t") == "unknown"
    assert meaning(keymap, "t a", "due") == "tier A"


def test_any_goes_before_what_the_preset_has_in_a_place() -> None:
    keymap = over('[any]\n"1" = "tier A"\n[due]\n"1" = "done"')
    assert meaning(keymap, "1", "pipeline") == "tier A"
    assert meaning(keymap, "1", "due") == "done"


def test_unbinding_a_key_unbinds_what_begins_with_it() -> None:
    keymap = over('[any]\n"t" = ""\n"s <letter>" = ""\n"s" = "snooze"\n')
    assert keymap.faults == ()
    assert says(keymap, "t") == "unknown"
    assert meaning(keymap, "s") == "snooze"


def test_a_letter_stands_for_those_without_a_meaning_of_their_own() -> None:
    keymap = over('[any]\n"K <letter>" = "play {letter} --times 2"\n"K a" = "down"')
    assert keymap.faults == ()
    assert meaning(keymap, "K a") == "down"
    assert meaning(keymap, "K m") == "play m --times 2"
    assert meaning(keymap, "K 7") == "play 7 --times 2"
    assert says(keymap, "K -") == "unknown"


def test_while_recording_its_layer_goes_first() -> None:
    keymap = Keymap()
    assert meaning(keymap, "Q m") == "record m"
    assert meaning(keymap, "Q", recording=True) == "record"
    assert meaning(keymap, "@ @") == "replay"
    assert meaning(keymap, "@ m") == "play m"
    assert meaning(keymap, "j", recording=True) == "down"
    mine = over('[recording]\n"Q" = ""\n"F" = "record"')
    assert meaning(mine, "F", recording=True) == "record"
    assert meaning(mine, "Q", recording=True) == "Q", "it neither ends one nor begins another"


def test_the_preset_vim_is_one_without_faults() -> None:
    text = (Path(keymaps.__file__).parent / "vim.toml").read_text(encoding="utf-8")
    assert over(text).faults == ()
    vim = Source("vim").load()
    assert meaning(vim, "d d", "due") == "done"
    assert says(vim, "d") == "pending"
    assert meaning(vim, "q a") == "record a"
    assert meaning(vim, "q", recording=True) == "record"
    assert meaning(vim, "Z Z") == "quit"
    assert meaning(vim, "j") == "down"
    assert vim.key("done", "card") == "d d"


def test_ones_own_lie_over_the_preset_that_is_configured(tmp_path: Path) -> None:
    (tmp_path / "keymap.toml").write_text('[any]\n"Z Z" = "back"\n', encoding="utf-8")
    keymap = Source("vim", tmp_path).load()
    assert (meaning(keymap, "Z Z"), meaning(keymap, "Z Q")) == ("back", "quit")
    assert Source("default", tmp_path / "none").load().faults == ()


# -- faults


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[any]\n\nx = 3', "keymap.toml:3: a command line in quotes is wanted"),
        ('# first\n[any] # here\n"x" = "foo"', 'keymap.toml:3: there is no command "foo"'),
        ('[any]\n"x" = "tire A"', 'keymap.toml:2: there is no command "tire": did you mean tier?'),
        ('[any]\n"x" = "down; foo"', 'keymap.toml:2: there is no command "foo"'),
        ('[any]\n"x" = "down 1 2 3"', "keymap.toml:2: "),
        ('[any]\n"x" = "log --foo bar"', "keymap.toml:2: log has no option --foo"),
        ('[any]\n"x" = "log \\"open"', "keymap.toml:2: this quote is not closed"),
        ('[any]\n"x" = ";"', "keymap.toml:2: which command"),
        ('[any]\n"x" = "play {letter}"', 'keymap.toml:2: {letter} is for keys with "Q <letter>"'),
        ('"x" = "down"', 'keymap.toml:1: "x" stands in no table'),
        ('[pipline]\n"x" = "down"', "keymap.toml:1: there is no table [pipline]: did you mean pipeline?"),
        ("pipeline = 1", 'keymap.toml:1: "pipeline" must be a table'),
        ('[any]\n"entre" = "down"', 'keymap.toml:2: there is no key "entre": did you mean enter?'),
        ('[any]\n"esc" = ""', 'keymap.toml:2: "escape" is kept by the program'),
        ('[any]\nctrl+k = "down"', "keymap.toml:2: Expected '=' after a key"),
        ('[any]\n"g g" = "top"\n"gg" = "bottom"', 'keymap.toml:3: "gg" is the key that line 2 has as "g g"'),
        ('[any]\n"x" = "down"\n"x" = "up"', "keymap.toml:3: Cannot overwrite a value"),
        ('[any]\n"x y" = "down"\n"x" = "up"', 'keymap.toml:2: "x y" can never be reached: "x" in line 3 acts first'),
        ('[any]\n"s" = "snooze"', 'keymap.toml:2: "s" leaves "s n", "s p", "s t" and 3 more out of reach'),
        ('[any]\n"d d" = "done"', 'keymap.toml:2: "d d" leaves "d" out of reach: unbind'),
        ('[card]\n"s" = "snooze"', 'keymap.toml:2: "s" leaves "s n", "s p", "s t" and 3 more out of reach'),
        ('[any]\n"b x" = "down"', 'keymap.toml:2: "b x" leaves "b" out of reach'),
        ('[any]\nx.y = "down"', "keymap.toml:2: a command line in quotes is wanted"),
        ('[any]\n"x" = """\ndown\n"""\n"y" = "foo"', 'keymap.toml:5: there is no command "foo"'),
        ('[any]\n"x" = ["a", # ]\n "b"]\n"#y" = \'foo\'', 'keymap.toml:2: a command line in quotes'),
        ('[any]\n"x" = "check"', "keymap.toml:2: check is for the shell"),
        ('[any]\n"x" = "down; users list"', "keymap.toml:2: users list is for the shell"),
        ('[card]\n"x" = "tab"', "keymap.toml:2: tab does nothing in [card]: write the key under [pipeline], [pool]"),
        ('[any]\n"x" = "stage foo"', 'keymap.toml:2: '), ('[any]\n"x" = "sort nosuch"', "keymap.toml:2: cannot sort"),
        ('[any]\n"x" = "columns nosuch"', "keymap.toml:2: there is no column"),
        ('[any]\n"x" = "tier nosuch"', 'keymap.toml:2: there is no tier "nosuch"'),
        ('[any]\n"x" = "mark nosuch"', "keymap.toml:2: what"),
        ('any = { "x" = "foo" }', 'keymap.toml:1: there is no command "foo"'),
        ('\ufeff[any]\r\n"x" = "foo"\r\n', 'keymap.toml:2: there is no command "foo"'),
    ],
)  # fmt: skip
def test_a_fault_tells_its_line_and_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "keymap.toml").write_text(text, encoding="utf-8")
    found = [str(fault) for fault in Source("default", tmp_path).load().faults]
    assert found
    assert found[0].startswith(told), found


def test_what_silences_a_fault_is_what_it_proposes() -> None:
    assert faults('[any]\n"s" = "snooze"')[0].endswith('as in "s <letter>" = ""')
    assert faults('[any]\n"s" = "snooze"\n"s <letter>" = ""') == []
    assert faults('[any]\n"d d" = "done"')[0].endswith('as in "d" = ""')
    assert faults('[any]\n"d d" = "done"\n"d" = ""') == []
    assert faults('[card]\n"s" = "snooze"\n"s <letter>" = ""') == []


def test_all_but_the_faulty_entries_work() -> None:
    keymap = over('[any]\n"x" = "down"\nbroken\n"X" = "foo"\n"Y" = "up"\n[due\n"Z" = "left"\n[card]\n"F" = "right"\n')
    assert [fault.line for fault in keymap.faults] == [3, 4, 6]
    assert meaning(keymap, "x") == "down"
    assert meaning(keymap, "Y") == "up"
    assert meaning(keymap, "F", "card") == "right"
    assert says(keymap, "Z", "pipeline") == "unknown", "what the faulty table held goes nowhere else"
    assert meaning(keymap, "q") == "back"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"[any]\n\xff = 1", "keymap.toml:2: not UTF-8"),
        (b"#" * 300_000, "keymap.toml: too long"),
        (b"[any]\nx = " + b"9" * 5_000, "keymap.toml:2: "),
        (b"x = " + b"[" * 40_000, "keymap.toml: too many brackets"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_the_preset(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "keymap.toml").write_bytes(data)
    keymap = Source("default", tmp_path).load()
    assert str(keymap.faults[0]).startswith(told)
    assert meaning(keymap, "j") == "down"


def test_a_folder_of_that_name_is_a_fault_too(tmp_path: Path) -> None:
    (tmp_path / "keymap.toml").mkdir()
    assert str(Source("default", tmp_path).load().faults[0]) == "keymap.toml: this is no file"


def test_what_is_known_of_the_views_of_places_is_what_the_screens_have() -> None:
    from crm_tui.tui.views import PLACES as SCREENS
    from crm_tui.tui.views import has_view, kind_of

    for command in CATALOG.values():
        if command.view:
            found = {name for name in SCREENS if has_view(kind_of(name), command)}
            assert found == set(() if command.view in SHELL else IN_PLACES.get(command.view, SCREENS)), command.name


@pytest.mark.parametrize("line", ["tier accept", "tier A", "sort -due tier", "columns name:9", "stage 潜", "mark all"])
def test_values_that_can_be_read_are_no_fault(line: str) -> None:
    assert faults(f"[pool]\n'F2' = '{line}'\n") == []


# -- where keys stand


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('[any]\n"a.b" = 1\n', {("any",): 1, ("any", "a.b"): 2}),
        ("a.b.c = 1", {("a",): 1, ("a", "b"): 1, ("a", "b", "c"): 1}),
        ("[a.'b c']\n x = '''\n]\n# no\n''''\ny=2", {("a", "b c"): 1, ("a", "b c", "x"): 2, ("a", "b c", "y"): 6}),
        ('x = "\\"=" # "\n"\\u0041" = {a = "}"}\nz=[1,#]\n2]\n"]"=0', {("x",): 1, ("A",): 2, ("z",): 3, ("]",): 5}),
        ("[[a]]\nb=1\n[[a]]\nb=2", {("a",): 1, ("a", "b"): 2}),
    ],
)
def test_the_lines_of_keys_are_found(text: str, lines: dict[tuple[str, ...], int]) -> None:
    assert positions(text) == lines


# -- whatever it holds

LINES = ["down", "tier A; next fri; down", "", "foo", 'log "', "play {letter}", "mark all"]
KEYS = ["x", "g", "g g", "gg", "g g g", "t", "t x", "t <letter>", "Q", "Q <letter>", "s <letter>", "esc", "ctrl+i"]
entries = st.tuples(st.sampled_from(KEYS), st.sampled_from(LINES))
TABLES = ["any", "pipeline", "card", "recording", "nowhere"]
tables = st.lists(
    st.tuples(st.sampled_from(TABLES), st.lists(entries, max_size=8)), max_size=4, unique_by=lambda table: table[0]
)


def written(found: list[tuple[str, list[tuple[str, str]]]]) -> str:
    return "\n".join(
        line for table, own in found for line in (f"[{table}]", *(f"'{keys}' = '{line}'" for keys, line in own))
    )


def sound(keymap: Keymap, places: Sequence[Place] = PLACES) -> None:
    """No sequence begins another, all lines can be read, and the ways out are there."""
    for place in places:
        for recording in (False, True):
            live = keymap.live(place, recording=recording)
            longer = [keys for keys in live if len(keys) > 1]
            assert not [pair for pair in product(live, longer) if covers(*pair)]
            assert live["escape",] == "back"
            assert live["ctrl+q",] == "quit"
            for keys, line in live.items():
                assert TYPED not in line or keys[-1] == LETTER
    for line in {line for line in keymap.table.values() if line} - set(default().values()):
        for part in commands_of(line):
            assert read(part.text.replace(TYPED, "a"), CATALOG)


@pytest.mark.parametrize("named", ["default", "vim"])
def test_no_sequence_of_a_preset_begins_another(named: str) -> None:
    sound(Source(named).load())


@given(tables.map(written))
def test_any_tables_give_a_keymap_in_which_no_sequence_begins_another(text: str) -> None:
    keymap = over(text)
    sound(keymap, ("pipeline", "card", "due"))
    assert all(fault.line for fault in keymap.faults[:-1])


PIECES = [*"[]{}\"'=.#\n\\ ", "any", "x", '"g g"', '"""']


@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_gives_a_keymap_and_faults(text: str) -> None:
    keymap = over(text)
    assert keymap.live("pipeline")["q",]
    for fault in keymap.faults:
        assert "\n" not in str(fault)
        assert 0 <= fault.line <= text.replace("\r\n", "\n").count("\n") + 1


# -- in a shell


def test_a_shell_prints_the_live_table_and_the_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text('keymap = "vim"\n', encoding="utf-8")
    (tmp_path / "keymap.toml").write_text('[card]\n"F" = "tire"\n"K" = "tier A; down"\n"c" = ""\n', encoding="utf-8")
    monkeypatch.setenv("CRM_TUI_CONFIG", str(tmp_path / "config.toml"))
    assert cli.run(["keymap", "--json", "--quiet"]) == 2
    told = capsys.readouterr()
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert {"place": "card", "keys": "K", "command": "tier A; down", "own": True} in rows
    assert {"place": "any", "keys": "d d", "command": "done", "own": False} in rows
    assert {"place": "recording", "keys": "q", "command": "record", "own": False} in rows
    assert told.err == 'crm-tui: keymap.toml:2: there is no command "tire": did you mean tier?\n'
    assert cli.run(["help", "keys"]) == 0
    assert "| `K` (card) | `tier A; down` | set the tier" in capsys.readouterr().out
    (tmp_path / "keymap.toml").unlink()
    assert cli.run(["keymap"]) == 0
