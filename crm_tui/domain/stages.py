"""The six stages of a customer, and what a move from one to another asks for.

The path has one order, and a stage is known everywhere by its identifier; labels are for reading only.
Rules are those of DOMAIN §2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _

Direction = Literal["forward", "back", "same"]


class Choice(Struct, frozen=True):
    """One of a closed list: what is stored (`identifier`), what is read (`label`), what may be typed for it."""

    identifier: str
    label: str
    synonyms: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return _(self.label)


def fold(text: str) -> str:
    """`text` as names are compared: full-width as half-width, without case, spaces and hyphens as underscores."""
    words = unicodedata.normalize("NFKC", text).casefold().replace("-", " ").split()
    return "_".join(words)


def pick(text: str, named: Iterable[tuple[str, Sequence[str]]]) -> str | None:
    """The identifier in `named` (identifier, names) that `text` means; None when it means none, or several.

    A whole name beats the beginning of one; a beginning counts when it belongs to one identifier only.
    """
    wanted = fold(text)
    if not wanted:
        return None
    begun: set[str] = set()
    for identifier, names in named:
        folded = [fold(name) for name in (identifier, *names)]
        if wanted in folded:
            return identifier
        if any(name.startswith(wanted) for name in folded):
            begun.add(identifier)
    return begun.pop() if len(begun) == 1 else None


def choose(text: str, choices: Sequence[Choice]) -> Choice | None:
    """The choice that `text` means by identifier, label, synonym or unique beginning; None when none does."""
    found = pick(text, ((c.identifier, (c.label, c.title, *c.synonyms)) for c in choices))
    return next((c for c in choices if c.identifier == found), None)


class Stage(Struct, frozen=True):
    """A step of the path. `label` and `meaning` are English; `title` and `explained` are as the reader reads.

    `rotting_days`: days without a change or an interaction after which the row says so; None for never.
    `proposes`: the intent letter (scheme `abcd`) that coming here proposes; None for none.
    `closed`: the prospect's cadence stops here, and release is proposed.
    """

    identifier: str
    key: str
    label: str
    meaning: str
    rotting_days: int | None
    proposes: str | None
    closed: bool = False

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return _(self.label)

    @property
    def explained(self) -> str:
        """The meaning in the reader's language."""
        return _(self.meaning)


STAGES: tuple[Stage, ...] = (
    Stage(
        "non_customer", "n", N_("non-customer"), N_("has no need of what we sell"), None, "D", closed=True
    ),
    Stage(
        "potential", "p", N_("potential"), N_("needs what we sell, not necessarily from us or now"), 30, "D"
    ),
    Stage("target", "t", N_("target"), N_("has a particular need and compares suppliers"), 21, "C"),
    Stage("intent", "i", N_("intent"), N_("wants to buy from us; the terms are open"), 14, "B"),
    Stage("actual", "a", N_("actual"), N_("has bought from us"), 90, None),
    Stage("lost", "l", N_("lost"), N_("bought from us or wanted to, and went"), None, None, closed=True),
)
BY_IDENTIFIER: Mapping[str, Stage] = MappingProxyType({s.identifier: s for s in STAGES})
FIRST = "potential"  # where a new customer starts unless told otherwise

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "non_customer": ("非客户", "非客戶", "无需求", "無需求", "no customer"),
    "potential": ("潜在客户", "潛在客戶", "潜在", "潛在", "潜客", "prospect", "lead"),
    "target": ("目标客户", "目標客戶", "目标", "目標"),
    "intent": ("意向客户", "意向客戶", "意向", "有意向"),
    "actual": (
        *("现实客户", "現實客戶", "成交客户", "成交客戶", "已成交", "成交", "已签约", "已簽約", "签约", "簽約"),
        *("签约客户", "簽約客戶", "老客户", "老客戶", "现有客户", "現有客戶", "正式客户", "正式客戶", "合作客户"),
        *("合作客戶", "合作中", "已合作", "customer", "client", "won"),
    ),
    "lost": ("流失客户", "流失客戶", "流失", "已流失", "churned"),
}


def stage(text: str) -> Stage:
    """The stage that `text` names: identifier, key letter, label in any shipped language, unique beginning.

    Raises UsageError that lists the stages. DOMAIN §2.
    """
    known = BY_IDENTIFIER.get(text)
    if known is not None:
        return known
    found = pick(text, ((s.identifier, (s.key, s.label, s.title, *_SYNONYMS[s.identifier])) for s in STAGES))
    if found is None:
        names = ", ".join(s.identifier for s in STAGES)
        message = _('stage "%(text)s" is not one of %(names)s') % {"text": text, "names": names}
        raise UsageError(message, text, 0)
    return BY_IDENTIFIER[found]


def rank(identifier: str) -> int:
    """The stage's place on the path, 0 for `non_customer` to 5 for `lost`."""
    return STAGES.index(BY_IDENTIFIER[identifier])


def neighbour(identifier: str, step: Literal[1, -1]) -> Stage | None:
    """The stage one step on or back; None at the ends. `lost` is never reached by going on."""
    place = rank(identifier) + step
    if place < 0 or place >= len(STAGES) or (step > 0 and STAGES[place].identifier == "lost"):
        return None
    return STAGES[place]


LOST_REASONS: tuple[Choice, ...] = (
    Choice("competitor", N_("competitor"), ("竞争对手", "競爭對手", "竞品", "競品")),
    Choice("price", N_("price"), ("价格", "價格", "价格高")),
    Choice("quality", N_("quality"), ("质量", "質量", "品质", "品質")),
    Choice("delivery", N_("delivery"), ("交货", "交貨", "交期", "物流")),
    Choice("credit_terms", N_("credit terms"), ("账期", "賬期", "帳期", "付款条件", "付款條件")),
    Choice("no_need", N_("no need"), ("无需求", "無需求", "没有需求", "沒有需求")),
    Choice("project_cancelled", N_("project cancelled"), ("项目取消", "項目取消", "專案取消")),
    Choice("closed_down", N_("closed down"), ("倒闭", "倒閉", "停业", "停業", "注销", "註銷")),
    Choice("contact_left", N_("contact left"), ("联系人离职", "聯繫人離職", "联系人离开")),
    Choice("service", N_("service"), ("服务", "服務")),
    Choice("dropped_by_us", N_("dropped by us"), ("我方放弃", "我方放棄", "主动放弃", "主動放棄")),
    Choice("other", N_("other"), ("其他", "其它")),
)


def lost_reason(text: str) -> str:
    """The reason as it is stored: `price`, or with words of one's own `other: text` (any reason may have them).

    UsageError for a reason that is not in the list, and for `other` without words.
    """
    return listed_reason(text, LOST_REASONS, _("stage lost needs a reason"))


def listed_reason(text: str, choices: Sequence[Choice], wanted: str) -> str:
    """A reason out of a list as it is stored; `wanted` says, where there is none, what needs one. As `lost_reason`."""
    head, _colon, own = text.replace("：", ":", 1).partition(":")
    found = choose(head, choices)
    own = own.strip()
    if found is None or (found.identifier == "other" and not own):
        names = ", ".join([c.identifier for c in choices if c.identifier != "other"] + ['"other: …"'])
        if not text.strip():
            raise UsageError(_("%(wanted)s: one of %(names)s") % {"wanted": wanted, "names": names})
        message = _('reason "%(text)s" is not one of %(names)s') % {"text": text, "names": names}
        raise UsageError(message, text, 0)
    return f"{found.identifier}: {own}" if own else found.identifier


def lost_reason_key(stored: str) -> str:
    """The listed part of a stored reason, for counting: `other` of `other: moved abroad`."""
    return stored.partition(":")[0].strip()


class Move(Struct, frozen=True):
    """A change of stage. `reason` is as typed from `move`, as stored from `check_move`.

    `proposes` is the intent letter of the new stage, `offers_release` whether to propose the public pool.
    """

    frm: Stage
    to: Stage
    reason: str
    direction: Direction
    needs_reason: bool
    win_back: bool

    @property
    def proposes(self) -> str | None:
        return self.to.proposes

    @property
    def offers_release(self) -> bool:
        return self.to.closed and self.direction != "same"


def is_win_back(frm: str, to: str) -> bool:
    """Whether the move is counted as a win-back: `lost` to `target` or `intent`."""
    return frm == "lost" and to in ("target", "intent")


def move(frm: str, to: str, reason: str = "") -> Move:
    """What going from one stage to another (identifiers) is, whether or not its reason will do. DOMAIN §2.

    Going back along the path, to `non_customer` and to `lost` need a reason; a win-back goes back along it too.
    """
    step = rank(to) - rank(frm)
    direction: Direction = "forward" if step > 0 else "back" if step < 0 else "same"
    needs = direction == "back" or (direction != "same" and to in ("non_customer", "lost"))
    return Move(BY_IDENTIFIER[frm], BY_IDENTIFIER[to], reason.strip(), direction, needs, is_win_back(frm, to))


def always_needs_reason(to: str) -> bool:
    """Whether nobody comes to the stage (an identifier) from another without a reason."""
    return all(move(frm, to).needs_reason for frm in BY_IDENTIFIER if frm != to)


def check_move(frm: str, to: str, reason: str = "") -> Move:
    """The move with its reason as it is to be stored.

    Raises UsageError when a reason is missing, or the one for `lost` is not on the list.
    """
    made = move(frm, to, reason)
    if made.to.identifier == "lost" and made.needs_reason:
        return Move(made.frm, made.to, lost_reason(reason), made.direction, True, made.win_back)
    if made.needs_reason and not made.reason:
        names = {"frm": made.frm.identifier, "to": made.to.identifier}
        raise UsageError(_('going back from %(frm)s to %(to)s needs a reason: add --reason "…"') % names)
    return made
