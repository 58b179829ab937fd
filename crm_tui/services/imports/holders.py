"""Who may hold what is imported: a login or a name stands for a user only where the importer may give to that user."""

from __future__ import annotations

from functools import cache

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.services.imports.values import EMPTY
from crm_tui.services.pools import may_receive
from crm_tui.services.session import Session
from crm_tui.store import importing, pools

_POOL = frozenset(("pool", "none", "公海", "公共池", "public pool", *EMPTY))


class Holders:
    """Who may hold what is imported: users by login or name, and the pools that whoever imports sees."""

    def __init__(self, session: Session) -> None:
        self._session = session
        users = importing.users(session.database)
        self._logins = {login.casefold(): (key, role, state) for key, login, __, role, state in users}
        self._names: dict[str, list[tuple[int, str, str]]] = {}
        for key, __, name, role, state in users:
            self._names.setdefault(name.casefold(), []).append((key, role, state))
        self.pools = {pool.name.casefold(): pool.id for pool in pools.every(session.database, session.sight)}
        self.named = cache(self._named)
        self._mine = cache(self._why_not_mine)

    def settle(self) -> None:
        """Ask the database all that there may be to ask."""
        self._mine()

    def _why_not_mine(self) -> CrmError | None:
        """Why whoever imports may receive nothing."""
        try:
            may_receive(self._session)
        except CrmError as error:
            return error
        return None

    def _named(self, text: str) -> int | None:
        """The user of that login or name, None for the public pool; UsageError or NotAllowed."""
        wanted = text.strip().casefold()
        if wanted in _POOL:
            return None
        me = self._session.person
        if wanted == "me":
            wanted = me.login.casefold()
        found = self._logins.get(wanted)
        if found is None:
            several = self._names.get(wanted, [])
            if len(several) > 1:
                raise UsageError(_('several users are called "{name}": give the login').format(name=text), text, 0)
            if not several:
                raise UsageError(_('there is no user "{login}"').format(login=text), text, 0)
            found = several[0]
        key, role, state = found
        if key == me.id:
            if reason := self._mine():
                raise reason
            return key
        sight = self._session.sight
        if me.role == "rep":
            raise NotAllowed(_("only leads give customers to others"))
        if not sight.everything and key not in sight.led:
            raise NotAllowed(_("{login} is not of your team").format(login=text))
        if role == "service" or state in ("leaving", "left"):
            raise UsageError(_("{login} can hold no customers").format(login=text), text, 0)
        return key
