"""What is asked over a place (a line, a value, a filter, a choice, a yes), and what is done with the answer.

An answer is worked off where keys are: before the next key, and after all that was typed earlier had its effect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.widgets.quiet import QuietScreen

if TYPE_CHECKING:
    from textual.worker import WorkType

    from crm_tui.commands.language import Call
    from crm_tui.tui.app import CrmApp
    from crm_tui.tui.widgets.confirm import Confirm
    from crm_tui.tui.widgets.menu import Item, Menu
    from crm_tui.tui.widgets.prompt import Prompt

Then = Callable[[], Awaitable[object]]


def _nothing() -> None:
    """For an overlay that has nothing to forget."""


class Gathered(Struct, frozen=True):
    """The overlay that a call comes from: `close` before something else is asked, `finish` once it is done.

    `back` shows it again as it was, where what was begun with it found something wrong. `named` are the ids that the
    user typed, where the call has those of the customers that a form was opened on; `proposed` are those arguments
    which a form gave and the user left as they were: they are of that day and those customers.
    """

    close: Callable[[], None] = _nothing
    finish: Callable[[], None] = _nothing
    named: tuple[int, ...] | None = None
    back: Callable[[], None] = _nothing
    proposed: frozenset[str] = frozenset()

    def said(self, call: Call) -> Call:
        """The call as the user said it."""
        values = {name: value for name, value in call.values.items() if name not in self.proposed}
        return replace(call, values=values, ids=call.ids if self.named is None else self.named)


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
    _never: Then | None = None
    _chosen: Callable[[str], Awaitable[object]] | None = None

    @property
    def crm(self) -> CrmApp:
        """The application."""
        return cast("CrmApp", self.app)

    @property
    def prompt(self) -> Prompt:
        """The line that one types on."""
        return cast("Prompt", self.query_one("Prompt"))

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
            self.prompt.error(str(error), place, go=True)

    # -- a choice

    def choose(
        self, title: str, items: Sequence[Item], then: Callable[[str], Awaitable[object]] | None = None, *, at: int = 0
    ) -> None:
        """Offer items, the cursor on item `at`; `then` is called with the name of the one that was chosen."""
        self._chosen = then
        cast("Menu", self.query_one("Menu")).open(title, items, at=at)

    def on_menu_chosen(self, event: Menu.Chosen) -> None:
        """Do what was chosen."""
        if self._chosen is not None:
            self.crm.work(partial(self._chosen, event.name))

    # -- a yes

    def confirm(self, question: str, yes: Then, *, key: str = "", no: str = "", never: Then | None = None) -> None:
        """Ask; the answer is another key than the one that started it. For a no, `no` is said and `never` is done."""
        self._yes, self._no, self._never = yes, no, never
        cast("Confirm", self.query_one("Confirm")).ask(question, started_by=key)

    def on_confirm_confirmed(self, event: Confirm.Confirmed) -> None:
        """Do what was asked about."""
        if self._yes is not None:
            self.crm.work(self._yes)

    def on_confirm_cancelled(self, event: Confirm.Cancelled) -> None:
        """Leave everything as it is."""
        if self._no:
            self.say(self._no)
        if self._never is not None:
            self.crm.work(self._never)
