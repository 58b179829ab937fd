"""One customer: why it is due, profile with what is missing, people, and all that happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.domain.language import _
from crm_tui.domain.schemes import badge, shipped
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import cards
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.screens.place import Place
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable

COLUMNS = (Column("label", "", 18), Column("text", "", 20, flex=1), Column("note", "", 12, drop=1))

Row = tuple[str, str, str]


class CardLines:
    """The card as rows: label, text, and what belongs to it; `contacts` tells which row is which contact."""

    def __init__(self, card: cards.Card | None) -> None:
        self.contacts: dict[int, int] = {}
        self.rows: list[Row] = list(self._rows(card)) if card else []

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, index: int) -> int | None:
        return index if index < len(self.rows) else None

    def line(self, index: int) -> Line | None:
        return Line(index, self.rows[index])

    def _rows(self, card: cards.Card) -> list[Row]:
        rows: list[Row] = [(_("due"), reason, "") for reason in card.reasons]
        missing = ", ".join(field.title for field in card.completeness.missing)
        percent = f"{card.completeness.percent} %"
        rows.append((_("profile"), _("{percent}; missing: {fields}").format(percent=percent, fields=missing) if missing else percent, ""))
        if card.tags:
            rows.append((_("tags"), " ".join(f"#{tag}" for tag in card.tags), ""))
        for person in card.contacts:
            self.contacts[len(rows)] = person.id
            parts = (person.name, person.role, person.title, person.phone, person.email, person.wechat)
            rows.append((_("contact"), "  ".join(part for part in parts if part), f"#{person.id}"))
        for item in card.items:
            first, *more = item.value.splitlines() or [""]
            verified = _("verified {day}").format(day=item.verified) if item.verified else ""
            rows.append((item.label, first, verified))
            rows += [("", line, "") for line in more]
        rows += [(_("note") if not number else "", line, "") for number, line in enumerate(card.note.splitlines())]
        for event in card.events:
            first, *more = event.text.splitlines() or [""]
            rows.append((event.at, f"{event.who}  {first}  {event.more}".rstrip(), _(event.what)))
            rows += [("", line, "") for line in more]
        return rows


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

    def contents(self) -> ComposeResult:
        """The head, the rows."""
        yield PlainLine(id="head")
        yield RecordTable(COLUMNS, id="table")

    async def on_mount(self) -> None:  # type: ignore[override]
        """Read the card."""
        super().on_mount()
        await self._load()

    async def _load(self) -> None:
        self.card = await self.desk.run(cards.card, self.session, self.customer_id)
        self.lines = CardLines(self.card)
        self.table.show(self.lines, self.table.cursor)
        facts = self.card.facts
        tier = badge(shipped()[facts.scheme], facts.tier) if facts.tier else "–"
        holder = self.card.owner or self.card.pool or _("blocked")
        parts = (facts.name, BY_IDENTIFIER[facts.stage].title, tier, holder, f"#{facts.id}")
        archived = f"  ·  {_('archived')}" if facts.archived_at else ""
        self.query_one("#head", PlainLine).say("  ·  ".join(parts) + archived)

    async def entered(self) -> None:
        """Read it again."""
        await self._load()

    async def changed(self, ids: Sequence[int]) -> None:
        """Show it as it is now."""
        await self._load()

    def targets(self) -> Targets:
        """The customer."""
        return Targets((self.customer_id,))

    def mark(self, what: str = "row") -> None:
        """There is one customer only."""
        self.say(_("there is nothing to mark here"))

    async def open(self, ids: Sequence[int]) -> None:
        """On a contact: edit it."""
        contact = self.lines.contacts.get(self.table.cursor)
        if contact is not None:
            await self.crm.obey(f"contact edit {contact}")

    def row(self) -> dict[str, Any] | None:
        """What can be copied: the customer's, or of the contact under the cursor."""
        if self.card is None:
            return None
        contact = self.lines.contacts.get(self.table.cursor)
        for person in self.card.contacts:
            if contact in (None, person.id) and (contact or person.phone or person.email):
                return {"name": person.name if contact else self.card.facts.name, "phone": person.phone, "email": person.email}
        values = {item.field: item.value for item in self.card.items}
        return {"name": self.card.facts.name, "phone": values.get("phone"), "email": values.get("email")}
