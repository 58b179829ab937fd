"""The import screen: a file, its columns, a dry run, the import, what it did; all by keys."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from rich.cells import cell_len

from crm_tui.commands import importing
from crm_tui.services.imports import Cancelled
from crm_tui.store.database import Database
from crm_tui.tui import importer
from crm_tui.tui.screens.importing import ImportScreen
from tests.factories import Clock, Team, make
from tests.formats.workbooks import xlsx
from tests.store.present import check, present
from tests.tui.rooms import Room, entered, keys_of, until

FAIR = """公司,联系人,手机,等级,会员号
华为技术有限公司,任先生,13800138000,A,h1
北京小米科技,雷军,13900139000,B,m2
Acme GmbH,Hans,+49 30 901820,Z,a3
"""
ORDERS = "customer,date,product,amount\nAcme,2026-03-04,Widget,100.00\nNobody,2026-03-05,Widget,20\n"


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which one is, with two tables."""
    made = tmp_path / "files"
    made.mkdir()
    (made / "fair.csv").write_text(FAIR, encoding="gbk")
    (made / "orders.csv").write_text(ORDERS, encoding="utf-8")
    monkeypatch.chdir(made)
    return made


@pytest.fixture(autouse=True)
def _answers_count_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm_tui.tui.widgets.confirm.DEAF", 0.0)


@asynccontextmanager
async def looking(
    path: Path, clock: Clock, keys: str = "", *, login: str = "li", size: tuple[int, int] = (80, 24), theme: str = ""
) -> AsyncIterator[Room]:
    """The import screen on fair.csv, then those keys."""
    async with entered(path, login, clock, size, theme) as room:
        await room.press("gi", "fair", "<enter>")
        if keys:
            await room.press(keys)
        yield room


def screen(room: Room) -> ImportScreen:
    assert isinstance(room.place, ImportScreen)
    return room.place


def line(room: Room) -> str:
    """The command line of what is chosen, without the folder."""
    shown = next(row for row in room.rows() if row.startswith(": "))
    whole = f": {importing.written(screen(room).call)}"
    whole, shown = (text.replace(folder, "") for text, folder in ((whole, f"{Path.cwd()}/"), (shown, "…/")))
    assert whole.startswith(shown.replace(f"{Path.cwd()}/", "").removesuffix("…"))
    return whole


async def begun(room: Room) -> None:
    """Wait until an import goes on."""
    await until(lambda: room.app.importer.running is not None and room.app.importer.running.done)


async def over(room: Room) -> None:
    """Wait until no import goes on."""
    await until(lambda: room.app.importer.running is None)
    await room.rest()


def names(room: Room) -> list[str]:
    return [name for (name,) in room.values("SELECT name FROM customer WHERE archived_at IS NULL ORDER BY id")]


# -- the way


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 36), marks=pytest.mark.slow)])
async def test_a_file_is_picked_tried_imported_and_taken_back(
    path: Path, clock: Clock, folder: Path, size: tuple[int, int]
) -> None:
    async with looking(path, clock, size=size) as room:
        assert "gb18030" in room.rows()[0]
        text = room.text()
        assert "华为技术有限公司" in text
        assert '! Acme GmbH' in text
        assert 'refused: tier "Z"' in text
        assert all(cell_len(row) <= size[0] for row in room.rows())
        await room.press("d")
        await over(room)
        assert "new 2 · same 0" in room.text()
        assert "refused 1" in room.text()
        assert names(room) == []
        assert not (folder / "fair.errors.csv").exists()
        await room.press("i", "y")
        await over(room)
        assert names(room) == ["华为技术有限公司", "北京小米科技"]
        assert "2 customers imported; 1 refused" in room.text()
        assert "line 4, Acme GmbH" in room.text()
        assert (folder / "fair.errors.csv").exists()
        assert "u undoes" in room.rows()[-1]
        assert room.value("SELECT command FROM journal_entry ORDER BY id DESC LIMIT 1") == f"import {folder}/fair.csv"
        await room.press("<enter>")
        assert "none of them is yours" in room.said
        await room.press("u")
        assert names(room) == []


@pytest.mark.slow
async def test_what_was_imported_is_one_key_away(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock, "Ome<enter>") as room:
        await room.press("i", "y")
        await over(room)
        await room.press("<enter>")
        assert type(room.place).__name__ == "TheseScreen"
        assert "华为技术有限公司" in room.text()
        await room.press("<esc>")
        assert isinstance(room.place, ImportScreen)


async def test_while_a_table_is_looked_at_it_says_so(
    path: Path, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, looked = threading.Event(), importing.looked
    monkeypatch.setattr(importing, "looked", lambda session, call: (go.wait(30), looked(session, call))[1])
    async with entered(path, clock=clock) as room:
        await room.press("gi", "fair")
        room.app.post_message(next(keys_of("<enter>")))
        await until(lambda: "Looking at fair.csv …" in room.text())
        assert "No file yet" not in room.text()
        go.set()
        await until(lambda: "华为技术有限公司" in room.text())


async def test_columns_are_mapped_by_key_and_the_line_says_so(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock) as room:
        assert line(room) == ": import fair.csv"
        await room.press("jjjj", "x")
        assert "left out" in room.under
        assert line(room) == ": import fair.csv --map 会员号="
        await room.press("<enter>", "wech", "<enter>")
        assert "wechat" in room.under
        assert "chosen" in room.under
        assert line(room) == ": import fair.csv --map 会员号=wechat"
        await room.press("o", "<c-u>card number<enter>")
        assert "x.card number" in room.under
        assert line(room) == ': import fair.csv --map "会员号=x.card number"'
        await room.press("r")
        assert line(room) == ": import fair.csv"


@pytest.mark.slow
async def test_however_fast_keys_come_each_counts(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock) as room:
        await room.press("xjxjjxd")
        await over(room)
        assert line(room) == ": import fair.csv --map 公司= --map 联系人= --map 等级="
        assert "no column holds the name" in room.said
        await room.press("krkkkrjjjrd")
        await over(room)
        assert "refused 1" in room.text()


async def test_a_field_goes_from_one_column_to_another(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock, "jjjj") as room:
        await room.press("<enter>", "phone", "<enter>")
        assert line(room) == ": import fair.csv --map 会员号=phone"
        await room.press("k", ":column field phone<enter>")
        assert line(room) == ": import fair.csv --map 等级=phone"


@pytest.mark.slow
async def test_the_preview_follows_the_mapping(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock, "jjj") as room:
        assert "refused" in room.text()
        await room.press("x")
        assert "refused" not in room.text()
        assert "+493090182" in room.text()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["O", "me<enter>"], ": import fair.csv --owner me"),
        (["A", "another<enter>", "rr:li<enter>"], "--assign rr:li"),
        ([":table owner me<enter>", ":table assign rr:li<enter>"], ": import fair.csv --assign rr:li"),
        ([":table owner me<enter>", ":table owner -<enter>"], ": import fair.csv"),
        (["E", "gb18030<enter>"], ": import fair.csv --encoding gb18030"),
        ([",", "comma<esc>"], ": import fair.csv"), ([":table separator tab<enter>"], "--separator tab"),
    ],
)  # fmt: skip
@pytest.mark.slow
async def test_choices_are_made_by_keys_and_typed(
    path: Path, clock: Clock, folder: Path, keys: list[str], expected: str
) -> None:
    async with looking(path, clock) as room:
        await room.press(*keys)
        assert line(room).endswith(expected)


@pytest.mark.slow
async def test_a_choice_that_cannot_be_is_said_and_not_kept(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock) as room:
        await room.press(":table encoding utf-8<enter>")
        assert "not utf-8" in room.said
        assert line(room) == ": import fair.csv"
        await room.press(":column field nosuch<enter>")
        assert 'no field "nosuch"' in room.said
        assert line(room) == ": import fair.csv"
        await room.press(":table owner wang<enter>")
        assert "only leads give customers to others" in room.text()


@pytest.mark.slow
async def test_what_a_table_holds_is_recognised_and_can_be_said(
    team: Team, path: Path, clock: Clock, folder: Path
) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gi", "orders<enter>", "a", "orders<enter>")
        assert line(room) == ": import orders.csv --as orders"
        text = room.text()
        assert "Widget" in text
        assert "! " in text, "nobody of that name"
        await room.press("jj", "x")
        assert "no column holds the product" in room.said
        await room.press("r", "i", "y")
        await over(room)
        assert room.value("SELECT count(*) FROM sales_order") == 1
        await room.press("f", "orders<enter>", "a", "customers<enter>")
        assert line(room) == ": import orders.csv --as customers"


CALLS = "客户,日期,方式,记录人,内容\nAcme,2026-03-04 15:00,电话,li,问价\nNobody,2026-03-04,电话,,\n"
NEXT = "客户,下次跟进日期,事项\nAcme,2026-12-04,报价\nTwin,2026-12-04,\n"


@pytest.mark.parametrize(
    ("name", "kind", "text", "said", "table"),
    [
        ("calls", "interactions", CALLS, ("问价", "conflict 0 · refused 1"), "interaction"),
        ("next", "follow-ups", NEXT, ("报价", "conflict 1 · refused 0"), "follow_up"),
    ],
)  # fmt: skip
@pytest.mark.slow
async def test_what_was_said_and_promised_comes_in_from_here_too(
    team: Team, path: Path, clock: Clock, folder: Path, name: str, kind: str, text: str, said: tuple[str, str],
    table: str,
) -> None:  # fmt: skip
    make(team.li, "Acme")
    for __ in range(2):
        make(team.li, "Twin", anyway=True)
    (folder / f"{name}.csv").write_text(text, encoding="gbk")
    async with entered(path, clock=clock) as room:
        before = room.value(f"SELECT count(*) FROM {table}")
        await room.press("gi", f"{name}<enter>")
        assert line(room) == f": import {name}.csv --as {kind}", "it is recognised"
        assert said[0] in room.text()
        await room.press("d")
        await over(room)
        assert f"new 1 · same 0 · changed 0 · {said[1]}" in room.text()
        await room.press("i", "y")
        await over(room)
        assert room.value(f"SELECT count(*) FROM {table}") == before + 1
        await room.press("u")
        assert room.value(f"SELECT count(*) FROM {table}") == before


@pytest.mark.slow
async def test_the_line_can_be_copied(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock) as room:
        await room.press("L")
        assert any("crm-tui" in row for row in room.rows())


@pytest.mark.slow
async def test_typed_with_its_file_it_is_looked_at_first_and_with_yes_not(
    path: Path, clock: Clock, folder: Path
) -> None:
    async with entered(path, clock=clock) as room:
        await room.press(":import fair.csv --map 会员号=<enter>")
        assert line(room) == ": import fair.csv --map 会员号="
        assert names(room) == []
        await room.press(":import fair.csv --owner me --dry-run<enter>")
        await over(room)
        assert "would be imported" in room.text()
        await room.press(":import fair.csv --owner me --yes<enter>")
        await over(room)
        assert len(names(room)) == 2
        assert room.value("SELECT count(*) FROM customer WHERE owner_id IS NOT NULL") == 2


@pytest.mark.slow
async def test_the_keys_and_the_palette_tell_of_it(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock, "?bring") as room:
        assert "bring in" in room.text()
        await room.press("<esc>", "gp", "?impo")
        assert any(row.lstrip("› ").startswith("g i") for row in room.rows())
        await room.press("<esc>", "<c-p>import<enter>")
        assert "import" in room.text()


# -- while it lasts


def slowly(monkeypatch: pytest.MonkeyPatch, rows: int = 0) -> Callable[[], None]:
    """Have an import wait after so many rows until the returned function is called."""
    go = threading.Event()
    brought_in = importing.brought_in

    def waiting(
        session: object, call: object, seen: object = None, *, progress: object = None, **more: object
    ) -> object:
        def told(done: int, most: int | None) -> None:
            progress(done, most)  # type: ignore[operator]
            while not go.wait(0.01):
                progress(done, most)  # type: ignore[operator]

        return brought_in(session, call, seen, progress=told, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(importing, "brought_in", waiting)
    return go.set


@pytest.mark.slow
async def test_while_it_lasts_it_says_how_far_it_is_and_keys_are_obeyed(
    team: Team, path: Path, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(team.li, "Already there")
    go_on = slowly(monkeypatch)
    async with looking(path, clock, "i") as room:
        room.app.post_message(next(keys_of("y")))
        await begun(room)
        await until(lambda: "3 rows read" in room.text())
        assert "Esc cancels" in room.rows()[-1]
        for keys in ("x", "gp"):
            for key in keys_of(keys):
                room.app.post_message(key)
        await until(lambda: type(room.place).__name__ == "PipelineScreen" and "Already there" in room.text())
        go_on()
        await over(room)
        assert "2 customers imported" in room.said
        assert "华为技术有限公司" not in room.said


async def test_esc_cancels_it_and_nothing_remains(
    team: Team, path: Path, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = present(team.database)
    slowly(monkeypatch)
    async with looking(path, clock, "i") as room:
        room.app.post_message(next(keys_of("y")))
        await begun(room)
        await room.app.rested.wait()
        room.app.post_message(next(keys_of("<esc>")))
        await over(room)
        assert "cancelled: nothing was imported" in room.said
        assert names(room) == []
        assert line(room) == ": import fair.csv"
    database = Database(path)
    assert present(database) == before
    check(database)
    database.close()


@pytest.mark.slow
async def test_only_one_goes_on_at_a_time(
    path: Path, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = slowly(monkeypatch)
    async with looking(path, clock) as room:
        room.app.post_message(next(keys_of("d")))
        await begun(room)
        for key, told in (("d", "goes on"), ("i", "goes on"), ("x", "goes on"), ("f", "goes on"), ("a", "goes on")):
            room.place.say("")
            room.app.post_message(next(keys_of(key)))
            await until(lambda told=told: told in room.said)
        go_on()
        await over(room)


@pytest.mark.slow
async def test_leaving_the_program_ends_it(
    team: Team, path: Path, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = present(team.database)
    slowly(monkeypatch)
    async with looking(path, clock, "i") as room:
        room.app.post_message(next(keys_of("y")))
        await begun(room)
    database = Database(path)
    assert present(database) == before
    database.close()


def test_how_far_it_is_is_told_with_rate_and_time_left() -> None:
    from crm_tui.commands.catalog import CATALOG
    from crm_tui.commands.language import Call

    running = importer.Running(Call(CATALOG["import"]), False, began=100.0)
    assert running.told(101.0) == "import: reading …"
    running.done, running.most = 20_000, 120_000
    assert running.told(102.0) == "import: 20,000 of 120,000 rows, 10,000 a second, 0:10 left"
    running.most = None
    assert running.told(102.0) == "import: 20,000 rows, 10,000 a second"
    running.most = 20_000
    assert running.told(102.0) == "import: 20,000 rows read, writing …"
    assert str(Cancelled()) == "cancelled: nothing was imported"


# -- what may go wrong


@pytest.mark.slow
async def test_esc_at_every_step_leaves_all_as_it_was(
    team: Team, path: Path, clock: Clock, folder: Path
) -> None:
    before = present(team.database)
    async with entered(path, clock=clock) as room:
        home = type(room.place).__name__
        await room.press("gi", "<esc>")
        assert type(room.place).__name__ == home
        await room.press("gi", "fair<enter>")
        for keys in ("<enter>", "o", "a", "O", ",", "f", "i", "L"):
            await room.press(keys, "<esc>")
            assert line(room) == ": import fair.csv", keys
            assert screen(room).found is not None
        await room.press("d")
        await over(room)
        await room.press("<esc>")
        assert "would be imported" not in "\n".join(room.rows()[:-1])
        assert isinstance(room.place, ImportScreen)
        await room.press("<esc>")
        assert type(room.place).__name__ == home
        await room.press("gi")
        assert line(room) == ": import fair.csv", "it is there again"
    database = Database(path)
    assert present(database) == before
    database.close()


@pytest.mark.parametrize("keys", [pytest.param("d", marks=pytest.mark.slow), "iy"])
async def test_a_file_that_vanishes_or_changes_is_not_imported_unseen(
    path: Path, clock: Clock, folder: Path, keys: str
) -> None:
    async with looking(path, clock) as room:
        (folder / "fair.csv").write_text(FAIR.replace("等级", "级别").replace("雷军", "Lei"), encoding="gbk")
        await room.press(*keys)
        await over(room)
        assert "has changed meanwhile" in room.said
        (folder / "fair.csv").unlink()
        await room.press(keys[0])
        await over(room)
        assert "fair.csv" in room.said
        assert "cannot be read" in room.said or "no such" in room.said.lower()
        assert names(room) == []


@pytest.mark.slow
async def test_a_file_that_is_no_table_leaves_the_one_before(path: Path, clock: Clock, folder: Path) -> None:
    (folder / "photo.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    async with looking(path, clock) as room:
        await room.press("f", "photo<enter>")
        assert "photo.csv" in room.said
        assert line(room) == ": import fair.csv"
        await room.press(":import nowhere.csv --yes<enter>")
        assert "nowhere.csv" in room.said
        assert names(room) == []


@pytest.mark.parametrize("keys", ["gi", ":import<enter>", ":import fair.csv<enter>", ":import fair.csv --yes<enter>"])
@pytest.mark.slow
async def test_who_may_add_nothing_is_told_at_once(path: Path, clock: Clock, folder: Path, keys: str) -> None:
    async with entered(path, "sun", clock) as room:
        await room.press(keys)
        assert not isinstance(room.place, ImportScreen)
        assert "service holds no customers" in room.said
        assert names(room) == []


@pytest.mark.slow
async def test_two_sessions_import_one_after_the_other(path: Path, clock: Clock, folder: Path) -> None:
    (folder / "other.csv").write_text("name\nOther\n")
    async with looking(path, clock) as one, entered(path, "wang", clock) as two:
        await two.press(":import other.csv<enter>")
        await one.press("i", "y")
        await two.press("i", "y")
        await over(one)
        await over(two)
        assert sorted(names(one)) == sorted(["华为技术有限公司", "北京小米科技", "Other"])
        await one.press("u")
        assert names(two) == ["Other"]


@pytest.mark.slow
async def test_headings_that_steer_a_terminal_or_are_missing_or_twice(path: Path, clock: Clock, folder: Path) -> None:
    text = 'Name,"a\x1b[2Jb[/foo]",,Phone,Phone,a=b\nAcme,1,2,13800138000,13900139000,3\n'
    (folder / "odd.csv").write_text(text)
    async with entered(path, clock=clock) as room:
        await room.press("gi", "odd<enter>")
        assert "a[2Jb[/foo]" in room.text()
        assert "(no heading)" in room.text()
        await room.press("jj", "x")
        assert line(room).endswith('--map "column 3="')
        await room.press("jj", "x")
        assert "two columns are called Phone" in room.said
        await room.press("j", "x")
        assert 'a heading with "="' in room.said


@pytest.mark.parametrize("size", [(1, 1), (12, 4), (300, 100)])
@pytest.mark.slow
async def test_no_size_breaks_it(path: Path, clock: Clock, folder: Path, size: tuple[int, int]) -> None:
    async with looking(path, clock, size=size) as room:
        await room.press("d")
        await over(room)
        await room.press("<esc>", "f", "<esc>", "i", "y")
        await over(room)
        assert len(names(room)) == 2


@pytest.mark.slow
async def test_without_colours_everything_is_text(path: Path, clock: Clock, folder: Path) -> None:
    async with looking(path, clock, theme="none") as room:
        assert any(row.startswith("›") for row in room.rows())
        assert any(row.startswith("! Acme") for row in room.rows())
        strips = room.app.screen._compositor.render_strips()
        colours = {
            segment.style.color.name for strip in strips for segment in strip
            if segment.style and segment.style.color
        }  # fmt: skip
        assert colours <= {"default"}


# -- macros


@pytest.mark.slow
async def test_an_import_is_recorded_as_its_line_and_played(
    path: Path, clock: Clock, folder: Path, tmp_path: Path
) -> None:
    async with entered(path, clock=clock, home=tmp_path) as room:
        room.app.session.macros = (tmp_path / "macros",)
        await room.press("Qm", "gi", "fair<enter>", "jjjj", "x", "i", "y")
        await over(room)
        await room.press("Q")
        written = (tmp_path / "macros" / "m.macro").read_text().splitlines()
        assert [text for text in written if not text.startswith("#")] == [f"import {folder}/fair.csv --map 会员号="]
        await room.press("u")
        assert names(room) == []
        await room.press("@m")
        await room.rest()
        assert len(names(room)) == 2
        await room.press("u")
        assert names(room) == []


@pytest.mark.slow
async def test_at_the_door_a_workbook_is_refused_in_one_line_and_nothing_else(
    path: Path, clock: Clock, folder: Path
) -> None:
    xlsx(folder / "book.xlsx", {"a": [["name"], ["Acme"]]})
    async with entered(path, clock=clock) as room:
        room.app.session.spool = folder
        await room.press("gi", "book<enter>")
        assert room.said == "book.xlsx: only text formats are read here: save the sheet as CSV and send that"
        assert str(folder) not in room.text()
        assert "No file yet" in room.text()
        await room.press("f", "fair<enter>")
        assert line(room) == ": import fair.csv"
        await room.press("f", "book<enter>")
        assert "book.xlsx" in room.said
        assert line(room) == ": import fair.csv"


@pytest.mark.slow
async def test_esc_ends_the_import_of_very_many_rows_and_nothing_remains(
    team: Team, path: Path, clock: Clock, folder: Path
) -> None:
    """Wherever it is: reading, writing, or making the indexes again."""
    rows = "".join(f"Firm {n},139{n:08}\n" for n in range(50_000))
    (folder / "many.csv").write_text(f"name,phone\n{rows}")
    before = present(team.database)
    async with entered(path, clock=clock) as room:
        await room.press("gi", "many<enter>")
        for least in (1, 20_000, 45_000):
            await room.press("i")
            room.app.post_message(next(keys_of("y")))
            await until(lambda least=least: room.app.importer.running and room.app.importer.running.done >= least)
            room.app.post_message(next(keys_of("<esc>")))
            await over(room)
            assert "cancelled: nothing was imported" in room.said
            assert "Firm 0" in room.text(), "the preview is there again"
        await room.press(":new Next<enter>")
        assert names(room) == ["Next"]
        await room.press("u")
    database = Database(path)
    assert present(database) == before
    check(database)
    database.close()
