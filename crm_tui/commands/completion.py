"""What may follow on the `:` line: commands, then the values of their arguments, options, filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from crm_tui.commands import kinds
from crm_tui.commands.language import GLOBAL_FLAGS, Word, split
from crm_tui.commands.registry import Argument, Command
from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import complete as complete_filter
from crm_tui.services import lists
from crm_tui.services.session import Session

_MOST = 40


@dataclass(frozen=True)
class Offer:
    """Completions for the text from character `start` to the cursor, and a line about what is expected there."""

    start: int
    texts: tuple[str, ...]
    hint: str = ""


def complete(session: Session, line: str, catalog: Mapping[str, Command]) -> Offer:
    """What may stand at the end of the line."""
    try:
        words = split(line)
    except UsageError:
        return Offer(len(line), ())
    open_word = words[-1] if words and not line[-1:].isspace() else None
    done = words[:-1] if open_word else words
    prefix = open_word.text if open_word else ""
    start = open_word.start if open_word else len(line)
    command, rest = _command(done, catalog)
    if command is None:
        typed = " ".join([*(word.text for word in done), prefix]).strip().casefold()
        first = done[0].start if done else start
        return _commands(typed, first, catalog)
    return _argument(session, command, rest, prefix, start, line)


def _command(done: list[Word], catalog: Mapping[str, Command]) -> tuple[Command | None, list[Word]]:
    for length in (2, 1):
        name = " ".join(word.text.casefold() for word in done[:length])
        if len(done) >= length and name in catalog:
            return catalog[name], done[length:]
    return None, []


def _commands(typed: str, start: int, catalog: Mapping[str, Command]) -> Offer:
    found = [name for name in catalog if name.startswith(typed)]
    hint = catalog[found[0]].summary if len(found) == 1 else ""
    return Offer(start, tuple(found[:_MOST]), hint)


def _argument(session: Session, command: Command, rest: list[Word], prefix: str, start: int, line: str) -> Offer:
    before = rest[-1].text if rest else ""
    option = command.options.get(before[2:]) if before.startswith("--") else None
    if option is not None and option.option:
        return _values(session, option, prefix, start)
    if prefix.startswith("--"):
        names = [*command.options, *(("on",) if command.target != "none" else ()), *GLOBAL_FLAGS]
        return Offer(start, tuple(f"--{name}" for name in names if name.startswith(prefix[2:])), command.usage)
    filtering = command.positional and command.positional[0].kind is kinds.FILTER
    if before == "--on" or filtering:
        text_start = start if before == "--on" else (rest[0].start if rest else start)
        return _filter(session, line[text_start:], text_start)
    plain = [word for word in rest if not word.text.startswith("--")]
    arguments = command.positional
    if not arguments or (len(plain) >= len(arguments) and not arguments[-1].many):
        return Offer(start, (), command.usage)
    return _values(session, arguments[min(len(plain), len(arguments) - 1)], prefix, start, command.usage)


def _values(session: Session, argument: Argument, prefix: str, start: int, usage: str = "") -> Offer:
    if argument.kind is kinds.WHEN and prefix:
        try:
            return Offer(start, (), kinds.said(session, prefix))
        except UsageError as error:
            return Offer(start, (), str(error))
    folded = prefix.casefold()
    found = [
        (text, meaning)
        for text, meaning in argument.kind.suggest(session)
        if text.casefold().startswith(folded) or (folded and meaning.casefold().startswith(folded))
    ]
    hint = found[0][1] if len(found) == 1 else usage or argument.help
    return Offer(start, tuple(text for text, __ in found[:_MOST]), hint)


def _filter(session: Session, text: str, offset: int) -> Offer:
    found = complete_filter(text, len(text), lists.context(session))
    if not found:
        return Offer(offset + len(text), ())
    start = found[0].start
    texts = tuple(completion.text for completion in found if completion.start == start)
    return Offer(offset + start, texts[:_MOST], found[0].hint if len(found) == 1 else "")


def complete_filter_text(session: Session, text: str) -> Offer:
    """What may stand at the end of a filter."""
    return _filter(session, text, 0)
