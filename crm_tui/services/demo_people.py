"""What passes between the demo's people: what lies in which pool, who shares, offers, comments, is away, is warned.

All of it is told of yesterday or earlier, but for the warnings, which are those of this morning's sweep.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.language import _
from crm_tui.domain.recycling import Holding, Rules, because, decide
from crm_tui.domain.schemes import primary
from crm_tui.domain.settings import RECYCLE_PRESET
from crm_tui.services.demo_plan import CLOSED, pick

if TYPE_CHECKING:
    from crm_tui.services.demo_life import Calendar, Life, Rows

EAST = 2
"""The pool beside the default one."""
EAST_NAME = "华东"
EASTERN = ("上海", "浙江", "江苏")
"""The regions whose customers lie there."""
ADMIN, LEAD, REP, MEMBER, PARTNER, AWAY = 1, 2, 3, 4, 5, 6
"""The ids of the demo's team: who signs in is the rep; the member belongs to the pool too."""
REP_NAME = "李娜"

RELEASED = ("unreachable", "unreachable", "no-need", "no-need", "wrong-fit", "bad-data", "competitor")
COMMENTS = (
    "价格可以谈到九五折，先问清楚他们的用量。",
    "Who decides there? We only ever speak to the buyer.",
    "下次请带技术一起去，上次的问题还没有答复。",
)
"""What the lead says; kept in the tongues of the team."""
OFFERED = ("他们搬到了你的区域", "speaks your language, not mine")


def rules() -> Iterator[tuple[str, str]]:
    """The business rules that are set, as they are kept: recycling is on, for want of contact."""
    for letter, days in RECYCLE_PRESET.items():
        yield f"pool.recycle.contact.{letter}", str(days)


def pool_of(region: str | None) -> int:
    """The public pool in which a customer of that region lies when nobody holds it."""
    return EAST if region in EASTERN else 1


def pools(rows: Rows) -> None:
    """The second pool, with its members."""
    rows.last["pool"] = 1
    rows.add("pool", EAST_NAME, f"region:{','.join(EASTERN)}")
    for user in (REP, MEMBER):
        rows.add("pool_member", EAST, user)


def hands(life: Life) -> None:
    """Whose a customer was: who had it first, and how it came to where it is."""
    if life.pool is not None and not life.events:
        _hand(life, "make", None, None, life.pool, life.first, "", life.created)
        return
    _hand(life, "make", None, life.first, None, life.first, "", life.created)
    if life.pool is not None:
        kind, reason, user = _left(life)
        _hand(life, kind, life.first, None, life.pool, user, reason, _left_at(life))
    elif life.holder != life.first:
        _hand(life, "assign", life.first, life.holder, None, LEAD, "", life.given)


def _left(life: Life) -> tuple[str, str, int]:
    """How a customer came into the pool: kind, reason, by whom."""
    if life.dice.random() < 0.8:
        return "release", pick(life.dice, RELEASED), life.first
    return "recycle", _("no contact for too long"), ADMIN


def _left_at(life: Life) -> int:
    """The moment of it: on a later day than the last interaction, where there was one, else soon after it."""
    last = life.events[-1]
    age = life.calendar.days.ago(life.dice, 1, last.age - 1) if last.age > 1 else last.age
    return life.calendar.moment(life.dice, age) if age < last.age else last.moment + 360


def _hand(
    life: Life, kind: str, frm: int | None, to: int | None, pool: int | None, user: int, reason: str, moment: int
) -> None:
    row = (life.key, kind, frm, None, to, pool, user, reason, life.calendar.text(moment))
    life.rows.waiting["ownership_log"].append(row)


def between(calendar: Calendar, rows: Rows, lives: Sequence[Life]) -> None:
    """What waits for the rep: comments, offers, what is shared, two warnings, and the queue of who is away."""
    told = calendar.text(calendar.at(calendar.days.past[0], 17 * 60))
    mine = [life for life in lives if life.holder == REP and life.plan.contact and _is_quiet(life)]
    for life, text in zip(mine, COMMENTS, strict=False):
        rows.add("comment", life.key, life.said, LEAD, text, told)
        rows.add("notice", REP, "comment", life.key, LEAD, text, told)
    theirs = [life for life in lives if life.holder == MEMBER and _is_quiet(life)]
    for life, text in zip(theirs, OFFERED, strict=False):
        rows.add("transfer", life.key, MEMBER, REP, text, told)
        rows.add("notice", REP, "offer", life.key, MEMBER, text, told)
    shared = [life for life in lives if life.holder == PARTNER and _is_quiet(life)]
    until = calendar.date(-30).isoformat()
    for life, (function, access) in zip(shared, (("engineer", "edit"), ("service", "read")), strict=False):
        rows.add("collaborator", life.key, REP, function, access, until)
        rows.add("notice", REP, "shared", life.key, PARTNER, "", told)
    rows.add("absence", AWAY, REP, calendar.date(1).isoformat(), calendar.date(-6).isoformat())
    _warnings(calendar, rows, [life for life in lives if life.holder == REP])


def _is_quiet(life: Life) -> bool:
    """Whether nothing else is due of the customer."""
    plan = life.plan
    return plan.next is None and plan.stale_in is None and not plan.archived and plan.tier == "D" and (
        plan.stage not in CLOSED and plan.stage != "intent"
    )  # fmt: skip


def _warnings(calendar: Calendar, rows: Rows, mine: Sequence[Life]) -> None:
    """The two warnings that this morning's sweep has left the rep."""
    from crm_tui.services.demo_life import day_of  # which asks here for the pools

    today, limits, left = calendar.days.today, Rules(RECYCLE_PRESET), 2
    for life in mine:
        plan = life.plan
        if not left or plan.tier not in "AB" or plan.contact is None or plan.next is not None:
            continue
        spoken, held = calendar.date(plan.contact), day_of(life.given)
        since = day_of(life.began[-1])
        holding = Holding(plan.stage, primary(plan.stage), plan.tier, held, since, spoken, archived=plan.archived)
        decided = decide(holding, None, limits, today, calendar.workdays)
        if decided.step != "warn" or decided.returns is None or decided.on is None:
            continue
        text = because(decided.returns, holding, f"{life.channel}, {REP_NAME}")
        on, days = decided.on.isoformat(), decided.returns.days
        rows.add("recycle_warning", life.key, "contact", on, today.isoformat(), days, plan.tier, text)
        left -= 1
