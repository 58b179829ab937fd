"""Customers that may be one: the pairs left to look at, what a new one resembles, and that two are two (DOMAIN §9).

Of a pair both sides are seen by whoever is told of it; of one whose phone and mail are hidden only the name counts, and
what is not seen is never mentioned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from crm_tui.domain.alike import Known, Likeness, alike
from crm_tui.domain.clock import local_date
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.services import disclosures, duplicates
from crm_tui.services.session import Outcome, Refusal, Session, done
from crm_tui.store import duplicates as store
from crm_tui.store import importing
from crm_tui.store.duplicates import Look, Pair, Progress

_PAGE = 200
FEW = 10
"""So many pairs are listed unless told otherwise."""


@dataclass(frozen=True)
class Alike:
    """Two customers that one sees, and how much they are alike as far as one may know; `first` has the lower id."""

    first: int
    other: int
    names: tuple[str, str]
    likeness: Likeness

    @property
    def pair(self) -> tuple[int, int]:
        """The two ids."""
        return self.first, self.other

    @property
    def record(self) -> dict[str, Any]:
        """What `dupes --json` prints of it."""
        return {
            "id": self.first, "name": self.names[0], "other": self.other, "other_name": self.names[1],
            "score": self.likeness.score, "reasons": [reason.words for reason in self.likeness.reasons],
        }  # fmt: skip


def look(session: Session, progress: Progress = lambda done, most: None) -> int:
    """Look through all customers for those that may be one, and keep what was found; how many pairs."""
    return store.look(session.database, session.stamp, progress)


def last_look(session: Session) -> Look | None:
    """The last look through all customers; None before the first."""
    return store.last_look(session.database)


def pairs(
    session: Session, text: str = "", limit: int | None = FEW, leave: Iterable[tuple[int, int]] = ()
) -> list[Alike]:
    """The pairs left to look at, the most alike first, as they are by now; with a filter those of which it finds one,
    without those to `leave` out. UsageError for a filter that cannot be read.
    """
    found: list[Alike] = []
    left = set(leave)
    for pair in _kept(session, text):
        if limit is not None and len(found) >= limit:
            break
        if pair.pair not in left:
            found.append(pair)
    return found


def _kept(session: Session, text: str) -> Iterator[Alike]:
    from crm_tui.services import lists

    lists.read(session, text)
    last: Pair | None = None
    while page := store.pairs(session.database, session.sight, last, _PAGE):
        last = page[-1]
        ids = {key for pair in page for key in pair[:2]}
        wanted = lists.among(session, lists.Query(text), sorted(ids)) if text.strip() else ids
        known = _known(session, ids)
        apart = store.distinct(session.database, ids)
        for a, b, __ in page:
            if (a in wanted or b in wanted) and a in known and b in known and (a, b) not in apart:
                likeness = _alike(known[a], known[b])
                if likeness.is_candidate:
                    yield Alike(a, b, (known[a][0].name, known[b][0].name), likeness)


def _known(session: Session, ids: Iterable[int]) -> dict[int, tuple[Known, bool]]:
    """What is known of those of the customers that one sees, and whether all of it may be told."""
    shown = duplicates.seen(session, ids)
    return {key: (known, shown[key]) for key, known in store.known(session.database, shown).items()}


def _alike(a: tuple[Known, bool], b: tuple[Known, bool]) -> Likeness:
    if a[1] and b[1]:
        return alike(a[0], b[0])
    return alike(a[0].by_name(), b[0].by_name())


def of(session: Session, ids: Sequence[int]) -> Likeness:
    """How much two customers that one sees are alike."""
    known = _known(session, ids)
    return _alike(known[ids[0]], known[ids[1]])


def resembling(
    session: Session, one: Known, leave: Iterable[int] = (), most: int = 3
) -> list[tuple[int, str, Likeness]]:
    """The customers that one sees and that somebody new may be, the most alike first: id, name, how much."""
    ids = store.candidates(session.database, one) - set(leave)
    known = _known(session, ids) if ids else {}
    found = [(key, theirs[0].name, _alike((one, True), theirs)) for key, theirs in known.items()]
    found = [row for row in found if row[2].is_candidate]
    return sorted(found, key=lambda row: (-row[2].score, row[0]))[:most]


def of_new(session: Session, newest: int) -> int:
    """How many of the customers made since the one of that id, the newest then, have a phone, a mail or a tax number of
    one that was there, as far as one sees these.
    """
    last = importing.newest(session.database)
    return store.resembling(session.database, session.sight, newest + 1, last) if 0 < newest < last else 0


def warning(session: Session, customer_id: int) -> tuple[str, str]:
    """What a customer that has just been made resembles, in words, and the line that merges the two; "" for nothing."""
    one = store.known(session.database, [customer_id])[customer_id]
    found = resembling(session, one, [customer_id])
    if not found:
        return "", ""
    told = "; ".join(
        _("{id} {name} ({score} %): {reasons}").format(id=key, name=name, score=how.score, reasons=how.words)
        for key, name, how in found
    )
    return _("resembles {told}").format(told=told), f"merge {found[0][0]} {customer_id}"


def listed(session: Session, text: str, limit: int | None, *, scan: bool, progress: Progress) -> Outcome:
    """The pairs as `dupes` prints them; with `scan`, and where nobody has looked yet, after a look through all.

    NotAllowed for who may not have so many customers printed.
    """
    if scan or last_look(session) is None:
        look(session, progress)
    found = pairs(session, text, FEW if limit is None else limit)
    disclosures.check_queue(session, sorted({key for one in found for key in one.pair}), text or _("duplicates"))
    lines = [
        f"{one.likeness.score:>3}  {one.first} {one.names[0]}  =  {one.other} {one.names[1]}  ·  {one.likeness.words}"
        for one in found
    ]
    n = len(found)
    message = ngettext("{n} pair that may be one", "{n} pairs that may be one", n).format(n=f"{n:,}")
    return Outcome(
        f"{message}; {looked(session)}", lines=tuple(lines), data=tuple(one.record for one in found),
        columns=("id", "name", "other", "other_name", "score", "reasons"),
    )  # fmt: skip


def looked(session: Session) -> str:
    """When somebody looked last, and how many customers have come since."""
    last = last_look(session)
    if last is None:
        return _("nobody has looked yet")
    day = local_date(last.at, session.person.zone)
    if store.is_up_to_date(session.database, last):
        return _("looked through on {day}").format(day=day)
    return _("looked through on {day}, others have come since: `dupes --scan`").format(day=day)


def distinct(session: Session, ids: Sequence[int]) -> Outcome:
    """Remember that these customers are not one, each of any other; of a pair one must see both and may change one."""
    wanted = list(dict.fromkeys(ids))
    if len(wanted) < 2:
        raise UsageError(_("distinct takes two customers or more: distinct ID ID"))
    with session.changing() as change:
        seen, refused = session.see(wanted)
        names = {facts.id: facts.name for facts in seen}
        mine = {facts.id for facts in session.take(wanted, archived=True)[0]}
        known = store.distinct(session.database, names)
        new = []
        for pair in combinations(sorted(names), 2):
            if not mine & set(pair):
                reason = _("neither it nor {name} is yours to change").format(name=names[pair[0]])
                refused.append(Refusal(pair[1], names[pair[1]], reason, forbidden=True))
            elif pair not in known:
                new.append(pair)
        rows = [
            {"customer_id": a, "other_id": b, "user_id": session.person.id, "at": session.stamp} for a, b in new
        ]
        change.insert("distinct_pair", rows)
        changed = sorted({key for pair in new for key in pair})
        message = _("{names}: not one").format(names=", ".join(f"{key} {names[key]}" for key in changed))
        return done(change, message if new else _("nothing was changed"), changed, refused)
