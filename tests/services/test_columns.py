from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.services import columns, contacts, interactions
from crm_tui.services.column_table import COLUMNS, MASK, viewer
from crm_tui.services.columns import Chosen
from crm_tui.services.interactions import Note
from crm_tui.services.lists import SORTS
from tests.factories import TODAY, Team, in_days, make


def names(text: str) -> list[str]:
    return [str(one) for one in columns.read(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("name", ["name"]),
        ("name:30 tier", ["name:30", "tier"]),
        ("name:30,tier, stage", ["name:30", "tier", "stage"]),
        ("Name：30，tier", ["name:30", "tier"]),
        ("next last words", ["next_follow_up", "last_contact", "last_words"]),
        ("field.headcount,FIELD.Revenue:12", ["field.headcount", "field.revenue:12"]),
        ("x.Route no:12,field.我的字段", ["x.Route no:12", "x.我的字段"]),
        ("x.Route no,", ["x.Route no"]),
        ("field.region", ["region"]),
        ("x.a:b", ["x.a:b"]),
    ],
)
def test_columns_are_read(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("name nmae", 5, "did you mean name"),
        ("tier,region:,x", 12, "no width"),
        ("name:0", 5, "no width"),
        ("name:201", 5, "no width"),
        ("name:1234567890123", 5, "no width"),
        ("tier headcount", 5, "field.headcount"),
        ("field.headcuont", 0, "did you mean headcount"),
        ("field.", 0, "no field"),
        ("x.religion", 0, "card only"),
        ("name field.health", 5, "card only"),
        ("name tier name", 10, "twice"),
    ],
)
def test_a_wrong_word_is_pointed_at(text: str, position: int, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        columns.read(text)
    assert caught.value.position == position


own = st.text("abZ é华:._-", min_size=1, max_size=8).map(str.strip).filter(bool).map("x.{}".format)
words = st.one_of(st.sampled_from([*COLUMNS, "field.headcount"]), own)
chosen = st.builds(lambda name, width: f"{name}:{width}" if width else name, words, st.integers(0, 200))


@given(st.lists(chosen, max_size=6).map(",".join))
def test_what_is_written_is_read_back(text: str) -> None:
    try:
        found = columns.read(text + ",")
    except UsageError:
        return
    assert [str(one) for one in columns.read(columns.written(found))] == [str(one) for one in found]


def fault(text: str) -> int:
    """Where the columns are wrong; 0 where they are not."""
    try:
        columns.read(text)
    except UsageError as error:
        return -1 if error.position is None else error.position
    return 0


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused_with_a_place(text: str) -> None:
    assert 0 <= fault(text) <= len(text)


def shown(team: Team, key: int, text: str, session: Any = None) -> list[str]:
    session = session or team.li
    wanted = columns.read(text)
    row = columns.rows(session, [key], wanted)[key]
    return [str(one.column.cell(row, viewer(session))) for one in wanted]


def printed(session: Any, key: int, text: str) -> dict[str, Any]:
    wanted = columns.read(text)
    return columns.values(session, columns.rows(session, [key], wanted)[key], wanted)


def test_every_column_has_a_cell_and_a_value(team: Team) -> None:
    held, pooled = make(team.li, "Acme"), make(team.lead, "Pooled", owner="pool")
    text = ",".join([*COLUMNS, "field.headcount", "x.Route"])
    for key in (held, pooled):
        for session in (team.li, team.lead, team.service):
            assert len(shown(team, key, text, session)) == len(names(text))
            assert list(printed(session, key, text)) == names(text)


def test_cells_say_what_is_known(team: Team) -> None:
    own = {"address": "1 Rd", "headcount": "12000", "x.Route": "7", "phone": "13812345678"}
    key = make(team.li, "华为", **own)
    contacts.add(team.li, key, {"name": "张三"})
    team.clock.forward(days=3)
    interactions.log(team.li, [key], Note("quoted", next=in_days(9), purpose="offer"))
    team.clock.forward(days=2)
    text = "name,tier,since,next,purpose,last,words,owner,contact,phone,address,field.headcount,x.Route,held,created"
    assert shown(team, key, text) == [
        "华为", "意D", "5d", "Fri 27", "offer", "2d", "quoted", "li", "张三", "138 1234 5678", "1 Rd", "12,000", "7",
        "5d", "2026-11-18",
    ]  # fmt: skip
    assert printed(team.li, key, "since,purpose,words,field.headcount,x.Route,touched,next") == {
        "stage_days": 5, "purpose": "offer", "last_words": "quoted", "field.headcount": "12000", "x.Route": "7",
        "last_touch": "2026-11-21T02:00:00Z", "next_follow_up": "2026-11-27",
    }  # fmt: skip


def test_what_is_masked_stays_masked_in_every_column(team: Team) -> None:
    secret = "13812345678"
    ways = {"phone": secret, "email": f"{secret}@x.com", "wechat": secret, "note": secret, "x.Line": secret}
    key = make(team.lead, "Pooled", owner="pool", **ways)
    text = ",".join([*COLUMNS, "x.Line"])
    assert secret not in repr(shown(team, key, text)).replace(" ", "")
    assert secret not in repr(printed(team.li, key, text))
    assert shown(team, key, "phone,email,wechat,note,x.Line") == [MASK] * 5
    assert printed(team.lead, key, "note,x.Line") == {"note": secret, "x.Line": secret}


def test_nothing_is_read_beside_the_rows_that_no_column_wants(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    key = make(team.li, "Acme")
    asked: list[str] = []
    rows = type(team.database).rows
    monkeypatch.setattr(type(team.database), "rows", lambda self, sql, *a: asked.append(sql) or rows(self, sql, *a))
    plain = "name:30 tier stage owner phone tags since touched"
    for text, more in (("", 0), (plain, 0), ("words x.A note contact", 2)):
        team.li.refresh()
        asked.clear()
        columns.rows(team.li, [key], columns.read(text))
        assert len(asked) == 1 + more, text


def test_what_a_pool_shows_may_stand_in_any_list(team: Team) -> None:
    pooled, held = make(team.lead, "Pooled", owner="pool"), make(team.li, "Held")
    assert shown(team, pooled, "here,claim") == ["0d", "yes"]
    assert shown(team, held, "claim") == [""]
    assert printed(team.li, pooled, "claim,held_before,pool_since")["pool_since"] == TODAY


def test_chosen_columns_are_written_in_a_word_each() -> None:
    found = columns.together([columns.word("name:30"), columns.word("x.Route no"), columns.word("tier,stage")])
    assert found[0] == Chosen(COLUMNS["name"], 30)
    assert [one.name for one in found] == ["name", "x.Route no", "tier", "stage"]
    with pytest.raises(UsageError, match="twice"):
        columns.together([columns.word("name"), columns.word("name:3")])


def test_the_manual_names_every_column_and_every_key_of_an_order() -> None:
    page = (files("crm_tui") / "help" / "lists.md").read_text("utf-8")
    named = set(re.findall(r"\w+", page))
    assert {*COLUMNS, *SORTS} <= named
    for short in re.findall(r"\((\w+)\)", page):
        assert columns.read(short)
