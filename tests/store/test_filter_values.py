"""What completion offers of the values in use is what one sees, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from crm_tui.domain.filters import complete
from crm_tui.services import lists, pool_lists, pools, profiles, tags
from crm_tui.services.session import Session
from crm_tui.store import filter_values
from tests.factories import Team, make


def offered(session: Session, text: str) -> list[str]:
    return [one.text for one in complete(text, len(text), lists.context(session))]


def known(session: Session, field: str, start: str = "") -> list[str]:
    return filter_values.in_use(session.database, session.sight, field, start)


@pytest.fixture
def firms(team: Team) -> dict[str, int]:
    """Li's, Wang's, one in the pool of everybody, and one in a pool that is not Li's."""
    pool_lists.add(team.admin, "far", "wang", None)
    ids: dict[str, Any] = {}
    for name, session in (("li", team.li), ("wang", team.wang), ("free", team.admin), ("far", team.admin)):
        owner = {} if name in ("li", "wang") else {"owner": "pool"}
        ids[name] = make(session, f"Firm {name}", **owner, region=f"{name}-land", **{f"x.{name}'s": "x"})
        tags.tag(session, [ids[name]], [f"{name}-tag"])
    pools.move(team.admin, [ids["far"]], "far")
    return ids


def test_values_are_those_of_customers_that_one_sees(team: Team, firms: dict[str, int]) -> None:
    for session in (team.li, team.wang, team.admin):
        session.refresh()
    assert known(team.li, "region") == ["free-land", "li-land"]
    assert known(team.wang, "region") == ["far-land", "free-land", "wang-land"]
    assert known(team.admin, "region") == ["far-land", "free-land", "li-land", "wang-land"]
    assert known(team.li, "tag") == ["free-tag", "li-tag"]
    assert known(team.li, "tag", "LI") == ["li-tag"]
    assert offered(team.li, "region:F") == ["free-land"]


def test_names_of_ones_own_fields_are_masked_with_them(team: Team, firms: dict[str, int]) -> None:
    for session in (team.li, team.lead, team.admin):
        session.refresh()
    assert known(team.li, "field") == ["li's"], "not the one in the pool"
    assert known(team.admin, "field") == ["far's", "free's", "li's", "wang's"]
    assert offered(team.li, "field.") == ["field.li's:"]


def test_fields_of_the_profile_are_none_of_ones_own(team: Team) -> None:
    key = make(team.li, "Acme")
    profiles.edit(team.li, [key], {"headcount": "5", "x.Route": "north"})
    assert known(team.li, "field") == ["Route"]
    assert known(team.li, "name") == []
