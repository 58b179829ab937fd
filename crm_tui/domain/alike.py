"""Whether two customers may be one: a score of 0 to 100, and what speaks for and against it (DOMAIN §9).

Of one alone nothing is a proof: the names of firms that differ by a character, a telephone that two share. What speaks
against it counts as well, and branches, numbered shops and firms that are named after different places are never one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from crm_tui.domain.language import _
from crm_tui.domain.phone_display import display_phone

THRESHOLD = 60
"""The score from which on two customers are worth a look."""
NEAR = 86.0
"""Per cent from which on names that are not equal are alike."""

_EQUAL, _BUT_FOR_PLACE, _PERSON = 75, 70, 35
_WAY, _WAY_OF_PERSON, _TAX = 60, 55, 80
_OTHER_WAY, _NO_WAY, _OTHER_TAX, _REGION = 10, 20, 60, 5

_PLACES = """
    北京 上海 天津 重庆 重慶 河北 山西 辽宁 遼寧 吉林 黑龙江 黑龍江 江苏 江蘇 浙江 安徽 福建 江西 山东 山東
    河南 湖北 湖南 广东 廣東 广西 廣西 海南 四川 贵州 貴州 云南 雲南 陕西 陝西 甘肃 甘肅 青海 宁夏 寧夏 新疆
    西藏 内蒙古 內蒙古 香港 澳门 澳門 台湾 台灣 臺灣 广州 廣州 深圳 杭州 南京 苏州 蘇州 无锡 無錫 宁波 寧波
    温州 溫州 武汉 武漢 长沙 長沙 成都 西安 青岛 青島 济南 濟南 大连 大連 沈阳 瀋陽 厦门 廈門 福州 泉州 东莞
    東莞 佛山 珠海 中山 惠州 合肥 郑州 鄭州 石家庄 石家莊 太原 哈尔滨 哈爾濱 长春 長春 昆明 贵阳 貴陽 南宁
    南寧 南昌 海口 兰州 蘭州 乌鲁木齐 常州 徐州 南通 扬州 揚州 嘉兴 嘉興 绍兴 紹興 台北 臺北 台中 臺中 高雄
"""
_PLACE = "|".join(sorted(_PLACES.split(), key=len, reverse=True))
_FIRST_PLACE = re.compile(f"^(?:中国|中國)?({_PLACE})(?:省|市|特别行政区)?(?=..)")
_LAST_PLACE = re.compile(f"(?<=..)({_PLACE})(?:省|市)?$")
_COUNTRY = re.compile("^(?:中国|中國)(?=..)|(?<=..)(?:中国|中國)$")
_BRANCH = re.compile("分公司|子公司|分店|分行|支行|分部|分校|分院|办事处|辦事處|营业部|營業部|代表处|代表處|branch")
_NUMBERS = re.compile("[0-9]+|[一二三四五六七八九十百]+")
_LATIN_GRAM, _HAN_GRAM = 4, 2


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a customer: its own ways to reach it and those of its contacts, as they are stored; `key` is its
    `name_key`.
    """

    kind: str
    name: str
    key: str
    phones: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    tax_number: str | None = None
    region: str | None = None

    def by_name(self) -> Known:
        """The same without what is hidden of one that lies in a pool (DOMAIN §4 P15): no answer gives that away."""
        return replace(self, phones=frozenset(), mails=frozenset(), tax_number=None)


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for it (`points` above 0) or against it; `text` is the way that both have, or per cent of a name."""

    what: str
    points: int
    text: str = ""

    @property
    def words(self) -> str:
        """As people read it."""
        if self.what == "phone":
            return _("same phone {phone}").format(phone=display_phone(self.text))
        told = {
            "name": _("same name"), "alike": _("names alike {percent} %"), "place": _("same name but for the place"),
            "email": _("same mail {text}"), "tax": _("same tax number {text}"), "region": _("same region"),
            "other tax": _("tax numbers differ"), "other phone": _("phones differ"), "other mail": _("mails differ"),
            "no way": _("nothing to reach both by"), "other region": _("regions differ"),
        }  # fmt: skip
        return told[self.what].format(text=self.text, percent=self.text)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How much two customers are alike, 0 to 100, and why: first what speaks for it, the weightiest first."""

    score: int
    reasons: tuple[Reason, ...] = ()

    @property
    def is_candidate(self) -> bool:
        """Whether somebody should look at them."""
        return self.score >= THRESHOLD

    @property
    def words(self) -> str:
        """All reasons in one line."""
        return ", ".join(reason.words for reason in self.reasons)


NOTHING = Likeness(0)


@dataclass(frozen=True, slots=True)
class Parts:
    """A `name_key` taken apart: the `core` that tells the firm, the place that it is named after, "" for none.

    `branch` is the whole key where it is one of several houses of a firm; `numbers` are those in it, in order.
    """

    core: str
    place: str
    branch: str
    numbers: tuple[str, ...]


@lru_cache(maxsize=4_096)
def parts(key: str) -> Parts:
    """The parts of a name's key."""
    core, place = key, ""
    if not key.isascii():
        core = _COUNTRY.sub("", core)
        for pattern in (_FIRST_PLACE, _LAST_PLACE):
            if not place and (found := pattern.search(core)):
                place, core = found[1], core[: found.start()] + core[found.end() :]
    return Parts(core, place, key if _BRANCH.search(key) else "", tuple(_NUMBERS.findall(core)))


def alike(a: Known, b: Known) -> Likeness:
    """How much two customers are alike. Those of another kind, and houses of one firm, are not at all."""
    mine, theirs = parts(a.key), parts(b.key)
    if a.kind != b.kind or mine.branch != theirs.branch:
        return NOTHING
    found = [reason for reason in (_names(a, b, mine, theirs), *_ways(a, b)) if reason is not None]
    if not any(reason.points > 0 for reason in found):
        return NOTHING
    if a.region and b.region:
        same = a.region.casefold() == b.region.casefold()
        found.append(Reason("region", _REGION) if same else Reason("other region", -_REGION))
    score = sum(reason.points for reason in found)
    return Likeness(max(0, min(100, score)), tuple(sorted(found, key=lambda reason: -reason.points)))


def _names(a: Known, b: Known, mine: Parts, theirs: Parts) -> Reason | None:
    if a.kind == "person":  # of two people with one name nothing but another way tells that they are one
        return Reason("name", _PERSON) if a.key == b.key else None
    if a.key == b.key:
        return Reason("name", _EQUAL)
    if mine.numbers != theirs.numbers or (mine.place and theirs.place and mine.place != theirs.place):
        return None
    if mine.core == theirs.core:
        return Reason("place", _BUT_FOR_PLACE)
    percent = near(mine.core, theirs.core)
    return Reason("alike", round(percent * 0.7), str(round(percent))) if percent else None


def near(core: str, other: str) -> float:
    """How much two cores are alike, in per cent; 0 below `NEAR`."""
    from rapidfuzz.fuzz import ratio

    return ratio(core, other, score_cutoff=NEAR)


def _ways(a: Known, b: Known) -> Iterator[Reason]:
    points = _WAY_OF_PERSON if a.kind == "person" else _WAY
    apart = 0
    for what, mine, theirs in (("phone", a.phones, b.phones), ("email", a.mails, b.mails)):
        if common := mine & theirs:
            yield Reason(what, points, min(common))
        elif mine and theirs:
            apart += 1
            yield Reason("other phone" if what == "phone" else "other mail", -_OTHER_WAY)
    if apart == 2:
        yield Reason("no way", -_NO_WAY)
    if a.tax_number and b.tax_number:
        same = a.tax_number.casefold() == b.tax_number.casefold()
        yield Reason("tax", _TAX, a.tax_number) if same else Reason("other tax", -_OTHER_TAX)


def grams(core: str) -> set[str]:
    """The pieces of a core by which those that are alike find each other: two that are share most of them."""
    size = _LATIN_GRAM if core.isascii() else _HAN_GRAM
    return {core[start : start + size] for start in range(len(core) - size + 1)}
