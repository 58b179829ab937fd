"""What the filter bar offers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from crm_tui.domain.filters import complete, parse
from crm_tui.domain.filters.fields import FIELDS
from tests.domain.filters.samples import CONTEXT


@pytest.mark.parametrize(
    ("text", "start", "offered"),
    [
        ("sta", 0, ["stage:", "stale:"]),
        ("a -stag", 3, ["stage:"]),
        ("(stag", 1, ["stage:"]),
        ("tier:A reg", 7, ["region:"]),
        ("stage:", 6, ["non_customer", "potential", "target", "intent", "actual", "lost"]),
        ("stage：in", 6, ["intent"]),
        ("stage:intent,l", 13, ["lost"]),
        ("tier:d", 5, ["D", "diamond"]),
        ("tier:non", 5, ["none"]),
        ("tier.va", 0, ["tier.value:"]),
        ("tier.value:d", 11, ["diamond"]),
        ("tier.label:", 11, ["high", "middle", "low", "any", "none"]),
        ("suggest:", 8, ["up", "down", "any", "empty"]),
        ("suggest.va", 0, ["suggest.value:"]),
        ("suggest.value:", 14, ["up", "down", "any", "empty"]),
        ("tier:clear", 5, ["B"]),
        ("owner:", 6, ["me", "none", "any", "li", '"me"', "wang"]),
        ("owner:w", 6, ["wang"]),
        ("pool:", 5, ["default", '"华北 公海"', "any", "none"]),
        ("has:ph", 4, ["phone"]),
        ("last:>", 5, [">7d", ">30d", ">3m"]),
        ("due:today..to", 11, ["today", "tomorrow"]),
        ("nothing:", 0, []),
        ('"st', 0, []),
        ('name:"a st', 0, []),
        ("region:n", 0, []),
        ('pool:"华', 5, ['"华北 公海"']),
        ('pool:default,"华北 ', 13, ['"华北 公海"']),
        ('pool:"any', 0, []),
        ('pool:a"华', 0, []),
    ],
)
def test_offers(text: str, start: int, offered: list[str]) -> None:
    found = complete(text, len(text), CONTEXT)
    assert [one.text for one in found] == offered
    assert all(one.start == start for one in found)


def test_an_empty_word_is_offered_every_field_with_what_it_is_about() -> None:
    found = complete("tier:A ", 7, CONTEXT)
    assert [one.text for one in found] == [f"{name}:" for name in FIELDS]
    assert all(one.hint for one in found)


def test_only_what_stands_before_the_cursor_counts() -> None:
    assert [one.text for one in complete("stage:int tier:A", 4, CONTEXT)] == ["stage:"]


@pytest.mark.parametrize("name", list(FIELDS))
def test_every_value_that_is_offered_can_be_read(name: str) -> None:
    for one in complete(f"{name}:", len(name) + 1, CONTEXT):
        parse(f"{name}:{one.text}", CONTEXT)


@given(st.text('st:"-(),. 华<'), st.integers(0, 12))
def test_any_text_can_be_completed(text: str, cursor: int) -> None:
    cursor = min(cursor, len(text))
    assert all(0 <= one.start <= cursor for one in complete(text, cursor, CONTEXT))


def test_values_in_use_are_offered_before_what_may_always_be_asked() -> None:
    asked: list[tuple[str, str]] = []

    def known(field: str, start: str) -> list[str]:
        asked.append((field, start))
        return ["North", "New York"]

    context = replace(CONTEXT, known=known)
    assert [one.text for one in complete("region:", 7, context)] == ["North", '"New York"', "any", "empty"]
    assert [one.text for one in complete("region:n", 8, context)] == ["North", '"New York"']
    assert [one.text for one in complete("tag:x,ne", 8, context)] == ['"New York"']
    assert [one.text for one in complete('region:"new Y', 13, context)] == ['"New York"']
    assert asked.pop() == ("region", "new Y")
    assert asked == [("region", ""), ("region", "n"), ("tag", "ne")]


def test_fields_of_ones_own_are_offered_once_their_beginning_is_typed() -> None:
    context = replace(CONTEXT, known=lambda field, start: ["Route", "Visits per year"] if field == "field" else [])
    for text in ("field.", "fie", "x."):
        assert [one.text for one in complete(text, len(text), context)] == ["field.Route:", 'field."Visits per year":']
    for one in complete("field.", 6, context):
        parse(f"{one.text}x", CONTEXT)
    assert [one.text for one in complete("field.Route:", 12, context)] == ["any", "empty"]


def test_fields_of_a_table_are_offered_together() -> None:
    assert [one.text for one in complete("contact.", 8, CONTEXT)] == [
        "contact.role:", "contact.title:", "contact.phone:", "contact.email:", "contact.wechat:", "contact.note:",
        "contact.primary:",
    ]  # fmt: skip
    assert [one.text for one in complete("log.channel:v", 13, CONTEXT)] == ["visit"]
    assert [one.text for one in complete("log.by:l", 8, CONTEXT)] == ["li"]
    assert [one.text for one in complete("business_role:", 14, CONTEXT)] == [
        "end_user", "distributor", "wholesaler", "any", "empty"
    ]  # fmt: skip
