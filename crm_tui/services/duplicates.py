"""Whether a customer is in the database already (DOMAIN §9): same normalised name and kind, and no phone, mail or tax
number that both have differs.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_tui.domain.names import name_key
from crm_tui.services.session import Session
from crm_tui.store.customers import reach

COMPARED = ("phone", "email", "tax_number")


def same(mine: Mapping[str, str | None], other: Mapping[str, str | None]) -> bool:
    """Whether nothing that both have differs; case does not count."""
    for name in COMPARED:
        a, b = mine.get(name), other.get(name)
        if a and b and a.casefold() != b.casefold():
            return False
    return True


def find(session: Session, kind: str, name: str, values: Mapping[str, str | None]) -> int | None:
    """The id of the first customer that is the same, whoever holds it; None when there is none.

    Phones and mails are those that lists show: the customer's own, or else its first contact's that has one.
    """
    rows = session.database.rows(
        f"SELECT c.id, {reach('phone')}, {reach('email')}, c.tax_number FROM customer c"
        " WHERE c.name_key = ? AND c.kind = ? ORDER BY c.id",
        (name_key(name), kind),
    )
    for key, *theirs in rows:
        if same(values, dict(zip(COMPARED, theirs, strict=True))):
            return int(key)
    return None
