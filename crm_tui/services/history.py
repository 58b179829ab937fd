"""Undo, redo, and what was done by whom: the journal, as users meet it (DOMAIN §9)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from crm_tui.domain.errors import Conflict, CrmError, NotAllowed
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.people import Sight
from crm_tui.services import reverting
from crm_tui.services.pools import check_caps
from crm_tui.services.session import Outcome, Refusal, Session
from crm_tui.store import customers, journal, people, pools, reverts
from crm_tui.store.journal import Reverted

_Found = tuple[int, int, str, str] | None


def undo(session: Session, entry_id: int | None = None) -> Outcome:
    """Take back the user's newest action in effect, or the one that is named.

    Customers that someone changed since stay and are refused by name; CrmError when there is nothing to undo,
    Conflict when all of it was changed since.
    """
    return _revert(session, "undo", journal.undoable, entry_id)


def redo(session: Session, entry_id: int | None = None) -> Outcome:
    """Do again what the user took back last, or the entry that is named, unless something new was done since."""
    return _revert(session, "redo", journal.redoable, entry_id)


def _revert(
    session: Session, kind: str, find: Callable[..., _Found], entry_id: int | None
) -> Outcome:
    with session.database.writing():
        session.refresh()
        found = find(session.database, session.person.id) if entry_id is None else _named(session, entry_id, kind)
        if found is None:
            raise CrmError(_("there is nothing to undo") if kind == "undo" else _("there is nothing to redo"))
        root_id, target_id, command, summary = found
        reverting.check_entry(session, target_id)
        keep = reverting.forbidden(session, target_id, redo=kind == "redo")
        with journal.recording(
            session.database, user_id=session.person.id, at=session.stamp, source=session.source, command=kind,
            kind=kind, root_id=root_id, reverts_id=target_id,
        ) as change:  # fmt: skip
            held = pools.held_now(session.database, people.holders(session.database))
            protected = reverting.protections(session)
            reverted = journal.revert(change, target_id, keep)
            check_caps(session, {key: counted for key, (counted, __) in held.items()}, target_id)
            reverting.check_receivers(session, change.entry_id)
            reverting.check_protections(session, protected)
            if reverted.kept and not reverted.changed:
                raise Conflict(_stuck(session, reverted, keep, root_id, summary or command))
            journal.append_histories(change, at=session.stamp, user_id=session.person.id, reason=kind)
            what = summary or command
            message = (_("undone: {what}") if kind == "undo" else _("done again: {what}")).format(what=what)
            change.summarize(message)
    session.refresh()
    return _outcome(session, reverted, keep, message)


def _stuck(session: Session, reverted: Reverted, keep: Mapping[int, str], root_id: int, what: str) -> str:
    """Why an entry cannot be taken back, whom it is about, and how to go on."""
    names = list(_names(session, reverted.kept).values())
    who = ", ".join(names[:5]) + (_(" and {n} more").format(n=len(names) - 5) if len(names) > 5 else "")
    text = _("not undone, changed since: {what}").format(what=f"{who}; {what}" if who else what)
    if set(reverted.kept) <= set(keep):
        text = _("not undone: {reason}").format(reason=next(iter(keep.values())))
    earlier = journal.undoable(session.database, session.person.id, before=root_id)
    return f"{text}; " + _("`undo {id}` takes back what came before").format(id=earlier[0]) if earlier else text


def _names(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """The names of those of the customers that are there and seen, by id."""
    return reverts.names(session.database, customers.seen_by(session.sight), ids)


def _named(session: Session, entry_id: int, kind: str) -> _Found:
    row = session.database.row(
        "SELECT e.id, e.user_id, e.command, e.summary, e.fixed, e.source, coalesce(t.id, e.id), coalesce(t.kind, 'do')"
        " FROM journal_entry e"
        " LEFT JOIN journal_entry t ON t.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.id = ? AND e.kind = 'do'",
        (entry_id,),
    )
    if row is None:
        raise CrmError(_("there is no entry {id} in the journal").format(id=entry_id))
    root_id, user_id, command, summary, fixed, source, tail_id, tail_kind = row
    if fixed:
        raise NotAllowed(_("entry {id} cannot be taken back: data was shown or taken out").format(id=entry_id))
    swept = source == "sweep"
    if swept and session.person.role not in ("lead", "admin"):
        raise NotAllowed(_("entry {id} is a sweep's: leads take it back").format(id=entry_id))
    if user_id != session.person.id and not swept:
        raise NotAllowed(_("entry {id} is someone else's: one takes back one's own").format(id=entry_id))
    if (tail_kind == "undo") == (kind == "undo"):
        raise CrmError(_("entry {id} is undone already") if kind == "undo" else _("entry {id} is in effect"))
    return root_id, tail_id, command, summary


def _outcome(session: Session, reverted: Reverted, keep: Mapping[int, str], message: str) -> Outcome:
    names = _names(session, reverted.kept)
    since = _("changed by someone else since: it stays as it is")
    refused = [Refusal(key, names.get(key, ""), keep.get(key, since)) for key in reverted.kept if key > 0]
    others = sum(key <= 0 for key in reverted.kept)
    n = len(reverted.changed)
    if n > 1:
        message += ngettext(" ({n} customer)", " ({n} customers)", n).format(n=f"{n:,}")
    if others:  # rows of no customer have nothing that could name them
        message += ngettext("; {n} other row stays", "; {n} other rows stay", others).format(n=others)
    return Outcome(message, reverted.changed, tuple(refused), reverted.entry_id)


def entries(
    session: Session,
    *,
    limit: int = 500,
    before: int | None = None,
    customer_id: int | None = None,
    mine: bool = False,
    words: str = "",
) -> list[dict[str, Any]]:
    """Journal entries, newest first: id, at, user, source, command, summary, kind, undone, customers (how many).

    One sees one's own entries, a lead the team's too, administrators all; of a customer that one works, all. What
    others did to a customer that one does not see is not told in words.
    """
    conditions: list[str] = ["1"]
    parameters: list[int | str] = []
    if before is not None:
        conditions.append("e.id < ?")
        parameters.append(before)
    sight = session.sight
    own = customer_id is not None and session.one(customer_id).owner_id in sight.owners
    every = session.person.role == "admin" or (session.person.role == "lead" and sight.everything)
    if mine or not (every or own):
        conditions.append("e.user_id IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps([session.person.id] if mine else [session.person.id, *sight.led]))
    for word in words.split():
        told = f"{_told('command', sight)} || ' ' || {_told('summary', sight)}"
        conditions.append(f"instr(lower(u.login || ' ' || e.source || ' ' || {told}), ?)")
        parameters.append(word.lower())
    if customer_id is not None:
        conditions.append("e.id IN (SELECT entry_id FROM journal_change WHERE customer_id = ?)")
        parameters.append(customer_id)
    cursor = session.database.connection.execute(
        f"SELECT e.id, e.at, u.login AS user, e.source, {_told('command', sight)}, {_told('summary', sight)}, e.kind,"
        " (SELECT t.kind FROM journal_entry t WHERE t.root_id = e.id ORDER BY t.id DESC LIMIT 1) = 'undo' AS undone,"
        " (SELECT count(DISTINCT customer_id) FROM journal_change c WHERE c.entry_id = e.id) AS customers"
        f" FROM journal_entry e JOIN user u ON u.id = e.user_id WHERE {' AND '.join(conditions)}"
        " ORDER BY e.id DESC LIMIT ?",
        (*parameters, limit),
    )
    names = ("id", "at", "user", "source", "command", "summary", "kind", "undone", "customers")
    return [dict(zip(names, row, strict=True)) | {"undone": bool(row[7])} for row in cursor]


def _told(column: str, sight: Sight) -> str:
    """The SQL of the words of an entry: none of what somebody else did to a customer that one does not see."""
    if sight.everything:
        return f"e.{column}"
    return (
        f"CASE WHEN e.user_id = {int(sight.user_id)} OR NOT EXISTS (SELECT 1 FROM journal_change h"
        " WHERE h.entry_id = e.id AND h.customer_id IS NOT NULL AND NOT EXISTS"
        f" (SELECT 1 FROM customer c WHERE c.id = h.customer_id AND {customers.seen_by(sight)}))"
        f" THEN e.{column} ELSE '' END"
    )


def changes(session: Session, entry_id: int, limit: int = 200) -> list[dict[str, Any]]:
    """What an entry changed: record, id, customer, action, before, after (JSON texts).

    One sees what it changed of the customers that one works, and of one's own entries what belongs to no customer.
    """
    author = session.database.value("SELECT user_id FROM journal_entry WHERE id = ?", (entry_id,))
    sight = session.sight
    seen = "1"
    if not sight.everything or session.person.role == "service":
        # In the pool a customer's phone is masked, in the journal too: only what one works is shown.
        seen = f"customer_id IN (SELECT c.id FROM customer c WHERE {customers.part_of(sight, customers.OWN)})"
        if author == session.person.id:
            seen += " OR customer_id IS NULL OR NOT EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id)"
    rows = session.database.rows(
        "SELECT record, record_id, customer_id, action, before, after FROM journal_change"
        f" WHERE entry_id = ? AND ({seen}) ORDER BY id LIMIT ?",
        (entry_id, limit),
    )
    if author is None or not (rows or author == session.person.id):
        raise CrmError(_("there is no entry {id} in the journal").format(id=entry_id))
    names = ("record", "id", "customer", "action", "before", "after")
    return [dict(zip(names, row, strict=True)) for row in rows]
