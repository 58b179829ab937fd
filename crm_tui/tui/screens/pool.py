"""The customers of one pool: of a public one since when they lie there, who held them, and whether one may claim them.

Left and right go to the pools beside it. It is a list as the pipeline's, kept within the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.timer import Timer

from crm_tui.commands.keymap import Place as Keys
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.phone_display import display_phone
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import pool_rows
from crm_tui.services.column_table import MASK
from crm_tui.services.columns import rows
from crm_tui.services.lists import Query
from crm_tui.services.pool_rows import PoolLine
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.rows import Draw, Read
from crm_tui.tui.screens.colours import tier_badge
from crm_tui.tui.screens.listing import preview
from crm_tui.tui.screens.pipeline import PAUSE, PipelineScreen
from crm_tui.tui.screens.place import Hint
from crm_tui.tui.screens.pools import counted
from crm_tui.tui.screens.showing import Shown
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line

if TYPE_CHECKING:
    from crm_tui.services.news import Changed


def lying_columns(*, masked: bool) -> tuple[Column, ...]:
    """The columns of a public pool; the last ones leave first when the terminal is narrow."""
    return (
        Column("name", _("name"), 12, flex=3),
        Column("tier", _("tier"), 6),
        Column("stage", _("stage"), 9, drop=1),
        Column("region", _("region"), 6, drop=2),
        Column("source", _("source"), 6, flex=1, drop=3),
        Column("phone", _("tel") if masked else _("phone"), len(MASK) if masked else 15, drop=4),
        Column("since", _("here"), 4, align="right"),
        Column("before", _("held before"), 11, flex=3),
        Column("claim", _("claim"), 11),
    )


def lying_drawer(session: Session) -> Draw:
    """Draws a row of a public pool, by the day on which the list was entered."""
    today = session.today

    def draw(row: dict[str, Any], outside: bool) -> Line:
        phone = MASK if row["masked"] else display_phone(row["phone"]) if row["phone"] else ""
        tier = tier_badge(session.settings.schemes, row["scheme"], row["tier"], row["suggested"])
        return Line(
            row["id"],
            (
                row["name"], tier, BY_IDENTIFIER[row["stage"]].title,
                row["region"] or "", row["source"] or "", phone,
                f"{(today - row['since']).days}d" if row["since"] else "–", row["before"] or "–",
                _("taken") if row.get("gone") else row["claim"] or _("yes"),
            ),
            outside,
        )  # fmt: skip

    return draw


class PoolScreen(PipelineScreen):
    """One pool, public or private."""

    keys: ClassVar[Keys] = "pool"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("find", N_("filter"), 5), ("back", N_("back"), 6), ("keys", N_("keys"), 9),
    )  # fmt: skip
    nobody = N_("No customer here. {find} then Enter clears the filter.")

    def __init__(self, desk: Desk, session: Session, pool: PoolLine, beside: Sequence[PoolLine]) -> None:
        super().__init__(desk, session)
        self.pool = pool
        self.beside = beside
        self.shown_now = Shown(Query(within=pool.within))

    def contents(self) -> ComposeResult:
        """Which pool it is, then the list."""
        yield PlainLine(id="pool")
        yield from super().contents()

    @cached_property
    def head(self) -> PlainLine:
        """The line that tells which pool it is."""
        return self.query_one("#pool", PlainLine)

    @property
    def is_public(self) -> bool:
        """Whether it is a public pool."""
        return self.pool.within.kind == "pool"

    def _is_public(self, shown: Shown) -> bool:
        """Whether that lists a public pool; it may be one that is still being read, with another one in sight."""
        within = shown.query.within
        return self.is_public if within is None else within.kind == "pool"

    # -- what it shows in its own way

    def columns(self, shown: Shown) -> tuple[Column, ...]:
        """Those chosen, else those of a public pool; of a private one those of the pipeline."""
        if shown.columns or not self._is_public(shown):
            return super().columns(shown)
        return lying_columns(masked=self.session.person.role == "rep")

    def drawer(self, shown: Shown) -> Draw:
        """Draws its rows."""
        if shown.columns or not self._is_public(shown):
            return super().drawer(shown)
        return lying_drawer(self.session)

    def reader(self, shown: Shown) -> Read:
        """What reads its rows."""
        if not self._is_public(shown):
            return super().reader(shown)
        return partial(rows, chosen=shown.columns, pooled=True)

    @property
    def columns_shown(self) -> str:
        """The columns, a public pool's own ones by the names that they have everywhere."""
        return pool_rows.COLUMNS if self.is_public and not self.shown_now.columns else super().columns_shown

    @property
    def teller(self) -> Callable[[Session, int], list[str]]:
        """What tells the preview of a customer: first what is to be known before one claims it."""
        return _preview if self.is_public else super().teller

    def hints_here(self) -> Sequence[Hint]:
        """Also what one may do with the customer under the cursor."""
        row = self.row() if self.is_mounted else None
        if row is None or row.get("gone"):
            return self.hints
        person, found = self.session.person, list[Hint]()
        leads = person.role in ("lead", "admin")
        if self.is_public and person.role != "service" and not row["refusal"]:
            found.append(("claim", N_("claim"), 7))
        if not self.is_public and row["owner_id"] == self.pool.within.id and (leads or row["owner_id"] == person.id):
            found.append(("release", N_("release"), 4))
        if leads:
            found.append(("assign", N_("assign"), 4))
        return [*found, *self.hints] if person.state != "leaving" else self.hints

    # -- reading

    def on_mount(self) -> None:
        """Say which pool it is; the list follows."""
        super().on_mount()
        self._tell_pool()

    def _tell_pool(self) -> None:
        pool = self.pool
        kind = _("public pool") if self.is_public else _("private pool")
        customers = ngettext("{n} customer", "{n} customers", pool.customers).format(n=f"{pool.customers:,}")
        parts = [f"{kind} {pool.name}", customers, counted(pool), pool.about]
        if len(self.beside) > 1:
            at = next((i for i, one in enumerate(self.beside, 1) if one.within == pool.within), 0)
            sides = {"left": self.key("left"), "right": self.key("right")}
            parts.insert(1, _("{at} of {all} ({left} {right})").format(at=at, all=len(self.beside), **sides))
        self.head.say(" · ".join(part for part in parts if part))

    async def entered(self) -> None:
        """Read the list and the pool anew."""
        await super().entered()
        await self._read_pool()

    async def _read_pool(self) -> None:
        self.beside = await self.desk.run(pool_rows.every, self.session)
        self.pool = next((one for one in self.beside if one.within == self.pool.within), self.pool)
        self._tell_pool()

    async def changed(self, ids: Sequence[int]) -> None:
        """Show these as they are now, and of the others whether they may still be claimed."""
        await super().changed(ids)
        if self.is_public:
            shown = self.on_screen()
            self.lines.forget(shown)
            await self.lines.refresh(shown)
        await self._read_pool()

    async def others_changed(self, ids: Changed = None) -> None:
        """Show what others have changed, and the pool as it is now."""
        await super().others_changed(ids)
        await self._read_pool()

    # -- the row under the cursor

    _row_timer: Timer | None = None
    _row_told = ""

    def on_record_table_cursor_moved(self) -> None:
        """Where there is no preview, the line at the bottom tells what the columns had to cut, once the keys pause."""
        super().on_record_table_cursor_moved()
        if self._row_timer is not None:
            self._row_timer.stop()
        self._row_timer = self.set_timer(PAUSE, self._tell_row)

    def _tell_row(self) -> None:
        self._row_timer = None
        self.hint()
        if self.preview.display or not self.is_public or self.status.text not in (self._told, self._row_told):
            return  # what was done stays in sight
        row = self.row() or {}
        refusal = _("somebody has taken it") if row.get("gone") else row.get("refusal")
        parts = [
            _("not to be claimed: {why}").format(why=refusal) if refusal else "",
            _("held before by {who}").format(who=row["before"]) if row.get("before") else "",
        ]
        self._row_told = "  ·  ".join(part for part in parts if part) or self._told
        self.status.say(self._row_told)

    # -- from pool to pool

    async def left(self) -> None:  # type: ignore[override]
        """The pool before it; on the board the lane to the left."""
        await self._go_beside(-1)

    async def right(self) -> None:  # type: ignore[override]
        """The pool after it; on the board the lane to the right."""
        await self._go_beside(1)

    async def _go_beside(self, step: int) -> None:
        if self._move(step, 0):
            return
        places = [one.within for one in self.beside]
        at = places.index(self.pool.within) + step if self.pool.within in places else 0
        if not 0 <= at < len(places):
            return
        self.table.set_marks(frozenset())
        await self.load(Shown(Query(within=places[at]), self.shown_now.columns))
        self._tell_pool()

    def _show(self, shown: Shown, *rest: Any) -> None:
        """It is another pool from the moment on in which its rows are shown."""
        self.pool = next((one for one in self.beside if one.within == shown.query.within), self.pool)
        super()._show(shown, *rest)


def _preview(session: Session, key: int) -> list[str]:
    """What the preview tells of a customer in a public pool; runs on the desk."""
    name, *rest = preview(session, key)
    return [name, *pool_rows.why(session, key), *rest]
