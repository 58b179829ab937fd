"""Merging customers that are one: field by field into a survivor, to whom everything under the others moves.

What moves is counted before and after; a merge that loses a row is not done. The others are archived, and name the
survivor. One undo takes it back, whole or not at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from crm_tui.domain.clock import local_date
from crm_tui.domain.errors import Conflict, CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import name_key
from crm_tui.domain.profile_fields import CUSTOM
from crm_tui.domain.stages import BY_IDENTIFIER, STAGES
from crm_tui.services import notices, profiles, recycling, tiers
from crm_tui.services.comparison import KEPT, TITLES, Choice, choices
from crm_tui.services.pools import may_give
from crm_tui.services.session import Outcome, Refusal, Session, done
from crm_tui.store import merging, pools
from crm_tui.store import tiers as tiers_store
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


@dataclass
class _Merge:
    """A merge that is being done: `dropped` counts the rows that could not stand beside those of the survivor."""

    session: Session
    change: Change
    survivor: Facts
    losers: list[Facts]
    choices: list[Choice]
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> list[int]:
        return [facts.id for facts in self.losers]

    @property
    def every(self) -> list[int]:
        return [self.survivor.id, *self.lost]

    @property
    def left_out(self) -> dict[str, int]:
        """How many rows of each table were dropped, where any were."""
        return {table: n for table, n in self.dropped.items() if n}

    def drop(self, table: str, rows: Iterable[int]) -> None:
        found = list(rows)
        if found:
            self.change.delete(table, found)
            self.dropped[table] += len(found)


def merge(
    session: Session, ids: Sequence[int], into: int | None = None, take: Mapping[str, int] | None = None,
    seen: Mapping[int, int] | None = None,
) -> Outcome:
    """Merge the customers into one of them, `into`, the first unless told otherwise.

    The survivor keeps its holder, stage and tier, and the value of each field that it has; what it lacks comes from the
    first of the others that has it. `take` says otherwise: field → whose value. Those that one may not give away are
    refused by name and left as they are. Raises CrmError where fewer than two are left, and Conflict where one is not
    at the version at which it was `seen`.
    """
    wanted = list(dict.fromkeys([into, *ids] if into is not None else ids))
    if len(wanted) < 2:
        raise UsageError(_("merge takes two customers or more: merge ID ID … --into ID"))
    with session.changing() as change:
        may_give(session)
        taken, refused = session.take_to_move(wanted)
        survivor, losers = _survivor(taken, refused, wanted[0])
        _check_alike(survivor, losers)
        _check_seen([survivor, *losers], seen or {})
        chosen = choices(session, [survivor.id, *(f.id for f in losers)], take or {})
        doing = _Merge(session, change, survivor, losers, chosen)
        before = merging.counts(session.database, doing.every)
        said = told_apart(session, doing.every)
        apart = merging.pairs(session.database, doing.lost)
        _end_holdings(doing)
        _drop_alike(doing)
        _one_primary(doing)
        _one_follow_up(doing)
        _apart(doing, apart)
        for table in merging.moving():
            change.update(table, merging.rows_of(session.database, table, doing.lost), customer_id=survivor.id)
        _take_fields(doing)
        _bury(doing)
        _take_tiers(doing)
        moved = _counted(doing, before)
        change.searchable.update(doing.every)
        return _outcome(doing, moved, said, refused)


def _survivor(taken: Sequence[Facts], refused: Sequence[Refusal], wanted: int) -> tuple[Facts, list[Facts]]:
    """The survivor, the first that was named, and those that go into it; NotAllowed or CrmError."""
    by_id = {facts.id: facts for facts in taken}
    if wanted not in by_id or len(taken) < 2:
        first = next((one for one in refused if one.id == wanted), refused[0])
        name = f"{first.id} {first.name}: " if first.name else ""
        raise (NotAllowed if first.forbidden else CrmError)(f"{name}{first.reason}")
    return by_id[wanted], [facts for facts in taken if facts.id != wanted]


def _check_alike(survivor: Facts, losers: Sequence[Facts]) -> None:
    for facts in losers:
        if facts.kind != survivor.kind:
            raise CrmError(_("{name} is of another kind than {other}: they are not one").format(
                name=_numbered(facts), other=_numbered(survivor)
            ))  # fmt: skip
        if bool(facts.blocked) != bool(survivor.blocked):
            text = _("of {name} and {other} one is blocked: block or unblock first, then merge")
            raise CrmError(text.format(name=_numbered(facts), other=_numbered(survivor)))


def _numbered(facts: Facts) -> str:
    """Those that may be one have names that tell nobody which is which."""
    return f"{facts.id} {facts.name}"


def _check_seen(taken: Sequence[Facts], seen: Mapping[int, int]) -> None:
    """Conflict where somebody has changed one of them since: it is not what was looked at that would be written."""
    for facts in taken:
        if seen.get(facts.id, facts.version) != facts.version:
            text = _("{id} {name} was changed meanwhile: nothing was merged; look at them again")
            key = {"id": facts.id, "version": facts.version}
            raise Conflict(text.format(id=facts.id, name=facts.name), (key,))


def told_apart(session: Session, ids: Sequence[int]) -> tuple[str, ...]:
    """Who said of which of the customers that they are not one, and when: a line for each pair."""
    zone = session.person.zone
    text = _("{first} and {other} are not one, said {login} on {day}")
    return tuple(
        text.format(first=first, other=other, login=login, day=local_date(at, zone))
        for first, other, login, at in merging.told_apart(session.database, ids)
    )


# -- fields


def _take_fields(doing: _Merge) -> None:
    """Write what the survivor gets; what it takes over was verified when the other's was."""
    database, key = doing.session.database, doing.survivor.id
    taken = [choice for choice in doing.choices if choice.taken != key]
    if not taken:
        return
    columns: dict[str, str | None] = {one.field: one.value or None for one in taken if one.field in KEPT}
    if "name" in columns:
        columns["name_key"] = name_key(str(columns["name"]))
    doing.change.update("customer", [key], **columns) if columns else None
    known = merging.profiles(database, doing.every)
    fields, verified = (dict(part) for part in known.get(key, ({}, {})))
    for one in taken:
        name = one.field.removeprefix(CUSTOM)
        if one.field not in KEPT:
            _set(fields, name, one.value)
        _set(verified, name, known.get(one.taken, ({}, {}))[1].get(name, ""))
    row = {name: json.dumps(part, ensure_ascii=False, sort_keys=True)
           for name, part in (("fields", fields), ("verified", verified))}  # fmt: skip
    if key in known:
        doing.change.update("profile", [key], **row)
    elif fields or verified:
        doing.change.insert("profile", [{"id": key, **row}])
    profiles.refresh_staleness(doing.session, doing.change, [key])


def _set(fields: dict[str, str], name: str, value: str) -> None:
    if value:
        fields[name] = value
    else:
        fields.pop(name, None)


# -- what cannot stand beside the survivor's


def _end_holdings(doing: _Merge) -> None:
    """What passes between people on account of a holding ends where the holding does."""
    session, change, survivor = doing.session, doing.change, doing.survivor
    offers = pools.open_offers(session.database, doing.lost)
    change.update("transfer", [row for row, *__ in offers.values()], closed_at=session.stamp, closed_as="withdrawn")
    notices.close(session, change, None, doing.lost, ("offer",))
    doing.drop("recycle_warning", merging.rows_of(session.database, "recycle_warning", doing.lost))
    today = session.today.isoformat()
    owners = {facts.id: facts.owner_id for facts in doing.losers}
    shielded = bool(pools.running_protections(session.database, [survivor.id], today))
    for row, customer_id in sorted(pools.running_protections(session.database, doing.lost, today)):
        if shielded or owners[customer_id] != survivor.owner_id:
            change.update("protection", [row], ended_on=today)
        shielded = True
    theirs = merging.whole(session.database, "collaborator", doing.lost)
    doing.drop("collaborator", [
        row["id"] for row in theirs if survivor.owner_id is None or row["user_id"] == survivor.owner_id
    ])  # fmt: skip


def _drop_alike(doing: _Merge) -> None:
    """Of rows that are alike the survivor's stays; of a collaboration the wider one."""
    database = doing.session.database
    if merging.rows_of(database, "credit_share", [doing.survivor.id]):  # a split is fixed as a whole
        doing.drop("credit_share", merging.rows_of(database, "credit_share", doing.lost))
    else:
        fixed = next((key for key in doing.lost if merging.rows_of(database, "credit_share", [key])), None)
        rest = [key for key in doing.lost if key != fixed]
        doing.drop("credit_share", merging.rows_of(database, "credit_share", rest))
    shares = {row["id"]: row for row in merging.whole(database, "collaborator", doing.every)}
    for row, kept in merging.twins(database, "collaborator", doing.every).items():
        doing.change.update("collaborator", [kept], **_wider(shares[kept], shares[row]))
    for table in merging.UNLIKE:
        doing.drop(table, merging.twins(database, table, doing.every))


def _wider(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    ends = (mine["until_on"], theirs["until_on"])
    return {
        "access": "edit" if "edit" in (mine["access"], theirs["access"]) else "read",
        "until_on": None if None in ends else max(ends), "function": mine["function"] or theirs["function"],
    }  # fmt: skip


def _one_primary(doing: _Merge) -> None:
    primary = merging.primary_contacts(doing.session.database, doing.every)
    doing.change.update("contact", primary[1:], is_primary=0)


def _one_follow_up(doing: _Merge) -> None:
    """The earlier of the promised dates stands; the others are replaced by it, and stay in the history."""
    rows = merging.open_follow_ups(doing.session.database, doing.every)
    rows.sort(key=lambda row: (row["due_on"], row["due_at"] or "~", row["kind"] != "promise"))
    late = [row["id"] for row in rows[1:]]
    doing.change.update("follow_up", late, closed_at=doing.session.stamp, closed_as="replaced")


def _apart(doing: _Merge, pairs: Sequence[tuple[int, int, int]]) -> None:
    """Who is not one of the others is not the survivor either; what was said of two that are merged now, was wrong."""
    known = {(a, b) for __, a, b in merging.pairs(doing.session.database, [doing.survivor.id])}
    gone: list[int] = []
    rows: dict[int, dict[str, int]] = {}
    lost = set(doing.lost)
    for row, *pair in pairs:
        a, b = sorted(doing.survivor.id if key in lost else key for key in pair)
        if a == b or (a, b) in known:
            gone.append(row)
        else:
            known.add((a, b))
            rows[row] = {"customer_id": a, "other_id": b}
    if gone:
        doing.change.delete("distinct_pair", gone)
    doing.change.update_each("distinct_pair", rows)


def _bury(doing: _Merge) -> None:
    """The others are archived, and repeat nothing of what has moved; the survivor repeats it."""
    session, change, survivor = doing.session, doing.change, doing.survivor
    nothing = dict.fromkeys(("next_on", "next_at", "last_contact", "last_touch"))
    change.update("customer", doing.lost, archived_at=session.stamp, merged_into=survivor.id, **nothing)
    every = [survivor, *doing.losers]
    rows = merging.open_follow_ups(session.database, [survivor.id])
    contact = max((f.last_contact for f in every if f.last_contact), default=None)
    change.update(
        "customer", [survivor.id], next_on=rows[0]["due_on"] if rows else None,
        next_at=rows[0]["due_at"] if rows else None, last_contact=contact,
        last_touch=max((f.last_touch for f in every if f.last_touch), default=None),
    )  # fmt: skip
    if contact != survivor.last_contact:
        held = merging.counts(session.database, [survivor.id])["recycle_warning"]
        recycling.contacted(session, change, [survivor.id])
        doing.dropped["recycle_warning"] += held - merging.counts(session.database, [survivor.id])["recycle_warning"]


def _take_tiers(doing: _Merge) -> None:
    """The survivor gets the tiers under schemes that have graded the others alone; the first of them gives it."""
    database, key = doing.session.database, doing.survivor.id
    mine = set(tiers_store.of(database, key))
    for loser in doing.lost:
        for scheme, row in tiers_store.of(database, loser).items():
            if scheme in mine or scheme not in doing.session.settings.schemes:
                continue
            mine.add(scheme)
            names = ("tier", "reason", "by_hand", "until_on", "computed", "computed_from", "computed_to")
            tiers.write(
                doing.session, doing.change, scheme, {key: {name: getattr(row, name) for name in names}}, {},
                {key: _("merged with {id}").format(id=loser)},
            )  # fmt: skip


# -- counting, telling


def _counted(doing: _Merge, before: Mapping[str, int]) -> dict[str, int]:
    """How many rows each table has under the survivor, where it has any; CrmError, and nothing is done, where they are
    not those that all of them had before.
    """
    after = merging.counts(doing.session.database, [doing.survivor.id])
    left = merging.counts(doing.session.database, doing.lost)
    for table, n in before.items():
        if after[table] + doing.dropped[table] != n or left[table]:
            raise CrmError(
                _("{what}: {before} before, {after} after: nothing was merged; tell the authors").format(
                    what=_(TITLES.get(table, table)), before=n, after=after[table]
                )
            )
    return {table: n for table, n in after.items() if n}


def _outcome(
    doing: _Merge, moved: Mapping[str, int], said: Sequence[str], refused: Sequence[Refusal]
) -> Outcome:
    survivor, losers = doing.survivor, doing.losers
    names = ", ".join(f"{facts.id} {facts.name}" for facts in losers)
    message = _("{names} merged into {id} {name}").format(names=names, id=survivor.id, name=survivor.name)
    record = {
        "id": survivor.id, "name": next(c.value for c in doing.choices if c.field == "name"), "merged": doing.lost,
        "fields": [{"field": c.field, "value": c.value, "from": c.taken} for c in doing.choices],
        "rows": dict(moved), "dropped": doing.left_out,
    }  # fmt: skip
    proposal = _further(survivor, losers)
    return done(
        doing.change, message, doing.every, refused, data=(record,), lines=(*said, *_lines(doing, moved)),
        proposal=proposal,
    )  # fmt: skip


def _lines(doing: _Merge, moved: Mapping[str, int]) -> Iterable[str]:
    key = doing.survivor.id
    for choice in doing.choices:
        if choice.taken != key:
            yield _("{field}: {value}, of {id}").format(field=choice.title, value=choice.shown(choice.taken),
                                                        id=choice.taken)  # fmt: skip
        others = [other for other in doing.every if choice.values[other] not in ("", choice.value)]
        if others:
            rest = ", ".join(f"{choice.shown(other)} ({other})" for other in others)
            text = _("{field}: {value} stays, not {rest}") if choice.taken == key else _("  in place of {rest}")
            yield text.format(field=choice.title, value=choice.shown(key), rest=rest)
    if moved:
        yield _("under {id} then: {rows}").format(id=key, rows=_told(moved))
    if doing.left_out:
        yield _("left out, since the survivor has the like: {rows}").format(rows=_told(doing.left_out))


def _told(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {_(TITLES.get(table, table))}" for table, n in rows.items())


def _further(survivor: Facts, losers: Sequence[Facts]) -> tuple[str, str] | None:
    """One of the others may be further along the path: what to do about it is for a person to say."""
    order = {stage.identifier: number for number, stage in enumerate(STAGES)}
    path = [facts for facts in losers if facts.stage != "lost"]
    best = max(path, key=lambda facts: order[facts.stage], default=survivor)
    if survivor.stage == "lost" or order[best.stage] <= order[survivor.stage]:
        return None
    text = _("{id} was {stage}").format(id=best.id, stage=BY_IDENTIFIER[best.stage].title)
    return f"stage {best.stage} {survivor.id}", text


def told(session: Session, facts: Facts) -> str:
    """Into whom the customer was merged, in words; "" for one that was not. One that is not seen has no name."""
    if facts.merged_into is None:
        return ""
    found = merging.into(session.database, facts.id)
    if found is None:
        return ""
    seen, __ = session.see([found[0]])
    if not seen:
        return _("merged into another customer")
    return _("merged into {id} {name}").format(id=found[0], name=found[1])
