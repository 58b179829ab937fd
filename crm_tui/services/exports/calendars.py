"""The open follow-ups of customers as a calendar: what was promised, whom to call and where, what was said last."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import date
from typing import IO, TYPE_CHECKING

from crm_tui.domain.clock import moment
from crm_tui.domain.language import _
from crm_tui.domain.people import is_masked
from crm_tui.domain.phone_display import display_phone
from crm_tui.formats.out_calendars import Happening, write_calendar
from crm_tui.services import interactions
from crm_tui.services.exports.customers import batches
from crm_tui.services.exports.left import Exported
from crm_tui.store import exporting

if TYPE_CHECKING:
    from crm_tui.services.session import Session


def write(session: Session, ids: array[int], stream: IO[bytes]) -> Exported:
    """Write the open follow-ups of these customers into the binary stream."""
    masked = [0]
    count = write_calendar(stream, _("Follow-ups"), _happenings(session, ids, masked))
    return Exported(count, masked[0])


def _happenings(session: Session, ids: array[int], masked: list[int]) -> Iterator[Happening]:
    now = session.now
    for batch in batches(ids):
        words = interactions.last_words(session, batch)
        for key, customer, kind, purpose, on, at, created, name, owner, phone, stage, tier in exporting.follow_ups(
            session.database, session.sight, batch
        ):
            hidden = is_masked(session.sight, owner)
            masked[0] += hidden
            __, channel, note, who = words.get(customer, ("", "", "", ""))
            said = _("last: {words} ({who})").format(words=note or channel, who=who) if who and not hidden else ""
            told = (
                display_phone(phone) if phone and not hidden else "",
                "  ".join(filter(None, (stage, tier, f"#{customer}"))), said,
            )  # fmt: skip
            stamp = "".join(filter(str.isdigit, created))
            yield Happening(
                f"crm-tui-follow-up-{key}-{stamp}", moment(at) if at else date.fromisoformat(on),
                f"{purpose or _kind(kind)}: {name}", "\n".join(filter(None, told)), now,
            )  # fmt: skip


def _kind(kind: str) -> str:
    return _("first contact") if kind == "first_contact" else _("follow-up")
