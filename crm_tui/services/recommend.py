"""Offering a new product: to whom first and why, and how far it has come with each (DOMAIN §6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.nearest import nearest
from crm_tui.domain.products import name_key
from crm_tui.domain.recommend import STATES, SUPPORT, Recommendation, recommend, step_refusal, strongest, title
from crm_tui.domain.text import clean
from crm_tui.services import disclosures, lists
from crm_tui.services.sections import Row, Section
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import products
from crm_tui.store import recommend as store
from crm_tui.store.products import Product

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts

MOST = 50
"""Customers that are recommended unless told otherwise."""


def find(session: Session, name: str) -> Product:
    """The product of that name; UsageError that suggests the nearest."""
    found = products.by_key(session.database, [name_key(name)]).get(name_key(name))
    if found is None:
        known = [product.name for product in products.every(session.database)]
        message = _('there is no product "{name}"{hint}').format(name=name, hint=nearest(name, known))
        raise UsageError(message, name, 0)
    return found


def to_whom(
    session: Session, new: str, like: Sequence[str], *, limit: int = MOST, support: int = SUPPORT, condition: str = ""
) -> Outcome:
    """The customers to whom the product is offered first: those who bought what is like it, its category, or what goes
    with its like; each with its reasons. Of those alone that the filter finds, if there is one.

    Who has bought it already is left out, and so are problem customers, blocked ones, and those that want no offers.
    """
    product = find(session, new)
    liked = [find(session, name) for name in like]
    if product.id in {one.id for one in liked}:
        raise UsageError(_("{product} cannot be like itself").format(product=product.name), new, 0)
    ranked, unwanted = _ranked(session, product, liked, support)
    excluded = set[int]().union(*unwanted.values())
    found = [one for one in ranked if one.buyer.customer_id not in excluded]
    if condition:
        wanted = lists.among(session, lists.Query(condition), [one.buyer.customer_id for one in found])
        found = [one for one in found if one.buyer.customer_id in wanted]
    shown = _shown(session, product, found[:limit])
    if session.source != "screen":
        disclosures.check_queue(session, [one["id"] for one in shown], condition, f"recommend {product.name}")
    lines = tuple(f"{one['score']:5.1f}  {one['name']} (#{one['id']}): {_said(one)}" for one in shown)
    these = tuple((one["id"], _said(one)) for one in shown)
    offered = (f"push {_quoted(product.name)}", _("mark whom to tell of it")) if shown else None
    return Outcome(
        _told(product, len(found), len(shown), _left_out(ranked, unwanted)),
        lines=lines, data=tuple(shown), proposal=offered, these=these,
    )  # fmt: skip


def _ranked(
    session: Session, product: Product, liked: Sequence[Product], support: int
) -> tuple[list[Recommendation], dict[str, set[int]]]:
    """Everybody with any points, and those to whom nothing is offered, by why."""
    ids = [one.id for one in liked]
    categories = sorted({one.category for one in (product, *liked)} - {""})
    with store.bought(session.database, session.sight):
        pairings = store.pairings(session.database, ids)
        besides = strongest(pairings, support)
        buyers = store.buyers(session.database, product.id, ids, categories, besides)
        unwanted = store.unwanted(session.database, session.sight)
    unwanted["declined"] = store.declined(session.database, product.id)
    return recommend(buyers, pairings, ", ".join(categories), support), unwanted


def _shown(session: Session, product: Product, found: Sequence[Recommendation]) -> list[dict[str, Any]]:
    """The records of these, with how far the product has come with them already (None for not at all)."""
    ids = [one.buyer.customer_id for one in found]
    names = {facts.id: facts.name for facts in session.see(ids)[0]}
    states = store.pushes(session.database, product.id, ids)
    return [
        {
            "id": one.buyer.customer_id, "name": names[one.buyer.customer_id], "score": one.points,
            "reasons": list(one.reasons), "state": states.get(one.buyer.customer_id, (0, None))[1],
        }
        for one in found
    ]  # fmt: skip


def _said(shown: Mapping[str, Any]) -> str:
    """The reasons, behind how far it has come already."""
    return "; ".join([*([title(shown["state"])] if shown["state"] else []), *shown["reasons"]])


def _left_out(ranked: Sequence[Recommendation], unwanted: Mapping[str, set[int]]) -> str:
    """How many of those with points are left out, and why."""
    ids = [one.buyer.customer_id for one in ranked]
    why = {reason: sum(key in of for key in ids) for reason, of in unwanted.items()}
    return ", ".join(f"{_reason(reason)} {n:,}" for reason, n in why.items() if n)


def _told(product: Product, found: int, shown: int, left_out: str) -> str:
    text = ngettext("{n} customer for {product}", "{n} customers for {product}", found)
    said = [text.format(n=f"{found:,}", product=product.name)]
    if shown < found:
        said.append(_("the first {n}").format(n=f"{shown:,}"))
    if left_out:
        said.append(_("left out: {why}").format(why=left_out))
    return "; ".join(said)


def _quoted(name: str) -> str:
    """The product's name as a word of a line."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _reason(why: str) -> str:
    return {
        "problem": _("problem customers"), "blocked": _("blocked"), "opted out": _("want no offers"),
        "declined": _("not interested"),
    }[why]  # fmt: skip


def push(session: Session, ids: Sequence[int], name: str, state: str, note: str = "") -> Outcome:
    """Take down how far the product has come with the customers (`state` of STATES); row by row what cannot be."""
    product = find(session, name)
    note = clean(note, limit=500)
    with session.changing() as change:
        taken, refused = session.take(ids)
        before = store.pushes(session.database, product.id, [facts.id for facts in taken])
        good, already = [], []
        for facts in taken:
            known = before.get(facts.id, (0, ""))[1]
            why = step_refusal(known, state)
            if known == state and not note:
                already.append(facts)
            elif why is None or known == state:
                good.append(facts)
            else:
                refused.append(Refusal(facts.id, facts.name, why))
        now = {"user_id": session.person.id, "state": state, "changed_on": session.today.isoformat(), "note": note}
        change.insert(
            "product_push",
            [{"customer_id": f.id, "product_id": product.id, **now} for f in good if f.id not in before],
        )
        change.update_each("product_push", {before[f.id][0]: now for f in good if f.id in before})
        if not good:
            told = _("{who}: already {state}").format(who=named(already), state=title(state))
            return done(change, told if already else _("nothing was changed"), [], refused)
        message = _("{product}, {who}: {state}").format(product=product.name, who=named(good), state=title(state))
        offered = _next_step(product, state)
        return done(change, message, [facts.id for facts in good], refused, proposal=offered)


def _next_step(product: Product, state: str) -> tuple[str, str] | None:
    """What one key does next: an offer for who is interested, a date for who has one."""
    if state == "interested":
        return f"deal add --product {_quoted(product.name)}", _("a deal for {product}").format(product=product.name)
    if state == "offered":
        return "next +3d", _("follow up in 3 days")
    return None


def pushed(session: Session, name: str) -> Outcome:
    """How far the product has come with whom, and how many there are of each state."""
    product = find(session, name)
    rows = store.pushed(session.database, session.sight, product.id)
    if session.source != "screen":
        disclosures.check_queue(session, [row[0] for row in rows], "", f"pushes {product.name}")
    counts = Counter(state for __, ___, state, *____ in rows)
    told = ", ".join(f"{title(state)} {counts[state]:,}" for state in STATES if counts[state])
    lines = [
        f"{day}  {title(state)}: {who} (#{key}){f'  {note}' if note else ''}" for key, who, state, day, note in rows
    ]
    data = tuple(
        {"id": key, "name": who, "product": product.name, "state": state, "changed": day, "note": note}
        for key, who, state, day, note in rows
    )
    message = f"{product.name}: {told}" if told else _("{product} was pushed to nobody").format(product=product.name)
    return Outcome(message, lines=tuple(lines), data=data)


def section(session: Session, customer: Facts) -> Section | None:
    """How far new products have come with the customer, for its card."""
    rows = store.of_customer(session.database, customer.id)
    if not rows:
        return None
    shown = tuple(
        Row(product, ": ".join(filter(None, (title(state), note))), day) for product, state, day, note in rows
    )
    records = tuple(
        {"product": product, "state": state, "changed": day, "note": note} for product, state, day, note in rows
    )
    return Section("pushes", _("new products"), shown, records)
