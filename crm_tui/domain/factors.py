"""Why a customer buys: three factors in its own order, which order is typical of a tier, and what goes against it.

DOMAIN §6. Words are matched in English and Chinese; they are a hint to whoever reads, and hold nobody up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _
from crm_tui.domain.stages import Choice, choose
from crm_tui.domain.text import ascii_twin

FACTORS: tuple[Choice, ...] = (
    Choice("supplier", N_("trusted supplier"), ("信赖的供应商", "信賴的供應商", "供应商", "供應商", "trust")),
    Choice("price", N_("price"), ("价格导向", "價格導向", "价格", "價格", "cost")),
    Choice("partner", N_("innovating partner"), ("创新伙伴", "創新夥伴", "伙伴", "夥伴", "innovation")),
)
"""The factors: a supplier that one can rely on, the price, a partner who brings what is new."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "price": (
        "discount", "cheap", "cheaper", "cheapest", "rebate", "bargain", "low price", "lower price", "price cut",
        "special offer", "special price", "per cent off",
        "降价", "降價", "折扣", "打折", "便宜", "优惠", "優惠", "特价", "特價", "让利", "讓利", "最低价", "最低價",
    ),
    "supplier": (
        "reliable", "reliability", "warranty", "guarantee", "on time", "track record", "long-term", "stable supply",
        "可靠", "质保", "質保", "保修", "准时", "準時", "稳定供货", "穩定供貨", "长期合作", "長期合作", "口碑",
    ),
    "partner": (
        "innovation", "innovative", "prototype", "pilot", "joint development", "co-develop", "roadmap", "latest",
        "创新", "創新", "新品", "试点", "試點", "联合开发", "聯合開發",
        "原型", "路线图", "路線圖", "新技术", "新技術",
    ),
}  # fmt: skip
"""What a note or an offer that appeals to a factor says."""


def _pattern(words: Sequence[str], more: str = "") -> re.Pattern[str]:
    """What finds any of the words, those in letters as whole words, or what is written besides."""
    parts = [rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in words]
    return re.compile("|".join([*parts, *filter(None, [more])]), re.IGNORECASE)


_SAID = {name: _pattern(words, r"\d\s?% off\b" if name == "price" else "") for name, words in _WORDS.items()}


_THEIRS = re.compile(
    r"\b(they|customer|he|she)\b.*\b(ask|asks|asked|demand|demands|demanded|want|wants|wanted)\b|要求|想要|希望",
    re.IGNORECASE,
)
"""What the customer says is no argument of ours."""


def parse_ranking(text: str) -> tuple[str, ...]:
    """The factors in the order of `supplier>price>partner`, the weightiest first; one or two of them are enough.

    UsageError for what is no factor, or one twice.
    """
    found: list[str] = []
    plain = ascii_twin(text.replace("、", ">"))
    for part in re.split(r"[>,;]", plain):
        choice = choose(part, FACTORS)
        names = ", ".join(factor.identifier for factor in FACTORS)
        if choice is None:
            message = _('"{text}" is no purchase factor: {names}, as in supplier>price>partner')
            raise UsageError(message.format(text=part.strip(), names=names), text, max(0, plain.find(part.strip())))
        if choice.identifier in found:
            raise UsageError(_("{factor} is there twice").format(factor=choice.title), text, plain.rfind(part.strip()))
        found.append(choice.identifier)
    return tuple(found)


def title(factor: str) -> str:
    """The factor in the reader's language."""
    return next((choice.title for choice in FACTORS if choice.identifier == factor), factor)


def in_words(ranking: Sequence[str]) -> str:
    """The ranking as people read it: `trusted supplier > price`."""
    return " > ".join(title(factor) for factor in ranking)


def appeals(text: str) -> frozenset[str]:
    """The factors to which a note or an offer appeals; clauses that tell what the customer asks for are left out."""
    clauses = re.split(r"[.;,!?\n]", ascii_twin(text))
    ours = [clause for clause in clauses if not _THEIRS.search(clause)]
    return frozenset(name for name, words in _SAID.items() if any(words.search(clause) for clause in ours))


def against(text: str, ranking: Sequence[str]) -> str | None:
    """Why a note or an offer goes against how the customer buys, in words; None when it does not.

    It does when it speaks of what the customer ranks last, or not at all, and not of what comes first.
    """
    said = appeals(text)
    if not ranking or ranking[0] in said:
        return None
    low = [factor.identifier for factor in FACTORS if factor.identifier not in ranking]
    if len(ranking) > 1 and not low:
        low = [ranking[-1]]
    for factor in low:
        if factor in said:
            names = {"first": title(ranking[0]), "said": title(factor)}
            return _("it buys for: {first}; this speaks of: {said}").format(**names)
    return None


def typical(rankings: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The ranking that suits the rankings best: by the sum of places, what is not ranked last (Borda's count).

    Equal sums stand in the order of FACTORS; () for no rankings.
    """
    points = {factor.identifier: 0 for factor in FACTORS}
    n = 0
    for ranking in rankings:
        n += 1
        for place, factor in enumerate(ranking):
            if factor in points:
                points[factor] += len(points) - place
    return tuple(sorted((f for f in points if points[f]), key=lambda factor: -points[factor])) if n else ()
