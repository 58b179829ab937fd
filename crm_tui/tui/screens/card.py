"""One customer: why it is due, profile with what is missing, people, and all that happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.domain.schemes import badge, shipped
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import cards
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.screens.place import Place
from crm_tui.tui.widgets.cells import cut
from crm_tui.tui.widgets.columns import Column, places
from crm_tui.tui.widgets.overlay import holder
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import GUTTER, Line, RecordTable
from crm_tui.tui.widgets.text_pane import wrap

if TYPE_CHECKING:
    from crm_tui.services.news import Changed

COLUMNS = (Column("label", "", 18), Column("text", "", 20, flex=1), Column("note", "", 19, drop=1))

Row = tuple[str, str, str]


class CardLines:
    """The card as rows: label, text, and what belongs to it; `contacts` and `interactions` tell which row is which."""

    def __init__(self, card: cards.Card, width: int) -> None:
        """`width` is that of the text, in cells; longer texts go on in the next row."""
        self.contacts: dict[int, int] = {}
        self.interactions: dict[int, int] = {}
        self.rows: list[Row] = []
        self._width = width
        self._fill(card)

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, index: int) -> int | None:
        return index if index < len(self.rows) else None

    def line(self, index: int) -> Line | None:
        return Line(index, self.rows[index])

    def like(self, before: CardLines | None, index: int) -> int:
        """Where the row stands now that was row `index` of another card's lines: what comes above moves it down."""
        if before is None or index >= len(before):
            return index
        contact = before.contacts.get(index)
        if contact is not None:
            rows = [row for row, own in self.contacts.items() if own == contact]
            first = min(row for row, own in before.contacts.items() if own == contact)
            return rows[min(index - first, len(rows) - 1)] if rows else index
        same = (row for row, cells in enumerate(self.rows) if cells == before.rows[index])
        return min(same, key=lambda row: abs(row - index), default=index)

    def _add(self, label: str, text: str, note: str = "") -> None:
        first, *more = wrap(text, self._width)
        self.rows += [(label, first, note), *(("", line, "") for line in more)]

    def _fill(self, card: cards.Card) -> None:
        for reason in card.reasons:
            self._add(_("due"), reason)
        missing = ", ".join(field.title for field in card.completeness.missing)
        percent = f"{card.completeness.percent} %"
        text = _("{percent}; missing: {fields}").format(percent=percent, fields=missing) if missing else percent
        self._add(_("profile"), text)
        if card.tags:
            self._add(_("tags"), " ".join(f"#{tag}" for tag in card.tags))
        for person in card.contacts:
            parts = (person.name, person.role, person.title, person.phone, person.email, person.wechat)
            before = len(self.rows)
            self._add(_("contact"), "  ".join(part for part in parts if part), f"#{person.id}")
            self.contacts.update(dict.fromkeys(range(before, len(self.rows)), person.id))
        for shared in card.shared:
            self._add(_("with"), shared)
        for item in card.items:
            self._add(item.label, item.value, _("verified {day}").format(day=item.verified) if item.verified else "")
        if card.note:
            self._add(_("note"), card.note)
        for who, how in card.worked:
            self._add(_("worked by"), f"{who}  {how}")
        for event in card.events:
            before = len(self.rows)
            text = f"{'> ' if event.what == 'comment' else ''}{event.who}  {event.text}  {event.more}".rstrip()
            self._add(event.at, text, f"{_(event.what)} #{event.id}" if event.id else _(event.what))
            if event.id:
                self.interactions.update(dict.fromkeys(range(before, len(self.rows)), event.id))


class CardScreen(Place):
    """The card of a customer, over the place from which it was opened."""

    keys: ClassVar[Keys] = "card"
    hints: ClassVar[tuple[tuple[str, int], ...]] = (
        ("f log", 6), ("n next", 5), ("e edit", 5), ("a contact", 4), ("q back", 8), ("? keys", 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, customer_id: int) -> None:
        super().__init__(desk, session)
        self.customer_id = customer_id
        self.card: cards.Card | None = None
        self.lines: CardLines | None = None

    def contents(self) -> ComposeResult:
        """The head, the rows."""
        yield PlainLine(id="head")
        yield RecordTable(COLUMNS, id="table")

    async def on_mount(self) -> None:
        """Read the card."""
        await self._load()

    async def _load(self) -> None:
        self.card = await self.desk.run(cards.card, self.session, self.customer_id)
        self._lay_out()

    def on_resize(self) -> None:
        """Break the lines anew."""
        if self.card is not None:
            self._lay_out()

    def _lay_out(self) -> None:
        card = self.card
        assert card is not None
        shown = places(COLUMNS, self.size.width - GUTTER)
        before, self.lines = self.lines, CardLines(card, next((place.width for place in shown if place.cell == 1), 1))
        self.table.show(self.lines, self.lines.like(before, self.table.cursor))
        facts = card.facts
        tier = badge(shipped()[facts.scheme], facts.tier) if facts.tier else "–"
        holder = card.owner or card.pool or _("blocked")
        parts = [BY_IDENTIFIER[facts.stage].title, tier, holder, f"#{facts.id}"]
        if facts.archived_at:
            parts.append(_("archived"))
        rest = "  ·  " + "  ·  ".join(parts)
        self.query_one("#head", PlainLine).say(cut(facts.name, max(8, self.size.width - cell_len(rest))) + rest)

    async def entered(self) -> None:
        """Read it again."""
        await self._load()

    async def changed(self, ids: Sequence[int]) -> None:
        """Show it as it is now; a customer that is not there any more (its making undone) is left, but not while
        something is typed or asked.
        """
        try:
            await self._load()
        except CrmError as error:
            if holder(self.focused) is None:
                await self.back()
            elif self.form.is_open:
                self.form.tell(f"! {error}")
            self.crm.place.say(str(error), alert=True)

    async def others_changed(self, ids: Changed = None) -> None:
        """Show it as it is now, if it is among them."""
        if ids is None or self.customer_id in ids:
            await self.changed(())

    def targets(self) -> Targets:
        """The customer."""
        return Targets((self.customer_id,))

    async def mark(self, what: str | None = None) -> None:
        """There is one customer only."""
        raise CrmError(_("there is nothing to mark here"))

    def find(self) -> None:
        """There is no list."""
        raise CrmError(_("there is no list to filter here: q goes back to it"))

    async def open(self, ids: Sequence[int]) -> None:
        """On a contact: edit it; on an interaction, for leads: comment on it."""
        interaction = self.lines.interactions.get(self.table.cursor) if self.lines else None
        if interaction is not None and self.session.person.role in ("lead", "admin"):
            await self.crm.obey(f"comment --on-interaction {interaction}")
            return
        contact = self._contact
        if contact is None:
            raise CrmError(_("Enter is for a contact; e edits the customer"))
        await self.crm.obey(f"contact edit {contact}")

    @property
    def _contact(self) -> int | None:
        """The contact under the cursor."""
        return self.lines.contacts.get(self.table.cursor) if self.lines else None

    def row(self) -> dict[str, Any] | None:
        """What can be copied: the customer's, or of the contact under the cursor."""
        if self.card is None:
            return None
        contact = self._contact
        for person in self.card.contacts:
            if contact in (None, person.id) and (contact or person.phone or person.email):
                name = person.name if contact else self.card.facts.name
                return {"name": name, "phone": person.phone, "email": person.email}
        values = {item.field: item.value for item in self.card.items}
        return {"name": self.card.facts.name, "phone": values.get("phone"), "email": values.get("email")}
