"""An office whose disk, file or line may fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pty.conftest import Office

__all__ = ["Firm"]


class Firm(Office):
    """An office, and the command line in it."""

    def shell(self, *words: str, user: str = "li", under: tuple[str, ...] = ()) -> tuple[int, str, str]:
        """Run a command in a process of its own, `under` another one: exit code, output, messages."""
        self.database.close()
        program = [*under, sys.executable, "-m", "crm_tui", "--db", str(self.path), "--user", user, *words]
        done = subprocess.run(program, capture_output=True, text=True, timeout=120, cwd=self.path.parent)
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[Firm]:
    made = Firm(tmp_path / "crm.db")
    yield made
    made.database.close()
