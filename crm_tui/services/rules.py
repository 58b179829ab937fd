"""The business rules as an administrator changes them, for everybody or for one pool; journaled (DOMAIN §4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crm_tui.domain import settings as rules
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.services.session import Outcome, Session
from crm_tui.services.teams import administrators_only
from crm_tui.store import pools
from crm_tui.store import rules as store

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


def set_rule(session: Session, name: str, text: str, pool: str | None = None) -> Outcome:
    """Change a business rule, for one pool where that is named. Administrators only."""
    administrators_only(session)
    value = rules.parse(name, text)
    with session.changing() as change:
        pool_id = None
        if pool is not None:
            pool_id = pools.find(session.database, pool).id
            if not rules.is_of_pools(name):
                raise UsageError(_("{name} is one rule for all pools").format(name=name), name, 0)
        _write(session, change, name, value, pool_id)
        if name == "profile.stale_days":
            _restale(session)
        where = _("{name} in pool {pool}").format(name=name, pool=pool) if pool is not None else name
        message = _("{name} = {value}").format(name=where, value=_("off") if value is None else value)
        if name.startswith("pool.recycle."):
            message = _("{message}, from tomorrow on").format(message=message)
        change.summarize(message)
        outcome = Outcome(message, entry_id=None if change.is_empty() else change.entry_id)
    session.refresh()
    return outcome


def _write(session: Session, change: Change, name: str, value: Any, pool_id: int | None) -> None:
    found = store.kept(session.database, name, pool_id)
    table = "setting" if pool_id is None else "pool_rule"
    new = json.dumps(value)
    today = session.today.isoformat()
    if found is None:
        inherited = json.dumps(session.settings[name]) if pool_id is not None else None
        row = {"name": name, "value": new, "previous": inherited, "changed_on": today}
        change.insert(table, [row if pool_id is None else {"pool_id": pool_id, **row}])
    elif found.value != new:
        # A second change on a day leaves in force what was so before the first.
        previous = found.previous if found.changed_on == today else found.value
        change.update(table, [found.id], value=new, previous=previous, changed_on=today)


def _restale(session: Session) -> None:
    """The day on which each profile becomes stale is kept with the customer: count it anew."""
    from crm_tui.services import profiles  # nobody signs in for this

    session.refresh()
    with session.changing() as change:
        profiles.refresh_staleness(session, change, profiles.everyones(session))
