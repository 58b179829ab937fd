"""The encoding of a file that does not say: decided by what its bytes would read as, never by ignoring any of them.

Every decoder but UTF-8's accepts nearly any bytes, so the reading with the most usual characters wins.
"""

from __future__ import annotations

import codecs
from collections import Counter
from typing import IO

#: How many bytes a decision rests on.
HEAD = 1 << 16

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CERTAIN = 0.55
_LEGACY = ("gb18030", "big5hkscs", "cp932", "cp949", "cp1252")

# What tables of customers are full of, simplified and traditional.
_USUAL = frozenset(
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后"
    "多定行学法所民得经三之进着等部度家电力里如水化高自二理起小物实加量都两体制机当使点从业本去把性好应开它合还因"
    "由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又利比或但质气第向道命变条没结解问意"
    "建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图"
    "山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处府研司限技术科贸易集团股份责名称"
    "联客户话邮箱址备注姓编号金额海北京广州深圳南杭武汉市省县职务源张王李赵刘陈杨黄周吴徐孙马朱胡郭何林罗伟芳娜敏"
    "静丽磊洋勇艳杰娟涛超秀霞刚英厂店镇街這為個時們動過說種後經進實體機當點從開關數與總計張趙劉陳楊黃吳孫馬羅廣東"
    "蘇灣臺台陸貿術團責稱單號郵網國學會對來發產業務聯絡電話職區備標籤負門書長車馮鄭華麗偉強縣鎮間還應問題萬億買賣"
    "銷售額記錄無線樓"
)
LATIN = frozenset("àâäáãåæçéèêëíìîïñóòôöõøœßúùûüýÿÀÂÄÁÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝ€£§°«»“”‘’–—…·¡¿®™©²³µ×\xa0")


def sample(file: IO[bytes]) -> bytes:
    """The part of a file to decide by: its head and, where that is plain ASCII, the first part that is not."""
    head = file.read(HEAD)
    if not head.isascii() or b"\0" in head:
        return head
    while block := file.read(HEAD):
        if not block.isascii():
            return head + block
    return head


def detect_encoding(head: bytes) -> str:
    """The name of the encoding, as `codecs` knows it, from the first bytes of a file.

    Byte order mark, UTF-16 by its NULs, UTF-8 strictly or in most lines; then GB18030, Big5, Shift-JIS, Korean or
    Western European by the characters that they would give; then charset-normalizer. "utf-8" for ASCII.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    from crm_tui.formats import mixtures

    wide = _wide(head)
    if wide and head.count(0) * 8 > len(head):
        return wide
    if _decode(head, "utf-8") is not None:
        return "utf-8"
    if wide:
        return wide
    scores = {name: score(head, name) for name in _LEGACY}
    best = max(scores, key=lambda name: scores[name])
    if mixtures.mostly_utf_8(head, best):
        return "utf-8"  # which the rest of it is not: reading it says on which line
    return best if scores[best] >= _CERTAIN else _guessed(head) or best


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark, if all NULs (there is one in each ASCII character) are on the same side."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if even == odd or min(even, odd) * 10 > max(even, odd):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = _decode(head, name)
    return name if text is not None and any(end in text for end in "\n\r,;\t") else None


def _decode(head: bytes, name: str) -> str | None:
    """The bytes as text, or None if they are not in that encoding; the last character may be cut."""
    try:
        return codecs.getincrementaldecoder(name)("strict").decode(head, final=False)
    except UnicodeDecodeError:
        return None


def score(head: bytes, name: str) -> float:
    """How usual the characters beyond ASCII are that the bytes would read as: about 1 if right, towards 0 if not."""
    text = _decode(head, name)
    if text is None:
        return -1.0
    if name == "cp1252":
        return _western(text)
    counts = Counter(character for character in text if character > "\x7f")
    total = sum(counts.values())
    if not total:
        return 0.0
    return sum(_weight(character, name) * count for character, count in counts.items()) / total


def usual(text: str) -> float:
    """The same of a text, whatever encoding it came in."""
    beyond = [character for character in text if character > "\x7f"]
    return sum(max(_weight(one, name) for name in _LEGACY[:4]) for one in beyond) / max(len(beyond), 1)


def _weight(character: str, name: str) -> float:
    if character in _USUAL:
        return 1.3 if name in ("gb18030", "big5hkscs") else 0.8
    if "\u3000" <= character <= "\u3011" or "\uff01" <= character <= "\uff5e" or character in "“”‘’…—·":
        return 0.8
    if name == "cp932" and "\u3041" <= character <= "\u30fe":
        return 1.1
    if name == "cp949" and "\uac00" <= character <= "\ud7a3":
        return 1.0 if _lead(character, "euc_kr") else -0.3
    if name == "gb18030":
        return _by_lead(_lead(character, "gb2312"), 0xB0, 0xD7)
    if name == "big5hkscs":
        return _by_lead(_lead(character, "big5"), 0xA4, 0xC6)
    if name == "cp932" and not "\uff61" <= character <= "\uff9f":
        return _by_lead(_lead(character, "shift_jis"), 0x88, 0x97)
    return -0.2


def _lead(character: str, name: str) -> int:
    """The first of the character's two bytes, 0 if the encoding has it not: the standards sort by how usual it is."""
    try:
        encoded = character.encode(name)
    except UnicodeEncodeError:
        return 0
    return encoded[0] if len(encoded) == 2 else 0


def _by_lead(lead: int, first: int, last: int) -> float:
    if not lead:
        return -0.4
    return 0.9 if first <= lead <= last else 0.2


def _western(text: str) -> float:
    """The share of characters beyond ASCII that Western European text has, those in longer runs left out."""
    good = total = run = 0
    for character in text:
        run = run + 1 if character > "\x7f" else 0
        if run:
            total += 1
            good += character in LATIN and run <= 2
    return good / total if total else 0.0


def _guessed(head: bytes) -> str | None:
    from charset_normalizer import from_bytes

    match = from_bytes(head, cp_exclusion=["utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_7"]).best()
    return match.encoding if match else None
