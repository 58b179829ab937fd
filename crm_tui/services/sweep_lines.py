"""What a sweep did or would do, as people and programs read it: nothing is told of a customer but what its row says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from crm_tui.domain.language import N_, _
from crm_tui.services.session import Outcome, Refusal

if TYPE_CHECKING:
    from crm_tui.services.sweep import Row

Done = Literal["warned", "ended", "recycled", "escalated", "regraded", "failed"]
DONE: Mapping[Done, str] = {
    "warned": N_("warned"), "ended": N_("warning ended"), "recycled": N_("recycled"), "escalated": N_("escalated"),
    "regraded": N_("tier by hand ended"), "failed": N_("failed"),
}  # fmt: skip


def summary(rows: Iterable[Row]) -> str:
    """How many of each are done; "nothing to do" for none."""
    counts = Counter(row.done for row in rows)
    told = ", ".join(f"{counts[done]} {_(text)}" for done, text in DONE.items() if counts[done])
    return told or _("nothing to do")


def told(rows: Sequence[Row], more: str = "") -> Outcome:
    """The outcome of a sweep, failures as refusals; `more` ends its message."""
    failed = [Refusal(row.id, row.name, row.reason) for row in rows if row.done == "failed"]
    return Outcome(
        _("sweep: {done}").format(done=summary(rows)) + more,
        tuple(dict.fromkeys(row.id for row in rows if row.done != "failed")),
        tuple(failed),
        data=tuple(_record(row) for row in rows),
        lines=tuple(_line(row) for row in rows),
    )


def _record(row: Row) -> dict[str, Any]:
    """A row as `--json` prints it."""
    due = row.due.isoformat() if row.due else None
    return {"id": row.id, "name": row.name, "done": row.done, "reason": row.reason, "due": due}


def _line(row: Row) -> str:
    due = f" {row.due}" if row.due else ""
    return f"{row.id} {row.name}  {_(DONE[row.done])}{due}: {row.reason}"
