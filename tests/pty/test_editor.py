"""A macro in the user's own editor: the terminal is its own meanwhile, and the screens' again afterwards."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.factories import make
from tests.pty.conftest import Office

EDITOR = """
import sys
print("the editor has", sys.argv[1].rsplit("/", 1)[1], flush=True)
input()
open(sys.argv[1], "a").write("tier B\\n")
"""


def test_the_editor_has_the_terminal_and_gives_it_back(office: Office, tmp_path: Path) -> None:
    script = tmp_path / "editor.py"
    script.write_text(EDITOR)
    folder = tmp_path / "macros"
    folder.mkdir()
    (folder / "monday.macro").write_text("tier A\n")
    make(office.team.li, "Acme")
    with office.open(VISUAL=None, EDITOR=f"{sys.executable} {script}") as terminal:
        terminal.wait("Acme")
        terminal.send("gm")
        terminal.wait("Macros: 1")
        terminal.send("E")
        terminal.wait("the editor has monday.macro")
        terminal.send("typed for the editor<enter>")
        terminal.wait("is kept")
        assert "typed for the editor" not in terminal.text()
        terminal.wait("tier B")
        terminal.send("q")
        terminal.wait("Acme")
    assert (folder / "monday.macro").read_text() == "tier A\ntier B\n"
