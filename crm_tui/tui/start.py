"""From the shell to the screens: what can fail before the screen is taken fails here, in a sentence.

Textual is imported while the desk's thread opens the database, so that neither waits for the other.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from crm_tui import config
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.tui.desk import Desk
from crm_tui.tui.terminal import profile

if TYPE_CHECKING:
    from crm_tui.services.session import Session
    from crm_tui.services.visits import Guest
    from crm_tui.tui.home import Home

_DEMO = "crm-tui-demo-"
"""How the folder of a demo's database begins; the number of its process follows."""


class Wanted(Struct, frozen=True):
    """What the words of the command line ask for."""

    database: str | None = None
    user: str | None = None
    demo: bool = False
    guest: Guest | None = None


def read(words: Sequence[str]) -> Wanted:
    """The options of the screens; UsageError for anything else."""
    rest = list(words)
    given: dict[str, str] = {}
    demo = False
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if word == "demo":
            demo = True
        elif word.startswith("--") and name in ("db", "user"):
            if not equals and not rest:
                raise UsageError(_("--{name} needs a value").format(name=name), " ".join(words), 0)
            given[name] = value if equals else rest.pop(0)
        else:
            raise UsageError(_('"{word}" is no option of the screens: --db FILE, --user LOGIN').format(word=word))
    if demo and "db" in given:
        raise UsageError(_("the demo makes a database of its own: leave --db out"))
    return Wanted(given.get("db"), given.get("user"), demo)


def start(words: Sequence[str], guest: Guest | None = None) -> int:
    """Open the screens, at the door for a guest; the exit code of the program."""
    folder: Path | None = None
    try:
        settings = config.load() if guest is None else config.Config(home=guest.spool)
        config.speak(settings)
        wanted = read(words) if guest is None else Wanted(guest=guest)
        reason = profile.check(os.environ)
        if reason:
            raise CrmError(reason)
        profile.prepare(os.environ)
        if wanted.demo:
            sweep_demos(Path(tempfile.gettempdir()))
            folder = Path(tempfile.mkdtemp(prefix=f"{_DEMO}{os.getpid()}-"))
            print(_("making the demo …"), end="\r", flush=True)
        return _open(wanted, settings, folder)
    except CrmError as error:
        print(f"crm-tui: {error}", file=sys.stderr)
        return error.exit_code
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def sweep_demos(folder: Path) -> None:
    """Remove what demos that were killed have left in the folder; one's own only, and none that still runs."""
    for left in folder.glob(f"{_DEMO}*"):
        number = left.name.removeprefix(_DEMO).partition("-")[0]
        if number.isdigit() and left.stat().st_uid == os.getuid() and not _runs(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _open(wanted: Wanted, settings: config.Config, folder: Path | None) -> int:
    desk = Desk()
    opening = desk.submit(_session, wanted, settings, folder, desk)
    try:
        from crm_tui.tui.app import CrmApp

        session, home = opening.result()
        app = CrmApp(desk, session, home, settings)
        app.run(mouse=settings.mouse)
        return app.return_code or 0
    finally:
        if not opening.exception():
            desk.submit(opening.result()[0].database.close)
        desk.close()


def _session(wanted: Wanted, settings: config.Config, folder: Path | None, desk: Desk) -> tuple[Session, Home]:
    """Open, sign in, and read the first screen; runs on the desk."""
    from crm_tui.services import people
    from crm_tui.tui.home import first

    if wanted.guest is not None:
        from crm_tui.services import visits

        session = visits.sign_in(wanted.guest, source="screen")
    elif folder is not None:
        session = people.open_demo(folder / "demo.db", wanted.user)
    else:
        path = config.database_path(wanted.database, settings, os.environ)
        named = wanted.user or os.environ.get("CRM_TUI_USER")
        session = people.open_session(path, named, create=True, source="screen")
    session.macros = settings.macro_folders
    desk.interrupt = session.database.connection.interrupt  # the connection is this thread's, its interrupt anybody's
    return session, first(session)
