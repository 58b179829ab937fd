"""The kinds of arguments: how each is read from text, and what may be typed for it.

What only some kinds need is imported when they are read, so that the other commands start the sooner.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from crm_tui.commands.registry import Kind, Suggestion
from crm_tui.domain import settings as rules
from crm_tui.domain.collaboration import ACCESS as ACCESSES
from crm_tui.domain.collaboration import FUNCTIONS
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.people import ROLES as USER_ROLES
from crm_tui.domain.pools import RELEASE_REASONS
from crm_tui.domain.profile_fields import CHANNELS, FIELDS, KINDS
from crm_tui.domain.schemes import Scheme, shipped
from crm_tui.domain.stages import LOST_REASONS, STAGES, Choice, choose, stage

if TYPE_CHECKING:
    from crm_tui.domain.when import When
    from crm_tui.services.columns import Chosen
    from crm_tui.services.lists import Order
    from crm_tui.services.session import Session
    from crm_tui.services.views import View


def when(session: Session, text: str) -> When:
    """A date to come, as people type it; UsageError for a day that has passed, for which nothing can be promised."""
    from crm_tui.domain.when import describe, parse

    found = parse(text, session.now, workdays=session.settings.workdays)
    if found.on < session.today:
        told = describe(found)
        raise UsageError(_("{when} has passed: name a day to come").format(when=told), text, 0)
    return found


def past_when(session: Session, text: str) -> When:
    """A date gone by, or today; UsageError for a day to come, of which there is nothing to tell."""
    from crm_tui.domain.when import describe, parse

    found = parse(text, session.now, workdays=session.settings.workdays, past=True)
    if found.on > session.today:
        told = describe(found)
        raise UsageError(_("{when} is yet to come: name a day gone by").format(when=told), text, 0)
    return found


def said(session: Session, text: str) -> str:
    """What a typed date means, its weekday and a warning for a holiday; shown before Enter."""
    return _said(session, when(session, text))


def said_past(session: Session, text: str) -> str:
    """What a typed date gone by means."""
    return _said(session, past_when(session, text))


def _said(session: Session, found: When) -> str:
    from crm_tui.domain.when import describe

    return describe(found, session.today, session.settings.workdays)


def _dates(session: Session) -> Sequence[Suggestion]:
    words = ("today", "tomorrow", "+3d", "fri", "mon", "+1w", "+2w", "+1m")
    return [(word, said(session, word)) for word in words]


def _choices(choices: Sequence[Choice]) -> Sequence[Suggestion]:
    return [(choice.identifier, choice.title) for choice in choices]


def _chosen(name: str, choices: Sequence[Choice]) -> Kind:
    def read(session: Session, text: str) -> str:
        found = choose(text, choices)
        if found is None:
            names = ", ".join(choice.identifier for choice in choices)
            message = _('{name} "{text}" is not one of {names}')
            raise UsageError(message.format(name=name, text=text, names=names), text, 0)
        return found.identifier

    return Kind(name, read, lambda session: _choices(choices), pure=True)


def one_of(name: str, *words: str) -> Kind:
    """One of a few words."""
    return _chosen(name, [Choice(word, word) for word in words])


def _number(session: Session, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise UsageError(_('"{text}" is not a number').format(text=text), text, 0)
    return int(text)


def _since(session: Session, text: str) -> tuple[int, int | None]:
    """An entry, or `ENTRY:ID` for a customer of it."""
    entry, colon, customer = text.partition(":")
    return _number(session, entry), _number(session, customer) if colon else None


def assignment(text: str) -> tuple[str, str]:
    """`field=value` as a pair; UsageError for anything else."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(_('"{text}" is not field=value, as in region=north').format(text=text), text, 0)
    return name.strip(), value


def _scheme(session: Session, text: str) -> Scheme:
    schemes = _schemes(session)
    found = schemes.get(text.strip().casefold()) or next((one for one in schemes.values() if one.title == text), None)
    if found is None:
        message = _('there is no scheme "{text}": {names}')
        raise UsageError(message.format(text=text, names=", ".join(schemes)), text, 0)
    return found


def _schemes(session: Session | None) -> Mapping[str, Scheme]:
    """The schemes in use; where there is no session those that ship."""
    return session.settings.schemes if session is not None else shipped()


PRIMARY = "primary"
"""What is typed for the primary scheme of each customer."""


def _shown_scheme(session: Session, text: str) -> str:
    """The identifier of a scheme; "" for the primary ones."""
    return "" if text.strip().casefold() == PRIMARY else _scheme(session, text).identifier


def _named(schemes: Iterable[Scheme]) -> Sequence[Suggestion]:
    return [(scheme.identifier, scheme.title) for scheme in schemes]


def _tiers(session: Session) -> Sequence[Suggestion]:
    intent, *others = _schemes(session).values()
    named = [(tier.identifier, tier.title) for tier in intent.tiers]
    more: dict[str, str] = {}
    for scheme in others:
        for tier in scheme.tiers:
            if intent.get(tier.identifier) is None:
                more.setdefault(tier.identifier, f"{tier.title}: --scheme {scheme.identifier}")
    return [*named, ("accept", _("what is proposed")), *more.items()]


def _filter(session: Session, text: str) -> str:
    from crm_tui.services import lists

    lists.read(session, text)
    return text


def _order(session: Session, text: str) -> Order:
    from crm_tui.services import lists

    return lists.sort_order(text)


def _orders(session: Session) -> Sequence[Suggestion]:
    from crm_tui.services import lists

    return [(name, "") for name in lists.SORTS] + [(f"-{name}", _("the other way round")) for name in lists.SORTS]


def _order_or_none(session: Session, text: str) -> Order | str:
    return _order(session, text) if text.strip() else ""


def _column(session: Session, text: str) -> tuple[Chosen, ...]:
    from crm_tui.services import columns

    return columns.word(text)


def _columns(session: Session, text: str) -> tuple[Chosen, ...]:
    from crm_tui.services import columns

    return columns.read(text)


def _offered_columns(session: Session) -> Sequence[Suggestion]:
    from crm_tui.services import columns

    return columns.offered()


def _saved_views(session: Session) -> Sequence[Suggestion]:
    from crm_tui.services import views

    session.refresh()
    return [(view.name, view.about) for view in views.seen(session)]


def _own_views(session: Session) -> Sequence[Suggestion]:
    from crm_tui.services import views

    session.refresh()
    return [(view.name, view.about) for view in views.seen(session) if view.mine]


def _shares(session: Session) -> Sequence[Suggestion]:
    """With whom one may share."""
    session.refresh()
    role = session.person.role
    words = {"admin": ("own", "team", "everyone"), "lead": ("own", "team")}.get(role, ("own",))
    return [(word, "") for word in words]


def _saved_view(session: Session, text: str) -> str:
    from crm_tui.services import views

    session.refresh()
    views.find(session, text)
    return text


def _new_view(session: Session, text: str) -> str:
    from crm_tui.commands.catalog.views import VIEWS
    from crm_tui.services import views

    if views.key(text) in VIEWS:
        raise UsageError(_('"{name}" is a screen: give the view another name').format(name=text), text, 0)
    views.name_of(text)
    return text


def view(*screens: str) -> Kind:
    """A screen, by its name, or a saved view."""

    def read(session: Session, text: str) -> str | View:
        from crm_tui.domain.nearest import nearest
        from crm_tui.services import views

        if (screen := views.key(text)) in screens:
            return screen
        session.refresh()
        found = views.named(session, text)
        if found is None:
            hint = nearest(text[:40], [*screens, *(one.name.casefold() for one in views.seen(session))])
            message = _('there is no view "{name}"{hint}; {names}, or a saved one: g v')
            raise UsageError(message.format(name=text, hint=hint, names=", ".join(screens)), text, 0)
        return found

    return Kind("view", read, lambda session: [*((name, "") for name in screens), *_saved_views(session)])


def _owners(session: Session) -> Sequence[Suggestion]:
    from crm_tui.services import people

    return [("me", _("yourself")), ("pool", _("the public pool")), *people.names(session.database).items()]


def _logins(session: Session) -> Sequence[Suggestion]:
    from crm_tui.services import people

    return [*people.names(session.database).items()]


def _pools(session: Session) -> Sequence[Suggestion]:
    from crm_tui.services import pool_lists

    return [(row["pool"], _("{n} customers").format(n=row["customers"])) for row in pool_lists.rows(session)]


def _assigned(session: Session, text: str) -> str:
    from crm_tui.domain import distribution
    from crm_tui.services import people

    # Points at what is wrong where it was typed, before anything else is asked.
    distribution.parse(text).check(people.logins(session.database))
    return text


def _login(session: Session, text: str) -> str:
    from crm_tui.services import people

    if text != "me" and text not in people.logins(session.database):
        raise UsageError(_('there is no user "{login}"').format(login=text), text, 0)
    return text


def _login_or_none(session: Session, text: str) -> str:
    return text if text.casefold() in ("", "none", "off") else _login(session, text)


def _tag(session: Session, text: str) -> str:
    from crm_tui.services import tags

    tags.word(text)
    return text


def _letter(session: Session, text: str) -> str:
    from crm_tui.services import views

    views.letter_of(text)
    return text


def _tags(session: Session) -> Sequence[Suggestion]:
    from crm_tui.services import tags

    return [(name, "") for name in tags.known(session)]


def _path(session: Session, text: str) -> str:
    """The path, `~` as a shell reads it; at the door there are no paths."""
    return os.path.expanduser(text) if text.startswith("~") and session.spool is None else text


def _macros(session: Session) -> Sequence[Suggestion]:
    from crm_tui.commands import macro_files

    found = macro_files.every(session)
    return [(one.name, one.macro.about if one.macro else str(one.fault)) for one in found]


def _settings(session: Session) -> Sequence[Suggestion]:
    return [(rule.name, _(rule.meaning)) for rule in rules.RULES.values()]


def _report(session: Session, text: str) -> str:
    from crm_tui.domain.analysis import ABOUT

    return str(one_of("report", "day", "week", *ABOUT).read(session, text))


def _reports(session: Session) -> Sequence[Suggestion]:
    from crm_tui.domain.analysis import ABOUT

    return [(name, about and _(about)) for name, about in {**ABOUT, "day": "", "week": ""}.items()]


TEXT = Kind("text")
REPORT = Kind("report", _report, _reports, pure=True)
ORIGIN = one_of("by", "source", "region", "industry", "owner")
LONG_TEXT = Kind("text", long=True)
LINE = Kind("line")
TOPIC = Kind("topic", long=True)
WHEN = Kind("when", when, _dates)
PAST = Kind("when", past_when, lambda session: [("today", ""), ("yesterday", ""), ("-2d", "")])
STAGE = Kind(
    "stage",
    lambda session, text: stage(text).identifier,
    lambda session: [(s.identifier, f"{s.title}: {s.explained}") for s in STAGES],
    pure=True,
)
TIER = Kind("tier", suggest=_tiers)
RULED_SCHEME = Kind("scheme", _scheme, lambda session: _named([s for s in _schemes(session).values() if s.rule]))
SHOWN_SCHEME = Kind("scheme", _shown_scheme, lambda session: [(PRIMARY, ""), *_named(_schemes(session).values())])
SCHEME = Kind("scheme", _scheme, lambda session: _named(_schemes(session).values()))
CHANNEL = _chosen("channel", CHANNELS)
CUSTOMER_KIND = _chosen("kind", KINDS)
REASON = Kind("reason", suggest=lambda session: _choices(LOST_REASONS))
ASSIGNMENT = Kind(
    "field=value",
    lambda session, text: assignment(text),
    lambda session: [(f"{f.identifier}=", f.title) for f in FIELDS],
)
SHARE = Kind(
    "login=percent",
    lambda session, text: assignment(text),
    lambda session: [(f"{name}=", meaning) for name, meaning in _logins(session)],
)
FUNCTION = _chosen("function", FUNCTIONS)
ACCESS = _chosen("access", ACCESSES)
TAG = Kind("tag", _tag, _tags)
FILTER = Kind("filter", _filter, long=True)
SORT = Kind("key", _order, _orders, pure=True)
SORT_OR_NONE = Kind("key", _order_or_none, _orders, pure=True)
COLUMN = Kind("column", _column, _offered_columns, pure=True)
COLUMNS = Kind("columns", _columns, _offered_columns, pure=True)
SAVED_VIEW = Kind("view", _saved_view, _saved_views)
OWN_VIEW = Kind("view", _saved_view, _own_views)
NEW_VIEW = Kind("name", _new_view, _own_views)
SHARED = replace(one_of("shared", "own", "team", "everyone"), suggest=_shares)
LETTER = Kind("letter", _letter)
NUMBER = Kind("number", _number, pure=True)
SINCE = Kind("entry", _since)
OWNER = Kind("name", suggest=_owners)
LOGIN = Kind("login", _login, _logins)
LOGIN_OR_NONE = Kind("login", _login_or_none, _logins)
ASSIGNEE = Kind("name", _assigned)
POOL = Kind("pool", suggest=_pools)
RELEASE_REASON = Kind("reason", suggest=lambda session: _choices(RELEASE_REASONS))
ROLE = one_of("role", *USER_ROLES)
SETTING = Kind("setting", lambda session, text: rules.rule(text).name, _settings)
MACRO = Kind("name", suggest=_macros)
PARAMETER = Kind("name=value", lambda session, text: assignment(text))
FILE = Kind("file", _path)
