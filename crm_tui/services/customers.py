"""Making customers, and taking them out of sight (DOMAIN §2, §4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import guess_kind, name_key
from crm_tui.domain.pasted import parse_pasted
from crm_tui.domain.pools import cap_refusal
from crm_tui.domain.profile_fields import KINDS
from crm_tui.domain.schemes import find_tier
from crm_tui.domain.stages import FIRST, choose
from crm_tui.domain.stages import stage as find_stage
from crm_tui.services import contacts, disclosures, duplicates, followups, profiles
from crm_tui.services.pools import cap_of, may_add, may_give, may_receive, no_receiver
from crm_tui.services.session import Outcome, Session, done, named
from crm_tui.store import histories, people, pools

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


@dataclass(frozen=True)
class Draft:
    """A customer to be made: field texts as typed (`name` among them), and where it begins.

    `owner` is a login, `me`, or `pool`; `contact` the field texts of its first contact.
    """

    fields: Mapping[str, str]
    kind: str = ""
    stage: str = FIRST
    tier: str = ""
    owner: str = "me"
    contact: Mapping[str, str] = field(default_factory=dict)
    anyway: bool = False


class _Twin(Exception):
    """There is a customer like the one to be made, and its maker may not see it."""

    def __init__(self, customer_id: int, name: str) -> None:
        super().__init__(name)
        self.customer_id = customer_id
        self.name = name


def new(session: Session, draft: Draft) -> Outcome:
    """Make the customer; it starts as a potential D, held by its maker, with a first contact next working day.

    Raises CrmError when there is one like it already (unless `anyway`), and when the holder's cap is reached. Of one
    that somebody else holds no more is told than DOMAIN §4 P22 allows.
    """
    try:
        return _make(session, draft)
    except _Twin as twin:
        told = disclosures.tell_collision(session, session.change, twin.customer_id)
        message = _("{name}: {told}; `ask-share` asks to work it together, --anyway makes another")
        if not told.held:
            message = _("{name}: {told}")
        raise CrmError(message.format(name=twin.name, told=told.text)) from None


def _make(session: Session, draft: Draft) -> Outcome:
    kind = _kind(draft)
    stage = find_stage(draft.stage).identifier
    session.refresh()
    scheme = session.settings.schemes[session.settings.primary(stage)]
    tier = find_tier(scheme, draft.tier or scheme.tiers[-1].identifier).identifier
    from crm_tui.services import likeness  # nothing that is only looked at waits for it

    with session.changing() as change:
        holder = find_holder(session, draft.owner)
        values = profiles.check(session, draft.fields, kind)
        name = values.columns.get("name")
        if not name:
            raise UsageError(_("a customer needs a name"))
        if not draft.anyway:
            theirs = contacts.check(session, draft.contact)
            shown = {way: values.columns.get(way) or theirs.get(way) for way in duplicates.COMPARED}
            _refuse_twin(session, kind, str(name), shown)
        _check_cap(session, holder, stage)
        pool_id = None if holder else _pool(session, draft, values, kind, stage, tier)
        now = session.stamp
        [key] = change.insert(
            "customer",
            [
                {
                    "kind": kind, "name": name, "name_key": name_key(str(name)), "stage": stage, "stage_since": now,
                    "scheme": scheme.identifier, "tier": tier, "tier_rank": scheme.rank(tier), "owner_id": holder,
                    "pool_id": pool_id, "held_since": now if holder else None,
                    "created_at": now, "created_by": session.person.id,
                }
            ],
        )  # fmt: skip
        begin(session, change, {key: (stage, tier)}, scheme.identifier)
        profiles.apply(session, change, [key], values)
        if any(text.strip() for text in draft.contact.values()):
            contacts.write(session, change, key, draft.contact, primary=True)
        if holder:
            followups.first_contact(session, change, [key])
        change.searchable.add(key)
        where = _("in the public pool") if holder is None else _("first contact next working day")
        message, proposal = _("{name} made, {where}").format(name=name, where=where), None
        if not draft.anyway:
            told, line = likeness.warning(session, key)
            if told:
                message, proposal = f"{message}; {told}", (line, told)
        data = ({"id": key, "name": name},)
        return done(change, message, [key], data=data, proposal=proposal)


def paste(session: Session, line: str, owner: str = "me", *, anyway: bool = False) -> Outcome:
    """Make a customer from one pasted line: company, name, mobile in any order; nothing pasted is dropped."""
    return new(session, pasted(session, line, owner, anyway=anyway))


def pasted(session: Session, line: str, owner: str = "me", *, anyway: bool = False) -> Draft:
    """What a pasted line says, as a customer to be made."""
    found = parse_pasted(line, session.settings["phone.region"])
    reach = {"phone": found.phone, "email": found.email, "wechat": found.wechat}
    given = {name: text for name, text in reach.items() if text}
    fields = {"name": found.name}
    if found.note:
        fields["note"] = found.note
    contact: dict[str, str] = {}
    if found.contact:
        contact = {"name": found.contact, **given}
    else:
        fields.update(given)
    return Draft(fields, found.kind, owner=owner, contact=contact, anyway=anyway)


def begin(session: Session, change: Change, begun: Mapping[int, tuple[str, str | None]], scheme: str) -> None:
    """The first rows of the histories of new customers: id → (stage, tier)."""
    user_id, now = session.person.id, session.stamp
    histories.add_stages(
        change, at=now, user_id=user_id, rows=[(key, None, stage, "", None) for key, (stage, __) in begun.items()]
    )
    graded = [(key, tier) for key, (__, tier) in begun.items() if tier]
    change.insert("customer_tier", [{"customer_id": key, "scheme": scheme, "tier": tier} for key, tier in graded])
    histories.add_tiers(
        change, at=now, user_id=user_id, rows=[(key, scheme, None, tier, "") for key, tier in graded]
    )


def find_holder(session: Session, owner: str) -> int | None:
    """The id of the user that `owner` names (`me`, a login), None for the public pool; UsageError for nobody."""
    may_add(session)
    if owner in ("pool", "none"):
        return None
    if owner in ("me", session.person.login):
        may_receive(session)
        return session.person.id
    found = people.by_login(session.database, owner)
    if found is None:
        raise UsageError(_('there is no user "{login}"').format(login=owner), owner, 0)
    if session.person.role == "rep":
        raise NotAllowed(_("only leads give customers to others"))
    if not session.sight.everything and found.id not in session.sight.led:
        raise NotAllowed(_("{login} is not of your team").format(login=owner))
    reason = no_receiver(found.role, found.state, found.id in people.away(session.database, session.today.isoformat()))
    if reason:
        raise UsageError(_("{login} receives no customers: {reason}").format(login=owner, reason=reason), owner, 0)
    return found.id


def _pool(session: Session, draft: Draft, values: profiles.Values, kind: str, stage: str, tier: str) -> int:
    """The public pool that a new customer belongs into."""
    from crm_tui.services import routing  # most are held by whoever makes them

    theirs = contacts.check(session, draft.contact)
    coming = routing.Coming(
        str(values.columns["name"]), kind, stage, tier, values.columns, theirs, profile=values.profile
    )
    return routing.route(session, coming)


def _kind(draft: Draft) -> str:
    if not draft.kind:
        return guess_kind(draft.fields.get("name", ""))
    found = choose(draft.kind, KINDS)
    if found is None:
        raise UsageError(_('kind "{kind}" is not organization or person').format(kind=draft.kind), draft.kind, 0)
    return found.identifier


def _refuse_twin(session: Session, kind: str, name: str, shown: Mapping[str, str | None]) -> None:
    twin, is_seen = duplicates.find(session, kind, name, shown)
    if not is_seen:
        disclosures.check_told(session)
        if twin is not None:
            raise _Twin(twin, name)
        return
    known = _("customer {id}").format(id=twin)
    raise CrmError(_("{name} is there already: {known}; add --anyway to make another").format(name=name, known=known))


def _check_cap(session: Session, holder: int | None, stage: str) -> None:
    if holder is None:
        return
    user = people.by_id(session.database, holder)
    assert user is not None
    [(held, __)] = pools.held_now(session.database, [holder]).values()
    reason = cap_refusal(stage, held, cap_of(session, user.role, user.capacity))
    if reason is not None:
        raise CrmError(_("{reason}: nothing can be added").format(reason=reason))


def archive(session: Session, ids: Sequence[int], *, back: bool = False) -> Outcome:
    """Take customers out of all lists, or with `back` bring them back; nothing of them is lost.

    What is archived counts towards its holder's cap still: it is put aside, not given up (P5).
    """
    with session.changing() as change:
        may_give(session)
        taken, refused = session.take_to_move(ids, archived=True)
        moved = [f for f in taken if bool(f.archived_at) == back]
        change.update("customer", [f.id for f in moved], archived_at=None if back else session.stamp)
        if not moved:
            return done(change, _("nothing was changed"), [], refused)
        message = _("{who}: back in the lists") if back else _("{who}: archived")
        return done(change, message.format(who=named(moved)), [f.id for f in moved], refused)
