"""Before the screen is taken: what the words ask for, and what demos that were killed have left."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.tui.start import Wanted, read, sweep_demos


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", Wanted()), ("demo", Wanted(demo=True)), ("demo --user li", Wanted(user="li", demo=True)),
        ("--db=a.db --user li", Wanted("a.db", "li")),
    ],
)  # fmt: skip
def test_the_words_of_the_screens(words: str, wanted: Wanted) -> None:
    assert read(words.split()) == wanted


@pytest.mark.parametrize("words", ["--db", "--colour", "demo --db a.db", "pipeline"])
def test_other_words_are_refused(words: str) -> None:
    with pytest.raises(UsageError):
        read(words.split())


def test_what_a_killed_demo_has_left_is_removed_and_what_a_running_one_uses_is_not(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in (f"crm-tui-demo-{gone.pid}-x", f"crm-tui-demo-{os.getpid()}-x", "crm-tui-demo-mine", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "demo.db").touch()
    sweep_demos(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"crm-tui-demo-{os.getpid()}-x", "crm-tui-demo-mine", "other"}
