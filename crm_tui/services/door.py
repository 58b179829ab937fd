"""The door: what a host needs so that people reach the program over its own sshd, and by no other way.

Everything written here belongs to root; nothing that the program can write decides who comes in. A session is the
forced command of a key: the wrapper empties the environment, and the program learns who one is from its arguments.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _

_PATH = re.compile(r"/[A-Za-z0-9/._+-]+")
_ACCOUNT = re.compile(r"[a-z_][a-z0-9_-]{0,30}")


@dataclass(frozen=True)
class Site:
    """Where things are on a host: the `account` that owns the `database`, and the `python` that has the program.

    `library` gets the scripts. With `tmux` a session outlives its line. The database has a folder of its own, not the
    account's home: sessions write in the one and not in the other.
    """

    account: str
    database: Path
    python: Path
    library: Path = Path("/usr/local/lib/crm-tui")
    sshd: Path = Path("/etc/ssh/sshd_config.d")
    systemd: Path = Path("/etc/systemd/system")
    tmux: bool = False

    @property
    def home(self) -> Path:
        """The account's home."""
        return Path("/var/lib") / self.account

    @property
    def session(self) -> Path:
        """The script that a key runs."""
        return self.library / ("session-tmux" if self.tmux else "session")


@dataclass(frozen=True)
class File:
    """A file to be written."""

    path: Path
    text: str
    mode: int = 0o644


_HEAD = "# Written by `crm-tui ssh setup`.\n"

_SSHD = """\
# Global, since sshd knows them nowhere else: sixty people who reconnect at once all get in.
MaxStartups 200:30:400
LoginGraceTime 60

Match User {account}
    AuthenticationMethods publickey
    # Nothing that the program can write says who may come in.
    AuthorizedKeysFile none
    AuthorizedKeysCommand {library}/authkeys %u %f
    # The account itself: nobody else can read the database.
    AuthorizedKeysCommandUser {account}
    AuthorizedPrincipalsFile none
    DisableForwarding yes
    PermitTunnel no
    PermitUserRC no
    PermitTTY yes
    MaxSessions 4
    # A client that is dead is gone within a minute: three questions 6 s apart and 6 s more, for each of which OpenSSH 9
    # takes up to twice as long. It asks only while the program is silent, as this one is when nobody types.
    ClientAliveInterval 6
    ClientAliveCountMax 3
"""

_AUTHKEYS = """\
#!/bin/sh
{head}# sshd asks: which line of authorized_keys is it for this account ($1) and this key's fingerprint ($2)?
exec /usr/bin/env -i PATH=/usr/bin:/bin HOME={home} LANG=C.UTF-8 LC_ALL=C.UTF-8 \\
  {python} -I -X utf8 -m crm_tui --db {database} ssh authorized-keys "$1" "$2" --session {session}
"""

# `-I`: no variable, no file of the account's and no current folder changes what Python runs; `env -i`: nor what the
# libraries read. What sshd's AcceptEnv lets in, and whatever TERM is, ends here.
_SESSION = """\
#!/bin/sh
{head}# A session of the user $1, who came with the key $2.
case ${{TERM-}} in ""|*[!A-Za-z0-9.+_-]*) TERM=xterm-256color;; esac
exec /usr/bin/env -i PATH=/usr/bin:/bin HOME={home} TERM="$TERM" LANG=C.UTF-8 LC_ALL=C.UTF-8 \\
  SSH_CONNECTION="${{SSH_CONNECTION-}}" SSH_TTY="${{SSH_TTY-}}" SSH_ORIGINAL_COMMAND="${{SSH_ORIGINAL_COMMAND-}}" \\
  {python} -I -X utf8 -m crm_tui --db {database} --user "$1" --restricted --key "$2"
"""

_SESSION_TMUX = """\
#!/bin/sh
{head}# As `session`, but the screens are kept by a tmux of the user's own, without keys: a new line finds them again.
if [ -n "${{SSH_ORIGINAL_COMMAND-}}" ] || [ ! -t 0 ]; then exec {library}/session "$1" "$2"; fi
case ${{TERM-}} in ""|*[!A-Za-z0-9.+_-]*) TERM=xterm-256color;; esac
umask 077
mkdir -p {home}/tmux
exec /usr/bin/env -i PATH=/usr/bin:/bin HOME={home} TERM="$TERM" LANG=C.UTF-8 LC_ALL=C.UTF-8 SHELL=/bin/false \\
  TMUX_TMPDIR={home}/tmux /usr/bin/tmux -u -L "$1" -f {library}/tmux.conf \\
  new-session -A -D -s "$1" -e SSH_CONNECTION="${{SSH_CONNECTION-}}" {library}/session "$1" "$2"
"""

_TMUX = """\
# No key is tmux's own, no shell is ever started, the session ends with the program.
set -g prefix None
set -g prefix2 None
unbind-key -a -T prefix
unbind-key -a -T root
unbind-key -a -T copy-mode
unbind-key -a -T copy-mode-vi
set -g default-shell /bin/false
set -g default-command ""
set -g default-terminal tmux-256color
set -g status off
set -g mouse off
set -g history-limit 0
set -g update-environment ""
set -g allow-rename off
set -g set-titles off
set -g remain-on-exit off
set -g detach-on-destroy on
set -g lock-after-time 0
set -g lock-command ""
set -s escape-time 50
set -s exit-empty on
set -s set-clipboard on
"""

_SERVICE = """\
[Unit]
Description=crm-tui: recycle what is due, warn before

[Service]
Type=oneshot
User={account}
UMask=0077
ExecStart={python} -I -X utf8 -m crm_tui --db {database} sweep --quiet
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={data}
PrivateTmp=yes
PrivateDevices=yes
RestrictAddressFamilies=AF_UNIX
"""

_TIMER = """\
[Unit]
Description=crm-tui: sweep once a day

[Timer]
OnCalendar=*-*-* 05:30
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target
"""


def files(site: Site) -> list[File]:
    """All that belongs on the host; UsageError for a path or an account that cannot stand in a script as it is."""
    _check(site)
    names = {
        "account": site.account, "database": site.database, "home": site.home, "library": site.library,
        "python": site.python, "session": site.session, "data": site.database.parent, "head": _HEAD,
    }  # fmt: skip
    found = [
        File(site.sshd / "crm-tui.conf", _HEAD + _SSHD.format(**names)),
        File(site.library / "authkeys", _AUTHKEYS.format(**names), 0o755),
        File(site.library / "session", _SESSION.format(**names), 0o755),
        File(site.systemd / "crm-tui-sweep.service", _HEAD + _SERVICE.format(**names)),
        File(site.systemd / "crm-tui-sweep.timer", _HEAD + _TIMER),
    ]
    if site.tmux:
        found.append(File(site.library / "session-tmux", _SESSION_TMUX.format(**names), 0o755))
        found.append(File(site.library / "tmux.conf", _HEAD + _TMUX))
    return found


def _check(site: Site) -> None:
    if not _ACCOUNT.fullmatch(site.account):
        message = _('account "{name}": small letters, digits, _ and -, beginning with a letter')
        raise UsageError(message.format(name=site.account), site.account, 0)
    for path in (site.database, site.python, site.library, site.sshd, site.systemd):
        if not _PATH.fullmatch(str(path)) or ".." in path.parts:
            message = _("{path}: the path must be absolute, of letters, digits and . _ + - / only")
            raise UsageError(message.format(path=path), str(path), 0)


def next_steps(site: Site) -> list[str]:
    """What root runs once the files are there."""
    program = f"runuser -u {site.account} -- {site.python} -I -m crm_tui --db {site.database}"
    return [
        f"useradd --system --no-create-home --home-dir {site.home} --shell /bin/sh {site.account}",
        # "!" would be a locked account, which sshd without PAM turns away; "*" is no password.
        f"usermod -p '*' {site.account}",
        f"install -d -m 700 -o {site.account} -g {site.account} {site.home} {site.database.parent}",
        _("# the first user of a new database, here {account}, is its administrator").format(account=site.account),
        f"{program} users add li --role rep",
        f"{program} users key add li - < li.pub",
        "sshd -t && systemctl reload ssh",
        "systemctl daemon-reload && systemctl enable --now crm-tui-sweep.timer",
    ]


def install(site: Site, prefix: Path | None = None, *, replace: bool = False) -> list[tuple[Path, bool]]:
    """Write the files, below `prefix` where one is given: each path, and whether it is new or changed.

    CrmError for one that is there and differs, unless `replace`, and where it cannot be written; then none, or those
    before it, are written.
    """
    if prefix is None and os.geteuid() != 0:
        raise CrmError(_("only root writes there: run it with sudo, or print the files without --install"))
    planned = [File(_below(prefix, file.path), file.text, file.mode) for file in files(site)]
    try:
        same = {file.path: _is_there(file, replace=replace) for file in planned}
        for file in planned:
            if not same[file.path]:
                _write(file)
    except OSError as error:
        message = _("{path} cannot be written: {reason}").format(path=error.filename, reason=error.strerror)
        raise CrmError(message) from error
    return [(path, not unchanged) for path, unchanged in same.items()]


def _below(prefix: Path | None, path: Path) -> Path:
    return path if prefix is None else prefix / path.relative_to("/")


def _is_there(file: File, *, replace: bool) -> bool:
    """Whether the file is there already as it should be."""
    try:
        text = file.path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    if text != file.text and not replace:
        raise CrmError(_("{path} is there and differs: --yes overwrites it").format(path=file.path))
    return text == file.text and file.path.stat().st_mode & 0o777 == file.mode


def _write(file: File) -> None:
    """Write the file under another name and move it into place, so that sshd never sees half of it."""
    file.path.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    beside = file.path.with_name(f".{file.path.name}-{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with open(handle, "w", encoding="utf-8") as stream:
            stream.write(file.text)
            os.fchmod(handle, file.mode)
            stream.flush()
            os.fsync(handle)
        beside.replace(file.path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
