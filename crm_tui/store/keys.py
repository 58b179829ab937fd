"""The public keys that open the door, as rows: read here, written through the journal."""

from __future__ import annotations

from typing import NamedTuple

from crm_tui.store.database import Database

TABLE = "ssh_key"

_OF = (
    "SELECT k.id, u.login, u.state, k.name, k.type, k.key, k.fingerprint, k.added_at FROM ssh_key k"
    " JOIN user u ON u.id = k.user_id"
)


class Key(NamedTuple):
    """A key and its user. `added_at` is a stamp in UTC, `key` base64."""

    id: int
    login: str
    state: str
    name: str
    type: str
    key: str
    fingerprint: str
    added_at: str


def every(database: Database, login: str | None = None) -> list[Key]:
    """The keys of one user, or of all, by user and age."""
    where = "" if login is None else " WHERE u.login = ?"
    found = database.rows(f"{_OF}{where} ORDER BY u.login, k.id", () if login is None else (login,))
    return [Key(*row) for row in found]


def one(database: Database, fingerprint: str) -> Key | None:
    """The key with that fingerprint."""
    row = database.row(f"{_OF} WHERE k.fingerprint = ?", (fingerprint,))
    return Key(*row) if row else None
