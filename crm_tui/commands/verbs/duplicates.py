"""What the commands on customers that may be one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def distinct(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import likeness

    return likeness.distinct(session, ids)


def merge(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import merges

    return merges.merge(session, ids, values.get("into"), values.get("take"), values.get("seen"))


def taken(session: Session, text: str) -> dict[str, int]:
    """`phone=12,email=5`: whose value of each field is taken."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, sign, key = (piece.strip() for piece in part.partition("="))
        if not (name and sign and key.isascii() and key.isdigit()):
            raise UsageError(_('"{text}" is not field=ID, as in phone=12,email=5').format(text=part), part, 0)
        found[name] = int(key)
    return found


def versions(session: Session, text: str) -> dict[int, int]:
    """`12=4,5=1`: at which version each customer was seen."""
    found: dict[int, int] = {}
    for part in text.split(","):
        key, __, version = (piece.strip() for piece in part.partition("="))
        if not all(number.isascii() and number.isdigit() for number in (key, version)):
            raise UsageError(_('"{text}" is not ID=VERSION, as in 12=4,5=1').format(text=part), part, 0)
        found[int(key)] = int(version)
    return found
