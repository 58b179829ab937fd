"""Completion in bash, zsh and fish: what the program offers, and the shells themselves, typed into where they are."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from crm_tui import cli
from crm_tui.commands import completing, macro_files, shell
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.macros import parse
from crm_tui.commands.shells import SHELLS
from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.services import people, pool_lists, tags
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.factories import Clock, Team, make
from tests.test_architecture import loaded_by
from tests.test_cli import environment

Ask = Callable[..., list[str]]


@pytest.fixture(scope="module")
def office(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("office") / "crm.db"
    shutil.copy(staffed, path)
    database = Database(path)
    team = Team(database, Clock())
    tags.tag(team.li, [make(team.li, "Acme", region="New York")], ["vip", "old"])
    pool_lists.add(team.admin, "east", None, None)
    database.close()
    return path


@pytest.fixture
def ask(office: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """The answer to a press of Tab behind these words, the last one open."""
    monkeypatch.setenv("CRM_TUI_USER", "li")

    def look_in(given: Mapping[str, str]) -> Session | None:
        return people.look_in(office, given.get("user") or os.environ["CRM_TUI_USER"])

    def answer(*words: str, name: str = "fish") -> list[str]:
        return completing.answer([name, *words], look_in)

    return answer


def offered(answer: list[str]) -> set[str]:
    """The words of an answer, without the directive and what they mean."""
    return {line.split("\t")[0] for line in answer[1:]}


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (["ti"], {"tier"}), (["contact", ""], {"add", "edit"}), (["contact", "e"], {"edit"}), (["users"], {"users"}),
        (["users", ""], {"list", "away", "back", "key"}), (["users", "key", ""], {"list"}),
        (["--json", "li"], {"list"}), (["--db", "x", "--quiet", "ver"], {"version"}), (["--"], {"--json", "--db"}),
        (["tier", ""], {"A", "accept", "high"}), (["stage", "in"], {"intent"}), (["stage", "意"], {"intent"}),
        (["stage", "lost", "--"], {"--reason", "--on", "--yes", "--user"}), (["stage", "lost", "--re"], {"--reason"}),
        (["stage", "lost", "--reason", "comp"], {"competitor"}),
        (["stage", "lost", "--reason=comp"], {"--reason=competitor"}), (["log", "--channel", "v"], {"visit"}),
        (["list", "ti"], {"tier:"}), (["list", "tier:"], {"tier:A", "tier:B"}), (["list", "tier:A", "ow"], {"owner:"}),
        (["list", "tier:A,"], {"tier:A,B"}), (["list", "tier:A ow"], {"tier:A owner:"}),
        (["tag", "x", "--on", "tier:A reg"], {"tier:A region:"}), (["export", "ti"], {"tier:"}),
        (["list", "--sort", "na"], {"name"}), (["tag", ""], {"vip", "old"}), (["pools", "edit", "e"], {"east"}),
        (["transfer", "wa"], {"wang"}), (["--user", "wa"], {"wang"}),
        (["config", "get", "pool.h"], {"pool.holding_cap"}),
        (["new", "Acme", "ind"], {"industry="}), (["completion", ""], {"bash", "zsh", "fish"}),
        (["view", ""], {"pipeline"}), (["credit", ""], set()), (["help", "fil"], {"filters"}),
        (["watch", "--"], {"--since", "--limit"}),
    ],
)  # fmt: skip
def test_what_may_follow(ask: Ask, words: list[str], some: set[str]) -> None:
    assert some <= offered(ask(*words))


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense", ""], ["tier", "A", "--nonsense", ""], ["list", "--limit", ""], ["tag", "x", "--on", 'a"b'],
        ["log", "words of"], ["mark", ""], ["boa"],
    ],
)  # fmt: skip
def test_where_nothing_is_known_nothing_is_offered(ask: Ask, words: list[str]) -> None:
    assert offered(ask(*words)) == set()


@pytest.mark.parametrize(
    "words",
    [
        ["--db", ""], ["import", ""], ["import", "x.csv", "--errors", "a"], ["export", "tier:A", ""],
        ["import", "x.csv", "--errors=a"],
    ],
)
def test_files_are_the_shells_own(ask: Ask, words: list[str]) -> None:
    assert ask(*words) == ["files"]


def test_what_one_may_not_run_is_not_offered(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert offered(ask("assi")) == set()
    assert offered(ask("--user", "zhao", "assi")) == {"assign"}
    monkeypatch.setenv("CRM_TUI_USER", "zhao")
    assert offered(ask("assi")) == {"assign"}


def test_what_is_for_the_screens_is_not_offered(ask: Ask) -> None:
    first = {name.split(" ")[0] for name, command in CATALOG.items() if shell.has(command)}
    assert offered(ask("")) <= first
    assert "palette" not in first


def test_each_comes_with_what_it_means(ask: Ask) -> None:
    assert f"tier\t{CATALOG['tier'].summary}" in ask("ti")
    assert any(line.startswith("intent\t") and len(line) > len("intent\t") for line in ask("stage", "in"))
    assert "--reason\twhy; going back, and lost, need one" in ask("stage", "lost", "--rea")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("crm-tui ti", ["", "tier"]), ("crm-tui list tie", ["nospace", "tier:"]),
        ("crm-tui list owner:m", ["", "me"]), ('crm-tui list "owner:m', ["", "owner:me"]),
        ("crm-tui --user=li list owner:m", ["", "me"]), ("crm-tui stage lost --reason=comp", ["", "competitor"]),
        ("crm-tui 'contact' a", ["", "add"]), ("crm-tui import ", ["files"]), ("crm-tui list \\", [""]),
        ("crm-tui list due:\\<=tod", ["", "today"]),
        ("crm-tui list region:New", ["", '\\"New\\ York\\"']), ('crm-tui list region:"New', ["", '\\"New York\\""']),
        ('crm-tui list region:\\"New\\ Y', ["", '\\"New\\ York\\"']),
        ("crm-tui list 'region:\"New Y", ["", 'region:"New York"']), ("crm-tui list last:\\>7", ["", "\\>7d"]),
        ("crm-tui tag x --on 'tier:A region:ne", ["", 'tier:A region:"New York"']),
    ],
)  # fmt: skip
def test_bash_gets_what_it_is_to_insert(ask: Ask, line: str, expected: list[str]) -> None:
    assert ask(line, name="bash")[: len(expected)] == expected


def test_a_sign_that_the_shell_takes_for_itself_is_not_continued(ask: Ask) -> None:
    for line in ("crm-tui list last:>", "crm-tui list due:<", "crm-tui list (ti", "crm-tui list tier:A;ti"):
        assert ask(line, name="bash")[1:] == []


@pytest.mark.parametrize("typed", ["region:New", 'region:"New', 'region:"New Y'])
def test_a_value_with_blanks_keeps_the_quotes_of_the_filter(ask: Ask, typed: str) -> None:
    for words in (["list", typed], ["tag", "x", "--on", typed]):
        assert offered(ask(*words)) == {'region:"New York"'}


def test_macros_are_offered_to_what_plays_them(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    macro = parse("next {days=7}d\n", "monday")
    found = [macro_files.Found("monday", Path("monday.macro"), True, macro)]
    monkeypatch.setattr(macro_files, "every", lambda session: found)
    monkeypatch.setattr(macro_files, "find", lambda session, name: macro)
    assert offered(ask("run", "mon")) == {"monday"}
    assert ask("run", "nothing") == ["files"]
    for verb in ("run", "play"):
        assert offered(ask(verb, "monday", "--set", "")) == {"days=7"}


def test_bash_gets_blanks_and_signs_escaped(ask: Ask, office: Path) -> None:
    assert ask("crm-tui list last:", name="bash")[1].startswith(("\\>", "\\<"))


@pytest.mark.parametrize("name", sorted(name for name, command in CATALOG.items() if shell.has(command)))
def test_no_line_is_too_strange(ask: Ask, name: str) -> None:
    line = f"crm-tui {name} a\"b 'c' --on x:\"y --reason=12 -- ： ''"
    for end in range(len(line) + 1) if name in ("tag", "list") else (len(f"crm-tui {name} a\"b"), len(line)):
        assert ask(line[:end], name="bash")
    assert ask(*name.split(" "), "a“b", "--on", "x:\"y", "--reason=1", "--", "\\", name="zsh")


# -- without a database, and without a trace


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)

    def run(*words: str, db: Path) -> list[str]:
        monkeypatch.setenv("CRM_TUI_DB", str(db))
        assert cli.run(("complete", *words)) == 0
        captured = capfd.readouterr()
        assert captured.err == ""
        return captured.out.splitlines()

    return run


def test_without_a_database_there_is_what_the_program_knows(complete: Ask, tmp_path: Path) -> None:
    missing = tmp_path / "none" / "crm.db"
    for words, some in [
        (["ti"], {"tier"}), (["assi"], {"assign"}), (["stage", "in"], {"intent"}), (["tier", "A", "--"], {"--on"}),
        (["list", "tier:"], {"tier:A"}), (["next", ""], {"fri"}),
    ]:  # fmt: skip
        assert some <= offered(complete("fish", *words, db=missing)), words
    for words in (["transfer", ""], ["pools", "edit", ""], ["tag", ""]):
        assert offered(complete("fish", *words, db=missing)) == set()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["text", "empty", "folder", "old", "nobody"])
def test_whatever_the_database_is_it_stays_as_it_is(
    complete: Ask, blank: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crm.db"
    if what == "folder":
        path.mkdir()
    else:
        path.write_bytes({"text": b"hello" * 99, "empty": b""}.get(what, blank.read_bytes()))
    if what == "old":
        content = bytearray(path.read_bytes())
        content[60:64] = (1).to_bytes(4, "big")
        path.write_bytes(content)
    if what == "nobody":
        monkeypatch.setenv("CRM_TUI_USER", "")
    before = path.read_bytes() if path.is_file() else b""
    assert offered(complete("zsh", "ti", db=path)) == {"tier"}
    assert (path.read_bytes() if path.is_file() else b"") == before
    assert [found.name for found in tmp_path.iterdir()] == ["crm.db"]


def test_completing_changes_nothing(complete: Ask, office: Path, tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    shutil.copy(office, path)
    before = path.read_bytes()
    assert "vip" in offered(complete("zsh", "tag", "", db=path))
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["crm.db"]


def test_a_session_that_looks_in_can_change_nothing(office: Path, tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    shutil.copy(office, path)
    session = people.look_in(path, "li")
    assert session is not None
    with pytest.raises(DatabaseUnusable):
        make(session, "Acme")
    session.database.close()


@pytest.mark.parametrize("words", [[], ["tcsh", "x"], ["bash"], ["fish"], ["zsh", "\udcff"]])
def test_no_question_is_answered_with_an_error(complete: Ask, office: Path, words: list[str]) -> None:
    complete(*words, db=office)


def test_a_configuration_that_cannot_be_read_is_none_of_its_business(
    complete: Ask, office: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "config.toml"
    wrong.write_text("theme =")
    monkeypatch.setenv("CRM_TUI_CONFIG", str(wrong))
    complete("zsh", "ti", db=office)


def test_the_locale_does_not_matter(office: Path) -> None:
    env = environment(
        CRM_TUI_DB=str(office), LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONIOENCODING="ascii", HOME=None
    )
    words = ["complete", "fish", "stage", "意"]
    done = subprocess.run([sys.executable, "-m", "crm_tui", *words], env=env, capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "意向" in done.stdout.decode() or b"intent\t" in done.stdout


def test_it_is_no_command_of_the_catalogue(ask: Ask) -> None:
    assert "complete" not in CATALOG
    assert "complete" not in offered(ask("comp"))


def test_the_script_of_a_shell_is_printed_and_of_another_there_is_none(
    complete: Ask, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, text in SHELLS.items():
        assert cli.run(("completion", name, "--db", str(tmp_path / "none"))) == 0
        assert capfd.readouterr().out == text
    assert cli.run(("completion", "tcsh")) == 2
    assert cli.run(("completion",)) == 2
    assert list(tmp_path.iterdir()) == []


# -- the shells themselves


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder in which `crm-tui` is this program."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "crm-tui"
    root = Path(__file__).parent.parent
    program.write_text(f"#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m crm_tui \"$@\"\n")
    program.chmod(0o755)
    return folder


class Typed:
    """A shell on a terminal that is typed into."""

    def __init__(self, command: list[str], env: dict[str, str], folder: Path) -> None:
        process, self._keyboard = pty.fork()
        if process == 0:
            os.chdir(folder)
            os.execve(command[0], command, env)
        self._process = process
        self.shown = ""

    def type(self, text: str) -> None:
        os.write(self._keyboard, text.encode())

    def until(self, wanted: str, seconds: float = 60) -> str:
        """What was shown up to and with the text; fails where it does not come."""
        end = time.monotonic() + seconds
        while wanted not in self.shown:
            ready = select.select([self._keyboard], [], [], max(0, end - time.monotonic()))[0]
            assert ready, f"{wanted!r} did not come: {self.shown!r}"
            self.shown += os.read(self._keyboard, 10_000).decode(errors="replace")
        before, __, self.shown = self.shown.partition(wanted)
        return before

    def end(self) -> None:
        os.kill(self._process, 9)
        os.waitpid(self._process, 0)
        os.close(self._keyboard)


START = {
    "bash": (["--norc", "--noprofile", "-i"], "source <(crm-tui completion bash); PS1='RE''ADY '\n"),
    "zsh": (["-f", "-i"], "autoload -U compinit && compinit -u; source <(crm-tui completion zsh); PS1='RE''ADY '\n"),
    "fish": (["--no-config", "-i"], "crm-tui completion fish | source; function fish_prompt; echo 'RE''ADY '; end\n"),
}


@pytest.fixture(params=sorted(SHELLS))
def typed(request: pytest.FixtureRequest, office: Path, bin_folder: Path, tmp_path: Path) -> Iterator[Typed]:
    name: str = request.param
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    options, start = START[name]
    env = environment(
        CRM_TUI_DB=str(office), HOME=str(tmp_path), PATH=f"{bin_folder}:{os.environ['PATH']}", TERM="xterm",
        LANG="C.UTF-8", XDG_CONFIG_HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path),
    )  # fmt: skip
    (tmp_path / "cards in.csv").touch()
    shell = Typed([program, *options], env, tmp_path)
    shell.type(start)
    shell.until("READY")
    yield shell
    shell.end()


@pytest.mark.slow
def test_a_shell_completes_names_values_filters_and_files(typed: Typed) -> None:
    for text, becomes in [
        ("crm-tui vers\t", "version"), ("crm-tui contact e\t", "edit"), ("crm-tui stage poten\t", "potential"),
        ("crm-tui list owner:m\t", "owner:me"), ("crm-tui list region:New\t", 'York\\"'),
        ('crm-tui list region:\\"New\\ Y\t', 'ork\\"'), ("crm-tui transfer wan\t", "wang"),
        ("crm-tui stage lost --reason compe\t", "competitor"), ("crm-tui import card\t", "cards\\ in.csv"),
    ]:  # fmt: skip
        typed.type(f"echo {text}".replace("echo crm-tui", "crm-tui"))
        typed.until(becomes[-3:])
        typed.type("\x15echo 'DO''NE'\n")  # the line away, and with it whatever is still to come for it
        typed.until("DONE")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["zsh", "fish"])
def test_a_script_is_one_that_its_shell_can_read(name: str, tmp_path: Path) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    file = tmp_path / "script"
    file.write_text(SHELLS[name])
    assert subprocess.run([name, "-n", str(file)], capture_output=True, timeout=30).stderr == b""


def test_bash_reads_its_script_and_asks_with_the_line_up_to_the_cursor(bin_folder: Path, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    (bin_folder / "crm-tui").write_text('#!/bin/sh\nprintf "nospace\\nasked\\n%s\\n" "$3"\n')
    test = f"""{SHELLS['bash']}
        compopt() {{ echo "option $*"; }}
        COMP_WORDS=(crm-tui list "x y" z) COMP_CWORD=3 COMP_LINE='crm-tui list "x y" zeta' COMP_POINT=20
        _crm_tui crm-tui z 'x y'; printf '%s|' "${{COMPREPLY[@]}}"
    """
    env = {**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"}
    done = subprocess.run([bash, "-c", test], env=env, capture_output=True, encoding="utf-8", timeout=30)
    assert done.stdout == 'option -o nospace\nasked|crm-tui list "x y" z|'


@pytest.mark.parametrize("words", [["ti"], ["stage", "lost", "--"], ["transfer", ""], ["list", "tier:A", "ow"]])
def test_an_answer_loads_only_what_it_is_made_of(office: Path, words: list[str]) -> None:
    """How long it takes is measured by the benchmark of the screens; most of it is loading modules."""
    line = ["complete", "zsh", "--", *words]
    loaded = loaded_by(f"import os; os.environ.update({environment(CRM_TUI_DB=str(office))!r})\n"
                       f"import crm_tui.__main__; assert crm_tui.__main__.main({line!r}) == 0")  # fmt: skip
    assert "apsw" in loaded, "it was asked of the database"
    late = {
        "textual", "rich", "crm_tui.tui", "peewee", "playhouse", "asyncio", "argparse", "csv", "difflib",
        "phonenumbers", "pypinyin", "holidays", "chinese_calendar", "charset_normalizer", "crm_tui.formats",
        "crm_tui.store.journal",
    }  # fmt: skip
    assert late & loaded == set()
    services = {name.removeprefix("crm_tui.services.") for name in loaded if name.startswith("crm_tui.services.")}
    assert services <= {"people", "session", "suggestions", "columns", "views"}
