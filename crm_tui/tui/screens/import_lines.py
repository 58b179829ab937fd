"""What the import screen shows: the columns of the file with their fields, the choices, the first rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace
from rich.cells import cell_len

from crm_tui.commands.importing import CUSTOMERS, refusals, written
from crm_tui.domain.language import N_, _
from crm_tui.domain.profile_fields import CUSTOM, FIELD
from crm_tui.domain.text import clean
from crm_tui.tui.widgets.cells import cut, fit
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.record_table import Line

if TYPE_CHECKING:
    from crm_tui.commands.importing import Look
    from crm_tui.commands.language import Call
    from crm_tui.services.imports import FactsImported, Imported
    from crm_tui.services.imports.previews import Preview

LEFT_OUT = N_("left out")
_WIDEST = 22
"""Cells of a column of the preview at most."""
_LONGEST = 60
"""Characters of a heading or a sample that are shown."""

CHOICES: tuple[tuple[str, str], ...] = (
    ("as", N_("what")), ("mode", N_("mode")), ("same", N_("same by")), ("owner", N_("owner")),
    ("assign", N_("share out")), ("dates", N_("dates")), ("sheet", N_("sheet")), ("encoding", N_("encoding")),
    ("separator", N_("separator")), ("format", N_("format")),
)  # fmt: skip
"""What can be chosen for the table as a whole: options of the command, in the order in which they are shown."""

_USUAL: Mapping[str, str] = {"mode": "create", "same": "name", "owner": N_("pool")}
"""What holds where nothing was chosen, and is worth being told."""


def columns() -> tuple[Column, ...]:
    """The columns of the mapping."""
    return (
        Column("heading", _("column of the file"), 14, flex=2),
        Column("place", _("→ field"), 14, flex=2),
        Column("how", _("how"), 8, drop=1),
        Column("sample", _("first values"), 16, flex=4, drop=2),
    )


class Columns:
    """The columns of the file as a table shows them."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._chosen = set(chosen(look.call))

    def __len__(self) -> int:
        return len(self._look.plan.places)

    def key(self, index: int) -> int | None:
        return index + 1 if 0 <= index < len(self) else None

    def line(self, index: int) -> Line | None:
        plan = self._look.plan
        place = plan.places[index]
        values = [clean(row[index], _LONGEST) for row in plan.sample if row[index : index + 1] and row[index]]
        heading = clean(plan.headings[index], _LONGEST) or _("(no heading)")
        how = _("chosen") if name_of(self._look, index) in self._chosen else _("matched") if _is_matched(place) else ""
        cells = (heading, title(place), how, " | ".join(dict.fromkeys(values)))
        return Line(index + 1, cells, dim=not place)


def _is_matched(place: str) -> bool:
    return bool(place) and not place.startswith(CUSTOM)


def title(place: str) -> str:
    """A place as it is written, with what it is in words."""
    if not place:
        return _(LEFT_OUT)
    if place.startswith(CUSTOM):
        return clean(place, _LONGEST)
    named = FIELD[place].title if place in FIELD else ""
    return f"{place} ({named})" if named and named.replace(" ", "_") != place else place


def chosen(call: Call) -> dict[str, str]:
    """The headings whose place was said, and which."""
    given = call.values.get("map", ())
    pairs = (text.partition("=") for text in given) if isinstance(given, tuple) else ()
    return {name.strip(): place for name, __, place in pairs}


def name_of(look: Look, index: int) -> str:
    """By what a column is named on the command line."""
    from crm_tui.services.imports.plans import heading_of

    return look.plan.headings[index].strip() or heading_of(index)


def choices(look: Look, options: Sequence[str], keys: Mapping[str, str], width: int) -> list[str]:
    """The choices with their keys and what holds now, in lines of so many cells."""
    reading = look.plan.table.reading
    read = {"sheet": reading.sheet, "encoding": reading.encoding, "separator": reading.delimiter}
    parts = []
    for name, label in CHOICES:
        given = look.call.values.get(name) or read.get(name)
        usual = CUSTOMERS if name == "as" else _(_USUAL[name]) if name in _USUAL else "-"
        value = clean({"\t": "tab"}.get(str(given), str(given)), 30) if given else usual
        if name in options:
            parts.append(f"{f'[{keys[name]}] ' if keys.get(name) else ''}{_(label)}: {value}")
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}   {part}" if lines[-1] else part
        if lines[-1] and cell_len(longer) > width:
            lines.append(part)
        else:
            lines[-1] = longer
    return lines


def line(call: Call, width: int) -> str:
    """The command line, in so many cells; where that is too long, without the folder of the file."""
    whole = f": {written(call)}"
    if cell_len(whole) <= width:
        return whole
    file = "…/" + str(call.values.get("file", "")).rpartition("/")[2]
    return f": {written(replace(call, values={**call.values, 'file': file}))}"


def preview_lines(preview: Preview, width: int) -> list[str]:
    """The first rows, under their headings; a refused one with the reason behind its name."""
    rows = [tuple(clean(cell) for cell in seen.cells) for seen in preview.rows]
    headings = [_(name.replace("_", " ")) for name in preview.headings]
    widths = [
        min(_WIDEST, max([cell_len(heading), *(cell_len(row[n]) for row in rows)]))
        for n, heading in enumerate(headings)
    ]  # fmt: skip
    lines = [_row(headings, widths, width)]
    for row, seen in zip(rows, preview.rows, strict=True):
        if seen.reason:
            first = fit(row[0], widths[0]) if row else ""
            lines.append(cut(_("! {name}  refused: {reason}").format(name=first, reason=seen.reason), width))
        else:
            lines.append("  " + _row(row, widths, width - 2))
    lines[0] = "  " + lines[0]
    return lines if rows else [_("There are no rows below the headings.")]


def _row(cells: Sequence[str], widths: Sequence[int], width: int) -> str:
    return cut("  ".join(fit(cell, wide) for cell, wide in zip(cells, widths, strict=True)).rstrip(), width)


def done_lines(done: Imported | FactsImported) -> list[str]:
    """What an import did, or would do: its counts, one by one, and the first refusals."""
    counted = " · ".join(f"{_(name)} {n:,}" for name, n in counts(done).items())
    lines = [counted, done.message]
    for one in getattr(done, "differences", ())[:20]:
        text = _("  line {line}, {name}: {field} {old} → {new}")
        lines.append(text.format(line=one.line, name=one.name, field=one.field, old=one.old or "-", new=one.new))
    return [*lines, *(f"! {text}" for text in refusals(done))]


def counts(done: Imported | FactsImported) -> dict[str, int]:
    """How many rows are new, the same, changed, in conflict, refused."""
    named = {
        N_("new"): done.new, N_("same"): done.same, N_("changed"): getattr(done, "changed", 0),
        N_("conflict"): getattr(done, "conflicts", 0), N_("refused"): done.refused, N_("total rows"): done.totals,
    }  # fmt: skip
    optional = ("total rows",)
    return {name: n for name, n in named.items() if n or name not in optional}
