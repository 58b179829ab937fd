"""One customer: why it is due, profile with what is missing, people, and all that happened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import cards
from crm_tui.services.column_table import graded
from crm_tui.services.session import Session, unknown
from crm_tui.tui.desk import Desk
from crm_tui.tui.screens.place import Hint, Place
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
        self.edits: dict[int, str] = {}
        """The command line whose form changes what stands in the row."""
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
        for known, now in ((before.contacts, self.contacts), (before.interactions, self.interactions)):
            if index in known:
                rows = [row for row, own in now.items() if own == known[index]]
                first = min(row for row, own in known.items() if own == known[index])
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
        for section in card.sections:
            self._section(section)
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


    def _section(self, section: cards.Section) -> None:
        for row in section.rows:
            before = len(self.rows)
            fits = cell_len(row.note) <= COLUMNS[2].width
            self._add(row.label, row.text, row.note if fits else "")
            if not fits:  # it says what the figures are of: nothing of it is cut
                self._add("", row.note)
            if row.edit:
                self.edits.update(dict.fromkeys(range(before, len(self.rows)), row.edit))
        if section.more:
            self._add("", _("… and {n} more").format(n=f"{section.more:,}"))


class CardScreen(Place):
    """The card of a customer, over the place from which it was opened."""

    keys: ClassVar[Keys] = "card"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("log", N_("log"), 6), ("next", N_("next"), 5), ("edit", N_("edit"), 5), ("contact add", N_("contact"), 4),
        ("back", N_("back"), 8), ("keys", N_("keys"), 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, card: cards.Card, interaction: int | None = None) -> None:
        """With an `interaction` the cursor is on that one at first."""
        super().__init__(desk, session)
        self._sought = interaction
        self.customer_id = card.facts.id
        self.card = card
        self.lines: CardLines | None = None

    def hints_here(self) -> Sequence[Hint]:
        """Of a customer in a public pool, which nobody works, how it is got out of there."""
        role, facts = self.session.person.role, self.card.facts
        if facts.pool_id is None or role == "service":
            return self.hints
        assign: tuple[Hint, ...] = (("assign", N_("assign"), 6),) if role != "rep" else ()
        return (("claim", N_("claim"), 7), *assign, *self.hints[-2:])

    def contents(self) -> ComposeResult:
        """The head, the rows."""
        yield PlainLine(id="head")
        yield RecordTable(COLUMNS, id="table")

    def on_mount(self) -> None:
        """Show what was read before it was opened."""
        self._lay_out()

    async def _load(self) -> bool:
        """Read it again; False for a customer that is not there any more, or not for the user."""
        card = await self.desk.run(_read, self.session, self.customer_id)
        if card is not None:
            self.card = card
            self._lay_out()
            self.hint()
        return card is not None

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._lay_out()

    def _lay_out(self) -> None:
        card = self.card
        shown = places(COLUMNS, self.size.width - GUTTER)
        before, self.lines = self.lines, CardLines(card, next((place.width for place in shown if place.cell == 1), 1))
        sought = (row for row, own in self.lines.interactions.items() if before is None and own == self._sought)
        self.table.show(self.lines, next(sought, self.lines.like(before, self.table.cursor)))
        facts = card.facts
        schemes = self.session.settings.schemes
        tier = graded(schemes.get(facts.scheme), facts.tier, facts.suggested, schemes.values()) or "–"
        whose = card.owner or card.pool or (_("merged") if card.merged else _("blocked"))
        parts = [BY_IDENTIFIER[facts.stage].title, tier, whose, f"#{facts.id}"]
        if facts.archived_at:
            parts.append(card.merged or _("archived"))
        rest = "  ·  " + "  ·  ".join(parts)
        self.query_one("#head", PlainLine).say(cut(facts.name, max(8, self.size.width - cell_len(rest))) + rest)

    async def entered(self) -> None:
        """Read it again."""
        await self.changed(())

    async def changed(self, ids: Sequence[int]) -> None:
        """Show it as it is now; a customer that is not there any more, or was given to others, is left."""
        if not await self._load() and self.crm.place is self:
            await self._taken_away()

    async def _taken_away(self) -> None:
        """Close. What was being typed is kept, and shown over the place beneath: whoever goes on typing types into
        that list, and not commands.
        """
        typed, covered = self._typed(), holder(self.focused) is not None
        text = _("{name}: it is not yours any more").format(name=self.card.facts.name)
        if self.form.is_open:
            if typed:
                text = _("{text}; what you typed is kept").format(text=text)
            self._put_by()
        elif self.prompt.is_open and self.asked is not None:
            await self.asked.dropped(self.prompt.value)
        await self.crm.pop_screen()
        here = self.crm.place
        await here.returned()
        if covered:
            here.show_lines(text, typed)
        here.say(text, alert=True)

    def _typed(self) -> list[str]:
        """What stands unsent in the open form, or at the prompt."""
        if self.form.is_open:
            return [line for text in self.unsent().values() for line in text.splitlines()]
        return [self.prompt.value] if self.prompt.is_open and self.prompt.value.strip() else []

    async def others_changed(self, ids: Changed = None) -> None:
        """Show it as it is now, if it is among them."""
        if ids is None or self.customer_id in ids:
            await self.changed(())

    def targets(self) -> Targets:
        """The customer."""
        return Targets((self.customer_id,))

    def listed(self) -> Sequence[int]:
        """The customer."""
        return (self.customer_id,)

    async def mark(self, what: str | None = None) -> None:
        """There is one customer only."""
        raise CrmError(_("there is nothing to mark here"))

    def find(self) -> None:
        """There is no list."""
        raise CrmError(_("there is no list to filter here: {key} goes back to it").format(key=self.key("back")))

    async def open(self, ids: Sequence[int]) -> None:
        """On a contact, a deal, an order and the like: edit it; on an interaction, for leads: comment on it. Another
        customer's card, where named.
        """
        if ids[0] != self.customer_id:
            await super().open(ids)
            return
        interaction = self.lines.interactions.get(self.table.cursor) if self.lines else None
        if interaction is not None and self.session.person.role in ("lead", "admin"):
            await self.crm.obey(f"comment --on-interaction {interaction}")
            return
        line = self.lines.edits.get(self.table.cursor) if self.lines else None
        if line is not None:
            await self.crm.obey(line)
            return
        contact = self._contact
        if contact is None:
            raise CrmError(_("Enter is for a contact; {key} edits the customer").format(key=self.key("edit")))
        await self.crm.obey(f"contact edit {contact}")

    @property
    def _contact(self) -> int | None:
        """The contact under the cursor."""
        return self.lines.contacts.get(self.table.cursor) if self.lines else None

    async def reach(self) -> dict[str, Any]:
        """The customer's, or that of the contact under the cursor."""
        if not await self._load():
            raise CrmError(unknown(self.customer_id))
        contact = self._contact
        for person in self.card.contacts:
            if contact in (None, person.id) and (contact or person.phone or person.email):
                name = person.name if contact else self.card.facts.name
                return {"name": name, "phone": person.phone, "email": person.email}
        values = {item.field: item.value for item in self.card.items}
        return {"name": self.card.facts.name, "phone": values.get("phone"), "email": values.get("email")}


def _read(session: Session, key: int) -> cards.Card | None:
    """The card; None of a customer that the user does not see. Runs on the desk."""
    return cards.card(session, key) if session.see([key])[0] else None
