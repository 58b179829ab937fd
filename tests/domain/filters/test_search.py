"""The grams that short words are looked up with say exactly what the rule says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.filters import Search, Words, grams, search
from crm_tui.domain.filters.search import is_han

texts = st.text("ab1华为技 .&-\n")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", set()),
        ("ab", {"a", "ab"}),
        ("abc d", {"a", "ab", "d"}),
        ("h&m", {"h", "h&", "m"}),
        ("华为", {"华", "华为", "为"}),
        ("华a", {"华", "华a"}),
        ("a华", {"a", "a华", "华"}),
        ("华 为", {"华", "为"}),
        ("华\n为", {"华", "为"}),
        ("t\u200dx", {"t", "x"}),
    ],
)
def test_grams_are_the_starts_of_words_and_han_pairs(text: str, found: set[str]) -> None:
    assert grams(text) == found


@given(texts, st.text("ab1华为技", min_size=1, max_size=2))
def test_short_words_are_starts_of_words_and_short_han_any_part(text: str, query: str) -> None:
    starts = re.search(rf"(?<![ab1华为技]){re.escape(query)}", text) is not None
    part = all(map(is_han, query)) and query in text
    assert (query in grams(text)) is (starts or part)


@given(texts, st.text("ab1华为技.", min_size=1))
def test_words_of_three_characters_are_parts_of_either_text(text: str, query: str) -> None:
    if len(query) >= 3:
        assert search(Words(query)).finds(text, "") is (query in text)
        assert search(Words(query)).finds("", text) is (query in text)


@pytest.mark.parametrize(
    ("words", "sought"),
    [
        (Words("HW"), Search("hw", True, ())),
        (Words("HW", exact=True), Search("hw", True, ())),
        (Words("ＨＷ１"), Search("hw1", False, ("hw1",))),
        (Words("1380"), Search("1380", False, ("1380",))),
        (Words("+86-138"), Search("+86-138", False, ("+86-138", "86138"))),
        (Words("+44 161 496 0152"), Search("+44 161 496 0152", False, ("+44 161 496 0152", "441614960152"))),
        (Words("0161 496 0152"), Search("0161 496 0152", False, ("0161 496 0152", "1614960152"))),
        (Words("0044 (0)161 496 0152", exact=True),
         Search("0044 (0)161 496 0152", False, ("0044 (0)161 496 0152", "441614960152"))),
        (Words("0161"), Search("0161", False, ("0161",))),
        (Words("1-2"), Search("1-2", False, ("1-2",))),
        (Words("138 0013", exact=True), Search("138 0013", False, ("138 0013", "1380013"))),
    ],
)
def test_what_words_look_for(words: Words, sought: Search) -> None:
    assert search(words) == sought
