"""How the pipeline shows customers: the columns of its list, a row, the stage tabs, the lanes of the board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta, tzinfo
from typing import Any

from rich.cells import cell_len

from crm_tui.domain.cadence import rotting_due
from crm_tui.domain.clock import local_date, moment
from crm_tui.domain.language import _
from crm_tui.domain.schemes import badge, shipped
from crm_tui.domain.stages import BY_IDENTIFIER, STAGES
from crm_tui.services import lists
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.tui.screens.colours import LEAVING, late, tier_badge
from crm_tui.tui.widgets.board import Lane
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import REVERSE, Piece, PlainLine
from crm_tui.tui.widgets.record_table import Line

LANE = 100
"""Customers in a column of the board."""

Counts = dict[str, int]


def columns() -> tuple[Column, ...]:
    """The columns of the list; the last ones leave first when the terminal is narrow."""
    return (
        Column("name", _("name"), 18, flex=4),
        Column("tier", _("tier"), 4),
        Column("stage", _("stage"), 12, drop=2),
        Column("next", _("next"), 12),
        Column("last", _("last"), 5, align="right", drop=1),
        Column("owner", _("owner"), 8, flex=1, drop=3),
        Column("region", _("region"), 8, flex=1, drop=4),
        Column("source", _("source"), 8, flex=1, drop=5),
    )


def drawer(session: Session) -> Callable[[dict[str, Any], bool], Line]:
    """Draws a row for the list, by the day on which the list was entered."""
    today, zone, due_settings = session.today, session.person.zone, session.settings.due

    def draw(row: dict[str, Any], outside: bool) -> Line:
        contacted = local_date(row["last_contact"], zone) if row["last_contact"] else None
        last = f"{(today - contacted).days}d" if contacted else "–"
        touched = local_date(row["last_touch"], zone) if row["last_touch"] else None
        rots = rotting_due(row["stage"], local_date(row["stage_since"], zone), touched, due_settings)
        passed = row["next_on"] is not None and row["next_on"] < today.isoformat()
        rotten = rots is not None and rots <= today
        flag = LEAVING if row.get("recycle_on") else "!" if passed else "~" if rotten else ""
        return Line(
            row["id"],
            (
                row["name"], tier_badge(row["scheme"], row["tier"]), BY_IDENTIFIER[row["stage"]].title,
                late(next_text(row, today, zone), passed), last,
                holder(row), row["region"] or "", row["source"] or "",
            ),
            outside,
            flag,
        )  # fmt: skip

    return draw


def holder(row: dict[str, Any]) -> str:
    """Who holds it, or the pool in which it lies: `li`, `(default)`; of one that is gone nobody can tell."""
    if row.get("gone"):
        return "–"
    return row["owner"] or f"({row['pool'] or _('blocked')})"


def next_text(row: dict[str, Any], today: date, zone: tzinfo) -> str:
    """The next date: `today`, `Fri 27`, `2026-12-01`, with its time where it is near."""
    if row["next_on"] is None:
        return ""
    day = date.fromisoformat(row["next_on"])
    time = moment(row["next_at"]).astimezone(zone).strftime(" %H:%M") if row["next_at"] else ""
    if day == today:
        return (_("today") + time)[:11]
    if timedelta(0) < day - today < timedelta(days=7):
        return day.strftime("%a %d") + time
    return day.isoformat()


class StageTabs(PlainLine):
    """The stages with their counts; the one that is shown is in reverse video and in brackets."""

    stage = ""
    counts: Counts | None = None

    def show(self, stage: str, counts: Counts | None) -> None:
        """Show this stage as chosen; `counts` None while they are not known."""
        if (stage, counts) != (self.stage, self.counts):
            self.stage, self.counts = stage, counts
            self.refresh()

    def pieces(self, width: int) -> list[Piece]:
        """All, then the six, shortened where there is no room."""
        total = sum(self.counts.values()) if self.counts is not None else None
        named = [("0", _("all"), total, "")]
        for number, stage in enumerate(STAGES, 1):
            n = self.counts.get(stage.identifier, 0) if self.counts is not None else None
            named.append((str(number), stage.title, n, stage.identifier))
        for length in (20, 10, 9, 8, 7, 6, 5, 4):
            pieces = self._labels(named, length)
            if sum(cell_len(text) for text, __ in pieces) <= width:
                break
        return pieces

    def _labels(self, named: Sequence[tuple[str, str, int | None, str]], length: int) -> list[Piece]:
        pieces: list[Piece] = []
        for key, title, n, identifier in named:
            chosen = identifier == self.stage
            count = "" if n is None else f" {short(n)}"
            text = f"{key} {title[:length]}{count}"
            pieces.append((f"[{text}]" if chosen else f" {text} ", REVERSE if chosen else None))
        return pieces


def short(n: int) -> str:
    """`85`, `12k`, `1.2m`."""
    if n < 10_000:
        return str(n)
    return f"{n / 1_000_000:.1f}m" if n >= 999_500 else f"{round(n / 1_000)}k"


def lanes(session: Session, query: Query, kept: int | None) -> list[Lane]:
    """The columns of the board, each with its first customers and `kept` if it is one of its own; runs on the desk."""
    counts = lists.stage_counts(session, query.filter, query.within)
    keeping = lists.among(session, query, [kept]) if kept is not None else set()
    result: list[Lane] = []
    for stage in STAGES:
        own = replace(query, stage=stage.identifier)
        ids = list(lists.page(session, own, limit=LANE).ids)
        ids += [key for key in keeping if key not in ids]
        rows = {key: row for key, row in lists.rows(session, ids).items() if row["stage"] == stage.identifier}
        shown = tuple((key, _card(rows[key])) for key in ids if key in rows)
        more = "+" if len(shown) >= LANE else ""
        n = short(counts.get(stage.identifier, 0)) if counts is not None else f"{len(shown)}{more}"
        result.append(Lane(f"{stage.title} {n}", shown))
    return result


def preview(session: Session, key: int) -> list[str]:
    """What the preview tells of a customer: why it is due, its people, what happened last, the profile.

    Runs on the desk.
    """
    from crm_tui.services import cards  # a list is there before its preview

    card = cards.card(session, key, events=10)
    lines = [card.facts.name, *card.reasons[:2], ""]
    for person in card.contacts[:4]:
        reach = (person.name, person.role, person.phone, person.email, person.wechat)
        lines.append("  ".join(part for part in reach if part))
    lines += ["", *(f"{event.at[5:]} {event.who}  {event.text}  {event.more}" for event in card.events[:8]), ""]
    lines.append(_("profile {percent} %").format(percent=card.completeness.percent))
    lines += [f"{item.label}: {item.value}" for item in card.items]
    return [*lines, card.note] if card.note else lines


def _card(row: dict[str, Any]) -> str:
    tier = badge(shipped()[row["scheme"]], row["tier"]) if row["tier"] else ""
    return f"{tier} {row['name']}".strip()


def counted(session: Session, query: Query) -> Counts:
    """The customers of each stage of a list, by counting; runs on the desk, in the background."""
    return {stage.identifier: lists.count(session, replace(query, stage=stage.identifier)) for stage in STAGES}
