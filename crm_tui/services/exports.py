"""Taking customers out as a table that Excel opens, that runs nothing, and that an import reads back as the same.

Headings are the places that an import knows; what one may not see is not there: sensitive fields never, and of masked
customers neither a way to reach them nor fields of one's own, which may hold one.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import IO, Any

from crm_tui.domain.clock import moment
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.people import is_masked
from crm_tui.domain.profile import as_typed
from crm_tui.domain.profile_fields import CUSTOM, FIELDS
from crm_tui.formats.delimited import write_csv
from crm_tui.services.imports.plans import CONTACT, PERSONAL
from crm_tui.services.session import Session
from crm_tui.store import importing

_BATCH = 1_000
_COLUMNS = (
    "id", "name", "kind", "stage", "tier", "phone", "email", "wechat", "region", "industry", "source", "address",
    "website", "tax_number", "business_role", "referred_by", "parent", "note", "next_on", "next_at", "last_contact",
    "created_at",
)  # fmt: skip
_REACH = ("phone", "email", "wechat", "contact_phone", "contact_email", "contact_wechat")
_HEADINGS = {field: heading for heading, field in PERSONAL.items()}
_PROFILE = {_HEADINGS.get(f.identifier, f.identifier): f.identifier for f in FIELDS if not (f.column or f.sensitive)}

STANDARD: tuple[str, ...] = (
    "id", "name", "kind", "stage", "tier", "owner", "pool", "phone", "email", "wechat", "region", "industry", "source",
    "tags", "next_follow_up", "last_contact", "created", "address", "website", "tax_number", "business_role",
    "referred_by", "parent", "note", *CONTACT, *_PROFILE,
)  # fmt: skip
"""The columns of an export, in order; fields of one's own (`x.NAME`) follow."""


def export(
    session: Session, ids_in_batches: Iterator[Sequence[int]], stream: IO[str], columns: Sequence[str] | None = None
) -> int:
    """Write the customers of these ids that one sees, in order; how many they were.

    `stream` is open with `newline=""` in UTF-8. `columns` are some of `STANDARD` and `x.NAME` (default: all of them,
    and all fields of one's own that these customers have). Days and times are the user's. UsageError for a column
    that there is not.
    """
    ids = array("q", chain.from_iterable(ids_in_batches))
    wanted = list(columns) if columns is not None else [*STANDARD, *_own(session, ids)]
    for name in wanted:
        if name not in STANDARD and not name.startswith(CUSTOM):
            message = _('there is no column "{name}"{hint}')
            raise UsageError(message.format(name=name, hint=nearest(name, STANDARD)), name, 0)
    return write_csv(stream, wanted, _rows(session, ids, wanted), bom=True)


def _batches(ids: array[int]) -> Iterator[list[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH].tolist()


def _own(session: Session, ids: array[int]) -> list[str]:
    """The fields of one's own that the customers have, by name."""
    known = [f.identifier for f in FIELDS]
    found: set[str] = set()
    for batch in _batches(ids):
        found |= importing.custom_fields(session.database, session.sight, batch, known)
    return [CUSTOM + name for name in sorted(found)]


def _rows(session: Session, ids: array[int], wanted: Sequence[str]) -> Iterator[list[str | None]]:
    for batch in _batches(ids):
        for row in importing.exported(session.database, session.sight, batch, _COLUMNS):
            values = _values(session, row)
            yield [values.get(name) for name in wanted]


def _values(session: Session, row: dict[str, Any]) -> dict[str, str | None]:
    """What an export says of the customer, by heading."""
    profile: dict[str, str] = json.loads(row["fields"] or "{}")
    values = {name: row[name] for name in _COLUMNS}
    values |= {name: row[name] for name in ("owner", "pool", "tags", *CONTACT[1:])}
    values["contact"] = row["contact_name"]
    values["created"] = _local(session, row["created_at"])
    values["last_contact"] = _local(session, row["last_contact"])
    values["next_follow_up"] = _local(session, row["next_at"], seconds=False) or row["next_on"]
    for heading, field in _PROFILE.items():
        stored = profile.pop(field, None)
        values[heading] = as_typed(field, stored) if stored else stored
    if is_masked(session.sight, row["owner_id"]):
        return values | dict.fromkeys((*_REACH, "note"))
    sensitive = {f.identifier for f in FIELDS if f.sensitive}
    return values | {CUSTOM + name: text for name, text in profile.items() if name not in sensitive}


def _local(session: Session, stored: str | None, *, seconds: bool = True) -> str | None:
    if stored is None:
        return None
    return moment(stored).astimezone(session.person.zone).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
