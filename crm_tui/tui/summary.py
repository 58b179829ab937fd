"""What is said of a run: how many steps it has, how it ended, what it did."""

from __future__ import annotations

from crm_tui.commands.playing import Playing, Program, Report
from crm_tui.domain.language import _


def is_typed(played: Program) -> bool:
    """Whether it is a line that was typed, and no macro."""
    return not played.steps[0][0].source


def has_each(played: Program) -> bool:
    """Whether a part of it is played once for each of rows that are not known before."""
    return played.each or any(inner is not None and has_each(inner) for __, inner in played.steps)


def steps(played: Program, rows: int) -> int:
    """How many steps a run has, an `on each` macro on so many rows."""
    once = sum(steps(inner, 1) if inner is not None else 1 for __, inner in played.steps)
    return once * played.times * (rows if played.each else 1)


def declined(report: Report) -> str:
    """How a run ended that the user did not want."""
    return _("nothing more was changed") if report.customers else _("nothing was changed")


def told(playing: Playing) -> str:
    """What was done, failures first."""
    report, played = playing.report, playing.program
    if is_typed(played) and not report.failures:  # in the words of its commands
        parts = [tally.message for tally in report.tallies.values() if tally.message]
        if report.refused:
            parts.append(_("{n} left out").format(n=f"{report.refused:,}"))
        return " · ".join([*parts, *([report.ended] if report.ended else [])])
    text = report.message if is_typed(played) else f"{played.name}: {report.message}"
    if not report.failures:
        return text
    first, n = str(report.failures[0]), len(report.failures)
    if n > 1:
        first = _("{n} failed: {first}").format(n=f"{n:,}", first=first)
    return f"{first} · {text}"
