"""What may follow on the `:` line: commands, then the values of their arguments, options, filters, files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from crm_tui.commands import kinds
from crm_tui.commands.language import BLANK, GLOBAL_FLAGS, OPENING, SEPARATORS, Word, split
from crm_tui.commands.registry import Command, Suggestion
from crm_tui.commands.suggestions import MOST, Offer, assignees, fitting, has_words, offer, values
from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import complete as complete_filter
from crm_tui.domain.language import N_, _
from crm_tui.domain.text import ascii_twin, fold
from crm_tui.services import lists
from crm_tui.services.session import Session

__all__ = ["Offer", "assignees", "complete", "complete_filter_text"]

_LONG_ENOUGH = 3
"""Letters by which a command is found in its help line; of Chinese, one is enough."""
_GLOBAL = {
    "json": N_("print JSON lines"), "csv": N_("print CSV"), "yes": N_("do not ask"),
    "dry-run": N_("only say what would be done"), "quiet": N_("say nothing that was not asked for"),
}  # fmt: skip
_GLOBAL_OPTIONS = frozenset(f"--{flag}" for flag in GLOBAL_FLAGS)


def complete(session: Session, line: str, catalog: Mapping[str, Command]) -> Offer:
    """What may stand at the end of the line, in the last of its commands."""
    words, quoted = _words(line)
    if words is None:
        return Offer(len(line), ())
    open_word = words[-1] if words and (quoted or line[-1] not in BLANK) else None
    done = _of_last(words[:-1] if open_word else words)
    prefix = open_word.text if open_word else ""
    start = open_word.start if open_word else len(line)
    command, rest = _command(done, catalog)
    if command is None:
        typed = " ".join([*(word.text for word in done), prefix]).strip()
        return _commands(session, ascii_twin(typed).casefold(), done[0].start if done else start, catalog)
    found = _argument(session, command, rest, prefix, start, line, catalog)
    if rest or quoted:
        return found
    return _merged(_longer(session, command, ascii_twin(prefix).casefold(), start, catalog), found)


def _words(line: str) -> tuple[list[Word] | None, bool]:
    """The words of a line that may end inside a quote, and whether it does; None where it cannot be read."""
    try:
        return split(line), False
    except UsageError as error:
        closing = OPENING.get(line[error.position or 0], "")
    try:
        return split(line + closing), True
    except UsageError:
        return None, False


def _of_last(done: list[Word]) -> list[Word]:
    """The finished words of the last command of a line, without the options of every command before its name."""
    ends = [i for i, word in enumerate(done) if word.raw.endswith(SEPARATORS) and word.raw[-2:-1] != "\\"]
    rest = done[ends[-1] + 1 :] if ends else done
    while rest and rest[0].text in _GLOBAL_OPTIONS:
        rest = rest[1:]
    return rest


def _command(done: list[Word], catalog: Mapping[str, Command]) -> tuple[Command | None, list[Word]]:
    for length in (3, 2, 1):
        name = ascii_twin(" ".join(word.text for word in done[:length])).casefold()
        if len(done) >= length and name in catalog:
            return catalog[name], done[length:]
    return None, []


def _commands(session: Session, typed: str, start: int, catalog: Mapping[str, Command]) -> Offer:
    """The commands that begin so; else those a word of whose name does, or of whose help line."""
    session.refresh()  # what one may do is asked of who one is now
    known = [(name, command.summary) for name, command in catalog.items() if command.refusal(session) is None]
    found = [pair for pair in known if pair[0].startswith(typed)]
    found = found or [pair for pair in known if has_words(pair[0], typed)]
    if len(typed) >= _LONG_ENOUGH or not typed.isascii():
        found = found or [pair for pair in known if has_words(fold(pair[1]), fold(typed))]
    return offer(start, found, typed)


def _longer(session: Session, command: Command, typed: str, start: int, catalog: Mapping[str, Command]) -> Offer:
    """The rest of the names of commands that begin with this one's: `credit` may become `credit fix`."""
    head = f"{command.name} "
    names = [name for name in catalog if name.startswith(head + typed) and catalog[name].refusal(session) is None]
    return offer(start, [(name[len(head) :], catalog[name].summary) for name in names])


def _merged(first: Offer, second: Offer) -> Offer:
    if not first.texts or (second.texts and second.start != first.start):
        return second
    if not second.texts:
        return first
    texts, meanings = first.texts + second.texts, first.meanings + second.meanings
    return replace(second, texts=texts[:MOST], meanings=meanings[:MOST])


def _argument(
    session: Session, command: Command, rest: list[Word], prefix: str, start: int, line: str,
    catalog: Mapping[str, Command],
) -> Offer:  # fmt: skip
    before = rest[-1].text if rest else ""
    option = command.options.get(before[2:]) if before.startswith("--") else None
    if option is not None and option.option:
        is_filter = option.kind is kinds.FILTER
        return _filter_from(session, line, start) if is_filter else values(session, option, prefix, start, rest=rest)
    takes_filter = command.target != "none"
    if before == "--on" and takes_filter:
        return _filter_from(session, line, start)
    if prefix.startswith("--"):
        return _option(session, command, prefix, start, rest)
    plain = _plain(command, rest)
    arguments = command.positional
    if arguments and arguments[0].kind is kinds.FILTER and (arguments[0].many or not plain):
        return _filter_from(session, line, plain[0].start if plain else start)
    if arguments and arguments[0].kind is kinds.TOPIC:
        begin = plain[0].start if plain else start
        return offer(begin, fitting(_topics(catalog), line[begin:]), line[begin:], command.usage)
    if not arguments or (len(plain) >= len(arguments) and not arguments[-1].many):
        return Offer(start, (), command.usage)
    return values(session, arguments[min(len(plain), len(arguments) - 1)], prefix, start, command.usage, rest)


def _option(session: Session, command: Command, prefix: str, start: int, rest: list[Word]) -> Offer:
    """The names of options, and behind a `=` the values of one."""
    name, equals, value = prefix[2:].partition("=")
    known = command.options.get(name)
    if equals:
        given = known is not None and known.option
        begin = start + len(name) + len("--=")
        if known is not None and known.kind is kinds.FILTER:
            return _filter(session, value, begin)
        return values(session, known, value, begin, rest=rest) if known is not None and given else Offer(begin, ())
    options = [(f"--{option}", _(argument.help)) for option, argument in command.options.items()]
    if command.target != "none":
        options.append(("--on", _("which customers: a filter")))
    options += [(f"--{flag}", _(_GLOBAL[flag])) for flag in GLOBAL_FLAGS]
    return offer(start, [pair for pair in options if pair[0].startswith(prefix)], prefix, command.usage)


def _topics(catalog: Mapping[str, Command]) -> list[Suggestion]:
    """What there is help on."""
    from crm_tui.commands.manual import PAGES

    pages = [(page, _("a page of the manual")) for page in PAGES if page not in catalog]
    return [*pages, *((name, command.summary) for name, command in catalog.items())]


def _plain(command: Command, rest: list[Word]) -> list[Word]:
    """The words that are neither options nor their values."""
    plain: list[Word] = []
    words = iter(rest)
    for word in words:
        if not word.text.startswith("--"):
            plain.append(word)
            continue
        name, equals, __ = word.text[2:].partition("=")
        option = command.options.get(name)
        if not equals and (name == "on" or (option is not None and option.option)):
            next(words, None)
    return plain


def _filter_from(session: Session, line: str, start: int) -> Offer:
    """What may follow in the filter that begins at `start`, maybe with a quote."""
    inside = start + 1 if line[start : start + 1] in OPENING else start
    return _filter(session, line[inside:], inside)


def _filter(session: Session, text: str, offset: int) -> Offer:
    found = complete_filter(text, len(text), lists.context(session))
    if not found:
        return Offer(offset + len(text), ())
    start = found[0].start
    return offer(offset + start, [(one.text, one.hint) for one in found if one.start == start], text[start:])


def complete_filter_text(session: Session, text: str) -> Offer:
    """What may stand at the end of a filter."""
    return _filter(session, text, 0)
