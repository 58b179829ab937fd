"""The business rules that an administrator may change: name, meaning, default. Kept in the database, journaled.

What is personal or of the host is no business rule and stands in the TOML file (`crm_tui.config`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from crm_tui.domain.analysis.policies import DUNNING, POLICIES
from crm_tui.domain.cadence import DueSettings
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _
from crm_tui.domain.schemes import Scheme, Schemes, parse_scheme, primary, shipped
from crm_tui.domain.stages import STAGES

if TYPE_CHECKING:
    from crm_tui.domain.workdays import Workdays


class Rule(Struct, frozen=True):
    """A setting: what it is, its default, and for numbers the smallest and greatest value (None: may be off)."""

    name: str
    meaning: str
    default: str | int | None
    least: int = 0
    most: int = 100_000


RECYCLE_PRESET: Mapping[str, int] = {"A": 7, "B": 15, "C": 30, "D": 60}
"""Days without contact after which each intent letter returns to the pool, once recycling is on. DOMAIN §4 P9."""
WIN_PRESET = 90
"""Days held and not won after which a customer returns to the pool, once recycling is on. DOMAIN §4 P10."""


_CADENCE = "cadence."
PRIMARY = "scheme.primary."
"""How the rules begin that say which scheme gives the badge in a stage."""


def _of_tiers() -> Iterator[Rule]:
    for scheme in shipped().values():
        for tier in scheme.tiers:
            name = f"{_CADENCE}{scheme.identifier}.{tier.identifier}"
            yield Rule(name, N_("days between contacts that the tier asks for"), tier.cadence_days, 1, 3_650)


def _rules(of_tiers: Iterable[Rule]) -> Iterator[Rule]:
    yield Rule("currency", N_("the database's currency (ISO 4217)"), "CNY")
    yield Rule("calendar.country", N_("whose public holidays count (ISO 3166; empty for weekends only)"), "CN")
    yield Rule("phone.region", N_("the country of phone numbers without one (ISO 3166)"), "CN")
    yield Rule("time_zone", N_("the time zone of users who set none (empty: the host's)"), "")
    yield Rule("profile.stale_days", N_("days after which a required field is to be verified again"), 180, 1)
    yield Rule("pool.holding_cap", N_("customers that a rep may hold in the stages potential, target, intent"), 100, 1)
    yield Rule("pool.daily_quota", N_("customers that a rep may claim from a pool in a day"), 10)
    yield Rule("pool.cooldown_days", N_("days in which nobody may claim back what they held"), 7, 0, 3_650)
    yield Rule("pool.freeze_days", N_("days in which what is new to a pool cannot be claimed"), 0, 0, 3_650)
    yield Rule("pool.warn_days", N_("working days before recycling on which the holder is warned"), "7,3,1")
    yield Rule("pool.spread_per_day", N_("first contacts a day after a bulk arrival (off: all at once)"), None, 1)
    for letter in RECYCLE_PRESET:
        meaning = N_("days without contact after which the tier returns to the pool (off: never)")
        yield Rule(f"pool.recycle.contact.{letter}", meaning, None, 1, 3_650)
    yield Rule("pool.recycle.win_days", N_("days held and not won after which it returns (off: never)"), None, 1, 3_650)
    yield Rule("pool.recycle.actual_days", N_("days after its last order that an actual customer stays"), 180, 1, 3_650)
    yield Rule("pool.protection.per_rep", N_("customers that a rep may protect at once"), 5)
    yield Rule("pool.protection.days", N_("days that a protection lasts unless told otherwise"), 30, 1, 3_650)
    yield Rule("pool.protection.most_days", N_("days in a row that a customer may be protected"), 90, 1, 3_650)
    yield Rule("export.daily_cap", N_("customers that a rep may take out in a day (off: no cap)"), 2_000)
    yield Rule("backup.every_hours", N_("hours after which a new backup is taken by itself (off: never)"), 24, 0, 8_760)
    yield Rule("backup.daily", N_("days of which a backup is kept"), 7, 0, 3_650)
    yield Rule("backup.weekly", N_("weeks of which a backup is kept"), 4, 0, 520)
    yield Rule("backup.monthly", N_("months of which a backup is kept"), 12, 0, 120)
    yield Rule("collision.daily_cap", N_("how often a day one is told who holds a customer (off: no cap)"), 20, 1)
    yield from of_tiers
    for stage in STAGES:
        meaning = N_("scheme of the badge in the stage, once it has graded the customer (till then abcd)")
        yield Rule(f"{PRIMARY}{stage.identifier}", meaning, "value" if stage.identifier == "actual" else "abcd")
    yield Rule("tier.confirm", N_("schemes whose tiers take effect when a lead confirms (commas between them)"),
               "value,matrix")
    yield Rule("playbook.ahead_days", N_("days ahead that the queue tells what a playbook asks for (off: never)"),
               14, 0, 90)
    yield Rule("cost.contact", N_("what a contact costs us, in whole units of the currency"), 20, 0, 1_000_000)
    yield Rule("cost.visit", N_("what a visit costs us beside that, in whole units of the currency"), 300, 0, 1_000_000)
    for step, days in DUNNING.items():
        yield Rule(f"dunning.{step}", N_("days late from which on this step of dunning is taken"), days, 1, 3_650)
    for cell, policy in POLICIES.items():
        yield Rule(f"policy.{cell}", N_("how customers of a class are served with products of a class"), policy)
    for stage in STAGES:
        if not stage.closed:
            name = f"rotting.{stage.identifier}"
            meaning = N_("days without change or interaction until the stage rots")
            yield Rule(name, meaning, stage.rotting_days, 1, 3_650)


class _Rules(Mapping[str, Rule]):
    """By name, in order. Those of the tiers are made when one is asked for: they take reading every scheme."""

    def __init__(self) -> None:
        self._general = {rule.name: rule for rule in _rules(())}

    @cached_property
    def _all(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in _rules(_of_tiers())}

    def __getitem__(self, name: str) -> Rule:
        return self._all[name] if name.startswith(_CADENCE) else self._general[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


RULES: Mapping[str, Rule] = _Rules()


DEFAULT = "default"
"""The value of a rule that is set no more: a pool's goes by the general one, a general one by the program's."""


def rule(name: str) -> Rule:
    """The rule of that name; UsageError that suggests the nearest."""
    from crm_tui.domain.nearest import nearest

    found = RULES.get(name)
    if found is None:
        raise UsageError(_('there is no setting "{name}"{hint}').format(name=name, hint=nearest(name, RULES)), name, 0)
    return found


def parse(name: str, text: str) -> str | int | None:
    """The value that `text` gives to the setting (`off` for none, `default` for DEFAULT); UsageError that says what
    would be right.
    """
    known = rule(name)
    text = text.strip()
    if text.casefold() == DEFAULT:
        return DEFAULT
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
    if known.name == "tier.confirm":
        return ",".join(dict.fromkeys(part.strip() for part in text.split(",") if part.strip() not in ("", "off")))
    if known.name == "pool.warn_days":
        days = [part.strip() for part in text.split(",")]
        if not all(part.isascii() and part.isdigit() and 0 < int(part) < 366 for part in days):
            message = _('pool.warn_days: "{text}" is not a list of days, as in 7,3,1').format(text=text)
            raise UsageError(message, text, 0)
        text = ",".join(str(day) for day in sorted({int(part) for part in days}, reverse=True))
    return text


def is_of_pools(name: str) -> bool:
    """Whether the rule may be another one for each pool."""
    return name.startswith("pool.")


class Settings(Struct, frozen=True, dict=True):
    """The rules in force: what was set, else the default.

    `before` holds, for rules that were changed on a day, that day (ISO) and the value until then; `pools` the rules of
    single pools; `schemes` every scheme in use, by identifier: those that ship, and one's own over them.
    """

    changed: Mapping[str, Any]
    before: Mapping[str, tuple[str, Any]] = field(default_factory=dict)
    pools: Mapping[int, Settings] = field(default_factory=dict)
    schemes: Mapping[str, Scheme] = field(default_factory=shipped)

    def of_pool(self, pool_id: int | None) -> Settings:
        """The rules with those of the pool in the place of the general ones."""
        own = self.pools.get(pool_id) if pool_id is not None else None
        if own is None:
            return self
        changed, before = {**self.changed, **own.changed}, {**self.before, **own.before}
        return Settings(changed, before, self.pools, self.schemes)

    def recycling(self, today: str) -> Settings:
        """The rules as recycling goes by them on that day: a change bites from the next day. DOMAIN §4 P19."""
        kept = {
            name: value for name, (day, value) in self.before.items()
            if name.startswith("pool.recycle.") and day >= today
        }  # fmt: skip
        pools = {key: own.recycling(today) for key, own in self.pools.items()}
        return Settings({**self.changed, **kept}, {}, pools, self.schemes)

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
        return DueSettings(self.schemes, cadence_days=cadence, rotting_days=rotting)

    @cached_property
    def _chosen(self) -> Mapping[str, str]:
        """The scheme of each stage; one that is in use no more gives way to the intent letters."""
        named = {stage.identifier: str(self[f"{PRIMARY}{stage.identifier}"]) for stage in STAGES}
        return {stage: name if name in self.schemes else "abcd" for stage, name in named.items()}

    def primary(self, stage: str, graded: Collection[str] = ()) -> str:
        """The scheme that gives the badge in the stage to a customer that has tiers under the schemes `graded`."""
        return primary(stage, graded, self._chosen)

    @cached_property
    def confirmed(self) -> frozenset[str]:
        """The schemes whose tiers take effect when a lead confirms. DOMAIN §3."""
        return frozenset(str(self["tier.confirm"] or "").split(",")) - {""}


Stored = Mapping[str, tuple[str, str | None, str | None]]
"""Rules as they are kept: name → (value, value before, day of the change); values as JSON, None for the default."""


def load(
    stored: Stored, pools: Mapping[int, Stored] | None = None, schemes: Mapping[str, str] | None = None
) -> Settings:
    """The settings from what is stored; names that no rule has any more are left out. `schemes` are the TOML texts of
    one's own, by identifier.
    """
    known = {name: row for name, row in stored.items() if name in RULES}
    values = {name: json.loads(value) for name, (value, __, ___) in known.items()}
    changed = {name: value for name, value in values.items() if value != DEFAULT}
    before = {
        name: (day, RULES[name].default if previous is None else json.loads(previous))
        for name, (__, previous, day) in known.items()
        if day is not None
    }
    own = {key: load(rows) for key, rows in (pools or {}).items()}
    currency = str(changed.get("currency", RULES["currency"].default))
    return Settings(changed, before, own, in_use(tuple(sorted((schemes or {}).items())), currency))


@lru_cache(maxsize=32)
def in_use(own: tuple[tuple[str, str], ...], currency: str) -> Mapping[str, Scheme]:
    """The schemes that ship, with one's own (identifier, TOML text) in their place or after them. What cannot be read
    any more is left out: whoever signs in could not repair it.
    """
    with_program, found = shipped(currency), dict[str, Scheme]()
    for identifier, text in own:
        with suppress(UsageError):
            found[identifier] = parse_scheme(text, currency)
    return Schemes({**dict.fromkeys(with_program), **found}, lambda name: found.get(name) or with_program[name])
