from __future__ import annotations

import re
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.pasted import Pasted, parse_pasted
from crm_tui.domain.text import clean

ZHANG = {"contact": "张伟", "phone": "+8613812345678"}


@pytest.mark.parametrize(
    ("line", "customer"),
    [
        ("华为技术有限公司 张伟 13812345678", Pasted("华为技术有限公司", "organization", **ZHANG)),
        ("13812345678 张伟 华为技术有限公司", Pasted("华为技术有限公司", "organization", **ZHANG)),
        ("张伟、华为、138 1234 5678", Pasted("华为", "organization", **ZHANG)),
        ("张伟 13812345678", Pasted("张伟", "person", phone="+8613812345678")),
        ("张伟 13812345678 微信同号", Pasted("张伟", "person", phone="+8613812345678", wechat="+8613812345678")),
        (
            "Acme Corp, Jane Roe, +1 415 555 2671, jane@acme.com",
            Pasted("Acme Corp", "organization", "Jane Roe", "+14155552671", "jane@acme.com"),
        ),
        ("Acme Corp Jane Roe +1 415 555 2671", Pasted("Acme Corp", "organization", "Jane Roe", "+14155552671")),
        ("Foo Co., Ltd., Jane Roe", Pasted("Foo Co., Ltd.", "organization", "Jane Roe")),
        ("Jane Roe; Foo Inc", Pasted("Foo Inc", "organization", "Jane Roe")),
        (
            "华为技术有限公司，联系人：张伟，电话：020-87654321转8021，微信：zhangwei88，备注：展会认识",
            Pasted("华为技术有限公司", "organization", "张伟", "+862087654321 ext 8021", "", "zhangwei88", "展会认识"),
        ),
        (
            "李总 宏达贸易 13812345678/13912345678 急用",
            Pasted("宏达贸易", "organization", "李总", "+8613812345678", note="急用, 13912345678"),
        ),
        ("深圳市宏达电子有限公司\t王芳\t0755-26780000\twf@hd.cn",
         Pasted("深圳市宏达电子有限公司", "organization", "王芳", "+8675526780000", "wf@hd.cn")),
        ("13812345678", Pasted("", "organization", phone="+8613812345678")),
        ("", Pasted("", "organization")),
    ],
)  # fmt: skip
def test_what_a_pasted_line_says(line: str, customer: Pasted) -> None:
    assert parse_pasted(line) == customer


pieces = st.sampled_from(
    ["华为技术有限公司", "张伟", "李娜", "宏达", "13812345678", "13912345678", "jane@acme.com", "joe@x.org", "急用",
     "Acme", "Jane Roe", "Foo Ltd", "20230812001", "https://x.y/z", "[b]x[/b]", "'", "B2", "42", "wxid", "-"]
)  # fmt: skip


@given(st.lists(pieces, max_size=8), st.sampled_from([" ", ", ", "，", "\t", "、", ";", "|"]))
def test_nothing_that_was_pasted_is_dropped(words: list[str], separator: str) -> None:
    kept = " ".join(astuple(parse_pasted(separator.join(words))))
    digits = re.sub(r"\D", "", kept)
    for word in re.findall(r"[^\W_]+", separator.join(words)):
        assert word in kept or word in digits


@given(st.text(max_size=60))
def test_no_line_is_an_error_and_no_letter_is_lost(line: str) -> None:
    kept = " ".join(astuple(parse_pasted(line)))
    assert {c for c in clean(line) if "a" <= c <= "z"} <= set(kept) or ":" in line or "：" in line
