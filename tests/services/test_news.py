"""What a session is told of others' doings: whose customers, and nothing while nobody did anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.services import drafts, history, news, profiles, tags
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.factories import Clock, Team, make


@pytest.fixture
def other(team: Team, clock: Clock) -> Team:
    """The same team on a connection of its own, as in another process."""
    path: Path = team.database.path
    return Team(Database(path), clock)


def told(session: Session, before: news.Seen) -> tuple[news.Seen, news.Changed]:
    return news.since(session, before)


def test_nothing_is_told_while_nobody_else_did_anything(team: Team) -> None:
    seen = news.seen(team.li)
    assert told(team.li, seen) == (seen, frozenset())
    make(team.li, "Acme")
    assert told(team.li, seen) == (seen, frozenset())


def test_others_customers_are_named_once(team: Team, other: Team) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Beta", "Cora")]
    seen = news.seen(team.li)
    profiles.edit(other.lead, keys[:1], {"region": "north"})
    tags.tag(other.li, keys[1:2], ["vip"])
    seen, changed = told(team.li, seen)
    assert changed == frozenset(keys[:2])
    assert told(team.li, seen) == (seen, frozenset())
    history.undo(other.lead)
    seen, changed = told(team.li, seen)
    assert changed == frozenset(keys[:1])


def test_a_draft_of_somebody_changes_nobody(team: Team, other: Team) -> None:
    seen = news.seen(team.li)
    drafts.save(other.wang, "new", {"name": "half a na"})
    later, changed = told(team.li, seen)
    assert later != seen
    assert changed == frozenset()


def test_what_belongs_to_no_customer_may_change_anything(team: Team, other: Team) -> None:
    seen = news.seen(team.li)
    other.admin.command = "config"
    with other.admin.changing() as change:
        change.insert("setting", [{"name": "currency", "value": '"EUR"'}])
    assert told(team.li, seen)[1] is None


def test_too_many_are_not_named(team: Team, other: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "LIMIT", 2)
    keys = [make(team.li, name) for name in ("Acme", "Beta", "Cora")]
    seen = news.seen(team.li)
    profiles.edit(other.lead, keys[:2], {"region": "north"})
    seen, changed = told(team.li, seen)
    assert changed == frozenset(keys[:2])
    profiles.edit(other.lead, keys, {"region": "south"})
    assert told(team.li, seen)[1] is None
