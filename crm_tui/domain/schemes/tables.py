"""The tables of a scheme's file as they are read: whatever is wrong with one names the line, the key and the reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.metrics import METRICS
from crm_tui.domain.money import parse_amount
from crm_tui.domain.schemes.model import Cut
from crm_tui.domain.schemes.places import Path, line_of, places


def fault(name: str, line: int | None, key: str, problem: str) -> UsageError:
    """`scheme value, line 12, metric 3.weight: must be a number`; what is not known is left out."""
    where = [_("scheme {name}").format(name=name) if name else _("scheme")]
    where += [_("line {n}").format(n=line)] if line else []
    where += [key] if key else []
    return UsageError(f"{', '.join(where)}: {problem}")


class Source(Struct, frozen=True):
    """The file that is read: its text, its scheme's name as far as known, the currency of its amounts."""

    text: str
    name: str
    currency: str


class Table(Struct, frozen=True):
    """A table of the file at `path`. All readers raise UsageError where the value is not what is asked for."""

    source: Source
    data: Mapping[str, Any]
    path: Path = field(default=())

    def wrong(self, key: str | int | Path, problem: str) -> UsageError:
        """The error to raise about a key of this table; an empty one for the table itself."""
        more = key if isinstance(key, tuple) else (key,) if key else ()
        path = (*self.path, *more)
        return fault(self.source.name, line_of(places(self.source.text), path), _named(path), problem)

    def missing(self, key: str | int | Path) -> UsageError:
        """The error to raise about a key that is not there: at its table, or at the head of the file."""
        more = key if isinstance(key, tuple) else (key,)
        path = (*self.path, *more)
        return fault(self.source.name, line_of(places(self.source.text), path) or 1, _named(path), _("is missing"))

    def only(self, keys: Collection[str]) -> None:
        """Refuse keys that nobody asked for."""
        for key in self.data:
            if key not in keys:
                raise self.wrong(key, _("unknown; known are %s") % ", ".join(sorted(keys)))

    def text(self, key: str, default: str | None = None) -> str:
        """A text without spaces around it; not an empty one, unless that is the default."""
        value = self.data.get(key, default)
        if value is None:
            raise self.missing(key)
        if not isinstance(value, str) or value != value.strip() or not (value or default == ""):
            raise self.wrong(key, _("must be a text"))
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.data.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, _("must be true or false"))
        return value

    def number(self, key: str | Path, value: Any, least: float, most: float) -> float:
        """A number within bounds; `30 %` counts as 30."""
        if value is None:
            raise self.missing(key)
        if isinstance(value, str):
            value = _numeral(value.removesuffix("%"))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            raise self.wrong(key, _("must be a number from {least:g} to {most:g}").format(least=least, most=most))
        return value

    def table(self, key: str) -> Table | None:
        """The table of that name; None when there is none."""
        value = self.data.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise self.wrong(key, _("must be a table"))
        return Table(self.source, value, (*self.path, key))

    def tables(self, key: str) -> Iterator[Table]:
        """The tables `[[key]]`, or those of a list in line."""
        rows = self.data.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            raise self.wrong(key, _("must be tables: [[{key}]]").format(key=key))
        for n, row in enumerate(rows, 1):
            yield Table(self.source, row, (*self.path, key, n))

    def pairs(self, key: str) -> Iterator[tuple[int, Any, Any]]:
        """The place (from 1) and the two parts of each pair of a list."""
        rows = self.data.get(key)
        if not isinstance(rows, list) or not rows:
            raise self.wrong(key, _("must be a list of pairs, as in [[0, 0], [10, 100]]"))
        for n, row in enumerate(rows, 1):
            if not isinstance(row, list) or len(row) != 2:
                raise self.wrong((key, n), _("must be a pair, as in [10, 100]"))
            yield n, row[0], row[1]

    def metric(self, key: str, value: Any, *, text: bool = False) -> str:
        """The name of a metric; one that is a number unless `text` allows both."""
        if value is None:
            raise self.missing(key)
        known = METRICS.get(value) if isinstance(value, str) else None
        if known is None:
            message = _('"{name}" is no metric; known are {names}')
            raise self.wrong(key, message.format(name=value, names=", ".join(METRICS)))
        if known.unit == "text" and not text:
            raise self.wrong(key, _("{name} is a text, not a number").format(name=value))
        return known.name

    def cut(self, key: str | Path, value: Any, metric: str) -> Cut:
        """What the metric is compared with: `"1.5m"` or 200000 for money, 50 for 50 %, a number, `"p80"`."""
        if value is None:
            raise self.missing(key)
        if isinstance(value, str) and value[:1] in "pP" and (share := _numeral(value[1:])) is not None:
            return Cut(percentile=self.number(key, share, 0, 100))
        return Cut(self._in_unit(key, value, metric))

    def _in_unit(self, key: str | Path, value: Any, metric: str) -> float:
        unit = METRICS[metric].unit
        if unit == "money" and isinstance(value, (str, int, float)) and not isinstance(value, bool):
            try:
                return parse_amount(str(value), self.source.currency)
            except UsageError as error:
                raise self.wrong(key, str(error)) from None
        if isinstance(value, str) and unit == "percent":
            value = _numeral(value.removesuffix("%"))
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
            raise self.wrong(key, _('must be a value of {metric}, or "p80"').format(metric=metric))
        return value / 100 if unit == "percent" else value


def _numeral(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


def _named(path: Path) -> str:
    """`metric 3.bands 2`."""
    text = ""
    for part in path:
        text += f" {part}" if isinstance(part, int) else f".{part}" if text else part
    return text
