"""What somebody with a key, and a bent for it, tries at the door; on a host whose sshd lets every variable in."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crm_tui import confinement
from crm_tui.domain.ssh_keys import parse
from tests.ssh.conftest import Door

pytestmark = pytest.mark.slow

NAMES = {"PATH", "HOME", "TERM", "LANG", "LC_ALL", "SSH_CONNECTION", "SSH_TTY", "SSH_ORIGINAL_COMMAND"}
FIRST = r"customer|due|pipeline"


def environ(pid: int) -> dict[str, str]:
    """The variables that a process was started with."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@pytest.mark.parametrize("login", ["li", "wang", "zhao"])
def test_one_is_whom_the_key_belongs_to(host: Door, login: str) -> None:
    done = host.run(login, f"new 'Of {login}' --anyway")
    assert done.returncode == 0, done.stderr
    [(who,)] = host.rows(f"SELECT u.login FROM customer c JOIN user u ON u.id = c.owner_id WHERE c.name = 'Of {login}'")
    assert who == login


@pytest.mark.parametrize(
    "command",
    [
        "sh -c id", "$(id)", "`id`", "whoami; id", "due; id", "due && id", "due | id", "/bin/sh", "bash -i",
        "python3 -c 'import os; os.system(\"id\")'", "exec id", "'", "\\", "-", "--", "--restricted", "--user wang due",
        "--db /etc/passwd list", "crm-tui due", "help; id", "due $(id)", "new x > /tmp/out", "\x1b]0;x\x07", "scp -t .",
    ],
)  # fmt: skip
def test_a_command_line_is_words_of_the_program_and_of_no_shell(host: Door, command: str) -> None:
    done = host.run("li", command)
    assert done.returncode in (2, 3), done
    assert "uid=" not in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert host.empty()


@pytest.mark.parametrize("option", ["--user wang", "--db /tmp/other.db", "--restricted", "--key x", "--user=wang"])
@pytest.mark.parametrize("order", ["{option} due", "due {option}"])
def test_nothing_in_the_line_says_who_one_is_or_where(host: Door, option: str, order: str) -> None:
    done = host.run("li", order.format(option=option))
    assert (done.returncode, done.stdout) == (2, ""), done
    assert not Path("/tmp/other.db").exists()


@pytest.mark.parametrize(
    "command",
    [
        "users list", "users add eve --role admin", "users key add li -", "users key list", "config set currency EUR",
        "config show", "ssh setup", "ssh authorized-keys x y", "demo", "check", "sweep",
    ],
)
def test_what_is_not_for_the_line_is_refused_to_everybody(host: Door, command: str) -> None:
    done = host.run("zhao", command, given="ssh-ed25519 AAAA")
    assert (done.returncode, done.stdout) == (3, ""), done
    assert "over SSH" in done.stderr


@pytest.mark.parametrize("program", ["sftp", "scp", "scp -O", "rsync"])
def test_files_are_not_copied(host: Door, program: str, tmp_path: Path) -> None:
    name, *options = program.split()
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    ssh = host.words("li")[:-1]
    where = f"{host.account}@127.0.0.1"
    if name == "rsync":
        words = ["rsync", "-e", " ".join(ssh), f"{where}:/etc/passwd", str(tmp_path / "stolen")]
    elif name == "scp":
        at = ssh.index("-p")
        words = ["scp", *options, *ssh[1:at], "-P", *ssh[at + 1 :], f"{where}:/etc/passwd", str(tmp_path / "stolen")]
    else:
        at = ssh.index("-p")
        words = ["sftp", "-b", "-", *ssh[1:at], "-P", *ssh[at + 1 :], where]
    done = subprocess.run(words, input="get /etc/passwd", capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode != 0
    assert list(tmp_path.iterdir()) == []
    assert host.empty()


def test_without_a_terminal_the_screens_do_not_open_and_nothing_stays(host: Door) -> None:
    for options in ((), ("-T",)):
        done = host.run("li", options=options)
        assert done.returncode == 1
        assert "need a terminal" in done.stderr
    assert host.empty()


# -- forwarding


def test_no_port_is_forwarded_to_where_the_host_can_reach(host: Door) -> None:
    done = host.run("li", options=["-W", f"127.0.0.1:{host.port}"])
    assert "SSH-2.0" not in done.stdout
    assert done.returncode != 0
    assert "refused" in host.log.read_text() or "prohibited" in done.stderr


@pytest.mark.parametrize("kind", ["-L", "-R", "-D", "unix"])
def test_no_tunnel_is_opened(host: Door, kind: str, tmp_path: Path) -> None:
    near, far = _port(), host.port
    option = {
        "-L": ["-L", f"{near}:127.0.0.1:{far}"], "-R": ["-R", f"{near}:127.0.0.1:{far}"], "-D": ["-D", f"{near}"],
        "unix": ["-L", f"{near}:{host.path}"],
    }[kind]  # fmt: skip
    words = host.words("li", "-N", "-o", "ExitOnForwardFailure=yes", *option)
    client = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        if kind == "-R":
            assert client.wait(60) != 0
            return
        assert _said_through(near, b"\x05\x01\x00" if kind == "-D" else b"x") in (b"", b"\x05\x00")
    finally:
        client.kill()
        client.wait()


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _said_through(port: int, greeting: bytes) -> bytes:
    """What comes back through a forwarded port."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with socket.socket() as line:
            line.settimeout(60)
            if line.connect_ex(("127.0.0.1", port)) == 0:
                try:
                    line.sendall(greeting)
                    return line.recv(100)
                except OSError:
                    return b""
        time.sleep(0.1)
    raise TimeoutError


# -- the environment


HOSTILE = {
    "LC_EVIL": "1", "PYTHONINSPECT": "1", "PYTHONSTARTUP": "/etc/passwd", "PYTHONPATH": "/tmp", "BASH_ENV": "/tmp/x",
    "ENV": "/tmp/x", "CRM_TUI_USER": "wang", "CRM_TUI_DB": "/tmp/other.db", "CRM_TUI_CONFIG": "/tmp/x.toml",
    "TEXTUAL_LOG": "/tmp/crm-tui-textual.log", "TEXTUAL_DRIVER": "os:system", "TEXTUAL": "devtools",
    "EDITOR": "/bin/sh", "PAGER": "/bin/sh", "BROWSER": "/bin/sh", "XDG_CONFIG_HOME": "/tmp", "HOME": "/tmp",
    "PATH": "/tmp", "SSH_CONNECTION": "6.6.6.6", "TMPDIR": "/etc", "LOGNAME": "wang", "USER": "wang",
}  # fmt: skip


def test_no_variable_of_the_client_reaches_the_program(host: Door) -> None:
    options = [f"-oSetEnv={' '.join(f'{name}={value}' for name, value in HOSTILE.items())}"]
    with host.open("li", 80, 24, *options, "-A", "-Y") as screens:
        screens.wait(FIRST)
        [pid] = host.sessions()
        found = environ(pid)
        copied = {"PWD", "LD_LIBRARY_PATH"} if host.python != Path(sys.executable) else set()
        assert set(found) - copied == NAMES
        assert (found["HOME"], found["PATH"]) == (str(host.home), "/usr/bin:/bin")
        assert found["SSH_ORIGINAL_COMMAND"] == ""
        assert not Path(HOSTILE["TEXTUAL_LOG"]).exists()
        screens.send("<c-q>")
        screens.send("y")
        assert screens.exit_code() == 0
    assert host.empty()
    done = host.run("li", "history --limit 1 --json", options=options)
    assert '"user": "li"' in done.stdout


@pytest.mark.parametrize(
    ("term", "seen"),
    [("../../etc/x;id", "xterm-256color"), ("screen-256color", "screen-256color"), ("$(id)", "xterm-256color")],
)
def test_the_name_of_the_terminal_is_a_name(host: Door, term: str, seen: str) -> None:
    with host.open("li", TERM=term) as screens:
        screens.wait(FIRST)
        [pid] = host.sessions()
        assert environ(pid)["TERM"] == seen


# -- on the screens


def test_no_key_leads_out_of_the_screens(host: Door) -> None:
    before = sorted(path for path in host.home.rglob("*") if path.suffix in (".svg", ".txt"))
    with host.open("li") as screens:
        screens.wait(FIRST)
        [pid] = host.sessions()
        for keys in ("<c-z>", ":!id<enter>", "<esc>", ":ssh setup<enter>", "<esc>", ":demo<enter>", "<esc>"):
            screens.key(keys)
            assert "uid=" not in screens.text()
        screens.key(":users key add li /etc/passwd<enter>")
        assert host.sessions() == [pid]
        assert [p for p in host.processes() if p != pid and _parent(p) == pid] == []
        screens.key("<esc><esc>")
        screens.key(":help due<enter>")
        screens.wait("due")
    assert sorted(path for path in host.home.rglob("*") if path.suffix in (".svg", ".txt")) == before
    assert host.empty()


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.mark.skipif(not confinement.version(), reason="this kernel has no Landlock")
def test_a_session_is_confined_by_the_kernel(host: Door) -> None:
    with host.open("li") as screens:
        screens.wait(FIRST)
        [pid] = host.sessions()
        for task in Path(f"/proc/{pid}/task").iterdir():
            assert "NoNewPrivs:\t1" in (task / "status").read_text()


# -- files


@pytest.mark.parametrize(
    "name",
    [
        "/tmp/crm-tui-stolen.csv", "../stolen.csv", "~/.ssh/authorized_keys", ".ssh/authorized_keys", "..", ".",
        "a/b.csv", "/dev/stdout", ".hidden", "a b.csv", "x" * 81, "$HOME/x", "",
    ],
)  # fmt: skip
def test_an_export_goes_to_no_path(host: Door, name: str) -> None:
    done = host.run("li", f"export owner:me '{name}' --yes")
    assert (done.returncode, done.stdout) == (2, ""), done
    left = {path.name for path in host.home.rglob("*") if path.is_file()} - {"crm.db", "crm.db-shm", "crm.db-wal"}
    assert left <= {"crm.db-lock", "mine.csv", "authorized_keys", "rc", ".lines"}
    assert not Path("/tmp/crm-tui-stolen.csv").exists()


def test_an_export_goes_to_the_spool_once_and_through_no_link(host: Door) -> None:
    spool = host.path.parent / "spool" / "li"
    assert host.run("li", "new Exported --anyway").returncode == 0
    assert host.run("li", "export owner:me mine.csv").returncode == 0
    file = spool / "mine.csv"
    assert "Exported" in file.read_text()
    assert (file.stat().st_mode & 0o777, spool.stat().st_mode & 0o777) == (0o600, 0o700)
    again = host.run("li", "export owner:me mine.csv --yes")
    assert again.returncode == 1
    assert "already" in again.stderr
    (spool / "link.csv").symlink_to(host.home / "target.csv")
    assert host.run("li", "export owner:me link.csv --yes").returncode == 1
    assert not (host.home / "target.csv").exists()


def test_what_a_session_could_write_lets_nobody_in(host: Door) -> None:
    stranger = host.made_key("stranger")
    folder = host.home / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / "authorized_keys").write_text(stranger.with_suffix(".pub").read_text())
    (folder / "rc").write_text("id > /tmp/crm-tui-rc\n")
    host.hand_over()
    assert host.run("stranger", "due").returncode == 255
    assert host.run("li", "due").returncode == 0
    assert not Path("/tmp/crm-tui-rc").exists()


# -- who may come in


def test_a_key_lets_in_while_it_is_kept_and_no_longer(host: Door) -> None:
    public = host.made_key("new").with_suffix(".pub").read_text()
    assert host.run("new", "due").returncode == 255
    host.admin("users", "key", "add", "wang", "-", given=public)
    assert host.run("new", "due").returncode == 0
    assert parse(public).fingerprint in host.admin("users", "key", "list", "wang")
    host.admin("users", "key", "remove", "wang", parse(public).fingerprint)
    assert host.run("new", "due").returncode == 255


def test_a_password_is_not_asked_for(host: Door) -> None:
    options = ["-o", "PreferredAuthentications=password,keyboard-interactive", "-o", "BatchMode=no"]
    done = host.run("li", "due", options=[*options, "-o", "NumberOfPasswordPrompts=1"])
    assert done.returncode == 255
    assert "Permission denied (publickey)" in done.stderr


def test_other_accounts_are_not_opened_by_these_keys(host: Door) -> None:
    words = [*host.words("li")[:-1], "root@127.0.0.1", "id"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 255
    fingerprint = parse((host.folder / "key_li.pub").read_text()).fingerprint
    asked = host.as_account("ssh", "authorized-keys", "root", fingerprint)
    assert (asked.returncode, asked.stdout) == (0, "")
    asked = host.as_account("ssh", "authorized-keys", host.account, fingerprint)
    assert asked.stdout.startswith('command="/usr/local/lib/crm-tui/session li SHA256:')


def test_the_database_is_for_the_account_alone(host: Door) -> None:
    for path in (host.home, host.path.parent):
        assert path.stat().st_mode & 0o077 == 0
    assert os.stat(host.path).st_uid != 0


def test_each_session_is_in_the_journal_with_key_and_address(host: Door) -> None:
    assert host.run("sun", "due").returncode == 0
    fingerprint = parse((host.folder / "key_sun.pub").read_text()).fingerprint
    [(login, summary)] = host.rows(
        "SELECT u.login, e.summary FROM journal_entry e JOIN user u ON u.id = e.user_id"
        " WHERE e.command = 'ssh' AND u.login = 'sun'"
    )
    assert login == "sun"
    assert fingerprint in summary
    assert "127.0.0.1" in summary


def test_a_key_that_was_pressed_while_the_client_is_stopped_changes_nothing(host: Door) -> None:
    """A client that is stopped blocks nobody else."""
    with host.open("li") as screens:
        screens.wait(FIRST)
        os.kill(screens.pid, signal.SIGSTOP)
        try:
            assert host.run("wang", "due").returncode == 0
        finally:
            os.kill(screens.pid, signal.SIGCONT)
