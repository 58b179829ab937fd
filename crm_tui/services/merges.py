"""Merging customers that are one: field by field into a survivor, to whom everything under the others moves.

What moves is counted before and after; a merge that loses a row is not done. The others are archived, and name the
survivor. One undo takes it back, whole or not at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import N_, _
from crm_tui.domain.names import name_key
from crm_tui.domain.nearest import nearest
from crm_tui.domain.people import is_masked
from crm_tui.domain.profile import format_value
from crm_tui.domain.profile_fields import COLUMNS, CUSTOM, FIELD
from crm_tui.domain.stages import BY_IDENTIFIER, STAGES
from crm_tui.services import notices, profiles, recycling, tiers
from crm_tui.services.cards import MASK
from crm_tui.services.pools import may_give
from crm_tui.services.session import Outcome, Refusal, Session, done
from crm_tui.store import customers, merging, pools
from crm_tui.store import tiers as tiers_store
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

TITLES: Mapping[str, str] = {
    "contact": N_("contacts"), "interaction": N_("interactions"), "follow_up": N_("follow-ups"), "tag": N_("tags"),
    "protection": N_("protections"), "transfer": N_("offers"), "collaborator": N_("collaborators"),
    "comment": N_("comments"), "notice": N_("notices"), "credit_share": N_("credit shares"),
    "recycle_warning": N_("recycle warnings"), "deal": N_("deals"), "sales_order": N_("orders"),
    "order_line": N_("order lines"), "receivable": N_("receivables"), "payment": N_("payments"),
    "allocation": N_("allocations"), "wallet": N_("wallet estimates"), "purchase_factor": N_("purchase factors"),
    "playbook_mark": N_("playbook marks"), "product_push": N_("pushes"),
}  # fmt: skip
"""What the rows of each table are called."""

_KEPT = (*COLUMNS, "note")
"""The fields that are columns of the customer's row."""


@dataclass(frozen=True)
class Choice:
    """A field of the merged customer: its values by customer (stored texts, "" for none), and whose is taken."""

    field: str
    values: Mapping[int, str]
    taken: int

    @property
    def value(self) -> str:
        """What the survivor gets."""
        return self.values[self.taken]

    @property
    def title(self) -> str:
        """The field's name as people read it."""
        if self.field in FIELD:
            return FIELD[self.field].title
        return _("note") if self.field == "note" else self.field.removeprefix(CUSTOM)

    @property
    def differs(self) -> bool:
        """Whether any two of them differ."""
        return len(set(self.values.values())) > 1

    def shown(self, customer_id: int) -> str:
        """A customer's value as people read it, on one line."""
        stored = self.values[customer_id]
        text = format_value(FIELD[self.field], stored) if stored and self.field in FIELD else stored
        if self.field == "phone" and stored:
            from crm_tui.domain.phone_display import display_phone

            text = display_phone(stored)
        return " ".join(text.split())


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

    def drop(self, table: str, rows: Iterable[int]) -> None:
        found = list(rows)
        if found:
            self.change.delete(table, found)
            self.dropped[table] += len(found)


def merge(
    session: Session, ids: Sequence[int], into: int | None = None, take: Mapping[str, int] | None = None
) -> Outcome:
    """Merge the customers into one of them, `into`, the first unless told otherwise.

    The survivor keeps its holder, stage and tier, and the value of each field that it has; what it lacks comes from the
    first of the others that has it. `take` says otherwise: field → whose value. Those that one may not give away are
    refused by name and left as they are. Raises CrmError where fewer than two are left.
    """
    wanted = list(dict.fromkeys([into, *ids] if into is not None else ids))
    if len(wanted) < 2:
        raise UsageError(_("merge takes two customers or more: merge ID ID … --into ID"))
    with session.changing() as change:
        may_give(session)
        taken, refused = session.take_to_move(wanted)
        survivor, losers = _survivor(taken, refused, wanted[0])
        _check_alike(survivor, losers)
        chosen = choices(session, [survivor.id, *(f.id for f in losers)], take or {})
        doing = _Merge(session, change, survivor, losers, chosen)
        before = merging.counts(session.database, doing.every)
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
        return _outcome(doing, moved, refused)


def _survivor(taken: Sequence[Facts], refused: Sequence[Refusal], wanted: int) -> tuple[Facts, list[Facts]]:
    """The survivor, the first that was named, and those that go into it; NotAllowed or CrmError."""
    by_id = {facts.id: facts for facts in taken}
    if wanted not in by_id or len(taken) < 2:
        first = next((one for one in refused if one.id == wanted), refused[0])
        name = f"{first.name}: " if first.name else ""
        raise (NotAllowed if first.forbidden else CrmError)(f"{name}{first.reason}")
    return by_id[wanted], [facts for facts in taken if facts.id != wanted]


def _check_alike(survivor: Facts, losers: Sequence[Facts]) -> None:
    for facts in losers:
        if facts.kind != survivor.kind:
            raise CrmError(_("{name} is of another kind than {other}: they are not one").format(
                name=facts.name, other=survivor.name
            ))  # fmt: skip
        if bool(facts.blocked) != bool(survivor.blocked):
            text = _("of {name} and {other} one is blocked: block or unblock first, then merge")
            raise CrmError(text.format(name=facts.name, other=survivor.name))


# -- fields


def choices(session: Session, ids: Sequence[int], take: Mapping[str, int]) -> list[Choice]:
    """The fields that any of the customers has, whose value each gets; `ids` begin with the survivor.

    UsageError for a field that there is not, or a customer that is none of them.
    """
    rows, known = merging.rows(session.database, ids), merging.profiles(session.database, ids)
    values: dict[str, dict[int, str]] = {name: {} for name in (*FIELD, "note")}
    for key in ids:
        for name in _KEPT:
            values[name][key] = "" if rows[key][name] is None else str(rows[key][name])
        for name, text in known.get(key, ({}, {}))[0].items():
            values.setdefault(name if name in FIELD else CUSTOM + name, {})[key] = text
    for name, key in take.items():
        _check_take(name, key, values, ids)
    found = []
    for name, of in values.items():
        every = {key: of.get(key, "") for key in ids}
        if any(every.values()):
            first = next(key for key in ids if every[key])
            found.append(Choice(name, every, take.get(name, first)))
    return found


def _check_take(name: str, key: int, values: Mapping[str, Any], ids: Sequence[int]) -> None:
    if name not in values:
        raise UsageError(_('unknown field "{name}"{hint}').format(name=name, hint=nearest(name, values)), name, 0)
    if key not in ids:
        raise UsageError(_("{name}: {id} is none of those that are merged").format(name=name, id=key), str(key), 0)
    if name == "name" and not values[name].get(key):
        raise UsageError(_("a customer needs a name"), name, 0)


def _take_fields(doing: _Merge) -> None:
    """Write what the survivor gets; what it takes over was verified when the other's was."""
    database, key = doing.session.database, doing.survivor.id
    taken = [choice for choice in doing.choices if choice.taken != key]
    if not taken:
        return
    columns: dict[str, str | None] = {one.field: one.value or None for one in taken if one.field in _KEPT}
    if "name" in columns:
        columns["name_key"] = name_key(str(columns["name"]))
    doing.change.update("customer", [key], **columns) if columns else None
    known = merging.profiles(database, doing.every)
    fields, verified = (dict(part) for part in known.get(key, ({}, {})))
    for one in taken:
        name = one.field.removeprefix(CUSTOM)
        if one.field not in _KEPT:
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
    rows = merging.whole(doing.session.database, "contact", doing.every, "t.is_primary AND t.archived_at IS NULL")
    doing.change.update("contact", [row["id"] for row in rows[1:]], is_primary=0)


def _one_follow_up(doing: _Merge) -> None:
    """The earlier of the promised dates stands; the others are replaced by it, and stay in the history."""
    rows = merging.whole(doing.session.database, "follow_up", doing.every, "t.closed_at IS NULL")
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
    rows = merging.whole(session.database, "follow_up", [survivor.id], "t.closed_at IS NULL")
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


def _outcome(doing: _Merge, moved: Mapping[str, int], refused: Sequence[Refusal]) -> Outcome:
    survivor, losers = doing.survivor, doing.losers
    names = ", ".join(f"{facts.id} {facts.name}" for facts in losers)
    message = _("{names} merged into {id} {name}").format(names=names, id=survivor.id, name=survivor.name)
    record = {
        "id": survivor.id, "name": next(c.value for c in doing.choices if c.field == "name"), "merged": doing.lost,
        "fields": [{"field": c.field, "value": c.value, "from": c.taken} for c in doing.choices],
        "rows": dict(moved), "dropped": {table: n for table, n in doing.dropped.items() if n},
    }  # fmt: skip
    proposal = _further(survivor, losers)
    return done(
        doing.change, message, doing.every, refused, data=(record,), lines=(*_lines(doing, moved),), proposal=proposal
    )


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
    if dropped := {table: n for table, n in doing.dropped.items() if n}:
        yield _("left out, since the survivor has the like: {rows}").format(rows=_told(dropped))


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


# -- before and after


@dataclass(frozen=True)
class Sheet:
    """Customers side by side, as far as one may know them: the field values, and how many rows each has by table."""

    facts: tuple[Facts, ...]
    holders: tuple[str, ...]
    choices: tuple[Choice, ...]
    rows: Mapping[str, tuple[int, ...]]

    @property
    def ids(self) -> tuple[int, ...]:
        """Their ids, in order."""
        return tuple(facts.id for facts in self.facts)


def sheet(session: Session, ids: Sequence[int]) -> Sheet:
    """The customers side by side; CrmError for one that is not seen. What is masked or sensitive is hidden here too."""
    seen, refused = session.see(ids)
    if refused:
        raise CrmError(refused[0].reason)
    hidden = {facts.id for facts in seen if is_masked(session.sight, facts.owner_id)}
    personal = session.person.role != "service"
    found = [_veiled(choice, hidden, personal=personal) for choice in choices(session, ids, {})]
    counted = {facts.id: {} if facts.id in hidden else merging.counts(session.database, [facts.id]) for facts in seen}
    rows = {table: tuple(counted[key].get(table, 0) for key in ids) for table in TITLES}
    listed = customers.listed(session.database, session.sight, ids)
    places = customers.LISTED.index("owner"), customers.LISTED.index("pool")
    holders = tuple(next((str(listed[key][at]) for at in places if listed[key][at]), "") for key in ids)
    return Sheet(
        tuple(seen), holders, tuple(choice for choice in found if any(choice.values.values())),
        {table: n for table, n in rows.items() if any(n)},
    )  # fmt: skip


def _veiled(choice: Choice, hidden: set[int], *, personal: bool) -> Choice:
    known = FIELD.get(choice.field)
    values = dict(choice.values)
    for key in values:
        if known is not None and known.sensitive and (key in hidden or not personal):
            values[key] = ""
        elif key in hidden and choice.field in ("phone", "email", "wechat"):
            values[key] = MASK if values[key] else ""
        elif key in hidden and known is None:
            values[key] = ""
    return replace(choice, values=values)


def best(session: Session, ids: Sequence[int]) -> list[int]:
    """The customers, first the one that the others would best go into: held rather than in a pool, then the one of
    which most is known, then the oldest.
    """
    facts = customers.facts(session.database, session.sight, ids)
    known = {key: sum(merging.counts(session.database, [key]).values()) for key in facts}
    return sorted(facts, key=lambda key: (facts[key].owner_id is None, -known[key], key))


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

