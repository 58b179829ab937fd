"""How the pipeline shows customers: the columns of its list, a row, the stage tabs, the lanes of the board."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace
from rich.cells import cell_len
from rich.text import Text

from crm_tui.domain.cadence import rotting_due
from crm_tui.domain.clock import local_date
from crm_tui.domain.language import _
from crm_tui.domain.money import short_amount
from crm_tui.domain.stages import STAGES
from crm_tui.services import lists
from crm_tui.services.column_table import COLUMNS, Row, Viewer, graded, next_text, viewer
from crm_tui.services.column_table import Column as OfTable
from crm_tui.services.columns import Chosen
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.tui.rows import Draw
from crm_tui.tui.screens.colours import LEAVING, late, tier_badge
from crm_tui.tui.widgets.board import Lane
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import REVERSE, Piece, PlainLine
from crm_tui.tui.widgets.record_table import Line

LANE = 100
"""Customers in a column of the board."""

LEAST = 4
"""Cells that a column keeps whose width was chosen wider than there is room."""

Counts = dict[str, int]
Sums = dict[str, str]


# The columns of the list, and which of them leave first when the terminal is narrow.
_OWN = {
    "name": 0, "tier": 0, "stage": 2, "next_follow_up": 0, "last_contact": 1, "owner": 3, "region": 4, "source": 5,
}  # fmt: skip


def columns(chosen: Sequence[Chosen] = ()) -> tuple[Column, ...]:
    """The columns of the list, or those chosen; of these the last ones leave first when the terminal is narrow.

    The name stays in any case.
    """
    if not chosen:
        return tuple(_column(COLUMNS[name], drop=drop) for name, drop in _OWN.items())
    return tuple(
        _column(one.column, one.width, 0 if one.name == "name" else place)
        for place, one in enumerate(_named(chosen), 1)
    )


def _named(chosen: Sequence[Chosen]) -> Sequence[Chosen]:
    """The columns, the name first where it is none of them."""
    return chosen if any(one.name == "name" for one in chosen) else (Chosen(COLUMNS["name"]), *chosen)


def _column(column: OfTable, width: int = 0, drop: int = 0) -> Column:
    flex = 0 if width else column.flex
    return Column(column.name, column.title, width or column.width, flex, column.align, drop, LEAST if width else 0)


def _tier(row: Row, viewer: Viewer) -> Text | str:
    return tier_badge(viewer.schemes, row["scheme"], row["tier"], row.get("suggested"))


def _next(row: Row, viewer: Viewer) -> Text | str:
    return late(next_text(row, viewer), _has_passed(row, viewer))


def _has_passed(row: Row, viewer: Viewer) -> bool:
    return row["next_on"] is not None and row["next_on"] < viewer.today.isoformat()


_COLOURED: Mapping[str, Callable[[Row, Viewer], Text | str]] = {"tier": _tier, "next_follow_up": _next}


def drawer(session: Session, chosen: Sequence[Chosen] = ()) -> Draw:
    """Draws a row of these columns (none: the list's own), by the day on which the list was entered."""
    looks, due_settings = viewer(session), session.settings.due
    shown = [one.column for one in _named(chosen)] if chosen else [COLUMNS[name] for name in _OWN]
    cells = [_COLOURED.get(column.name, column.cell) for column in shown]

    def draw(row: dict[str, Any], outside: bool) -> Line:
        touched = local_date(row["last_touch"], looks.zone) if row["last_touch"] else None
        rots = rotting_due(row["stage"], local_date(row["stage_since"], looks.zone), touched, due_settings)
        rotten = rots is not None and rots <= looks.today
        flag = LEAVING if row.get("recycle_on") else "!" if _has_passed(row, looks) else "~" if rotten else ""
        return Line(row["id"], tuple(cell(row, looks) for cell in cells), outside, flag)

    return draw


def worth(session: Session, query: Query) -> Sums:
    """What the open deals of each stage of a list may bring, as it is written; runs on the desk."""
    sums = lists.stage_sums(session, query) or {}
    currency = session.settings["currency"]
    written = {stage: short_amount(amount, currency) for stage, amount in sums.items() if amount}
    return {**written, "": short_amount(sum(sums.values()), currency)} if written else {}


class StageTabs(PlainLine):
    """The stages with their counts, and with what their open deals may bring where there is room; the one that is shown
    is in reverse video and in brackets.
    """

    stage = ""
    counts: Counts | None = None
    sums: Sums | None = None

    def show(self, stage: str, counts: Counts | None, sums: Sums | None = None) -> None:
        """Show this stage as chosen; `counts` None while they are not known, `sums` by stage, "" for all together."""
        if (stage, counts, sums) != (self.stage, self.counts, self.sums):
            self.stage, self.counts, self.sums = stage, counts, sums
            self.refresh()

    def pieces(self, width: int) -> list[Piece]:
        """All, then the six, shortened where there is no room."""
        total = sum(self.counts.values()) if self.counts is not None else None
        named = [("0", _("all"), total, "")]
        for number, stage in enumerate(STAGES, 1):
            n = self.counts.get(stage.identifier, 0) if self.counts is not None else None
            named.append((str(number), stage.title, n, stage.identifier))
        lengths = (20, 10, 9, 8, 7, 6, 5, 4)
        sums = self.sums or {}
        here = {stage: text for stage, text in sums.items() if stage == self.stage}
        # Titles are shortened before the sums go, and that of the stage which is shown goes last.
        tries = [(n, sums) for n in (*lengths, 3) if sums] + [(n, here) for n in lengths if here]
        for length, told in [*tries, *((n, {}) for n in lengths)]:
            pieces = self._labels(named, length, told)
            if sum(cell_len(text) for text, __ in pieces) <= width:
                break
        return pieces

    def _labels(
        self, named: Sequence[tuple[str, str, int | None, str]], length: int, sums: Mapping[str, str]
    ) -> list[Piece]:
        pieces: list[Piece] = []
        for key, title, n, identifier in named:
            chosen = identifier == self.stage
            count = "" if n is None else f" {short(n)}"
            if identifier in sums:
                count += f"·{sums[identifier]}"
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
    counts, sums = lists.stage_counts(session, query), worth(session, query)
    keeping = lists.among(session, query, [kept]) if kept is not None else set()
    result: list[Lane] = []
    for stage in STAGES:
        own = replace(query, stage=stage.identifier)
        ids = list(lists.page(session, own, limit=LANE).ids)
        ids += [key for key in keeping if key not in ids]
        rows = {key: row for key, row in lists.rows(session, ids).items() if row["stage"] == stage.identifier}
        shown = tuple((key, _card(session, rows[key])) for key in ids if key in rows)
        more = "+" if len(shown) >= LANE else ""
        n = short(counts.get(stage.identifier, 0)) if counts is not None else f"{len(shown)}{more}"
        amount = f" · {sums[stage.identifier]}" if stage.identifier in sums else ""
        result.append(Lane(f"{stage.title} {n}{amount}", shown))
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


def _card(session: Session, row: dict[str, Any]) -> str:
    schemes = session.settings.schemes
    tier = graded(schemes.get(row["scheme"]), row["tier"], row["suggested"], schemes.values())
    return f"{tier} {row['name']}".strip()


def counted(session: Session, query: Query) -> Counts:
    """The customers of each stage of a list, by counting; runs on the desk, in the background."""
    return {stage.identifier: lists.count(session, replace(query, stage=stage.identifier)) for stage in STAGES}
