from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.services import door
from crm_tui.services.door import Site

SITE = Site("crm", Path("/var/lib/crm/data/crm.db"), Path("/opt/crm/bin/python"), tmux=True)


def text(name: str, site: Site = SITE) -> str:
    return next(file.text for file in door.files(site) if file.path.name == name)


def test_sshd_trusts_nothing_that_the_program_can_write_and_forwards_nothing() -> None:
    lines = text("crm-tui.conf").splitlines()
    inside = [line.strip() for line in lines[lines.index("Match User crm") :]]
    for line in (
        "AuthenticationMethods publickey", "AuthorizedKeysFile none", "DisableForwarding yes", "PermitUserRC no",
        "AuthorizedKeysCommand /usr/local/lib/crm-tui/authkeys %u %f", "AuthorizedKeysCommandUser crm",
    ):  # fmt: skip
        assert line in inside


def test_a_dead_client_is_gone_within_a_minute() -> None:
    found = dict(line.split(None, 1) for line in map(str.strip, text("crm-tui.conf").splitlines()) if "Alive" in line)
    slow = 2  # it was measured to take up to so many times as long
    assert int(found["ClientAliveInterval"]) * slow * (int(found["ClientAliveCountMax"]) + 1) < 60


@pytest.mark.parametrize("name", ["authkeys", "session", "session-tmux"])
def test_the_scripts_are_for_any_shell_and_pass_on_no_variable(name: str) -> None:
    script = text(name)
    assert "env -i" in script
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)


@pytest.mark.parametrize(
    ("variables", "first", "seen"),
    [
        ({"TERM": "xterm"}, "TERM", "xterm"),
        ({"TERM": "../x;id"}, "TERM", "xterm-256color"),
        ({}, "TERM", "xterm-256color"),
        ({"SSH_CONNECTION": "a b c d"}, "SSH_CONNECTION", "a b c d"),
        ({"SSH_ORIGINAL_COMMAND": "log 'a b' \"$(id)\""}, "SSH_ORIGINAL_COMMAND", "log 'a b' \"$(id)\""),
        ({"PYTHONINSPECT": "1"}, "PYTHONINSPECT", None),
        ({"LC_ALL": "x"}, "LC_ALL", "C.UTF-8"),
        ({"HOME": "/tmp", "PATH": "/tmp"}, "HOME", "/var/lib/crm"),
    ],
)
def test_what_a_session_is_started_with(
    tmp_path: Path, variables: dict[str, str], first: str, seen: str | None
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nenv -0\nprintf '%s\\0' \"$@\"\n")
    python.chmod(0o755)
    script = tmp_path / "session"
    script.write_text(text("session", replace(SITE, python=python)))
    words = ["/bin/sh", script, "li", "SHA256:x"]
    done = subprocess.run(words, env=variables, capture_output=True, text=True, check=True)
    *pairs, __ = done.stdout.split("\0")
    found = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    assert found.get(first) == seen
    words = [pair for pair in pairs if "=" not in pair]
    assert words[-5:] == ["--user", "li", "--restricted", "--key", "SHA256:x"]
    assert words[:3] == ["-I", "-X", "utf8"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("account", "crm; rm"), ("account", "Crm"), ("account", ""), ("account", "root %u"),
        ("database", "/var/lib/c rm/x.db"), ("database", "crm.db"), ("database", "/var/$(id)/x.db"),
        ("database", "/var/lib/../x.db"), ("python", "/opt/py'thon"), ("library", "/usr/local/%u"),
    ],
)  # fmt: skip
def test_what_cannot_stand_in_a_script_is_refused(field: str, value: str) -> None:
    wrong = replace(SITE, **{field: value if field == "account" else Path(value)})
    with pytest.raises(UsageError):
        door.files(wrong)


def test_files_are_written_below_a_prefix_and_once(tmp_path: Path) -> None:
    written = door.install(SITE, tmp_path)
    assert all(new for __, new in written)
    assert {str(path.relative_to(tmp_path)) for path, __ in written} == {
        "etc/ssh/sshd_config.d/crm-tui.conf", "usr/local/lib/crm-tui/authkeys", "usr/local/lib/crm-tui/session",
        "usr/local/lib/crm-tui/session-tmux", "usr/local/lib/crm-tui/tmux.conf",
        "etc/systemd/system/crm-tui-sweep.service", "etc/systemd/system/crm-tui-sweep.timer",
    }  # fmt: skip
    modes = {path.name: path.stat().st_mode & 0o777 for path, __ in written}
    assert (modes["authkeys"], modes["session"], modes["crm-tui.conf"]) == (0o755, 0o755, 0o644)
    assert not any(new for __, new in door.install(SITE, tmp_path))


def test_a_file_that_somebody_changed_is_left_alone_unless_told(tmp_path: Path) -> None:
    door.install(SITE, tmp_path)
    mine = tmp_path / "etc/ssh/sshd_config.d/crm-tui.conf"
    mine.write_text("# mine\n")
    with pytest.raises(CrmError, match="--yes overwrites"):
        door.install(SITE, tmp_path)
    assert mine.read_text() == "# mine\n"
    door.install(SITE, tmp_path, replace=True)
    assert "Match User crm" in mine.read_text()


def test_only_root_writes_without_a_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(CrmError, match="only root"):
        door.install(SITE)


def test_what_root_runs_next_is_said_for_this_host() -> None:
    steps = "\n".join(door.next_steps(SITE))
    assert "/var/lib/crm/data/crm.db users key add li - < li.pub" in steps
    assert "sshd -t" in steps


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    door.install(replace(SITE, python=Path("/bin/true")), tmp_path)
    folder = tmp_path / "etc/systemd/system"
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", folder / "crm-tui-sweep.timer"], capture_output=True, text=True
    )
    assert "crm-tui" not in done.stderr, done.stderr
