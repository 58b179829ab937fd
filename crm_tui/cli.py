"""The command line: one command of the catalogue, its results on standard output, its messages on standard error.

Exit codes: 0 done; 1 failed; 2 usage; 3 not allowed; 4 changed by someone else, or partly done; 5 database not usable.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from crm_tui import config
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Prepared, perform, prepare
from crm_tui.commands.language import Call, read_arguments
from crm_tui.commands.shell import Shell
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.services import people
from crm_tui.services.session import Session

_WITHOUT_DATABASE = {"help", "version"}


def run(words: Sequence[str]) -> int:
    """Run one command; its exit code."""
    try:
        settings = config.load()
        config.speak(settings)
        call = read_arguments(_renamed(words), CATALOG)
        code = _run(call, settings)
        sys.stdout.flush()
        return code
    except CrmError as error:
        _complain(error)
        return error.exit_code
    except BrokenPipeError:
        # Whoever read our output has gone; what is left of it has no reader, and that is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print(_("interrupted; nothing was changed"), file=sys.stderr)
        return 130


def _renamed(words: Sequence[str]) -> list[str]:
    """`--help` and `--version` as every program has them."""
    if "--version" in words:
        return ["version"]
    if "--help" in words:
        return ["help", " ".join(word for word in words if not word.startswith("--"))]
    return list(words)


def _run(call: Call, settings: config.Config) -> int:
    if call.command.name in _WITHOUT_DATABASE:
        shell = Shell(None, call)
        return shell.call(prepare_nothing(call))
    session = open_session(call, settings, create=call.command.changes or call.command.name == "import")
    try:
        prepared = prepare(session, call)
        shell = Shell(session, call)
        if prepared.call.command.view:
            return shell.call(prepared)
        _confirm(prepared)
        outcome = perform(session, prepared)
        shell.tell(outcome, prepared.ids)
        return outcome.exit_code
    finally:
        session.database.close()


def prepare_nothing(call: Call) -> Prepared:
    """A call that needs no database."""
    return Prepared(call, dict(call.values), ())


def open_session(call: Call, settings: config.Config, *, create: bool) -> Session:
    """Open the database and sign in, as the call, the environment and the configuration say."""
    path = config.database_path(call.settings.get("db"), settings, os.environ)
    named = call.settings.get("user") or os.environ.get("CRM_TUI_USER")
    return people.open_session(path, named, create=create, source="command")


def _confirm(prepared: Prepared) -> None:
    flags = prepared.call.flags
    if not prepared.is_bulk or "yes" in flags or "dry-run" in flags:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(_("{question}: say --yes, or look first with --dry-run").format(question=prepared.question))
    print(_("{question}. Go on? [y/N] ").format(question=prepared.question), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes", "是"):
        raise CrmError(_("nothing was changed"))


def _complain(error: CrmError) -> None:
    print(f"crm-tui: {error}", file=sys.stderr)
    if isinstance(error, UsageError) and error.text and error.position is not None and "\n" not in error.text:
        from rich.cells import cell_len

        print(f"  {error.text}", file=sys.stderr)
        print(f"  {' ' * cell_len(error.text[: error.position])}^", file=sys.stderr)


