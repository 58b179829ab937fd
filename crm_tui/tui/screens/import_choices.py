"""What the import screen asks: a field for a column, and what holds for the table as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from crm_tui.commands.importing import CUSTOMERS, Look, fitting
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import N_, _
from crm_tui.domain.profile_fields import CUSTOM
from crm_tui.domain.text import clean
from crm_tui.tui.screens import import_lines as shown
from crm_tui.tui.widgets.menu import Item

if TYPE_CHECKING:
    from crm_tui.tui.screens.importing import ImportScreen

_TYPED = "="
"""The item of a menu that asks for a value of one's own."""
_USUAL: Mapping[str, tuple[tuple[str, str], ...]] = {
    "encoding": (
        ("utf-8", ""), ("gb18030", N_("GBK, GB 2312: simplified Chinese")), ("big5", N_("traditional Chinese")),
        ("utf-16", ""), ("cp1252", N_("Western, of Windows")), ("shift_jis", N_("Japanese")), ("euc-kr", N_("Korean")),
    ),
    "separator": ((",", ""), (";", ""), ("tab", ""), ("|", "")),
    "same": (
        ("name", N_("the name, and nothing that speaks against it")), ("phone", ""), ("email", ""), ("tax_number", ""),
        ("id", N_("the customer's number here")), ("phone,email", ""), ("name,phone", ""),
    ),
}  # fmt: skip
"""What is offered where the kind of the argument offers nothing."""


def options(look: Look) -> list[str]:
    """What can be chosen for this table: the options that the command has, and what is brought in."""
    every = look.call.command.options
    given = {name: "x" for name, __ in shown.CHOICES if name in every}
    kept = fitting(type(look.call)(look.call.command, {**given, "as": look.kind})).values
    reading = look.plan.table.reading
    lacks = {"sheet": reading.sheet, "encoding": reading.encoding, "separator": reading.delimiter, "format": None}
    return [name for name in kept if name not in lacks or lacks[name] is not None]


# -- a column


def field(place: ImportScreen, look: Look, index: int) -> None:
    """Offer the fields for a column, the one that it fills first under the cursor."""
    from crm_tui.services.imports import previews

    now = look.plan.places[index]
    names = previews.fields(look.kind)
    filled = dict(zip(look.plan.places, look.plan.headings, strict=True))
    items = [Item("", _(shown.LEFT_OUT))]
    for name in names:
        told = _("now: {heading}").format(heading=filled[name]) if name in filled else ""
        title = shown.title(name)
        items.append(Item(name, name, "", " · ".join(filter(None, (title.removeprefix(name).strip(" ()"), told)))))
    if look.kind == CUSTOMERS:
        items.append(Item(CUSTOM, _("a field of one's own"), "", _("its name is asked for")))
    heading = clean(look.plan.headings[index], 40) or shown.name_of(look, index)
    at = next((n for n, item in enumerate(items) if item.name == now), 0)
    place.choose(_("{heading} →").format(heading=heading), items, partial(_take, place, look, index), at=at)


async def _take(place: ImportScreen, look: Look, index: int, name: str) -> None:
    if name == CUSTOM:
        _ask_own(place, look, index)
    else:
        put(place, look, index, name)


def column(place: ImportScreen, look: Look, index: int, what: str, name: str) -> None:
    """What becomes of a column, said in a word."""
    match what:
        case "field" if not name:
            field(place, look, index)
        case "field":
            put(place, look, index, name)
        case "out":
            put(place, look, index, "")
        case "own" if not name:
            _ask_own(place, look, index)
        case "own":
            put(place, look, index, CUSTOM + name.removeprefix(CUSTOM))
        case _:
            put(place, look, index, None)


def put(place: ImportScreen, look: Look, index: int, field_name: str | None) -> None:
    """Have the column fill that field ("" for none, None for what its heading means), and no other column fill it."""
    name, said = _name(look, index), shown.chosen(place.call)
    said.pop(name, None)
    if field_name:
        said = {heading: other for heading, other in said.items() if other != field_name}
    if field_name is not None:
        said[name] = field_name
    place.choose_for(map=tuple(f"{heading}={other}" for heading, other in said.items()) or None)


def _name(look: Look, index: int) -> str:
    """By what the column is named. CrmError for one that cannot be."""
    heading = look.plan.headings[index]
    if "=" in heading:
        raise CrmError(_('a heading with "=" cannot be mapped: change it in the file'))
    if heading and look.plan.headings.index(heading) != index:
        raise CrmError(_("two columns are called {heading}: only the first can be mapped").format(heading=heading))
    return shown.name_of(look, index)


def _ask_own(place: ImportScreen, look: Look, index: int) -> None:
    if look.kind != CUSTOMERS:
        raise CrmError(_("only customers have fields of one's own"))
    heading = clean(_name(look, index), 60)
    place.ask(_Typed(place, partial(_own, place, look, index)), _("field of one's own: "), heading)


def _own(place: ImportScreen, look: Look, index: int, text: str) -> None:
    put(place, look, index, CUSTOM + text.removeprefix(CUSTOM))


# -- the table as a whole


async def choice(place: ImportScreen, name: str, value: str) -> None:
    """Ask for one of the choices; with a value it is taken, `-` for none."""
    look = place.looked_at()
    if name not in options(look):
        message = _("there is no choice of {name} for {kind} in this file")
        raise UsageError(message.format(name=name, kind=_(look.kind)), name, 0)
    if value:
        _chosen(place, name, value)
        return
    argument = look.call.command.options[name]
    found = await place.desk.run(argument.kind.suggest, place.session)
    if name == "sheet":
        found = [(text, "") for text in getattr(look.plan.table, "others", ())]
    offered = [(text, told) for text, told in (_USUAL.get(name) or found)]
    items = [Item("-", _("as it comes"), "", _("nothing is chosen"))] if name != "as" else []
    items += [Item(text, text, "", _(told) if told else "") for text, told in offered]
    if name in ("encoding", "separator", "same", "assign", "sheet", "owner"):
        items.append(Item(_TYPED, _("another …"), "", _("is typed")))
    now = str(look.call.values.get(name, "-"))
    at = next((n for n, item in enumerate(items) if item.name == now), 0)
    place.choose(argument.help and _(argument.help), items, partial(_picked, place, name), at=at)


async def _picked(place: ImportScreen, name: str, value: str) -> None:
    if value != _TYPED:
        _chosen(place, name, value)
        return
    now = place.looked_at().call.values.get(name, "")
    place.ask(_Typed(place, partial(_chosen, place, name)), f"{name}: ", str(now))


def _chosen(place: ImportScreen, name: str, value: str) -> None:
    given = None if value in ("", "-") else value
    if name == "as":  # the columns of another kind of table have other fields
        place.choose_for(map=None, **{"as": value})
    elif name in ("owner", "assign"):  # one of the two
        place.choose_for(**{"owner": None, "assign": None, name: given})
    else:
        place.choose_for(**{name: given})


class _Typed:
    """A text that is asked for."""

    def __init__(self, place: ImportScreen, then: partial[None]) -> None:
        self._place, self._then = place, then

    def typed(self, text: str) -> None:
        """Nothing is said of it before it is sent."""

    async def sent(self, text: str) -> None:
        """Take it."""
        if not text.strip():
            raise UsageError(_("something is needed; Esc leaves it"))
        self._place.prompt.close()
        self._then(text.strip())

    async def dropped(self, text: str) -> None:
        """It stays as it was."""
        self._place.say(_("nothing was changed"))
