"""What the prompt is open for: a command, a value that a command lacks, a filter; and what becomes of what is typed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol, cast

from textual.timer import Timer

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.completion import Offer, assignees, complete, complete_filter_text
from crm_tui.commands.dispatch import Prepared
from crm_tui.commands.kinds import ASSIGNEE
from crm_tui.commands.language import Call, quote, split
from crm_tui.commands.suggestions import fitting, offer
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.services.session import Session
from crm_tui.tui.desk import Stopped
from crm_tui.tui.screens.asking import Asking, Gathered
from crm_tui.tui.views import on_screens
from crm_tui.tui.widgets.prompt import Prompt

PAUSE = 0.12
"""Seconds that the keys must rest until the list follows the filter that is typed."""


@dataclass
class AskedLine:
    """A command, with its arguments."""

    place: Asking

    def typed(self, text: str) -> None:
        """Complete it."""
        self.place.background("completion", _quietly, self._complete, text)

    async def _complete(self, text: str) -> None:
        prompt = self.place.prompt
        at = prompt.cursor
        _offer(prompt, text, at, await self.place.desk.run(_complete_line, self.place.session, text[:at]))

    async def sent(self, text: str) -> None:
        """Run it."""
        prompt = self.place.prompt
        if text.strip():
            self.place.crm.lines.add(text)
            await self.place.crm.obey(text, "enter", Gathered(prompt.close, prompt.close, back=prompt.reappear))
        if self.place.asked is self:  # it may have led to the next question
            prompt.close()

    async def dropped(self, text: str) -> None:
        """What was typed can be fetched again, in this session."""
        self.place.crm.lines.add(text, written=False)


@dataclass
class AskedValue:
    """One argument that a call still lacks. `candidates` are offered instead of what its kind offers."""

    place: Asking
    call: Call
    name: str
    candidates: tuple[tuple[str, str], ...] = ()

    def typed(self, text: str) -> None:
        """Complete it, or say what it means."""
        self.place.background("completion", _quietly, self._complete, text)

    async def _complete(self, text: str) -> None:
        prompt = self.place.prompt
        at = prompt.cursor
        _offer(prompt, text, at, await self._offered(text[:at]))

    async def _offered(self, text: str) -> Offer:
        """What may stand at the end of the text."""
        if self.candidates:
            return offer(0, fitting(self.candidates, text), text)
        if self.name == "reason":
            return Offer(0, ())
        argument = self._argument
        if argument.kind is ASSIGNEE:
            return await self.place.desk.run(assignees, self.place.session, text)
        head = f"{self.call.command.name} "
        line = head + (text if argument.many or not text else quote(text))
        found = await self.place.desk.run(complete, self.place.session, line, CATALOG)
        if argument.many:
            return replace(found, start=max(0, found.start - len(head)))
        return replace(found, start=0, texts=tuple(word.text for text in found.texts for word in split(text)))

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
        self.begun = f"{self.before} " if self.before else ""
        """What stands in the line at first: what is typed is one more word of the filter that is there."""
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
        at = prompt.cursor
        offered = await place.desk.run(complete_filter_text, place.session, text[:at])
        _offer(prompt, text, at, offered)
        try:
            if text.rstrip() != self.list.filter_text:
                await self.list.filter(text.rstrip())
        except Stopped:
            return
        except CrmError as error:
            if prompt.holds(text):
                prompt.error(str(error), error.position if isinstance(error, UsageError) else None)
            return
        if prompt.holds(text):
            prompt.hint("  ·  ".join(part for part in (self.list.found, prompt.meaning or offered.hint) if part))

    async def sent(self, text: str) -> None:
        """Keep it."""
        self._rest()
        text = text.strip()
        await self.list.filter(text)
        self.place.crm.filters.add(text)
        self.place.crm.recorder.take_named("filter", {"filter": text})
        self.place.prompt.close()

    async def dropped(self, text: str) -> None:
        """Back to what was shown before."""
        self._rest()
        if self.list.filter_text != self.before:
            await self.list.filter(self.before)


async def _quietly(complete: Callable[[str], Awaitable[None]], text: str) -> None:
    """Complete; who is signed out, or has no database any more, is told when the line is sent."""
    with suppress(CrmError):
        await complete(text)


def _complete_line(session: Session, text: str) -> Offer:
    """What may follow on a line that is typed on a screen; runs on the desk."""
    return complete(session, text, on_screens())


def _offer(prompt: Prompt, text: str, at: int, offer: Offer) -> None:
    """Show what was found for the text before character `at`, unless the line is another one by now."""
    if not prompt.holds(text) or prompt.cursor != at:
        return
    prompt.offer(offer.texts, offer.start, offer.meanings, end=at)
    if not prompt.is_choosing:
        prompt.hint(offer.hint)


def ask_value(place: Asking, prepared: Prepared) -> None:
    """Ask for the first argument that is missing."""
    command = prepared.call.command
    argument = next(a for a in command.arguments if a.name == prepared.missing[0])
    value = "tomorrow" if command.name == "snooze" else ""
    place.ask(AskedValue(place, prepared.call, argument.name), f"{command.name} {argument.title}: ", value)
