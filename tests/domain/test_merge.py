"""What two have done to one record, told field by field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.merge import Difference, merge


@pytest.mark.parametrize(
    ("before", "theirs", "mine", "state", "must_be_seen"),
    [
        ("a", "a", "a", "unchanged", False), ("", "", "", "unchanged", False),
        ("a", "a", "b", "mine", False), ("a", "a", "", "mine", False),
        ("a", "b", "a", "theirs", True), ("", "b", "", "theirs", True), ("a", "", "a", "theirs", True),
        ("a", "b", "b", "same", False), ("a", "", "", "same", False),
        ("a", "b", "c", "both", True), ("", "b", "c", "both", True), ("a", "", "c", "both", True),
        (None, "b", "b", "unchanged", False), (None, "b", "c", "both", True),
    ],
)  # fmt: skip
def test_three_values_say_who_changed_a_field(
    before: str | None, theirs: str, mine: str, state: str, must_be_seen: bool
) -> None:
    one = Difference("region", before, theirs, mine)
    assert (one.state, one.must_be_seen) == (state, must_be_seen)


def test_a_field_that_i_did_not_give_is_mine_as_it_was() -> None:
    assert merge({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}, {"a": "5"}) == (
        Difference("a", "1", "1", "5"), Difference("b", "2", "3", "2"), Difference("c", "", "4", ""),
    )  # fmt: skip
    assert merge(None, {"a": "1", "b": "2"}, {"a": "5"}) == (
        Difference("a", None, "1", "5"), Difference("b", None, "2", "2"),
    )  # fmt: skip


records = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["", "x", "y", "z"]))


@given(before=records, theirs=records, mine=records)
def test_mine_over_theirs_loses_nothing_but_what_must_be_seen(
    before: dict[str, str], theirs: dict[str, str], mine: dict[str, str]
) -> None:
    found = {one.field: one for one in merge(before, theirs, mine)}
    assert set(found) == {*before, *theirs, *mine}
    for name, one in found.items():
        was, now = before.get(name, ""), theirs.get(name, "")
        assert (one.before, one.theirs, one.mine) == (was, now, mine.get(name, was))
        if not one.must_be_seen:
            # whoever writes mine writes over what was there before they came, or the same that they wrote
            assert now in (was, one.mine)


@given(before=records, theirs=records)
def test_who_changes_nothing_sees_all_that_the_others_changed(before: dict[str, str], theirs: dict[str, str]) -> None:
    differ = {name for name in {*before, *theirs} if before.get(name, "") != theirs.get(name, "")}
    assert {one.field for one in merge(before, theirs, {}) if one.must_be_seen} == differ
