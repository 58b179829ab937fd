"""The documented option for flaky links: the screens live on in a tmux that has no keys of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.ssh.conftest import Door, opened

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("tmux", path="/usr/bin"), reason="tmux is not installed"),
]

FIRST = r"customer|due|pipeline"


@pytest.fixture(scope="module")
def kept() -> Iterator[Door]:
    yield from opened(tmux=True)


def test_a_dropped_line_finds_its_screen_again_in_a_window_of_another_size(kept: Door) -> None:
    with kept.open("li") as screens:
        screens.wait(FIRST)
        [pid] = kept.sessions()
        screens.quiet()
        screens.key("o")
        screens.key("Half typed Ltd")
    assert kept.sessions() == [pid]
    with kept.open("li", 100, 30) as screens:
        screens.wait("Half typed Ltd")
        assert kept.sessions() == [pid]
        screens.key("<c-x>")
        screens.key("<esc>")
        screens.key("<c-q>")
        screens.send("y")
        screens.exit_code()
    assert kept.empty()


@pytest.mark.parametrize(
    "keys", ["<c-b>c", "<c-b>:new-window sh<enter>", "<c-b>d", "<c-b>&y", "<c-z>", "<c-b>%", "<c-b>["]
)
def test_no_key_of_tmux_does_anything(kept: Door, keys: str) -> None:
    with kept.open("wang") as screens:
        screens.wait(FIRST)
        screens.quiet()
        before = sorted(kept.processes())
        screens.key(keys)
        screens.key("<esc><esc>")
        assert sorted(kept.processes()) == before
        assert "uid=" not in screens.text()


def test_commands_do_without_tmux(kept: Door) -> None:
    assert kept.run("li", "due").returncode == 0
    assert not any("zhao" in line for line in kept.processes().values())
