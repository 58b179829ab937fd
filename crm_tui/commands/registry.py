"""What a command is: a name, typed arguments, a target, a help line. Nothing here knows any particular command."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.services.session import Outcome, Session

Suggestion = tuple[str, str]
"""What may be typed, and what it means."""

Target = Literal["none", "one", "rows"]
"""What a command acts on: nothing, one customer, or any number of them."""


class Kind(Struct, frozen=True):
    """A kind of argument: how its text is read (raising UsageError), and what to offer for completion."""

    name: str
    read: Callable[[Session, str], Any] = lambda session, text: text
    suggest: Callable[[Session], Sequence[Suggestion]] = lambda session: ()
    long: bool = False
    """Several lines, or the rest of the line, where it is asked for."""
    pure: bool = False
    """Whether `read` looks at the text alone, and at no session."""


class Argument(Struct, frozen=True):
    """An argument; positional unless `option`. A `flag` is an option without a value."""

    name: str
    kind: Kind
    help: str
    required: bool = False
    many: bool = False
    option: bool = False
    flag: bool = False
    fill: Callable[[Session, Sequence[int]], str] | None = None
    """What a form shows in it at first, for the customers that it is opened on."""

    @property
    def takes_rest(self) -> bool:
        """Whether it takes the rest of the line as it stands, quotes and all: filter text."""
        return self.kind.long and self.many

    @property
    def title(self) -> str:
        """Its name as people read it."""
        return self.name.replace("_", " ")


Verb = Callable[["Session", Mapping[str, Any], Sequence[int]], "Outcome"]


class Command(Struct, frozen=True):
    """A command of the catalogue.

    `verb` changes or reads data: (session, values, customer ids) → Outcome. `view` is the name of a method of the
    place where one is (a screen, or the shell), called with the arguments' values in order; a place that has no such
    method refuses the command. A command has one of the two.
    """

    name: str
    help: str
    verb: Verb | None = None
    view: str = ""
    arguments: tuple[Argument, ...] = ()
    target: Target = "none"
    changes: bool = False
    ask: Literal["", "missing", "bare"] = ""
    """On the screens: ask for what is missing by a prompt, or open a form when nothing was given."""
    refusal: Callable[[Session], str | None] = field(default=lambda session: None)
    """Why it cannot run now, for this user; None when it can."""
    preview: Verb | None = None
    """What `--dry-run` runs instead, where what would be done can be told without doing it and taking it back."""
    bulk: Callable[[Session, Mapping[str, Any]], int] | None = None
    """How many customers it would change with these values, where these are not its targets. UsageError, NotAllowed
    for what the verb would refuse as a whole."""
    caution: str = ""
    """What is asked on the screens before it is done, however few it changes; a shell does not ask."""
    shows_first: bool = False
    """Whether what `preview` tells is shown before it is asked whether to do it."""
    ahead: Callable[[Session, Mapping[str, Any]], None] | None = None
    """What can be told of its values together, as they are read, before there is a customer. UsageError, NotAllowed
    for what the verb would refuse for any."""
    writes_file: bool = False
    """Whether it writes a file, over one that is there with --yes: its verb finds the call's flags as values["flags"].
    """
    needs: Literal["change", "move", ""] = "change"
    """What one must be allowed to do with a single customer for arguments to be asked at all: to change it, or to give
    it into other hands. For commands that change their targets."""

    @property
    def positional(self) -> tuple[Argument, ...]:
        """The arguments that have no name before them, in order."""
        return tuple(a for a in self.arguments if not a.option and not a.flag)

    @property
    def options(self) -> dict[str, Argument]:
        """The arguments that are written `--name`, by that name."""
        return {a.name.replace("_", "-"): a for a in self.arguments if a.option or a.flag}

    @property
    def usage(self) -> str:
        """How it is written: `stage STAGE [ID…] [--reason TEXT]`."""
        parts = [self.name]
        for a in self.positional:
            word = a.name.upper() + ("…" if a.many else "")
            parts.append(word if a.required else f"[{word}]")
        if self.target == "rows":
            parts.append("[ID…]")
        elif self.target == "one":
            parts.append("[ID]")
        for name, a in self.options.items():
            parts.append(f"[--{name}]" if a.flag else f"[--{name} {a.kind.name.upper()}]")
        return " ".join(parts)

    @property
    def summary(self) -> str:
        """Its help line in the reader's language."""
        return _(self.help)
