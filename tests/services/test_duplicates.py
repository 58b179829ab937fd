from __future__ import annotations

import pytest

from crm_tui.services import duplicates
from tests.factories import Team, make

MOBILE, OTHER = "+8613812345678", "+8613900000000"


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        ({}, {}, True),
        ({"phone": MOBILE}, {}, True),
        ({"phone": MOBILE}, {"phone": MOBILE}, True),
        ({"phone": MOBILE}, {"phone": "+8613900000000"}, False),
        ({"email": "A@b.cn"}, {"email": "a@B.cn"}, True),
        ({"phone": MOBILE, "email": "a@b.cn"}, {"phone": MOBILE, "email": "c@b.cn"}, False),
        ({"tax_number": "91X"}, {"tax_number": "92X", "phone": MOBILE}, False),
        ({"phone": None}, {"phone": MOBILE}, True),
    ],
)
def test_nothing_that_both_have_differs(mine: dict[str, str | None], theirs: dict[str, str | None], same: bool) -> None:
    assert duplicates.same(mine, theirs) == same
    assert duplicates.same(theirs, mine) == same


def test_the_name_is_compared_without_its_legal_form_and_the_kind_counts(team: Team) -> None:
    key = make(team.wang, "Ａcme Co., Ltd.", phone=MOBILE)
    assert duplicates.find(team.wang, "organization", "ACME", {}) == (key, True)
    assert duplicates.find(team.wang, "person", "ACME", {}) == (None, False)
    assert duplicates.find(team.wang, "organization", "Acme East", {}) == (None, False)
    assert duplicates.find(team.wang, "organization", "acme", {"phone": OTHER}) == (None, False)


def test_what_is_not_seen_or_masked_is_compared_by_name_and_kind(team: Team) -> None:
    theirs = make(team.wang, "Acme", phone=MOBILE)
    pooled = make(team.admin, "Pool", phone=MOBILE, owner="pool")
    for phone in (MOBILE, OTHER):
        assert duplicates.find(team.li, "organization", "acme", {"phone": phone}) == (theirs, False)
        assert duplicates.find(team.li, "organization", "pool", {"phone": phone}) == (pooled, True)
    assert duplicates.find(team.lead, "organization", "pool", {"phone": OTHER}) == (None, False)
    mine = make(team.lead, "Acme", phone=OTHER, owner="li", anyway=True)
    assert duplicates.find(team.li, "organization", "acme", {}) == (mine, True), "rather one that is seen"
