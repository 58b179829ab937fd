"""Words that one puts on customers to find them again."""

from __future__ import annotations

import json
from collections.abc import Sequence

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.text import clean
from crm_tui.services.session import Outcome, Session, done, named
from crm_tui.store.customers import seen_by


def tag(session: Session, ids: Sequence[int], names: Sequence[str], *, remove: bool = False) -> Outcome:
    """Put the tags on the customers, or take them off; a tag is one word."""
    wanted = list(dict.fromkeys(word(name) for name in names))
    with session.changing() as change:
        taken, refused = session.take(ids)
        there = {
            (customer_id, name): key
            for key, customer_id, name in session.database.rows(
                "SELECT id, customer_id, name FROM tag WHERE customer_id IN (SELECT value FROM json_each(?))",
                (json.dumps([f.id for f in taken]),),
            )
        }
        pairs = [(f.id, name) for f in taken for name in wanted if ((f.id, name) in there) == remove]
        if remove:
            change.delete("tag", [there[pair] for pair in pairs])
        else:
            change.insert("tag", [{"customer_id": key, "name": name} for key, name in pairs])
        changed = [f for f in taken if f.id in {key for key, __ in pairs}]
        sign = "−" if remove else "+"
        words = " ".join(f"{sign}{name}" for name in wanted)
        message = _("{who}: {tags}").format(who=named(changed), tags=words) if changed else _("nothing was changed")
        return done(change, message, [f.id for f in changed], refused)


def known(session: Session, limit: int = 50) -> list[str]:
    """Tags on customers that the user sees."""
    rows = session.database.rows(
        "SELECT DISTINCT t.name FROM tag t JOIN customer c ON c.id = t.customer_id"
        f" WHERE {seen_by(session.sight)} ORDER BY t.name LIMIT ?",
        (limit,),
    )
    return [row[0] for row in rows]


def word(name: str) -> str:
    """The tag as it is kept; UsageError for what is none."""
    kept = clean(name, limit=60).lstrip("#").casefold()
    if not kept or any(c.isspace() or c in ',"():' for c in kept):
        raise UsageError(_('tag "{name}": one word, without blanks, commas and brackets').format(name=name), name, 0)
    return kept
