"""The import screen on a real terminal: from the file to the customers, and back."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.pty.conftest import Office


def test_a_chinese_table_comes_in_by_keys_alone_and_goes_by_one(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "f"
    folder.mkdir()
    table = "公司,手机,等级\n华为技术有限公司,13800138000,A\n北京小米科技,13900139000,B\n坏行,13700137000,Z\n"
    (folder / "客户.csv").write_bytes(table.encode("gbk"))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    with office.open() as terminal:
        terminal.wait("keys")
        terminal.send("gi")
        terminal.wait("客户.csv")
        terminal.send("<enter>")
        terminal.wait("! 坏行.*refused")
        terminal.send("jjx")
        terminal.wait("客户.csv --map 等级=")
        terminal.send("rd")
        terminal.wait("new 2")
        terminal.send("Ome<enter>")
        terminal.wait("--owner me")
        terminal.send("i")
        terminal.wait("yes .*no")
        terminal.wait("import at most 3 rows")
        time.sleep(0.4)  # what is typed ahead of a question does not answer it
        terminal.send("y")
        terminal.wait("2 customers imported.*u undoes")
        terminal.send("u")
        terminal.wait("undone|undid|taken back|redoes")
    assert office.rows("SELECT count(*) FROM customer") == [(0,)]
    assert office.rows("SELECT count(*) FROM journal_entry WHERE command LIKE 'import %'") == [(1,)]
