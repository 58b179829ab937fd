"""What is sold. Anyone reads products; leads and administrators add and change them, an import makes those it meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.money import format_amount, parse_amount
from crm_tui.domain.nearest import nearest
from crm_tui.domain.products import name_key, name_of
from crm_tui.services.session import Outcome, Session
from crm_tui.store import past, products
from crm_tui.store.products import Product

if TYPE_CHECKING:
    from crm_tui.services.meeting import Before
    from crm_tui.store.journal import Change


def find_or_make(
    change: Change, names: Iterable[str], categories: Mapping[str, str] | None = None
) -> tuple[dict[str, int], list[int]]:
    """The ids of the products of these names by `name_key`, and which of them were made now; names of nothing are left
    out. `categories` by `name_key` are given to those that are made.

    Asks for no right: the caller has asked for its own.
    """
    spelled: dict[str, str] = {}
    for name in names:
        spelled.setdefault(name_key(name), name_of(name))
    spelled.pop("", None)
    found = {key: product.id for key, product in products.by_key(change.database, spelled).items()}
    new = [key for key in spelled if key not in found]
    given = categories or {}
    made = change.insert(
        "product",
        [
            {"name": spelled[key], "name_key": key, "category": given.get(key, ""), "price": None, "cost": None,
             "archived_at": None}
            for key in new
        ],
    )  # fmt: skip
    return {**found, **dict(zip(new, made, strict=True))}, made


FIELDS = ("name", "category", "price", "cost")
"""What `product edit` changes."""


def refusal(session: Session) -> str | None:
    """Why one may not add or change products; None when one may."""
    if session.person.role in ("lead", "admin"):
        return None
    return _("products are added and changed by leads and administrators")


def _allowed(session: Session) -> None:
    why = refusal(session)
    if why is not None:
        raise NotAllowed(why)


def find(session: Session, typed: str, *, archived: bool = False) -> Product:
    """The product of that name, however it is spelled; UsageError for one that is not there, or not sold any more
    (unless `archived`).
    """
    key = name_key(typed)
    found = products.by_key(session.database, [key]).get(key)
    if found is None:
        known = {product.name.casefold(): product.name for product in products.every(session.database)}
        hint = nearest(typed[:40], known)
        if refusal(session) is None:
            hint = hint or _('; make it: product add "{name}"').format(name=name_of(typed))
        raise UsageError(_('there is no product "{name}"{hint}').format(name=typed, hint=hint), typed, 0)
    if found.archived_at is not None and not archived:
        raise UsageError(_('product "{name}" is archived').format(name=found.name), typed, 0)
    return found


def name(session: Session, product_id: int | None) -> str:
    """The name of the product of that number, "" for none."""
    found = products.by_id(session.database, product_id) if product_id is not None else None
    return found.name if found else ""


def add(
    session: Session, name: str, category: str = "", price: int | None = None, cost: int | None = None
) -> Outcome:
    """Add a product; amounts in minor units. For leads and administrators."""
    _allowed(session)
    with session.changing() as change:
        kept, key = name_of(name), name_key(name)
        if not key:
            raise UsageError(_("a product needs a name"), name, 0)
        known = products.by_key(session.database, [key]).get(key)
        if known is not None:
            raise UsageError(_('product "{name}" is there already').format(name=known.name), name, 0)
        row = {"name": kept, "name_key": key, "category": name_of(category), "price": _kept(price),
               "cost": _kept(cost), "archived_at": None}  # fmt: skip
        [made] = change.insert("product", [row])
        change.summarize(message := _("product {name} added").format(name=kept))
        product = products.by_id(session.database, made)
        assert product is not None
        return Outcome(message, entry_id=change.entry_id, data=(record(session, product),))


def _kept(amount: int | None) -> int | None:
    if amount is not None and amount < 0:
        raise UsageError(_("a price or a cost is 0 or more"))
    return amount


def edit(session: Session, typed: str, given: Mapping[str, str], *, expected: int | None = None) -> Outcome:
    """Change fields of a product; empty text clears one. Orders that are there keep their amounts."""
    from crm_tui.services import meeting

    _allowed(session)
    with session.changing() as change:
        product = find(session, typed, archived=True)
        values = check(session, given, product)
        if expected not in (None, product.version):
            mine = {field: text.strip() for field, text in given.items()}
            key = {"product": product.id, "version": product.version}
            meeting.check(product.name, key, before(session, product.id, expected), texts(session, product), mine)
        change.update("product", [product.id], **values)
        message = _("product {name} changed").format(name=values.get("name", product.name))
        if change.is_empty():
            return Outcome(_("product {name}: it is so already").format(name=product.name))
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id)


def check(session: Session, given: Mapping[str, str], product: Product | None = None) -> dict[str, Any]:
    """The columns that these fields set; UsageError for unknown fields and impossible values."""
    values: dict[str, Any] = {}
    for field, text in given.items():
        if field not in FIELDS:
            hint = nearest(field, FIELDS)
            raise UsageError(_('unknown field "{name}"{hint}').format(name=field, hint=hint), field, 0)
        if field in ("price", "cost"):
            values[field] = _kept(parse_amount(text, session.settings["currency"])) if text.strip() else None
            continue
        values[field] = name_of(text)
        if field == "name":
            key = name_key(text)
            if not key:
                raise UsageError(_("a product needs a name"), text, 0)
            known = products.by_key(session.database, [key]).get(key)
            if known is not None and (product is None or known.id != product.id):
                raise UsageError(_('product "{name}" is there already').format(name=known.name), text, 0)
            values["name_key"] = key
    return values


def texts(session: Session, product: Product) -> dict[str, str]:
    """The fields as one would type them."""
    return {
        "name": product.name, "category": product.category, "price": _typed(session, product.price),
        "cost": _typed(session, product.cost),
    }  # fmt: skip


def before(session: Session, product_id: int, version: int) -> Before:
    """What the fields of a product were at an earlier version."""
    from crm_tui.services.meeting import Before

    found = past.row(session.database, "product", product_id, FIELDS, version)
    if found is None:
        return Before(None)
    then = found.values
    return Before(
        {**then, "price": _typed(session, then["price"]), "cost": _typed(session, then["cost"])}, found.users
    )


def _typed(session: Session, amount: int | None) -> str:
    return "" if amount is None else format_amount(amount, session.settings["currency"])


def archive(session: Session, typed: str, *, back: bool = False) -> Outcome:
    """Sell a product no more, or (`back`) again; what was ordered of it stays."""
    _allowed(session)
    with session.changing() as change:
        product = find(session, typed, archived=True)
        if (product.archived_at is None) == back:
            state = _("product {name} is sold") if back else _("product {name} is archived")
            raise CrmError(state.format(name=product.name))
        change.update("product", [product.id], archived_at=None if back else session.stamp)
        done_so = _("product {name} is sold again") if back else _("product {name} archived")
        change.summarize(message := done_so.format(name=product.name))
        return Outcome(message, entry_id=change.entry_id)


def listed(session: Session, *, archived: bool = False) -> Outcome:
    """All products by category, or (`archived`) those too that are sold no more."""
    rows = products.every(session.database, archived=archived)
    n = len(rows)
    lines = tuple(_line(session, product) for product in rows)
    message = ngettext("{n} product", "{n} products", n).format(n=f"{n:,}")
    return Outcome(message, lines=lines, data=tuple(record(session, product) for product in rows))


def _line(session: Session, product: Product) -> str:
    parts = [product.name, product.category and f"[{product.category}]"]
    parts += [_("price {amount}").format(amount=_typed(session, product.price))] if product.price is not None else []
    parts += [_("cost {amount}").format(amount=_typed(session, product.cost))] if product.cost is not None else []
    parts += [_("archived")] if product.archived_at else []
    return "  ".join(part for part in parts if part)


def record(session: Session, product: Product) -> dict[str, Any]:
    """A product as `--json` prints it: amounts in whole units."""
    price, cost = (_typed(session, amount).replace(",", "") or None for amount in (product.price, product.cost))
    return {
        "id": product.id, "name": product.name, "category": product.category or None, "price": price, "cost": cost,
        "archived": product.archived_at is not None,
    }  # fmt: skip
