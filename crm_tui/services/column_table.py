"""The columns that lists of customers may show: what each is called, how wide it is, what its cells say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta, tzinfo
from itertools import chain
from typing import Any, Literal

from msgspec import Struct

from crm_tui.domain.clock import iso, local_date, moment
from crm_tui.domain.language import N_, _
from crm_tui.domain.money import format_amount
from crm_tui.domain.phone_display import display_phone
from crm_tui.domain.schemes import Scheme, badge
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services.session import Session

MASK = "•••"
"""What stands where something is hidden."""
Row = Mapping[str, Any]


class Viewer(Struct, frozen=True):
    """Who looks at the cells, and when."""

    today: date
    zone: tzinfo
    masked: bool
    schemes: Mapping[str, Scheme]
    currency: str = "CNY"

    def hides(self, row: Row) -> bool:
        """Whether ways to reach the customer of the row are hidden."""
        return self.masked and row["owner_id"] is None

    def days(self, stored: str | None) -> int | None:
        """Days since a stored moment; None for none."""
        return (self.today - local_date(stored, self.zone)).days if stored else None


def viewer(session: Session) -> Viewer:
    """Who looks, on the day that it is now."""
    return Viewer(
        session.today, session.person.zone, session.sight.masked, session.settings.schemes,
        session.settings["currency"],
    )  # fmt: skip


Cell = Callable[[Row, Viewer], str]


class Column(Struct, frozen=True):
    """A column: its name (the key in JSON), its heading, `width` in cells (at least, where `flex` > 0 lets it grow).

    `cell` is what screens show; `value` what is printed where it is not in `lists.record`. `more` says what has to be
    read for it: a key of `store.lists.MORE`, `pool`, `words`, "" for nothing.
    """

    name: str
    label: str
    width: int
    flex: int
    cell: Cell
    value: Callable[[Row, Viewer], Any] | None = None
    more: str = ""
    align: Literal["left", "right"] = "left"

    @property
    def title(self) -> str:
        """The heading in the reader's language."""
        return _(self.label)


def holder(row: Row) -> str:
    """Who holds it, or the pool in which it lies: `li`, `(default)`; of one that is gone nobody can tell."""
    if row.get("gone"):
        return "–"
    return row["owner"] or f"({row['pool'] or _('blocked')})"


def next_text(row: Row, viewer: Viewer) -> str:
    """The next date: `today`, `Fri 27`, `2026-12-01`, with its time where it is near."""
    if row["next_on"] is None:
        return ""
    day, today = date.fromisoformat(row["next_on"]), viewer.today
    time = moment(row["next_at"]).astimezone(viewer.zone).strftime(" %H:%M") if row["next_at"] else ""
    if day == today:
        return (_("today") + time)[:11]
    if timedelta(0) < day - today < timedelta(days=7):
        return day.strftime("%a %d") + time
    return day.isoformat()


def _text(key: str) -> Cell:
    return lambda row, viewer: "" if row.get(key) is None else str(row[key])


def _hidden(key: str) -> Cell:
    return lambda row, viewer: MASK if viewer.hides(row) else str(row.get(key) or "")


def _phone(row: Row, viewer: Viewer) -> str:
    return MASK if viewer.hides(row) else display_phone(row["phone"]) if row["phone"] else ""


def _ago(key: str) -> Cell:
    def cell(row: Row, viewer: Viewer) -> str:
        days = viewer.days(row.get(key))
        return "–" if days is None else f"{days}d"

    return cell


def _day(key: str) -> Cell:
    return lambda row, viewer: local_date(row[key], viewer.zone).isoformat() if row[key] else ""


def _tier(row: Row, viewer: Viewer) -> str:
    return graded(viewer.schemes.get(row["scheme"]), row["tier"], row.get("suggested"), viewer.schemes.values())


def graded(
    scheme: Scheme | None, tier: str | None, suggested: str | None = None, schemes: Iterable[Scheme] = ()
) -> str:
    """The badge, and behind an arrow what is proposed in its place: `意B→A`, `→A` for no tier; "" for neither. What is
    no tier of the scheme is proposed by the first of the `schemes` that has it: `意A→钻`.
    """
    shown = badge(scheme, tier) if scheme and tier else tier or ""
    if not suggested:
        return shown
    having = (one.get(suggested) for one in chain((scheme,) if scheme else (), schemes))
    known = next((tier for tier in having if tier), None)
    return f"{shown}→{known.badge if known else suggested}"


def _scheme(row: Row, viewer: Viewer) -> str:
    known = viewer.schemes.get(row["scheme"])
    return known.title if known else str(row["scheme"])


def _stage(row: Row, viewer: Viewer) -> str:
    return BY_IDENTIFIER[row["stage"]].title


def _kind(row: Row, viewer: Viewer) -> str:
    return _("organization") if row["kind"] == "organization" else _("person")


def _claim(row: Row, viewer: Viewer) -> str:
    if row["pool"] is None:
        return ""
    return _("taken") if row.get("gone") else str(row["claim"]) or _("yes")


def _since(row: Row, viewer: Viewer) -> str:
    return f"{(viewer.today - row['since']).days}d" if row.get("since") else "–"


def _plain(key: str) -> Callable[[Row, Viewer], Any]:
    return lambda row, viewer: row.get(key)


def _time(key: str) -> Callable[[Row, Viewer], Any]:
    return lambda row, viewer: iso(row[key]) if row.get(key) else None


def _kept(name: str, label: str, width: int, flex: int = 1) -> Column:
    """A column of the customer's row that not every list reads."""
    return Column(name, label, width, flex, _text(name), _plain(name), name)


def _figure(name: str, label: str, width: int, shown: Callable[[Any, Viewer], str], money: bool = False) -> Column:
    """A column of what the customer is worth: hidden where ways to reach it are."""

    def cell(row: Row, viewer: Viewer) -> str:
        if viewer.hides(row):
            return MASK
        return "" if row.get(name) is None else shown(row[name], viewer)

    def value(row: Row, viewer: Viewer) -> Any:
        found = None if viewer.hides(row) else row.get(name)
        if found is None or isinstance(found, str):
            return found
        return format_amount(found, viewer.currency).replace(",", "") if money else round(found, 4)

    return Column(name, label, width, 0, cell, value, name, align="right")


def _money(name: str, label: str, width: int) -> Column:
    return _figure(name, label, width, lambda value, viewer: format_amount(value, viewer.currency), money=True)


def _percent(name: str, label: str) -> Column:
    return _figure(name, label, 7, lambda value, viewer: f"{100 * value:.0f} %")


_TABLE = (
    Column("id", N_("id"), 7, 0, _text("id"), align="right"),
    Column("name", N_("name"), 18, 4, _text("name")),
    Column("kind", N_("kind"), 12, 0, _kind),
    Column("tier", N_("tier"), 6, 0, _tier),
    Column("scheme", N_("scheme"), 8, 0, _scheme),
    Column("stage", N_("stage"), 12, 0, _stage),
    Column("stage_days", N_("in stage"), 8, 0, _ago("stage_since"), lambda row, v: v.days(row["stage_since"]),
           align="right"),
    Column("next_follow_up", N_("next"), 12, 0, next_text),
    Column("purpose", N_("purpose"), 14, 2, _text("purpose"), _plain("purpose"), "purpose"),
    Column("last_contact", N_("last"), 5, 0, _ago("last_contact"), align="right"),
    Column("last_touch", N_("touched"), 7, 0, _ago("last_touch"), _time("last_touch"), align="right"),
    Column("last_words", N_("last words"), 20, 4, _text("words"), _plain("words"), "words"),
    Column("owner", N_("owner"), 8, 1, lambda row, v: holder(row)),
    Column("held_days", N_("held"), 5, 0, _ago("held_since"), lambda row, v: v.days(row["held_since"]), "held_since",
           align="right"),
    Column("pool", N_("pool"), 8, 1, _text("pool")),
    Column("pool_since", N_("here"), 5, 0, _since, _plain("since"), "pool", align="right"),
    Column("held_before", N_("held before"), 11, 3, lambda row, v: row.get("before") or "–", _plain("before"), "pool"),
    Column("claim", N_("claim"), 11, 0, _claim, lambda row, v: _claim(row, v) or None, "pool"),
    Column("contact", N_("contact"), 10, 1, _text("contact"), _plain("contact"), "contact"),
    Column("phone", N_("phone"), 15, 0, _phone),
    Column("email", N_("mail"), 18, 1, _hidden("email")),
    Column("wechat", N_("WeChat"), 10, 1, _hidden("wechat"), _plain("wechat")),
    Column("region", N_("region"), 8, 1, _text("region")),
    Column("industry", N_("industry"), 8, 1, _text("industry")),
    Column("source", N_("source"), 8, 1, _text("source")),
    Column("tags", N_("tags"), 10, 2, _text("tags")),
    Column("created", N_("created"), 10, 0, _day("created_at")),
    Column("archived", N_("archived"), 10, 0, _day("archived_at")),
    Column("returns", N_("returns"), 10, 0, _text("recycle_on")),
    _kept("address", N_("address"), 16, 3),
    _kept("website", N_("website"), 14),
    _kept("tax_number", N_("tax number"), 18, 0),
    _kept("business_role", N_("business role"), 12),
    _kept("referred_by", N_("referred by"), 12),
    _kept("parent", N_("parent"), 12),
    Column("note", N_("note"), 20, 3, _hidden("note"), _plain("note"), "note"),
    _money("sales", N_("sales"), 14),
    _money("lifetime", N_("all sales"), 14),
    _money("wallet", N_("wallet"), 14),
    _money("overdue", N_("overdue"), 12),
    _percent("margin", N_("margin")),
    _percent("growth", N_("growth")),
    _percent("share", N_("share")),
    _percent("collection", N_("paid")),
    _percent("timeliness", N_("on time")),
    _figure("orders", N_("orders"), 6, lambda value, viewer: str(value)),
    _figure("last_order", N_("last order"), 10, lambda value, viewer: str(value)),
    _figure("silence", N_("silence"), 7, lambda value, viewer: f"{value:.1f}"),
)  # fmt: skip
COLUMNS: Mapping[str, Column] = {column.name: column for column in _TABLE}
SHORT = {
    "next": "next_follow_up", "due": "next_follow_up", "last": "last_contact", "touched": "last_touch",
    "words": "last_words", "since": "stage_days", "held": "held_days", "here": "pool_since", "before": "held_before",
    "mail": "email",
}  # fmt: skip
"""What else a column may be called."""
