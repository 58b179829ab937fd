"""What was typed before is there again, whatever became of its file, and is nobody's but one's own."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from crm_tui.tui.recall import MOST, Recall, keep, read, recalls
from crm_tui.tui.widgets.looking_back import SHOWN, LookingBack


def recall(path: Path | None) -> Recall:
    """One whose file is written at once."""
    made = Recall(path, lambda job, *args: job(*args))
    made.read()
    return made


def test_lines_are_there_again_in_the_next_session(tmp_path: Path) -> None:
    path = tmp_path / "new" / "lines"
    first = recall(path)
    for line in ("tier A", "  next fri ", "next fri", "", "   ", "tier A", "tag 重要"):
        first.add(line)
    assert list(first) == list(recall(path)) == ["tier A", "next fri", "tier A", "tag 重要"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_was_not_sent_is_for_this_session_only(tmp_path: Path) -> None:
    first = recall(tmp_path / "lines")
    first.add("half a li", written=False)
    assert list(first) == ["half a li"]
    assert list(recall(tmp_path / "lines")) == []


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("list --db /srv/other.db", False), ("--user wang list", False), ("list --user=wang", False),
        ('list "--db" x', False), ("list --DB=x", False), ("list ——user wang", False), ("list －－db x", False),
        ('log "--user is an option', False), ("users add wang --role rep", True), ("tag --dbx", True), ("log db", True),
    ],
)  # fmt: skip
def test_who_or_where_one_is_is_not_written_down(tmp_path: Path, line: str, written: bool) -> None:
    first = recall(tmp_path / "lines")
    first.add(line)
    assert list(first) == [line]
    assert (list(recall(tmp_path / "lines")) == [line]) is written


def test_only_the_newest_thousand_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(f"tag x{n}\n" for n in range(MOST + 500)))
    assert len(read(path)) == MOST
    for n in range(3):
        assert keep(path, f"next {n}")
    kept = [f"tag x{n}" for n in range(503, MOST + 500)]
    assert path.read_text().splitlines() == [*kept, "next 0", "next 1", "next 2"]
    assert [found.name for found in tmp_path.iterdir()] == ["lines"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []), (b"one\n\n  \ntwo", ["one", "two"]), (b"\xff\xfe\x00garbage\nfine\n", ["fine"]),
        (b"esc\x1b[2J\x07\nfine\n", ["esc[2J", "fine"]), (bytes(range(256)) * 20 + b"\nfine\n", None),
        (b"\n" * 9_000, []), (b"x" * 5_000_000 + b"\nfine\n", None),
    ],
)  # fmt: skip
def test_a_file_that_is_no_text_costs_only_what_it_would_have_told(
    tmp_path: Path, content: bytes, found: list[str] | None
) -> None:
    path = tmp_path / "lines"
    path.write_bytes(content)
    lines = read(path)
    assert lines == found if found is not None else lines[-1] == "fine"
    assert keep(path, "tier A")
    assert read(path)[-1] == "tier A"
    assert read(path)[:-1][-1:] == lines[-1:]


def test_a_file_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    (tmp_path / "folder").mkdir()
    for path in (blocked / "lines", fifo, tmp_path / "folder", Path("/dev/full"), Path("/proc/none/lines")):
        made = recall(path)
        made.add("tier A")
        assert list(made) == ["tier A"]
        assert read(path) == []
        assert not keep(path, "tier A")


def test_a_session_that_does_not_let_go_of_the_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines"
    keep(path, "tier A")
    monkeypatch.setattr("crm_tui.tui.recall._PATIENCE", 0.02)
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert not keep(path, "tier B")
    assert keep(path, "tier C")
    assert read(path) == ["tier A", "tier C"]


def test_a_file_that_another_session_puts_in_its_place_is_the_one_that_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "lines", tmp_path / "other"
    keep(path, "tier A")
    other.write_text("tier B\n")
    flock = fcntl.flock

    def late(descriptor: int, operation: int) -> None:
        if other.exists():
            other.replace(path)
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    assert keep(path, "tier C")
    assert read(path) == ["tier B", "tier C"]


def test_sessions_at_once_lose_no_line_of_each_other(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(f"tag x{n}\n" for n in range(MOST - 50)))  # so that some of them rewrite it
    program = (
        "import sys; from pathlib import Path; from crm_tui.tui import recall; recall._PATIENCE = 60;"
        "assert all(recall.keep(Path(sys.argv[1]), f'next {sys.argv[2]} {n}') for n in range(60))"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, str(path), str(n)]) for n in range(4)]
    assert [process.wait(60) for process in started] == [0] * 4
    lines = read(path)
    assert len(lines) == MOST
    assert {line for line in lines if line.startswith("next")} == {f"next {m} {n}" for m in range(4) for n in range(60)}
    for m in range(4):
        own = [line for line in lines if line.startswith(f"next {m} ")]
        assert own == [f"next {m} {n}" for n in range(60)]


def test_at_the_door_the_files_have_names_that_no_file_of_the_users_has(tmp_path: Path) -> None:
    lines, filters = recalls(tmp_path, True, lambda job, *args: job(*args))
    lines.add("tier A")
    filters.add("tier:A")
    assert sorted(found.name for found in tmp_path.iterdir()) == [".filters", ".lines"]


def test_who_has_no_folder_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for one in recalls(Path(), False, lambda job, *args: job(*args)):
        one.read()
        one.add("tier A")
        assert list(one) == ["tier A"]
    assert list(tmp_path.iterdir()) == []


# looking back


def test_each_line_is_folded_once_however_often_one_looks() -> None:
    folded = 0

    class Line(str):
        __slots__ = ()

        def casefold(self) -> str:
            nonlocal folded
            folded += 1
            return super().casefold()

    looking = LookingBack([Line(f"log {'abcdefgh ' * 50}{n}") for n in range(MOST)], "")
    for _ in range(10):
        looking.look("abc 7")
        looking.step(1)
    assert folded == MOST
    assert len(looking.found) == SHOWN


def test_the_newest_line_that_has_every_word_comes_first() -> None:
    looking = LookingBack(["tier A", "next fri", "Tier B --on owner:me", "tier C"], "typed")
    assert looking.found == ["tier C", "Tier B --on owner:me", "next fri", "tier A"]
    looking.look("TIER me")
    assert looking.found == ["Tier B --on owner:me"]
    looking.look("tier")
    looking.step(1)
    assert looking.found == ["Tier B --on owner:me", "tier A"]
    looking.step(5)
    assert looking.found == ["tier A"]
    looking.step(-9)
    assert looking.found[0] == "tier C"
    looking.look("nothing")
    looking.step(1)
    assert looking.found == []
