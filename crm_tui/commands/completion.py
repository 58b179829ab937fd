"""What may follow on the `:` line: commands, then the values of their arguments, options, filters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crm_tui.commands import kinds
from crm_tui.commands.language import BLANK, GLOBAL_FLAGS, OPENING, Word, split
from crm_tui.commands.registry import Argument, Command
from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import complete as complete_filter
from crm_tui.domain.language import _
from crm_tui.domain.schemes import shipped
from crm_tui.domain.text import ascii_twin
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
    words, quoted = _words(line)
    if words is None:
        return Offer(len(line), ())
    open_word = words[-1] if words and (quoted or line[-1] not in BLANK) else None
    done = words[:-1] if open_word else words
    prefix = open_word.text if open_word else ""
    start = open_word.start if open_word else len(line)
    command, rest = _command(done, catalog)
    if command is None:
        typed = " ".join([*(word.text for word in done), prefix]).strip()
        first = done[0].start if done else start
        return _commands(session, ascii_twin(typed).casefold(), first, catalog)
    return _argument(session, command, rest, prefix, start, line)


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


def _command(done: list[Word], catalog: Mapping[str, Command]) -> tuple[Command | None, list[Word]]:
    for length in (3, 2, 1):
        name = ascii_twin(" ".join(word.text for word in done[:length])).casefold()
        if len(done) >= length and name in catalog:
            return catalog[name], done[length:]
    return None, []


def _commands(session: Session, typed: str, start: int, catalog: Mapping[str, Command]) -> Offer:
    session.refresh()  # what one may do is asked of who one is now
    found = [name for name, command in catalog.items() if name.startswith(typed) and command.refusal(session) is None]
    hint = catalog[found[0]].summary if len(found) == 1 else ""
    return Offer(start, tuple(found[:_MOST]), hint)


def _argument(session: Session, command: Command, rest: list[Word], prefix: str, start: int, line: str) -> Offer:
    before = rest[-1].text if rest else ""
    option = command.options.get(before[2:]) if before.startswith("--") else None
    if option is not None and option.option:
        return _values(session, option, prefix, start)
    takes_filter = command.target != "none"
    if before == "--on" and takes_filter:
        return _filter_from(session, line, start)
    if prefix.startswith("--"):
        names = [*command.options, *(("on",) if takes_filter else ()), *GLOBAL_FLAGS]
        return Offer(start, tuple(f"--{name}" for name in names if name.startswith(prefix[2:])), command.usage)
    plain = _plain(command, rest)
    arguments = command.positional
    if arguments and arguments[0].kind is kinds.FILTER:
        many = arguments[0].many
        if many or not plain:
            return _filter_from(session, line, plain[0].start if plain and many else start)
    if not arguments or (len(plain) >= len(arguments) and not arguments[-1].many):
        return Offer(start, (), command.usage)
    return _values(session, arguments[min(len(plain), len(arguments) - 1)], prefix, start, command.usage)


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


def assignees(session: Session, text: str, start: int = 0) -> Offer:
    """What may stand at the end of `rr:li,wang` or `tier:A=li,least:wang`, which begins at character `start`."""
    from crm_tui.services.pool_rows import receivers

    read = ascii_twin(text.replace("、", ",")).casefold()
    word = read.rpartition(",")[2]
    at = max(read.rfind(mark) for mark in ",:=") + 1
    prefix = read[at:].lstrip()
    begin = start + len(text) - len(prefix)
    if word.lstrip().startswith(("tier:", "region:")) and "=" not in word:
        tiers = [f"{tier.identifier}=" for tier in shipped()["abcd"].tiers] if "tier:" in word else []
        return Offer(begin, tuple(name for name in tiers if name.casefold().startswith(prefix)))
    named = set(re.split("[,:=]", read[:at]))
    found = [
        (login, about)
        for login, about in receivers(session)
        if login.casefold() not in named and any(text.casefold().startswith(prefix) for text in (login, about))
    ]
    if not read[:at].strip() or (read[:at].rstrip().endswith(",") and "rr:" not in read and "least:" not in read):
        ways = (("rr:", _("in turn")), ("least:", _("to the least busy")), ("tier:", ""), ("region:", ""))
        found += [(way, about) for way, about in ways if way.startswith(prefix)]
    hint = found[0][1] if len(found) == 1 else _("a login, rr:li,wang in turn, least:li,wang to the least busy")
    return Offer(begin, tuple(name for name, __ in found[:_MOST]), hint)


def _values(session: Session, argument: Argument, prefix: str, start: int, usage: str = "") -> Offer:
    if argument.kind is kinds.ASSIGNEE:
        return assignees(session, prefix, start)
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
