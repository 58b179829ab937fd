"""What customers are worth: every metric of DOMAIN §6 for those that one sees, and the keeping of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.metrics import METRICS, SILENT, Kept, Metric, Value, is_falling, is_lagging, silent_for
from crm_tui.domain.money import format_amount
from crm_tui.domain.people import is_masked
from crm_tui.domain.periods import Period, default
from crm_tui.services.sections import Row, Section
from crm_tui.services.session import Outcome, Session
from crm_tui.store import worth as store

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts

Metrics = dict[str, Value]
"""The value of every metric by its name, in its unit; None for what cannot be told."""

_ON_CARD = ("sales", "growth", "margin", "share", "collection", "overdue", "recency", "silence")


def keep_current(session: Session) -> bool:
    """Turn the month, if it has: keep the metrics of the default period of today. Whether anything was computed."""
    return store.roll(session.database, default(session.today))


def rebuild(session: Session) -> Outcome:
    """Compute all that is kept or derived anew, for the default period of today; what was not as it should be is told.

    What stands on customers' rows is mended by an entry of the journal that nothing takes back.
    """
    from crm_tui.services import mending

    wanted = default(session.today)
    with session.database.writing():
        differed = {**mending.mend(session), **store.rebuild(session.database, wanted)}
    told = {"worth": _("metrics"), "effort": _("contacts"), "stage_count": _("counts of the stages"), **mending.told()}
    lines = tuple(
        ngettext("{what}: {n} row differed", "{what}: {n} rows differed", n).format(what=told[table], n=f"{n:,}")
        for table, n in differed.items()
    )
    message = _("computed anew for {period}: {result}").format(
        period=wanted, result="; ".join(lines) or _("nothing differed")
    )
    record = {"from": wanted.first.isoformat(), "to": wanted.last.isoformat()}
    record |= {table: differed.get(table, 0) for table in told}  # type: ignore[misc]
    return Outcome(message, data=(record,), lines=lines)


def worth(session: Session, ids: Sequence[int], period: Period | None = None) -> dict[int, Metrics]:
    """Every metric of those of the customers that the user may know it of, by id; without a period of the default one.

    Those that are not seen, and those of the pool whose figures are hidden, are left out.
    """
    seen, __ = session.see(ids)
    known = [facts.id for facts in seen if not is_masked(session.sight, facts.owner_id)]
    kept = store.metrics(session.database, period or default(session.today), known)
    facts = store.facts(session.database, known)
    return {key: _metrics(kept[key], facts.get(key, {})) for key in known}


def _metrics(kept: Kept, facts: dict[str, Value]) -> Metrics:
    return {name: metric.of(kept, facts) for name, metric in METRICS.items()}


def shown(session: Session, metric: Metric, value: Value) -> str:
    """The value with its unit, as it is read; "–" where it cannot be told."""
    if value is None or isinstance(value, str):
        return value or "–"
    if metric.unit == "money":
        return format_amount(round(value), session.settings["currency"])
    if metric.unit == "percent":
        return f"{100 * value:.1f} %"
    number = f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"
    if metric.unit == "days":
        return ngettext("{n} day", "{n} days", round(value)).format(n=number)
    if metric.unit == "months":
        return ngettext("{n} month", "{n} months", round(value)).format(n=number)
    if metric.unit == "years":
        return ngettext("{n} year", "{n} years", round(value)).format(n=number)
    return number


def printed(session: Session, metric: Metric, value: Value) -> Any:
    """The value as scripts read it: money in whole units as text, per cent as a fraction, all else as it is."""
    if metric.unit == "money" and isinstance(value, int):
        return format_amount(value, session.settings["currency"]).replace(",", "")
    return round(value, 4) if isinstance(value, float) else value


def metrics(session: Session, customer_id: int, period: Period | None = None) -> Outcome:
    """All metrics of one customer, one a line and one record; CrmError for one that is not seen."""
    facts = session.one(customer_id)
    wanted = period or default(session.today)
    found = worth(session, [customer_id], wanted).get(customer_id)
    if found is None:
        raise CrmError(_("{name}: the figures of a customer in the pool are hidden").format(name=facts.name))
    record: dict[str, Any] = {"id": facts.id, "name": facts.name}
    record |= {"from": wanted.first.isoformat(), "to": wanted.last.isoformat()}
    record |= {name: printed(session, METRICS[name], value) for name, value in found.items()}
    figures = {name: metric for name, metric in METRICS.items() if metric.unit != "text"}
    width = max(len(metric.title) for metric in figures.values())
    lines = [f"{metric.title:<{width}}  {shown(session, metric, found[name])}" for name, metric in figures.items()]
    message = _("{name}: what it is worth").format(name=facts.name)
    return Outcome(message, data=(record,), lines=(str(wanted), *lines))


def section(session: Session, customer: Facts) -> Section | None:
    """What the customer is worth, in a line of the card; nothing of one that has no facts."""
    wanted = default(session.today)
    kept = store.metrics(session.database, wanted, [customer.id])[customer.id]
    if kept == Kept(contacts=kept.contacts, visits=kept.visits, as_of=kept.as_of):
        return None
    values = _metrics(kept, {})
    parts = [
        f"{metric.title} {shown(session, metric, values[name])}"
        for name, metric in METRICS.items()
        if name in _ON_CARD and values[name]
    ]
    warned = [_("growing more slowly than it does")] if is_lagging(kept) else []
    warned += [_("share falling")] if is_falling(kept) else []
    silent = silent_for(kept, session.today)
    lost = []
    if customer.stage == "actual" and silent is not None and silent > SILENT:
        text = _("no order for {n:.1f} times its own interval: lost?").format(n=silent)
        lost.append(Row("!", text, "", f"stage lost {customer.id}"))
    record = {name: printed(session, METRICS[name], value) for name, value in values.items()
              if METRICS[name].unit not in ("text", "points")}  # fmt: skip
    rows = (Row(_("worth"), "  ".join(parts), str(wanted), ""), *(Row("", text) for text in warned), *lost)
    period = {"from": wanted.first.isoformat(), "to": wanted.last.isoformat()}
    return Section("worth", _("worth"), rows, ({**period, **record},))
