"""May this person claim this customer now? The rule of DOMAIN §4 P2, and how long a protection may last (P13).

Pure: counts and days come in, the first reason against comes out.
"""

from __future__ import annotations

from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.stages import Choice, listed_reason

COUNTED = ("potential", "target", "intent")
"""The stages that the holding cap counts (P5)."""

RELEASE_REASONS = (
    Choice("unreachable", N_("unreachable"), ("联系不上", "無法聯繫")),
    Choice("no-need", N_("no need now"), ("暂无需求", "暫無需求")),
    Choice("wrong-fit", N_("wrong fit"), ("不匹配",)),
    Choice("bad-data", N_("bad data"), ("信息错误", "資料錯誤")),
    Choice("competitor", N_("competitor"), ("竞争对手", "競爭對手")),
    Choice("other", N_("other"), ("其他", "其它")),
)
"""Why a customer is given back (P14); `other` wants words of one's own."""


def release_reason(text: str) -> str:
    """The reason as it is stored: `unreachable`, `other: text` …; UsageError for none, or one that is not listed."""
    return listed_reason(text, RELEASE_REASONS, _("a release needs a reason"))


class PoolRules(Struct, frozen=True):
    """The rules of one pool for one person; None where there is no limit. `cap` is the smallest of those that apply."""

    quota: int | None = None
    cap: int | None = None
    cooldown_days: int = 0
    freeze_days: int = 0


class Against(str):
    """A reason against a claim; `word` says it in a word or two, where there is no room for more."""

    word: str

    def __new__(cls, reason: str, word: str) -> Against:
        made = super().__new__(cls, reason)
        made.word = word
        return made


class Wanted(Struct, frozen=True):
    """A customer that somebody wants to claim. Days are the claimant's.

    `holder`: who holds it, as it is said ("" for nobody); `entered_on`: since when it lies in its pool; `left_on`: when
    the claimant last held it, None for never or not within memory.
    """

    stage: str
    blocked: bool = False
    holder: str = ""
    member: bool = True
    entered_on: date | None = None
    left_on: date | None = None


class Claimant(Struct, frozen=True):
    """Who claims: how many customers that count they hold, and how many they claimed today from that pool."""

    held: int = 0
    claimed_today: int = 0

    def after(self, wanted: Wanted) -> Claimant:
        """The claimant once the customer is theirs."""
        return replace(self, held=self.held + (wanted.stage in COUNTED), claimed_today=self.claimed_today + 1)


def claim_refusal(wanted: Wanted, claimant: Claimant, rules: PoolRules, today: date) -> Against | None:
    """The first of P2's reasons against the claim, in their order; None when it may be claimed."""
    if wanted.blocked:
        return Against(_("it is blocked: we do not sell to it"), _("blocked"))
    if wanted.holder:
        return Against(_("{holder} holds it").format(holder=wanted.holder), _("taken"))
    if not wanted.member:
        return Against(_("it is in a pool that you are no member of"), _("no member"))
    return (
        _frozen(wanted, rules, today) or _cooling(wanted, rules, today) or _over_cap(wanted, claimant, rules)
        or _over_quota(claimant, rules)
    )  # fmt: skip


def _over_cap(wanted: Wanted, claimant: Claimant, rules: PoolRules) -> Against | None:
    refusal = cap_refusal(wanted.stage, claimant.held, rules.cap)
    return None if refusal is None else Against(refusal, _("cap"))


def cap_refusal(stage: str, held: int, cap: int | None) -> str | None:
    """Why nobody who holds that many may receive a customer of the stage (P5)."""
    if cap is None or stage not in COUNTED or held < cap:
        return None
    return _("the holding cap of {cap} is reached").format(cap=cap)


def smallest(*caps: int | None) -> int | None:
    """The smallest of the caps that there are."""
    return min((cap for cap in caps if cap is not None), default=None)


def _frozen(wanted: Wanted, rules: PoolRules, today: date) -> Against | None:
    if wanted.entered_on is None or not rules.freeze_days:
        return None
    free = wanted.entered_on + timedelta(days=rules.freeze_days)
    return Against(_("new to the pool: claimable from {day}").format(day=free), _until(free)) if today < free else None


def _until(free: date) -> str:
    return _("until {day}").format(day=free.strftime("%m-%d"))


def _cooling(wanted: Wanted, rules: PoolRules, today: date) -> Against | None:
    if wanted.left_on is None or not rules.cooldown_days:
        return None
    free = wanted.left_on + timedelta(days=rules.cooldown_days)
    text = _("you held it until {left}: claimable from {day}").format(left=wanted.left_on, day=free)
    return Against(text, _until(free)) if today < free else None


def _over_quota(claimant: Claimant, rules: PoolRules) -> Against | None:
    if rules.quota is None or claimant.claimed_today < rules.quota:
        return None
    text = ngettext(
        "{n} customer claimed from this pool today: that is the quota",
        "{n} customers claimed from this pool today: that is the quota",
        claimant.claimed_today,
    )
    return Against(text.format(n=claimant.claimed_today), _("quota"))


class Shield(Struct, frozen=True):
    """A protection: its first and last day, both included."""

    since: date
    until: date


def protection_refusal(
    shields: tuple[Shield, ...], since: date, until: date, *, held: int, per_rep: int | None, most_days: int | None
) -> str | None:
    """Why a customer may not be protected over these days (P13).

    `shields` are its protections so far, `held` how many other customers the person protects at present.
    """
    if until < since:
        return _("the protection ends before it begins")
    if per_rep is not None and held >= per_rep:
        return ngettext(
            "{n} customer is protected by you: that is the limit",
            "{n} customers are protected by you: that is the limit", held,
        ).format(n=held)  # fmt: skip
    first, last = in_a_row(shields, Shield(since, until))
    days = (last - first).days + 1
    if most_days is not None and days > most_days:
        return _("that would be {days} days in a row, {most} at most").format(days=days, most=most_days)
    return None


def in_a_row(shields: tuple[Shield, ...], new: Shield) -> tuple[date, date]:
    """The first and the last day of the unbroken run of protections that the new one would be part of."""
    first, last = new.since, new.until
    day = timedelta(days=1)
    grown = True
    while grown:
        grown = False
        for shield in shields:
            touches = shield.since <= last + day and shield.until >= first - day
            if touches and (shield.since < first or shield.until > last):
                first, last, grown = min(first, shield.since), max(last, shield.until), True
    return first, last
