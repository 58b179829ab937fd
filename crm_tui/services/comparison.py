"""Customers side by side: whose value of each field stands if they are one, and how many rows each has.

Only reads. What is masked or sensitive on a customer's card is hidden in a `Sheet` too; choices are what a merge takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import N_, _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.people import is_masked
from crm_tui.domain.profile import format_value
from crm_tui.domain.profile_fields import COLUMNS, CUSTOM, FIELD
from crm_tui.services.cards import MASK
from crm_tui.services.session import Session
from crm_tui.store import customers, merging
from crm_tui.store.customers import Facts

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

KEPT = (*COLUMNS, "note")
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


def choices(session: Session, ids: Sequence[int], take: Mapping[str, int]) -> list[Choice]:
    """The fields that any of the customers has, whose value each gets; `ids` begin with the survivor.

    UsageError for a field that there is not, or a customer that is none of them.
    """
    rows, known = merging.rows(session.database, ids), merging.profiles(session.database, ids)
    values: dict[str, dict[int, str]] = {name: {} for name in (*FIELD, "note")}
    for key in ids:
        for name in KEPT:
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
