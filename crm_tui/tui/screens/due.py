"""The due queue: who is due and why, one line each; done means the next line, until it is empty."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.timer import Timer

from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.rounds import Round
from crm_tui.domain.clock import moment
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.phone_display import display_phone
from crm_tui.services import due
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Stopped
from crm_tui.tui.screens.colours import LEAVING, late, tier_badge
from crm_tui.tui.screens.place import Hint, Place
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable
from crm_tui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from crm_tui.commands.language import Call
    from crm_tui.domain.schemes import Scheme
    from crm_tui.services.news import Changed

PAUSE = 0.08
"""Seconds that the keys must rest until the detail follows the cursor."""

DETAIL = 2
"""Lines on the row under the cursor."""
ANSWERS: tuple[tuple[str, frozenset[str], str], ...] = (
    ("accept", frozenset({"offer"}), N_("accepts the offer")), ("decline", frozenset({"offer"}), N_("declines it")),
    ("share", frozenset({"request"}), N_("shares it")),
    ("noted", frozenset({"comment", "shared", "known", "recycled", "request"}), N_("noted")),
)  # fmt: skip
"""What settles what waits for one: the command, the kinds of reasons, what its key is said to do."""

COLUMNS = (
    Column("when", "", 12),
    Column("name", "", 18, flex=3),
    Column("tier", "", 5),
    Column("reason", "", 20, flex=4),
    Column("phone", "", 16, drop=1),
)


class DueLines(Round):
    """The queue as a table shows it."""

    def __init__(self, lines: Sequence[due.Line], today: date, schemes: Mapping[str, Scheme]) -> None:
        super().__init__(lines)
        self.today = today
        self.schemes = schemes

    def line(self, index: int) -> Line | None:
        key = self.order[index]
        shown = self.now.get(key) or self.first[key]
        gone = self.is_done(key)
        urgent = shown.part == "overdue" and not gone
        flag = "" if not urgent else LEAVING if shown.reason.until else "!"
        tier = tier_badge(self.schemes, shown.scheme, shown.tier, shown.suggested)
        phone = display_phone(shown.phone) if shown.phone else ""
        told = "" if self.now.get(key) is None else when(shown, self.today)
        return Line(key, (late(told, urgent), shown.name, tier, reason(shown), phone), gone, flag)


def when(line: due.Line, today: date) -> str:
    """`3d late`, `15:00`, `today`, `Fri 27`; for who is about to be lost the day on which that happens."""
    told = line.reason
    if told.until is not None:
        return told.until.strftime("%a %d")
    if line.part == "overdue":
        return _("{n}d late").format(n=told.late_days)
    if told.due_on <= today:
        return told.at.strftime("%H:%M") if told.at and told.due_on == today else _("today")
    time = told.at.strftime(" %H:%M") if told.at else ""
    return told.due_on.strftime("%a %d") + time


def reason(line: due.Line) -> str:
    """The most urgent reason, and how many more there are."""
    more = f" +{len(line.others)}" if line.others else ""
    return line.reason.text + more


class DueScreen(Place):
    """The rep's start of the day."""

    keys: ClassVar[Keys] = "due"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("done", N_("done"), 8), ("no-answer", N_("no answer"), 6), ("next", N_("next"), 5),
        ("view reports", N_("reports"), 1), ("view pipeline", N_("pipeline"), 2), ("keys", N_("keys"), 9),
    )  # fmt: skip

    def contents(self) -> ComposeResult:
        """The head, the queue, two lines on the row under the cursor."""
        yield PlainLine(id="head")
        yield RecordTable(COLUMNS, id="table", empty=self._nothing())
        detail = TextPane(id="detail")
        detail.styles.height = DETAIL
        yield detail

    filter_text = ""
    found = ""

    def _nothing(self) -> str:
        if self.filter_text:
            return _("Nothing that is due fits: {key} then Enter clears the filter.").format(key=self.key("find"))
        return _("Nothing is due. {key} shows all customers.").format(key=self.key("view pipeline"))

    def on_mount(self) -> None:
        """Show what was read before the screen opened."""
        self._timer: Timer | None = None
        self._show(list(self.home.queue) if self.home else [])

    async def entered(self) -> None:
        """Read the queue anew."""
        await self.filter(self.filter_text)

    async def filter(self, text: str = "") -> None:
        """Only those that the filter finds; nothing for all."""
        queue = await self.desk.read("list", _queue, self.session, text)
        self.filter_text = text
        self._show(queue)

    def find(self) -> None:
        """Filter as one types."""
        from crm_tui.tui.screens.asked import AskedFilter

        asked = AskedFilter(self)
        self.ask(asked, "/", asked.begun, history=self.crm.filters)

    async def others_changed(self, ids: Changed = None) -> None:
        """Show these, or everybody, as they are now; who has become due comes at the end."""
        lines = self.lines
        known = lines.order if ids is None else self.shown(ids)
        new = None if ids is None else ids.difference(lines.now)
        found, due_now, own = await self.desk.run(_again, self.session, self.filter_text, known, new)
        if lines is self.lines:
            lines.update(found, known)
            lines.own |= own
            lines.add(due_now)
            self._tell()

    async def made(self, ids: Sequence[int]) -> None:
        """A new customer comes at the end if it is due."""
        found = await self.desk.run(due.lines, self.session, list(ids))
        self.lines.add(list(found.values()))
        await self.changed(ids)

    def order(self) -> Sequence[int]:
        """The customers of the queue."""
        return self.lines.order

    def listed(self) -> Sequence[int]:
        """The marked ones, else all of the queue."""
        return self.targets().ids if self.table.marked else self.order()

    def _show(self, queue: Sequence[due.Line]) -> None:
        self.lines = DueLines(queue, self.session.today, self.session.settings.schemes)
        self.found = ngettext("{n} customer", "{n} customers", len(queue)).format(n=len(queue))
        self.table.empty = self._nothing()
        self.table.show(self.lines)
        self._head()
        self._follow()

    def _head(self) -> None:
        lines = self.lines
        done = lines.finished
        parts = [(lines.now[key] or lines.first[key]).part for key in lines.order if not lines.is_done(key)]
        counted = " · ".join(
            f"{name} {parts.count(part)}"
            for part, name in (("overdue", _("overdue")), ("today", _("today")), ("soon", _("next 7 days")))
        )
        text = _("Due: {counted} · {done} done of {all}").format(counted=counted, done=done, all=done + lines.left)
        before = f"/{self.filter_text}  ·  " if self.filter_text else ""
        self.head.say(f"{before}{text}  —  {self.session.person.name}")

    async def changed(self, ids: Sequence[int]) -> None:
        """Show these customers as they are now; who is done stays, dimmed."""
        found = await self.desk.run(due.lines, self.session, list(ids))
        self.lines.update(found, ids)
        self.lines.own.update(ids)
        self._tell()

    def _tell(self) -> None:
        self.table.refresh_lines()
        self._head()
        self._follow()

    async def done(self, call: Call, outcome: Outcome) -> None:
        """After what settles a line, go on to the next one that is not done."""
        goes_on = self.lines.settle(call.command.name, outcome.changed)
        await super().done(call, outcome)
        if call.command.name == "undo":
            self.lines.own.difference_update(outcome.changed)
            self._head()
        if goes_on and not self.table.marked:
            self._next_open()

    def _next_open(self) -> None:
        index = self.lines.next_open(self.table.cursor)
        if index is not None:
            self.table.move_to(index)
        elif not self.lines.left:
            text = _("All done: {message}").format(message=self.status.text)
            self.say(text, keys=_("{key} undoes").format(key=self.key("undo")))

    # -- the row under the cursor

    @cached_property
    def detail(self) -> TextPane:
        """What is known of the row under the cursor."""
        return self.query_one("#detail", TextPane)

    @cached_property
    def head(self) -> PlainLine:
        """The counts, above the queue."""
        return self.query_one("#head", PlainLine)

    def on_record_table_cursor_moved(self) -> None:
        """The detail follows once the keys pause."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._follow)

    def _follow(self) -> None:
        self._timer = None
        self.hint()
        key = self.table.cursor_key
        if key is None:
            self.detail.show(())
            return
        self.background("detail", self._detail, key)

    async def _detail(self, key: int) -> None:
        try:
            lines = await self.desk.read("detail", _detail_of, self.session, key)
        except (CrmError, Stopped):
            return
        if self.table.cursor_key == key:
            self.detail.show((*self._answers(key), *lines)[:DETAIL])

    def _kinds(self, key: int | None) -> set[str]:
        """The kinds of reasons for which a customer is due."""
        line = self.lines.now.get(key) if key is not None else None
        return {reason.kind for reason in (line.reason, *line.others)} if line is not None else set()

    def _answers(self, key: int) -> tuple[str, ...]:
        """The keys that answer what waits for one there."""
        kinds = self._kinds(key)
        told = [(command, text) for command, kind, text in ANSWERS if kinds & kind]
        return ("    " + "  ".join(f"{self._key_of(command)} {_(text)}" for command, text in told),) if told else ()

    def _key_of(self, command: str) -> str:
        return self.key(command)

    def hints_here(self) -> Sequence[Hint]:
        """An offer is answered; it is not to be worked before."""
        if not hasattr(self, "lines") or "offer" not in self._kinds(self.table.cursor_key):
            return self.hints
        return (("accept", N_("accept"), 8), ("decline", N_("decline"), 7), *self.hints[-2:])


def _queue(session: Session, text: str) -> list[due.Line]:
    """The queue, as far as the filter finds it; runs on the desk."""
    queue = due.queue(session)
    if not text.strip():
        return queue
    from crm_tui.services import lists

    found = lists.among(session, lists.Query(text), [line.id for line in queue])
    return [line for line in queue if line.id in found]


def _again(
    session: Session, text: str, known: Sequence[int], new: Collection[int] | None
) -> tuple[dict[int, due.Line], list[due.Line], set[int]]:
    """These as they are now, the queue if any of the `new` (None: anybody) may be in it, and whom of those that are
    not due any more the user changed last; runs on the desk.
    """
    found = due.lines(session, known)
    own = due.settled(session, [key for key in known if key not in found or found[key].part == "later"])
    if new is not None and not session.see(sorted(new))[0]:
        return found, [], own
    return found, _queue(session, text), own


def _detail_of(session: Session, key: int) -> tuple[str, ...]:
    """Phone and stage; what was said last. Runs on the desk."""
    from crm_tui.services import interactions, lists

    row = lists.rows(session, [key]).get(key)
    if row is None:
        return ()
    phone = display_phone(row["phone"]) if row["phone"] else _("no phone")
    first = "  ".join(str(part) for part in (phone, row["email"], row["region"], row["industry"], row["stage"]) if part)
    words = interactions.last_words(session, [key]).get(key)
    if words is None:
        return f"    {first}", "    " + _("nothing was said yet")
    at, channel, note, who = words
    day = moment(at).astimezone(session.person.zone)
    return f"    {first}", f"    {day:%d %b} {who}, {channel}: {note.splitlines()[0] if note else ''}"
