"""Importing tables: what becomes of each row, of the same row twice, and of an import that does not come to its end."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.services import history, people, pool_lists, rules, teams
from crm_tui.services.imports import FactsImported, Imported, plan, plan_facts, refusals, run, run_facts
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from crm_tui.store.journal import Change
from tests.formats.workbooks import xlsx

NOW = datetime(2026, 3, 11, 9, 30, tzinfo=UTC)  # a Wednesday
ACCOUNTS = Path(__file__).parents[3] / "shared" / "data" / "sales-pipeline" / "accounts.csv"

Table = Callable[..., Path]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    database = Database(tmp_path / "crm.db", create=True)
    admin = people.sign_in(database, "ann", source="test", clock=lambda: NOW)
    rules.set_rule(admin, "time_zone", "UTC")
    for login, role, name in (("li", "rep", "李娜"), ("bo", "rep", "Bo"), ("sue", "service", "Sue")):
        teams.add(admin, login, role=role, name=name, time_zone="Asia/Shanghai")
    return people.sign_in(database, "ann", source="import", clock=lambda: NOW)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    def write(text: str, name: str = "new.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def bring(session: Session, path: Path, *, owner: str = "pool", dedupe: bool = True, dry_run: bool = False,
          **planned: object) -> Imported:  # fmt: skip
    return run(session, plan(session, path, **planned), owner=owner, dedupe=dedupe, dry_run=dry_run)  # type: ignore[arg-type]


def counts(found: Imported) -> tuple[int, int, int, int]:
    return found.new, found.same, found.refused, found.totals


def customer(session: Session, name: str) -> dict[str, object]:
    cursor = session.database.connection.execute("SELECT * FROM customer WHERE name = ?", (name,))
    names = [column[0] for column in cursor.description]
    return dict(zip(names, next(cursor), strict=True))


def profile(session: Session, name: str) -> dict[str, str]:
    text = session.database.value(
        "SELECT fields FROM profile p JOIN customer c ON c.id = p.id WHERE c.name = ?", (name,)
    )
    found: dict[str, str] = json.loads(text)
    return found


def contact(session: Session, name: str) -> tuple[object, ...] | None:
    return session.database.row(
        "SELECT k.name, k.role, k.title, k.phone FROM contact k JOIN customer c ON c.id = k.customer_id"
        " WHERE c.name = ?",
        (name,),
    )


def hashed(session: Session) -> list[object]:
    tables = ("customer", "profile", "contact", "follow_up", "tag", "customer_tier", "stage_change", "tier_change",
              "journal_entry", "journal_change", "stage_count")  # fmt: skip
    return [session.database.rows(f"SELECT * FROM {name}") for name in tables]


def test_columns_are_understood_without_being_told(session: Session, table: Table) -> None:
    path = table(
        "客户名称,联系人,职务,手机,电子邮箱,省份,所属行业,客户来源,客户阶段,等级,负责人,标签,员工数,网点数\n"
        "广州远达科技有限公司,王芳,采购经理,138 0013 8000,wf@yuanda.cn,广东,电子,广交会,成交,意A,李娜,"
        "VIP、华南,120人,7\n"
    )
    assert counts(bring(session, path)) == (1, 0, 0, 0)
    row = customer(session, "广州远达科技有限公司")
    assert row["kind"] == "organization"
    assert (row["stage"], row["tier"], row["tier_rank"]) == ("actual", "A", 0)
    assert (row["email"], row["region"], row["industry"], row["source"]) == ("wf@yuanda.cn", "广东", "电子", "广交会")
    assert row["owner_id"] == session.database.value("SELECT id FROM user WHERE login = 'li'")
    assert contact(session, "广州远达科技有限公司") == ("王芳", None, "采购经理", "+8613800138000")
    assert profile(session, "广州远达科技有限公司") == {"headcount": "120", "网点数": "7"}
    assert [tag for (tag,) in session.database.rows("SELECT name FROM tag ORDER BY id")] == ["vip", "华南"]


@pytest.mark.parametrize(
    ("headings", "cells", "field", "value"),
    [
        ("name,stage", "x,老客户", "stage", "actual"),
        ("name,stage", "x,签约", "stage", "actual"),
        ("name,stage", "x,", "stage", "potential"),
        ("name,tier", "x,B类客户", "tier", "B"),
        ("name,tier", "x,", "tier", "D"),
        ("name,phone", "x,020-87654321转8021", "phone", "+862087654321 ext 8021"),
        ("name,phone", "x,13800138000.0", "phone", "+8613800138000"),
        ("name,phone", "x,13800138000 / 13900139000", "phone", "+8613800138000"),
        ("name,email", "x,a@b.cn; c@d.cn", "email", "a@b.cn"),
        ("name,email", "x,无", "email", None),
        ("name,region", "x,'-north", "region", "-north"),
        ("name,created", "x,2024-05-06", "created_at", "2024-05-06 00:00:00"),
        ("name,created", "x,2024/5/6 8:30", "created_at", "2024-05-06 08:30:00"),
        ("name,last_contact", "x,3天前", "last_contact", "2026-03-08 00:00:00"),
        ("name,next_follow_up", "x,fri", "next_on", "2026-03-13"),
        ("name,next_follow_up", "x,2026-01-05", "next_on", "2026-01-05"),
        ("姓名,手机", "John Smith,13800138000", "kind", "person"),
        ("name,kind", "x,个人客户", "kind", "person"),
    ],
)  # fmt: skip
def test_a_cell_becomes_a_value(
    session: Session, table: Table, headings: str, cells: str, field: str, value: object
) -> None:
    bring(session, table(f"{headings}\n{cells}\n"))
    assert customer(session, cells.split(",")[0])[field] == value


@pytest.mark.parametrize(
    ("headings", "cells", "kept"),
    [
        ("name,revenue", "x,a lot", {"revenue (text)": "a lot"}),
        ("name,电话", "x,打不通", {"电话 (text)": "打不通"}),
        ("name,created", "x,2030-01-01", {"created (text)": "2030-01-01"}),
        ("name,next_follow_up", "x,soon", {"next_follow_up (text)": "soon"}),
        ("name,客户类型", "x,重点", {"客户类型 (text)": "重点"}),
        ("name,phone,tel", "x,13800138000,13900139000", {"tel": "+8613900139000"}),
        ("姓名,年营业额", "张伟,5万", {"年营业额 (text)": "5万"}),
        ("name,region,地区", "x,north,south", {"地区": "south"}),
        ("name,size of fleet", "x,7", {"size of fleet": "7"}),
    ],
)
def test_what_fits_no_field_is_kept(
    session: Session, table: Table, headings: str, cells: str, kept: dict[str, str]
) -> None:
    assert bring(session, table(f"{headings}\n{cells}\n")).refused == 0
    assert profile(session, cells.split(",")[0]) == kept


@pytest.mark.parametrize(
    ("headings", "cells", "reason"),
    [
        ("name,region", ",north", "name"),
        ("name,stage", "x,nowhere", "stage"),
        ("name,tier", "x,Z9", "tier"),
        ("name,owner", "x,nobody", "nobody"),
        ("name,owner", "x,sue", "hold no customers"),
        ("name,email", "x,not an address", "email"),
    ],
)
def test_what_must_not_be_wrong_is_refused_and_can_be_imported_again(
    session: Session, table: Table, headings: str, cells: str, reason: str
) -> None:
    found = bring(session, table(f"{headings}\n{cells}\nright,\n"))
    assert counts(found) == (1, 0, 1, 0)
    assert found.exit_code == 4
    assert found.errors is not None
    with found.errors.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["reason", *headings.split(",")]
    assert reason in rows[1][0]
    assert rows[1][1:] == cells.split(",")
    again = bring(session, found.errors)
    assert counts(again) == (0, 0, 1, 0)
    assert again.errors is not None
    assert again.errors.name == "new.errors-2.csv"
    assert again.errors.read_text() == found.errors.read_text()


def test_the_same_file_twice_makes_nothing_and_is_no_failure(session: Session, table: Table) -> None:
    path = table("name,phone\nAcme Inc,13800138000\nＡＣＭＥ,\nAcme,13900139000\n合计,2\n")
    first = bring(session, path)
    assert counts(first) == (2, 0, 0, 1)
    assert first.conflicts == 1, "the one without a phone may be either"
    before = hashed(session)
    second = bring(session, path)
    assert (counts(second), second.exit_code, second.entry_id) == ((0, 3, 0, 1), 0, None)
    assert hashed(session) == before
    assert bring(session, path, dedupe=False).new == 3


def test_one_undo_takes_back_the_whole_import(session: Session, table: Table) -> None:
    rows = "".join(f"客户{n}有限公司,王{n},1380013{n:04},a b\n" for n in range(2_100))
    found = bring(session, table("公司,联系人,手机,标签\n" + rows), owner="me")
    assert found.new == 2_100
    assert session.database.value("SELECT count(*) FROM journal_entry WHERE id = ?", (found.entry_id,)) == 1
    assert session.database.value("SELECT count(*) FROM search_gram") == 2_100
    history.undo(session)
    for name in ("customer", "profile", "contact", "follow_up", "tag", "customer_tier", "search_gram"):
        assert session.database.value(f"SELECT count(*) FROM {name}") == 0, name
    history.redo(session)
    assert session.database.value("SELECT count(*) FROM contact") == 2_100


def test_who_receives_prospects_calls_them_next_working_day(session: Session, table: Table) -> None:
    bring(session, table("name,stage\nnew,\nold,actual\ngone,lost\n"), owner="me")
    promised = "SELECT c.name, f.kind, f.due_on FROM follow_up f JOIN customer c ON c.id = f.customer_id"
    assert session.database.rows(promised) == [("new", "first_contact", "2026-03-12")]
    bring(session, table("name\npooled\n"))
    assert customer(session, "pooled")["next_on"] is None
    assert customer(session, "pooled")["pool_id"] == 1


def test_the_holding_cap_binds_reps(session: Session, table: Table) -> None:
    rules.set_rule(session, "pool.holding_cap", "2")
    path = table("name,stage\na,\nb,actual\nc,\nd,\n")
    found = bring(session, path, owner="李娜")
    assert counts(found) == (3, 0, 1, 0)
    assert "cap" in found.reasons[0][2]
    assert bring(session, path, owner="me", dedupe=False).refused == 0


def test_a_rep_gives_customers_to_nobody_else(session: Session, table: Table) -> None:
    rep = people.sign_in(session.database, "li", source="import", clock=lambda: NOW)
    with pytest.raises(NotAllowed):
        bring(rep, table("name\nx\n"), owner="bo")
    assert counts(bring(rep, table("name,owner\nx,bo\ny,李娜\n"))) == (1, 0, 1, 0)
    service = people.sign_in(session.database, "sue", source="import", clock=lambda: NOW)
    with pytest.raises(NotAllowed):
        bring(service, table("name\nx\n"))


def test_a_tier_that_a_lead_confirms_is_refused_to_reps(session: Session, table: Table) -> None:
    rep = people.sign_in(session.database, "li", source="import", clock=lambda: NOW)
    found = bring(rep, table("name,tier\nx,diamond\ny,B\n"))
    assert counts(found) == (1, 0, 1, 0)
    assert session.database.rows("SELECT name, tier FROM customer") == [("y", "B")]
    assert counts(bring(session, table("name,tier\nx,diamond\n"))) == (1, 0, 0, 0)


def test_columns_and_fields_can_be_told(session: Session, table: Table) -> None:
    path = table("what,who,more\nAcme,x,7\nBeta,,8\n")
    found = plan(session, path, mapping={"what": "name", "who": "source", "more": ""}, fixed={"source": "广交会"})
    assert found.mapping == {"what": "name", "who": "source", "more": ""}
    run(session, found)
    assert [customer(session, name)["source"] for name in ("Acme", "Beta")] == ["x", "广交会"]
    with pytest.raises(UsageError, match="no column"):
        plan(session, path, mapping={"where": "region"})
    with pytest.raises(UsageError, match="no field"):
        plan(session, path, mapping={"what": "nmae"})
    with pytest.raises(UsageError, match="name"):
        run(session, plan(session, path))
    with pytest.raises(UsageError, match="stage"):
        run(session, plan(session, path, mapping={"what": "name"}, fixed={"stage": "nowhere"}))


def test_a_dry_run_counts_the_same_and_changes_nothing(session: Session, table: Table) -> None:
    path = table("name,stage\na,\nb,nowhere\nb,\na,\n")
    before = hashed(session)
    tried = bring(session, path, dry_run=True)
    assert hashed(session) == before
    assert (tried.errors, tried.entry_id) == (None, None)
    assert not list(path.parent.glob("*.errors*"))
    assert counts(tried) == counts(bring(session, path)) == (2, 0, 1, 0)


@pytest.mark.parametrize("failure", [KeyboardInterrupt, RuntimeError])
def test_an_import_that_stops_leaves_nothing(session: Session, table: Table, failure: type[BaseException]) -> None:
    path = table("name,stage\n" + "".join(f"c{n},{'nowhere' if n == 1 else ''}\n" for n in range(4_500)))
    before = hashed(session)
    calls: list[tuple[int, int | None]] = []

    def progress(done: int, most: int | None) -> None:
        calls.append((done, most))
        if done >= 4_000:
            raise failure

    with pytest.raises(failure):
        run(session, plan(session, path), progress=progress)
    assert calls == [(2_000, 4_500), (4_000, 4_500)]
    assert hashed(session) == before
    assert not list(path.parent.glob("*.errors*"))


def test_an_import_that_fails_at_its_very_end_leaves_no_error_file(
    session: Session, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    path = table("name,stage\na,\nb,nowhere\n")
    monkeypatch.setattr("crm_tui.store.search.index", fail)
    with pytest.raises(RuntimeError):
        bring(session, path)
    assert session.database.value("SELECT count(*) FROM customer") == 0
    assert not list(path.parent.glob("*.errors*"))


def test_hostile_text_is_kept_clean(session: Session, table: Table) -> None:
    bring(session, table('name,note,"=1+1"\n"[/x] \x1b]0;t\x07Acme","a\nb\x9b31m",\'=2+2\n'))
    row = session.database.row("SELECT name, note FROM customer")
    assert row == ("[/x] ]0;tAcme", "a\nb31m")
    assert profile(session, "[/x] ]0;tAcme") == {"=1+1": "=2+2"}


def test_a_person_tells_what_is_theirs(session: Session, table: Table) -> None:
    path = table("姓名,职位,手机,生日\n张伟,经理,13800138000,1980-05-17\n")
    bring(session, path, mapping={"生日": "birthday"})
    assert profile(session, "张伟") == {"title": "经理", "birthday": "1980-05-17"}
    assert customer(session, "张伟")["phone"] == "+8613800138000"


@pytest.mark.slow
def test_a_killed_import_leaves_nothing(session: Session, table: Table) -> None:
    path = table("name\n" + "".join(f"c{n}\n" for n in range(200_000)))
    code = (
        "from pathlib import Path\nfrom crm_tui.services import people\n"
        "from crm_tui.services.imports import plan, run\n"
        "from crm_tui.store.database import Database\n"
        f"s = people.sign_in(Database(Path({str(session.database.path)!r})), 'ann', source='import')\n"
        f"run(s, plan(s, {str(path)!r}), progress=lambda done, most: print(done, flush=True))\n"
    )
    before = hashed(session)
    here = Path(__file__).parents[2]
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=here)
    assert child.stdout is not None
    while int(child.stdout.readline()) < 20_000:
        pass
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert hashed(session) == before
    assert counts(bring(session, table("name\nafter\n", "b.csv"))) == (1, 0, 0, 0)


@pytest.mark.slow
@pytest.mark.skipif(not ACCOUNTS.exists(), reason="the data set is not there")
def test_real_accounts_are_understood(session: Session, tmp_path: Path) -> None:
    found = run(session, plan(session, ACCOUNTS), owner="me", errors=tmp_path / "errors.csv")
    assert counts(found) == (85, 0, 0, 0)
    row = customer(session, "Bluth Company")
    assert (row["industry"], row["region"], row["parent"]) == ("technolgy", "United States", "Acme Corporation")
    assert profile(session, "Bluth Company") == {"founded": "1993", "headcount": "3027", "revenue": "124232 CNY"}
    assert counts(run(session, plan(session, ACCOUNTS), owner="me")) == (0, 85, 0, 0)


def test_moments_that_name_their_zone_are_read(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("name,created,last_contact\nAcme,2026-01-05T01:30:00Z,2026-01-06 09:00:00+08:00\n")
    run(session, plan(session, path))
    assert session.database.rows("SELECT created_at, last_contact FROM customer") == [
        ("2026-01-05 01:30:00", "2026-01-06 01:00:00")
    ]


def test_a_row_with_a_person_and_no_company_is_that_person(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("姓名,手机,公司\n李四,13812345671,\n张三,13812345672,华为技术有限公司\n", encoding="utf-8")
    assert run(session, plan(session, path)).new == 2
    rows = session.database.rows("SELECT kind, name, phone FROM customer ORDER BY id")
    assert rows == [("person", "李四", "+8613812345671"), ("organization", "华为技术有限公司", None)]
    assert session.database.rows("SELECT name, phone FROM contact") == [("张三", "+8613812345672")]


def test_a_pool_that_one_does_not_see_is_an_unknown_one(session: Session, table: Table) -> None:
    pool_lists.add(session, "secret", "bo", None)
    li = people.sign_in(session.database, "li", source="import", clock=lambda: NOW)
    for name in ("secret", "nowhere"):
        found = bring(li, table(f"name,pool\nOf {name},{name}\n"), owner="pool")
        assert (counts(found), found.kept) == ((1, 0, 0, 0), 1)
        assert customer(session, f"Of {name}")["pool_id"] == 1
    bo = people.sign_in(session.database, "bo", source="import", clock=lambda: NOW)
    bring(bo, table("name,pool\nBeta,Secret\n"), owner="pool")
    assert customer(session, "Beta")["pool_id"] == 2


def test_a_lead_gives_to_the_own_team_only(session: Session, table: Table) -> None:
    teams.add(session, "lu", role="lead")
    teams.add_team(session, "north", "lu", ["bo"])
    lu = people.sign_in(session.database, "lu", source="import", clock=lambda: NOW)
    found = bring(lu, table("name,owner\nAcme,li\nBeta,bo\n"))
    assert counts(found) == (1, 0, 1, 0)
    assert found.reasons[0][2] == "li is not of your team"


@pytest.mark.parametrize("owner", ["me", "pool"])
def test_who_is_leaving_brings_nothing_in_and_who_is_away_nothing_for_themselves(
    session: Session, table: Table, owner: str
) -> None:
    li = people.sign_in(session.database, "li", source="import", clock=lambda: NOW)
    teams.away(session, "li", None, None, None)
    if owner == "me":
        with pytest.raises(NotAllowed, match="you are away"):
            bring(li, table("name\nAcme\n"), owner=owner)
    else:
        assert bring(li, table("name\nAcme\n"), owner=owner).new == 1
    teams.back(session, "li")
    bring(li, table("name\nHeld\n"), owner="me")
    teams.leave(session, "li")
    with pytest.raises(NotAllowed, match="you are leaving"):
        bring(li, table("name\nBeta\n"), owner=owner)


def _refused(path: Path) -> list[Path]:
    return [one for one in path.parent.iterdir() if "errors" in one.name and not one.name.startswith(".")]


BAD = "name,stage\nGood,intent\nFresh,intent\nBad,moon\n"


def _bring_bad(session: Session, table: Table, kind: str) -> Imported | FactsImported:
    if kind == "facts":
        path = table("customer,date,amount\nGood,2026-03-01,5\nNobody,2026-03-01,5\n")
        return run_facts(session, plan_facts(path, "payments"))
    return run(session, plan(session, table(BAD)), mode="upsert" if kind == "upsert" else "create")


@pytest.mark.parametrize("kind", ["create", "upsert", "facts"])
def test_the_file_of_refused_rows_has_its_name_only_once_all_is_committed(
    session: Session, table: Table, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table("name\nGood\n")
    bring(session, path)
    seen: list[list[Path]] = []
    summarize = Change.summarize
    monkeypatch.setattr(Change, "summarize", lambda change, text: (
        summarize(change, text), seen.append(_refused(path))))  # fmt: skip
    found = _bring_bad(session, table, kind)
    assert seen, found.message
    assert not any(seen)
    assert _refused(path) == [found.errors] == [path.with_name("new.errors.csv")]
    again = run(session, plan(session, table("name,stage\nOther,moon\n")))
    assert again.errors == path.with_name("new.errors-2.csv"), "nothing is written over"
    assert not [one for one in path.parent.iterdir() if one.name.startswith(".")]


@pytest.mark.parametrize("kind", ["create", "upsert", "facts"])
def test_a_file_that_cannot_get_its_name_is_told_of_and_the_import_stands(
    session: Session, table: Table, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table("name\nGood\n")
    bring(session, path)

    def fails(*__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(refusals.os, "link", fails)
    monkeypatch.setattr(Path, "rename", fails)
    found = _bring_bad(session, table, kind)
    assert found.errors is not None
    assert found.errors.read_text(encoding="utf-8-sig").startswith("reason")
    assert "could not be given its name (Input/output error)" in found.message
    assert session.database.value("SELECT summary FROM journal_entry ORDER BY id DESC LIMIT 1")


def test_where_there_are_no_links_it_is_renamed(
    session: Session, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(refusals.os, "link", fails)
    names = [_bring_bad(session, table, "create").errors.name for __ in range(2)]  # type: ignore[union-attr]
    assert names == ["new.errors.csv", "new.errors-2.csv"]


QUOTED = "'=1"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_a_quote_before_a_formula_is_the_cell_s_own_where_none_was_put_there(
    session: Session, tmp_path: Path, kind: str
) -> None:
    """In a workbook, and in the file of refused rows that comes of it, back once more."""
    bring(session, xlsx(tmp_path / "one.xlsx", {"a": [["name"], ["Good"]]}))
    cells = [["name", QUOTED, "stage"], ["Acme", QUOTED, ""], ["Bad", QUOTED, "moon"]]
    facts = [["customer", "date", "amount", "note"], *([name, "2026-03-01", "5", QUOTED] for name in ("Good", "x"))]
    kept, written = (QUOTED, "''=1") if kind == "xlsx" else ("=1", "'=1")
    tables = []
    for name, rows in (("customers", cells), ("payments", facts)):
        path = tmp_path / f"{name}.{kind}"
        if kind == "xlsx":
            xlsx(path, {"a": rows})
        else:
            path.write_text("".join(",".join(row) + "\n" for row in rows))
        tables.append(path)
    found = bring(session, tables[0])
    assert counts(found) == (1, 0, 1, 0)
    assert profile(session, "Acme") == {kept: kept}
    paid = run_facts(session, plan_facts(tables[1], "payments"))
    assert (paid.new, paid.refused) == (1, 1)
    assert session.database.value("SELECT note FROM payment") == kept
    for errors, again in ((found.errors, "Bad"), (paid.errors, "x")):
        assert errors is not None
        text = errors.read_text(encoding="utf-8-sig")
        assert text.count(written) == (2 if again == "Bad" else 1)
        errors.write_text(text.replace("moon", "intent").replace(",x,", ",Good,").replace(",5,", ",6,"))
    assert bring(session, found.errors or Path()).new == 1
    assert profile(session, "Bad") == {kept: kept}
    assert run_facts(session, plan_facts(paid.errors or Path(), "payments")).new == 1
    assert session.database.rows("SELECT DISTINCT note FROM payment") == [(kept,)]


def test_what_is_typed_for_every_row_is_taken_as_it_is_typed(session: Session, table: Table) -> None:
    bring(session, table("name\nGood\n"), fixed={"note": QUOTED})
    assert customer(session, "Good")["note"] == QUOTED
    path = table("customer,date,amount\nGood,2026-03-01,5\n")
    run_facts(session, plan_facts(path, "payments", fixed={"note": QUOTED}))
    assert session.database.value("SELECT note FROM payment") == QUOTED
