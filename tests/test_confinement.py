from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from crm_tui import confinement

pytestmark = pytest.mark.skipif(not confinement.version(), reason="this kernel has no Landlock")


def confined(inside: Path, *statements: str) -> str:
    """What a new process prints that is confined to the folder and then runs the statements."""
    program = f"""
        import os, subprocess, sys, threading
        from pathlib import Path
        from crm_tui import confinement
        from crm_tui.store.database import Database
        inside, outside = Path({str(inside)!r}), Path({str(inside.parent)!r})
        assert confinement.confine([inside])

        def tried(what):
            try:
                return what()
            except OSError as error:
                return error.strerror
    """
    lines = "\n".join((textwrap.dedent(program), *statements))
    done = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "statement",
    [
        "(outside / 'new').write_text('x')",
        "(outside / 'there').write_text('x')",
        "os.truncate(outside / 'there', 0)",
        "(outside / 'there').unlink()",
        "(outside / 'there').rename(inside / 'mine')",
        "(inside / 'link').write_text('x')",
        "(outside / 'folder').mkdir()",
        "(outside / 'l').symlink_to('/etc/passwd')",
        "os.link(outside / 'there', inside / 'hard')",
        "subprocess.run(['/bin/true'])",
        "os.execv('/bin/sh', ['sh', '-c', 'id'])",
        "os.execv(sys.executable, ['python', '-c', ''])",
    ],
)
def test_what_is_denied(statement: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "there").write_text("as it was")
    (inside / "link").symlink_to(tmp_path / "there")
    said = confined(inside, f"print(tried(lambda: {statement}))")
    assert said in ("Permission denied", "Invalid cross-device link")
    assert (tmp_path / "there").read_text() == "as it was"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside", "there"]


def test_a_shell_is_not_found_where_none_may_be_executed(tmp_path: Path) -> None:
    assert confined(tmp_path, "print(os.system('echo in a shell') >> 8)") in ("126", "127", "255", "-1")


def test_threads_that_start_afterwards_are_confined_too(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    work = "threading.Thread(target=lambda: print(tried(lambda: (outside / 'new').write_text('x'))))"
    assert confined(inside, f"t = {work}", "t.start()", "t.join()") == "Permission denied"


def test_the_database_works_and_what_lies_elsewhere_is_read(tmp_path: Path) -> None:
    statements = (
        "database = Database(inside / 'crm.db', create=True)",
        "with database.writing():",
        "    database.execute(\"INSERT INTO setting (name, value) VALUES ('currency', 'x')\")",
        "(inside / 'export.csv').write_text('x')",
        "os.replace(inside / 'export.csv', inside / 'other.csv')",
        "print(database.value('SELECT count(*) FROM setting'), Path('/etc/passwd').exists(), open('/dev/null', 'w'))",
    )
    assert confined(tmp_path, *statements).startswith("1 True <_io")


def test_where_the_kernel_has_none_nothing_is_confined_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "version", lambda: 0)
    assert confinement.confine([Path("/nonexistent")]) is False
