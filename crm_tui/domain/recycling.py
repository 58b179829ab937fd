"""When a customer returns to the public pool, what its holder is told before, and why (DOMAIN §4 P8–P13, P18–P20).

Nothing returns of which the holder was not warned `NOTICE` days before or earlier. In the last days of a warning the
limit that was told holds, whatever became of the rules and of the tier since. While its holder is away a customer's
clock stands still.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from crm_tui.domain.language import _, ngettext
from crm_tui.domain.people import Sight
from crm_tui.domain.schemes import shipped

if TYPE_CHECKING:
    from crm_tui.domain.settings import Settings
    from crm_tui.domain.workdays import Workdays

RuleName = Literal["contact", "win"]
Step = Literal["nothing", "warn", "move", "end", "recycle"]

NOTICE = 3
"""Days: a first warning leaves as many working days, so also calendar days; the last ones of it are not touched."""
WAITS_FOR = timedelta(days=30)
"""How far off a follow-up may stand for which the win rule waits (P10)."""
BACKDATED = timedelta(days=3)
"""Notes dated further back, counted in the user's days, move no clock (P8)."""
SCHEME = "abcd"
"""The scheme whose letters have a limit."""
WAITING = "waiting"
"""The tag of those that wait for their chance (P10)."""
_DAY = timedelta(days=1)

Absence = tuple[date, date | None]
"""First and last day of an absence; None until further notice."""


class Rules(Struct, frozen=True, dict=True):
    """The recycling rules in force, in days, None for off: `contact_days` by intent letter, `warn_days` working days.

    `actual_days`: for how long after its last order an actual customer stays; None for always.
    """

    contact_days: Mapping[str, int | None] = field(default_factory=dict)
    win_days: int | None = None
    actual_days: int | None = 180
    warn_days: tuple[int, ...] = (7, 3, 1)

    @property
    def is_on(self) -> bool:
        """Whether anything is recycled at all."""
        return self.win_days is not None or any(days is not None for days in self.contact_days.values())

    @cached_property
    def steps(self) -> tuple[int, ...]:
        """How many working days before its return a customer's holder may be warned first, the most first."""
        return tuple(sorted({NOTICE, *(days for days in self.warn_days if days > NOTICE)}, reverse=True))

    def contact_limit(self, scheme: str, tier: str | None) -> int | None:
        """Days without contact after which a customer of the tier returns; None for never."""
        return self.contact_days.get(tier) if tier is not None and scheme == SCHEME else None


def rules_of(settings: Settings) -> Rules:
    """The rules out of the settings `pool.*`, by name."""
    letters = (tier.identifier for tier in shipped()[SCHEME].tiers)
    warned = (part for part in str(settings["pool.warn_days"] or "").split(",") if part)
    return Rules(
        {letter: settings[f"pool.recycle.contact.{letter}"] for letter in letters},
        settings["pool.recycle.win_days"],
        settings["pool.recycle.actual_days"],
        tuple(int(days) for days in warned),
    )


class Holding(Struct, frozen=True):
    """A customer that somebody holds, as far as recycling asks. All dates are days of one zone.

    `next_on`: the day of its open follow-up; `protected_until`: the last day of its protections; `waiting`: whether it
    is marked as waiting for its chance; `absences`: those of its holder. `open_business`: what is open with it
    (a receivable, a contract, a complaint), in words.
    """

    stage: str
    scheme: str
    tier: str | None
    held_since: date
    stage_since: date
    last_contact: date | None = None
    next_on: date | None = None
    protected_until: date | None = None
    waiting: bool = False
    last_order: date | None = None
    open_business: tuple[str, ...] = ()
    absences: tuple[Absence, ...] = ()
    archived: bool = False

    @property
    def counted_from(self) -> date:
        """The later of the last contact and the start of holding (P9)."""
        return max(self.last_contact or self.held_since, self.held_since)


class Return(Struct, frozen=True):
    """A customer returns on the day `on` by a rule: `days` without contact, or not won, since `since`.

    `held_up`: what moved the day beyond that, in words, each with its last day. `tier`: the intent letter whose limit
    it is; None where it is nobody's.
    """

    rule: RuleName
    on: date
    days: int
    since: date
    held_up: tuple[str, ...] = ()
    tier: str | None = None


class Told(Struct, frozen=True):
    """The warning as it is stored: the day that the holder was told, by which rule and whose limit, and since when."""

    rule: RuleName
    on: date
    warned_on: date
    days: int
    tier: str | None = None


class Decision(Struct, frozen=True):
    """What a sweep does with a customer: nothing, warn, tell another day (move), end the warning, recycle.

    `returns` is by what and `on` when it returns, as far as that is known; None where it stays.
    """

    step: Step
    on: date | None = None
    returns: Return | None = None


def after(since: date, days: int, absences: Sequence[Absence] = ()) -> date | None:
    """The day by which `days` days have passed after `since`, those of absences not counted; None for never."""
    left, day = days, since
    for first, last in _merged(absences):
        if last is not None and last <= day:
            continue
        free = max(0, (first - day).days - 1)
        if left <= free:
            break
        left -= free
        if last is None:
            return None
        day = last
    return None if (date.max - day).days < left else day + timedelta(days=left)


def _merged(absences: Sequence[Absence]) -> list[Absence]:
    """The absences in order, those that touch or overlap as one."""
    found: list[Absence] = []
    for first, last in sorted(absences, key=lambda absence: absence[0]):
        if found and (found[-1][1] is None or first <= found[-1][1] + _DAY):
            before = found[-1]
            ends = None if last is None or before[1] is None else max(before[1], last)
            found[-1] = (before[0], ends)
        else:
            found.append((first, last))
    return found


def exemption(holding: Holding, rules: Rules, today: date) -> str | None:
    """Why the customer stays where it is, in words; None when it returns some day."""
    if holding.archived:
        return _("it is archived")
    if not rules.is_on:
        return _("recycling is off")
    if holding.open_business:
        return _("it stays: {what} open").format(what=", ".join(holding.open_business))
    if holding.stage == "actual" and rules.actual_days is None:
        return _("it stays: actual customers do")
    return None if returns(holding, rules, today) else _stays(holding, rules)


def _stays(holding: Holding, rules: Rules) -> str:
    """Why neither rule applies to the customer."""
    if any(last is None for __, last in holding.absences):
        return _("the clock stands still: who holds it is away")
    if holding.waiting and rules.contact_limit(holding.scheme, holding.tier) is None:
        return _("it waits for its chance: #{tag}").format(tag=WAITING)
    if holding.tier is None:
        return _("no tier, so no limit")
    badge = _badge(holding.scheme, holding.tier)
    return _("no limit for {tier} in stage {stage}").format(tier=badge, stage=holding.stage)


def returns(holding: Holding, rules: Rules, today: date) -> Return | None:
    """When and by which rule the customer returns as the rules stand, whoever was told what; None for never."""
    contact = rules.contact_limit(holding.scheme, holding.tier)
    return _returns(holding, contact, rules.win_days, rules.actual_days, today)


def _returns(
    holding: Holding, contact: int | None, win: int | None, actual_days: int | None, today: date
) -> Return | None:
    if holding.archived or holding.open_business:
        return None
    found: list[Return] = []
    if contact is not None:
        on = after(holding.counted_from, contact, holding.absences)
        if on is not None:
            found.append(Return("contact", on, contact, holding.counted_from, tier=holding.tier))
    if win is not None and holding.stage != "actual" and not holding.waiting:
        # What was bought and is lost, or only lost, begins to be won anew on that day.
        since = max(holding.held_since, holding.stage_since) if holding.stage == "lost" else holding.held_since
        on = after(since, win, holding.absences)
        if on is not None:
            found.append(_waiting_for_follow_up(Return("win", on, win, since), holding.next_on, today))
    held = [_held_up(one, holding, actual_days) for one in found]
    return min((one for one in held if one is not None), key=lambda one: (one.on, one.rule), default=None)


def _waiting_for_follow_up(found: Return, next_on: date | None, today: date) -> Return:
    """The win rule waits for a follow-up that stands, on the day of the return, within 30 days (P10)."""
    at = max(found.on, today)
    if next_on is None or not at <= next_on <= at + WAITS_FOR:
        return found
    return Return("win", next_on + _DAY, found.days, found.since, (_("follow-up on {day}").format(day=said(next_on)),))


def _held_up(found: Return, holding: Holding, actual_days: int | None) -> Return | None:
    """The return with what stands before it: a protection (P13), the time after an order (P11)."""
    on, held_up = found.on, found.held_up
    until = holding.protected_until
    if until is not None and until >= on:
        on, held_up = until + _DAY, (*held_up, _("protected until {day}").format(day=said(until)))
    if holding.stage == "actual":
        if actual_days is None:
            return None
        # Without an order the day on which it became a customer stands for that of the last one.
        until = (holding.last_order or holding.stage_since) + timedelta(days=actual_days)
        if until >= on:
            on, held_up = until + _DAY, (*held_up, _("an actual customer until {day}").format(day=said(until)))
    return found if on == found.on else replace(found, on=on, held_up=held_up)


def decide(holding: Holding, told: Told | None, rules: Rules, today: date, workdays: Workdays) -> Decision:
    """What a sweep of `today` does with the customer (P12, P18, P19)."""
    if told is None:
        found = returns(holding, rules, today)
        if found is None or today < _first_warning(found, found.on, rules, workdays):
            return Decision("nothing", found.on if found else None, found)
        return Decision("warn", _noticed(found.on, today, workdays), found)
    # A sweep that comes after the day that was told goes by the rules of today, should they be milder.
    last_days = told.on - timedelta(days=NOTICE) <= today <= told.on
    found = _as_told(holding, told, rules, today) if last_days else returns(holding, rules, today)
    if found is None:
        return Decision("end")
    on = max(found.on, told.on)
    if not last_days and found.on < told.on:  # a stricter rule: sooner than was told, but with notice
        on = min(told.on, _noticed(found.on, today, workdays))
    if today < _first_warning(found, on, rules, workdays):
        return Decision("end", on, found)
    if on <= today and told.warned_on + timedelta(days=NOTICE) <= today:
        return Decision("recycle", on, found)
    changed = (on, found.rule, found.days, found.tier) != (told.on, told.rule, told.days, told.tier)
    return Decision("move" if changed else "nothing", on, found)


def _noticed(on: date, today: date, workdays: Workdays) -> date:
    """The day on which a customer returns that is warned of today: `on`, or three working days after today if that is
    too soon. A day on a weekend is soon enough if three working days end before it, of which today may be one.
    """
    begins = _workday(workdays, today + _DAY, -1)
    in_time = _workday(workdays, begins, NOTICE - 1) < on
    return on if in_time else _workday(workdays, today, NOTICE)


def _first_warning(found: Return, on: date, rules: Rules, workdays: Workdays) -> date:
    """The day from which on the holder is warned: a step that lies before what is counted from is left out.

    Otherwise those with a short limit would be warned of on the day after a call.
    """
    days = (_workday(workdays, on, -step) for step in rules.steps[:-1])
    return next((day for day in days if day > found.since), _workday(workdays, on, -NOTICE))


@lru_cache(maxsize=2_048)
def _workday(workdays: Workdays, day: date, n: int) -> date:
    """`Workdays.add`, kept: a sweep asks for the same few days of all customers."""
    return workdays.add(day, n)


def _as_told(holding: Holding, told: Told, rules: Rules, today: date) -> Return | None:
    """As `returns`, by the rule and limit that the holder was told."""
    contact, win = (told.days, None) if told.rule == "contact" else (None, told.days)
    return _returns(replace(holding, tier=told.tier), contact, win, rules.actual_days, today)


def second_missed(holding: Holding, interval: int | None) -> date | None:
    """The day by which two cadences have passed without a contact; None for never."""
    return None if interval is None else after(holding.counted_from, 2 * interval, holding.absences)


def lead_hears_on(missed: date, returns_on: date | None, rules: Rules, workdays: Workdays) -> date:
    """The day on which the lead hears of a second missed cadence (P12): when it is missed, or with the last warning of
    a customer that returns on that very day, since by then nothing can be done.
    """
    return _workday(workdays, missed, -min((NOTICE, *rules.warn_days))) if missed == returns_on else missed


def moves_clock(sight: Sight, customer_id: int, owner_id: int | None, happened: date, today: date) -> bool:
    """Whether a contact that came about, by whoever has this sight, moves the customer's contact clock (P8).

    Those of its owner do, of who stands in for the owner, and of a collaborator who may edit; a lead's only where the
    lead is one of these. Notes dated more than three days back never do.
    """
    counts = owner_id in sight.queue or bool(sight.shared.get(customer_id))
    return counts and happened >= today - BACKDATED


# -- in words


def said(day: date, *, weekday: bool = False) -> str:
    """`14 Mar`, or `Sat 14 Mar`."""
    from crm_tui.domain.when import MONTHS, WEEKDAYS  # what decides needs no words

    text = _("{day} {month}").format(day=day.day, month=_(MONTHS[day.month - 1]))
    return _("{weekday} {date}").format(weekday=_(WEEKDAYS[day.weekday()]), date=text) if weekday else text


def _badge(identifier: str, tier: str | None) -> str:
    scheme = shipped().get(identifier)
    return f"{scheme.title if scheme else identifier} {tier}"


def because(found: Return, holding: Holding, contact: str = "") -> str:
    """Why it returns: `last contact 12 Feb (call, Li), intent A = 7 days`.

    `contact` says how and with whom of us the last one came about; "" where that is not known.
    """
    limit = {"days": found.days, "tier": _badge(SCHEME, found.tier), "since": said(found.since)}
    if found.rule == "win":
        text = ngettext("held since {since} and not won in {days} day",
                        "held since {since} and not won in {days} days", found.days).format(**limit)  # fmt: skip
    else:
        contacted = holding.last_contact is not None and holding.last_contact >= holding.held_since
        since = _("last contact {since}") if contacted else _("no contact since held, {since}")
        if contacted and contact:
            since = _("last contact {since} ({contact})")
        rule = ngettext("{tier} = {days} day", "{tier} = {days} days", found.days)
        text = f"{since.format(contact=contact, **limit)}, {rule.format(**limit)}"
    return "; ".join((text, *found.held_up, *_still(found, holding)))


def _still(found: Return, holding: Holding) -> tuple[str, ...]:
    """For how many days the clock stood still between its start and the return."""
    days = 0
    for first, last in _merged(holding.absences):
        ends = found.on if last is None else min(last, found.on)
        days += max(0, (ends - max(first, found.since + _DAY)).days + 1)
    text = ngettext("{n} day of absence not counted", "{n} days of absence not counted", days)
    return (text.format(n=days),) if days else ()


def why(holding: Holding, told: Told | None, rules: Rules, today: date, workdays: Workdays, contact: str = "") -> str:
    """Why and when the customer returns to the pool, or why it stays: one sentence (P20)."""
    decided = decide(holding, told, rules, today, workdays)
    found = decided.returns
    if found is None:
        return exemption(holding, rules, today) or _("it stays")
    on = max(found.on, decided.on or found.on)
    text = _("returns to the pool on {day}: {reason}")
    return text.format(day=said(on), reason=because(found, holding, contact))


def announced(on: date, reason: str, today: date, workdays: Workdays) -> str:
    """The warning as its holder reads it today: `returns to the pool in 3 working days (Fri 27 Nov): …`."""
    left = workdays.between(today, on)
    when = ngettext("in {n} working day", "in {n} working days", left).format(n=left)
    if on <= today:
        when = _("with the next sweep")
    elif not left:
        when = _("on a day off")
    names = {"when": when, "day": said(on, weekday=True), "reason": reason}
    return _("returns to the pool {when} ({day}): {reason}").format(**names)
