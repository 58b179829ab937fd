"""What the shell prints: results on standard output, words about them on standard error.

Nothing printed for people holds a control character, and JSON holds none unescaped; with `--json` standard output is
one object a line and nothing else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain.expressions import expression
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.services.cards import Card
    from crm_tui.services.session import Outcome

_CONTROL = expression("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_HAN = expression("[ -~\u3001-\u3011\u4e00-\u9fff\uff01-\uff5e]*")
_FIRST = 200
"""The widths of so many rows hold for all that follow, so that nothing waits for the end of a long list."""

_WIDEST = 40
_LEFT_OUT = ("profile", "contacts", "timeline", "collaborators", "worked", "record", "sections")


def plain(text: object) -> str:
    """The text as one line that is safe to print."""
    shown = str(text)
    return shown if shown.isprintable() else _CONTROL.sub("\ufffd", shown.replace("\n", " ⏎ "))


def json_line(row: Mapping[str, Any]) -> str:
    """The row as one line of JSON, its control characters escaped."""
    text = json.dumps(row, ensure_ascii=False, default=str)
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class Printer:
    """Prints as the flags of a call want it: `json`, `csv`, `quiet`."""

    def __init__(self, flags: Collection[str]) -> None:
        self.json = "json" in flags
        self.csv = "csv" in flags and not self.json
        self.quiet = "quiet" in flags
        if self.json or self.csv:
            # What scripts read is UTF-8 whatever the terminal is.
            reconfigure(sys.stdout, encoding="utf-8")

    @property
    def for_people(self) -> bool:
        """Whether what is printed is read, not parsed."""
        return not (self.json or self.csv)

    def say(self, text: str) -> None:
        """A message about what was done."""
        if not self.quiet:
            print(plain(text), file=sys.stderr)

    def rows(
        self, rows: Iterable[Mapping[str, Any]], columns: Sequence[str], headings: Sequence[str] | None = None
    ) -> None:
        """Print rows as JSON lines, as CSV, or the `columns` of them for people.

        `headings` are those of a CSV without rows, where they are not the columns.
        """
        if self.json:
            for row in rows:
                sys.stdout.write(json_line(row) + "\n")
        elif self.csv:
            _csv(rows, headings or columns)
        else:
            _columns(rows, columns)

    def lines(self, lines: Iterable[str], **record: Any) -> None:
        """Print lines for people, or with `--json` one object that holds them beside `record`."""
        if self.json:
            sys.stdout.write(json_line({**record, "lines": list(lines)}) + "\n")
            return
        for line in lines:
            print(plain(line))

    def outcome(self, outcome: Outcome, ids: Sequence[int], *, reads: bool = False) -> None:
        """Print what a verb did: its data or lines, then on standard error its message and what was refused.

        As JSON what was changed is an object a row, and one about the whole where there are no rows; what one that only
        `reads` found is its rows, be they none: of one that has columns nothing else is printed.
        """
        if self.json:
            is_table = reads and bool(outcome.columns)
            self.rows(outcome.data if is_table else outcome.data or [*_told(outcome, ids, reads)], ())
        elif self.csv and (outcome.data or outcome.columns):
            self.rows(outcome.data, outcome.columns or list(outcome.data[0]))
        elif reads or not self.quiet:  # what a change tells beside its effect was not asked for
            self.lines(outcome.lines)
        self.say(outcome.message)
        if outcome.proposal and self.for_people:
            self.say(_("proposed: {line}").format(line=f"crm-tui {outcome.proposal[0]}"))
        for refusal in outcome.refused:  # said to the quiet ones too: it is why the exit code is not 0
            name = f" {refusal.name}" if refusal.name else ""
            print(plain(f"  {refusal.id}{name}: {refusal.reason}"), file=sys.stderr)


def progress(text: str, quiet: bool) -> Callable[[int, int], None]:
    """Tells on a terminal how far something is, in one line that is written anew at each per cent."""
    told = -1

    def tell(done: int, most: int) -> None:
        nonlocal told
        percent = 100 * done // max(most, 1)
        if not quiet and percent != told and sys.stderr.isatty():
            told = percent
            end = "\r" if percent < 100 else "\n"
            print(text.format(percent=percent), end=end, file=sys.stderr, flush=True)

    return tell


def reconfigure(stream: Any, **how: str) -> None:
    """Set the stream's encoding or what it does with what it cannot encode; a closed or replaced one is left."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(**how)


def _told(outcome: Outcome, ids: Sequence[int], reads: bool) -> Iterator[dict[str, Any]]:
    """What is said of an outcome that has no data."""
    refused = {refusal.id: refusal.reason for refusal in outcome.refused}
    keys = () if reads else tuple(dict.fromkeys((*ids, *outcome.changed, *refused)))
    for key in keys:
        yield {"id": key, "done": key not in refused, "reason": refused.get(key)}
    if reads and outcome.lines:
        yield {"message": outcome.message, "lines": list(outcome.lines)}
    elif not reads and not keys:
        yield {"message": outcome.message, "entry": outcome.entry_id}


def _csv(rows: Iterable[Mapping[str, Any]], headings: Sequence[str]) -> None:
    import csv
    from itertools import chain

    from crm_tui.formats.tables import defuse

    writer = csv.writer(sys.stdout, lineterminator="\n")
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        writer.writerow(headings)
        return
    names = [name for name in first if name not in _LEFT_OUT]
    writer.writerow(names)
    for row in chain((first,), rows):
        writer.writerow([_CONTROL.sub(" ", defuse(shown(row.get(name)))) for name in names])


def _columns(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    batch: list[list[str]] = []
    widths: list[int] = []

    def flush() -> None:
        nonlocal widths
        if batch and not widths:
            widths = [min(_WIDEST, max(map(cells, column))) for column in zip(*batch, strict=True)]
        sys.stdout.write("".join(f"{_padded(row, widths)}\n" for row in batch))
        batch.clear()

    for row in rows:
        batch.append([plain(value if type(value) is str else shown(value)) for value in map(row.get, columns)])
        if len(batch) == _FIRST:
            flush()
    flush()


def _padded(row: Sequence[str], widths: Sequence[int]) -> str:
    *others, last = row
    return "  ".join((*map(_cell, others, widths), last)).rstrip()


def _cell(text: str, width: int) -> str:
    missing = width - cells(text)
    if missing >= 0:
        return text + " " * missing
    from rich.cells import set_cell_size

    return set_cell_size(text, width)


def cells(text: str) -> int:
    """How many cells of a terminal the text takes. What is of letters, digits and Han alone, as nearly all is, is told
    without the table of all characters.
    """
    if text.isascii():
        return len(text)
    if _HAN.fullmatch(text):
        return (len(text) + len(text.encode())) // 2  # each Han is three bytes and two cells
    from rich.cells import cell_len

    return cell_len(text)


def shown(value: object) -> str:
    """A value as text: nothing for None, words for a list."""
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return " ".join(str(part) for part in value)
    return str(value)


def card_lines(card: Card) -> Iterator[str]:
    """A card as lines of text."""
    facts = card.facts
    nobody = _("merged") if card.merged else _("blocked")
    holder = card.owner or (_("pool {pool}").format(pool=card.pool) if card.pool else nobody)
    yield f"{facts.id}  {facts.name}  ·  {facts.stage}  ·  {facts.tier or '–'}  ·  {holder}"
    if card.merged:
        yield f"  {card.merged}"
    if card.tags:
        yield "  " + " ".join(f"#{tag}" for tag in card.tags)
    yield from (f"  ! {reason}" for reason in card.reasons)
    missing = ", ".join(field.title for field in card.completeness.missing)
    yield _("profile {percent} %").format(percent=card.completeness.percent) + (
        _(", missing: {fields}").format(fields=missing) if missing else ""
    )
    for section in card.sections:
        yield section.title
        for row in section.rows:
            yield f"  {row.text}  {row.note}".rstrip()
        if section.more:
            yield _("  … and {n} more").format(n=f"{section.more:,}")
    for item in card.items:
        verified = _(" (verified {day})").format(day=item.verified) if item.verified else ""
        yield f"  {item.label}: {item.value}{verified}"
    if card.note:
        yield f"  {card.note}"
    for person in card.contacts:
        parts = (str(person.id), person.name, person.role, person.title, person.phone, person.email, person.wechat)
        yield "  " + "  ".join(part for part in parts if part)
    for shared in card.shared:
        yield _("  with {who}").format(who=shared)
    for who, how in card.worked:
        yield _("  worked by {who}: {how}").format(who=who, how=how)
    for event in card.events:
        number = f" #{event.id}" if event.id else ""
        indent = "    " if event.what == "comment" else "  "
        yield f"{indent}{event.at}  {event.who}  {event.what}{number}  {event.text}  {event.more}".rstrip()
