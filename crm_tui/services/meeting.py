"""Two who change the same record: what was known, what it is by now and what is wanted meet before anything is written.

Nothing is overwritten unseen: whoever comes second is shown the three values of each field, and sends again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from crm_tui.domain.errors import Conflict
from crm_tui.domain.language import _
from crm_tui.domain.merge import Difference, merge


class Before(Struct, frozen=True):
    """What a record was at an earlier version, as it is typed; `texts` None when nobody can tell. Who changed it since,
    by login, the last first.
    """

    texts: Mapping[str, str] | None
    users: tuple[str, ...] = ()

    @property
    def who(self) -> str:
        """Those who changed it since."""
        return ", ".join(self.users) or _("someone else")


def check(
    name: str, key: Mapping[str, int], before: Before, theirs: Mapping[str, str], given: Mapping[str, str]
) -> None:
    """Raise Conflict if somebody has changed a field since: its data are the three values of every field that differs.

    `name` is the record's, `key` what `--json` names it by, its present `version` among it.
    """
    found = merge(before.texts, theirs, given)
    if before.texts is not None and not any(one.must_be_seen for one in found):
        return
    differing = [one for one in found if one.state != "unchanged"]
    fields = ", ".join(one.field for one in differing if one.state != "mine") or ", ".join(given)
    message = _("{name} was changed by {who} meanwhile ({fields}); nothing was overwritten: it is at version {n} now")
    raise Conflict(
        message.format(name=name, who=before.who, fields=fields, n=key["version"]),
        tuple(_row(key, one) for one in differing),
        tuple(f"{one.field}: {told(one)}" for one in differing),
    )


def _row(key: Mapping[str, int], one: Difference) -> dict[str, Any]:
    return {
        **key, "field": one.field, "before": one.before, "theirs": one.theirs, "mine": one.mine, "state": one.state,
    }  # fmt: skip


def told(one: Difference) -> str:
    """The three values in one line."""
    return " · ".join(f"{label} {text}" for label, text in labelled(one))


def labelled(one: Difference, names: Mapping[str, str] | None = None) -> Iterable[tuple[str, str]]:
    """The three values with what each is; `names` are what some values are called."""
    parts = ((_("before"), one.before), (_("theirs"), one.theirs), (_("mine"), one.mine))
    for label, text in parts:
        shown = "?" if text is None else (names or {}).get(text, text) or "–"
        yield label, shown.replace("\n", " ⏎ ")
