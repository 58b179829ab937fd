from __future__ import annotations

import pytest

from crm_tui.formats.heading_rows import Span, headings_of
from crm_tui.formats.tables import Row

DATA = "华为|王|1|深圳"


@pytest.mark.parametrize(
    ("rows", "spans", "line", "headings"),
    [
        (["name|phone|x|y", DATA], [], 1, "name|phone|x|y"),
        (["|Contact||", "客户|Name|Phone|city", DATA], [(1, 1, 1, 2)], 2, "客户|Contact Name|Contact Phone|city"),
        (["客户|联系人||城市", "|姓名|电话|", DATA], [(1, 1, 1, 2), (1, 0, 2, 0), (1, 3, 2, 3)], 2,
         "客户|联系人姓名|联系人电话|城市"),
        # A group that says nothing of what is under it is left out, unless two columns would be the same.
        (["基本信息||其他|", "客户名称|联系人|电话|城市", DATA], [(1, 0, 1, 1), (1, 2, 1, 3)], 2,
         "客户名称|联系人|电话|城市"),
        (["Home||Work|", "tel|mail|tel|mail", DATA], [(1, 0, 1, 1), (1, 2, 1, 3)], 2,
         "Home tel|Home mail|Work tel|Work mail"),
        (["Contact|||", "Contact name|Contact phone|a|b", DATA], [(1, 0, 1, 1)], 2, "Contact name|Contact phone|a|b"),
        (["客户|联系人|电话|城市", "||(手机)|", DATA], [(1, 0, 2, 0), (1, 1, 2, 1), (1, 3, 2, 3)], 2,
         "客户|联系人|电话 (手机)|城市"),
        # Three rows of headings.
        (["A||||", "B||C||", "1|2|3|4|", DATA + "|"], [(1, 0, 1, 3), (2, 0, 2, 1), (2, 2, 2, 3)], 3,
         "B 1|B 2|C 3|C 4"),
        # A title over all columns is no heading, nor are merged cells of the rows below.
        (["客户名单|||", "name|phone|x|y", DATA], [(1, 0, 1, 3)], 2, "name|phone|x|y"),
        (["name|phone|x|y", "a||b|c", DATA], [(2, 0, 2, 1)], 1, "name|phone|x|y"),
        (["name|phone||y", "华为|138|139|深圳", DATA], [(1, 1, 1, 2)], 1, "name|phone|phone|y"),
        ([], [], 0, ""),
    ],
)  # fmt: skip
def test_headings_stand_in_one_row_or_in_several(
    rows: list[str], spans: list[tuple[int, int, int, int]], line: int, headings: str
) -> None:
    first = [Row(number, tuple(row.split("|"))) for number, row in enumerate(rows, 1)]
    found = tuple(headings.split("|")) if headings else ()
    assert headings_of(first, [Span(*span) for span in spans]) == (line, found)
