"""Which values of a field are in use, for completion: only those of customers that are seen, and few at a time."""

from __future__ import annotations

from itertools import islice

from crm_tui.domain.people import Sight
from crm_tui.domain.profile_fields import FIELD
from crm_tui.domain.text import fold
from crm_tui.store.customers import OWN, part_of, seen_by
from crm_tui.store.database import Database
from crm_tui.store.filter_sql.comparisons import spellings

_MOST = 40
_PROFILES = 500
"""So many profiles, the newest, are looked through for fields of one's own."""


def in_use(database: Database, sight: Sight, field: str, start: str) -> list[str]:
    """The values of `region`, `source`, `industry` or `tag` that begin so, in order; of `field` the names of fields of
    one's own, of `push` the new products. None of more than the spellings that are compared, nor of any other field.
    """
    if field == "field":
        return _own_names(database, sight, start)
    if field == "push":
        return _pushed(database, sight, start)
    if field == "tag":
        found = spellings(database, "tag", "name")
        seen = "SELECT 1 FROM tag t CROSS JOIN customer c ON c.id = t.customer_id WHERE t.name = ?"
    elif field in ("region", "source", "industry"):
        found = spellings(database, "customer", field)
        seen = f"SELECT 1 FROM customer c INDEXED BY customer_{field} WHERE c.{field} = ?"
    else:
        return []
    seen = f"{seen} AND {seen_by(sight)} LIMIT 1"
    begun = (value for value in found or () if fold(value).startswith(fold(start)))
    return list(islice((value for value in begun if database.value(seen, (value,))), _MOST))


def _pushed(database: Database, sight: Sight, start: str) -> list[str]:
    # Where what is sold is masked, so is what is offered.
    seen = part_of(sight, OWN) if sight.masked else seen_by(sight)
    rows = database.rows(
        "SELECT p.name FROM product p WHERE EXISTS (SELECT 1 FROM product_push t CROSS JOIN customer c"
        f" ON c.id = t.customer_id WHERE t.product_id = p.id AND {seen}) ORDER BY 1"
    )
    return [name for (name,) in rows if fold(name).startswith(fold(start))][:_MOST]


def _own_names(database: Database, sight: Sight, start: str) -> list[str]:
    # Where fields of one's own are masked, so are their names.
    seen = part_of(sight, OWN) if sight.masked else seen_by(sight)
    tables = "customer c CROSS JOIN profile p" if sight.masked else "profile p CROSS JOIN customer c"
    rows = database.rows(
        f"SELECT DISTINCT f.key FROM (SELECT p.fields FROM {tables} ON p.id = c.id WHERE {seen}"
        " ORDER BY p.id DESC LIMIT ?) p, json_each(p.fields) f ORDER BY 1",
        (_PROFILES,),
    )
    names = (row[0] for row in rows if row[0] not in FIELD)
    return [name for name in names if fold(name).startswith(fold(start))][:_MOST]
