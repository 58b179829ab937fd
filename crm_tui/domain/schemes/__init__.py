"""Schemes: ways of grading customers, each a TOML file whose tiers stand in order, best first.

`model` is what a scheme is, `parsing` reads it, `calibration` and `grading` compute tiers and tell how, `reaching` what
would reach more, `words` put that into words: these four are imported where something is graded. The rules are those of
DOMAIN §3.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.schemes.model import Grade, Inputs, Labels, Rule, Scheme, Step, Tier, in_words
from crm_tui.domain.schemes.parsing import COLOURS, CURRENCY, LANGUAGES, parse_scheme
from crm_tui.domain.stages import BY_IDENTIFIER, fold, pick

__all__ = [
    "COLOURS", "CURRENCY", "DEFAULT", "LANGUAGES", "SHIPPED", "Grade", "Inputs", "Labels", "Rule", "Scheme",
    "Schemes", "Step", "Tier", "badge", "find_any", "find_tier", "in_words", "parse_scheme", "primary", "proposal",
    "shipped", "source_of",
]  # fmt: skip

SHIPPED = ("abcd", "label", "value", "matrix", "pareto", "fit")
FIRST = "abcd"


def source_of(name: str) -> str:
    """The text of the file of a scheme that comes with the program."""
    return (Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8")


class Schemes(Mapping[str, Scheme]):
    """Schemes by identifier, in order, each parsed when it is first asked for: a list shows badges of one or two."""

    def __init__(self, identifiers: Collection[str], parsed: Callable[[str], Scheme]) -> None:
        self._found: dict[str, Scheme | None] = dict.fromkeys(identifiers)
        self._parsed = parsed

    def __getitem__(self, identifier: str) -> Scheme:
        found = self._found[identifier]
        if found is None:
            found = self._found[identifier] = self._parsed(identifier)
        return found

    def __contains__(self, identifier: object) -> bool:
        return identifier in self._found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@cache
def shipped(currency: str = CURRENCY) -> Schemes:
    """The schemes that come with the program, their amounts in minor units of the currency."""
    return Schemes(SHIPPED, lambda name: parse_scheme(source_of(name), currency, trusted=True))


DEFAULT: Labels = MappingProxyType({"actual": "value"})
"""The scheme of the stages where that is not the intent letters. DOMAIN §3."""


def primary(stage: str, graded: Collection[str] = (), chosen: Mapping[str, str] = DEFAULT) -> str:
    """The identifier of the scheme that sets the badge and the cadence in `stage` (an identifier): the one `chosen` for
    it once that is among those that have graded the customer, till then the intent letters. DOMAIN §3.
    """
    if stage not in BY_IDENTIFIER:
        raise KeyError(stage)
    named = chosen.get(stage, "abcd")
    return named if named in graded else "abcd"


def find_tier(scheme: Scheme, text: str) -> Tier:
    """The tier of `scheme` that `text` names: identifier, key, badge, label in any language, unique beginning.

    Raises UsageError that lists the tiers.
    """
    named = ((t.identifier, (t.key, t.badge, badge(scheme, t), *t.labels.values())) for t in scheme.tiers)
    found = scheme.get(pick(text, named) or "")
    if found is None:
        names = ", ".join(t.identifier for t in scheme.tiers)
        values = {"tier": text, "scheme": scheme.identifier, "names": names}
        raise UsageError(_('tier "%(tier)s" is not in scheme %(scheme)s (%(names)s)') % values, text, 0)
    return found


def find_any(schemes: Mapping[str, Scheme], text: str) -> tuple[Scheme, Tier]:
    """The scheme and tier that a bare word names among all schemes: one of `abcd` before any other's.

    Raises UsageError that lists the tiers where none is meant, the schemes where it could be one of several.
    """
    found: list[tuple[Scheme, Tier]] = []
    for scheme in schemes.values():
        try:
            found.append((scheme, find_tier(scheme, text)))
        except UsageError:
            continue
        if scheme.identifier == FIRST:
            return found[-1]
    whole = [one for one in found if fold(text) in (fold(one[1].identifier), fold(badge(*one)))]
    found = whole if len(whole) == 1 else found
    if len(found) == 1:
        return found[0]
    if not found:
        names = ", ".join(dict.fromkeys(tier.identifier for scheme in schemes.values() for tier in scheme.tiers))
        raise UsageError(_('there is no tier "{tier}": {names}').format(tier=text, names=names), text, 0)
    names = ", ".join(f"{tier.identifier} --scheme {scheme.identifier}" for scheme, tier in found)
    raise UsageError(_('"{tier}" is a tier of several schemes: {names}').format(tier=text, names=names), text, 0)


def badge(scheme: Scheme, tier: Tier | str) -> str:
    """The tier as lists show it, told from other schemes' tiers: `意A`; empty for no tier."""
    if isinstance(tier, str):
        known = scheme.get(tier)
        return scheme.badge + (known.badge if known else tier) if tier else ""
    return scheme.badge + tier.badge


def proposal(stage: str, current_tier: str | None) -> str | None:
    """The letter of `abcd` that coming to `stage` proposes to a customer graded `current_tier`; None for none.

    It is only ever a suggestion, and never A. An A at `intent` was given by a person who knew that the terms
    were on the table, so B is not proposed against it. DOMAIN §2.
    """
    proposed = BY_IDENTIFIER[stage].proposes
    if proposed == current_tier or (stage == "intent" and current_tier == "A"):
        return None
    return proposed
