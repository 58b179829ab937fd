"""What an entry of the journal changed, as people read it: a line for each customer, and one for whatever else.

Rows that only keep the books (mirrors of other rows, versions, who was told) are told where there is nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_tui.domain.clock import moment
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.profile_fields import FIELD
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import history
from crm_tui.services.session import Session
from crm_tui.store import customers, people, pools, products, reverts, schemes

LIMIT = 5_000
"""Rows of an entry that are read."""
MOST = 200
"""Lines that are told."""

_DONE: Mapping[str, tuple[str, str, str]] = {
    "customer": (N_("made"), "", N_("unmade")),
    "contact": (N_("contact added"), N_("contact changed"), N_("contact removed")),
    "interaction": (N_("logged"), N_("log changed"), N_("log taken out")),
    "tag": (N_("tagged"), N_("tag changed"), N_("tag removed")),
    "protection": (N_("protected"), N_("protection changed"), N_("protection removed")),
    "transfer": (N_("offered"), N_("offer answered"), N_("offer removed")),
    "collaborator": (N_("shared"), N_("shared otherwise"), N_("shared no more")),
    "comment": (N_("commented"), N_("comment changed"), N_("comment removed")),
    "credit_share": (N_("credit fixed"), N_("credit changed"), N_("credit removed")),
    "distinct_pair": (N_("said not to be another"), N_("said not to be another"), N_("may be another again")),
    "recycle_warning": (N_("warned"), N_("warned anew"), N_("warning ended")),
    "deal": (N_("deal opened"), N_("deal changed"), N_("deal removed")),
    "sales_order": (N_("order entered"), N_("order changed"), N_("order removed")),
    "order_line": (N_("order line added"), N_("order line changed"), N_("order line removed")),
    "receivable": (N_("receivable added"), N_("receivable changed"), N_("receivable removed")),
    "payment": (N_("payment entered"), N_("payment changed"), N_("payment removed")),
    "wallet": (N_("wallet estimated"), N_("wallet estimated anew"), N_("wallet estimate removed")),
    "purchase_factor": (N_("purchase factors judged"), N_("purchase factors changed"), N_("purchase factors removed")),
    "playbook_mark": (N_("playbook: done"), N_("playbook changed"), N_("playbook: not done")),
    "product_push": (N_("new product pushed"), N_("new product: note changed"), N_("new product: push removed")),
}
"""What is said of rows of a customer that were made, changed, unmade."""
_BOOKS: Mapping[str, str] = {
    "follow_up": N_("follow-up changed"), "customer_tier": N_("graded"), "profile": N_("profile checked"),
    "notice": N_("notice changed"), "customer": N_("dates kept"), "allocation": N_("payment allocated"),
}  # fmt: skip
"""What is said of a customer of which nothing else was changed."""
_CLOSING = {"deal": "result", "sales_order": "state", "product_push": "state"}
_CAME = {
    "won": N_("deal won"), "lost": N_("deal lost"), "open": N_("deal reopened"), "confirmed": N_("order confirmed"),
    "cancelled": N_("order cancelled"), "pushed": N_("new product pushed again"),
    "interested": N_("new product: interested"), "declined": N_("new product: not interested"),
    "offered": N_("new product: offered"), "followed_up": N_("new product: followed up"),
}  # fmt: skip
"""What a deal, an order or the push of a new product came to."""
_ACTIONS = {"insert": N_("added"), "update": N_("changed"), "delete": N_("removed")}
_HIDDEN = frozenset(
    ("version", "name_key", "tier_rank", "scheme", "suggested_rank", "stage_since", "held_since", "last_contact",
     "last_touch", "stale_on", "verified", "pool_id", "blocked", "next_at", "created_at", "created_by")
)  # fmt: skip
"""Columns that repeat others, or are told with others."""

Values = dict[str, Any]


@dataclass
class _Row:
    """All that happened to one row within an entry: what it was before, what it is after."""

    record: str
    id: int
    customer: int | None
    action: str
    before: Values
    after: Values


def lines(session: Session, entry_id: int) -> list[str]:
    """The lines; what the user does not see is left out. CrmError where that is all, as in `history.changes`."""
    rows = list(_merged(history.changes(session, entry_id, LIMIT)))
    by_customer: dict[int, list[_Row]] = {}
    for row in rows:
        if row.customer is not None:
            by_customer.setdefault(row.customer, []).append(row)
    teller = _Teller(session)
    names = reverts.names(session.database, customers.seen_by(session.sight), by_customer)
    told = [
        f"{names.get(key) or _name(own) or f'#{key}'}: {', '.join(teller.of_customer(own))}"
        for key, own in by_customer.items()
    ]
    told += [teller.of_other(row) for row in rows if row.customer is None]
    more = len(told) - MOST
    if more > 0:
        told[MOST:] = [ngettext("and {n} more", "and {n} more", more).format(n=f"{more:,}")]
    return told


def _merged(rows: Iterable[Mapping[str, Any]]) -> Iterator[_Row]:
    """The rows of an entry, each once, in the order in which they were changed first."""
    found: dict[tuple[str, int], _Row] = {}
    for row in rows:
        before, after = json.loads(row["before"] or "{}"), json.loads(row["after"] or "{}")
        known = found.get((row["record"], row["id"]))
        if known is None:
            found[row["record"], row["id"]] = _Row(
                row["record"], row["id"], row["customer"], row["action"], before, after
            )
            continue
        known.before = {**before, **known.before}
        known.after.update(after)
        if known.action == "update":
            known.action = row["action"]
    yield from found.values()


def _name(rows: Sequence[_Row]) -> str:
    """The name of a customer that is not there any more."""
    return next((str(row.before["name"]) for row in rows if row.record == "customer" and row.before.get("name")), "")


class _Teller:
    """Puts rows into words; ids of people and pools become their names."""

    def __init__(self, session: Session) -> None:
        self._zone = session.person.zone
        self._logins = {key: login for login, key in people.logins(session.database).items()}
        self._pools = {pool.id: pool.name for pool in pools.every(session.database, session.sight)}
        self._products = {product.id: product.name for product in products.every(session.database, archived=True)}
        self._schemes = schemes.names(session.database)

    def of_customer(self, rows: Sequence[_Row]) -> list[str]:
        """What happened to one customer: who holds it, tier, stage, next date, fields, then the rest."""
        told: list[str] = []
        for row in sorted(rows, key=lambda row: row.record != "customer"):
            if row.record == "customer":
                told += self._customer(row)
            elif row.record == "profile":
                told += self._fields(*(json.loads(some.get("fields", "{}")) for some in (row.before, row.after)))
            elif row.record in _DONE:
                came = row.after.get(_CLOSING.get(row.record, "")) if row.action == "update" else None
                told.append(_(_CAME[came]) if came in _CAME else _of(_DONE[row.record], row.action))
        return list(dict.fromkeys(told)) or [_(_BOOKS.get(rows[0].record, N_("changed")))]

    def _customer(self, row: _Row) -> Iterator[str]:
        before, after = row.before, row.after
        if row.action != "update":
            yield _of(_DONE["customer"], row.action)
        if row.action == "delete":
            return
        if "pool_id" in after or "owner_id" in after:
            came, went = self._place(before), self._place(after)
            if came != went:
                yield f"{came} → {went}"
        if before.get("tier") != after.get("tier"):
            yield _("tier {before} → {after}").format(before=before.get("tier") or "–", after=after.get("tier") or "–")
        if after.get("suggested") and "stage" not in after and before.get("suggested") != after["suggested"]:
            yield _("suggested {tier}").format(tier=after["suggested"])
        if before.get("stage") != after.get("stage"):
            yield f"{_stage(before.get('stage'))} → {_stage(after.get('stage'))}"
        if "next_on" in after and any(before.get(name) != after.get(name) for name in ("next_on", "next_at")):
            yield _("next {day}").format(day=self._next(after))
        if "merged_into" in after and row.action == "update":
            key = after["merged_into"]
            yield _("merged into {id}").format(id=key) if key else _("on its own again")
        elif "archived_at" in after:
            yield _("archived") if after["archived_at"] else _("unarchived")
        if row.action == "update":
            told = ("owner_id", "tier", "suggested", "stage", "next_on", "archived_at", "merged_into")
            yield from self._fields(*({k: v for k, v in some.items() if k not in told} for some in (before, after)))

    def _place(self, values: Values) -> str:
        """`li`, `(default)`, `blocked`."""
        if values.get("owner_id") is not None:
            return self._logins.get(values["owner_id"], "–")
        if values.get("pool_id") is not None:
            return f"({self._pools.get(values['pool_id'], '–')})"
        return _("blocked") if values.get("blocked") else "–"

    def _next(self, values: Values) -> str:
        if not values.get("next_at"):
            return values["next_on"] or "–"
        return moment(values["next_at"]).astimezone(self._zone).strftime("%Y-%m-%d %H:%M")

    def _fields(self, before: Values, after: Values) -> Iterator[str]:
        for name in {**before, **after}:
            old, new = before.get(name), after.get(name)
            if name in _HIDDEN or old == new:
                continue
            title = FIELD[name].title if name in FIELD else _(name.removesuffix("_id").replace("_", " "))
            if name.endswith("user_id"):
                old, new = self._logins.get(old or 0), self._logins.get(new or 0)
            yield f"{title} {_shown(new)}" if old in (None, "") else f"{title} {_shown(old)} → {_shown(new)}"

    def of_other(self, row: _Row) -> str:
        """What happened to a user, a rule, a pool."""
        named = {"user": self._logins, "pool": self._pools, "product": self._products, "scheme": self._schemes}
        names = named.get(row.record, {})
        name = names.get(row.id) or row.before.get("name") or row.before.get("identifier") or f"#{row.id}"
        changed = ", ".join(self._fields(row.before, row.after)) if row.action == "update" else ""
        return f"{_(row.record.replace('_', ' '))} {name}: {changed or _(_ACTIONS[row.action])}"


def _of(texts: tuple[str, str, str], action: str) -> str:
    return _(texts[("insert", "update", "delete").index(action)])


def _stage(identifier: str | None) -> str:
    return BY_IDENTIFIER[identifier].title if identifier else "–"


def _shown(value: object) -> str:
    """A value in one line, not too long; `–` for none."""
    text = " ".join(str(value).split()) if value not in (None, "") else "–"
    return text if len(text) <= 60 else text[:59] + "…"
