"""The words of dates and times, as parts of patterns; these are compiled when first used: start-up waits for none."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time, timedelta
from functools import lru_cache

from crm_tui.domain.expressions import expression
from crm_tui.domain.language import N_
from crm_tui.domain.when.day import AFTERNOON_CALL, EVENING_CALL, LAST, MORNING_CALL, NOON

UNREADABLE = N_('cannot read "{text}" as a date: try fri 15:00, +3d, 12-01 or 2026-12-01')
OUT_OF_YEARS = N_("the date lies outside the years 1900 to 2999: type one such as 2026-12-01")
SIMPLIFIED = str.maketrans(
    "後週點兩個號禮時鐘鍾這節過現剛間國慶勞動裡−–—",
    "后周点两个号礼时钟钟这节过现刚间国庆劳动里---",
)
SKIPPED = r"(?:[\s,、。的()]|(?:on|by)(?![a-z]))*"
WHOLE = r"(?:(?<![0-9])|(?![0-9]))(?:(?<![a-z])|(?![a-z]))"  # ends neither inside a number nor inside a word

HAN = "零〇一二两三四五六七八九十百"
N = rf"(?:[0-9]{{1,9}}|[{HAN}]{{1,9}})"
COUNTS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
COUNT = rf"(?:[0-9]{{1,9}}\s*|(?:half\s+an?|an?|{'|'.join(COUNTS[1:])})\s+)"
WEEKDAY = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?|weekend"
)
MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
NTH = "(?:st|nd|rd|th)"
WEEK = "个?(?:周|星期|礼拜)"
BESIDES = "下{1,3}|上{1,3}|本|这"
YEAR = rf"(?P<year>[0-9]{{4}}|[{HAN}]{{4}}|[今明后去前])年"
DAY = rf"(?P<day>{N}[日号]|{N}(?![0-9{HAN}:点时天])|[初中底末])"
PLACE = "start|beginning|mid|middle|end"
BEHIND = r"(?:\s*(?P<dir>[之以]?[后前]))"
AGES = {"今": 0, "明": 1, "后": 2, "去": -1, "前": -2, "this": 0, "next": 1, "last": -1, "本": 0, "这": 0}
PLACES = {"初": 1, "start": 1, "beginning": 1, "中": 15, "mid": 15, "middle": 15, "底": LAST, "末": LAST, "end": LAST}

UNITS: tuple[tuple[str, str, str, int, tuple[str, int] | None], ...] = (
    # English, Chinese, what it counts, how many, and what half of one is
    (r"min(?:ute)?s?", "分钟", "minutes", 1, None),
    (r"h(?:(?:ou)?rs?)?", "小时|钟头", "minutes", 60, ("minutes", 30)),
    (r"d(?:ays?)?", "天|日", "days", 1, None),
    (r"w(?:(?:ee)?ks?)?", "周|星期|礼拜", "days", 7, None),
    (r"m(?:o(?:nth)?s?)?", "月", "months", 1, ("days", 15)),
    (r"y(?:(?:ea)?rs?)?", "年", "months", 12, ("months", 6)),
    (r"wd|(?:work(?:ing)?|business)\s*days?", "工作日", "workdays", 1, None),
)
UNIT = "|".join(english for english, *_rest in UNITS)

EARLY = {**{h: h for h in range(12)}, 12: 0}
LATE = {**{h: h + 12 for h in range(1, 12)}, **{h: h for h in range(12, 24)}}
EVENING = {hour: clock for hour, clock in LATE.items() if clock >= 17}
PARTS: tuple[tuple[str, dict[int, int], time | None], ...] = (  # words, hour said → hour meant, what they mean alone
    ("凌晨|am|a.m.", EARLY, None),
    ("pm|p.m.", LATE, None),
    ("清晨|早上|早晨|早|上午|morning", {h: h for h in range(13)}, MORNING_CALL),
    ("中午|正午|noon", {11: 11, 12: 12, 1: 13, 2: 14}, NOON),
    ("下午|午后|afternoon", LATE, AFTERNOON_CALL),
    ("傍晚|晚上|晚间|夜里|晚|evening|night", EVENING, EVENING_CALL),
)
ALONE = "|".join(words for words, _hours, alone in PARTS if alone)
PART = rf"(?:at\s+|@\s*)?(?:(?P<part>凌晨|{ALONE})\s*)?"
AM_PM = r"(?P<half>am|pm|a\.m\.|p\.m\.)"

FEASTS = {  # as typed: parts of the names that the calendars give it
    "元旦|(?:the )?new year(?:'s day)?": ("new year's day",),
    "年|春|spring festival|(?:chinese|lunar) new year|cny": ("spring festival", "chinese new year", "lunar new year"),
    "清明|qingming|tomb-sweeping day": ("tomb-sweeping",),
    "五一|劳动|may day|labou?r day": ("labour day", "labor day"),
    "端午|dragon boat(?: festival)?": ("dragon boat",),
    "中秋|mid-autumn(?: festival)?": ("mid-autumn",),
    "国庆|十一|national day": ("national day",),
    "假期?|长假|节|the holidays?|holidays?": (),
}
FEAST = "|".join(FEASTS)


@lru_cache(maxsize=128)
def pattern(text: str) -> re.Pattern[str]:
    return expression(f"(?:{text}){WHOLE}", re.ASCII)


def folded(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed).lower().translate(SIMPLIFIED)


def number(word: str) -> int:
    """The number that is written: 15, two, 十五, 二〇二六."""
    if word.isascii():
        return int(word) if word.isdigit() else COUNTS.index(word) if word in COUNTS else 1
    digits = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
    if not {"十", "百"} & set(word):
        return int("".join(str(digits[c]) for c in word))
    total, digit = 0, 0
    for c in word:
        if c in digits:
            digit = digits[c]
        else:
            total, digit = total + (digit or 1) * (100 if c == "百" else 10), 0
    return total + digit


def length(year: int, month: int) -> int:
    """How many days the month has."""
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def month(today: date, months: int) -> tuple[int, int]:
    """Year and month that many months from today's."""
    years, place = divmod(today.month - 1 + months, 12)
    return today.year + years, place + 1


def besides(word: str) -> int:
    """How many weeks, months or years from this one: 0 for 本, 2 for 下下, -1 for last."""
    first = word[0]
    return {"下": 1, "上": -1}[first] * word.count(first) if first in "下上" else AGES[word.removesuffix("个")]
