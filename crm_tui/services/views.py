"""Saved views: lists under a name, with filter, columns and sort, shown with the viewer's own rights (DOMAIN §8).

One's own names go before those that others share. A view says what to look for, never what one may see: `owner:me` is
whoever looks, and what the viewer cannot read is an error.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.filters import Or
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.nearest import nearest
from crm_tui.domain.text import ascii_twin, clean, fold
from crm_tui.services import columns, lists
from crm_tui.services.columns import Chosen
from crm_tui.services.lists import Query
from crm_tui.services.session import Outcome, Session
from crm_tui.store import people, pools, views

SHARES = {"": N_("own"), "team": N_("for the team"), "everyone": N_("for everyone")}
_LONGEST = 40
_EMPTY = {"shared": "", "letter": "", "filter": "", "columns": "", "sort": ""}


class View(Struct, frozen=True):
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
            _(SHARES[self.shared]) if self.shared else "",
        ]
        return "  ·  ".join(part for part in parts if part)


def key(name: str) -> str:
    """The form of a name by which views are told apart and found: without case, full-width as ASCII."""
    return fold(ascii_twin(clean(name)))


def seen(session: Session) -> list[View]:
    """The views that the user can open: own ones, then those shared, without those whose name is taken.

    Of several with one letter the user's own has it, else the one that was there first; the others show none.
    """
    person = session.person
    found: dict[str, View] = {}
    for row in views.seen(session.database, person.id, person.team_id):
        view = View(
            row.id, row.name, row.owner, row.user_id == person.id, row.shared, row.letter, row.filter, row.columns,
            row.sort,
        )  # fmt: skip
        found.setdefault(key(row.name), view)
    holders: dict[str, int] = {}
    for view in sorted(found.values(), key=lambda one: (not one.mine, one.id)):
        holders.setdefault(view.letter, view.id)
    return [view if holders[view.letter] == view.id else replace(view, letter="") for view in found.values()]


def named(session: Session, name: str) -> View | None:
    """The view of that name; None for none."""
    wanted = key(name)
    return next((one for one in seen(session) if key(one.name) == wanted), None)


def find(session: Session, name: str) -> View:
    """The view of that name; UsageError with the nearest one."""
    view = named(session, name)
    if view is None:
        hint = nearest(key(name)[:_LONGEST], [one.name.casefold() for one in seen(session)])
        raise UsageError(_('there is no view "{name}"{hint}').format(name=name, hint=hint), name, 0)
    return view


def lettered(session: Session, letter: str) -> View:
    """The view that this letter opens, an own one before a shared one; CrmError where there is none."""
    letter = ascii_twin(letter.strip())
    view = next((one for one in seen(session) if letter and one.letter == letter), None)
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
    if common.kind == "among":
        from crm_tui.domain.analysis.report import ids_filter  # few lists come from a report

        text = ids_filter(common.ids)
        if text is None:
            raise CrmError(_("no filter names so many customers one by one"))
        return text
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
    name = name_of(name)
    texts = {"filter": filter, "columns": columns, "sort": sort, "shared": shared}
    given = {key: text.strip() for key, text in texts.items() if text is not None}
    if shared is not None:
        _check_share(session, shared)
    if letter is not None:
        given["letter"] = letter_of(letter)
    with session.changing() as change:
        mine = {key(view.name): view for view in seen(session) if view.mine}
        known = mine.get(key(name))
        for view in mine.values():
            if letter and view.letter == given["letter"] and view is not known:
                change.update("saved_view", [view.id], letter="")
        if known is None:
            if not given.keys() & {"filter", "columns", "sort"}:
                raise UsageError(_("what does it show? --filter, --columns or --sort say it"), name, 0)
            made = {"user_id": session.person.id, "name": name, "name_key": key(name), **_EMPTY, **given}
            [view_id] = change.insert("saved_view", [made])
            message = _("view {name} saved").format(name=name)
        else:
            view_id, name = known.id, known.name
            change.update("saved_view", [view_id], **given)
            message = _("view {name} saved anew").format(name=name)
        return _done(session, change, view_id, message + _letter_of_another(session, view_id))


def rename(session: Session, name: str, new: str) -> Outcome:
    """Give an own view another name; UsageError for one that is taken."""
    new = name_of(new)
    with session.changing() as change:
        view = _own(session, name)
        if any(one.mine and one.id != view.id and key(one.name) == key(new) for one in seen(session)):
            raise UsageError(_('there is a view "{name}" already').format(name=new), new, 0)
        change.update("saved_view", [view.id], name=new, name_key=key(new))
        return _done(session, change, view.id, _("view {name} is called {new}").format(name=view.name, new=new))


def remove(session: Session, name: str) -> Outcome:
    """Remove an own view."""
    with session.changing() as change:
        view = _own(session, name)
        change.delete("saved_view", [view.id])
        message = _("view {name} removed").format(name=view.name)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id, data=(record(view),))


def _letter_of_another(session: Session, view_id: int) -> str:
    """What is said to who shares a view whose letter opens, for some who see it, one that was shared before."""
    before = views.lettered_before(session.database, view_id, session.person.id, session.person.team_id)
    if before is None:
        return ""
    name, owner, letter = before
    text = _("; whoever sees {name} by {owner} has the letter {letter} for that one")
    return text.format(name=name, owner=owner, letter=letter)


def _done(session: Session, change: Any, view_id: int, message: str) -> Outcome:
    data = tuple(record(view) for view in seen(session) if view.id == view_id)
    if change.is_empty():
        return Outcome(_("it is so already"), data=data)
    change.summarize(message)
    return Outcome(message, entry_id=change.entry_id, data=data)


def _own(session: Session, name: str) -> View:
    view = find(session, name)
    if not view.mine:
        raise NotAllowed(_("view {name} is of {owner}: one changes one's own").format(name=view.name, owner=view.owner))
    return view


def name_of(name: str) -> str:
    """The name as it is kept; UsageError for what cannot be one."""
    found = clean(name)
    if not found or found.startswith("-"):
        raise UsageError(_('"{name}" cannot name a view').format(name=name), name, 0)
    if len(found) > _LONGEST:
        raise UsageError(_("the name of a view has {most} characters at most").format(most=_LONGEST), name, 0)
    return found


def letter_of(letter: str) -> str:
    """The letter as it is kept, "" for none; UsageError for what is no letter."""
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
