"""Why customers buy: judged by whoever works them, shown where one speaks to them, typical of a tier (DOMAIN §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain.factors import against, in_words, parse_ranking, typical
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.schemes import badge
from crm_tui.domain.text import clean
from crm_tui.services.sections import Row, Section
from crm_tui.services.session import Outcome, Session, done, named
from crm_tui.store import factors as store
from crm_tui.store.factors import Judged

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts


def judge(session: Session, ids: Sequence[int], ranking: str, occasion: str = "", evidence: str = "") -> Outcome:
    """Take down why the customers buy on the occasion ("" for in general); it stands in place of what stood there.

    UsageError for what is no ranking (`supplier>price>partner`).
    """
    factors = parse_ranking(ranking)
    occasion, evidence = clean(occasion, limit=200).strip(), clean(evidence, limit=500)
    row = {
        "user_id": session.person.id, "ranking": ",".join(factors), "evidence": evidence,
        "judged_on": session.today.isoformat(),
    }  # fmt: skip
    with session.changing() as change:
        taken, refused = session.take(ids)
        known = {
            judged.customer_id: judged.id
            for judged in store.of(session.database, [facts.id for facts in taken])
            if judged.occasion.casefold() == occasion.casefold()
        }
        new = [facts.id for facts in taken if facts.id not in known]
        change.insert("purchase_factor", [{"customer_id": key, "occasion": occasion, **row} for key in new])
        change.update_each("purchase_factor", dict.fromkeys(known.values(), row))
        message = _("{who} buys for: {ranking}") if taken else _("nothing was changed")
        return done(change, message.format(who=named(taken), ranking=in_words(factors)), [f.id for f in taken], refused)


def forget(session: Session, ids: Sequence[int], occasion: str = "") -> Outcome:
    """Take a judgement back."""
    occasion = clean(occasion, limit=200).strip()
    with session.changing() as change:
        taken, refused = session.take(ids)
        rows = [
            judged for judged in store.of(session.database, [facts.id for facts in taken])
            if judged.occasion.casefold() == occasion.casefold()
        ]  # fmt: skip
        change.delete("purchase_factor", [judged.id for judged in rows])
        gone = {judged.customer_id for judged in rows}
        message = _("{who}: purchase factors removed") if gone else _("there is nothing to remove")
        return done(change, message.format(who=named([f for f in taken if f.id in gone])), sorted(gone), refused)


def warning(session: Session, ids: Sequence[int], text: str) -> str:
    """What is said when a note or an offer goes against how one of the customers buys; "" for nothing to say.

    It goes by the ranking in general, or else the newest one.
    """
    if not text:
        return ""
    first: dict[int, Judged] = {}
    for judged in store.of(session.database, ids):
        first.setdefault(judged.customer_id, judged)
    found = (against(text, judged.ranking.split(",")) for judged in first.values())
    return next((why for why in found if why), "")


def shown(session: Session, customer_id: int) -> str:
    """Why the customer buys, in a few words for whoever is about to speak to it; "" where nobody has judged."""
    rows = store.of(session.database, [customer_id])
    return _("buys for: {ranking}").format(ranking=_ranking(rows[0])) if rows else ""


def listed(session: Session, customer_id: int) -> Outcome:
    """The customer's rankings, each with its evidence, and the one typical of its tier."""
    facts = session.one(customer_id)
    masked = facts.owner_id is None and session.sight.masked
    rows = [] if masked else store.of(session.database, [customer_id])
    lines = [_line(judged) for judged in rows]
    usual = next((row for row in _typical(session) if (row["scheme"], row["tier"]) == (facts.scheme, facts.tier)), None)
    if usual is not None:
        lines.append(_("typical of {tier}: {ranking}").format(tier=usual["badge"], ranking=in_words(usual["ranking"])))
    message = facts.name if rows else _("{who}: nobody has judged why it buys").format(who=facts.name)
    return Outcome(message, lines=tuple(lines), data=tuple(_record(judged) for judged in rows))


def typical_rankings(session: Session) -> Outcome:
    """The ranking typical of each tier, over the customers that one sees."""
    rows = _typical(session)
    lines = tuple(
        ngettext("{tier}: {ranking} ({n} customer)", "{tier}: {ranking} ({n} customers)", row["customers"]).format(
            tier=row["badge"], ranking=in_words(row["ranking"]), n=row["customers"]
        )
        for row in rows
    )
    message = _("typical of the tiers") if rows else _("nobody has judged why customers buy")
    return Outcome(message, lines=lines, data=tuple({**row, "ranking": list(row["ranking"])} for row in rows))


def _typical(session: Session) -> list[dict[str, Any]]:
    grouped: dict[tuple[str, str], list[list[str]]] = {}
    for scheme, tier, ranking in store.by_tier(session.database, session.sight):
        grouped.setdefault((scheme, tier), []).append(ranking.split(","))
    found: list[dict[str, Any]] = []
    for (scheme, tier), rankings in grouped.items():
        known = session.settings.schemes.get(scheme)
        found.append(
            {
                "scheme": scheme, "tier": tier, "badge": badge(known, tier) if known else tier,
                "ranking": typical(rankings), "customers": len(rankings),
            }
        )  # fmt: skip
    return found


def _ranking(judged: Judged) -> str:
    return in_words(judged.ranking.split(","))


def _line(judged: Judged) -> str:
    occasion = f"{judged.occasion}: " if judged.occasion else ""
    evidence = f" ({judged.evidence})" if judged.evidence else ""
    return f"{occasion}{_ranking(judged)}{evidence}, {judged.by} {judged.judged_on}"


def _record(judged: Judged) -> dict[str, Any]:
    return {
        "id": judged.customer_id, "occasion": judged.occasion, "ranking": judged.ranking.split(","),
        "evidence": judged.evidence, "judged": judged.judged_on, "by": judged.by,
    }  # fmt: skip


def section(session: Session, customer: Facts) -> Section | None:
    """Why the customer buys, for its card."""
    rows = store.of(session.database, [customer.id])
    if not rows:
        return None
    shown = tuple(
        Row(
            judged.occasion or _("in general"),
            f"{_ranking(judged)}{f'  {judged.evidence}' if judged.evidence else ''}",
            f"{judged.by} {judged.judged_on}",
        )
        for judged in rows
    )
    return Section("factors", _("buys for"), shown, tuple(_record(judged) for judged in rows))
