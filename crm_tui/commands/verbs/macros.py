"""What the commands that keep macros call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.commands.macro_files import Found
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def listed(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.commands import macro_files
    from crm_tui.services.session import Outcome

    found = macro_files.every(session)
    message = ngettext("{n} macro", "{n} macros", len(found)).format(n=len(found))
    return Outcome(message, lines=tuple(_line(one) for one in found), data=tuple(_record(one) for one in found))


def _line(one: Found) -> str:
    if one.macro is None:
        return f"! {one.name}  {one.fault}"
    asks = " ".join(f"{p.name}={p.default if p.default is not None else '…'}" for p in one.macro.parameters)
    each = _("on each") if one.macro.each else ""
    return f"  {one.name}  " + "  ".join(part for part in (each, asks, one.macro.about) if part)


def _record(one: Found) -> dict[str, object]:
    macro = one.macro
    return {
        "name": one.name, "file": one.path.name, "mine": one.mine, "about": macro.about if macro else None,
        "parameters": {p.name: p.default for p in macro.parameters} if macro else None,
        "each": macro.each if macro else None, "fault": str(one.fault) if one.fault else None,
    }  # fmt: skip


def shown(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.commands import macro_files
    from crm_tui.services.session import Outcome

    macro = macro_files.find(session, values["name"])
    data = ({"name": macro.name, "text": macro.text},)
    return Outcome(macro.about or macro.name, lines=macro.lines, data=data)


def edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.commands import macro_files
    from crm_tui.services.session import Outcome

    path = macro_files.edit(session, values["name"], values["text"], values.get("version"))
    return Outcome(_("{name} is kept").format(name=path.name), data=({"name": values["name"], "file": path.name},))


def remove(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.commands import macro_files
    from crm_tui.services.session import Outcome

    name = macro_files.remove(session, values["name"])
    return Outcome(_("{name} removed").format(name=name), data=({"name": name},))


def rename(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.commands import macro_files
    from crm_tui.services.session import Outcome

    name = macro_files.rename(session, values["name"], values["new"])
    return Outcome(_("{old} is called {new} now").format(old=values["name"], new=name), data=({"name": name},))
