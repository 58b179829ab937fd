"""The views of the command line that take or give files, and those of the host: each calls the module that does it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.commands.keymap import Source
from crm_tui.commands.language import Call
from crm_tui.commands.printing import Printer
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.services.session import Session

Values = Mapping[str, Any]
Ids = Sequence[int]


class FileViews:
    """What all views have, and those of files: (values, ids) → the exit code, None for 0."""

    def __init__(self, session: Session | None, call: Call, printer: Printer, keys: Source) -> None:
        self._session = session
        self._call = call
        self._printer = printer
        self._keys = keys

    @property
    def _signed_in(self) -> Session:
        assert self._session is not None, self._call.command.name
        return self._session

    def spool_get(self, values: Values, ids: Ids) -> None:
        from shutil import copyfileobj

        from crm_tui.services import spool

        if self._printer.json:
            raise UsageError(_("spool get sends the file as it is, which is no JSON"), self._call.line, 0)
        with spool.opened(self._signed_in, values["name"]) as file:
            sys.stdout.flush()
            copyfileobj(file, sys.stdout.buffer)

    # -- the host, where nobody is signed in

    def ssh_setup(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import hosting

        hosting.setup(self._call, values, self._printer)

    def ssh_authorized_keys(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import hosting

        hosting.authorized_keys(self._call, values, self._printer)

    # -- macros

    def run(self, values: Values, ids: Ids) -> int:
        from crm_tui.commands import running

        return running.run(self._signed_in, self._call, values, self._printer)

    def play(self, values: Values, ids: Ids) -> int:
        from crm_tui.commands import running

        return running.play(self._signed_in, self._call, values, self._printer)

    # -- the database as a whole

    def check(self, values: Values, ids: Ids) -> int:
        from crm_tui.commands import upkeep

        return upkeep.check(self._signed_in, self._printer)

    def backup(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import upkeep

        upkeep.backup(self._signed_in, values, self._printer)

    def restore(self, values: Values, ids: Ids) -> None:
        from crm_tui.commands import upkeep

        upkeep.restore(self._session, self._call, values, self._printer)

    # -- files

    def import_file(self, values: Values, ids: Ids) -> int:
        from crm_tui.commands import transfer

        return transfer.import_file(self._signed_in, self._call, values, self._printer)
