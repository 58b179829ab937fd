"""Schemes: ways of grading customers, each a TOML file whose tiers stand in order, best first.

A scheme that parses is whole: unique identifiers and keys, no tier on the key `t`, every label at least in English.
The rules are those of DOMAIN §3.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.stages import BY_IDENTIFIER, pick

Labels = Mapping[str, str]

SHIPPED = ("abcd", "label")
LANGUAGES = ("en", "zh-Hans", "zh-Hant")
COLOURS = frozenset(
    shade + hue
    for hue in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
    for shade in ("", "bright_")
)
_SCHEME_KEYS = {"identifier", "badge", "by_hand", "label", "tier"}
_TIER_KEYS = {"identifier", "key", "badge", "colour", "cadence_days", "label"}
_ACCEPT_KEY = "t"  # `t t` accepts a suggestion


def in_words(labels: Labels) -> str:
    """The label in the reader's language, or in English."""
    # Translators: translate this to the tag of your language as scheme files have it: zh-Hans or zh-Hant
    return labels.get(_("en")) or labels["en"]


@dataclass(frozen=True)
class Tier:
    """A grade. `key` is pressed after `t`; `cadence_days` are calendar days, None for no cadence;
    `badge` follows the scheme's badge; `colour` is one of `COLOURS`.
    """

    identifier: str
    key: str
    labels: Labels = field(hash=False)
    colour: str
    cadence_days: int | None
    badge: str

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return in_words(self.labels)


@dataclass(frozen=True)
class Scheme:
    """A way of grading: its tiers, best first, and the badge that tells them from another scheme's."""

    identifier: str
    labels: Labels = field(hash=False)
    badge: str
    tiers: tuple[Tier, ...]
    by_hand: bool

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return in_words(self.labels)

    def get(self, tier: str) -> Tier | None:
        """The tier of that identifier, exactly; None when there is none."""
        return next((t for t in self.tiers if t.identifier == tier), None)

    def rank(self, tier: str) -> int:
        """The tier's place, 0 for the best; the number of tiers for no tier or one that is not here."""
        return next((i for i, t in enumerate(self.tiers) if t.identifier == tier), len(self.tiers))


def parse_scheme(toml_text: str) -> Scheme:
    """The scheme that a TOML text describes. Raises UsageError that names the key and says what is wrong with it."""
    try:
        data = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(_("scheme: %(error)s") % {"error": error}) from None
    identifier = _text(data, "identifier")
    _only(data, _SCHEME_KEYS, identifier)
    rows = data.get("tier")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise _wrong(identifier, "tier", _("needs at least one [[tier]]"))
    by_hand = data.get("by_hand", True)
    if not isinstance(by_hand, bool):
        raise _wrong(identifier, "by_hand", _("must be true or false"))
    tiers = tuple(_tier(row, f"{identifier}.tier {n}") for n, row in enumerate(rows, 1))
    for n, tier in enumerate(tiers, 1):
        for earlier in tiers[: n - 1]:
            for name in ("identifier", "key"):
                if getattr(tier, name).casefold() == getattr(earlier, name).casefold():
                    problem = _('"%(value)s" is taken by tier %(tier)s')
                    values = {"value": getattr(tier, name), "tier": earlier.identifier}
                    raise _wrong(f"{identifier}.tier {n}", name, problem % values)
    return Scheme(identifier, _labels(data, identifier), _text(data, "badge", identifier, empty=True), tiers, by_hand)


def _tier(row: dict[str, Any], where: str) -> Tier:
    _only(row, _TIER_KEYS, where)
    identifier = _text(row, "identifier", where)
    key = _text(row, "key", where)
    if len(key) != 1 or not key.isascii() or not (key.islower() or key.isdigit()):
        raise _wrong(where, "key", _('"%(key)s" must be one small letter or digit') % {"key": key})
    if key == _ACCEPT_KEY:
        raise _wrong(where, "key", _("t is no tier's key: it accepts the suggestion"))
    colour = _text(row, "colour", where)
    if colour not in COLOURS:
        problem = _('"%(colour)s" is not one of %(names)s')
        raise _wrong(where, "colour", problem % {"colour": colour, "names": ", ".join(sorted(COLOURS))})
    days = row.get("cadence_days")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 1):
        raise _wrong(where, "cadence_days", _("must be a whole number of days, 1 or more"))
    badge = _text(row, "badge", where) if "badge" in row else identifier
    return Tier(identifier, key, _labels(row, where), colour, days, badge)


def _labels(data: dict[str, Any], where: str) -> Labels:
    labels = data.get("label")
    if not isinstance(labels, dict) or not labels.get("en"):
        raise _wrong(where, "label", _('needs a text in English: { en = "…" }'))
    for language, text in labels.items():
        if language not in LANGUAGES or not isinstance(text, str) or not text.strip():
            raise _wrong(where, f"label.{language}", _("must be a text in one of %s") % ", ".join(LANGUAGES))
    return MappingProxyType(dict(labels))


def _text(data: dict[str, Any], key: str, where: str = "", *, empty: bool = False) -> str:
    value = data.get(key, "" if empty else None)
    if not isinstance(value, str) or value != value.strip() or not (value or empty):
        raise _wrong(where, key, _("must be a text"))
    return value


def _only(data: dict[str, Any], keys: set[str], where: str) -> None:
    for key in data:
        if key not in keys:
            raise _wrong(where, key, _("unknown; known are %s") % ", ".join(sorted(keys)))


def _wrong(where: str, key: str, problem: str) -> UsageError:
    return UsageError(
        _("scheme %(key)s: %(problem)s") % {"key": f"{where}.{key}" if where else key, "problem": problem}
    )


@cache
def shipped() -> Mapping[str, Scheme]:
    """The schemes that come with the program, by identifier."""
    texts = ((Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8") for name in SHIPPED)
    return MappingProxyType({scheme.identifier: scheme for scheme in map(parse_scheme, texts)})


def primary(stage: str) -> str:
    """The identifier of the scheme that sets the badge and the cadence in `stage` (an identifier). DOMAIN §3."""
    if stage not in BY_IDENTIFIER:
        raise KeyError(stage)
    return "abcd"


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
