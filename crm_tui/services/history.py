"""Undo, redo, and what was done by whom: the journal, as users meet it (DOMAIN §9).

A run is one action: its steps are taken back together. While a run goes on, undo and redo reach its own steps only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm_tui.domain.errors import Conflict, CrmError, NotAllowed
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services import badges, profiles, reverting
from crm_tui.services.pools import check_caps
from crm_tui.services.session import Outcome, Refusal, Session
from crm_tui.store import customers, importing, journal, people, pools, reverts
from crm_tui.store import entries as entries_of
from crm_tui.store.journal import Found
from crm_tui.store.reverts import Reverted


def undo(session: Session, entry_id: int | None = None) -> Outcome:
    """Take back the user's newest action in effect, or the one that is named.

    Customers that someone changed since stay and are refused by name; CrmError when there is nothing to undo,
    Conflict when all of it was changed since.
    """
    return _revert(session, "undo", entry_id)


def redo(session: Session, entry_id: int | None = None) -> Outcome:
    """Do again what the user took back last, or the entry that is named, unless something new was done since."""
    return _revert(session, "redo", entry_id)


def _revert(session: Session, kind: str, entry_id: int | None) -> Outcome:
    with session.database.writing(), importing.room(session.database):
        session.refresh()
        root_id, target_id, command, summary = _found(session, kind, entry_id)
        entries = journal.steps(session.database, target_id) or [target_id]
        reverting.check_entries(session, entries)
        keep = reverting.forbidden(session, entries, redo=kind == "redo")
        with journal.recording(
            session.database, user_id=session.person.id, at=session.stamp, source=session.source, command=kind,
            kind=kind, root_id=root_id, reverts_id=target_id, run=session.run,
        ) as change:  # fmt: skip
            held = pools.held_now(session.database, people.holders(session.database))
            protected = reverting.protections(session)
            reverted = reverts.revert(change, entries, keep)
            check_caps(session, {key: counted for key, (counted, __) in held.items()}, entries)
            reverting.check_receivers(session, change.entry_id, entries)
            reverting.check_protections(session, protected)
            if reverted.kept and not reverted.changed:
                raise Conflict(_stuck(session, reverted, keep, root_id, entries, summary or command))
            if change.is_empty():
                raise CrmError(_("nothing of it is left: {what}").format(what=summary or command))
            reverts.append_histories(change, at=session.stamp, user_id=session.person.id, reason=kind)
            # What is primary may have changed since by what was no change of these customers' rows.
            session.refresh()
            if reverts.records(session.database, entries) & {"setting", "scheme"}:
                badges.mirror_all(session, change)
            else:
                badges.mirror(session, change, reverted.changed)
            profiles.refresh_staleness(session, change, reverts.restaled(session.database, change.entry_id))
            what = summary or command
            message = (_("undone: {what}") if kind == "undo" else _("done again: {what}")).format(what=what)
            change.summarize(message)
            is_run = bool(journal.steps(session.database, root_id))
    session.refresh()
    # A hand-over touches more customers than it says it hands over; the steps of a run speak of all that they touch.
    n = len(reverted.changed) if is_run else reverted.moved or len(reverted.changed)
    return _outcome(session, reverted, keep, message, n)


def _stuck(
    session: Session, reverted: Reverted, keep: Mapping[int, str], root_id: int, entries: Sequence[int], what: str
) -> str:
    """Why an entry cannot be taken back, whom it is about, and how to go on."""
    kept = _names(session, reverted.kept)
    names = [f"{key} {name}" if len(kept) > 1 else name for key, name in kept.items()]
    who = ", ".join(names[:5]) + (_(" and {n} more").format(n=len(names) - 5) if len(names) > 5 else "")
    text = _("not undone, changed since: {what}").format(what=f"{who}; {what}" if who else what)
    if set(reverted.kept) <= set(keep):
        text = _("not undone: {reason}").format(reason=next(iter(keep.values())))
    for key, survivor in reverts.merged_since(session.database, entries):
        if key in _names(session, [key]):
            text += _("; {id} was itself merged into {other} since: undo that first").format(id=key, other=survivor)
            return text
    earlier = journal.undoable(session.database, session.person.id, before=root_id, run=_run(session))
    return f"{text}; " + _("`undo {id}` takes back what came before").format(id=earlier[0]) if earlier else text


def _names(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """The names of those of the customers that are there and seen, by id."""
    return reverts.names(session.database, customers.seen_by(session.sight), ids)


def _run(session: Session) -> int | None:
    """The entry of the run that goes on; 0 where it has none yet, None where there is no run."""
    return None if session.run is None else session.run.standing(session.database) or 0


def _found(session: Session, kind: str, entry_id: int | None) -> tuple[int, int, str, str]:
    """What is to be taken back or done again: the action, its newest link, command and summary."""
    run = _run(session)
    if entry_id is not None:
        return _named(session, entry_id, kind, run)
    found: Found = None
    if run != 0:
        find = journal.undoable if kind == "undo" else journal.redoable
        found = find(session.database, session.person.id, run=run)
    if found is None:
        nothing = _NOTHING if run is None else _NOTHING_IN_RUN
        raise CrmError(_(nothing[kind]))
    return found


_NOTHING = {"undo": N_("there is nothing to undo"), "redo": N_("there is nothing to redo")}
_NOTHING_IN_RUN = {
    "undo": N_("there is nothing to undo in this run"), "redo": N_("there is nothing to redo in this run"),
}  # fmt: skip


def _named(session: Session, entry_id: int, kind: str, run: int | None) -> tuple[int, int, str, str]:
    found = entries_of.standing(session.database, entry_id)
    if found is None:
        raise CrmError(_("there is no entry {id} in the journal").format(id=entry_id))
    if found.fixed:
        raise NotAllowed(_("entry {id} cannot be taken back: data was shown or taken out").format(id=entry_id))
    swept = found.source == "sweep"
    if swept and session.person.role not in ("lead", "admin"):
        raise NotAllowed(_("entry {id} is a sweep's: leads take it back").format(id=entry_id))
    if found.user_id != session.person.id and not swept:
        raise NotAllowed(_("entry {id} is someone else's: one takes back one's own").format(id=entry_id))
    if run is not None and found.run_id != run:
        raise CrmError(_("entry {id} is no step of this run, which takes back its own only").format(id=entry_id))
    if run is None and found.run_id is not None:
        text = _("entry {id} is a step of a run: `{kind} {run}` is for all of it")
        raise CrmError(text.format(id=entry_id, kind=kind, run=found.run_id))
    if (found.tail_kind == "undo") == (kind == "undo"):
        text = _("entry {id} is undone already") if kind == "undo" else _("entry {id} is in effect")
        raise CrmError(text.format(id=entry_id))
    return found.root_id, found.tail_id, found.command, found.summary


def _outcome(session: Session, reverted: Reverted, keep: Mapping[int, str], message: str, n: int) -> Outcome:
    names = _names(session, reverted.kept)
    since = _("changed by someone else since: it stays as it is")
    refused = [Refusal(key, names.get(key, ""), keep.get(key, since)) for key in reverted.kept if key > 0]
    others = sum(key <= 0 for key in reverted.kept)
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
    sight, person = session.sight, session.person
    own = customer_id is not None and session.one(customer_id).owner_id in sight.owners
    every = person.role == "admin" or (person.role == "lead" and sight.everything)
    authors = None if every or own else (person.id, *sight.led)
    return entries_of.entries(
        session.database, sight, authors=(person.id,) if mine else authors, limit=limit, before=before,
        customer_id=customer_id, words=words,
    )  # fmt: skip


def changes(session: Session, entry_id: int, limit: int = 200) -> list[dict[str, Any]]:
    """What an entry changed: record, id, customer, action, before, after (JSON texts).

    One sees what it changed of the customers that one works, and of one's own entries what belongs to no customer.
    """
    sight, mine = session.sight, entries_of.author(session.database, entry_id) == session.person.id
    limited = sight if not sight.everything or session.person.role == "service" else None
    rows = entries_of.changes(session.database, entry_id, limited, own=mine, limit=limit)
    if not (rows or mine):
        raise CrmError(_("there is no entry {id} in the journal").format(id=entry_id))
    return rows
