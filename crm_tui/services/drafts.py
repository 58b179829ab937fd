"""Forms that were begun: what was typed survives Esc, a killed session and a dropped line. Not journaled."""

from __future__ import annotations

import json
from collections.abc import Mapping

from msgspec import Struct

from crm_tui.services.session import Session

_VERSION = "@version"
"""Beside the fields in a draft: the version of the row that they were typed for. No field is called so."""


class Draft(Struct, frozen=True):
    """What was typed into a form, when (a stored stamp), and for which version of the row that the form edits."""

    values: dict[str, str]
    at: str
    version: int | None


def save(session: Session, form: str, values: Mapping[str, str], version: int | None = None) -> None:
    """Keep what was typed into the form."""
    kept = dict(values) if version is None else {**values, _VERSION: str(version)}
    with session.database.writing():
        session.database.execute(
            "INSERT INTO draft (user_id, form, content, saved_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (user_id, form) DO UPDATE SET content = excluded.content, saved_at = excluded.saved_at",
            (session.person.id, form, json.dumps(kept, ensure_ascii=False), session.stamp),
        )


def load(session: Session, form: str) -> Draft | None:
    """What was typed into the form before; None when nothing is kept."""
    row = session.database.row(
        "SELECT content, saved_at FROM draft WHERE user_id = ? AND form = ?", (session.person.id, form)
    )
    if row is None:
        return None
    values = json.loads(row[0])
    version = values.pop(_VERSION, None)
    return Draft(values, row[1], None if version is None else int(version))


def drop(session: Session, form: str) -> None:
    """Forget the draft: the form was sent, or cleared."""
    if load(session, form) is None:
        return
    with session.database.writing():
        session.database.execute("DELETE FROM draft WHERE user_id = ? AND form = ?", (session.person.id, form))
