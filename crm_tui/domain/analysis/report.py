"""What a report is: figures in columns, a chart of them, and for each row the customers behind it.

Cells are values, not text: money in minor units, shares as fractions (0.25 is 25 %), None where nothing can be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from heapq import nsmallest
from typing import Any, Literal, TypeVar

from msgspec import Struct

from crm_tui.domain.charts import Chart
from crm_tui.domain.periods import Period
from crm_tui.domain.text import fold

Kind = Literal["text", "word", "count", "money", "percent", "days", "number", "names"]
"""How a cell is shown; a `word` is ours and translated, a `text` is data."""

_PLAIN = re.compile(r"[^\W_][\w.-]*")
_RESERVED = frozenset(("any", "none", "empty", "me"))
SPELT_IDS = 1_000
"""So many customers are named one by one in a filter; of more there is no exact filter but the report itself."""

T = TypeVar("T")


class Column(Struct, frozen=True):
    """A column: its name, which scripts rely on, its heading, and how its cells are shown.

    Those with a `rank` carry the point: where there is no room for all they stay longest, the lowest rank above all.
    """

    name: str
    heading: str
    kind: Kind = "count"
    rank: int = 0


class Row(Struct, frozen=True):
    """A row, and the customers behind it: a filter that finds exactly them, else their ids.

    A row with neither has a `key`, by which whoever made the report finds them.
    """

    cells: tuple[Any, ...]
    filter: str | None = None
    ids: tuple[int, ...] | None = None
    key: tuple[str, ...] = ()


class Report(Struct, frozen=True):
    """A report of a period; `notes` are sentences about the whole, `total` the cells of all rows together, or nothing.

    `about` says what the period does not: the day as of which it holds, the scheme.
    """

    name: str
    title: str
    period: Period
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    chart: Chart | None = None
    notes: tuple[str, ...] = ()
    total: tuple[Any, ...] = ()
    about: str = ""


def share(part: float | None, whole: float | None) -> float | None:
    """The part of the whole; None where there is no whole."""
    return None if part is None or not whole or whole < 0 else part / whole


def growth(now: int | None, before: int | None) -> float | None:
    """The growth since; None where there was nothing. DOMAIN §6."""
    return None if now is None or not before or before < 0 else (now - before) / before


def term(field: str, value: str | None) -> str:
    """The filter text of one value, exactly; nothing is `none`."""
    if value is None:
        return f"{field}:none"
    if _PLAIN.fullmatch(value) and value.casefold() not in _RESERVED:
        return f"{field}:{value}"
    quoted = value.replace('"', '""')
    return f'{field}:"{quoted}"'


def ids_filter(ids: Sequence[int]) -> str | None:
    """The filter text that finds exactly these customers; None for very many."""
    return "id:" + ",".join(map(str, ids)) if 0 < len(ids) <= SPELT_IDS else None


def merged(values: Iterable[str | None]) -> dict[str | None, str | None]:
    """For each spelling the one that stands for all that filters take for equal: the first in order."""
    first: dict[str, str] = {}
    found: dict[str | None, str | None] = {}
    for value in sorted(value for value in set(values) if value):
        found[value] = first.setdefault(fold(value), value)
    found[None] = None
    found[""] = None
    return found


def most(names: Iterable[tuple[float, str]], limit: int = 4) -> tuple[str, ...]:
    """The names with the greatest figures, the greatest first."""
    return tuple(name for __, name in nsmallest(limit, names, key=lambda one: (-one[0], one[1])))
