"""The command line: one command of the catalogue, its results on standard output, its messages on standard error.

Exit codes: 0 done; 1 failed; 2 usage; 3 not allowed; 4 changed by someone else, or partly done; 5 database not usable;
128 and the number of the signal that ended it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from crm_tui import config
from crm_tui.commands import shell
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Prepared, perform, prepare
from crm_tui.commands.keymap import Source
from crm_tui.commands.language import GLOBAL_OPTIONS, Call, read_arguments
from crm_tui.commands.printing import plain, reconfigure
from crm_tui.domain.errors import Conflict, CrmError, UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.services.session import Session
    from crm_tui.services.visits import Guest

_WITHOUT_DATABASE = ("completion", "help", "keymap", "version")
_OF_THE_HOST = ("ssh setup", "ssh authorized-keys", "restore")
_INTERRUPTED = 130
_ENDING = (signal.SIGTERM, signal.SIGHUP)


class _Ended(BaseException):
    """A signal asked the program to end: what is half done is taken back, what lies beside a file cleared away."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number


def run(words: Sequence[str], guest: Guest | None = None) -> int:
    """Run one command, at the door for a guest; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure(stream, errors="replace")  # what a terminal cannot show is no reason to stop
    try:
        with _ended_by_signals():
            code = _complete(words[1:]) if guest is None and [*words[:1]] == ["complete"] else _obeyed(words, guest)
            if sys.stdout is not None:
                sys.stdout.flush()
        return code
    except _Ended as ended:
        _forget_output()
        return ended.exit_code
    except BrokenPipeError:
        _forget_output()
        return 0
    except OSError as error:
        _forget_output()
        print(f"crm-tui: {plain(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _forget_output()
        print(_("interrupted"), file=sys.stderr)
        return _INTERRUPTED


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Have signals that would end the process at once end the block; one that is ignored (nohup) stays so."""

    def end(number: int, frame: object) -> None:
        raise _Ended(number)

    before = {}
    try:
        for number in _ENDING:
            if signal.getsignal(number) == signal.SIG_DFL:
                with suppress(ValueError):  # not the main thread: nobody sends it any
                    before[number] = signal.signal(number, end)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _obeyed(words: Sequence[str], guest: Guest | None) -> int:
    try:
        settings = config.load() if guest is None else config.Config(home=guest.spool)
        config.speak(settings)
        call = read_arguments(_usual([_decoded(word) for word in words]), CATALOG)
        return _run(call, settings, guest)
    except CrmError as error:
        _complain(error)
        return error.exit_code


def _complete(words: Sequence[str]) -> int:
    """Answer a shell that completes a command line; no command of the catalogue, since nobody types it."""
    from crm_tui.commands import completing
    from crm_tui.services import people

    def look_in(given: Mapping[str, str]) -> Session | None:
        path = config.database_path(given.get("db"), settings, os.environ)
        session = people.look_in(path, given.get("user") or os.environ.get("CRM_TUI_USER"))
        if session is not None:
            session.macros = settings.macro_folders
        return session

    try:
        settings = config.load()
        config.speak(settings)
        lines = completing.answer([os.fsencode(word).decode("utf-8") for word in words], look_in)
    except Exception:  # whatever it is, the command itself will say it: who is typing a line wants to hear of no error
        return 0
    reconfigure(sys.stdout, encoding="utf-8")
    print("\n".join(lines))
    return 0


def _decoded(word: str) -> str:
    """A word of the shell as text, whatever the locale; what is no text may only name a file."""
    if not any("\ud800" <= character <= "\udfff" for character in word):
        return word
    try:
        return os.fsencode(word).decode("utf-8")
    except UnicodeDecodeError:
        if os.path.exists(word):
            return word
        raise UsageError(_('"{word}" is not UTF-8').format(word=word)) from None


def _forget_output() -> None:
    """Send what is still to be printed nowhere: whoever would read it has gone, and that is no error."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usual(words: Sequence[str]) -> list[str]:
    """`--help` and `--version` as every program has them."""
    own = list(words[: words.index("--")] if "--" in words else words)
    rest = [word for word in own if word != "--help"]
    while rest and rest[0].startswith("--") and rest[0] != "--version":
        del rest[: 2 if rest[0].removeprefix("--") in GLOBAL_OPTIONS else 1]
    if rest[:1] == ["--version"]:
        return [*(word for word in words if word != "--version"), "version"]
    if "--help" not in own:
        return list(words)
    names = [" ".join(rest[:length]) for length in (3, 2, 1)]
    return ["help", next((name for name in names if name in CATALOG), " ".join(rest[:1]))]


def _run(call: Call, settings: config.Config, guest: Guest | None) -> int:
    command = call.command
    if guest is not None:
        return _serve(call, settings, guest)
    if command.name in _WITHOUT_DATABASE or not shell.has(command):
        return shell.Shell(None, call, _keys(settings)).call(_as_typed(call))
    if command.name in _OF_THE_HOST:
        return _answer_host(call, settings)
    with _session(call, settings) as session:
        return _carried_out(session, call, settings)


def _as_typed(call: Call) -> Prepared:
    """The call of a command that nobody signs in for, its values as they were typed."""
    missing = tuple(a.name for a in call.command.arguments if a.required and a.name not in call.values)
    return Prepared(call, dict(call.values), (), missing=missing)


def _keys(settings: config.Config) -> Source:
    return Source(settings.keymap, settings.home)


def _carried_out(session: Session, call: Call, settings: config.Config) -> int:
    place = shell.Shell(session, call, _keys(settings))
    prepared = prepare(session, call)
    if call.command.view:
        return place.call(prepared)
    _confirm(session, prepared)
    try:
        outcome = perform(session, prepared)
    except Conflict as error:
        place.differ(error)
        raise
    place.tell(outcome, prepared.ids)
    return outcome.exit_code


def _serve(call: Call, settings: config.Config, guest: Guest) -> int:
    """Run a command for a guest, who signs in whatever it is."""
    from crm_tui.services import visits

    session = visits.sign_in(guest, source="command")
    session.macros = settings.macro_folders
    try:
        return _carried_out(session, call, settings)
    finally:
        session.database.close()


def _answer_host(call: Call, settings: config.Config) -> int:
    """Run what needs nobody to be signed in, on the database that is named, if any is."""
    named = call.settings.get("db") or os.environ.get("CRM_TUI_DB") or settings.database
    if named or call.command.name != "ssh setup":
        path = config.database_path(call.settings.get("db"), settings, os.environ)
        call = replace(call, settings={**call.settings, "db": str(path.absolute())})
    return shell.Shell(None, call).call(_as_typed(call))


@contextmanager
def _session(call: Call, settings: config.Config) -> Iterator[Session]:
    """Open the database and sign in, as the call, the environment and the configuration say.

    A command that writes makes a missing database; a dry run makes one that does not remain.
    """
    from crm_tui.services import people

    path = config.database_path(call.settings.get("db"), settings, os.environ)
    named = call.settings.get("user") or os.environ.get("CRM_TUI_USER")
    writes = call.command.changes or call.command.name in ("import", "run", "play")
    with _passing(path, passing=writes and "dry-run" in call.flags) as found:
        session = people.open_session(found, named, create=writes, source="command")
        session.macros = settings.macro_folders
        try:
            yield session
        finally:
            session.database.close()


@contextmanager
def _passing(path: Path, *, passing: bool) -> Iterator[Path]:
    if not passing or path.exists():
        yield path
        return
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="crm-tui-") as folder:
        yield Path(folder) / "crm.db"


def _confirm(session: Session, prepared: Prepared) -> None:
    flags = prepared.call.flags
    if not prepared.is_bulk or "yes" in flags or "dry-run" in flags:
        return
    from crm_tui.commands.confirming import confirm  # most commands are few customers'

    if prepared.call.command.shows_first and prepared.call.command.preview is not None:
        told = prepared.call.command.preview(session, prepared.values, prepared.ids)
        print(*map(plain, told.lines), sep="\n", file=sys.stderr)
    confirm(prepared.question)


def _complain(error: CrmError) -> None:
    print(f"crm-tui: {plain(error)}", file=sys.stderr)
    if isinstance(error, UsageError) and error.text and error.position is not None and "\n" not in error.text:
        from rich.cells import cell_len

        print(f"  {plain(error.text)}", file=sys.stderr)
        print(f"  {' ' * cell_len(plain(error.text[: error.position]))}^", file=sys.stderr)
