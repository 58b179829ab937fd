"""The form of a command: its arguments as fields to fill in, and what was filled in as the command's arguments again.

Nothing here knows a screen. What a form asks is exactly what the line could have said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.commands import fact_kinds, kinds, macro_files, reasons
from crm_tui.commands.dispatch import Prepared
from crm_tui.commands.language import Call, split
from crm_tui.commands.macros import LONGEST
from crm_tui.commands.registry import Argument
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.merge import Difference, merge
from crm_tui.domain.profile import as_typed
from crm_tui.domain.profile import fields as profile_fields
from crm_tui.domain.profile_fields import CHANNELS, CUSTOM, FIELD, KINDS, ROLES, Field
from crm_tui.domain.sales import CONFIDENCES
from crm_tui.domain.stages import FIRST, LOST_REASONS, STAGES, Choice, move, neighbour
from crm_tui.services import contacts, factors, profiles
from crm_tui.services.meeting import Before
from crm_tui.services.session import Session
from crm_tui.store import customers

Look = Literal["text", "long", "page", "choice", "yesno", "date"]
Choices = tuple[tuple[str, str], ...]

_NEW_FIELDS = ("phone", "email", "wechat", "region", "industry", "source", "address")
_LIMIT = 1_000
_LONG_LIMIT = 100_000


class Asked(Struct, frozen=True):
    """A field of a form. `argument` is the argument that it belongs to; `field` the profile field it sets, if any."""

    name: str
    label: str
    look: Look
    value: str
    argument: str
    field: str = ""
    required: bool = False
    choices: Choices = ()
    limit: int = _LIMIT

    def is_changed(self, value: str) -> bool:
        """Whether this is another value; the widget of a page drops the line breaks at its end."""
        if self.look == "page":
            return value.rstrip("\n") != self.value.rstrip("\n")
        return value != self.value


class Sheet(Struct, frozen=True):
    """A form: its key (under which a draft is kept), title and fields. `version` guards the row that it edits, whose id
    is `row`.
    """

    key: str
    title: str
    fields: tuple[Asked, ...]
    version: int | None = None
    row: int = 0


def sheet(session: Session, call: Call, ids: Sequence[int]) -> Sheet:
    """The form of a command for these customers, filled in with what is known or given already.

    Raises CrmError when the customer or contact is not there.
    """
    name = call.command.name
    who = _who(session, ids)
    title = f"{name}: {who}" if who else name
    if name in ("log", "done") and len(ids) == 1 and (buys := factors.shown(session, ids[0])):
        title = f"{title}  ·  {buys}"
    key = name if len(ids) > 1 else " ".join([name, *map(str, ids)])
    if name == "edit":
        return _edit(session, ids, key, title)
    if name == "contact edit":
        return _edit_contact(session, call)
    if name in _FACTS:
        return _edit_fact(session, call)
    if name == "macros edit":
        return _edit_macro(session, call)
    if name == "play":
        return _parameters(session, call)
    asked: list[Asked] = []
    for argument in call.command.arguments:
        if argument.kind is kinds.ASSIGNMENT:
            asked += _contact_fields({}) if name == "contact add" else [_of_field(FIELD[f], "") for f in _NEW_FIELDS]
        elif argument.name not in ("version", "anyway", "owner"):
            asked.append(_of_argument(session, call, argument, ids))
    return Sheet(key, title, tuple(field for field in asked if field.name))


def _who(session: Session, ids: Sequence[int]) -> str:
    if len(ids) == 1:
        return session.one(ids[0]).name
    return _("{n} customers").format(n=f"{len(ids):,}") if ids else ""


def _of_argument(session: Session, call: Call, argument: Argument, ids: Sequence[int]) -> Asked:
    given = call.values.get(argument.name)
    value = given if isinstance(given, str) else ""
    if not value and argument.fill is not None:
        value = argument.fill(session, ids)
    look: Look = "text"
    choices: Choices = ()
    if argument.flag:
        look, value = "yesno", "yes" if given else "no"
    elif argument.kind in (kinds.WHEN, kinds.PAST, fact_kinds.DAY):
        look = "date"
    elif argument.kind.long:
        look = "long"
    elif argument.kind is kinds.CHANNEL:
        look, choices = "choice", _listed(CHANNELS)
    elif argument.kind is kinds.CUSTOMER_KIND:
        look, choices = "choice", (("", _("guess from the name")), *_listed(KINDS))
    elif argument.kind is fact_kinds.CONFIDENCE:
        look, choices, value = "choice", _listed(CONFIDENCES), value or "middle"
    elif argument.kind is kinds.STAGE:
        look, choices, value = "choice", tuple((s.identifier, s.title) for s in STAGES), value or FIRST
    elif argument.name == "contact" and argument.kind is kinds.NUMBER:
        choices = (("", "–"), *_people(session, ids))
        look = "choice"
    limit = _LONG_LIMIT if argument.kind.long else _LIMIT
    return Asked(argument.name, _(argument.title), look, value, argument.name, "", argument.required, choices, limit)


def _listed(choices: Sequence[Choice]) -> Choices:
    return tuple((choice.identifier, choice.title) for choice in choices)


def _people(session: Session, ids: Sequence[int]) -> Choices:
    if len(ids) != 1:
        return ()
    return tuple((str(key), name) for key, name in contacts.names(session, ids[0]))


def _of_field(field: Field, value: str) -> Asked:
    look: Look = "long" if field.type == "long_text" else "text"
    choices: Choices = ()
    if field.type in ("choice", "yes_no"):
        options = field.choices or (Choice("yes", _("yes")), Choice("no", _("no")))
        look, choices = "choice", (("", "–"), *_listed(options))
    limit = _LONG_LIMIT if look == "long" else _LIMIT
    name = f"field.{field.identifier}"
    return Asked(name, field.title, look, value, "fields", field.identifier, False, choices, limit)


def _contact_fields(values: Mapping[str, str]) -> list[Asked]:
    labels = {name: FIELD[name].title if name in FIELD else _(name) for name in contacts.FIELDS}
    asked = []
    for name in contacts.FIELDS:
        if name == "name" and not values:
            continue
        choices: Choices = (("", "–"), *_listed(ROLES)) if name == "role" else ()
        look: Look = "choice" if choices else "text"
        asked.append(Asked(f"field.{name}", labels[name], look, values.get(name) or "", "fields", name, False, choices))
    return asked


def _edit(session: Session, ids: Sequence[int], key: str, title: str) -> Sheet:
    if len(ids) == 1:  # the form shows what is there: only to those who may change it
        facts = session.one_to_change(ids[0])
        values, __ = customers.values(session.database, facts.id)
    else:
        facts, values = session.one(ids[0]), {}
    known = profile_fields(facts.kind)
    asked = [_of_field(field, as_typed(field, str(values.get(field.identifier) or ""))) for field in known]
    asked += [
        Asked(f"field.{CUSTOM}{name}", name, "text", str(values[name]), "fields", f"{CUSTOM}{name}")
        for name in values
        if name not in FIELD and name not in customers.column_names()
    ]
    note = str(values.get("note") or "")
    asked.append(Asked("field.note", _("note"), "long", note, "fields", "note", limit=_LONG_LIMIT))
    if len(ids) > 1:  # the name cannot be the same for several
        return Sheet(key, title, tuple(asked[1:]))
    return Sheet(key, title, (replace(asked[0], required=True), *asked[1:]), facts.version, facts.id)


def _edit_contact(session: Session, call: Call) -> Sheet:
    number = kinds.NUMBER.read(session, str(call.values.get("contact", "")))
    facts, values, version = contacts.to_change(session, number)
    title = f"{facts.name}: {values['name']}"
    return Sheet(f"contact edit {number}", title, tuple(_contact_fields(values)), version, number)


_FACTS = ("deal edit", "product edit")


def _edit_fact(session: Session, call: Call) -> Sheet:
    """The fields of a deal or a product, for who may change it."""
    from crm_tui.services import deals, products

    name = call.command.name
    typed = str(call.values.get(name.partition(" ")[0], ""))
    if name == "deal edit":
        deal = deals.find(session, typed)
        session.one_to_change(deal.customer_id)
        key, version, texts = deal.id, deal.version, deals.texts(session, deal)
        title = f"{deal.customer}: {deal.number or f'#{deal.id}'}"
    else:
        product = products.find(session, typed, archived=True)
        key, version, texts, title = product.id, product.version, products.texts(session, product), product.name
    asked = [
        Asked(f"field.{field}", _(field), "long" if field == "note" else "text", text, "fields", field)
        for field, text in texts.items()
    ]
    return Sheet(f"{name} {key}", title, tuple(asked), version, key)


def _edit_macro(session: Session, call: Call) -> Sheet:
    name = str(call.values.get("name", ""))
    path, text = macro_files.text_of(session, name)
    asked = Asked("text", name, "page", text, "text", "", True, (), LONGEST)
    return Sheet(f"macros edit {name}", str(path), (asked,), macro_files.version_of(text))


def _parameters(session: Session, call: Call) -> Sheet:
    """The parameters of a macro, with their defaults."""
    name = str(call.values.get("name", ""))
    asked = [
        Asked(f"set.{one.name}", one.name, "text", one.default or "", "set", one.name, one.default is None)
        for one in macro_files.find(session, name).parameters
    ]
    return Sheet(f"play {name}", f"play {name}", tuple(asked))


class Met(Struct, frozen=True):
    """What others have changed meanwhile in the row that a form edits: who, and the fields by name, with three values.

    A `Difference` is of a form's field, its values as they are typed.
    """

    who: str
    differences: Mapping[str, Difference]

    def place(self, asked: Asked) -> int:
        """Where a field stands in the form: first what others changed, then what one changed oneself, then the rest."""
        one = self.differences.get(asked.name)
        return 2 if one is None else 0 if one.must_be_seen else 1


def _editing(name: str) -> Any:
    """The service whose rows a form changes, by the name of its command."""
    from crm_tui.services import deals, products

    services = {"contact": contacts, "deal": deals, "product": products}
    return services.get(name.partition(" ")[0], profiles)


def met(session: Session, form: Sheet, version: int | None, typed: Mapping[str, str]) -> tuple[Sheet, Met | None]:
    """The form with a field for all that was typed for an earlier version of its row, and what others changed since.

    None when they changed none of its fields. `typed` is by the names of the fields.
    """
    known = {asked.name for asked in form.fields}
    own = f"field.{CUSTOM}"
    lost = [name for name in typed if name not in known and name.startswith(own)]
    added = [Asked(name, name.removeprefix(own), "text", "", "fields", name.removeprefix("field.")) for name in lost]
    form = replace(form, fields=(*form.fields, *added))
    if version in (None, form.version):
        return form, None
    is_file = form.key.startswith("macros edit")  # nobody keeps what a file was
    then = Before(None) if is_file else _editing(form.key).before(session, form.row, version)
    before = None if then.texts is None else {f"field.{name}": text for name, text in then.texts.items()}
    theirs = {asked.name: asked.value for asked in form.fields}
    found = merge(before, theirs, {name: text for name, text in typed.items() if name in theirs})
    if not any(one.must_be_seen for one in found):
        return form, None
    shown = {one.field: one for one in found if one.state not in ("unchanged", "same") and one.field in theirs}
    return form, Met(then.who, shown)


class Reason(Struct, frozen=True):
    """A reason that is to be asked for: the question, and what may be chosen, each with its meaning."""

    question: str
    candidates: Choices = ()


def reason_wanted(session: Session, prepared: Prepared) -> Reason | None:
    """What to ask before what wants a reason is done without one: customers moved back, or to lost (DOMAIN §2), given
    back, protected, blocked (§4 P13, P14, P23); None when nothing.
    """
    name = prepared.call.command.name
    if prepared.values.get("reason"):
        return None
    always = reasons.WANTED.get(name)
    if always is not None:
        return Reason(_(always.question), _listed(always.choices))
    if name not in ("stage", "advance", "retreat"):
        return None
    seen, __ = session.see(prepared.ids)
    targets: set[str] = set()
    for facts in seen:
        beside = neighbour(facts.stage, 1 if name == "advance" else -1)
        to = prepared.values["stage"] if name == "stage" else beside.identifier if beside else facts.stage
        if move(facts.stage, to).needs_reason:
            targets.add(to)
    if not targets:
        return None
    if "lost" in targets:
        return Reason(_("why lost"), _listed(LOST_REASONS))
    titles = " / ".join(stage.title for stage in STAGES if stage.identifier in targets)
    return Reason(_("why back to {stage}").format(stage=titles))


def filled(call: Call, form: Sheet, values: Mapping[str, str]) -> Call:
    """The call with what was filled in: given fields that differ from what they were, and all other arguments."""
    given: dict[str, str | tuple[str, ...] | bool] = {}
    before = call.values.get("fields")
    fields = list(before) if isinstance(before, tuple) else []  # a later assignment of the same field wins
    parameters: list[str] = []
    for asked in form.fields:
        value = values.get(asked.name, asked.value)
        if asked.argument == "set":
            parameters += [f"{asked.field}={value}"] if value != asked.value else []
        elif asked.field:
            if value != asked.value:
                fields.append(f"{asked.field}={value}")
        elif asked.look == "yesno":
            if value == "yes":
                given[asked.argument] = True
        elif value.strip():
            given[asked.argument] = _words(value) if _is_many(call, asked) else value
    for name, before in call.values.items():
        if name not in {asked.argument for asked in form.fields}:
            given[name] = before
    if fields:
        given["fields"] = tuple(fields)
    if parameters:
        given["set"] = tuple(parameters)
    if form.version is not None:
        given["version"] = str(form.version)
    return replace(call, values=given, positions={}, line="")


def _is_many(call: Call, asked: Asked) -> bool:
    return any(a.name == asked.argument and a.many for a in call.command.arguments)


def _words(value: str) -> tuple[str, ...]:
    """The words of a field that takes several; an open quote is one of its signs."""
    try:
        return tuple(word.text for word in split(value))
    except UsageError:
        return tuple(value.split())


def proposed(call: Call, form: Sheet, sent: Call) -> frozenset[str]:
    """The arguments of the call that is sent which the form proposed and nobody typed: not `call`'s own, none that it
    needs.
    """
    return frozenset(
        asked.argument
        for asked in form.fields
        if not (asked.field or asked.required or asked.argument in call.values)
        and sent.values.get(asked.argument) == asked.value
    )


def check(session: Session, call: Call, form: Sheet, name: str, value: str) -> str | None:
    """What is wrong with a value of the form, or None."""
    asked = next(field for field in form.fields if field.name == name)
    argument = next(a for a in call.command.arguments if a.name == asked.argument)
    try:
        if asked.argument == "set":
            return None if value.isprintable() else _("a value is one line of text")
        if asked.field:
            if call.command.name not in _FACTS or value != asked.value:  # what is there already, was checked
                _editing(call.command.name).check(session, {asked.field: value})
        elif asked.look in ("date", "text") and value.strip():
            for word in _words(value) if argument.many else (value,):
                argument.kind.read(session, word)
    except UsageError as error:
        return str(error)
    return None


def hint(session: Session, form: Sheet, name: str, value: str) -> str | None:
    """What a date means, its weekday and a warning for a holiday."""
    asked = next(field for field in form.fields if field.name == name)
    if asked.look != "date" or not value.strip():
        return None
    try:
        told = fact_kinds.said_day if asked.name in ("due", "from", "until") else kinds.said
        return (kinds.said_past if asked.name == "at" else told)(session, value)
    except UsageError:
        return None
