"""Lines that drop, stall and come back; many at once; and what a day over SSH needs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.ssh.conftest import Door

pytestmark = pytest.mark.slow

FIRST = r"customer|due|pipeline"
TABLE = "Company,Contact,Mobile\nAcme Ltd,An,13812345678\nBeta GmbH,Bo,13812345679\n"


def gone(pid: int) -> bool:
    """Whether the process goes, however long the machine takes for it."""
    end = time.monotonic() + 180
    while os.path.exists(f"/proc/{pid}"):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_a_table_comes_in_by_standard_input_and_goes_out_by_standard_output(host: Door) -> None:
    done = host.run("zhao", "import - --owner me", given=TABLE)
    assert done.returncode == 0, done.stderr
    done = host.run("zhao", "export 'Acme Ltd' -")
    assert done.returncode == 0, done.stderr
    assert "Acme Ltd" in done.stdout
    assert "13812345678" in done.stdout
    assert "Beta" not in done.stdout


def test_rows_that_an_import_refuses_are_kept_in_the_spool(host: Door) -> None:
    done = host.run("zhao", "import - --owner me --errors bad.csv", given="Company,Mobile\n,12\nGamma KK,13900000000\n")
    assert done.returncode == 4, done
    assert (host.path.parent / "spool" / "zhao" / "bad.csv").exists()


def test_what_was_typed_when_the_line_dropped_is_there_again(host: Door) -> None:
    with host.open("li") as screens:
        screens.wait(FIRST)
        [pid] = host.sessions()
        screens.quiet()
        screens.key("o")
        screens.key("Half typed Ltd")
        os.kill(screens.pid, signal.SIGKILL)
    assert gone(pid)
    with host.open("li") as screens:
        screens.wait(FIRST)
        screens.quiet()
        screens.key("o")
        screens.wait("Half typed Ltd")
        screens.key("<c-x>")
    assert host.empty()


def test_an_idle_screen_sends_nothing(host: Door) -> None:
    with host.open("li") as screens:
        screens.wait(FIRST)
        screens.quiet(1.5)
        before = screens.bytes
        screens.quiet(8, 8)
        assert screens.bytes == before


def test_a_session_whose_client_is_dead_goes(host: Door) -> None:
    with host.open("wang") as screens:
        screens.wait(FIRST)
        screens.quiet(1)
        [pid] = host.sessions()
        os.kill(screens.pid, signal.SIGSTOP)  # the line stands, nobody answers
        try:
            assert gone(pid)
        finally:
            os.kill(screens.pid, signal.SIGCONT)


def test_sixty_who_reconnect_at_once_all_get_in(host: Door) -> None:
    with ThreadPoolExecutor(60) as crowd:
        found = list(crowd.map(lambda n: host.run(("li", "wang", "zhao")[n % 3], "due", timeout=240), range(60)))
    assert [done.returncode for done in found] == [0] * 60, [done.stderr for done in found if done.returncode]
    assert host.empty()


def test_who_has_left_is_out_at_once_in_running_sessions_too(host: Door) -> None:
    public = host.made_key("gone").with_suffix(".pub").read_text()
    host.admin("users", "add", "gone")
    host.admin("users", "key", "add", "gone", "-", given=public)
    with host.open("gone") as screens:
        screens.wait(FIRST)
        screens.quiet()
        host.admin("users", "leave", "gone")
        assert host.rows("SELECT state FROM user WHERE login = 'gone'") == [("left",)]
        screens.wait("gone has left")
        assert screens.exit_code() == 3
    assert host.run("gone", "due").returncode == 255
    assert host.empty()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_hang_up_ends_a_session(host: Door, number: signal.Signals) -> None:
    with host.open("li") as screens:
        screens.wait(FIRST)
        [pid] = host.sessions()
        os.kill(pid, number)
        assert gone(pid)


def test_a_command_whose_client_goes_away_ends(host: Door) -> None:
    client = subprocess.Popen([*host.words("li"), "--", "import -"], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not host.sessions() and time.monotonic() < end:
            time.sleep(0.05)
        assert host.sessions()
    finally:
        client.kill()
        client.wait()
    assert host.empty()
