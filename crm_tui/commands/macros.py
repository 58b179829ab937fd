"""The text of a macro: command lines, comments, two directives, parameters (DESIGN §2). Nothing here reads a file.

Every line is kept as it was written, so that a macro that is edited keeps its comments. What is wrong is an error
that names `FILE:LINE:COLUMN`, found before anything runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from crm_tui.commands.language import (
    BLANK,
    OPENING,
    SEPARATORS,
    Call,
    commands_of,
    escaped,
    is_option,
    quote,
    read,
    split,
    write,
)
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.text import ascii_twin

OnError = Literal["stop", "next"]

LONGEST = 1_000_000
"""Characters of a macro."""

_PARAMETER = re.compile(r"(?P<name>[^\W\d][\w-]*)(?:=(?P<default>[^{}]*))?\}")
_NAME = re.compile(r"[^\W_][\w-]{0,39}")
_STAND_IN = "1"
"""What a parameter without a value is read as, where a macro is only looked through."""


class MacroError(UsageError):
    """What is wrong in a macro; the message begins with `FILE:LINE:COLUMN`, both from 1. A line that was typed has no
    `source`: there the position alone tells.
    """

    def __init__(self, source: str, number: int, text: str, position: int, message: str) -> None:
        place = f"{source}:{number}:{position + 1}: " if source else ""
        super().__init__(f"{place}{message}", text, position)
        self.number = number


@dataclass(frozen=True)
class Parameter:
    """`{name=default}`; `default` is None where it must be given."""

    name: str
    default: str | None


@dataclass(frozen=True, eq=False)
class Step:
    """One command of a macro: where it stands (`number` of the line, from 1), its text with the parameters filled in,
    its call. `columns` tells for every character of the text, and its end, where in the `line` it comes from.
    """

    source: str
    number: int
    line: str
    text: str
    columns: tuple[int, ...]
    call: Call

    @property
    def where(self) -> str:
        """`monday.macro:3`; of a line that was typed the command."""
        return f"{self.source}:{self.number}" if self.source else self.text

    def fault(self, message: str, position: int = 0) -> MacroError:
        """The error that this is wrong at that character of its text."""
        return MacroError(self.source, self.number, self.line, self.columns[min(position, len(self.text))], message)


@dataclass(frozen=True)
class Macro:
    """A macro. `lines` are its text; `source` is what errors call it: the file, else the name."""

    name: str
    lines: tuple[str, ...]
    source: str

    @property
    def text(self) -> str:
        """The text of its file."""
        return "".join(f"{line}\n" for line in self.lines)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters in the order of their first mention; MacroError for two defaults, or a brace that is none."""
        found: dict[str, str | None] = {}
        for number, line in enumerate(self.lines, 1):
            comment = _is_comment(line)
            for position, name, default in _mentions(self.source, number, line, strict=not comment):
                known = found.get(name)
                if known is not None and default is not None and known != default:
                    message = _("{name} has the default {default} already").format(name=name, default=repr(known))
                    raise MacroError(self.source, number, line, position, message)
                if default is not None or not comment:  # a comment may speak of {name}; only a default declares it
                    found[name] = known if default is None else default
        return tuple(Parameter(name, default) for name, default in found.items())

    @cached_property
    def each(self) -> bool:
        """Whether it runs once for every marked row."""
        return any(words == ("on", "each") for __, words in self._directives())

    @cached_property
    def on_error(self) -> OnError:
        """What follows a failure: the end, or the next line (of an `on each` macro, the next row)."""
        return "next" if any(words == ("on", "error", "next") for __, words in self._directives()) else "stop"

    @property
    def about(self) -> str:
        """Its first comment."""
        first = next((line for line in self.lines if line.strip()), "")
        return _without_braces(first.strip().lstrip("#").strip()) if _is_comment(first) else ""

    def _directives(self) -> Iterable[tuple[int, tuple[str, ...]]]:
        """The directives with the numbers of their lines; MacroError for one that is none, or comes too late."""
        begun = False
        for number, line in enumerate(self.lines, 1):
            words = tuple(line.split())
            if not words or _is_comment(line):
                continue
            if words[0].casefold() != "on":
                begun = True
                continue
            start = line.index(words[0])
            if tuple(word.casefold() for word in words) not in _DIRECTIVES:
                raise MacroError(self.source, number, line, start, _("`on each`, `on error stop` or `on error next`"))
            if begun:
                message = _("{directive} belongs before the first command").format(directive=" ".join(words))
                raise MacroError(self.source, number, line, start, message)
            yield number, tuple(word.casefold() for word in words)

    def steps(
        self, catalog: Mapping[str, Command], values: Mapping[str, str] | None = None, *, look: bool = False
    ) -> tuple[Step, ...]:
        """Its commands, with these values for its parameters. MacroError for a bad line, UsageError for a bad value.

        To `look` through it no value is needed: parameters without one stand for something that can be read.
        """
        given = self._values(values or {}, look=look)
        directives = {number for number, __ in self._directives()}
        steps: list[Step] = []
        for number, line in enumerate(self.lines, 1):
            if line.strip() and not _is_comment(line) and number not in directives:
                steps.extend(self._read(number, line, given, catalog))
        if not steps:
            raise MacroError(self.source, max(len(self.lines), 1), "", 0, _("there is no command in it"))
        return tuple(steps)

    def _values(self, given: Mapping[str, str], *, look: bool) -> dict[str, str]:
        known = {parameter.name: parameter.default for parameter in self.parameters}
        for name, value in given.items():
            if name not in known:
                message = _("{macro} has no parameter {name}{hint}")
                raise UsageError(message.format(macro=self.name, name=name, hint=nearest(name, known)), name, 0)
            if not value.isprintable():
                raise UsageError(_("{name}: a value is one line of text").format(name=name), value, 0)
        found = {**known, **given}
        missing = [name for name, value in found.items() if value is None]
        if missing and not look:
            names = " ".join(f"--set {name}=…" for name in missing)
            raise UsageError(_("{macro} needs {names}").format(macro=self.name, names=names))
        return {name: _STAND_IN if value is None else value for name, value in found.items()}

    def _read(
        self, number: int, line: str, values: Mapping[str, str], catalog: Mapping[str, Command]
    ) -> Iterable[Step]:
        filled, places = _filled(self.source, number, line, values, catalog)
        start = 0
        try:
            for part in commands_of(filled):
                start = part.start
                self._check_words(number, line, part.text, places[start:])
                columns = tuple(places[start : start + len(part.text) + 1])
                yield Step(self.source, number, line, part.text, columns, read(part.text, catalog))
        except MacroError:
            raise
        except UsageError as error:
            position = start + (error.position or 0)
            raise MacroError(self.source, number, line, places[min(position, len(filled))], str(error)) from error

    def _check_words(self, number: int, line: str, text: str, places: Sequence[int]) -> None:
        """MacroError for a word that is an option only by the value of a parameter: whoever sets that gives a value."""
        for word in split(text):
            dashes = [word.start + at for at, character in enumerate(word.raw) if character not in OPENING][:2]
            if is_option(word.text) and any(line[places[at]] == "{" for at in dashes):
                message = _("the value would make an option of it: {word}").format(word=word.text)
                raise MacroError(self.source, number, line, places[word.start], message)


_DIRECTIVES = (("on", "each"), ("on", "error", "stop"), ("on", "error", "next"))


def parse(text: str, name: str, source: str = "") -> Macro:
    """The macro of a text; MacroError where the text is no macro whatever its parameters are.

    Its commands are read by `Macro.steps`.
    """
    source = source or name
    if len(text) > LONGEST:
        raise MacroError(source, 1, "", 0, _("a macro has at most {n} characters").format(n=f"{LONGEST:,}"))
    lines = tuple(line.rstrip("\r") for line in text.removeprefix("\ufeff").split("\n"))
    for number, line in enumerate(lines, 1):
        for position, character in enumerate(line):
            if not character.isprintable() and character not in "\t\u3000":
                raise MacroError(source, number, line, position, _("this character cannot stand in a macro"))
    macro = Macro(name, lines[:-1] if lines[-1] == "" else lines, source)
    tuple(macro._directives())
    macro.parameters  # noqa: B018 (what is wrong with them is raised)
    return macro


def recorded(name: str, calls: Sequence[Call], about: str = "") -> Macro:
    """The macro that does what these calls did."""
    head = [f"# {_with_braces(about)}"] if about else []
    return Macro(name, (*head, *(line_of(call) for call in calls)), name)


def line_of(call: Call) -> str:
    """The call as a line of a macro, which plays as what it is whatever braces are in it."""
    return _with_braces(write(call))


def check_name(name: str) -> str:
    """The name, if it can be a macro's: letters, digits, `-` and `_`; UsageError otherwise."""
    if not _NAME.fullmatch(name):
        message = _('"{name}" is no name for a macro: letters, digits, - and _, at most 40')
        raise UsageError(message.format(name=name), name, 0)
    return name


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _with_braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _without_braces(text: str) -> str:
    return text.replace("{{", "{").replace("}}", "}")


def _mentions(source: str, number: int, line: str, *, strict: bool) -> Iterable[tuple[int, str, str | None]]:
    """Position, name and default of the parameters in a line; a comment (not `strict`) may have other braces too."""
    at = 0
    while at < len(line):
        character = line[at]
        if line[at : at + 2] in ("{{", "}}"):
            at += 2
            continue
        if character in "{}":
            found = _PARAMETER.match(line, at + 1) if character == "{" else None
            if found:
                yield at, found["name"], found["default"]
                at = found.end()
                continue
            if strict:
                message = _("a parameter is {name} or {name=default}; a brace that is none is doubled")
                raise MacroError(source, number, line, at, message)
        at += 1


def _filled(
    source: str, number: int, line: str, values: Mapping[str, str], catalog: Mapping[str, Command]
) -> tuple[str, list[int]]:
    """The line with its parameters' values, each as one word or a part of one; and for every character of it (and its
    end) the position in `line` that it comes from.

    A parameter that is a whole word of a filter may be several words of it.
    """
    text: list[str] = []
    places: list[int] = []
    quoted = ""
    at = 0
    while at < len(line):
        if line[at : at + 2] in ("{{", "}}"):
            text.append(line[at])
            places.append(at)
            at += 2
            continue
        found = _PARAMETER.match(line, at + 1) if line[at] == "{" else None
        if found is None:
            quoted = _quoted_after(line, at, quoted)
            text.append(line[at])
            places.append(at)
            at += 1
            continue
        whole = line[at - 1 : at] in ("", *BLANK) and line[found.end() : found.end() + 1] in ("", *BLANK)
        value = _inserted(values[found["name"]], quoted, whole, whole and _in_filter("".join(text), catalog))
        if value is None:
            message = _("{name} has a quote in it: it cannot stand in these quotes").format(name=found["name"])
            raise MacroError(source, number, line, at, message)
        text.extend(value)
        places.extend([at] * len(value))
        at = found.end()
    return "".join(text), [*places, len(line)]


def _quoted_after(line: str, at: int, quoted: str) -> str:
    """The quote that is open behind this character; plain quotes only, as parameters stand in no others."""
    character = line[at]
    escaped = at > 0 and line[at - 1] == "\\" and line[at - 2 : at - 1] != "\\"
    if character not in "\"'" or escaped:
        return quoted
    if quoted:
        return "" if character == quoted else quoted
    return character


def _inserted(value: str, quoted: str, whole: bool, in_filter: bool) -> str | None:
    """The value as it stands inside these quotes, or in none as one word; None where it cannot."""
    if quoted == "'":
        return None if "'" in value else value
    if quoted:
        return escaped(value)
    if not (value or whole):
        return value
    if in_filter and not any(sign in value for sign in SEPARATORS):
        return value if _is_closed(value) else None if '"' in value else f'"{value}"'
    # A number that is a word of its own would be read as a customer's: it is quoted, like all else that is no word.
    return quote(value) if whole or not value.isdigit() else value


def _is_closed(text: str) -> bool:
    """Whether every quote of the text is closed in it: `region:"New York"`, not O'Brien."""
    try:
        split(text)
    except UsageError:
        return False
    return True


def _in_filter(before: str, catalog: Mapping[str, Command]) -> bool:
    """Whether what follows on the line is filter text as it stands."""
    parts = re.split("[;；][ \t\u3000]", before)
    words = [ascii_twin(word).casefold() for word in parts[-1].split()]
    for length in (3, 2, 1):
        command = catalog.get(" ".join(words[:length])) if len(words) >= length else None
        if command is not None:
            return bool(command.positional) and command.positional[0].takes_rest
    return False
