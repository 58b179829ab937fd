"""What is asked over a place (a line, a value, a filter, a choice, a yes), and what is done with the answer.

An answer is worked off where keys are: before the next key, and after all that was typed earlier had its effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from textual.timer import Timer

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.completion import Offer, complete, complete_filter_text
from crm_tui.commands.dispatch import Prepared
from crm_tui.commands.language import Call, quote, read
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk, Stopped
from crm_tui.tui.widgets.confirm import Confirm
from crm_tui.tui.widgets.menu import Item, Menu
from crm_tui.tui.widgets.prompt import Prompt
from crm_tui.tui.widgets.quiet import QuietScreen

if TYPE_CHECKING:
    from textual.worker import WorkType

    from crm_tui.tui.app import CrmApp

PAUSE = 0.12
"""Seconds that the keys must rest until the list follows the filter that is typed."""

Then = Callable[[], Awaitable[object]]


def _nothing() -> None:
    """For an overlay that has nothing to forget."""


@dataclass(frozen=True)
class Gathered:
    """The overlay that a call comes from: `close` before something else is asked, `finish` once it is done."""

    close: Callable[[], None] = _nothing
    finish: Callable[[], None] = _nothing


class Asked(Protocol):
    """What the open prompt is for."""

    def typed(self, text: str) -> None:
        """The text is another one: complete it, say what it means."""

    async def sent(self, text: str) -> None:
        """Enter: do it and close the prompt. A CrmError leaves it open and is said there."""

    async def dropped(self, text: str) -> None:
        """Esc."""


class Asking(QuietScreen[None]):
    """The part of a place that asks."""

    desk: Desk
    session: Session
    asked: Asked | None = None
    _yes: Then | None = None
    _no = ""
    _chosen: Callable[[str], Awaitable[object]] | None = None

    @property
    def crm(self) -> CrmApp:
        """The application."""
        return cast("CrmApp", self.app)

    @property
    def prompt(self) -> Prompt:
        """The line that one types on."""
        return self.query_one(Prompt)

    def say(self, text: str, *, alert: bool = False) -> None:
        """Say something in the status line."""
        raise NotImplementedError

    def background(self, group: str, job: Callable[..., Coroutine[None, None, None]], *args: object) -> None:
        """Do this beside everything else; a newer job of the same group takes its place."""
        work: WorkType[None] = partial(job, *args)
        self.run_worker(work, exclusive=True, group=group)

    # -- on the prompt

    def ask(
        self, asked: Asked, label: str, value: str = "", *, history: Sequence[str] = (), limit: int = 10_000
    ) -> None:
        """Open the prompt."""
        self.asked = asked
        self.prompt.open(label, value, history=history, limit=limit)
        asked.typed(value)

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Complete what is typed."""
        if self.asked is not None:
            self.asked.typed(event.value)

    def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Run what was typed; what is wrong is said under the word."""
        self.crm.work(partial(self._send, event.value))

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Leave it."""
        if self.asked is not None:
            self.crm.work(partial(self.asked.dropped, event.value))

    async def _send(self, text: str) -> None:
        if self.asked is None:
            return
        self.workers.cancel_group(self, "completion")  # what it would say now would hide the error
        try:
            await self.asked.sent(text)
        except CrmError as error:
            if not self.prompt.is_open:
                raise
            place = error.position if isinstance(error, UsageError) and error.text in ("", text) else None
            self.prompt.error(str(error), place)

    # -- a choice

    def choose(self, title: str, items: Sequence[Item], then: Callable[[str], Awaitable[object]] | None = None) -> None:
        """Offer items; `then` is called with the name of the one that was chosen."""
        self._chosen = then
        self.query_one(Menu).open(title, items)

    def on_menu_chosen(self, event: Menu.Chosen) -> None:
        """Do what was chosen."""
        if self._chosen is not None:
            self.crm.work(partial(self._chosen, event.name))

    # -- a yes

    def confirm(self, question: str, yes: Then, *, key: str = "", no: str = "") -> None:
        """Ask; the answer is another key than the one that started it. `no` is said when it is no."""
        self._yes, self._no = yes, no
        self.query_one(Confirm).ask(question, started_by=key)

    def on_confirm_confirmed(self, event: Confirm.Confirmed) -> None:
        """Do what was asked about."""
        if self._yes is not None:
            self.crm.work(self._yes)

    def on_confirm_cancelled(self, event: Confirm.Cancelled) -> None:
        """Leave everything as it is."""
        if self._no:
            self.say(self._no)


@dataclass
class AskedLine:
    """A command, with its arguments."""

    place: Asking

    def typed(self, text: str) -> None:
        """Complete it."""
        self.place.background("completion", self._complete, text)

    async def _complete(self, text: str) -> None:
        _offer(self.place.prompt, text, await self.place.desk.run(complete, self.place.session, text, CATALOG))

    async def sent(self, text: str) -> None:
        """Run it."""
        prompt = self.place.prompt
        if text.strip():
            self._remember(text)
            await self.place.crm.execute(read(text, CATALOG), "enter", Gathered(prompt.close, prompt.close))
        if self.place.asked is self:  # it may have led to the next question
            prompt.close()

    async def dropped(self, text: str) -> None:
        """What was typed can be fetched again."""
        self._remember(text)

    def _remember(self, text: str) -> None:
        lines = self.place.crm.lines
        if text.strip() and text not in lines[-1:]:
            lines.append(text)


@dataclass
class AskedValue:
    """One argument that a call still lacks. `candidates` are offered instead of what its kind offers."""

    place: Asking
    call: Call
    name: str
    candidates: tuple[tuple[str, str], ...] = ()

    def typed(self, text: str) -> None:
        """Complete it, or say what it means."""
        self.place.background("completion", self._complete, text)

    async def _complete(self, text: str) -> None:
        if self.candidates:
            folded = text.casefold()
            fitting = [pair for pair in self.candidates if any(word.casefold().startswith(folded) for word in pair)]
            hint = fitting[0][1] if len(fitting) == 1 and text else ""
            _offer(self.place.prompt, text, Offer(0, tuple(word for word, __ in fitting), hint))
            return
        if self.name == "reason":
            return
        head = f"{self.call.command.name} "
        argument = self._argument
        line = head + (text if argument.many or not text else quote(text))
        offer = await self.place.desk.run(complete, self.place.session, line, CATALOG)
        start = max(0, offer.start - len(head)) if argument.many else 0
        _offer(self.place.prompt, text, Offer(start, offer.texts, offer.hint))

    @property
    def _argument(self):  # type: ignore[no-untyped-def]
        return next(a for a in self.call.command.arguments if a.name == self.name)

    async def sent(self, text: str) -> None:
        """Run the call with it."""
        if not text.strip():
            raise UsageError(_("{name} is needed; Esc leaves it").format(name=self._argument.title))
        value = tuple(text.split()) if self._argument.many else text
        call = Call(
            self.call.command, {**self.call.values, self.name: value}, self.call.ids, self.call.on, self.call.flags
        )
        prompt = self.place.prompt
        await self.place.crm.execute(call, "enter", Gathered(prompt.close, prompt.close))
        if self.place.asked is self:
            prompt.close()

    async def dropped(self, text: str) -> None:
        """Nothing is done."""
        self.place.say(_("nothing was changed"))


class Filterable(Protocol):
    """A place with a filter: `filter` shows what it finds (UsageError: where it is wrong), and how many these are."""

    filter_text: str
    found: str

    async def filter(self, text: str = "") -> None: ...


class AskedFilter:
    """A filter, followed by the list while it is typed; Esc brings back what was shown before."""

    def __init__(self, place: Asking) -> None:
        self.place = place
        self.list = cast(Filterable, place)
        self.before = self.list.filter_text
        self._timer: Timer | None = None

    def typed(self, text: str) -> None:
        """Show it once the keys rest."""
        self._rest()
        self._timer = self.place.set_timer(PAUSE, lambda: self._start(text))

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.place.workers.cancel_group(self.place, "find")

    def _start(self, text: str) -> None:
        self.place.background("find", self._show, text)

    async def _show(self, text: str) -> None:
        prompt, place = self.place.prompt, self.place
        offer = await place.desk.run(complete_filter_text, place.session, text)
        _offer(prompt, text, offer)
        try:
            if text != self.list.filter_text:
                await self.list.filter(text)
        except Stopped:
            return
        except CrmError as error:
            if prompt.is_open and prompt.value == text:
                prompt.error(str(error), error.position if isinstance(error, UsageError) else None)
            return
        if prompt.is_open and prompt.value == text:
            prompt.hint("  ·  ".join(part for part in (self.list.found, offer.hint) if part))

    async def sent(self, text: str) -> None:
        """Keep it."""
        self._rest()
        await self.list.filter(text)
        filters = self.place.crm.filters
        if text.strip() and text not in filters[-1:]:
            filters.append(text)
        self.place.prompt.close()

    async def dropped(self, text: str) -> None:
        """Back to what was shown before."""
        self._rest()
        if self.list.filter_text != self.before:
            await self.list.filter(self.before)


def _offer(prompt: Prompt, text: str, offer: Offer) -> None:
    """Show completions, unless something else has been typed meanwhile."""
    if prompt.is_open and prompt.value == text:
        prompt.offer(offer.texts, offer.start)
        prompt.hint(offer.hint)


def ask_value(place: Asking, prepared: Prepared) -> None:
    """Ask for the first argument that is missing."""
    command = prepared.call.command
    argument = next(a for a in command.arguments if a.name == prepared.missing[0])
    value = "tomorrow" if command.name == "snooze" else ""
    place.ask(AskedValue(place, prepared.call, argument.name), f"{command.name} {argument.title}: ", value)
