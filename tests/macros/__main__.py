"""`python -m tests.macros NAME…`: write the golden files of these macros anew; of all without a name."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from crm_tui.store.database import Database
from tests.factories import Clock
from tests.macros import FOLDER, NAMES, golden, seed


def main(names: list[str]) -> None:
    """Play each on a database of its own."""
    for name in names or NAMES:
        with TemporaryDirectory() as folder:
            clock = Clock()
            database = Database(Path(folder) / "crm.db", create=True)
            seed(database, clock)
            (FOLDER / f"{name}.golden").write_text(golden(database, clock, name), encoding="utf-8")
            database.close()
        print(name)


if __name__ == "__main__":
    main(sys.argv[1:])
