"""Saved views: lists under a name, with filter, columns and sort, shown with the viewer's own rights (DOMAIN §8).

One's own names go before those that others share. A view says what to look for, never what one may see: `owner:me` is
whoever looks, and what the viewer cannot read is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.filters import Or
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.nearest import nearest
from crm_tui.domain.text import ascii_twin, clean
from crm_tui.services import columns, lists
from crm_tui.services.columns import Chosen
from crm_tui.services.lists import Query
from crm_tui.services.session import Outcome, Session
from crm_tui.store import people, pools, views

SHARES = {"": N_("own"), "team": N_("for the team"), "everyone": N_("for everyone")}
_LONGEST = 40
_EMPTY = {"shared": "", "letter": "", "filter": "", "columns": "", "sort": ""}


@dataclass(frozen=True)
class View:
    """A saved view. `owner` is a login, `mine` whether that is the viewer; the texts are as typed."""

    id: int
    name: str
    owner: str
    mine: bool
    shared: str
    letter: str
    filter: str
    columns: str
    sort: str

    @property
    def about(self) -> str:
        """What it shows, in a line: filter, sort, columns, whose it is."""
        parts = [
            self.filter or _("all"),
            _("sorted by {field}").format(field=self.sort) if self.sort else "",
            self.columns.rstrip(",").replace(",", " "),
            "" if self.mine else _("by {owner}").format(owner=self.owner),
        ]
        return "  ·  ".join(part for part in parts if part)


def seen(session: Session) -> list[View]:
    """The views that the user can open: own ones, then those shared, without those whose name is taken."""
    person = session.person
    found: dict[str, View] = {}
    for row in views.seen(session.database, person.id, person.team_id):
        view = View(
            row.id, row.name, row.owner, row.user_id == person.id, row.shared, row.letter, row.filter, row.columns,
            row.sort,
        )  # fmt: skip
        found.setdefault(row.name.casefold(), view)
    return list(found.values())


def find(session: Session, name: str) -> View:
    """The view of that name; UsageError with the nearest one."""
    every = seen(session)
    view = next((one for one in every if one.name.casefold() == name.strip().casefold()), None)
    if view is None:
        hint = nearest(name[:_LONGEST], [one.name.casefold() for one in every])
        raise UsageError(_('there is no view "{name}"{hint}').format(name=name, hint=hint), name, 0)
    return view


def lettered(session: Session, letter: str) -> View:
    """The view that this letter opens, an own one before a shared one; CrmError where there is none."""
    view = next((one for one in seen(session) if one.letter == letter), None)
    if view is None:
        message = _('no view has the letter "{letter}": views save NAME --letter {letter} gives it')
        raise CrmError(message.format(letter=letter))
    return view


def opened(session: Session, view: View) -> tuple[Query, tuple[Chosen, ...]]:
    """The list that the view is for this user, and its columns; CrmError where the user cannot read what it names."""
    try:
        lists.read(session, view.filter)
        order = lists.sort_order(view.sort) if view.sort else None
        return Query(view.filter, order=order), columns.read(view.columns)
    except UsageError as error:
        message = _('the view "{name}" does not work here: {reason}')
        raise CrmError(message.format(name=view.name, reason=error)) from None


def within(session: Session, query: Query) -> str:
    """The filter of a list as one text, its stage tab and its pool among it."""
    text = query.filter.strip()
    before = [f"stage:{query.stage}"] if query.stage else []
    if query.within is not None:
        before.append(_place(session, query.within))
    if before and text and isinstance(lists.read(session, text), Or):
        text = f"({text})"
    return " ".join([*before, text]).strip()


def _place(session: Session, common: lists.Within) -> str:
    if common.kind == "owner":
        if common.id == session.person.id:
            return "owner:me"
        return f"owner:{people.of_ids(session.database, [common.id])[common.id].login}"
    name = next(pool.name for pool in pools.every(session.database, session.sight) if pool.id == common.id)
    return f"pool:{name}" if name.isalnum() else 'pool:"{}"'.format(name.replace('"', '""'))


# -- changing them


def save(
    session: Session, name: str, *, filter: str | None = None, columns: str | None = None,  # noqa: A002
    sort: str | None = None, shared: str | None = None, letter: str | None = None,
) -> Outcome:  # fmt: skip
    """Keep a list under a name, in the place of an own one of that name. The texts must be read already.

    What is None stays as it is. UsageError for a name or letter that cannot be one, and for a new view of nothing;
    NotAllowed for sharing what one may not share so.
    """
    name = _name(name)
    texts = {"filter": filter, "columns": columns, "sort": sort, "shared": shared}
    given = {key: text.strip() for key, text in texts.items() if text is not None}
    if shared is not None:
        _check_share(session, shared)
    if letter is not None:
        given["letter"] = _letter(letter)
    with session.changing() as change:
        mine = {view.name.casefold(): view for view in seen(session) if view.mine}
        known = mine.get(name.casefold())
        for view in mine.values():
            if letter and view.letter == given["letter"] and view is not known:
                change.update("saved_view", [view.id], letter="")
        if known is None:
            if not given.keys() & {"filter", "columns", "sort"}:
                raise UsageError(_("what does it show? --filter, --columns or --sort say it"), name, 0)
            [key] = change.insert("saved_view", [{"user_id": session.person.id, "name": name, **_EMPTY, **given}])
            message = _("view {name} saved").format(name=name)
        else:
            key, name = known.id, known.name
            change.update("saved_view", [key], **given)
            message = _("view {name} saved anew").format(name=name)
        return _done(session, change, key, message)


def rename(session: Session, name: str, new: str) -> Outcome:
    """Give an own view another name; UsageError for one that is taken."""
    new = _name(new)
    with session.changing() as change:
        view = _own(session, name)
        if any(one.mine and one.id != view.id and one.name.casefold() == new.casefold() for one in seen(session)):
            raise UsageError(_('there is a view "{name}" already').format(name=new), new, 0)
        change.update("saved_view", [view.id], name=new)
        return _done(session, change, view.id, _("view {name} is called {new}").format(name=view.name, new=new))


def remove(session: Session, name: str) -> Outcome:
    """Remove an own view."""
    with session.changing() as change:
        view = _own(session, name)
        change.delete("saved_view", [view.id])
        message = _("view {name} removed").format(name=view.name)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id, data=(record(view),))


def _done(session: Session, change: Any, key: int, message: str) -> Outcome:
    data = tuple(record(view) for view in seen(session) if view.id == key)
    if change.is_empty():
        return Outcome(_("it is so already"), data=data)
    change.summarize(message)
    return Outcome(message, entry_id=change.entry_id, data=data)


def _own(session: Session, name: str) -> View:
    view = find(session, name)
    if not view.mine:
        raise NotAllowed(_("view {name} is of {owner}: one changes one's own").format(name=view.name, owner=view.owner))
    return view


def _name(name: str) -> str:
    found = clean(name, limit=_LONGEST)
    if not found or found.startswith("-"):
        raise UsageError(_('"{name}" cannot name a view').format(name=name), name, 0)
    return found


def _letter(letter: str) -> str:
    found = ascii_twin(letter.strip())
    if found and not (len(found) == 1 and found.isascii() and found.isalnum()):
        raise UsageError(_('"{letter}" is no letter or digit').format(letter=letter), letter, 0)
    return found


def _check_share(session: Session, shared: str) -> None:
    """NotAllowed unless the user may share so: a lead with the team, an administrator with everyone."""
    session.refresh()
    role = session.person.role
    if shared == "everyone" and role != "admin":
        raise NotAllowed(_("only administrators share a view with everyone"))
    if shared == "team":
        user = people.by_id(session.database, session.person.id)
        if role not in ("lead", "admin") or user is None or not people.led_teams(session.database, user):
            raise NotAllowed(_("only a team's lead shares a view with the team"))


# -- telling of them


def record(view: View) -> dict[str, Any]:
    """A view as `views --json` prints it."""
    return {
        "name": view.name, "owner": view.owner, "shared": view.shared, "letter": view.letter, "filter": view.filter,
        "columns": view.columns, "sort": view.sort,
    }  # fmt: skip


def told(session: Session) -> Outcome:
    """The views that the user can open, one a line."""
    session.refresh()
    every = seen(session)
    if not every:
        return Outcome(_("no saved views: views save NAME keeps what a list shows"))
    lines = tuple(f"{view.letter or ' '}  {view.name}  ·  {view.about}" for view in every)
    n = len(every)
    message = ngettext("{n} saved view", "{n} saved views", n).format(n=n)
    return Outcome(message, lines=lines, data=tuple(map(record, every)))


def narrowed(query: Query, text: str) -> Query:
    """The list of a view under a further filter."""
    text = text.strip()
    if not text or not query.filter:
        return query.with_filter(text or query.filter)
    return replace(query, filter=f"({query.filter}) ({text})")
