"""Importing a pipeline: deals, the orders of those that were won, their people, and what follows for the customers."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.services import history, imports, rules, stages
from crm_tui.services.imports import FactsImported, plan_facts, run_facts
from crm_tui.services.imports.fact_deals import login_of
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.factories import Team, column, make
from tests.store.present import check, present

PIPELINE = Path(__file__).parents[3] / "shared" / "data" / "sales-pipeline"
HEAD = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
Bring = Callable[..., FactsImported]


@pytest.fixture
def bring(team: Team, tmp_path: Path) -> Bring:
    def brought(rows: str, session: Session | None = None, *, keep_owners: bool = False) -> FactsImported:
        path = tmp_path / "deals.csv"
        path.write_text(HEAD + rows, encoding="utf-8")
        return run_facts(session or team.admin, plan_facts(path, "deals"), keep_owners=keep_owners)

    return brought


def reasons(found: FactsImported) -> list[str]:
    return [reason for __, __, reason in found.reasons]


def test_a_deal_that_was_won_is_an_order_too(team: Team, bring: Bring) -> None:
    acme = make(team.li)
    product = team.product("GTX Pro")
    found = bring("D1,li,GTXPro,Acme,Won,20-10-2026,01-11-2026,1054\nD2,li,GTX Pro,Acme,Lost,21-10-2026,02-11-2026,0\n")
    assert (found.new, found.refused, found.made) == (2, 0, {"orders": 1, "moved": 1})
    li = team.li.person.id
    assert team.database.rows("SELECT number, user_id, product_id, amount, opened_on, result, closed_on FROM deal") == [
        ("D1", li, product, 105400, "2026-10-20", "won", "2026-11-01"),
        ("D2", li, product, None, "2026-10-21", "lost", "2026-11-02"),
    ]
    assert team.database.rows(
        "SELECT o.customer_id, o.number, o.deal_id, o.ordered_on, o.state, o.user_id, l.quantity, l.amount"
        " FROM sales_order o JOIN order_line l ON l.order_id = o.id"
    ) == [(acme, "D1", 1, "2026-11-01", "confirmed", li, 1, 105400)]
    check(team.database)


@pytest.mark.parametrize(
    ("stage", "row", "after"),
    [
        ("potential", "Prospecting,,,", "target"),
        ("potential", "Engaging,20-10-2026,,", "intent"),
        ("potential", "Won,20-10-2026,01-11-2026,5", "actual"),
        ("potential", "Lost,20-10-2026,01-11-2026,0", "potential"),
        ("intent", "Prospecting,,,", "intent"),
        ("actual", "Engaging,20-10-2026,,", "actual"),
        ("lost", "Won,20-10-2026,01-11-2026,5", "lost"),
        ("lost", "Engaging,20-10-2026,,", "lost"),
    ],
)
def test_a_customer_is_moved_on_and_never_back(team: Team, bring: Bring, stage: str, row: str, after: str) -> None:
    acme = make(team.li)
    if stage != "potential":
        stages.move(team.li, [acme], stage, "price" if stage == "lost" else "")
    bring(f"D1,li,X,Acme,{row}\n")
    assert column(team.database, "stage", acme) == after
    steps = [row[0] for row in team.database.rows("SELECT to_stage FROM stage_change ORDER BY id")]
    assert steps == list(dict.fromkeys(["potential", stage, after]))
    check(team.database)


def test_the_furthest_of_several_deals_decides_whatever_their_order(team: Team, bring: Bring) -> None:
    acme = make(team.li)
    bring("D1,li,X,Acme,Won,20-10-2026,01-11-2026,5\nD2,li,X,Acme,Prospecting,,,\nD3,li,X,Acme,Engaging,20-10-2026,,\n")
    assert column(team.database, "stage", acme) == "actual"
    assert team.database.value("SELECT count(*) FROM stage_change") == 2


def test_agents_become_users_by_an_administrators_hand_only(team: Team, bring: Bring) -> None:
    make(team.li)
    rows = (
        "D1,Ana Müller,X,Acme,Engaging,20-10-2026,,\nD2,ana müller,X,Acme,Prospecting,,,\n"
        "D3,李娜,X,Acme,Prospecting,,,\n"
    )
    found = bring(rows, team.li)
    assert found.new == 0
    assert reasons(found)[0] == (
        'there is no user "Ana Müller": an administrator adds one, as in users add ana.muller --name "Ana Müller"'
    )
    found = bring(rows)
    assert (found.new, found.made["users"]) == (3, 2)
    assert team.database.rows("SELECT login, name, role FROM user ORDER BY id DESC LIMIT 2") == [
        ("lina", "李娜", "rep"), ("ana.muller", "Ana Müller", "rep")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "login"),
    [("Moses Frase", "moses.frase"), ("Zoë O'Neil", "zoe.o.neil"), ("王伟", "wangwei"), ("me", "me2"), ("3M", "rep.3m"),
     ("Ли", "rep"), ("Ann Lee", "ann.lee2")],
)  # fmt: skip
def test_a_login_is_made_of_the_name(name: str, login: str) -> None:
    assert login_of(name, {"ann.lee"}) == login


def test_whose_deals_it_has_most_of_holds_the_customer_of_as_many_the_newest(team: Team, bring: Bring) -> None:
    most, tied, kept = make(team.li, "Most"), make(team.li, "Tied"), make(team.wang, "Kept")
    found = bring(
        "D1,li,X,Most,Prospecting,,,\nD2,wang,X,Most,Engaging,20-10-2026,,\nD3,wang,X,Most,Engaging,21-10-2026,,\n"
        "D4,li,X,Tied,Engaging,20-10-2026,,\nD5,wang,X,Tied,Engaging,21-10-2025,,\nD6,wang,X,Kept,Engaging,21-10-2025,,\n"
    )
    assert found.made["assigned"] == 1
    li, wang = team.li.person.id, team.wang.person.id
    assert [column(team.database, "owner_id", key) for key in (most, tied, kept)] == [wang, li, wang]
    check(team.database)


def test_a_deal_stays_its_agents_whoever_gets_the_customer(team: Team, bring: Bring) -> None:
    acme = make(team.admin, owner="pool")
    bring(
        "D1,li,X,Acme,Prospecting,,,\nD2,wang,X,Acme,Engaging,20-10-2026,,\nD3,wang,X,Acme,Engaging,21-10-2026,,\n"
    )
    assert column(team.database, "owner_id", acme) == team.wang.person.id
    assert team.database.value("SELECT user_id FROM deal WHERE number = 'D1'") == team.li.person.id


def test_a_column_that_shows_its_order_tells_for_the_others(team: Team, bring: Bring) -> None:
    make(team.li)
    bring("D1,li,X,Acme,Won,02-10-2026,10-13-2026,5\n")
    assert team.database.row("SELECT opened_on, closed_on FROM deal") == ("2026-02-10", "2026-10-13")


def test_owners_stay_when_asked_and_when_a_rep_brings_the_deals_in(team: Team, bring: Bring) -> None:
    acme = make(team.li)
    assert "assigned" not in bring("D1,wang,X,Acme,Prospecting,,,\n", keep_owners=True).made
    assert "assigned" not in bring("D2,wang,X,Acme,Prospecting,,,\n", team.li).made
    assert column(team.database, "owner_id", acme) == team.li.person.id


def test_nobody_is_given_more_than_the_cap_leaves_room_for(team: Team, bring: Bring) -> None:
    rules.set_rule(team.admin, "pool.holding_cap", "1")
    first, second = make(team.admin, "First", owner="pool"), make(team.admin, "Second", owner="pool")
    found = bring("D1,li,X,First,Prospecting,,,\nD2,li,X,Second,Prospecting,,,\n")
    assert (found.made["assigned"], found.made["kept"]) == (1, 1)
    assert [column(team.database, "owner_id", key) for key in (first, second)] == [team.li.person.id, None]


def test_the_same_file_twice_adds_nothing_and_assigns_nothing_anew(team: Team, bring: Bring) -> None:
    acme = make(team.li)
    won = "wang,X,Acme,Won,20-10-2026,01-11-2026,5"
    rows = f"D1,{won}\n,{won}\n,,X,Acme,Prospecting,,,\n"
    assert bring(rows).new == 3
    with team.admin.changing() as change:
        change.update("customer", [acme], owner_id=team.li.person.id)
    before = present(team.database)
    found = bring(rows)
    assert (found.new, found.same) == (0, 3)
    assert present(team.database) == before


@pytest.mark.parametrize(
    "changed",
    ["X,Acme,Won,20-10-2026,02-11-2026,5", "X,Acme,Won,20-10-2026,01-11-2026,6", "Y,Acme,Won,20-10-2026,01-11-2026,5",
     "X,Acme,Lost,20-10-2026,01-11-2026,5", "X,Beta,Won,20-10-2026,01-11-2026,5"],
)  # fmt: skip
def test_a_deal_that_is_there_with_other_content_stays_as_it_is(team: Team, bring: Bring, changed: str) -> None:
    make(team.li)
    make(team.li, "Beta")
    bring("D1,li,X,Acme,Won,20-10-2026,01-11-2026,5\n")
    before = present(team.database)
    said = "the number D1 is there already, with other content: it stays as it is"
    assert reasons(bring(f"D1,li,{changed}\n")) == [said]
    assert present(team.database) == before


def test_an_order_that_is_there_is_said_to_be_of_its_deal_or_speaks_against_it(team: Team, bring: Bring) -> None:
    acme = make(team.li)
    order = team.order(acme, "2026-11-01", 500, number="D1")
    team.order(acme, "2026-11-01", 500, number="D2")
    found = bring("D1,li,X,Acme,Won,20-10-2026,01-11-2026,5\nD2,li,X,Acme,Won,20-10-2026,13-11-2026,5\n")
    assert reasons(found) == ["there is another order with the number D2"]
    assert team.database.rows("SELECT id, deal_id FROM sales_order ORDER BY id")[0] == (order, 1)
    assert team.database.value("SELECT count(*) FROM sales_order") == 2


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("D1,li,X,Acme,Won,20-10-2026,,5", "the closed is missing"),
        ("D1,li,X,Acme,Won,20-10-2026,01-11-2026,", "it was won: the amount is missing"),
        ("D1,li,,Acme,Won,20-10-2026,01-11-2026,5", "it was won: the product is missing"),
        ("D1,li,X,Acme,,20-10-2026,,5", "the stage of the deal is missing"),
        ("D1,li,X,Acme,Dancing,20-10-2026,,5",
         'deal stage "Dancing" is none that is known: Prospecting, Engaging, Won, Lost and the like'),
        ("D1,li,X,null,Engaging,20-10-2026,,5", "the customer is missing"),
    ],
)  # fmt: skip
def test_a_deal_that_says_too_little_is_refused(team: Team, bring: Bring, row: str, reason: str) -> None:
    make(team.li)
    assert reasons(bring(row + "\n")) == [reason]


def test_undo_takes_deals_orders_people_stages_and_owners_back(team: Team, bring: Bring) -> None:
    make(team.li)
    before = present(team.database)
    bring("D1,New Man,X,Acme,Won,20-10-2026,01-11-2026,5\nD2,New Man,Y,Acme,Engaging,20-10-2026,,\n")
    history.undo(team.admin)
    assert present(team.database) == before
    check(team.database)


def test_the_undo_of_an_import_leaves_a_product_that_others_have_sold_since(team: Team, bring: Bring) -> None:
    make(team.li)
    other = make(team.wang, "Beta")
    bring("D1,li,X,Acme,Won,20-10-2026,01-11-2026,5\n", team.li)
    team.order(other, "2026-11-02", 500, product="X")
    history.undo(team.li)
    assert team.database.rows("PRAGMA foreign_key_check") == []
    assert team.database.rows("SELECT customer_id FROM sales_order") == [(other,)]
    assert team.database.rows("SELECT name FROM product") == [("X",)]


def test_a_table_without_stages_is_no_pipeline(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("account,close_value\nAcme,5\n")
    with pytest.raises(UsageError, match="no column holds the stage"):
        plan_facts(path, "deals")


# The real thing

real = pytest.mark.skipif(not PIPELINE.exists(), reason="the pipeline's files are not there")


def computed() -> tuple[Counter[str], Counter[str], Counter[str]]:
    """By the csv module alone: sales per account, sales per agent, rows per result."""
    accounts: Counter[str] = Counter()
    agents: Counter[str] = Counter()
    results: Counter[str] = Counter()
    with (PIPELINE / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["account"] in ("", "null"):
                results["refused"] += 1
                continue
            results[row["deal_stage"]] += 1
            if row["deal_stage"] == "Won":
                accounts[row["account"]] += int(row["close_value"]) * 100
                agents[row["sales_agent"]] += int(row["close_value"]) * 100
    return accounts, agents, results


def pipeline(session: Session, folder: Path, rows: list[str] | None = None) -> FactsImported:
    path = folder / "sales_pipeline.csv"
    text = (PIPELINE / "sales_pipeline.csv").read_text(encoding="utf-8")
    head, *all_rows = text.splitlines(keepends=True)
    path.write_text(head + "".join(rows or all_rows), encoding="utf-8")
    return run_facts(session, plan_facts(path, "deals"))


@real
@pytest.mark.slow
def test_the_pipeline_adds_up_to_what_its_table_says(team: Team, tmp_path: Path) -> None:
    accounts, agents, results = computed()
    for name in ("accounts", "products"):
        (tmp_path / f"{name}.csv").write_bytes((PIPELINE / f"{name}.csv").read_bytes())
    imports.run(team.admin, imports.plan(team.admin, tmp_path / "accounts.csv"))
    run_facts(team.admin, plan_facts(tmp_path / "products.csv", "products"))
    before = present(team.database)
    found = pipeline(team.admin, tmp_path)
    assert (found.new, found.refused) == (sum(results.values()) - results["refused"], results["refused"])
    assert results["refused"] == 1425
    assert found.made["orders"] == results["Won"]
    sales = "SELECT {name}, sum(l.amount) FROM order_line l JOIN sales_order o ON o.id = l.order_id {join} GROUP BY 1"
    database = team.database
    assert accounts == dict(database.rows(sales.format(name="c.name", join="JOIN customer c ON c.id = o.customer_id")))
    assert agents == dict(database.rows(sales.format(name="u.name", join="JOIN user u ON u.id = o.user_id")))
    assert database.value("SELECT count(*) FROM product") == 7
    assert dict(database.rows("SELECT result, count(*) FROM deal GROUP BY 1")) == {
        "won": results["Won"], "lost": results["Lost"], "open": results["Engaging"] + results["Prospecting"]
    }  # fmt: skip
    assert database.rows("SELECT DISTINCT stage FROM customer") == [("actual",)]
    check(database)
    after = present(database)
    again = pipeline(team.admin, tmp_path)
    assert (again.new, again.same, again.refused, again.made) == (0, found.new, found.refused, {})
    assert present(database) == after
    history.undo(team.admin)
    assert present(database) == before


@real
@pytest.mark.slow
def test_the_pipeline_shuffled_is_the_same_pipeline(
    team: Team, tmp_path: Path, staffed: Path
) -> None:
    states = []
    rows = (PIPELINE / "sales_pipeline.csv").read_text(encoding="utf-8").splitlines(keepends=True)[1:]
    for name in ("a", "b"):
        path = tmp_path / f"{name}.db"
        path.write_bytes(staffed.read_bytes())
        database = Database(path)
        other = Team(database, team.clock)
        (tmp_path / "accounts.csv").write_bytes((PIPELINE / "accounts.csv").read_bytes())
        imports.run(other.admin, imports.plan(other.admin, tmp_path / "accounts.csv"))
        pipeline(other.admin, tmp_path, rows)
        states.append(present(database))
        database.close()
        random.Random(5).shuffle(rows)
    assert states[0] == states[1]


@pytest.mark.slow
def test_an_import_of_facts_that_is_killed_leaves_nothing(team: Team, tmp_path: Path) -> None:
    make(team.li)
    path = tmp_path / "orders.csv"
    rows = "".join(f"Acme,2026-01-{1 + n % 28:02},P{n % 9},{n}\n" for n in range(60_000))
    path.write_text("customer,order date,product,amount\n" + rows)
    before = present(team.database)
    program = [sys.executable, "-m", "crm_tui", "import", str(path), "--as", "orders", "--db",
               str(team.database.path), "--user", "root"]  # fmt: skip
    for seconds in (1.0, 2.5, 4.0):
        process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert present(team.database) == before
    assert sorted(found.name for found in tmp_path.glob("*.csv")) == ["orders.csv"]
