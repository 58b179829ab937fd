"""The manual: one page a command from the catalogue, and the pages of `crm_tui/help`."""

from __future__ import annotations

from importlib.resources import files

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.keymap import Place, bindings
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest

PAGES = ("start", "filters", "dates", "import", "pools", "recycling", "team", "door", "keys")


def page(topic: str = "") -> list[str]:
    """The lines of a page: a command's, one of PAGES, or for "" the list of all; UsageError for anything else."""
    topic = " ".join(topic.casefold().split())
    if not topic:
        return _overview()
    if topic == "keys":
        return key_table()
    if topic in CATALOG:
        return [*_command(CATALOG[topic]), *(["", *_written(topic)] if topic in PAGES else [])]
    group = [command for name, command in CATALOG.items() if name.startswith(topic + " ")]
    if group:
        written = [*_written(topic), ""] if topic in PAGES else []
        return [*written, *(line for command in group for line in (*_command(command), ""))]
    if topic in PAGES:
        return _written(topic)
    message = _('there is no help on "{topic}"{hint}')
    raise UsageError(message.format(topic=topic, hint=nearest(topic, (*CATALOG, *PAGES))), topic, 0)


def _written(name: str) -> list[str]:
    return files("crm_tui").joinpath("help", f"{name}.md").read_text(encoding="utf-8").splitlines()


def _overview() -> list[str]:
    width = max(len(name) for name in CATALOG)
    return [
        _("crm-tui [--db FILE] [--user LOGIN]           the screens"),
        _("crm-tui COMMAND …                            any command of this list"),
        "",
        *(f"  {name:<{width}}  {command.summary}" for name, command in CATALOG.items()),
        "",
        _("crm-tui help COMMAND   one command;  crm-tui help {pages}   the manual").format(pages="|".join(PAGES)),
    ]


def _command(command: Command) -> list[str]:
    lines = [command.usage, "", f"  {command.summary}"]
    if command.arguments:
        lines.append("")
    for argument in command.arguments:
        named = argument.option or argument.flag
        name = f"--{argument.name.replace('_', '-')}" if named else argument.name.upper()
        lines.append(f"  {name:<14}  {_(argument.help)}")
    if command.target != "none":
        lines.append(f"  {'ID… / --on':<14}  " + _("which customers; on the screens the marked ones, else the row"))
    return lines


def key_table(place: Place | None = None) -> list[str]:
    """The keys as Markdown rows: key, command, what it does; of one place, or of all."""
    rows: dict[str, list[str]] = {}
    for where in (place,) if place else ("any", "due", "pipeline", "pools", "team", "handover", "sweep", "history"):
        for keys, line in bindings(where).items():
            if place or where == "any" or bindings("any").get(keys) != line:
                rows.setdefault(line, []).append(f"`{keys}`" if where == "any" or place else f"`{keys}` ({where})")
    return ["| key | command | |", "|---|---|---|"] + [
        f"| {' '.join(keys)} | `{line}` | {help_of(line)} |".replace("`|`", "`\\|`") for line, keys in rows.items()
    ]


def help_of(line: str) -> str:
    """The help line of the command that a line calls; empty for none."""
    for length in (3, 2, 1):
        name = " ".join(line.split(" ")[:length])
        if name in CATALOG:
            return CATALOG[name].summary
    return ""
