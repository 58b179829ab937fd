from __future__ import annotations

import pytest

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.services import contacts, history, lists
from crm_tui.services.lists import Query
from tests.factories import Team, make


def test_the_first_contact_is_the_primary_one(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = contacts.add(team.li, key, {"name": "张伟", "role": "决策者", "phone": "13812345678", "email": "z@a.cn"})
    contacts.add(team.li, key, {"name": "李娜"})
    assert outcome.message == "Acme: contact 张伟 added"
    assert outcome.data == ({"id": 1, "customer": key},)
    assert team.database.rows("SELECT name, role, phone, is_primary FROM contact ORDER BY id") == [
        ("张伟", "decision_maker", "+8613812345678", 1), ("李娜", None, None, 0),
    ]  # fmt: skip


def test_a_contact_is_found_and_gives_its_number_to_the_list(team: Team) -> None:
    key = make(team.li, "Acme")
    contacts.add(team.li, key, {"name": "张伟", "phone": "13812345678", "wechat": "zw_88"})
    for text in ("张伟", "zhangwei", "zw_88", "138 1234 5678", "phone:5678", "has:phone"):
        assert lists.page(team.li, Query(text)).ids == [key], text
    assert lists.rows(team.li, [key])[key]["phone"] == "+8613812345678"
    contacts.edit(team.li, 1, {"name": "王芳", "phone": ""})
    assert lists.page(team.li, Query("zhangwei")).ids == []
    assert lists.page(team.li, Query("wangfang no:phone")).ids == [key]
    history.undo(team.li)
    assert lists.page(team.li, Query("zhangwei")).ids == [key]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "needs a name"), ({"name": " "}, "needs a name"),
        ({"name": "x", "role": "king"}, 'role "king" is not one'),
        ({"name": "x", "phone": "12"}, "is not a number"), ({"name": "x", "email": "a@b"}, "is not an address"),
        ({"name": "x", "nam": "y"}, 'unknown field "nam"'), ({"name": "x", "is_primary": "1"}, "unknown field"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(team: Team, given: dict[str, str], message: str) -> None:
    key = make(team.li, "Acme")
    with pytest.raises(UsageError, match=message):
        contacts.add(team.li, key, given)
    contacts.add(team.li, key, {"name": "张伟"})
    if given:
        with pytest.raises(UsageError, match=message):
            contacts.edit(team.li, 1, {"title": "boss"} | given)
    assert team.database.rows("SELECT name, title FROM contact") == [("张伟", None)]


def test_somebody_elses_contact_is_as_if_it_did_not_exist(team: Team) -> None:
    make(team.li, "Acme", contact={"name": "张伟"})
    for asked in (1, 99):
        with pytest.raises(CrmError, match=f"^there is no contact {asked}$"):
            contacts.edit(team.wang, asked, {"name": "x"})


def test_a_contact_of_a_pool_customer_is_not_edited(team: Team) -> None:
    make(team.admin, "Acme", owner="pool", contact={"name": "张伟"})
    with pytest.raises(CrmError, match="claim it first"):
        contacts.edit(team.li, 1, {"name": "x"})


def test_a_change_that_changes_nothing_is_none(team: Team) -> None:
    make(team.li, "Acme", contact={"name": "张伟"})
    outcome = contacts.edit(team.li, 1, {"name": "张伟"})
    assert (outcome.changed, outcome.entry_id) == ((), None)
