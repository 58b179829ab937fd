"""The one language of keys, `:` line, macros and shell: a line of words ↔ a `Call`.

`VERB [VALUE…] [ID…] [--option VALUE] [--on FILTER]`: several words for one argument are quoted, ids come last; a quoted
number is no id, and after `--` nothing is an option. What `write` makes of a call, `read` reads back as the same call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from crm_tui.commands.registry import Argument, Command
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.text import ascii_twin

GLOBAL_FLAGS = ("json", "csv", "yes", "dry-run", "quiet")
GLOBAL_OPTIONS = ("db", "user")


class Word(Struct, frozen=True):
    """A word of a line: its text without quotes, where it begins in the line, and how it stands there."""

    text: str
    start: int
    raw: str


class Call(Struct, frozen=True):
    """A command with its arguments as typed. `positions` tells where each stood in the line, for errors; of an argument
    of several words `place_of` tells it of each.
    """

    command: Command
    values: Mapping[str, str | tuple[str, ...] | bool] = field(default_factory=dict)
    ids: tuple[int, ...] = ()
    on: str | None = None
    flags: frozenset[str] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    line: str = ""
    positions: Mapping[str, int] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and self._compared == other._compared

    @property
    def _compared(self) -> tuple[object, ...]:
        # Not where it came from: what does the same is the same.
        return self.command, self.values, self.ids, self.on, self.flags, self.settings


def place_of(name: str, number: int) -> str:
    """What the place of one word of an argument is called in `Call.positions`; the first is number 0."""
    return f"{name} {number}"


OPENING = {'"': '"', "'": "'", "“": "”", "‘": "’", "＂": "＂", "「": "」"}
BLANK = " \t\u3000"
_LONGEST_ID = 18


def split(line: str) -> list[Word]:
    """The words of a line, as a shell would split it; Chinese quotes and blanks count. UsageError for an open quote.

    Within double quotes a backslash stands before a quote or a backslash, and with an n for a line break.
    """
    words: list[Word] = []
    text: list[str] = []
    start, inside = -1, ""
    i = 0
    while i < len(line):
        c = line[i]
        if inside:
            if c == "\\" and inside == '"' and i + 1 < len(line) and line[i + 1] in '"\\n':
                i += 1
                text.append("\n" if line[i] == "n" else line[i])
            elif c == inside:
                inside = ""
            else:
                text.append(c)
        elif c in BLANK:
            if start >= 0:
                words.append(Word("".join(text), start, line[start:i]))
                text, start = [], -1
        else:
            if start < 0:
                start = i
            if c in OPENING and (not text or c in "\"'" or text[-1] in ":=,：＝，"):
                inside = OPENING[c]
                opened = i
            elif c == "\\" and i + 1 < len(line):
                i += 1
                text.append(line[i])
            else:
                text.append(c)
        i += 1
    if inside:
        raise UsageError(_("this quote is not closed"), line, opened)
    if start >= 0:
        words.append(Word("".join(text), start, line[start:]))
    return words


class Part(Struct, frozen=True):
    """One command of a line: its text, and where that begins in the line."""

    text: str
    start: int


SEPARATORS = (";", "；")


def commands_of(line: str) -> list[Part]:
    """The commands of a line: `tier A; next fri; down` has three. UsageError for an open quote.

    A semicolon separates where it stands outside quotes, before a blank or the end.
    """
    parts: list[Part] = []
    start = 0
    for word in split(line):
        if not word.raw.endswith(SEPARATORS) or word.raw[-2:-1] == "\\":
            continue
        end = word.start + len(word.raw) - 1
        parts.append(_part(line, start, end))
        start = end + 1
    parts.append(_part(line, start, len(line)))
    return [part for part in parts if part.text]


def _part(line: str, start: int, end: int) -> Part:
    text = line[start:end]
    return Part(text.strip(BLANK), start + len(text) - len(text.lstrip(BLANK)))


def quote(text: str) -> str:
    """The text as one word of a line, its own lines as `\\n`; a number is quoted too, lest it be read as an id."""
    plain = text and not any(c in BLANK or c in "\\\"'“‘＂「”’」#\n" for c in text) and text[-1] not in SEPARATORS
    if plain and not _is_digits(text):
        return text
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """The text as it stands within double quotes: a line has no line break in it."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def read(line: str, catalog: Mapping[str, Command]) -> Call:
    """The call that a line says; UsageError that points at the character where it stops making sense.

    A line belongs to a session that is open already: which database, and as whom, only a shell's words may say.
    """
    call = read_words(split(line), catalog, line)
    for name in call.settings:
        message = _("--{name} is for the shell: here it is one user on one database").format(name=name)
        raise UsageError(message, line, call.positions[f"--{name}"])
    return call


def read_arguments(words: Sequence[str], catalog: Mapping[str, Command]) -> Call:
    """The call that a shell's words say; its line is the words as they came, so that each stands where errors point."""
    placed: list[Word] = []
    start = 0
    for word in words:
        placed.append(Word(word, start, word))
        start += len(word) + 1
    return read_words(placed, catalog, " ".join(words))


def read_words(words: Sequence[Word], catalog: Mapping[str, Command], line: str) -> Call:
    """The call that the words of `line` say."""
    before, rest = _leading_options(list(words), line)
    command, rest = _command(rest, catalog, line)
    reading = _Reading(command, line)
    reading.take_before(before)
    reading.take(rest)
    return reading.call()


def _leading_options(words: list[Word], line: str) -> tuple[list[Word], list[Word]]:
    """Those of every command may stand before its name, its own may not."""
    before: list[Word] = []
    while words and is_option(words[0].text):
        name, equals, __ = _parts(words[0])
        if name not in (*GLOBAL_FLAGS, *GLOBAL_OPTIONS):
            message = _("--{name} belongs after the command's name").format(name=name)
            raise UsageError(message, line, words[0].start)
        before.append(words.pop(0))
        if name in GLOBAL_OPTIONS and not equals and words:
            before.append(words.pop(0))
    return before, words


def _command(words: list[Word], catalog: Mapping[str, Command], line: str) -> tuple[Command, list[Word]]:
    if not words:
        raise UsageError(_("which command? `help` lists them"), line, 0)
    for length in (3, 2, 1):
        name = " ".join(ascii_twin(word.text).casefold() for word in words[:length])
        if len(words) >= length and name in catalog:
            return catalog[name], words[length:]
    first = ascii_twin(words[0].text).casefold()
    group = [name for name in catalog if name.startswith(first + " ")]
    if group:
        names = ", ".join(group)
        raise UsageError(_("{first} what? {names}").format(first=first, names=names), line, words[0].start + len(first))
    hint = nearest(first, catalog)
    raise UsageError(_('there is no command "{name}"{hint}').format(name=first, hint=hint), line, words[0].start)


def is_option(text: str) -> bool:
    """Whether a word is the name of an option, in quotes or not."""
    return len(text) > 2 and (ascii_twin(text[:2]) == "--" or text.startswith("——"))


def _is_digits(text: str) -> bool:
    twin = ascii_twin(text)
    return twin.isascii() and twin.isdigit()


def _id(word: Word) -> int:
    digits = ascii_twin(word.text)
    if len(digits) > _LONGEST_ID:
        raise CrmError(_("there is no customer {id}").format(id=digits))
    return int(digits)


def _parts(word: Word) -> tuple[str, bool, str]:
    """An option's name, whether a value is in the same word, and that value."""
    name, equals, __ = ascii_twin(word.text[2:]).partition("=")
    return name.casefold(), bool(equals), word.text[len(name) + 3 :]


class _Reading:
    """A call that is being read."""

    def __init__(self, command: Command, line: str) -> None:
        self.command = command
        self.line = line
        self.plain: list[Word] = []
        self.values: dict[str, str | tuple[str, ...] | bool] = {}
        self.positions: dict[str, int] = {}
        self.flags: set[str] = set()
        self.settings: dict[str, str] = {}
        self.ids: list[int] = []
        self.on: str | None = None

    def take(self, words: Sequence[Word]) -> None:
        rest = list(words)
        while rest:
            word = rest.pop(0)
            if word.raw in ("--", "——", "－－"):
                self.plain.extend(rest)
                return
            if is_option(word.text):
                self._option(word, rest, self.command.options.get(_parts(word)[0]))
            else:
                self.plain.append(word)

    def take_before(self, words: Sequence[Word]) -> None:
        """Take the options that stand before the command's name."""
        rest = list(words)
        while rest:
            self._option(rest.pop(0), rest, None)

    def _option(self, word: Word, rest: list[Word], known: Argument | None) -> None:
        name, equals, given = _parts(word)
        if name in GLOBAL_FLAGS or (known is not None and known.flag):
            if equals:
                raise self._wrong(_("--{name} takes no value").format(name=name), word)
            if known is not None:
                self.values[known.name] = True
            else:
                self.flags.add(name)
            return
        takes_filter = name == "on" and self.command.target != "none"
        if known is None and name not in GLOBAL_OPTIONS and not takes_filter:
            on = ["on"] if self.command.target != "none" else []
            names = [*self.command.options, *GLOBAL_FLAGS, *GLOBAL_OPTIONS, *on]
            raise self._wrong(
                _("{command} has no option --{name}{hint}").format(
                    command=self.command.name, name=name, hint=nearest(name, names)
                ),
                word,
            )
        if not equals:
            if not rest:
                raise self._wrong(_("--{name} needs a value").format(name=name), word)
            value = rest.pop(0)
            given, start = value.text, value.start
        else:
            start = word.start + len(name) + 3
        if known is not None:
            self._set(known, given, start)
        elif takes_filter:
            self.on, self.positions["on"] = given, start
        else:
            self.settings[name], self.positions[f"--{name}"] = given, word.start

    def _set(self, argument: Argument, text: str, start: int) -> None:
        if argument.many:
            before = self.values.get(argument.name, ())
            before = before if isinstance(before, tuple) else ()
            self.values[argument.name] = (*before, text)
            self.positions[place_of(argument.name, len(before))] = start
        else:
            self.values[argument.name] = text
        self.positions.setdefault(argument.name, start)

    def call(self) -> Call:
        """Give the plain words to the arguments: required ones first, ids from the end, the rest to the others."""
        words = self.plain
        arguments = self.command.positional
        if arguments and arguments[0].takes_rest:  # filter text: as it stands, quotes and all
            if words:
                self.values[arguments[0].name] = " ".join(word.raw for word in words)
                self.positions[arguments[0].name] = words[0].start
            return self._made()
        required = [a for a in arguments if a.required]
        if required and not arguments[0].required and len(words) >= len(arguments):
            required = list(arguments)  # nothing was left out: `export FILTER FILE`
        head, tail = words[: len(required)], words[len(required) :]
        if self.command.target != "none":
            while tail and _is_digits(tail[-1].raw):
                self.ids.insert(0, _id(tail.pop()))
        for argument, word in zip(required, head, strict=False):
            self._set(argument, word.text, word.start)
        spare = [a for a in arguments if not a.required or a.many]
        for place, word in enumerate(tail):
            free = next((a for a in spare if a.many or a.name not in self.values), None)
            if free is None:
                raise self._too_many(tail[place:])
            self._set(free, word.text, word.start)
        return self._made()

    def _made(self) -> Call:
        return Call(
            self.command, self.values, tuple(self.ids), self.on, frozenset(self.flags), self.settings, self.line,
            self.positions,
        )  # fmt: skip

    def _too_many(self, words: Sequence[Word]) -> UsageError:
        """The error of words that no argument takes: where they begin with a number, what follows should be one too."""
        if self.command.target != "none" and (not self.command.positional or _is_digits(words[0].raw)):
            word = next(word for word in words if not _is_digits(word.raw))
            return self._wrong(_('"{word}" is no customer\'s number').format(word=word.text), word)
        message = _('"{word}" is one word too many: {usage}; quote several words for one argument')
        return self._wrong(message.format(word=words[0].text, usage=self.command.usage), words[0])

    def _wrong(self, message: str, word: Word) -> UsageError:
        return UsageError(message, self.line, word.start)


def write(call: Call) -> str:
    """The call as a line that `read` reads back."""
    plain = [*_written_values(call), *(str(key) for key in call.ids)]
    options = _written_options(call)
    if any(is_option(word) or word == "--" for part in plain for word in _bare(part)):
        return " ".join([call.command.name, *options, "--", *plain])
    return " ".join([call.command.name, *plain, *options])


def _bare(part: str) -> list[str]:
    """The texts of the words that were written, which `read` sees without their quotes."""
    try:
        return [word.text for word in split(part)]
    except UsageError:
        return [part]


def _written_values(call: Call) -> list[str]:
    words: list[str] = []
    for argument in call.command.positional:
        value = call.values.get(argument.name)
        if isinstance(value, tuple):
            words.extend(quote(part) for part in value)
        elif isinstance(value, str):
            words.append(value if argument.takes_rest else quote(value))
    return words


def _written_options(call: Call) -> list[str]:
    words: list[str] = []
    for name, argument in call.command.options.items():
        value = call.values.get(argument.name)
        if value is True:
            words.append(f"--{name}")
        elif isinstance(value, tuple):
            words.extend(f"--{name} {quote(part)}" for part in value)
        elif isinstance(value, str):
            words.append(f"--{name} {quote(value)}")
    if call.on is not None:
        words.append(f"--on {quote(call.on)}")
    return [*words, *(f"--{name}" for name in GLOBAL_FLAGS if name in call.flags)]
