"""Whether a customer is in the database already (DOMAIN §9): same normalised name and kind, and no phone, mail or tax
number that both have differs. Of one that is not seen, or masked, these tell nothing: its name and kind decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crm_tui.domain.names import name_key
from crm_tui.domain.people import is_masked
from crm_tui.services.session import Session
from crm_tui.store import customers, merging
from crm_tui.store.customers import reach

COMPARED = ("phone", "email", "tax_number")


def same(mine: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    """Whether nothing that both have differs; case does not count."""
    for name in COMPARED:
        a, b = mine.get(name), other.get(name)
        if a and b and a.casefold() != b.casefold():
            return False
    return True


def seen(session: Session, ids: Iterable[int]) -> dict[int, bool]:
    """Those of the customers that one sees, and whether phone, mail and tax number of each are seen too."""
    found = customers.facts(session.database, session.sight, ids)
    return {key: not is_masked(session.sight, facts.owner_id) for key, facts in found.items()}


def find(session: Session, kind: str, name: str, values: Mapping[str, str | None]) -> tuple[int | None, bool]:
    """The id of the first customer that is the same, and whether one sees it: one that is seen, or else, whoever holds
    it, one that is not. A dry run, which leaves no trace, finds only what is seen. (None, False) when there is none.

    One that was merged into another stands for that one.
    Phones and mails are those that lists show: the customer's own, or else its first contact's that has one.
    """
    rows = session.database.rows(
        f"SELECT c.id, {reach('phone')}, {reach('email')}, c.tax_number FROM customer c"
        " WHERE c.name_key = ? AND c.kind = ? ORDER BY c.merged_into IS NOT NULL, c.id",
        (name_key(name), kind),
    )
    merged = merging.survivors(session.database, [row[0] for row in rows]) if rows else {}
    rows = [(merged.get(key, key), *theirs) for key, *theirs in rows]
    shown = seen(session, [row[0] for row in rows]) if rows else {}
    for key, *theirs in rows:
        if key in shown and (not shown[key] or same(values, dict(zip(COMPARED, theirs, strict=True)))):
            return key, True
    hidden = [row[0] for row in rows if row[0] not in shown]
    return (None if session.trial else next(iter(hidden), None)), False
