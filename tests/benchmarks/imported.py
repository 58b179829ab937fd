"""The big database as a firm comes by it: a CSV of the same seeded customers, brought in by `crm-tui import`.

What a table of customers cannot carry is added afterwards: what was said, and who is archived. The file stays beside
the database, for the peers that read it.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import crm_tui.services.imports
from crm_tui.store import importing, seeding
from crm_tui.store.database import Database
from tests.benchmarks import customers
from tests.benchmarks.customers import ADMIN, SEED, Maker

HEADINGS = (
    "name", "kind", "stage", "tier", "owner", "phone", "email", "contact", "region", "industry", "source", "tags",
    "note", "next_follow_up", "last_contact", "created",
)  # fmt: skip
_CAP, _ROOM = "pool.holding_cap", "100000"
"""More than a rep may hold by the settings: what is measured is the import, not the caps."""


def source() -> str:
    """Changes with what an import makes of a file."""
    folder = Path(crm_tui.services.imports.__file__).parent
    files = [*sorted(folder.glob("*.py")), Path(importing.__file__), Path(__file__)]
    return "".join(file.read_text(encoding="utf-8") for file in files)


def table_of(cache: Path, size: int, now: datetime) -> Path:
    """The CSV of so many customers."""
    monday = customers.monday_of(now)
    path = cache / f"customers-{size}-{monday}.csv"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            writer.writerows(_lines(Maker(size, now, SEED)))
        unfinished.rename(path)
    return path


def fill(database: Database, size: int, now: datetime) -> None:
    """Bring them in; as `customers.fill`, by way of a file. Raises CalledProcessError when the import fails."""
    staff(database, size, now)
    table = table_of(database.path.parent, size, now)
    began = time.perf_counter()
    command = (sys.executable, "-m", "crm_tui", "--db", str(database.path), "--user", ADMIN)
    refused = table.with_suffix(".errors.csv")
    words = ("import", str(table), "--no-dedupe", "--yes", "--errors", str(refused))
    subprocess.run(
        [*command, *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        env={**os.environ, "CRM_TUI_CONFIG": os.devnull},
    )  # fmt: skip
    print(f"{size:,} customers imported in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    with database.writing():
        database.execute(
            "INSERT INTO interaction (customer_id, user_id, at, channel, connected, note)"
            " SELECT id, coalesce(owner_id, created_by), last_contact, 'call', 1, 'asked for a price' FROM customer"
            " WHERE last_contact IS NOT NULL"
        )
        database.execute("UPDATE customer SET archived_at = created_at WHERE id % 100 = 50 AND next_on IS NULL")
        database.execute("DELETE FROM setting WHERE name = ?", (_CAP,))
    database.connection.pragma("wal_checkpoint(TRUNCATE)")


def staff(database: Database, size: int, now: datetime) -> None:
    """The users of so many customers, in a new database; they may hold as many as the table gives them."""
    maker = Maker(size, now, SEED)
    joined = maker.at(365 * 4)
    users = [(1, ADMIN, "Admin", "admin", joined), *((n, f"rep{n}", f"Rep {n}", "rep", joined) for n in maker.reps)]
    with database.writing():
        seeding.insert(database, "user", ("id", "login", "name", "role", "created_at"), users)
        seeding.insert(database, "setting", ("name", "value"), [(_CAP, _ROOM)])


def _lines(maker: Maker) -> Iterator[list[Any]]:
    for key in range(1, maker.size + 1):
        maker.customer(key)
        made = {table: rows for table, rows in maker.rows.take() if rows}
        row = dict(zip(customers.CUSTOMER, made["customer"][0], strict=True))
        [contact] = made.get("contact", [(None,) * 6])
        yield [
            row["name"], row["kind"], row["stage"], row["tier"], f"rep{row['owner_id']}" if row["owner_id"] else "",
            row["phone"] or contact[3], row["email"] or contact[4], contact[2], row["region"], row["industry"],
            row["source"], made["tag"][0][2] if "tag" in made else "", row["note"],
            row["next_on"], (row["last_contact"] or "")[:10], row["created_at"][:10],
        ]  # fmt: skip
