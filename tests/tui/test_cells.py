from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.text import Text

from crm_tui.tui.widgets.cells import cut, fit, fit_text, join
from crm_tui.tui.widgets.columns import GAP, Column, places

words = st.text(alphabet="ab 华为—é", max_size=20)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("Acme", 6, "Acme  "),
        ("Acme", 4, "Acme"),
        ("Acme Trading", 6, "Acme… "),
        ("深圳电子", 8, "深圳电子"),
        ("深圳电子", 7, "深圳电…"),
        ("深圳电子", 6, "深圳… "),
        ("深", 1, "…"),
        ("深", 0, ""),
        ("[red]x[/]", 9, "[red]x[/]"),
    ],
)
def test_a_text_is_cut_between_its_characters(text: str, width: int, expected: str) -> None:
    assert fit(text, width) == expected
    assert fit_text(Text(text), width).plain == expected


def test_numbers_stand_on_the_right() -> None:
    assert fit("1,200", 8, "right") == "   1,200"


@given(words, st.integers(0, 24), st.sampled_from(["left", "right"]))
def test_what_is_fitted_has_exactly_the_width(text: str, width: int, align: str) -> None:
    assert cell_len(fit(text, width, align)) == width  # type: ignore[arg-type]
    assert fit_text(Text(text), width, align).plain == fit(text, width, align)  # type: ignore[arg-type]
    assert cell_len(cut(text, width)) <= width


def test_styles_survive_the_cut() -> None:
    text = Text("due ") + Text("2026-03-01", style="bold")
    shown = fit_text(text, 8)
    assert shown.plain == "due 202…"
    assert [(span.start, span.end, str(span.style)) for span in shown.spans] == [(4, 7, "bold")]


@pytest.mark.parametrize(("width", "expected"), [(20, "one  two  three"), (10, "one  two"), (2, "o…"), (0, "")])
def test_texts_are_joined_as_long_as_they_fit_whole(width: int, expected: str) -> None:
    assert join(["one", "two", "three"], width) == expected


COLUMNS = (
    Column("id", "id", 8, align="right"),
    Column("name", "name", 16, flex=3),
    Column("note", "note", 4, flex=1, drop=1),
    Column("region", "region", 8, drop=3),
    Column("next", "next", 10, drop=2),
)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (50, {0: 8, 1: 16, 2: 4, 3: 8, 4: 10}),
        (58, {0: 8, 1: 22, 2: 6, 3: 8, 4: 10}),
        (49, {0: 8, 1: 22, 2: 6, 4: 10}),
        (36, {0: 8, 1: 20, 2: 6}),
        (27, {0: 8, 1: 18}),
        (20, {0: 8, 1: 11}),
        (5, {0: 5}),
        (0, {}),
        (-3, {}),
    ],
)
def test_columns_share_the_width_and_leave_in_their_order(width: int, expected: dict[int, int]) -> None:
    assert {place.cell: place.width for place in places(COLUMNS, width)} == expected


columns = st.lists(
    st.builds(Column, st.just("c"), st.just(""), st.integers(0, 30), st.integers(0, 3), drop=st.integers(0, 3)),
    max_size=8,
)


@given(columns, st.integers(0, 150))
def test_columns_never_need_more_than_there_is(columns: list[Column], width: int) -> None:
    shown = places(columns, width)
    assert sum(place.width for place in shown) + GAP * (len(shown) - 1) <= width or not shown
    if any(columns[place.cell].flex for place in shown) and shown[-1].width >= columns[shown[-1].cell].width:
        assert sum(place.width for place in shown) + GAP * (len(shown) - 1) == width or len(shown) < len(columns)
