"""Grading customers by hand, and accepting what is proposed (DOMAIN §3).

A tier that a person gives beats a computed one, up to and including its last day; then it goes back to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.schemes import Scheme, badge, find_tier, proposal
from crm_tui.domain.text import clean
from crm_tui.services import badges
from crm_tui.services.column_table import graded
from crm_tui.services.sections import Row as SectionRow
from crm_tui.services.sections import Section
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import histories
from crm_tui.store import tiers as store
from crm_tui.store.customers import Facts
from crm_tui.store.tiers import Standing

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

INTENT = "abcd"
"""The scheme whose letters the stages propose."""

_COLUMNS = ("tier", "reason", "by_hand", "until_on", "computed", "computed_from", "computed_to")
Row = dict[str, Any]
"""What a row of `customer_tier` is to say, all columns but whose it is."""


def assign(
    session: Session, ids: Sequence[int], tier: str, scheme: Scheme, reason: str = "", until: date | None = None
) -> Outcome:
    """Give the customers the tier (as typed) under the scheme, up to and including the day `until` (None: until told
    otherwise); it becomes the badge where the scheme is primary.

    Raises UsageError when the scheme has no such tier, or the day has passed. Tiers that a lead confirms are refused
    to others, row by row.
    """
    wanted = find_tier(scheme, tier).identifier
    reason = clean(reason, limit=500)
    if until is not None and until < session.today:
        raise UsageError(_("{day} has passed: name a day to come").format(day=until), str(until), 0)
    last = until.isoformat() if until else None
    with session.changing() as change:
        taken, refused = _take(session, ids, scheme)
        known = store.standing(session.database, [f.id for f in taken], scheme.identifier)
        rows = {f.id: _by_hand(scheme, known.get(f.id), wanted, reason, last) for f in taken}
        moved = [f for f in taken if _differs(known.get(f.id), rows[f.id])]
        write(session, change, scheme.identifier, {f.id: rows[f.id] for f in moved}, known)
        label = badge(scheme, wanted)
        if not moved:
            message = _("{who}: already {tier}").format(who=named(taken), tier=label)
            return done(change, message if taken else _("nothing was graded"), [], refused)
        message = _("{who} → {tier}").format(who=named(moved), tier=label)
        if until is not None:
            message = _("{message}, until {day}").format(message=message, day=until)
        return done(change, message, [f.id for f in moved], refused)


def accept(session: Session, ids: Sequence[int], scheme: Scheme | None = None) -> Outcome:
    """Give each customer what is proposed under the scheme (None: its primary one): the computed tier that differs,
    else the intent letter of its stage. Who has it already is refused.
    """
    with session.changing() as change:
        taken, refused = session.take(ids)
        by_scheme: dict[str, list[Facts]] = {}
        rows = {} if scheme else store.graded(session.database, [f.id for f in taken])
        for facts in taken:
            of_stage = badges.proposing(session.settings, facts.stage, rows.get(facts.id, {}))
            name = scheme.identifier if scheme else of_stage
            by_scheme.setdefault(name, []).append(facts)
        moved: list[Facts] = []
        labels: set[str] = set()
        for name, some in by_scheme.items():
            accepted, given = _accepted(session, change, session.settings.schemes[name], some, refused)
            moved += accepted
            labels |= given
        message = _("{who} → {tier}").format(who=named(moved), tier="/".join(sorted(labels)))
        return done(change, message if moved else _("nothing is proposed"), [f.id for f in moved], refused)


def _accepted(
    session: Session, change: Change, scheme: Scheme, taken: Sequence[Facts], refused: list[Refusal]
) -> tuple[list[Facts], set[str]]:
    """Write what is proposed under the scheme to those of whom something is; these, and the badges that they got."""
    known = store.standing(session.database, [f.id for f in taken], scheme.identifier)
    rows: dict[int, Row] = {}
    for facts in taken:
        wanted = _proposed(scheme, known.get(facts.id), facts.stage)
        if wanted is None:
            refused.append(Refusal(facts.id, facts.name, _("nothing is proposed for it")))
        elif awaits_lead(session, scheme.identifier):
            refused.append(_confirmation(scheme, facts))
        elif scheme.identifier == INTENT:
            reason = _("proposed by the stage")
            rows[facts.id] = _by_hand(scheme, known.get(facts.id), wanted, reason, None)
        else:
            rows[facts.id] = computed_row(known.get(facts.id), wanted)
    write(session, change, scheme.identifier, rows, known)
    return [f for f in taken if f.id in rows], {badge(scheme, row["tier"]) for row in rows.values()}


def _proposed(scheme: Scheme, row: Standing | None, stage: str) -> str | None:
    if row is not None and row.computed is not None and row.computed != row.tier:
        return row.computed
    return proposal(stage, row.tier if row else None) if scheme.identifier == INTENT else None


def awaits_lead(session: Session, scheme: str) -> bool:
    """Whether the scheme's tiers take effect when a lead confirms, and the user is none."""
    return scheme in session.settings.confirmed and session.person.role not in ("lead", "admin") and not session.system


def _confirmation(scheme: Scheme, facts: Facts) -> Refusal:
    reason = _("a lead confirms the tiers of {scheme}").format(scheme=scheme.identifier)
    return Refusal(facts.id, facts.name, reason, forbidden=True)


def _take(session: Session, ids: Sequence[int], scheme: Scheme) -> tuple[list[Facts], list[Refusal]]:
    taken, refused = session.take(ids)
    if awaits_lead(session, scheme.identifier):
        return [], [*refused, *(_confirmation(scheme, facts) for facts in taken)]
    return taken, refused


# -- the rows


def _by_hand(scheme: Scheme, row: Standing | None, tier: str, reason: str, until: str | None) -> Row:
    # What a stage proposed is settled by the letter that a person gives; what was computed stays beside it.
    kept = row if scheme.rule is not None else None
    if scheme.rule is None and until is not None and row is not None:  # nothing is computed: what stood comes back
        before = row.computed if row.by_hand and row.until_on else row.tier
        kept = row._replace(computed=before, computed_from=None, computed_to=None)
    return {
        "tier": tier, "reason": reason, "by_hand": 1, "until_on": until, "computed": kept.computed if kept else None,
        "computed_from": kept.computed_from if kept else None, "computed_to": kept.computed_to if kept else None,
    }  # fmt: skip


def computed_row(row: Standing | None, tier: str | None) -> Row:
    """The row under which the computed tier is in force."""
    return {
        "tier": tier, "reason": "", "by_hand": 0, "until_on": None, "computed": tier,
        "computed_from": row.computed_from if row else None, "computed_to": row.computed_to if row else None,
    }  # fmt: skip


def _differs(row: Standing | None, new: Row) -> bool:
    """Whether it says anything else than the row; another reason for the same alone does not count."""
    names = ("tier", "by_hand", "until_on", "computed")
    return row is None or any(getattr(row, name) != new[name] for name in names)


def write(
    session: Session, change: Change, scheme: str, rows: Mapping[int, Row], known: Mapping[int, Standing],
    reasons: Mapping[int, str] | None = None,
) -> None:  # fmt: skip
    """Write these rows of the scheme (by customer) in the place of those that are `known`, the histories and the badges
    with them. A row that says nothing goes. `reasons` are told in the history in place of the rows' own.
    """
    standing = {key: row for key, row in rows.items() if row["tier"] is not None or row["computed"] is not None}
    new = [{"customer_id": key, "scheme": scheme, **row} for key, row in standing.items() if key not in known]
    change.insert("customer_tier", new)
    change.update_each("customer_tier", {known[key].id: row for key, row in standing.items() if key in known})
    gone = [known[key].id for key in rows if key in known and key not in standing]
    if gone:
        change.delete("customer_tier", gone)
    before = {key: known[key].tier if key in known else None for key in rows}
    told = reasons or {}
    histories.add_tiers(
        change,
        at=session.stamp,
        user_id=session.person.id,
        rows=[
            (key, scheme, before[key], row["tier"], told.get(key, row["reason"]))
            for key, row in rows.items()
            if row["tier"] != before[key]
        ],
    )
    badges.mirror(session, change, rows)


def propose(session: Session, change: Change, stages: Mapping[int, str]) -> dict[int, str]:
    """Note what the new stages of these customers propose, and return it; the badges follow."""
    known = store.standing(session.database, stages, INTENT)
    letters = {key: proposal(stage, known[key].tier if key in known else None) for key, stage in stages.items()}
    rows: dict[int, Row] = {}
    for key, letter in letters.items():
        row = known.get(key)
        if row is not None and row.until_on and letter is None:
            continue  # what stood before the override comes back
        if row is None and letter is not None:
            rows[key] = {**computed_row(None, None), "computed": letter}
        elif row is not None and row.computed != letter:
            rows[key] = {name: getattr(row, name) for name in _COLUMNS} | {"computed": letter}
    write(session, change, INTENT, rows, known)
    badges.mirror(session, change, [key for key in stages if key not in rows])
    return {key: letter for key, letter in letters.items() if letter is not None}


def next_scheme(session: Session) -> str:
    """The scheme after the session's, of those that have graded anybody, abcd first; "" for the primary ones, which
    come after the last.
    """
    used = set(store.in_use(session.database))
    found = ["", *(name for name in session.settings.schemes if name in used)]
    place = found.index(session.scheme) if session.scheme in found else 0
    return found[(place + 1) % len(found)]


def section(session: Session, facts: Facts) -> Section | None:
    """The tiers under every scheme but a badge that stands alone, what is proposed, and up to when."""
    standing = store.of(session.database, facts.id)
    rows: list[SectionRow] = []
    records: list[dict[str, Any]] = []
    for name, scheme in session.settings.schemes.items():
        row = standing.get(name)
        if row is None:
            continue
        suggested = row.computed if row.computed != row.tier else None
        notes = [_("badge") if name == facts.scheme else "", _("by hand") if row.by_hand and scheme.rule else ""]
        if row.until_on:
            notes.append(_("until {day}").format(day=row.until_on))
        elif row.computed_to:
            text = _("unchanged since {first} to {last}")
            notes.append(text.format(first=row.computed_from, last=row.computed_to))
        tier = scheme.get(row.tier or "")
        text = f"{graded(scheme, row.tier, suggested)}  {tier.title if tier else row.tier or ''}".rstrip()
        rows.append(SectionRow(scheme.title, text, ", ".join(filter(None, notes))))
        records.append({
            "scheme": name, "tier": row.tier, "suggested": suggested, "by_hand": bool(row.by_hand),
            "until": row.until_on, "badge": name == facts.scheme,
        })  # fmt: skip
    if len(rows) < 2 and not any(record["suggested"] or record["until"] for record in records):
        return None
    return Section("tiers", _("tiers"), tuple(rows), tuple(records))


# -- overrides that have ended


def any_ended(session: Session) -> bool:
    """Whether a tier that a person gave was in force up to a day that has passed."""
    return bool(store.ended(session.database, session.today.isoformat()))


def end_overrides(session: Session) -> list[tuple[int, str, int | None, str]]:
    """Give back to what is computed the tiers whose last day has passed, as one entry: (customer, name, holder, what
    happened) of each. The session is the system's.
    """
    if not any_ended(session):
        return []
    with session.changing() as change:
        rows = store.ended(session.database, session.today.isoformat())
        told = ending(session)
        stages = {one.id: one.stage for one in store.badges(session.database, [row.customer_id for row in rows])}
        for scheme in dict.fromkeys(row.scheme for row in rows):
            some = {row.customer_id: row for row in rows if row.scheme == scheme}
            new = _given_back(session, scheme, some, stages)
            text = _("by hand until {day}, which has ended")
            reasons = {key: text.format(day=row.until_on) for key, row in some.items()}
            write(session, change, scheme, new, some, reasons)
        change.summarize(_("{n} tiers by hand ended").format(n=len(rows)))
    return told


def ending(session: Session) -> list[tuple[int, str, int | None, str]]:
    """What `end_overrides` would do now."""
    rows = store.ended(session.database, session.today.isoformat())
    ids = [row.customer_id for row in rows]
    named_by = store.names(session.database, ids)
    stages = {one.id: one.stage for one in store.badges(session.database, ids)}
    text = _("{scheme}: {before} by hand until {day}, now {after}")
    after: dict[int, Row] = {}
    for scheme in dict.fromkeys(row.scheme for row in rows):
        some = {row.customer_id: row for row in rows if row.scheme == scheme}
        after |= {some[key].id: new for key, new in _given_back(session, scheme, some, stages).items()}
    found: list[tuple[int, str, int | None, str]] = []
    for row in rows:
        now = after[row.id]["tier"]
        told = text.format(scheme=row.scheme, before=row.tier or "–", day=row.until_on, after=now or "–")
        found.append((row.customer_id, *named_by[row.customer_id], told))
    return found


def _given_back(
    session: Session, name: str, rows: Mapping[int, Standing], stages: Mapping[int, str]
) -> dict[int, Row]:
    """What follows the overrides under a scheme: what is computed, for the default period where nothing was yet; where
    nothing ever is, what stood before or the stage proposes.
    """
    scheme = session.settings.schemes.get(name)
    if scheme is None or scheme.rule is None:
        return {key: stood_before(row, stages[key]) for key, row in rows.items()}
    unknown = [key for key, row in rows.items() if row.computed is None]
    found = {key: computed_row(row, row.computed) for key, row in rows.items() if row.computed is not None}
    if unknown:
        from crm_tui.services import grading

        found |= grading.graded_rows(session, scheme, unknown)
    return found


def stood_before(row: Standing, stage: str) -> Row:
    """What follows an override under a scheme without a rule."""
    tier = row.computed or (proposal(stage, row.tier) if row.scheme == INTENT else None)
    return {**computed_row(row, tier), "computed": None}
