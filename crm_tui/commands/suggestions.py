"""What may stand for one value on the `:` line: the kinds' suggestions that fit what is typed, files, assignees."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from crm_tui.commands import kinds
from crm_tui.commands.language import Word, quote
from crm_tui.commands.registry import Argument, Kind, Suggestion
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.pools import RELEASE_REASONS
from crm_tui.domain.profile_fields import FIELD
from crm_tui.domain.schemes import Scheme, find_tier, shipped
from crm_tui.domain.stages import LOST_REASONS, choose
from crm_tui.domain.text import ascii_twin, fold
from crm_tui.services.session import Session

MOST = 40
_FILES = 5_000
"""Names of a folder that are looked at."""


@dataclass(frozen=True)
class Offer:
    """Completions for the text from character `start` to the cursor, and a line about what is expected there.

    `meanings` has what each of them means, in the same order, "" where that is plain.
    """

    start: int
    texts: tuple[str, ...]
    hint: str = ""
    meanings: tuple[str, ...] = ()


def offer(start: int, found: Sequence[Suggestion], typed: str = "", hint: str = "") -> Offer:
    """An offer of what was found for what was typed. Of the only one, and of one that is there, the meaning is the
    hint.
    """
    exact = next((meaning for text, meaning in found if typed and fold(text) == fold(typed)), "")
    said = exact or (found[0][1] if len(found) == 1 else "") or hint
    shown = found[:MOST]
    return Offer(start, tuple(text for text, __ in shown), said, tuple(meaning for __, meaning in shown))


def fitting(suggestions: Iterable[Suggestion], typed: str) -> list[Suggestion]:
    """Those that begin as typed, then those whose meaning does; if there are none, those in which a word begins so."""
    wanted = fold(ascii_twin(typed))
    known = [(pair, fold(pair[0]), fold(pair[1])) for pair in suggestions]
    begun = [pair for pair, text, __ in known if text.startswith(wanted)]
    begun += [pair for pair, text, meaning in known if meaning.startswith(wanted) and not text.startswith(wanted)]
    return begun or [pair for pair, text, meaning in known if has_words(f"{text} {meaning}", wanted)]


def has_words(text: str, wanted: str) -> bool:
    """Whether words of the text begin with those that are wanted, all of them; Chinese has no blanks between words."""
    words = re.split(r"[\W_]+", text)
    asked = wanted.split()
    return bool(asked) and all(
        any(word.startswith(part) for word in words) or (not part.isascii() and part in text) for part in asked
    )


def values(
    session: Session, argument: Argument, prefix: str, start: int, usage: str = "", rest: Sequence[Word] = ()
) -> Offer:
    """What may stand for the argument, of which `prefix` is typed; `rest` are the words of the command before it."""
    kind, usage = argument.kind, usage or _(argument.help)
    if kind is kinds.ASSIGNEE:
        return assignees(session, prefix, start)
    if kind is kinds.FILE:
        return offer(start, _files(session, prefix), hint=usage)
    if kind in (kinds.WHEN, kinds.PAST) and prefix:
        return _date(session, kind, prefix, start)
    if kind is kinds.TIER:
        schemes = _schemes(session, rest)
        found = _tiers(schemes) or [*kind.suggest(session)]
        return offer(start, fitting(found, prefix) or _meant_tier(found, schemes, prefix), prefix, usage)
    if kind in _LISTS and " " not in prefix:  # the last of it
        before = max(prefix.rfind(mark) for mark in ",，、") + 1
        prefix, start = prefix[before:], start + before
    found = _suggested(session, argument, prefix, rest)
    fit = fitting(found, prefix) or (_meant(session, argument, found, prefix) if prefix else [])
    return offer(start, [(_as_word(argument, text), meaning) for text, meaning in fit], prefix, usage)


def _as_word(argument: Argument, text: str) -> str:
    """The text as one word; a number that follows the name of an option can be no id, and needs no quotes."""
    return text if argument.option and text.isdecimal() else quote(text)


def _suggested(session: Session, argument: Argument, prefix: str, rest: Sequence[Word]) -> list[Suggestion]:
    if argument.kind is kinds.ASSIGNMENT and "=" in prefix:
        return _assigned(prefix)
    if argument.kind is kinds.PARAMETER:
        return _parameters(session, rest)
    return [*argument.kind.suggest(session)]


def _parameters(session: Session, rest: Sequence[Word]) -> list[Suggestion]:
    """The parameters of the macro that the line names, with their defaults."""
    from crm_tui.commands import macro_files

    for word in rest[:1]:
        with suppress(CrmError):
            macro = macro_files.find(session, word.text)
            told = _("a parameter of {macro}").format(macro=macro.name)
            return [(f"{one.name}={one.default or ''}", told) for one in macro.parameters]
    return []


_LISTS = (kinds.COLUMN, kinds.COLUMNS, kinds.SORT, kinds.SORT_OR_NONE)
"""Words that may be several, with commas between them."""
_CHOICES = {kinds.REASON: LOST_REASONS, kinds.RELEASE_REASON: RELEASE_REASONS}
"""Closed lists beside which anything else may be said."""


def _meant(session: Session, argument: Argument, found: Sequence[Suggestion], typed: str) -> list[Suggestion]:
    """What the text would be read as: labels in other languages, synonyms."""
    with suppress(UsageError):
        chosen = choose(typed, _CHOICES[argument.kind]) if argument.kind in _CHOICES else None
        meant = chosen.identifier if chosen else argument.kind.read(session, typed)
        return [pair for pair in found if pair[0] == meant]
    return []


def _date(session: Session, kind: Kind, typed: str, start: int) -> Offer:
    """The words for dates that begin so, and what the typed one means: its weekday, or why it is none."""
    found = fitting(kind.suggest(session), typed)
    said = kinds.said_past if kind is kinds.PAST else kinds.said
    try:
        return replace(offer(start, found), hint=said(session, typed))
    except UsageError as error:
        return offer(start, found, hint="" if found else str(error))


def _schemes(session: Session, rest: Sequence[Word]) -> list[Scheme]:
    """The scheme that `--scheme` names; else all."""
    words = " ".join(word.text for word in rest).replace("--scheme=", "--scheme ").split()
    named = next((after for word, after in pairwise(words) if word == "--scheme"), "")
    known = session.settings.schemes
    return [known[named]] if named in known else [*known.values()]


def _tiers(schemes: Sequence[Scheme]) -> list[Suggestion]:
    """The tiers of the one scheme that was named; none where all are meant."""
    return [(tier.identifier, tier.title) for tier in schemes[0].tiers] if len(schemes) == 1 else []


def _meant_tier(found: Sequence[Suggestion], schemes: Sequence[Scheme], typed: str) -> list[Suggestion]:
    for scheme in schemes if typed else ():
        with suppress(UsageError):
            meant = find_tier(scheme, typed).identifier
            return [pair for pair in found if pair[0] == meant]
    return []


def _assigned(typed: str) -> list[Suggestion]:
    """Behind `field=`: the values of a field that has a list of them."""
    name = typed.partition("=")[0]
    field = FIELD.get(name)
    if field is None:
        return []
    if field.type == "yes_no":
        return [(f"{name}=yes", _("yes")), (f"{name}=no", _("no"))]
    return [(f"{name}={choice.identifier}", choice.title) for choice in field.choices]


def _files(session: Session, typed: str) -> list[Suggestion]:
    """The files that begin so, folders with a slash at their end; at the door one's own only, by name."""
    folder, slash, begun = typed.rpartition("/")
    if session.spool is not None:
        if slash:
            return []
        where = str(session.spool)
    else:
        where = os.path.expanduser(folder + slash) or "."
    found: list[tuple[bool, str]] = []
    with suppress(OSError, ValueError), os.scandir(where) as entries:
        for entry in islice(entries, _FILES):
            name = entry.name
            if name.startswith(begun) and name.isprintable() and (begun or not name.startswith(".")):
                found.append((_is_folder(entry), name))
    if session.spool is not None:
        found = [(folder_, name) for folder_, name in found if not folder_ and not name.startswith(".")]
    return [
        (quote(f"{folder}{slash}{name}{'/' if is_folder else ''}"), _("a folder") if is_folder else "")
        for is_folder, name in sorted(found, key=lambda pair: pair[1])
    ]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


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
    return offer(begin, found, hint=_("a login, rr:li,wang in turn, least:li,wang to the least busy"))
