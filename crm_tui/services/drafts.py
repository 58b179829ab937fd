"""Forms that were begun: what was typed survives Esc, a killed session and a dropped line. Not journaled."""

from __future__ import annotations

import json
from collections.abc import Mapping

from crm_tui.services.session import Session


def save(session: Session, form: str, values: Mapping[str, str]) -> None:
    """Keep what was typed into the form."""
    with session.database.writing():
        session.database.execute(
            "INSERT INTO draft (user_id, form, content, saved_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (user_id, form) DO UPDATE SET content = excluded.content, saved_at = excluded.saved_at",
            (session.person.id, form, json.dumps(dict(values), ensure_ascii=False), session.stamp),
        )


def load(session: Session, form: str) -> tuple[dict[str, str], str] | None:
    """What was typed into the form before, and when (a stored stamp); None when nothing is kept."""
    row = session.database.row(
        "SELECT content, saved_at FROM draft WHERE user_id = ? AND form = ?", (session.person.id, form)
    )
    return (json.loads(row[0]), row[1]) if row else None


def drop(session: Session, form: str) -> None:
    """Forget the draft: the form was sent, or cleared."""
    if load(session, form) is None:
        return
    with session.database.writing():
        session.database.execute("DELETE FROM draft WHERE user_id = ? AND form = ?", (session.person.id, form))
