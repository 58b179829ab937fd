from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.text import MARKS, ascii_twin, clean, fold

any_text = st.text(st.characters(codec=None), max_size=60)
nasty = st.text(
    st.sampled_from("a é华\u0301\u0323\u0345\u20dd\x1b\x9b\x07\t\n\r\u202e\u2066\u200f\ud800"
                    "\ufeff\u3000क\u093cक़가ᄀ"), max_size=40
)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("华为技术", "华为技术"),
        ("  Acme\t Corp \n", "Acme  Corp"),
        ("a\r\nb", "a b"),
        ("\x1b]0;title\x07x", "]0;titlex"),
        ("\x9b2Jx\x7f", "2Jx"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("\u2066a\u2069\u200e\u200f", "a"),
        ("a\ud800b", "ab"),
        ("e\u0301", "é"),
        ("Z" + "\u0335" * 40, "Z" + "\u0335" * 4),
        ("\u0301a", "a"),
        ("ไม้เอก", "ไม้เอก"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("", ""),
    ],
)
def test_what_is_kept_of_a_text(text: str, kept: str) -> None:
    assert clean(text) == kept


def test_multiline_keeps_line_breaks_as_newlines_and_no_tab() -> None:
    assert clean("a\r\nb\rc\u2028d\te\n", multiline=True) == "a\nb\nc\nd e"


def test_the_length_is_capped() -> None:
    assert clean("ab cd", limit=3) == "ab"


@given(any_text | nasty, st.booleans(), st.integers(1, 30))
def test_a_clean_text_steers_nothing_and_stays_as_it_is(text: str, multiline: bool, limit: int) -> None:
    kept = clean(text, limit=limit, multiline=multiline)
    assert len(kept) <= limit
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in kept if not (multiline and c == "\n"))
    assert not set(kept) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert kept == kept.strip()
    assert unicodedata.is_normalized("NFC", kept)
    assert clean(kept, limit=limit, multiline=multiline) == kept


def test_every_full_width_key_has_its_ascii_twin() -> None:
    typed = "：／、《》？！，。；（）“”‘’＠＃＊＋－＝＜＞～｜＼［］｛｝＆％＄＿ＡＺａｚ０９\u3000"
    assert ascii_twin(typed) == "://<>?!,.;()\"\"''@#*+-=<>~|\\[]{}&%$_AZaz09 "


@given(any_text)
def test_the_twin_keeps_positions(text: str) -> None:
    assert len(ascii_twin(text)) == len(text)


@pytest.mark.parametrize(
    ("one", "other"), [("ＨＵＡＷＥＩ", "huawei"), ("Straße", "STRASSE"), ("é", "E\u0301"), ("①", "1")]
)
def test_searching_folds_case_and_width(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize("function", [clean, fold])
def test_of_an_endless_run_of_marks_a_few_are_sorted(
    function: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    normalize, sorted_ = unicodedata.normalize, list[int]()

    def seen(form: str, text: str) -> str:
        sorted_.append(len(text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", seen)
    function("a" + "\u0301\u0323" * 50_000)
    assert 0 < max(sorted_) <= 1 + MARKS
