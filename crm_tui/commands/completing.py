"""What may stand at the end of a command line in a shell, for the scripts that `crm-tui completion` prints.

It is asked at each press of Tab: nothing is written, made or complained about, and without a database there is still
what the program itself knows. The first line of the answer is `files`, `nospace` or empty, each other one a word, for
zsh and fish with a tab and its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from crm_tui.commands import kinds, shell
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.language import GLOBAL_FLAGS, GLOBAL_OPTIONS, quote
from crm_tui.commands.registry import Argument, Command, Suggestion
from crm_tui.domain.language import N_, _

if TYPE_CHECKING:
    from crm_tui.services.session import Session

_MEANINGS = {
    "json": N_("print JSON lines"), "csv": N_("print CSV"), "yes": N_("do not ask"),
    "dry-run": N_("only say what would be done"), "quiet": N_("say nothing that was not asked for"),
    "db": N_("the database's file"), "user": N_("as whom"), "on": N_("which customers: a filter"),
}  # fmt: skip
_OPEN_ENDED = ("=", ":", ",", "/")
"""What more follows on: no blank comes after it."""

_BREAKS = "=:@<>;|&("
"""Where bash begins a new word (COMP_WORDBREAKS), so that only what follows is replaced."""
_TAKEN = "<>;|&()`"
"""What is no part of a word in a shell unless it is quoted: what would follow is no longer ours."""

_FILES = "files"


LookIn = Callable[[Mapping[str, str]], "Session | None"]
"""Signs in as the options say that are typed before, to look only; None where there is nothing to look into."""


def answer(words: Sequence[str], look_in: LookIn) -> list[str]:
    """The lines of the answer to `complete SHELL WORD…`, the last word open; for bash `complete bash LINE`."""
    name, *rest = words
    line = _split("".join(rest)) if name == "bash" else _Typed(rest)
    if line is None:
        return [""]
    rest = line.words
    typed = rest[-1] if rest else ""
    found = _found(rest[:-1], typed, look_in)
    if found is None:
        return [_FILES]
    texts = [text for text, __ in found]
    first = "nospace" if texts and all(text.endswith(_OPEN_ENDED) for text in texts) else ""
    if name == "bash":
        return [first, *(word for text in texts if (word := _for_bash(text, line)) is not None)]
    return [first, *(f"{text}\t{_one_line(meaning)}" for text, meaning in found)]


@dataclass
class _Typed:
    """A line of bash as far as it is typed: its words behind the program's name, the last one open."""

    words: list[str]
    quote: str = ""
    """The quotes that the last word ends in."""
    kept: str = ""
    """What of the last word stands before that which bash takes for the word, and replaces."""
    redirects: bool = False
    """Whether the last word holds a sign that the shell takes for itself."""


def _split(line: str) -> _Typed | None:
    """The line as bash reads it; None within an escape."""
    typed, escaped, started = _Typed([""]), False, False
    for sign in line:
        if escaped:
            within = typed.quote and sign not in '$`"\\'
            typed.words[-1] += "\\" + sign if within else sign
            escaped = False
        elif sign == "\\" and typed.quote != "'":
            escaped = started = True
        elif typed.quote:
            typed.words[-1] += sign if sign != typed.quote else ""
            typed.quote = typed.quote if sign != typed.quote else ""
            typed.kept = typed.words[-1] if not typed.quote else typed.kept  # closed quotes end a word for bash
        elif sign in "'\"":
            typed.quote, started = sign, True
            typed.kept = typed.words[-1]
        elif sign.isspace():
            if started:
                typed.words.append("")
            started, typed.kept, typed.redirects = False, "", False
        else:
            typed.words[-1] += sign
            started = True
            typed.redirects = typed.redirects or sign in _TAKEN
            typed.kept = typed.words[-1] if sign in _BREAKS else typed.kept
    typed.words = typed.words[1:] or [""]
    return None if escaped else typed


def _for_bash(text: str, typed: _Typed) -> str | None:
    """The word as bash is to insert it in place of the part that it takes for a word; None where it cannot."""
    kept = typed.kept
    if text[: len(kept)].casefold() != kept.casefold() or typed.redirects:
        return None
    text = text[len(kept) :]
    if typed.quote == "'":
        return text.replace("'", "'\\''")
    if typed.quote:
        text = re.sub(r'([$`"\\])', r"\\\1", text)
        return text + typed.quote if text.endswith(typed.quote) else text  # bash closes none behind a quote
    return re.sub(r"([^\w@%+=:,./~-])", r"\\\1", text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


@dataclass
class _Line:
    """The finished words of a command line, without the options of every command."""

    words: list[str]
    settings: dict[str, str]
    awaits: str = ""
    """The option of every command whose value comes next."""


def _read(done: Sequence[str]) -> _Line:
    line = _Line([], {})
    rest = list(done)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if word.startswith("--") and name in GLOBAL_OPTIONS:
            if not equals and not rest:
                line.awaits = name
            else:
                line.settings[name] = value if equals else rest.pop(0)
        elif not (word.startswith("--") and name in GLOBAL_FLAGS):
            line.words.append(word)
    return line


def _found(done: Sequence[str], typed: str, look_in: LookIn) -> list[Suggestion] | None:
    """What may follow, each the whole word; None for files."""
    line = _read(done)
    if line.awaits == "db":
        return None
    command, rest = _command(line.words)
    expected = _expected(command, rest, typed) if command is not None else None
    is_file = expected is not None and expected.kind is kinds.FILE
    if is_file and command is not CATALOG["run"]:
        return None
    with_name = typed.startswith("--") and "=" not in typed
    if command is not None and with_name:
        return _options(command, typed)
    session = look_in(line.settings) or _nobody()
    try:
        if line.awaits == "user":
            return [pair for pair in kinds.LOGIN.suggest(session) if pair[0].startswith(typed)]
        macros = [pair for pair in kinds.MACRO.suggest(session) if pair[0].startswith(typed)] if is_file else []
        if is_file and not macros:
            return None
        names = [] if command is not None and rest else _names(session, line.words, typed)
        if command is None:
            return [*names, *(_options(None, typed) if with_name else [])]
        names += macros
        return names + [pair for pair in _values(session, command, rest, typed) if pair not in names]
    finally:
        session.database.close()


def _command(words: Sequence[str]) -> tuple[Command | None, list[str]]:
    for length in (3, 2, 1):
        name = " ".join(words[:length]).casefold()
        if len(words) >= length and name in CATALOG and shell.has(CATALOG[name]):
            return CATALOG[name], list(words[length:])
    return None, []


def _names(session: Session, done: Sequence[str], typed: str) -> list[Suggestion]:
    """The next words of the names of commands that one may run."""
    session.refresh()
    before = [word.casefold() for word in done]
    found: dict[str, str] = {}
    for name, command in CATALOG.items():
        words = name.split(" ")
        if words[: len(before)] != before or len(words) == len(before) or not words[len(before)].startswith(typed):
            continue
        if not shell.has(command) or command.refusal(session) is not None:
            continue
        word, whole = words[len(before)], len(words) == len(before) + 1
        others = [found[word]] if word in found else []
        found[word] = command.summary if whole else "; ".join((*others, " ".join(words[len(before) + 1 :])))
    return list(found.items())


def _options(command: Command | None, typed: str) -> list[Suggestion]:
    """The names of options, those of every command after its own."""
    own = command.options if command is not None else {}
    more = (*(("on",) if command is not None and command.target != "none" else ()), *GLOBAL_FLAGS, *GLOBAL_OPTIONS)
    found = {f"--{name}": _(argument.help) for name, argument in own.items()}
    found = {**{f"--{name}": _(_MEANINGS[name]) for name in more}, **found}
    order = [*(f"--{name}" for name in own), *(f"--{name}" for name in more if name not in own)]
    return [(name, found[name]) for name in order if name.startswith(typed)]


def _expected(command: Command, rest: Sequence[str], typed: str) -> Argument | None:
    """The argument that the word belongs to; None for ids, filters of `--on`, and where nothing is expected."""
    if typed.startswith("--"):
        name, equals, __ = typed[2:].partition("=")
        return command.options.get(name) if equals else None
    plain, words = 0, list(rest)
    while words:
        word = words.pop(0)
        option = command.options.get(word[2:]) if word.startswith("--") else None
        takes = (option is not None and option.option) or (word == "--on" and command.target != "none")
        if takes and not words:
            return option
        if takes:
            words.pop(0)
        elif not word.startswith("--"):
            plain += 1
    arguments = command.positional
    if plain < len(arguments):
        return arguments[plain]
    return arguments[-1] if arguments and arguments[-1].many else None


def _values(session: Session, command: Command, rest: Sequence[str], typed: str) -> list[Suggestion]:
    """The values of the argument, by what the `:` line offers for the same words."""
    from crm_tui.commands.completion import complete, complete_filter_text

    if _is_filter(command, rest, typed):
        option = typed[: typed.find("=") + 1] if typed.startswith("--") else ""
        found = complete_filter_text(session, typed[len(option) :])
        pairs = zip(found.texts, found.meanings or ("",) * len(found.texts), strict=True)
        return [(typed[: len(option) + found.start] + text, meaning) for text, meaning in pairs]
    first = command.positional[0] if command.positional else None
    raw = first is not None and first.takes_rest  # filter text stands as it is, its blanks and quotes too
    if not raw and any(mark in typed for mark in '"\\'):
        return []
    head = " ".join([command.name, *(word if raw else quote(word) for word in rest)]) + " "
    opening = '"' if not raw and any(character.isspace() for character in typed) else ""
    found = complete(session, head + opening + typed, CATALOG)
    at = found.start - len(head) - len(opening)
    if at < 0:
        return []
    meanings = found.meanings or ("",) * len(found.texts)
    return [(typed[:at] + _bare(text), meaning) for text, meaning in zip(found.texts, meanings, strict=True)]


def _is_filter(command: Command, rest: Sequence[str], typed: str) -> bool:
    """Whether the word is a filter, or a part of one, whose quotes are its own."""
    if command.target != "none" and (typed.startswith("--on=") or rest[-1:] == ["--on"]):
        return True
    expected = _expected(command, rest, typed)
    return expected is not None and expected.kind is kinds.FILTER


def _bare(text: str) -> str:
    """The word without the quotes that it would need on the `:` line."""
    whole = len(text) > 1 and text[0] == text[-1] == '"'
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if whole else text


# -- who asks


class _Nothing:
    """A database in which there is nothing."""

    def rows(self, sql: str, parameters: Any = ()) -> list[Any]:
        return []

    def row(self, sql: str, parameters: Any = ()) -> None:
        return None

    value = row

    def change_token(self) -> tuple[int, int]:
        return 0, 0

    def close(self) -> None:
        pass


def _nobody() -> Session:
    """A session for whom there is no database."""
    from crm_tui.domain.people import Person, Sight
    from crm_tui.domain.settings import load
    from crm_tui.services.session import Session, zone
    from crm_tui.store.database import Database

    now = datetime.now(zone(""))
    return Session(
        cast(Database, _Nothing()), Person(0, "", "", "admin", zone("")), load({}), lambda: now,
        _sight=Sight(0, "admin", everything=True), _read_at=(0, 0, now.date()),
    )  # fmt: skip
