"""What is offered for the values of a field while one types: each value as it may be typed, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from crm_tui.domain.filters.nodes import FilterContext
from crm_tui.domain.filters.readers import Choices, Suggestion, quote
from crm_tui.domain.language import _
from crm_tui.domain.stages import STAGES

Suggest = Callable[[FilterContext], Iterable[Suggestion]]

_RESERVED = ("me", "none", "any", "empty")


def quoted(name: str) -> str:
    """The name as one types it: in quotes where it would otherwise be read as something else."""
    plain = all(character.isalnum() or character in "_-@" for character in name)
    return name if plain and name.casefold() not in _RESERVED else quote(name)


def nothing(context: FilterContext) -> Iterable[Suggestion]:
    """For what is never empty, and of any text."""
    return ()


def presence(context: FilterContext) -> Iterable[Suggestion]:
    """What may be asked of every field that may be empty."""
    return [("any", _("there is one")), ("empty", _("there is none"))]


def stages(context: FilterContext) -> Iterable[Suggestion]:
    return [(step.identifier, step.title) for step in STAGES]


def tiers(context: FilterContext) -> Iterable[Suggestion]:
    graded: dict[str, str] = {}
    for scheme in context.schemes:
        for tier in scheme.tiers:
            graded.setdefault(tier.identifier, tier.title)
    return [*graded.items(), ("none", _("no tier"))]


def tiers_of(scheme: str) -> Suggest:
    """The tiers of one scheme."""

    def suggest(context: FilterContext) -> Iterable[Suggestion]:
        known = (one for one in context.schemes if one.identifier == scheme)
        named = [(tier.identifier, tier.title) for one in known for tier in one.tiers]
        return [*named, ("any", _("any of its tiers")), ("none", _("no tier"))] if named else []

    return suggest


def schemes(context: FilterContext) -> Iterable[Suggestion]:
    return [(scheme.identifier, scheme.title) for scheme in context.schemes]


def owners(context: FilterContext) -> Iterable[Suggestion]:
    special = [("me", _("yourself")), ("none", _("in no one's hands")), ("any", _("in someone's hands"))]
    return [*special, *_logins(context)]


def users(context: FilterContext) -> Iterable[Suggestion]:
    return [("me", _("yourself")), *_logins(context)]


def _logins(context: FilterContext) -> Iterable[Suggestion]:
    return ((quoted(login), "") for login in sorted(context.users))


def pools(context: FilterContext) -> Iterable[Suggestion]:
    special = [("any", _("in a public pool")), ("none", _("in no public pool"))]
    return [*((quoted(name), "") for name in context.pools), *special]


def words(choices: Choices) -> Suggest:
    """The words of a closed list."""
    return lambda context: [(word, _(hint)) for word, (_value, _synonyms, hint) in choices.items()]


def dues(context: FilterContext) -> Iterable[Suggestion]:
    return [
        ("overdue", _("before today")),
        ("today", ""),
        ("<=today", _("today or before")),
        ("tomorrow", ""),
        ("<=7d", _("within a week")),
    ]


def days(context: FilterContext) -> Iterable[Suggestion]:
    return [("<today", _("before today")), ("today", ""), ("<=7d", _("within a week")), *presence(context)]


def ages(context: FilterContext) -> Iterable[Suggestion]:
    return [
        (">7d", _("longer than a week ago")),
        (">30d", _("longer than 30 days ago")),
        (">3m", _("longer than three months ago")),
        ("<7d", _("within the last week")),
        ("today", ""),
    ]


def several(*values: Suggestion) -> Suggest:
    """These values, each with what it means."""
    return lambda context: [(value, _(hint)) for value, hint in values]


def numbers(context: FilterContext) -> Iterable[Suggestion]:
    return [(">100", ""), (">=1k", ""), ("1k..10k", ""), (">1m", ""), *presence(context)]
