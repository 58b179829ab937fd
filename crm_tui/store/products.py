"""What is sold, by number and by the key of its name. Everybody reads products: they belong to no customer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from crm_tui.store.database import Database

_COLUMNS = "id, name, name_key, category, price, cost, archived_at, version"


@dataclass(frozen=True, slots=True)
class Product:
    """A product; `price` and `cost` of one in minor units, None where unknown."""

    id: int
    name: str
    name_key: str
    category: str
    price: int | None
    cost: int | None
    archived_at: str | None
    version: int


def by_key(database: Database, keys: Iterable[str]) -> dict[str, Product]:
    """The products with these keys of names, archived ones too, by key."""
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM product WHERE name_key IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
    )
    return {row[2]: Product(*row) for row in rows}


def by_id(database: Database, product_id: int) -> Product | None:
    """The product of that number."""
    row = database.row(f"SELECT {_COLUMNS} FROM product WHERE id = ?", (product_id,))
    return Product(*row) if row else None


def every(database: Database, *, archived: bool = False, limit: int = 100_000) -> list[Product]:
    """All products by category and name; archived ones too, or not."""
    which = "1" if archived else "archived_at IS NULL"
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM product WHERE {which} ORDER BY category, name, id LIMIT ?", (limit,)
    )
    return [Product(*row) for row in rows]


def ids(database: Database) -> dict[str, int]:
    """The ids of all products, archived ones too, by the key of the name."""
    return dict(database.rows("SELECT name_key, id FROM product"))


def categories(database: Database, limit: int = 200) -> list[str]:
    """The categories in use, in order."""
    rows = database.rows("SELECT DISTINCT category FROM product WHERE category <> '' ORDER BY 1 LIMIT ?", (limit,))
    return [row[0] for row in rows]
