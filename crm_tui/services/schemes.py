"""Schemes of the firm's own: TOML texts beside those that ship, or in the place of one of the same name (DOMAIN §3).

Leads and administrators keep them; whoever adds one is told who would move before anything is graded by it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.schemes import Scheme, parse_scheme, shipped
from crm_tui.domain.schemes.places import line_of, places
from crm_tui.domain.schemes.tables import fault
from crm_tui.domain.stages import STAGES
from crm_tui.services.session import Outcome, Session
from crm_tui.store import people
from crm_tui.store import schemes as store

if TYPE_CHECKING:
    from crm_tui.domain.filters.nodes import FilterContext, Term, Words
    from crm_tui.store.journal import Change

_RESERVED = frozenset({"primary", "none", "any", "all"})
"""Words that mean something else where a scheme is named."""
_LETTERS = "abcd"
_OF_THE_READER = frozenset({"claimable"})
"""The fields that differ by who asks, besides those of users with `me`."""


def refusal(session: Session) -> str | None:
    """Why one may not add or remove schemes; None when one may."""
    if session.system or session.person.role in ("lead", "admin"):
        return None
    return _("schemes are added and removed by leads and administrators")


def listed(session: Session) -> Outcome:
    """All schemes in use, with tiers, rule and the stages that they are primary in; and those that cannot be read."""
    session.refresh()
    own = people.schemes(session.database)
    known = session.settings.schemes
    data = [_record(session, scheme, own) for scheme in known.values()]
    lines = [_line(session, scheme, own) for scheme in known.values()]
    for name, text in own.items():
        fault = _fault(session, text)
        if fault is not None:
            lines.append(f"! {fault}")
            data.append({"scheme": name, "fault": fault})
    message = ngettext("{n} scheme", "{n} schemes", len(known)).format(n=len(known))
    return Outcome(message, lines=tuple(lines), data=tuple(data))


def show(session: Session, scheme: Scheme) -> Outcome:
    """The TOML text of the scheme."""
    own = people.schemes(session.database)
    record = {**_record(session, scheme, own), "text": scheme.text}
    return Outcome(scheme.title, lines=tuple(scheme.text.splitlines()), data=(record,))


def add(session: Session, text: str) -> Outcome:
    """Take the scheme of a TOML text into use, in the place of one of the same identifier, and tell who would move.

    UsageError that names line and key of what is wrong with it; leads and administrators only.
    """
    _allowed(session)
    session.refresh()
    scheme = parse_scheme(text.removeprefix("\ufeff"), session.settings["currency"])
    _check(session, scheme)
    with session.changing() as change:
        found = store.kept(session.database, scheme.identifier)
        if found is None:
            change.insert("scheme", [{"identifier": scheme.identifier, "text": scheme.text}])
        elif found[1] != scheme.text:
            change.update("scheme", [found[0]], text=scheme.text)
        _follow(session, change)
        message = _told(scheme, found)
        change.summarize(message)
        lines, data = _movers(session, scheme)
        entry = None if change.is_empty() else change.entry_id
    session.forget()
    return Outcome(message, entry_id=entry, lines=lines, data=data)


def _told(scheme: Scheme, found: tuple[int, str] | None) -> str:
    if found is not None and found[1] == scheme.text:
        return _("scheme {name} is so already").format(name=scheme.identifier)
    if found is not None:
        return _("scheme {name} changed").format(name=scheme.identifier)
    if scheme.identifier in shipped():
        return _("scheme {name} stands in for the one that ships").format(name=scheme.identifier)
    return _("scheme {name} added").format(name=scheme.identifier)


def remove(session: Session, name: str) -> Outcome:
    """Take a scheme of one's own out of use; one that it stood in for is back. The tiers that it gave are kept."""
    _allowed(session)
    with session.changing() as change:
        found = store.kept(session.database, name)
        if found is None:
            if name in shipped():
                raise CrmError(_("scheme {name} comes with the program: it stays").format(name=name))
            known = ", ".join(people.schemes(session.database)) or _("none")
            message = _('there is no scheme "{name}" of your own: {names}').format(name=name, names=known)
            raise UsageError(message, name, 0)
        change.delete("scheme", [found[0]])
        _follow(session, change)
        back = name in shipped()
        message = _("scheme {name} removed; the one that ships is back") if back else _("scheme {name} removed")
        message = message.format(name=name)
        change.summarize(message)
        lines, data = _movers(session, session.settings.schemes[name]) if back else ((), ())
        entry = change.entry_id
    session.forget()
    return Outcome(message, entry_id=entry, lines=lines, data=data)


def _allowed(session: Session) -> None:
    why = refusal(session)
    if why is not None:
        raise NotAllowed(why)


def _check(session: Session, scheme: Scheme) -> None:
    """UsageError for what only shows beside the others: a name that is a word of its own, a population that is no
    filter, letters that the stages propose and recycling counts by.
    """
    name = scheme.identifier
    if name in _RESERVED:
        raise UsageError(_('"{name}" is no name for a scheme').format(name=name), name, 0)
    known = next((other for other in session.settings.schemes if other.casefold() == name.casefold()), name)
    if known != name:
        raise UsageError(_('"{name}" is called {known} here').format(name=name, known=known), name, 0)
    if name == _LETTERS:
        letters = [tier.identifier for tier in shipped()[name].tiers]
        if [tier.identifier for tier in scheme.tiers] != letters or scheme.rule is not None:
            message = _("scheme {name} keeps its tiers {tiers}, by hand: the stages propose them")
            raise UsageError(message.format(name=name, tiers=", ".join(letters)))
    _check_population(session, scheme)


def _check_population(session: Session, scheme: Scheme) -> None:
    """UsageError with line and character where it is no filter, or one that finds others for somebody else."""
    from crm_tui.domain.filters import parse  # who only reads does without them
    from crm_tui.domain.filters.nodes import terms
    from crm_tui.services import lists

    text = scheme.population
    context = lists.context(session)

    def read(reader: FilterContext) -> list[Term | Words]:
        return list(terms(parse(text, reader)))

    try:
        mine, theirs = (read(replace(context, user_id=somebody)) for somebody in (-1, -2))
        own = (a for a, b in zip(mine, theirs, strict=True) if a != b or getattr(a, "field", "") in _OF_THE_READER)
        personal = next(own, None)
        if personal is not None:
            typed = getattr(personal, "typed", "")
            message = _("whom a scheme grades cannot depend on who asks: leave this out")
            raise UsageError(message, text, max(0, text.find(f":{typed}") + 1))
    except UsageError as error:
        problem = str(error)
        if error.position is not None:
            told = _("at character {n} of the filter: {problem}")
            problem = told.format(n=error.position + 1, problem=problem)
        line = line_of(places(scheme.text), ("population",))
        raise fault(scheme.identifier, line, "population", problem) from None


def _follow(session: Session, change: Change) -> None:
    """Badges follow the schemes as they are now."""
    from crm_tui.services import badges

    session.forget()
    session.refresh()
    badges.mirror_all(session, change)


def _movers(session: Session, scheme: Scheme) -> tuple[tuple[str, ...], tuple[dict[str, Any], ...]]:
    """Who would move, from what to what, if it graded now; and who has a tier that it does not have any more."""
    from crm_tui.services import grading
    from crm_tui.store import tiers

    gone: Counter[str] = Counter()
    for standing in tiers.under(session.database, session.sight, scheme.identifier).values():
        if standing.tier and scheme.get(standing.tier) is None:
            gone[standing.tier] += 1
    lines = [
        ngettext(
            "{n} customer has the tier {tier}, which is gone", "{n} customers have the tier {tier}, which is gone", n
        ).format(n=f"{n:,}", tier=tier)
        for tier, n in gone.items()
    ]
    if scheme.rule is None:
        return tuple(lines), ()
    told = grading.preview(session, scheme)
    apply = _("nothing is graded yet: grade {name} applies it").format(name=scheme.identifier)
    return (*lines, *told.lines, apply), told.data


def _fault(session: Session, text: str) -> str | None:
    try:
        parse_scheme(text, session.settings["currency"])
    except UsageError as error:
        return str(error)
    return None


def _primary_in(session: Session, scheme: Scheme) -> list[str]:
    every = tuple(session.settings.schemes)
    return [s.identifier for s in STAGES if session.settings.primary(s.identifier, every) == scheme.identifier]


def _origin(scheme: Scheme, own: dict[str, str]) -> str:
    if own.get(scheme.identifier) != scheme.text:
        return _("shipped")
    return _("own, in place of the shipped one") if scheme.identifier in shipped() else _("own")


def _line(session: Session, scheme: Scheme, own: dict[str, str]) -> str:
    kind = scheme.rule.kind if scheme.rule else ""
    how = " / ".join(word for word in (_("by hand") if scheme.by_hand else "", kind) if word)
    tiers = ", ".join(tier.identifier for tier in scheme.tiers)
    stages = ", ".join(_primary_in(session, scheme))
    line = f"{scheme.identifier}  {scheme.title}  [{how}]  {tiers}  ({_origin(scheme, own)})"
    return _("{line}; primary in {stages}").format(line=line, stages=stages) if stages else line


def _record(session: Session, scheme: Scheme, own: dict[str, str]) -> dict[str, Any]:
    return {
        "scheme": scheme.identifier, "title": scheme.title, "tiers": [tier.identifier for tier in scheme.tiers],
        "rule": scheme.rule.kind if scheme.rule else None, "by_hand": scheme.by_hand, "population": scheme.population,
        "primary_in": _primary_in(session, scheme), "version": scheme.version,
        "own": own.get(scheme.identifier) == scheme.text,
    }  # fmt: skip
