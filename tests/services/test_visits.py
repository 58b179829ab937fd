from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.domain.errors import CrmError, DatabaseUnusable, NotAllowed, SignedOut
from crm_tui.services import customers, history, keys, spool, teams, visits
from crm_tui.services.customers import Draft
from crm_tui.services.teams import Given
from crm_tui.services.visits import Guest
from tests.domain.test_ssh_keys import EC, ED, FINGERPRINT
from tests.factories import Clock, Team, make

LINE = f"ssh-ed25519 {ED} li@laptop"
CONNECTION = "192.0.2.7 51234 192.0.2.1 22"


@pytest.fixture
def guest(team: Team) -> Guest:
    keys.add(team.admin, "li", LINE)
    found = Guest("li", team.database.path, FINGERPRINT, CONNECTION)
    visits.prepare(found)
    return found


def test_each_session_is_an_entry_with_key_and_address_that_nothing_takes_back(
    team: Team, guest: Guest, clock: Clock
) -> None:
    session = visits.sign_in(guest, source="screen", clock=clock)
    session.database.close()
    [(user, summary, fixed)] = team.database.rows(
        "SELECT user_id, summary, fixed FROM journal_entry WHERE command = 'ssh'"
    )
    assert user == team.li.person.id
    assert summary == f"came in over SSH from 192.0.2.7 with key {FINGERPRINT} (li@laptop)"
    assert fixed


def test_a_key_that_was_removed_or_is_anothers_lets_nobody_in(team: Team, guest: Guest, clock: Clock) -> None:
    other = Guest("wang", guest.database, FINGERPRINT, CONNECTION)
    with pytest.raises(NotAllowed, match="no key of wang"):
        visits.sign_in(other, source="command", clock=clock)
    keys.remove(team.admin, "li", FINGERPRINT)
    with pytest.raises(NotAllowed, match="no key of li"):
        visits.sign_in(guest, source="command", clock=clock)


def test_a_key_that_is_removed_ends_the_sessions_that_came_by_it(team: Team, guest: Guest, clock: Clock) -> None:
    running = visits.sign_in(guest, source="screen", clock=clock)
    without = visits.sign_in(Guest("li", guest.database), source="screen", clock=clock)
    keys.add(team.admin, "li", f"ecdsa-sha2-nistp256 {EC}")
    running.refresh()
    keys.remove(team.admin, "li", FINGERPRINT)
    for job in (running.refresh, lambda: running.sight, lambda: customers.new(running, Draft({"name": "Acme"}))):
        with pytest.raises(SignedOut, match="no key of li any more"):
            job()
    without.refresh()
    for session in (running, without):
        session.database.close()


@pytest.mark.parametrize("how", ["leaving", "denied"])
def test_who_takes_nothing_out_reads_no_file_of_the_spool(team: Team, guest: Guest, clock: Clock, how: str) -> None:
    make(team.li, "Acme")
    session = visits.sign_in(guest, source="command", clock=clock)
    (guest.spool / "mine.csv").write_text("a,b\n")
    if how == "leaving":
        teams.leave(team.lead, "li")
    else:
        teams.edit(team.admin, "li", Given(export=False))
    with pytest.raises(NotAllowed):
        spool.opened(session, "mine.csv")
    assert team.database.value("SELECT count(*) FROM disclosure") == 0
    session.database.close()


def test_who_has_left_and_who_is_no_user_do_not_come_in(team: Team, guest: Guest, clock: Clock) -> None:
    with team.database.writing():
        team.database.execute("UPDATE user SET state = 'left' WHERE login = 'li'")
    with pytest.raises(NotAllowed):
        visits.sign_in(guest, source="command", clock=clock)
    with pytest.raises(NotAllowed):
        visits.sign_in(Guest("nobody", guest.database), source="command", clock=clock)


def test_a_guest_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="no database"):
        visits.prepare(Guest("li", tmp_path / "none.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("connection", "address"), [("", ""), ("::1 5 ::1 22", "::1"), ("$(id) 1", ""), ("x" * 99, "")]
)
def test_the_address_is_one_or_none(connection: str, address: str) -> None:
    assert Guest("li", Path("/x"), "", connection).address == address


def test_the_spool_is_a_folder_of_ones_own(guest: Guest) -> None:
    assert guest.spool.stat().st_mode & 0o777 == 0o700
    visits.prepare(guest)
    guest.spool.chmod(0o755)
    with pytest.raises(CrmError, match="nobody else's"):
        visits.prepare(guest)


def test_a_link_in_the_place_of_the_spool_is_refused(team: Team, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    folder = team.database.path.parent / "spool"
    folder.mkdir(mode=0o700)
    (folder / "li").symlink_to(elsewhere)
    with pytest.raises(CrmError, match="must be a folder"):
        visits.prepare(Guest("li", team.database.path))


def test_files_in_the_spool_are_listed_fetched_and_removed(team: Team, guest: Guest, clock: Clock) -> None:
    session = visits.sign_in(guest, source="command", clock=clock)
    (guest.spool / "mine.csv").write_text("a,b\n")
    (guest.spool / ".hidden").write_text("")
    (guest.spool / "link.csv").symlink_to("/etc/passwd")
    assert [(row["name"], row["bytes"]) for row in spool.files(session).data] == [("mine.csv", 4)]
    with spool.opened(session, "mine.csv") as file:
        assert file.read() == b"a,b\n"
    assert history.entries(team.li)[0]["summary"] == "file taken out: mine.csv"
    assert team.database.rows("SELECT kind, customers, detail FROM disclosure") == [("export", 0, "mine.csv")]
    for name in ("link.csv", "../li.csv", "none.csv", "/etc/passwd"):
        with pytest.raises(CrmError):
            spool.opened(session, name)
    spool.remove(session, "mine.csv")
    assert spool.files(session).data == ()
    session.database.close()


def test_elsewhere_there_is_no_spool(team: Team) -> None:
    for job in (lambda: spool.files(team.li), lambda: spool.opened(team.li, "x"), lambda: spool.remove(team.li, "x")):
        with pytest.raises(CrmError, match="over SSH only"):
            job()
