"""Rows at earlier versions are told as they were, whatever happened to them since."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.domain.errors import CrmError
from crm_tui.services import contacts, customers, followups, history, profiles, stages, tags
from crm_tui.store.database import Database
from tests.factories import Clock, Team, column, in_days, make

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["region", "founded", "x.own", "note", "stage", "next", "tag", "undo", "redo", "archive", "contact"]
        ),
        st.sampled_from(["", "1998", "1999", "2000"]),
    ),
    max_size=12,
)


def act(team: Team, key: int, what: str, value: str) -> None:
    session = team.lead if value == "1999" else team.li
    match what:
        case "stage":
            stages.move(session, [key], "intent" if value else "target", "because")
        case "next":
            followups.set_next(session, [key], in_days(len(value)))
        case "tag":
            tags.tag(session, [key], ["t"], remove=not value)
        case "undo":
            history.undo(session)
        case "redo":
            history.redo(session)
        case "archive":
            customers.archive(session, [key], back=not value)
        case "contact":
            contacts.edit(session, 1, {"title": value, "phone": "13800138000" if value else ""})
        case _:
            profiles.edit(session, [key], {what: value})


@settings(max_examples=12)
@given(steps=STEPS)
def test_each_version_is_told_as_it_was(staffed: Path, steps: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = shutil.copy(staffed, Path(folder) / "crm.db")
        database = Database(path)
        team = Team(database, Clock())
        key = make(team.admin, "Acme", region="north", owner="li", contact={"name": "Wu"})  # nobody's to undo
        seen: dict[int, dict[str, str]] = {}
        people: dict[int, dict[str, str]] = {}

        def look() -> None:
            seen[column(database, "version", key)] = profiles.texts(profiles.customers.values(database, key)[0])
            __, texts, version = contacts.to_change(team.admin, 1)
            people[version] = texts

        look()
        for what, value in steps:
            try:
                act(team, key, what, value)
            except CrmError:
                continue
            if column(database, "archived_at", key) is None:
                look()
        for version, texts in seen.items():
            assert profiles.before(team.li, key, version).texts == texts
        for version, texts in people.items():
            assert contacts.before(team.li, 1, version).texts == texts
        database.close()


@pytest.mark.slow
@settings(max_examples=40)
@given(steps=STEPS)
def test_so_are_the_versions_of_many(staffed: Path, steps: list[tuple[str, str]]) -> None:
    test_each_version_is_told_as_it_was.hypothesis.inner_test(staffed, steps)  # type: ignore[attr-defined]


def test_what_was_made_or_is_still_to_come_is_not_known(team: Team) -> None:
    key = make(team.li, "Acme", founded="1998")
    now = column(team.database, "version", key)
    assert profiles.before(team.li, key, 0).texts is None
    assert profiles.before(team.li, key, now + 1).texts is None
    assert profiles.before(team.li, key, now).texts == {"name": "Acme", "founded": "1998"}
    assert profiles.before(team.li, key, now).users == ()


def test_a_profile_that_was_made_later_was_empty_before(team: Team) -> None:
    key = make(team.li, "Acme", founded="1998")
    with team.li.changing() as change:
        change.delete("profile", [key])
    then = column(team.database, "version", key)
    profiles.edit(team.li, [key], {"founded": "1999"})
    assert profiles.before(team.li, key, then).texts == {"name": "Acme"}


def test_who_changed_it_since_is_told_the_last_first(team: Team) -> None:
    key = make(team.li, "Acme")
    then = column(team.database, "version", key)
    for session, region in ((team.lead, "north"), (team.admin, "south"), (team.lead, "west")):
        profiles.edit(session, [key], {"region": region})
    assert profiles.before(team.li, key, then).users == ("zhao", "root")
    assert profiles.before(team.li, key, then).texts == {"name": "Acme"}
