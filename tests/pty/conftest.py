"""The program on a real terminal, with a database of a rep called li and the time that it is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crm_tui.store.database import Database
from tests.factories import Clock, Team
from tests.terminal import Terminal


class Office:
    """A database file, and the ways to open it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = Database(path, create=True)
        self.team = Team(self.database, Clock(datetime.now(UTC)))

    def open(
        self, cols: int = 80, rows: int = 24, user: str = "li", under: Sequence[str] = (), **environ: str | None
    ) -> Terminal:
        """The screens, in a program that is run `under` another one."""
        self.database.close()  # the file is the program's now
        variables = {"CRM_TUI_CONFIG": str(self.path.with_suffix(".toml")), "TZ": "Asia/Shanghai", **environ}
        argv = [*under, sys.executable, "-m", "crm_tui", "--db", str(self.path), "--user", user]
        return Terminal(argv, cols, rows, env=variables)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What is in the file by now."""
        database = Database(self.path)
        try:
            return database.rows(sql)
        finally:
            database.close()

    def list(self, text: str = "") -> list[dict[str, Any]]:
        """What `list --json` prints."""
        program = [sys.executable, "-m", "crm_tui", "--db", str(self.path), "--user", "li"]
        argv = [*program, "list", "--json", *text.split()]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "crm.db")
    yield made
    made.database.close()
