"""What makes two customers alike, and what tells them apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.alike import Known, alike, parts
from crm_tui.domain.names import guess_kind, name_key


def known(name: str, **given: object) -> Known:
    kind = str(given.pop("kind", guess_kind(name)))
    phones, mails = (frozenset(str(given.pop(way, "")).split()) for way in ("phone", "mail"))
    return Known(kind, name, name_key(name), phones, mails, **given)  # type: ignore[arg-type]


# two customers, the score, and the reasons in words
CASES = [
    (known("Acme Inc"), known("ACME Incorporated"), 75, "same name"),
    (known("华为技术有限公司"), known("华为技术"), 75, "same name"),
    (known("华为技术（中国）有限公司"), known("华为技术有限公司"), 70, "same name but for the place"),
    (known("北京华信科技有限公司"), known("华信科技"), 70, "same name but for the place"),
    (known("北京华信科技有限公司"), known("上海华信科技有限公司"), 0, ""),
    (known("华信科技北京分公司"), known("华信科技上海分公司"), 0, ""),
    (known("华信科技北京分公司", phone="1"), known("华信科技有限公司", phone="1"), 0, ""),
    (known("Huawei Technologies Co., Ltd."), known("华为技术有限公司"), 0, ""),
    (known("Huawei Technologies Co., Ltd.", phone="+8613800138000"), known("华为技术有限公司", phone="+8613800138000"),
     60, "same phone 138 0013 8000"),
    (known("Brightfield Trading"), known("Brigthfield Trading"), 66, "names alike 94 %"),
    (known("Brightfield Trading", phone="1"), known("Brigthfield Trading", phone="2"), 56,
     "names alike 94 %, phones differ"),
    (known("Firma 1"), known("Firma 12"), 0, ""),
    (known("第一机械厂"), known("第二机械厂"), 0, ""),
    (known("Acme", region="north"), known("Acme", region="North"), 80, "same name, same region"),
    (known("Acme", tax_number="A1"), known("Acme", tax_number="A2"), 15, "same name, tax numbers differ"),
    (known("Acme", tax_number="A1"), known("Betaworks", tax_number="a1"), 80, "same tax number A1"),
    (known("Acme", phone="1", mail="a@x"), known("Acme", phone="2", mail="b@x"), 35,
     "same name, phones differ, mails differ, nothing to reach both by"),
    (known("Acme", phone="1 3", mail="a@x"), known("Acme", phone="2 3", mail="b@x"), 100,
     "same name, same phone 3, mails differ"),
    (known("Acme", kind="person"), known("Acme", kind="organization"), 0, ""),
    (known("王伟"), known("王伟"), 35, "same name"),
    (known("王伟", region="north"), known("王伟", region="north"), 40, "same name, same region"),
    (known("王伟", phone="1"), known("王伟", phone="1"), 90, "same phone 1, same name"),
    (known("王伟", phone="1"), known("李娜", phone="1"), 55, "same phone 1"),
]  # fmt: skip


@pytest.mark.parametrize(("a", "b", "score", "words"), CASES, ids=[f"{a.name}-{b.name}" for a, b, *__ in CASES])
def test_how_much_two_customers_are_alike(a: Known, b: Known, score: int, words: str) -> None:
    found = alike(a, b)
    assert (found.score, found.words if score else "") == (score, words)
    assert found.is_candidate == (score >= 60)


@pytest.mark.parametrize(
    ("name", "core", "place"),
    [
        ("北京市华信科技有限公司", "华信科技", "北京"), ("中国华信科技", "华信科技", ""),
        ("华信科技深圳", "华信科技", "深圳"),
        ("北京", "北京", ""), ("Acme GmbH", "acme", ""), ("内蒙古华信", "华信", "内蒙古"),
    ],
)  # fmt: skip
def test_a_name_is_taken_apart(name: str, core: str, place: str) -> None:
    found = parts(name_key(name))
    assert (found.core, found.place) == (core, place)


_NAMES = st.sampled_from(
    ["Acme", "Acme Ltd", "Acmee", "华信科技", "北京华信科技", "上海华信科技", "王伟", "华信科技北京分公司"]
)
_WAYS = st.sampled_from(["", "1", "2", "1 2"])
_SOMEBODY = st.builds(
    lambda name, phone, mail, tax, region: known(name, phone=phone, mail=mail, tax_number=tax, region=region),
    _NAMES, _WAYS, _WAYS, st.sampled_from([None, "A", "B"]), st.sampled_from([None, "north", "south"]),
)  # fmt: skip


@given(_SOMEBODY, _SOMEBODY)
def test_it_is_the_same_both_ways_and_what_is_hidden_changes_nothing(a: Known, b: Known) -> None:
    assert alike(a, b) == alike(b, a)
    assert 0 <= alike(a, b).score <= 100
    words = alike(a.by_name(), b.by_name()).words
    assert not any(word in words for word in ("phone", "mail", "tax", "reach"))
