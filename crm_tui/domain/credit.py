"""Whose work counts, and how much: the credit for one customer as shares that always sum to 100 %.

Proposed half by the days for which one held the customer and half by the contacts that came about; what nobody has any
of is left out and the rest weighs the more. Exact: fractions, rounded once, by the largest remainder.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _

HELD = 50
"""Per cent of the credit that the days of holding give; contacts give the rest."""


@dataclass(frozen=True)
class Work:
    """What someone did for a customer: whole days held (24 hours each), contacts that came about; none negative."""

    login: str
    days: int = 0
    contacts: int = 0


@dataclass(frozen=True)
class Share:
    """Someone's part: `percent` as it is shown, `exact` before rounding, and the work that it comes from."""

    login: str
    percent: int
    exact: Fraction
    work: Work


@dataclass(frozen=True)
class Proposal:
    """Shares, the greatest first, and what they were counted from; `held` is the days' weight in per cent."""

    shares: tuple[Share, ...]
    days: int
    contacts: int
    held: int

    def arithmetic(self, share: Share) -> str:
        """How a share comes about: `50 × 30/40 days + 50 × 3/4 contacts = 75.0`."""
        parts = []
        if self.held:
            parts.append(_("{weight} × {n}/{all} days").format(weight=self.held, n=share.work.days, all=self.days))
        if self.held < 100:
            n, every = share.work.contacts, self.contacts
            parts.append(_("{weight} × {n}/{all} contacts").format(weight=100 - self.held, n=n, all=every))
        return f"{' + '.join(parts)} = {_tenths(share.exact)}"


def propose(works: Iterable[Work]) -> Proposal:
    """The split that the work suggests; without any work, no shares.

    Work of one login in several parts is summed. The order of `works` makes no difference.
    """
    done = _summed(works)
    days, contacts = sum(w.days for w in done), sum(w.contacts for w in done)
    if not days and not contacts:
        return Proposal((), 0, 0, 0)
    held = 0 if not days else 100 if not contacts else HELD
    exact = {
        w.login: Fraction(held * w.days, days or 1) + Fraction((100 - held) * w.contacts, contacts or 1) for w in done
    }
    percent = apportion(exact)
    shares = [Share(w.login, percent[w.login], exact[w.login], w) for w in done if exact[w.login]]
    shares.sort(key=lambda share: (-share.exact, share.login))
    return Proposal(tuple(shares), days, contacts, held)


def apportion(exact: Mapping[str, Fraction]) -> dict[str, int]:
    """Whole numbers near the fractions, none further off than 1, with the same (whole) sum: the largest remainder.

    Of equal remainders the greater part is served first, then the login that comes first.
    """
    floors = {login: int(part) for login, part in exact.items()}
    left = int(sum(exact.values())) - sum(floors.values())
    order = sorted(exact, key=lambda login: (floors[login] - exact[login], -exact[login], login))
    return floors | {login: floors[login] + 1 for login in order[:left]}


def check(shares: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The percentages by login, as typed (`60`, `60%`), those of 0 left out.

    UsageError for what is no whole number, for a login named twice, and when they do not sum to 100.
    """
    found: dict[str, int] = {}
    for login, text in shares:
        digits = text.strip().removesuffix("%").removesuffix("％").strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 3 and int(digits) <= 100):
            message = _("{login}={text}: a whole number from 0 to 100, in per cent")
            raise UsageError(message.format(login=login, text=text), text)
        if login in found:
            raise UsageError(_("{login} is named twice").format(login=login), login)
        found[login] = int(digits)
    total = sum(found.values())
    if total != 100:
        told = " + ".join(str(percent) for percent in found.values())
        raise UsageError(_("{shares} = {total}: the shares must sum to 100").format(shares=told, total=total))
    return {login: percent for login, percent in found.items() if percent}


def _summed(works: Iterable[Work]) -> list[Work]:
    days: dict[str, int] = {}
    contacts: dict[str, int] = {}
    for work in works:
        days[work.login] = days.get(work.login, 0) + work.days
        contacts[work.login] = contacts.get(work.login, 0) + work.contacts
    return [Work(login, days[login], contacts[login]) for login in sorted(days)]


def _tenths(number: Fraction) -> str:
    tenths = int(number * 10 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"
