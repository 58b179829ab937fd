"""The business rules as an administrator changes them, for everybody or for one pool; journaled (DOMAIN §4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from crm_tui.domain import settings as rules
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.services.session import Outcome, Session
from crm_tui.services.teams import administrators_only
from crm_tui.store import customers, pools
from crm_tui.store import rules as store

if TYPE_CHECKING:
    from crm_tui.domain.settings import Settings
    from crm_tui.store.journal import Change


def in_force(session: Session, pool: str | None = None, name: str = "") -> Settings:
    """The rules as they hold, in that pool where one is named; UsageError where `name` is no rule of pools."""
    if pool is None:
        return session.settings
    if name:
        _check_of_pools(name)
    return session.settings.of_pool(pools.find(session.database, pool, session.sight).id)


def _check_of_pools(name: str) -> None:
    if not rules.is_of_pools(name):
        raise UsageError(_("{name} is one rule for all pools").format(name=name), name, 0)


def set_rule(session: Session, name: str, text: str, pool: str | None = None) -> Outcome:
    """Change a business rule, for one pool where that is named. Administrators only.

    `default` ends a rule of one's own: in a pool the general one holds again, in general the program's.
    """
    administrators_only(session)
    value = rules.parse(name, text)
    _check_schemes(session, name, value)
    with session.changing() as change:
        pool_id = None
        if pool is not None:
            pool_id = pools.find(session.database, pool).id
            _check_of_pools(name)
        _write(session, change, name, value, pool_id)
        if name == "profile.stale_days":
            _restale(session)
        if name.startswith(rules.PRIMARY):
            _remirror(session, change)
        where = _("{name} in pool {pool}").format(name=name, pool=pool) if pool is not None else name
        message = _("{name} = {value}").format(name=where, value=_said(session, name, value, pool_id))
        if name.startswith("pool.recycle."):
            message = _("{message}, from tomorrow on").format(message=message)
        change.summarize(message)
        outcome = Outcome(message, entry_id=None if change.is_empty() else change.entry_id)
    session.refresh()
    return outcome


def _said(session: Session, name: str, value: Any, pool_id: int | None) -> str:
    """The value as people read it; for the default, which that is."""
    if value == rules.DEFAULT:
        more_general = _general(session, name, pool_id)
        return _("default ({value})").format(value=_("off") if more_general is None else more_general)
    return _("off") if value is None else str(value)


def _general(session: Session, name: str, pool_id: int | None) -> Any:
    """What holds where the rule is not set."""
    return rules.RULES[name].default if pool_id is None else session.settings[name]


def _write(session: Session, change: Change, name: str, value: Any, pool_id: int | None) -> None:
    found = store.kept(session.database, name, pool_id)
    table = "setting" if pool_id is None else "pool_rule"
    new = json.dumps(value)
    today = session.today.isoformat()
    inherited = json.dumps(_general(session, name, pool_id)) if pool_id is not None else None
    if found is None and value != rules.DEFAULT:
        row = {"name": name, "value": new, "previous": inherited, "changed_on": today}
        change.insert(table, [row if pool_id is None else {"pool_id": pool_id, **row}])
    elif found is not None and found.value != new:
        # A second change on a day leaves in force what was so before the first.
        before = inherited if json.loads(found.value) == rules.DEFAULT else found.value
        previous = found.previous if found.changed_on == today else before
        change.update(table, [found.id], value=new, previous=previous, changed_on=today)


def _check_schemes(session: Session, name: str, value: Any) -> None:
    """UsageError where a rule about schemes names one that there is not."""
    if value == rules.DEFAULT or not (name.startswith(rules.PRIMARY) or name == "tier.confirm"):
        return
    session.refresh()
    known = session.settings.schemes
    for identifier in str(value).split(",") if value or name != "tier.confirm" else ():
        if identifier not in known:
            message = _('{name}: there is no scheme "{text}": {names}')
            raise UsageError(message.format(name=name, text=identifier, names=", ".join(known)), identifier, 0)


def _remirror(session: Session, change: Change) -> None:
    """Another scheme is primary: the badges follow."""
    from crm_tui.services import badges  # nobody signs in for this

    session.refresh()
    badges.mirror_all(session, change)


def _restale(session: Session) -> None:
    """The day on which each profile becomes stale is kept with the customer: count it anew."""
    from crm_tui.services import profiles  # nobody signs in for this

    session.refresh()
    with session.changing() as change:
        profiles.refresh_staleness(session, change, customers.with_profile(session.database))
