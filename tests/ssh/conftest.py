"""A door of our own: a real sshd on loopback that lets people into a team's database, set up as the program says.

It needs root and makes a system account, both gone afterwards. AcceptEnv is as wide open as a careless host has it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import crm_tui
from crm_tui.services import door, keys
from crm_tui.store.database import Database
from tests.factories import Clock, Team
from tests.terminal import Terminal, is_busy

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin")
CLIENT = (
    "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
    "-o", "IdentitiesOnly=yes", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=60",
)  # fmt: skip
_SLOW_TO_COPY = (
    "mypy", "mypyc", "*mypyc*.so", "ruff*", "pip", "hypothesis", "setuptools", "pkg_resources", "_pytest", "pytest*",
    "grimp*", "importlinter", "tests", "test", "idlelib", "lib2to3", "ensurepip", "tkinter",
)  # fmt: skip


def unable() -> str:
    """Why there can be no door here; "" when there can."""
    if os.geteuid() != 0:
        return "only root can start an sshd that becomes another user"
    missing = [name for name in ("useradd", "ssh", "ssh-keygen", "runuser") if not shutil.which(name)]
    if SSHD is None or missing:
        return f"not installed: {', '.join(missing or ['sshd'])}"
    return ""


class Door:
    """An sshd that runs, the account that everybody connects as, and a key for each of the team."""

    def __init__(self, folder: Path, account: str, *, tmux: bool = False) -> None:
        self.folder = folder
        self.account = account
        self.home = Path("/var/lib") / account
        self.path = self.home / "data" / "crm.db"
        self.port = _free_port()
        self.log = folder / "sshd.log"
        self.python = readable_python(folder / "python", account)
        self.site = door.Site(account, self.path, self.python, folder, folder / "sshd", folder / "systemd", tmux)
        self._sshd: subprocess.Popen[bytes] | None = None

    # -- setting it up

    def furnish(self) -> None:
        """The team's database, with a customer each, and the keys."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        database = Database(self.path, create=True)
        try:
            team = Team(database, Clock(datetime.now(UTC)))
            for login in ("li", "wang", "zhao", "sun"):
                keys.add(team.admin, login, self.made_key(login).with_suffix(".pub").read_text())
        finally:
            database.close()
        self.hand_over()

    def made_key(self, name: str) -> Path:
        """A new key pair; the private one."""
        path = self.folder / f"key_{name}"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, "-C", f"{name}@laptop"], check=True)
        return path

    def hand_over(self) -> None:
        """Give the home to the account, whatever root has made in it."""
        subprocess.run(["chown", "-R", f"{self.account}:", self.home], check=True)
        for folder in (self.home, self.path.parent):
            folder.chmod(0o700)

    def start(self) -> None:
        """Start sshd with the drop-in that `ssh setup` writes."""
        door.install(self.site)
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        host_key = self.folder / "host_key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host_key], check=True)
        config = self.folder / "sshd_config"
        config.write_text(
            f"Include {self.site.sshd}/*.conf\nPort {self.port}\nListenAddress 127.0.0.1\nHostKey {host_key}\n"
            "PidFile none\nUsePAM no\nAcceptEnv *\nPermitRootLogin no\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nLogLevel VERBOSE\nSubsystem sftp internal-sftp\nX11Forwarding yes\n"
            "AllowAgentForwarding yes\nPermitUserRC yes\nPermitTunnel yes\n"
        )
        subprocess.run([str(SSHD), "-t", "-f", config], check=True)
        self._sshd = subprocess.Popen([str(SSHD), "-D", "-f", config, "-E", self.log], start_new_session=True)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError(self.log.read_text())

    def stop(self) -> None:
        """End sshd, and whatever still runs as the account."""
        if self._sshd is not None:
            self._sshd.terminate()
            self._sshd.wait(60)
        for pid in self.processes():
            _kill(pid)

    # -- coming in

    def words(self, login: str, *options: str) -> list[str]:
        """The words of an ssh client that comes with the key of that name, up to the host."""
        key = str(self.folder / f"key_{login}")
        return ["ssh", *CLIENT, "-p", str(self.port), "-i", key, *options, f"{self.account}@127.0.0.1"]

    def run(
        self, login: str, command: str = "", *, given: str = "", options: Sequence[str] = (), timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command over the line, without a terminal."""
        words = [*self.words(login, *options), *(["--", command] if command else [])]
        done = subprocess.run(words, input=given.encode(), capture_output=True, timeout=timeout)
        return subprocess.CompletedProcess(
            words, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )

    def open(self, login: str, cols: int = 80, rows: int = 24, *options: str, **env: str | None) -> Terminal:
        """The screens, in a terminal."""
        return Line(self, self.words(login, "-tt", *options), cols, rows, env)

    # -- looking behind it

    def as_account(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run the program as the account on the host, as its administrator does."""
        argv = ["runuser", "-u", self.account, "--", str(self.python), "-I", "-X", "utf8", "-m", "crm_tui"]
        return subprocess.run(
            [*argv, "--db", str(self.path), *words], input=given, capture_output=True, text=True, timeout=60
        )

    def admin(self, *words: str, given: str = "") -> str:
        """Run a command as the database's administrator; what it prints."""
        done = self.as_account("--user", "root", *words, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What is in the file by now."""
        database = Database(self.path)
        try:
            return database.rows(sql)
        finally:
            database.close()
            self.hand_over()

    def is_busy(self) -> bool:
        """Whether anything that runs as the account has something to do, sshd's own part too."""
        return any(is_busy(pid) for pid in self.processes(sshd=True))

    def processes(self, *, sshd: bool = False) -> dict[int, str]:
        """What runs as the account: process → its command line; sshd's own part is left out."""
        uid, found = pwd.getpwnam(self.account).pw_uid, {}
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and entry.stat().st_uid == uid:
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                    if line and (sshd or not line.startswith("sshd")):
                        found[int(entry.name)] = line
            except OSError:
                continue
        return found

    def sessions(self) -> list[int]:
        """The processes of the program that run now."""
        found = self.processes().items()
        return [pid for pid, line in found if "--restricted" in line and not line.startswith(("/bin/sh", "tmux"))]

    def empty(self, timeout: float = 60) -> bool:
        """Whether nothing runs as the account any more, at the latest after so many seconds."""
        end = time.monotonic() + timeout
        while self.processes() and time.monotonic() < end:
            time.sleep(0.05)
        return not self.processes()


class Line(Terminal):
    """A client on a terminal; what it shows comes from processes beyond the door."""

    def __init__(
        self, door: Door, words: Sequence[str], cols: int, rows: int, env: Mapping[str, str | None]
    ) -> None:
        self._door = door
        super().__init__(words, cols, rows, env=env)

    def is_busy(self) -> bool:
        """Whether something may still come, from here or from there."""
        return super().is_busy() or self._door.is_busy()


def readable_python(folder: Path, account: str) -> Path:
    """A Python with the program in it that the account may run: this one, else a copy of it."""
    words = ["runuser", "-u", account, "--", sys.executable, "-I", "-m", "crm_tui", "version"]
    if subprocess.run(words, capture_output=True, cwd="/").returncode == 0:
        return Path(sys.executable)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    library = folder / "lib" / version
    ignored = shutil.ignore_patterns(*_SLOW_TO_COPY, "site-packages", "config-*")
    shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=ignored, copy_function=_copy)
    site = library / "site-packages"
    packages = shutil.ignore_patterns(*_SLOW_TO_COPY)
    shutil.copytree(sysconfig.get_path("purelib"), site, ignore=packages, copy_function=_copy)
    shutil.copytree(Path(crm_tui.__file__).parent, site / "crm_tui", dirs_exist_ok=True)
    (library / "dist-packages").symlink_to("site-packages")  # where a Debian looks
    (folder / "bin").mkdir()
    _copy(os.path.realpath(sys.executable), folder / "bin" / version)
    for shared in Path(sys.base_prefix, "lib").glob("libpython*.so*"):
        _copy(shared, folder / "lib" / shared.name)
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={folder}/lib exec {folder}/bin/{version} "$@"\n')
    program.chmod(0o755)
    done = subprocess.run([*words[:4], program, *words[5:]], capture_output=True, text=True, cwd="/")
    if done.returncode:
        raise RuntimeError(f"the account cannot run Python: {done.stderr}")
    subprocess.run([program, "-I", "-m", "compileall", "-q", site / "crm_tui"], check=False)
    return program


def _copy(source: str | Path, target: str | Path) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return str(target)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def opened(*, tmux: bool = False) -> Iterator[Door]:
    """A door from its making to its end."""
    reason = unable()
    if reason:
        pytest.skip(reason)
    account = f"crmt{os.getpid()}{'t' if tmux else ''}"
    # sshd trusts no script below a folder that others write to, as /tmp is
    folder = Path("/var/lib") / f"{account}-door"
    home = Path("/var/lib") / account
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    made = None
    try:
        useradd = ["useradd", "--system", "--no-create-home", "--home-dir", home, "--shell", "/bin/sh", account]
        subprocess.run(useradd, check=True)
        subprocess.run(["usermod", "-p", "*", account], check=True)
        made = Door(folder, account, tmux=tmux)
        made.furnish()
        made.start()
        yield made
    finally:
        if made is not None:
            made.stop()
        subprocess.run(["userdel", account], check=False, capture_output=True)
        for path in (folder, home):
            shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def host() -> Iterator[Door]:
    """The door, as the program sets it up."""
    yield from opened()
