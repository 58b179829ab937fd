from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.names import READINGS, guess_kind, name_key, pinyin
from tests.work import counted


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("华为技术有限公司", "华为技术"),
        ("华为技术股份有限公司", "华为技术"),
        ("华为（集团）有限责任公司", "华为"),
        ("台積電股份有限公司", "台積電"),
        ("鴻海集團", "鴻海"),
        ("Ａｃｍｅ　Inc.", "acme"),
        ("Foo Co., Ltd.", "foo"),
        ("Acme, S.A.", "acme"),
        ("ACME Corporation", "acme"),
        ("Müller GmbH", "müller"),
        ("ABC有限公司", "abc"),
        ("Company of Heroes", "companyofheroes"),
        ("公司宝科技", "公司宝科技"),
        ("华为北京分公司", "华为北京分公司"),
        ("有限公司", "有限公司"),
        ("Inc", "inc"),
        ("!!!", "!!!"),
        (" ", " "),
    ],
)
def test_legal_forms_at_the_end_do_not_tell_names_apart(name: str, key: str) -> None:
    assert name_key(name) == key


def test_vowel_signs_tell_names_apart() -> None:
    assert name_key("कि") != name_key("का")


name_like = st.text(st.sampled_from("华公司有限集团 Inc.Ltd,（）()"), min_size=1, max_size=20)


@given(st.text(min_size=1, max_size=40) | name_like)
def test_the_key_of_a_name_is_never_empty(name: str) -> None:
    assert name_key(name)


PEOPLE = "张伟 王小明 欧阳娜娜 诸葛亮 張偉 万小利 张总 王经理 阿卜杜拉·买买提 李医生"
ORGANIZATIONS = """
    华为 万科 小米 海尔 李宁体育 王府井店 马钢股份 李医院 华为技术有限公司 Jane 阿里巴巴 张江高科技园区 康佳
"""


@pytest.mark.parametrize("name", PEOPLE.split())
def test_these_look_like_people(name: str) -> None:
    assert guess_kind(name) == "person"


@pytest.mark.parametrize("name", ORGANIZATIONS.split())
def test_these_look_like_organizations(name: str) -> None:
    assert guess_kind(name) == "organization"


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("华为", ("huawei", "hw")),
        ("TCL科技集团", ("kejijituan", "kjjt")),
        ("重庆", ("zhongqing", "chongqing", "zq", "cq")),
        ("Acme", ()),
        ("한국", ()),
        ("", ()),
    ],
)
def test_what_one_types_to_find_a_name(name: str, typed: tuple[str, ...]) -> None:
    assert pinyin(name) == typed


def test_names_with_an_umlaut_are_found_with_v_and_with_u() -> None:
    assert {"lvbu", "lubu"} <= set(pinyin("吕布"))


def test_a_name_is_read_in_at_most_thirty_two_ways() -> None:
    forms = pinyin("重长行乐单曾厦朝都大会参")
    assert READINGS < len(forms) <= 2 * READINGS


def test_the_table_of_phrases_is_never_loaded() -> None:
    code = (
        "import sys; from crm_tui.domain.names import pinyin; pinyin('华为');"
        "print([name for name in sys.modules if 'phrases' in name])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize("name", ["华为技术有限公司", "广州市宏达贸易有限公司", "张伟", "北京字节跳动科技有限公司"])
def test_a_typical_name_is_spelled_with_little_work(name: str) -> None:
    pinyin(name)
    with counted() as work:
        pinyin(name)
    assert work.calls <= 20 + 5 * len(name)
