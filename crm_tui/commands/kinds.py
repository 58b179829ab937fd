"""The kinds of arguments: how each is read from text, and what may be typed for it."""

from __future__ import annotations

from collections.abc import Sequence

from crm_tui.commands.registry import Kind, Suggestion
from crm_tui.domain import settings as rules
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.people import ROLES as USER_ROLES
from crm_tui.domain.profile_fields import CHANNELS, FIELDS, KINDS
from crm_tui.domain.schemes import Scheme, shipped
from crm_tui.domain.stages import LOST_REASONS, STAGES, Choice, choose, stage
from crm_tui.domain.when import When, describe
from crm_tui.domain.when import parse as parse_when
from crm_tui.services import lists, people
from crm_tui.services.session import Session


def when(session: Session, text: str) -> When:
    """A date to come, as people type it."""
    return parse_when(text, session.now, workdays=session.settings.workdays)


def past_when(session: Session, text: str) -> When:
    """A date gone by."""
    return parse_when(text, session.now, workdays=session.settings.workdays, past=True)


def said(session: Session, text: str) -> str:
    """What a typed date means, its weekday and a warning for a holiday; shown before Enter."""
    return describe(when(session, text), session.today, session.settings.workdays)


def said_past(session: Session, text: str) -> str:
    """What a typed date gone by means."""
    return describe(past_when(session, text), session.today, session.settings.workdays)


def _dates(session: Session) -> Sequence[Suggestion]:
    words = ("today", "tomorrow", "+3d", "fri", "next mon", "+1w", "+2w", "+1m")
    return [(word, said(session, word)) for word in words]


def _choices(choices: Sequence[Choice]) -> Sequence[Suggestion]:
    return [(choice.identifier, choice.title) for choice in choices]


def _chosen(name: str, choices: Sequence[Choice]) -> Kind:
    def read(session: Session, text: str) -> str:
        found = choose(text, choices)
        if found is None:
            names = ", ".join(choice.identifier for choice in choices)
            raise UsageError(_('{name} "{text}" is not one of {names}').format(name=name, text=text, names=names), text, 0)
        return found.identifier

    return Kind(name, read, lambda session: _choices(choices))


def one_of(name: str, *words: str) -> Kind:
    """One of a few words."""
    return _chosen(name, [Choice(word, word) for word in words])


def _number(session: Session, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise UsageError(_('"{text}" is not a number').format(text=text), text, 0)
    return int(text)


def assignment(text: str) -> tuple[str, str]:
    """`field=value` as a pair; UsageError for anything else."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(_('"{text}" is not field=value, as in region=north').format(text=text), text, 0)
    return name.strip(), value


def _scheme(session: Session, text: str) -> Scheme:
    found = shipped().get(text)
    if found is None:
        raise UsageError(_('there is no scheme "{text}": {names}').format(text=text, names=", ".join(shipped())), text, 0)
    return found


def _tiers(session: Session) -> Sequence[Suggestion]:
    named = [(tier.identifier, f"{scheme.title}: {tier.title}") for scheme in shipped().values() for tier in scheme.tiers]
    return [*named, ("accept", _("what the stage proposes"))]


def _filter(session: Session, text: str) -> str:
    lists.read(session, text)
    return text



TEXT = Kind("text")
LONG_TEXT = Kind("text", long=True)
LINE = Kind("line")
WHEN = Kind("when", when, _dates)
PAST = Kind("when", past_when, lambda session: [("today", ""), ("yesterday", ""), ("-2d", "")])
STAGE = Kind(
    "stage",
    lambda session, text: stage(text).identifier,
    lambda session: [(s.identifier, f"{s.title}: {s.explained}") for s in STAGES],
)
TIER = Kind("tier", suggest=_tiers)
SCHEME = Kind("scheme", _scheme, lambda session: [(s.identifier, s.title) for s in shipped().values()])
CHANNEL = _chosen("channel", CHANNELS)
CUSTOMER_KIND = _chosen("kind", KINDS)
REASON = Kind("reason", suggest=lambda session: _choices(LOST_REASONS))
ASSIGNMENT = Kind(
    "field=value",
    lambda session, text: assignment(text),
    lambda session: [(f"{f.identifier}=", f.title) for f in FIELDS],
)
TAG = Kind("tag", suggest=lambda session: [(row[0], "") for row in session.database.rows("SELECT DISTINCT name FROM tag LIMIT 50")])
FILTER = Kind("filter", _filter, long=True)
SORT = Kind(
    "key",
    lambda session, text: lists.sort_order(text),
    lambda session: [(name, "") for name in lists.SORTS] + [(f"-{name}", _("the other way round")) for name in lists.SORTS],
)
NUMBER = Kind("number", _number)
OWNER = Kind("name", suggest=lambda session: [("me", ""), ("pool", _("the public pool")), *((n, "") for n in people.logins(session.database))])
ROLE = one_of("role", *USER_ROLES)
SETTING = Kind("setting", lambda session, text: rules.rule(text).name, lambda session: [(r.name, _(r.meaning)) for r in rules.RULES.values()])
FILE = Kind("file")
