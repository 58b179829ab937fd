"""What a run without a screen tells: each command with what it did to how many, who was left out and why, the whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_tui.commands.macros import Step
from crm_tui.commands.playing import Program, Report, Tally
from crm_tui.commands.printing import Printer, plain
from crm_tui.domain.language import _, ngettext

RUN_RECORD = {
    "step": ("file", "line", "command", "times", "changed", "refused", "failed", "message", "wants_yes"),
    "failure": ("file", "line", "command", "id", "reason"),
    "run": ("run", "steps", "customers", "refused", "failed", "ended", "dry_run", "exit"),
}
"""The keys of the objects that `run --json` prints: one for each command of the macro in order, then one for each
customer that was left out and each step that failed (`id` is null where it was about none), then one for the whole,
where `run` is the journal entry that `undo` takes back (null where nothing was changed) and `ended` says why it ended
before its last step (null where it did not); of a dry run `wants_yes` marks the commands that without --yes would stop
the real one, since nobody can be asked."""


@dataclass(frozen=True)
class LeftOut:
    """A customer that a step left out, or a step that failed (`id` is its row, None where it was about none)."""

    step: Step
    id: int | None
    reason: str


@dataclass(frozen=True)
class Ran:
    """A run that is over. `entry` is its journal entry."""

    program: Program
    report: Report
    left_out: Sequence[LeftOut]
    entry: int | None
    dry: bool
    exit_code: int
    unsure: Set[Step] = frozenset()
    """The steps of a dry run that want a `--yes`."""

    @property
    def tallies(self) -> list[Tally]:
        """What each command did, in the order of the macro; those that were not reached too."""
        return [self.report.tallies.get(step, Tally(step)) for step in self.program.all_steps()]

    @property
    def message(self) -> str:
        """The whole in a sentence."""
        text = f"{self.program.name}: {self.report.message}"
        if not self.dry:
            return text
        text += _("; wants --yes") if self.unsure else ""
        return _("{message} (dry run: nothing was changed)").format(message=text)

    def rows(self) -> Iterator[dict[str, str]]:
        """The commands for people: where each stands, the command, what it did."""
        return ({"place": _where(t.step), "command": t.step.text, "did": self._did(t)} for t in self.tallies)

    def _did(self, tally: Tally) -> str:
        return _did(tally) + (_(", wants --yes") if tally.step in self.unsure else "")

    def reasons(self) -> Iterator[str]:
        """What was left out and what failed, for people."""
        for one in self.left_out:
            who = f" {one.id}" if one.id is not None else ""
            yield f"{_where(one.step)}{who}: {one.reason}"

    def lines(self) -> Iterator[str]:
        """All of that in lines."""
        yield from ("  ".join(row.values()) for row in self.rows())
        yield from self.reasons()

    def steps(self) -> Iterator[dict[str, Any]]:
        """The commands as `--json` prints them."""
        for tally in self.tallies:
            unsure = tally.step in self.unsure
            did = (tally.times, tally.changed, tally.refused, tally.failed, tally.message, unsure)
            yield dict(zip(RUN_RECORD["step"], (*_place(tally.step), *did), strict=True))

    def failures(self) -> Iterator[dict[str, Any]]:
        """What was left out and what failed, as `--json` prints it."""
        for one in self.left_out:
            yield dict(zip(RUN_RECORD["failure"], (*_place(one.step), one.id, one.reason), strict=True))

    def whole(self) -> dict[str, Any]:
        """The run as `--json` prints it."""
        report = self.report
        told = (
            self.entry, report.steps, len(report.customers), report.refused, len(report.failures), report.ended or None,
            self.dry, self.exit_code,
        )  # fmt: skip
        return dict(zip(RUN_RECORD["run"], told, strict=True))


def tell(printer: Printer, ran: Ran) -> None:
    """Print it: what each command did on standard output; who was left out, what failed and the whole on standard
    error, said to the quiet ones too where they are why the exit code is not 0.
    """
    if printer.json:
        printer.rows((*ran.steps(), *ran.failures(), ran.whole()), ())
    elif printer.csv:
        printer.rows(ran.steps(), (), RUN_RECORD["step"])
    elif not printer.quiet:
        printer.rows(ran.rows(), ("place", "command", "did"))
    for reason in ran.reasons():
        print(plain(f"  {reason}"), file=sys.stderr)
    if ran.exit_code:
        print(plain(ran.message), file=sys.stderr)
    else:
        printer.say(ran.message)


def _place(step: Step) -> tuple[str, int, str]:
    return step.source, step.number, step.text


def _where(step: Step) -> str:
    return f"{Path(step.source).name}:{step.number}"


def _did(tally: Tally) -> str:
    """What a command did, in a few words: how often, to how many, what it left out."""
    if not tally.times:
        return _("not reached")
    n = tally.changed
    parts = [f"×{tally.times:,}"] if tally.times > 1 else []
    if n:
        parts.append(ngettext("{n} customer", "{n} customers", n).format(n=f"{n:,}"))
    elif tally.message and tally.times == 1:
        parts.append(tally.message)
    if tally.refused:
        parts.append(_("{n} left out").format(n=f"{tally.refused:,}"))
    if tally.errors:
        parts.append(_("{n} failed").format(n=f"{tally.errors:,}"))
    return ", ".join(parts)
