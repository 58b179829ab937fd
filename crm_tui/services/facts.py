"""What all facts of a customer's business have in common: how their numbers are read and made, how amounts are said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.money import format_amount
from crm_tui.domain.text import ascii_twin, clean
from crm_tui.services.session import Session
from crm_tui.store import sales

LETTERS: dict[sales.Table, str] = {"deal": "D", "sales_order": "O", "receivable": "R", "payment": "P"}
"""What the numbers begin with that nobody gave."""
_LONGEST = 60


def money(session: Session, minor: int | None) -> str:
    """The amount as it is read, "–" for an unknown one."""
    return "–" if minor is None else format_amount(minor, session.settings["currency"])


def plain_amount(session: Session, minor: int | None) -> str | None:
    """The amount in whole units as scripts read it: `1200.50`; None for an unknown one."""
    return None if minor is None else money(session, minor).replace(",", "")


def number(session: Session, table: sales.Table, given: str) -> str:
    """The number of a new row: as given, else one of its own. UsageError for one that is taken."""
    wanted = " ".join(clean(given, limit=_LONGEST + 1).split())
    if not wanted:
        return sales.free_number(session.database, table, LETTERS[table])
    if len(wanted) > _LONGEST or wanted.startswith("#"):
        raise UsageError(_("a number has {n} characters at most, and no # before it").format(n=_LONGEST), given, 0)
    if sales.id_of(session.database, table, wanted) is not None:
        raise UsageError(_('the number "{number}" is taken: give another one').format(number=wanted), given, 0)
    return wanted


def id_meant(session: Session, table: sales.Table, typed: str) -> int | None:
    """The row that `typed` means: its number, else its id as `#17` or `17`. Whether one sees it is not asked."""
    text = ascii_twin(typed).strip()
    found = sales.id_of(session.database, table, typed.strip())
    digits = text.removeprefix("#")
    if found is None and digits.isascii() and digits.isdigit() and len(digits) <= 18:
        return int(digits)
    return found


def note_of(text: str) -> str:
    """A note as it is kept."""
    return clean(text, multiline=True, limit=2_000)


def line_of(text: str, limit: int = 200) -> str:
    """Words of one line as they are kept."""
    return " ".join(clean(text, limit=limit).split())


def day(session: Session, given: date | None) -> str:
    """The day as it is kept; today where none is given."""
    return (given or session.today).isoformat()


def missing(what: str, typed: str) -> CrmError:
    """What is said of a deal, an order, a receivable that is not there, or not for this user."""
    text = {
        "deal": _("there is no deal {number}"), "order": _("there is no order {number}"),
        "receivable": _("there is no receivable {number}"),
    }[what]  # fmt: skip
    return CrmError(text.format(number=typed.strip()))


def listed(
    session: Session, table: sales.Table, text: str, which: str, limit: int | None, line: str
) -> list[Any]:
    """The rows of the customers that the filter finds (all that one sees, for none), `which` of them as `sales.every`.

    What is printed of many customers is data taken out (DOMAIN §8); NotAllowed for who may not.
    """
    from crm_tui.services import disclosures, lists

    most = 200 if limit is None else limit
    rows: Sequence[Any]
    if text.strip():
        found: list[Any] = []
        for ids in lists.every(session, lists.Query(text)):
            found += sales.every(session.database, session.sight, table, which, ids, limit=most - len(found))
            if len(found) >= most:
                break
        rows = found
    else:
        rows = sales.every(session.database, session.sight, table, which, limit=most)
    if session.source != "screen":
        told = list(dict.fromkeys(row.customer_id for row in rows))
        disclosures.check_queue(session, told, text, "" if limit is not None else line)
    return list(rows)
