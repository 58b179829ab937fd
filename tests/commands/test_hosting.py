"""What the host asks on the command line, where nobody signs in; and a table that comes by standard input."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from crm_tui import cli
from crm_tui.services import keys, people
from crm_tui.store.database import Database
from tests.domain.test_ssh_keys import ED, FINGERPRINT
from tests.factories import Team


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CRM_TUI_DB", "CRM_TUI_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CRM_TUI_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.chdir(tmp_path)


def test_setup_prints_all_files_and_writes_none(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.run(["ssh", "setup", "--json", "--account", "verkauf"]) == 0
    printed = capsys.readouterr()
    rows = {Path(row["path"]).name: row for row in map(json.loads, printed.out.splitlines())}
    assert set(rows) == {"crm-tui.conf", "authkeys", "session", "crm-tui-sweep.service", "crm-tui-sweep.timer"}
    assert "Match User verkauf" in rows["crm-tui.conf"]["text"]
    assert "--db /var/lib/verkauf/data/crm.db " in rows["session"]["text"]
    assert rows["session"]["mode"] == "755"
    assert "useradd" in printed.err
    assert list(tmp_path.iterdir()) == []


def test_setup_takes_the_database_that_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["ssh", "setup", "--db", "sqlite:////srv/crm/team.db"]) == 0
    assert "--db /srv/crm/team.db " in capsys.readouterr().out
    assert cli.run(["ssh", "setup", "--db", "postgresql://x"]) == 5
    assert cli.run(["ssh", "setup", "--db", "/srv/c rm/team.db"]) == 2


def test_setup_installs_below_a_prefix(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["ssh", "setup", "--install", "--prefix", str(tmp_path / "root"), "--tmux"]
    assert cli.run([*words, "--dry-run"]) == 0
    assert not (tmp_path / "root").exists()
    assert cli.run(words) == 0
    assert (tmp_path / "root/usr/local/lib/crm-tui/session-tmux").exists()
    assert "7 files written, 0 were there" in capsys.readouterr().err
    assert cli.run(["ssh", "setup", "--prefix", str(tmp_path)]) == 2


def test_sshd_is_answered_although_nobody_signs_in(
    team: Team, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.add(team.admin, "li", f"ssh-ed25519 {ED}")
    monkeypatch.setattr(people, "login_name", lambda: "crm")
    words = ["--db", str(team.database.path), "ssh", "authorized-keys"]
    assert cli.run([*words, "crm", FINGERPRINT, "--session", "/opt/session"]) == 0
    line = capsys.readouterr().out
    assert line == f'command="/opt/session li {FINGERPRINT}",restrict,pty ssh-ed25519 {ED}\n'
    assert cli.run([*words, "root", FINGERPRINT]) == 0
    assert cli.run([*words, "crm", "SHA256:" + "x" * 43]) == 0
    assert capsys.readouterr().out == ""
    assert cli.run([*words, "crm"]) == 2
    assert cli.run(["--db", "/nowhere/crm.db", "ssh", "authorized-keys", "crm", FINGERPRINT]) == 5


def test_a_table_comes_by_standard_input_elsewhere_too(
    team: Team, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = io.TextIOWrapper(io.BytesIO("Company,Mobile\n华为,13812345678\n,5\n".encode()))
    monkeypatch.setattr("sys.stdin", given)
    path = team.database.path
    assert cli.run(["import", "-", "--db", str(path), "--user", "li", "--owner", "me"]) == 4
    assert "import.errors.csv" in capsys.readouterr().err
    assert (tmp_path / "import.errors.csv").exists()
    database = Database(path)
    assert database.value("SELECT name FROM customer") == "华为"
    assert database.value("SELECT command FROM journal_entry ORDER BY id DESC LIMIT 1") == "import - --owner me"
    database.close()
