"""Forms over a place: filled in with what is known, kept as a draft until they are sent.

A draft holds only what was typed into the form, so that it can be laid over whatever is there by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, cast

from msgspec import Struct
from msgspec.structs import replace
from rich.cells import cell_len
from textual.timer import Timer

from crm_tui.domain.clock import moment
from crm_tui.domain.errors import Conflict, CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.services import drafts, meeting
from crm_tui.services.drafts import Draft
from crm_tui.services.session import Session
from crm_tui.tui.screens.asking import Asking, Gathered
from crm_tui.tui.widgets.cells import fit
from crm_tui.tui.widgets.text_pane import wrap

if TYPE_CHECKING:
    from crm_tui.commands.forms import Asked, Met, Sheet
    from crm_tui.commands.language import Call
    from crm_tui.domain.merge import Difference
    from crm_tui.tui.widgets.form import Field, Form

DRAFT_AFTER = 0.4
"""Seconds after the first unsaved key until a form's draft is kept; it is on the disk within half a second."""
WRAPPED = 3
"""Lines of a long value that are shown; Ctrl+T puts all of it into the field."""


class Filled(Struct, frozen=True):
    """The open form: the call that it completes, its fields, the customers; `since` is the version of the row that
    what is typed was typed for, from the first key to the sending.
    """

    call: Call
    sheet: Sheet
    ids: tuple[int, ...]
    since: int | None

    def typed(self, values: dict[str, str]) -> dict[str, str]:
        """What differs from what the form showed at first."""
        return {f.name: values[f.name] for f in self.sheet.fields if f.is_changed(values.get(f.name, f.value))}


class Filling(Asking):
    """The part of a place that has forms."""

    _filled: Filled | None = None
    _draft_timer: Timer | None = None

    @property
    def form(self) -> Form:
        """The form, open or not."""
        return cast("Form", self.query_one("Form"))

    async def open_form(self, call: Call, ids: Sequence[int], typed: Draft | None = None) -> None:
        """Open the form of a command, with what was typed into it before if it was left unsent.

        What others have changed since that was typed is shown at its fields, these before all others.
        """
        sheet, draft, met = await self.desk.run(_sheet, self.session, call, ids, typed)
        values = draft.values if draft else {}
        since = draft.version if draft is not None and met is not None else sheet.version
        self._filled = Filled(call, sheet, tuple(ids), since)
        ordered = sheet.fields if met is None else sorted(sheet.fields, key=met.place)
        fields = [self._field(asked, values.get(asked.name, asked.value), met) for asked in ordered]
        focus = "note" if met is None and fields[0].name == "note" else None
        foot = ""
        if met is not None:
            foot = _("{who} changed it meanwhile: Ctrl+T takes theirs or mine, Enter saves").format(who=met.who)
        elif draft is not None:
            when = moment(draft.at).astimezone(self.session.person.zone)
            foot = _("what you typed at {time} is here again; ctrl+x clears it").format(time=when.strftime("%H:%M"))
        await self.form.open(sheet.title, fields, check=self._check, hint=self._hint, focus=focus, foot=foot)

    def _field(self, asked: Asked, value: str, met: Met | None) -> Field:
        from crm_tui.tui.widgets.form import Field

        one = met.differences.get(asked.name) if met is not None else None
        other = None if one is None else one.mine if one.state == "theirs" else one.theirs
        said = () if one is None else _three_values(one, dict(asked.choices), self.size.width)
        return Field(
            asked.name, asked.label, asked.look, value, asked.required, asked.choices, asked.limit, other=other,
            said=said,
        )  # fmt: skip

    async def clear_form(self) -> None:
        """Begin the open form anew, without what was typed."""
        filled = self._filled
        if filled is None:
            return
        self._rest()
        await self.desk.run(drafts.drop, self.session, filled.sheet.key)
        await self.open_form(filled.call, filled.ids)

    def _check(self, name: str, value: str) -> str | None:
        from crm_tui.commands import forms

        filled = self._filled
        return forms.check(self.session, filled.call, filled.sheet, name, value) if filled else None

    def _hint(self, name: str, value: str) -> str | None:
        from crm_tui.commands import forms

        return forms.hint(self.session, self._filled.sheet, name, value) if self._filled else None

    # -- drafts

    def unsent(self) -> dict[str, str]:
        """What was typed into the open form, by field."""
        return self._filled.typed(self.form.values) if self._filled is not None and self.form.is_open else {}

    def on_form_changed(self, event: Form.Changed) -> None:
        """Keep a draft soon after the first unsaved key."""
        if self._draft_timer is None:
            self._draft_timer = self.set_timer(DRAFT_AFTER, self.keep_draft)

    def keep_draft(self) -> None:
        """Keep what is typed into the open form."""
        if self.query("Form") and self.form.is_open:
            self._keep(self.form.values)

    def _keep(self, values: dict[str, str]) -> bool:
        """Keep a draft of these values; False when they are what the form showed at first."""
        self._rest()
        if self._filled is None:
            return False
        typed, key = self._filled.typed(values), self._filled.sheet.key
        if typed:
            self.desk.submit(drafts.save, self.session, key, typed, self._filled.since)
        else:
            self.desk.submit(drafts.drop, self.session, key)
        return bool(typed)

    def _rest(self) -> None:
        if self._draft_timer is not None:
            self._draft_timer.stop()
            self._draft_timer = None

    def on_form_cancelled(self, event: Form.Cancelled) -> None:
        """Esc keeps what was typed for the next time."""
        kept = self._keep(event.values)
        self.say(_("not saved; what you typed is kept") if kept else _("nothing was changed"))

    # -- sending

    def on_form_submitted(self, event: Form.Submitted) -> None:
        """Run the command with what was filled in; what is wrong is said at its field."""
        self.crm.work(partial(self._send_form, event.values))

    async def _send_form(self, values: dict[str, str]) -> None:
        from crm_tui.commands import forms

        filled = self._filled
        if filled is None or not self.form.is_open:
            return
        call = forms.filled(filled.call, filled.sheet, values)
        if filled.ids and call.command.target != "none":
            call = replace(call, ids=filled.ids)
        if any(a.name == "fields" and a.required for a in call.command.arguments) and "fields" not in call.values:
            self._finish()
            self.say(_("nothing was changed"))
            return
        proposed = forms.proposed(filled.call, filled.sheet, call)
        gathered = Gathered(self._put_by, self._finish, filled.call.ids, proposed=proposed)
        try:
            await self.crm.execute(call, "enter", gathered, complete=True)
        except CrmError as error:
            if not self.form.is_open:
                raise
            if not isinstance(error, Conflict) or not await self._meet(filled, values):
                self._blame(error)

    async def _meet(self, filled: Filled, values: dict[str, str]) -> bool:
        """Somebody was first: open the form again, on the row as it is now, with what was typed and what they changed.

        False when that cannot be.
        """
        self._keep(values)
        try:
            draft = Draft(filled.typed(values), self.session.stamp, filled.since)
            await self.open_form(filled.call, filled.ids, draft)
        except CrmError:
            return False
        return True

    def _put_by(self) -> None:
        """Something is asked before it is done: the form goes, its text is kept."""
        self._keep(self.form.values)
        self.form.close()

    def _finish(self) -> None:
        self._rest()
        if self._filled is not None:
            self.desk.submit(drafts.drop, self.session, self._filled.sheet.key)
        self.form.close()

    def _blame(self, error: CrmError) -> None:
        """Say at the field that the error is about what is wrong with it, else in the bottom line."""
        form = self.form
        if self._filled is not None and isinstance(error, UsageError) and error.text:
            for field in self._filled.sheet.fields:
                if error.text in (form.values.get(field.name), field.field or None):
                    form.set_error(field.name, str(error))
                    return
        form.tell(f"! {error}")


def _sheet(
    session: Session, call: Call, ids: Sequence[int], typed: Draft | None
) -> tuple[Sheet, Draft | None, Met | None]:
    """The form, what was typed into it, and what others changed since; runs on the desk."""
    from crm_tui.commands import forms

    sheet = forms.sheet(session, call, ids)
    draft = typed or drafts.load(session, sheet.key)
    if draft is None:
        return sheet, None, None
    sheet, met = forms.met(session, sheet, draft.version, draft.values)
    return sheet, draft, met


def _three_values(one: Difference, names: dict[str, str], width: int) -> tuple[str, ...]:
    """What a field was, is by now and was to be: in one line, or where that is too long in lines of their own."""
    parts = list(meeting.labelled(one, names))
    line = "    " + " · ".join(f"{label} {text}" for label, text in parts)
    if cell_len(line) <= width:
        return (line,)
    room = max(cell_len(label) for label, __ in parts) + 2
    lines: list[str] = []
    for label, text in parts:
        first, *more = wrap(text, width - room - 5)[:WRAPPED]
        lines += [f"    {fit(label, room)}{first}", *(" " * (room + 4) + rest for rest in more)]
    return tuple(lines)
