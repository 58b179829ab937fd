"""The business rules that an administrator may change: name, meaning, default. Kept in the database, journaled.

What is personal or of the host is no business rule and stands in the TOML file (`crm_tui.config`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crm_tui.domain.cadence import DueSettings
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _
from crm_tui.domain.schemes import shipped
from crm_tui.domain.stages import STAGES

if TYPE_CHECKING:
    from crm_tui.domain.workdays import Workdays


@dataclass(frozen=True)
class Rule:
    """A setting: what it is, its default, and for numbers the smallest and greatest value (None: may be off)."""

    name: str
    meaning: str
    default: str | int | None
    least: int = 0
    most: int = 100_000


def _rules() -> Iterator[Rule]:
    yield Rule("currency", N_("the database's currency (ISO 4217)"), "CNY")
    yield Rule("calendar.country", N_("whose public holidays count (ISO 3166; empty for weekends only)"), "CN")
    yield Rule("phone.region", N_("the country of phone numbers without one (ISO 3166)"), "CN")
    yield Rule("time_zone", N_("the time zone of users who set none (empty: the host's)"), "")
    yield Rule("profile.stale_days", N_("days after which a required field is to be verified again"), 180, 1)
    yield Rule("pool.holding_cap", N_("customers that a rep may hold in the stages potential, target, intent"), 100, 1)
    for scheme in shipped().values():
        for tier in scheme.tiers:
            name = f"cadence.{scheme.identifier}.{tier.identifier}"
            yield Rule(name, N_("days between contacts that the tier asks for"), tier.cadence_days, 1, 3_650)
    for stage in STAGES:
        if not stage.closed:
            name = f"rotting.{stage.identifier}"
            meaning = N_("days without change or interaction until the stage rots")
            yield Rule(name, meaning, stage.rotting_days, 1, 3_650)


RULES: Mapping[str, Rule] = {rule.name: rule for rule in _rules()}


def rule(name: str) -> Rule:
    """The rule of that name; UsageError that suggests the nearest."""
    from crm_tui.domain.nearest import nearest

    found = RULES.get(name)
    if found is None:
        raise UsageError(_('there is no setting "{name}"{hint}').format(name=name, hint=nearest(name, RULES)), name, 0)
    return found


def parse(name: str, text: str) -> str | int | None:
    """The value that `text` gives to the setting (`off` for none); UsageError that says what would be right."""
    known = rule(name)
    text = text.strip()
    if isinstance(known.default, str):
        return _checked_text(known, text)
    if text.casefold() in ("off", "none", ""):
        return None
    try:
        number = int(text)
    except ValueError:
        message = _('{name}: "{text}" is not a whole number (or off)').format(name=name, text=text)
        raise UsageError(message, text, 0) from None
    if not known.least <= number <= known.most:
        raise UsageError(
            _("{name}: {number} is not between {least} and {most}").format(
                name=name, number=number, least=known.least, most=known.most
            ),
            text,
            0,
        )
    return number


def _checked_text(known: Rule, text: str) -> str:
    from zoneinfo import ZoneInfo

    if known.name in ("currency", "calendar.country", "phone.region"):
        text = text.upper()
        length = 3 if known.name == "currency" else 2
        optional = known.name == "calendar.country" and not text
        if not optional and not (len(text) == length and text.isascii() and text.isalpha()):
            message = _('{name}: "{text}" is not a code of {n} letters').format(name=known.name, text=text, n=length)
            raise UsageError(message, text, 0)
    if known.name == "time_zone" and text:
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            message = _('time_zone: "{text}" is not known; write it as Asia/Shanghai').format(text=text)
            raise UsageError(message, text, 0) from None
    return text


@dataclass(frozen=True)
class Settings:
    """The rules in force: what was set, else the default."""

    changed: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.changed[name] if name in self.changed else RULES[name].default

    @property
    def workdays(self) -> Workdays:
        """The working calendar."""
        from crm_tui.domain.workdays import Workdays

        return Workdays(self["calendar.country"])

    @cached_property
    def due(self) -> DueSettings:
        """Cadences and rotting ages as the due rules take them."""
        cadence = {n.removeprefix("cadence."): v for n, v in self.changed.items() if n.startswith("cadence.")}
        rotting = {n.removeprefix("rotting."): v for n, v in self.changed.items() if n.startswith("rotting.")}
        return DueSettings(cadence_days=cadence, rotting_days=rotting)


def load(stored: Mapping[str, str]) -> Settings:
    """The settings from the stored JSON texts; names that no rule has any more are left out."""
    return Settings({name: json.loads(text) for name, text in stored.items() if name in RULES})
