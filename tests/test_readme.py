"""README says what is true: its key table is the catalogue's, its command lines can be read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from crm_tui.commands import manual
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.language import read_arguments

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines()]


def test_the_key_table_is_made_from_the_catalogue() -> None:
    table = README.split("<!-- keys -->\n")[1].split("<!-- /keys -->")[0]
    assert table.splitlines() == manual.key_table(), "run: python -m tests.test_readme"


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("crm-tui ")])
def test_every_command_line_can_be_read(line: str) -> None:
    words = shlex.split(line)[1:]
    for stop in ("|", ">"):
        words = words[: words.index(stop)] if stop in words else words
    assert read_arguments(words, CATALOG).command.name in CATALOG


@pytest.mark.parametrize("ending", ["crm-tui demo", "pytest"])
def test_the_two_commands_stand_on_a_line_of_their_own_for_ci(ending: str) -> None:
    assert len([line for line in LINES if line.startswith("python3 -m venv ") and line.endswith(ending)]) == 1


def _write_key_table() -> None:
    before, rest = README.split("<!-- keys -->\n")
    after = rest.split("<!-- /keys -->")[1]
    table = "\n".join(manual.key_table())
    text = f"{before}<!-- keys -->\n{table}\n<!-- /keys -->{after}"
    (ROOT / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    _write_key_table()
