from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.formats import objects
from crm_tui.formats.tables import Reading, Row, TableError, open_table

LINES = '{"name": "华为", "phone": 8613800138000}\n\n{"name": "Acme", "note": "a\\nb", "vip": true}\n'
ARRAY = '[\n  {"name": "华为", "phone": 8613800138000},\n\n  {"name": "Acme", "note": "a\\nb",\n   "vip": true}\n]\n'
SCATTERED = '{\n "name": "华为",\n "phone": 8613800138000\n}\n{"name": "Acme", "note": "a\\nb", "vip": true}'


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(("content", "lines"), [(LINES, (1, 3)), (ARRAY, (2, 4)), (SCATTERED, (1, 5))])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_objects_are_a_table_of_all_their_keys(
    tmp_path: Path, content: str, lines: tuple[int, int], encoding: str
) -> None:
    table = open_table(written(tmp_path / "a.jsonl", content.encode(encoding)))
    assert table.headings == ("name", "phone", "note", "vip")
    first, second = table.rows()
    assert first == Row(lines[0], ("华为", "8613800138000", "", ""))
    assert second == Row(lines[1], ("Acme", "", "a\nb", "true"))
    assert (table.most_rows(), table.defused, table.reading.format) == (2, False, "jsonl")
    assert list(open_table(table.path, table.reading).rows()) == [first, second]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (0, "0"), (12.5, "12.5"), (1e20, "100000000000000000000"),
        (3.0, "3"), (13800138000123456789, "13800138000123456789"), ("007", "007"), ("'=x", "'=x"), ([], ""), ({}, ""),
        (["vip", "fair"], "vip, fair"), ([1, None, "x"], "1, x"), ([{"a": 1}], '[{"a": "1"}]'),
    ],
)  # fmt: skip
def test_values_are_what_a_person_would_have_typed(tmp_path: Path, value: Any, text: str) -> None:
    table = open_table(written(tmp_path / "a.json", json.dumps({"name": "x", "value": value})))
    assert [row.cells for row in table.rows()] == [("x", text)]


def test_objects_within_an_object_are_columns(tmp_path: Path) -> None:
    table = open_table(written(tmp_path / "a.json", '{"name": "x", "contact": {"name": "y", "tel": {"work": "1"}}}'))
    assert table.headings == ("name", "contact name", "contact tel work")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('{"a": "1"}\n\n{"a": "2"\n', "line 3: this is no JSON object; correct the line"),
        ('{"a": "1"}\n["a", "b"]\n', "line 2: this is no JSON object"),
        ('{"a": "1"}\n' + "[" * 100_000 + "\n", "line 2: this is no JSON object"),
        ('{"a":\n', "line 1: this is no JSON object"),
        ('[{"a": "1"},\n{"a": "2"},\n{"a" "3"}]', "line 3: this is no JSON object"),
        ('[{"a": "1"},\n{"a": "2"}', "the file is cut off: its array has no end"),
        ('[{"a": "1"}]\nmore', "line 2: this is no JSON object"),
        ('[["a"], ["1"]]', "line 1: this is no JSON object"),
        ("[]", "the file is empty"),
        ("{}", "the file is empty"),
        ('{"a": "' + "x" * 1_100_000 + '"}', "line 1: a cell is longer than 1 MB"),
        ('{"a": "1"}\n{"a": "' + "x" * 20_000_000 + '"}', "line 2: a cell is longer than 1 MB"),
            ('[{"a": "' + "x" * 20_000_000 + '"}]', "line 1: a cell is longer than 1 MB"),
            ('{"a": "1"}\n{"a": [' + '"xyz", ' * 2_400_000 + "1]}", "line 2: this object is longer than 16 MB"),
        ("".join(f'{{"k{n}": "1"}}\n' for n in range(2_100)), "line 2001: more than 2,000 different keys"),
        ('{"a": "华为"}\n'.encode() * 6_000 + '{"a": "万达"}\n'.encode("gbk"), "line 6001: not utf-8"),
    ],
)
def test_what_is_no_object_is_refused_with_its_line(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    with pytest.raises(TableError, match=complaint) as caught:
        list(open_table(written(tmp_path / "a.json", content)).rows())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("array", [True, False])
def test_one_object_is_held_at_a_time(tmp_path: Path, array: bool) -> None:
    line = json.dumps({"name": "x" * 100, "note": "y" * 100})
    content = f"[{','.join([line] * 8_000)}]" if array else f"{line}\n" * 8_000
    path = written(tmp_path / "a.json", content)
    tracemalloc.start()
    table = open_table(path)
    assert sum(1 for _row in table.rows()) == 8_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_500_000


def test_objects_are_found_wherever_a_block_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "a.json", ARRAY)
    expected = list(open_table(path).rows())
    for size in range(1, 40):
        monkeypatch.setattr(objects, "_BLOCK", size)
        assert list(open_table(path).rows()) == expected


texts = st.text(max_size=20)


@settings(max_examples=50)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), texts, min_size=1), min_size=1, max_size=4), st.booleans())
def test_any_objects_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], array: bool
) -> None:
    content = json.dumps(rows) if array else "\n".join(map(json.dumps, rows))
    table = open_table(written(tmp_path_factory.getbasetemp() / "any.json", content), Reading("json", "utf-8"))
    found = [{h: c for h, c in zip(table.headings, row.cells, strict=True) if c} for row in table.rows()]
    assert found == [kept for row in rows if (kept := {key: text for key, text in row.items() if text})]
