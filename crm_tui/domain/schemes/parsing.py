"""Reading a scheme from its TOML text: a scheme that parses is whole.

Unique identifiers and keys, no tier on the key `t`, every label at least in English, weights that sum to 100 %, bands
and thresholds in order, no word of a tier or a metric that is not there. DOMAIN §3.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache, partial
from types import MappingProxyType
from typing import Any

from crm_tui.domain.expressions import expression
from crm_tui.domain.language import _
from crm_tui.domain.schemes.model import Labels, Scheme, Tier
from crm_tui.domain.schemes.places import key_at
from crm_tui.domain.schemes.playbook import NOTHING, LatePlaybook, Playbook, parse_playbook
from crm_tui.domain.schemes.rule_parsing import RULE_KEYS, parse_rule
from crm_tui.domain.schemes.tables import Source, Table, fault

LANGUAGES = ("en", "zh-Hans", "zh-Hant")
COLOURS = frozenset(
    shade + hue
    for hue in ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
    for shade in ("", "bright_")
)
CURRENCY = "CNY"
"""The currency of a database that names none."""
LONGEST = 100_000
"""Characters of a file at most."""

_SCHEME_KEYS = {"identifier", "badge", "by_hand", "population", "label", "tier", *RULE_KEYS}
_TIER_KEYS = {"identifier", "key", "badge", "colour", "cadence_days", "label", "playbook"}
_MOST_DAYS = 3650
_RESERVED = frozenset({"none", "empty", "any", "accept", "up", "down"})
"""Words that mean something else where a tier is named: in a filter, or after `tier`."""
_ACCEPT_KEY = "t"  # `t t` accepts a suggestion
_NAME = expression(r"[^\W_][\w-]{0,39}")
_AT = expression(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


def parse_scheme(text: str, currency: str = CURRENCY, *, trusted: bool = False) -> Scheme:
    """The scheme that a TOML text describes; its amounts of money are whole units of `currency` (`200000`, `"1.5m"`).

    Raises UsageError that names the line, the key and what is wrong with it. Of a `trusted` text, which was read as a
    whole before, the playbooks are read when they are asked for.
    """
    lean, playbooks = _parted(text) if trusted else (text, "")
    data = _read(lean)
    name = data.get("identifier")
    top = Table(Source(text, name if isinstance(name, str) else "", currency), data)
    identifier = _identifier(top)
    top.only(_SCHEME_KEYS)
    tiers = _tiers(top, playbooks)
    rule = parse_rule(top, tuple(tier.identifier for tier in tiers))
    return Scheme(
        identifier,
        _labels(top),
        top.text("badge", ""),
        tiers,
        top.flag("by_hand", rule is None),
        rule,
        top.text("population", ""),
        text,
    )


def _read(text: str) -> dict[str, Any]:
    if len(text) > LONGEST:
        raise fault("", None, "", _("longer than {n} characters").format(n=f"{LONGEST:,}"))
    if not text.strip():
        raise fault("", 1, "", _("the file is empty"))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason = str(error)
        found = _AT.search(reason)
        line = (int(found[1]) if found[1] else len(text.splitlines())) if found else None
        key = key_at(text, line) if line else ""
        reason = _AT.sub("", reason)
        if reason == "Cannot overwrite a value":
            reason = _("is there twice")
        raise fault("", line, key, reason) from None
    except RecursionError:
        raise fault("", None, "", _("nested too deep")) from None


def _identifier(table: Table) -> str:
    """A name that may be typed as a word, in a filter too."""
    identifier = table.text("identifier")
    if not _NAME.fullmatch(identifier):
        raise table.wrong("identifier", _('"{name}" must be letters, digits, _ and -').format(name=identifier))
    return identifier


def _tiers(top: Table, playbooks: str) -> tuple[Tier, ...]:
    tables = list(top.tables("tier"))
    if not tables:
        raise top.wrong("tier", _("needs at least one [[tier]]"))
    tiers: list[Tier] = []
    for place, table in enumerate(tables):
        late = LatePlaybook(partial(_late, playbooks, place)) if playbooks else None
        tier = _tier(table, late)
        for earlier in tiers:
            for name in ("identifier", "key"):
                if getattr(tier, name).casefold() == getattr(earlier, name).casefold():
                    problem = _('"%(value)s" is taken by tier %(tier)s')
                    values = {"value": getattr(tier, name), "tier": earlier.identifier}
                    raise table.wrong(name, problem % values)
        tiers.append(tier)
    return tuple(tiers)


def _tier(table: Table, late: Playbook | None) -> Tier:
    table.only(_TIER_KEYS)
    identifier = _identifier(table)
    if identifier.casefold() in _RESERVED:
        raise table.wrong("identifier", _('"{name}" is no name for a tier').format(name=identifier))
    key = table.text("key")
    if len(key) != 1 or not key.isascii() or not (key.islower() or key.isdigit()):
        raise table.wrong("key", _('"%(key)s" must be one small letter or digit') % {"key": key})
    if key == _ACCEPT_KEY:
        raise table.wrong("key", _("t is no tier's key: it accepts the suggestion"))
    colour = table.text("colour")
    if colour not in COLOURS:
        problem = _('"%(colour)s" is not one of %(names)s')
        raise table.wrong("colour", problem % {"colour": colour, "names": ", ".join(sorted(COLOURS))})
    days = table.data.get("cadence_days")
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MOST_DAYS):
        message = _("must be a whole number of days from 1 to {most}")
        raise table.wrong("cadence_days", message.format(most=_MOST_DAYS))
    badge = table.text("badge", identifier)
    return Tier(identifier, key, _labels(table), colour, days, badge, _playbook(table) if late is None else late)


_PLAYBOOK = "[tier.playbook]"


def _parted(text: str) -> tuple[str, str]:
    """The text without the tables of playbooks, and those with their tiers; lines stay where they are."""
    lean: list[str] = []
    late: list[str] = []
    within = False
    for line in text.splitlines():
        if line.startswith("["):
            within = line == _PLAYBOOK
        lean.append("" if within else line)
        late.append(line if within or line == "[[tier]]" else "")
    return "\n".join(lean), "\n".join(late)


def _late(text: str, place: int) -> Playbook:
    return _playbooks(text)[place]


@cache
def _playbooks(text: str) -> tuple[Playbook, ...]:
    top = Table(Source(text, "", CURRENCY), _read(text))
    return tuple(_playbook(table) for table in top.tables("tier"))


def _playbook(table: Table) -> Playbook:
    playbook = table.table("playbook")
    return parse_playbook(playbook) if playbook else NOTHING


def _labels(table: Table) -> Labels:
    labels = table.data.get("label")
    if not isinstance(labels, Mapping) or not labels.get("en"):
        raise table.wrong("label", _('needs a text in English: { en = "…" }'))
    for language, text in labels.items():
        if language not in LANGUAGES or not isinstance(text, str) or not text.strip():
            problem = _("must be a text in one of %s") % ", ".join(LANGUAGES)
            raise table.wrong(("label", language), problem)
    return MappingProxyType(dict(labels))


