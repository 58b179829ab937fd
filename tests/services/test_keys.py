from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.services import history, keys, people
from crm_tui.services.checks import check
from tests.domain.test_ssh_keys import EC, ED, FINGERPRINT
from tests.factories import Team

LINE = f"ssh-ed25519 {ED} li@laptop\n"
OTHER = f"ecdsa-sha2-nistp256 {EC}"
SESSION = Path("/usr/local/lib/crm-tui/session")


def leave(team: Team, login: str) -> None:
    with team.database.writing():
        team.database.execute("UPDATE user SET state = 'left' WHERE login = ?", (login,))


def test_an_administrator_adds_a_key_and_sshd_is_answered(team: Team) -> None:
    outcome = keys.add(team.admin, "li", LINE)
    assert outcome.data == ({"login": "li", "fingerprint": FINGERPRINT},)
    line = keys.authorized(team.database, FINGERPRINT, SESSION)
    assert line == f'command="{SESSION} li {FINGERPRINT}",restrict,pty ssh-ed25519 {ED}'


@pytest.mark.parametrize("fingerprint", ["", "SHA256:", FINGERPRINT[:-1], FINGERPRINT[:-1] + "x", "' OR 1=1 --", "%"])
def test_any_other_fingerprint_is_answered_with_nothing(team: Team, fingerprint: str) -> None:
    keys.add(team.admin, "li", LINE)
    assert keys.authorized(team.database, fingerprint, SESSION) == ""


def test_a_key_of_someone_who_has_left_opens_nothing(team: Team) -> None:
    keys.add(team.admin, "li", LINE)
    leave(team, "li")
    assert keys.authorized(team.database, FINGERPRINT, SESSION) == ""
    with pytest.raises(CrmError, match="li has left"):
        keys.add(team.admin, "li", OTHER)


def test_sshd_is_answered_only_for_the_account_that_this_runs_as(team: Team) -> None:
    keys.add(team.admin, "li", LINE)
    path = team.database.path
    assert keys.answer(path, people.login_name(), FINGERPRINT, SESSION).startswith("command=")
    assert keys.answer(path, "somebody", FINGERPRINT, SESSION) == ""


def test_a_key_belongs_to_one_user_only(team: Team) -> None:
    keys.add(team.admin, "li", LINE)
    for login in ("li", "wang"):
        with pytest.raises(CrmError, match="is a key of li already"):
            keys.add(team.admin, login, f"ssh-ed25519 {ED} other comment")
    assert team.database.value("SELECT count(*) FROM ssh_key") == 1


def test_a_removed_key_opens_nothing_and_the_journal_knows_it(team: Team) -> None:
    keys.add(team.admin, "li", LINE)
    keys.remove(team.admin, "li", FINGERPRINT)
    assert keys.authorized(team.database, FINGERPRINT, SESSION) == ""
    actions = team.database.rows("SELECT action FROM journal_change WHERE record = 'ssh_key' ORDER BY id")
    assert actions == [("insert",), ("delete",)]


def test_a_removal_is_undone(team: Team) -> None:
    keys.add(team.admin, "li", LINE)
    keys.remove(team.admin, "li", FINGERPRINT)
    history.undo(team.admin)
    assert keys.authorized(team.database, FINGERPRINT, SESSION) != ""


@pytest.mark.parametrize("text", [FINGERPRINT[:15], FINGERPRINT.removeprefix("SHA256:")[:8], FINGERPRINT])
def test_the_beginning_of_a_fingerprint_is_enough(team: Team, text: str) -> None:
    keys.add(team.admin, "li", LINE)
    keys.add(team.admin, "li", OTHER)
    keys.remove(team.admin, "li", text)
    assert [row["type"] for row in keys.of(team.admin, "li").data] == ["ecdsa-sha2-nistp256"]


@pytest.mark.parametrize(
    ("login", "text"), [("li", "SHA256:"), ("li", "sBKf"), ("li", "x" * 43), ("wang", FINGERPRINT)]
)
def test_what_names_no_one_key_of_the_user_removes_none(team: Team, login: str, text: str) -> None:
    keys.add(team.admin, "li", LINE)
    with pytest.raises(UsageError, match="names no key"):
        keys.remove(team.admin, login, text)
    assert team.database.value("SELECT count(*) FROM ssh_key") == 1


def test_only_administrators_add_and_remove_and_see_the_keys_of_others(team: Team) -> None:
    keys.add(team.admin, "li", LINE)
    keys.add(team.admin, "wang", OTHER)
    for session in (team.li, team.lead, team.service):
        with pytest.raises(NotAllowed):
            keys.add(session, "li", LINE)
        with pytest.raises(NotAllowed):
            keys.remove(session, "li", FINGERPRINT)
        with pytest.raises(NotAllowed):
            keys.of(session, "wang")
    assert [row["login"] for row in keys.of(team.li).data] == ["li"]
    assert [row["login"] for row in keys.of(team.lead).data] == []
    assert [row["login"] for row in keys.of(team.admin).data] == ["li", "wang"]


@pytest.mark.parametrize(
    ("login", "message"), [("nobody", "no user"), ("li;id", "cannot come in"), ("", "cannot come in")]
)
def test_a_login_that_is_none_gets_no_key(team: Team, login: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        keys.add(team.admin, login, LINE)


def test_check_says_where_the_kernel_cannot_confine_and_where_others_reach_the_file(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_tui.confinement.version", lambda: 0)
    team.database.path.parent.chmod(0o755)
    team.database.path.chmod(0o644)

    def said() -> list[str]:
        return [fault.what for fault in check(team.admin) if "Landlock" in fault.what or "others" in fault.what]

    assert said() == []
    keys.add(team.admin, "li", LINE)
    assert said() == ["this kernel has no Landlock", "others on this host can open the database"]
    team.database.path.parent.chmod(0o700)
    monkeypatch.setattr("crm_tui.confinement.version", lambda: 3)
    assert said() == []
