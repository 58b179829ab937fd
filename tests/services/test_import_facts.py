"""Importing orders, payments, receivables, products and wallets: whose they are, what counts once, what is refused."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.services import customers, history, merges
from crm_tui.services.imports import FactsImported, check_customers, plan_facts, run_facts
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.factories import Clock, Team, make
from tests.store.present import check, present

Bring = Callable[..., FactsImported]
ORDERS = "客户,下单日期,产品,数量,单价,金额,订单号\n"


@pytest.fixture
def bring(team: Team, tmp_path: Path) -> Bring:
    def brought(text: str, kind: str = "orders", session: Session | None = None, *, dry_run: bool = False,
                keep_owners: bool = False, **planned: object) -> FactsImported:  # fmt: skip
        path = tmp_path / "facts.csv"
        path.write_text(text, encoding="utf-8")
        plan = plan_facts(path, kind, **planned)  # type: ignore[arg-type]
        return run_facts(session or team.admin, plan, dry_run=dry_run, keep_owners=keep_owners)

    return brought


def counts(found: FactsImported) -> tuple[int, int, int]:
    return found.new, found.same, found.refused + found.conflicts


def lines(database: Database) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT c.name, o.ordered_on, o.number, o.state, p.name, l.quantity, l.price, l.amount, l.cost"
        " FROM order_line l"
        " JOIN sales_order o ON o.id = l.order_id JOIN customer c ON c.id = l.customer_id"
        " JOIN product p ON p.id = l.product_id ORDER BY l.id"
    )


def reasons(found: FactsImported) -> list[str]:
    return [reason for __, __, reason in found.reasons]


def test_an_order_is_read_by_chinese_headings(team: Team, bring: Bring) -> None:
    make(team.li, "广州远达科技有限公司")
    found = bring(
        "下单日期,订单号,客户,产品,品类,数量,单价,金额,成本\n"
        '2026/3/1,A-1,广州远达科技,GTX Pro,显卡,2,"¥1,200.50",,900\n'
    )
    assert counts(found) == (1, 0, 0)
    assert found.made == {"orders": 1, "products": 1, "newcomers": 1}
    assert "1 customers bought for the first time: stage actual is proposed" in found.message
    assert lines(team.database) == [
        ("广州远达科技有限公司", "2026-03-01", "A-1", "confirmed", "GTX Pro", 2, 120050, 240100, 90000)
    ]
    assert team.database.value("SELECT category FROM product") == "显卡"


@pytest.mark.parametrize(
    ("columns", "cells", "quantity", "price", "amount", "odd"),
    [
        ("amount", "0", 1, None, 0, 0),
        ("amount", "12万", 1, None, 12_000_000, 0),
        ("price,quantity", "0.125,8", 8, 13, 100, 0),
        ("price", "19.90", 1, 1990, 1990, 0),
        ("price,quantity,amount", "3.33,3,10", 3, 333, 1000, 0),
        ("price,quantity,amount", "100,2,180", 2, 10_000, 18_000, 1),
        ("amount,quantity", '"-1,000.5",-2', -2, None, -100_050, 0),
        ("price,quantity,amount", "1,2.5,", 2.5, 100, 250, 0),
    ],
)
def test_the_amount_of_a_line_counts_and_is_else_price_times_quantity(
    team: Team, bring: Bring, columns: str, cells: str, quantity: float, price: int | None, amount: int, odd: int
) -> None:
    make(team.li)
    found = bring(f"customer,date,product,{columns}\nAcme,2026-01-02,X,{cells}\n")
    assert [row[5:8] for row in lines(team.database)] == [(quantity, price, amount)]
    assert found.made.get("odd", 0) == odd


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Acme,2026-01-02,X,1,,,", "neither amount nor price is there"),
        ("Acme,2026-01-02,,1,,5,", "the product is missing: --set product=NAME names one for all rows"),
        ("Acme,,X,1,,5,", "the date is missing"),
        (",2026-01-02,X,1,,5,", "the customer is missing"),
        ("null,2026-01-02,X,1,,5,", "the customer is missing"),
        ("Nobody,2026-01-02,X,1,,5,", 'there is no customer "Nobody"'),
        ("Acme,02-01-26,X,1,,5,", 'date "02-01-26": write the year with four digits'),
        ("Acme,2026-02-30,X,1,,5,", 'there is no day "2026-02-30"'),
        ("Acme,soon,X,1,,5,", 'cannot read the date "soon": write it like 2026-03-01'),
        ("Acme,2026-01-02,X,few,,5,", 'quantity "few" is no number: write it like 3 or 2.5'),
        ("Acme,2026-01-02,X,1,,$5,", "amounts are in CNY here, not in $"),
    ],
)
def test_a_row_that_cannot_be_taken_goes_into_the_error_file_with_the_reason(
    team: Team, bring: Bring, row: str, reason: str
) -> None:
    make(team.li)
    found = bring(ORDERS + row + "\nAcme,2026-01-02,X,1,,5,\n")
    assert counts(found) == (1, 0, 1)
    assert reasons(found) == [reason]
    assert found.errors is not None
    with found.errors.open(encoding="utf-8-sig", newline="") as file:
        refused = list(csv.reader(file))
    assert refused[0] == ["reason", "rows alike", *ORDERS.strip().split(",")]
    assert [refused[1][0], *refused[1][2:]] == [reason, *row.split(",")]
    assert found.exit_code == 4


def test_a_corrected_error_file_is_imported_as_it_is(team: Team, bring: Bring) -> None:
    make(team.li)
    refused = bring(ORDERS + "Acne,2026-01-02,X,1,,5,7\nAcne,2026-01-02,Y,1,,5,7\n")
    assert refused.errors is not None
    text = refused.errors.read_text(encoding="utf-8-sig").replace("Acne", "Acme")
    assert counts(bring(text)) == (2, 0, 0)


def test_an_order_of_which_a_line_is_refused_is_refused_whole_so_that_it_can_come_in_whole(
    team: Team, bring: Bring
) -> None:
    make(team.li)
    found = bring(ORDERS + "Acme,2026-01-02,X,1,,5,7\nAcme,2026-01-02,Y,1,,oops,7\nAcme,2026-01-02,X,1,,5,8\n")
    assert counts(found) == (1, 0, 2)
    assert reasons(found)[0] == "line 3 has the same number 7 and is refused"


# Whose it is


def test_a_customer_is_found_by_code_tax_number_id_and_phone(team: Team, bring: Bring) -> None:
    first = make(team.li, "Acme", phone="13800138000", tax_number="91 44ab")
    second = make(team.li, "Beta")
    _set(team, second, "编号", "K-7")
    text = "编号,电话,id,日期,产品,金额\n"
    ways = ["9144AB,,", "k-7,,", ",138 0013 8000,", f",,{second}"]
    rows = [f"{way},2026-01-01,X,{number}" for number, way in enumerate(ways, 1)]
    assert counts(bring(text + "\n".join(rows))) == (4, 0, 0)
    found = Counter(team.database.rows("SELECT customer_id, sum(amount) FROM order_line GROUP BY 1"))
    assert found == Counter([(first, 400), (second, 600)])


def _set(team: Team, customer_id: int, field: str, value: str) -> None:
    row = json.loads(team.database.value("SELECT fields FROM profile WHERE id = ?", (customer_id,)) or "{}")
    with team.admin.changing() as change:
        change.update("profile", [customer_id], fields=json.dumps({**row, field: value}, ensure_ascii=False))


def test_two_customers_of_one_name_are_told_apart_by_phone_or_refused(team: Team, bring: Bring) -> None:
    first = make(team.li, "Acme", phone="13800138000")
    second = make(team.li, "Acme", phone="13800138001")
    found = bring("customer,phone,date,product,amount\nAcme Inc.,13800138001,2026-01-01,X,1\nACME,,2026-01-01,X,1\n")
    assert counts(found) == (1, 0, 1)
    assert reasons(found) == [f"several customers are meant: {first}, {second}; a column id says which"]
    assert team.database.value("SELECT customer_id FROM sales_order") == second


def test_a_code_and_a_name_of_two_customers_contradict_each_other(team: Team, bring: Bring) -> None:
    make(team.li, "Acme", tax_number="T1")
    make(team.li, "Beta")
    found = bring("customer,code,date,product,amount\nBeta,T1,2026-01-01,X,1\nUnknown,T1,2026-01-01,X,1\n")
    assert counts(found) == (1, 0, 1)
    assert reasons(found) == ["these are different customers: code T1, name Beta"]


def test_whom_a_rep_may_not_see_or_change_is_the_same_as_nobody(team: Team, bring: Bring) -> None:
    make(team.wang, "Wangs Werk", phone="13900000026")
    pooled = make(team.admin, "Pool Party", owner="pool")
    make(team.li, "Own")
    rows = ["Wangs Werk,,", "Nobody,,", "Pool Party,,", ",13900000026,", ",13900000027,", f",,{pooled}", "Own,,"]
    text = "customer,phone,id,date,product,amount\n" + "".join(f"{row},2026-01-01,X,1\n" for row in rows)
    found = bring(text, session=team.li)
    assert counts(found) == (1, 0, 6)
    said = [reason.replace(name, "N") for reason, name in zip(
        reasons(found), ["Wangs Werk", "Nobody", "Pool Party", "13900000026", "13900000027", str(pooled)], strict=True)]
    assert set(said[:5]) == {'you hold no customer "N"'}
    assert said[5] == "there is no customer N"
    assert counts(bring(text, session=team.admin)) == (4, 1, 2)


def test_an_invisible_namesake_does_not_make_ones_own_customer_ambiguous(team: Team, bring: Bring) -> None:
    own = make(team.li, "Acme", phone="13800138000")
    make(team.wang, "Acme", phone="13900139000", anyway=True)
    assert counts(bring(ORDERS + "Acme,2026-01-02,X,1,,5,\n", session=team.li)) == (1, 0, 0)
    assert team.database.value("SELECT customer_id FROM sales_order") == own


def test_service_brings_nothing_in_and_reps_no_products(team: Team, bring: Bring) -> None:
    make(team.li)
    with pytest.raises(NotAllowed):
        bring(ORDERS + "Acme,2026-01-02,X,1,,5,\n", session=team.service)
    with pytest.raises(NotAllowed):
        bring("product,price\nX,1\n", "products", session=team.li)
    assert counts(bring("product,price\nX,1\n", "products", session=team.lead)) == (1, 0, 0)


def test_an_archived_customer_is_said_to_be_archived(team: Team, bring: Bring) -> None:
    customers.archive(team.li, [make(team.li)])
    assert reasons(bring(ORDERS + "Acme,2026-01-02,X,1,,5,\n")) == ["it is archived: unarchive it first"]


# What counts once


def test_the_same_file_twice_counts_once(team: Team, bring: Bring) -> None:
    make(team.li)
    text = ORDERS + "Acme,2026-01-02,X,1,,5,7\nAcme,2026-01-02,X,1,,5,7\n" + "Acme,2026-01-02,X,1,,5,\n" * 3
    assert counts(bring(text)) == (5, 0, 0)
    before = present(team.database)
    assert counts(bring(text)) == (0, 5, 0)
    assert present(team.database) == before
    assert team.database.value("SELECT count(*) FROM sales_order") == 4


def test_one_more_row_of_the_like_in_a_later_file_is_one_more_order(team: Team, bring: Bring) -> None:
    make(team.li)
    row = "Acme,2026-01-02,X,1,,5,\n"
    bring(ORDERS + row)
    assert counts(bring(ORDERS + row * 2)) == (1, 1, 0)


@pytest.mark.parametrize(
    "changed",
    ["Acme,2026-01-03,X,1,,5,7", "Beta,2026-01-02,X,1,,5,7", "Acme,2026-01-02,X,1,,6,7", "Acme,2026-01-02,Y,1,,5,7"],
)
def test_a_number_that_is_there_with_other_content_is_refused_and_nothing_changes(
    team: Team, bring: Bring, changed: str
) -> None:
    make(team.li)
    make(team.li, "Beta")
    bring(ORDERS + "Acme,2026-01-02,X,1,,5,7\n")
    before = present(team.database)
    found = bring(ORDERS + changed + "\n")
    assert reasons(found) == ["the number 7 is there already, with other content: it stays as it is"]
    assert present(team.database) == before
    assert found.exit_code == 1


def test_rows_of_one_number_are_lines_of_one_order_and_must_agree(team: Team, bring: Bring) -> None:
    make(team.li)
    make(team.li, "Beta")
    found = bring(
        ORDERS + "Acme,2026-01-02,X,1,,5,7\nAcme,2026-01-02,Y,1,,6,8\n"
        "Acme,2026-01-02,Y,2,,6,7\nBeta,2026-01-02,Y,1,,6,8\n"
    )
    assert counts(found) == (2, 0, 2)
    assert set(reasons(found)) == {"the rows with the number 8 contradict each other"}
    assert [(row[2], row[4]) for row in lines(team.database)] == [("7", "X"), ("7", "Y")]
    assert team.database.value("SELECT count(*) FROM sales_order") == 1


def test_an_order_that_has_a_line_once_has_it_not_twice(team: Team, bring: Bring) -> None:
    make(team.li)
    row = "Acme,2026-01-02,X,1,,5,7\n"
    bring(ORDERS + row)
    assert counts(bring(ORDERS + row * 2)) == (0, 1, 1)


def test_rows_that_differ_in_their_cost_alone_may_change_places(team: Team, bring: Bring) -> None:
    make(team.li)
    head, rows = "customer,date,product,amount,cost\n", ["Acme,2026-01-02,X,5,3\n", "Acme,2026-01-02,X,5,2\n"]
    assert counts(bring(head + "".join(rows))) == (2, 0, 0)
    assert counts(bring(head + "".join(reversed(rows)))) == (0, 2, 0)


def test_a_cost_that_differs_is_not_taken_over_in_silence(team: Team, bring: Bring) -> None:
    make(team.li)
    head = "customer,date,product,amount,cost\n"
    bring(head + "Acme,2026-01-02,X,5,3\n")
    assert counts(bring(head + "Acme,2026-01-02,X,5,\n")) == (0, 1, 0)
    assert reasons(bring(head + "Acme,2026-01-02,X,5,4\n")) == ["the same row is there already, with another cost"]


def test_spellings_of_a_product_are_one_product(team: Team, bring: Bring) -> None:
    make(team.li)
    known = team.product("GTX Pro")
    bring(ORDERS + "".join(f"Acme,2026-01-02,{name},1,,5,\n" for name in ("GTXPro", "gtx  pro", "ＧＴＸ Pro")))
    assert team.database.rows("SELECT DISTINCT product_id FROM order_line") == [(known,)]


def test_undo_takes_all_back_and_redo_brings_it_again(team: Team, bring: Bring) -> None:
    make(team.li)
    before = present(team.database)
    bring(ORDERS + "Acme,2026-01-02,X,1,,5,7\nAcme,2026-01-02,Y,1,,5,\n", session=team.li)
    after = present(team.database)
    history.undo(team.li)
    assert present(team.database) == before
    history.redo(team.li)
    assert present(team.database) == after
    check(team.database)


def test_a_dry_run_says_the_counts_and_leaves_nothing(team: Team, bring: Bring, tmp_path: Path) -> None:
    make(team.li)
    before = present(team.database)
    found = bring(ORDERS + "Acme,2026-01-02,X,1,,5,7\nNobody,2026-01-02,X,1,,5,8\n", dry_run=True)
    assert counts(found) == (1, 0, 1)
    assert present(team.database) == before
    assert not list(tmp_path.glob("*.errors.csv"))
    assert found.message.startswith("orders: 1 row would be imported")


def test_total_rows_are_skipped(team: Team, bring: Bring) -> None:
    make(team.li)
    assert counts(bring(ORDERS + "Acme,2026-01-02,X,1,,5,\n合计,,,,,5,\n")) == (1, 0, 0)


# Days


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (("03/04/2026", "13/04/2026"), ["2026-04-03", "2026-04-13"]),
        (("03/04/2026", "04/13/2026"), ["2026-03-04", "2026-04-13"]),
        (("2026.3.4", "20260305"), ["2026-03-04", "2026-03-05"]),
        (("2026年3月4日", "46086"), ["2026-03-04", "2026-03-05"]),
        (("4-Mar-2026", "March 5, 2026"), ["2026-03-04", "2026-03-05"]),
        (("2026-03-04 23:59:00", "2026-03-05T00:00:00"), ["2026-03-04", "2026-03-05"]),
    ],
)
def test_the_order_of_day_and_month_is_found_in_the_whole_column(
    team: Team, bring: Bring, cells: tuple[str, str], days: list[str]
) -> None:
    make(team.li)
    text = "customer,date,product,amount\n" + "".join(f'Acme,"{cell}",X,1\n' for cell in cells)
    assert counts(bring(text)) == (2, 0, 0)
    assert [row[0] for row in team.database.rows("SELECT ordered_on FROM sales_order ORDER BY 1")] == days


def test_a_column_with_both_orders_is_asked_about_by_its_rows(team: Team, bring: Bring) -> None:
    make(team.li)
    text = "customer,date,product,amount\nAcme,01/02/2026,X,1\nAcme,13/02/2026,X,1\nAcme,02/14/2026,X,1\n"
    with pytest.raises(UsageError, match=r"date: line 3 has the day first \(13/02/2026\) and line 4 the month"):
        bring(text)
    assert counts(bring(text, dates="mdy")) == (2, 0, 1)


def test_what_no_cell_decides_is_assumed_and_said(team: Team, tmp_path: Path) -> None:
    path = tmp_path / "facts.csv"
    path.write_text("customer,date,product,amount\nAcme,03/04/2026,X,1\n")
    said = "date: 03/04/2026 is taken for 2026-04-03; --dates mdy says otherwise"
    assert plan_facts(path, "orders").warnings == (said,)
    assert plan_facts(path, "orders", assumed="mdy").orders == {"date": "mdy"}
    assert plan_facts(path, "orders", dates="dmy").warnings == ()
    path.write_text("customer,date,product,amount\nAcme,2026-04-03,X,1\n")
    assert plan_facts(path, "orders").warnings == ()


# Plans


@pytest.mark.parametrize(
    ("headings", "kind"),
    [
        ("下单日期,订单号,客户,产品,数量,单价,金额", "orders"),
        ("customer,order date,product,amount", "orders"),
        ("客户,回款日期,回款金额", "payments"),
        ("customer,due date,amount", "receivables"),
        ("product,series,sales_price", "products"),
        ("customer,category,year,wallet", "wallet"),
        ("opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value", "deals"),
        ("account,sector,year_established,revenue,employees,office_location,subsidiary_of", None),
        ("客户名称,联系人,手机,产品,数量,下单日期,金额", None),
        ("name,created,amount,due date", None),
        ("name,product", None),
    ],
)
def test_headings_that_say_clearly_what_a_table_is_are_not_taken_for_customers(headings: str, kind: str | None) -> None:
    if kind is None:
        check_customers(headings.split(","), "x.csv")
    else:
        with pytest.raises(UsageError, match=f"import x.csv --as {kind} "):
            check_customers(headings.split(","), "x.csv")


def test_a_column_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("who,date,product,amount,odd\nAcme,2026-01-02,X,1,1\n")
    with pytest.raises(UsageError, match="no column holds the customer: say which with --map HEADING=customer"):
        plan_facts(path, "orders")
    plan = plan_facts(path, "orders", mapping={"who": "客户"}, fixed={"note": "n"})
    assert plan.places == ("customer", "date", "product", "amount", "")
    assert plan.warnings == ("left out: odd",)
    with pytest.raises(UsageError, match='orders have no field "colour"'):
        plan_facts(path, "orders", mapping={"who": "colour"})


# Money


def owed(database: Database) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT r.number, p.number, a.amount FROM allocation a JOIN receivable r ON r.id = a.receivable_id"
        " JOIN payment p ON p.id = a.payment_id ORDER BY r.number, p.number"
    )


DUE = "客户,到期日,应收,应收单号,订单号\nAcme,2026-03-01,100,R1,\nAcme,2026-02-01,50,R2,\n"
PAID = "客户,回款日期,回款金额,单号,应收单号\nAcme,2026-03-05,70,P1,\nAcme,2026-03-06,60,P2,R1\n"


def test_payments_cover_what_is_due_the_longest_or_what_they_name(team: Team, bring: Bring) -> None:
    make(team.li)
    bring(DUE, "receivables")
    found = bring(PAID, "payments")
    assert found.made == {"allocations": 3}
    assert owed(team.database) == [("R1", "P1", 2000), ("R1", "P2", 6000), ("R2", "P1", 5000)]
    assert counts(bring(PAID, "payments")) == (0, 2, 0)
    assert counts(bring(DUE, "receivables")) == (0, 2, 0)


def test_the_longest_due_is_that_of_the_earliest_day_whenever_it_came_in(team: Team, bring: Bring) -> None:
    make(team.li)
    bring(DUE, "receivables")
    bring("客户,到期日,应收,应收单号\nAcme,2026-01-01,70,R0\n", "receivables")
    bring(PAID.splitlines(keepends=True)[0] + "Acme,2026-03-05,70,P1,\n", "payments")
    assert owed(team.database) == [("R0", "P1", 7000)]


def test_what_is_due_is_covered_by_what_was_paid_before(team: Team, bring: Bring) -> None:
    make(team.li)
    bring("客户,回款日期,回款金额\nAcme,2026-01-05,120\n", "payments")
    bring(DUE, "receivables")
    assert owed(team.database) == [("R1", "", 7000), ("R2", "", 5000)]


def test_a_payment_is_for_a_receivable_of_its_customer(team: Team, bring: Bring) -> None:
    make(team.li)
    make(team.li, "Beta")
    bring(DUE, "receivables")
    found = bring("客户,回款日期,回款金额,应收单号\nBeta,2026-03-05,70,R1\nAcme,2026-03-05,70,R9\n", "payments")
    assert reasons(found) == ["this customer has no receivable R1", "this customer has no receivable R9"]


def test_a_receivable_is_of_an_order_of_its_customer(team: Team, bring: Bring) -> None:
    acme = make(team.li)
    make(team.li, "Beta")
    order = team.order(acme, "2026-01-01", 100, number="O7")
    head = "customer,due date,amount,order number\n"
    found = bring(head + "Acme,2026-03-01,100,O7\nBeta,2026-03-01,100,O7\nAcme,2026-03-01,-1,\n", "receivables")
    assert team.database.rows("SELECT order_id FROM receivable") == [(order,)]
    assert reasons(found) == ["this customer has no order O7", "the amount is -1: it must not be negative"]


@pytest.mark.parametrize(("kind", "table"), [("payments", "payment"), ("receivables", "receivable")])
def test_equal_rows_without_a_number_count_as_often_as_they_stand_there(
    team: Team, bring: Bring, kind: str, table: str
) -> None:
    make(team.li)
    text = "customer,date,amount\n" + "Acme,2026-03-01,5\n" * 2
    assert counts(bring(text, kind, mapping={"date": "date"})) == (2, 0, 0)
    assert counts(bring(text, kind, mapping={"date": "date"})) == (0, 2, 0)
    assert team.database.value(f"SELECT count(*) FROM {table}") == 2


def test_a_payments_number_is_one_payment(team: Team, bring: Bring) -> None:
    make(team.li)
    head = "customer,date,amount,number\n"
    assert counts(bring(head + "Acme,2026-03-01,5,P1\n" * 2, "payments")) == (1, 1, 0)
    assert counts(bring(head + "Acme,2026-03-01,6,P1\n", "payments")) == (0, 0, 1)
    assert counts(bring(head + "Acme,2026-03-01,6,P2\nAcme,2026-03-01,7,P2\n", "payments")) == (0, 0, 2)


# Products and wallets


def test_products_are_made_and_what_is_not_known_is_filled_in(team: Team, bring: Bring) -> None:
    team.product("GTX Pro")
    team.product("MG", category="old")
    found = bring("product,series,sales_price,cost\nGTXPro,GTX,4821,\nMG,MG,55,\nNew,,1,0.5\n", "products")
    assert counts(found) == (2, 0, 1)
    assert reasons(found) == ["MG is there already, with old: change it with `product edit`"]
    assert team.database.rows("SELECT name, category, price, cost FROM product ORDER BY id") == [
        ("GTX Pro", "GTX", 482100, None), ("MG", "old", None, None), ("New", "", 100, 50)
    ]  # fmt: skip
    assert counts(bring("product,series,sales_price\nGTX Pro,GTX,4821\n", "products")) == (0, 1, 0)


def test_a_category_that_is_filled_in_tells_in_the_shares_of_wallets(team: Team, bring: Bring) -> None:
    acme = make(team.li)
    team.wallet(acme, 10_000, "GTX")
    team.order(acme, "2026-03-01", 500, product="GTX Pro")
    share = "SELECT wallet_ours FROM worth"
    assert team.database.value(share) == 0
    bring("product,series\nGTX Pro,GTX\n", "products")
    assert team.database.value(share) == 500
    history.undo(team.admin)
    assert team.database.value(share) == 0


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2026", "2026-01-01", "2026-12-31"), ("2026-Q3", "2026-07-01", "2026-09-30"),
        ("2026年", "2026-01-01", "2026-12-31"), ("2026年第三季度", "2026-07-01", "2026-09-30"),
        ("Q1 2026", "2026-01-01", "2026-03-31"), ("2026年7月", "2026-07-01", "2026-07-31"),
        ("2026-01 to 2026-06", "2026-01-01", "2026-06-30"),
    ],
)  # fmt: skip
def test_a_wallet_is_of_a_period(team: Team, bring: Bring, period: str, first: str, last: str) -> None:
    make(team.li)
    head = "customer,category,period,total,source,confidence,competitors\n"
    text = f"{head}Acme,GTX,{period},10万,boss,高,Huawei: 2万; ZTE 5000\n"
    assert counts(bring(text, "wallet")) == (1, 0, 0)
    columns = "category, from_on, until_on, total, source, confidence, competitors"
    assert team.database.rows(f"SELECT {columns} FROM wallet") == [
        ("GTX", first, last, 10_000_000, "boss", "high", '{"Huawei": 2000000, "ZTE": 500000}')
    ]
    assert counts(bring(text, "wallet")) == (0, 1, 0)
    assert counts(bring(text.replace("10万", "11万"), "wallet")) == (0, 0, 1)


def test_a_wallet_may_be_of_days(team: Team, bring: Bring) -> None:
    make(team.li)
    head = "customer,from,to,total\n"
    assert counts(bring(head + "Acme,2026-01-01,2026-06-30,5\nAcme,2026-06-30,2026-01-01,5\n", "wallet")) == (1, 0, 1)
    assert counts(bring(head + "Acme,2025-01-01,2025-06-30,5\nAcme,2025-01-01,2025-06-30,6\n", "wallet")) == (0, 0, 2)


# Whatever the order


ROW = st.tuples(
    st.sampled_from(["Acme", "Beta", "Nobody"]), st.sampled_from(["2026-01-02", "2026-01-03"]),
    st.sampled_from(["X", "Y", "x "]), st.sampled_from(["1", "2"]), st.sampled_from(["", "3"]),
    st.sampled_from(["5", "6", ""]), st.sampled_from(["", "", "7", "8"]), st.sampled_from(["", "2"]),
)  # fmt: skip


@given(rows=st.lists(ROW, max_size=9), data=st.data())
@settings(max_examples=25)
def test_neither_the_order_of_the_rows_nor_a_second_import_changes_the_state(
    staffed: Path, tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(rows))
    folder = tmp_path_factory.mktemp("shuffled")
    states = []
    for name, table in (("a", rows), ("b", shuffled)):
        path = folder / f"{name}.db"
        path.write_bytes(staffed.read_bytes())
        database = Database(path)
        try:
            team = Team(database, Clock())
            make(team.li, "Acme")
            make(team.li, "Beta")
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                file.write("customer,date,product,quantity,price,amount,number,cost\n")
                csv.writer(file).writerows(table)
            first = run_facts(team.admin, plan_facts(folder / f"{name}.csv", "orders"))
            state = present(database)
            again = run_facts(team.admin, plan_facts(folder / f"{name}.csv", "orders"))
            assert present(database) == state
            assert (again.new, again.same, again.refused) == (0, first.new, first.refused)
            states.append((state, counts(first)))
        finally:
            database.close()
    assert states[0] == states[1]


HEAD = "customer,date,product,amount\n"


@pytest.mark.parametrize(
    ("bad", "good"),
    [("Acmee,2026-01-02,X,5", "Acmee"), ("Acme,2026-01-02,X,5?", "5?"), ("Acme,02-01-26,X,5", "02-01-26")],
)
def test_a_corrected_row_counts_beside_the_one_that_it_equals(team: Team, bring: Bring, bad: str, good: str) -> None:
    make(team.li)
    right = {"Acmee": "Acme", "5?": "5", "02-01-26": "2026-01-02"}[good]
    table = f"{HEAD}Acme,2026-01-02,X,5\n{bad}\n"
    found = bring(table)
    assert counts(found) == (1, 0, 1)
    assert found.errors is not None
    corrected = found.errors.read_text("utf-8-sig").replace(good, right)
    assert counts(bring(corrected)) == (1, 0, 0)
    assert counts(bring(corrected)) == (0, 1, 0)
    assert counts(bring(table.replace(good, right))) == (0, 2, 0)


def test_rows_that_are_corrected_to_the_same_are_several(team: Team, bring: Bring) -> None:
    make(team.li)
    found = bring(f"{HEAD}Acme,2026-01-02,X,5\nAcmee,2026-01-02,X,5\nAkme,2026-01-02,X,5\n")
    assert found.errors is not None
    text = found.errors.read_text("utf-8-sig").replace("Acmee", "Acme")
    found = bring(text)
    assert counts(found) == (1, 0, 1)
    assert found.errors is not None
    assert counts(bring(found.errors.read_text("utf-8-sig").replace("Akme", "Acme"))) == (1, 0, 0)
    assert team.database.value("SELECT count(*) FROM sales_order") == 3


def test_a_row_whose_customer_is_made_later_is_the_first_of_its_kind(team: Team, bring: Bring) -> None:
    make(team.li)
    table = f"{HEAD}Acme,2026-01-02,X,5\nGamma,2026-01-02,X,5\n"
    found = bring(table)
    make(team.li, "Gamma")
    assert found.errors is not None
    assert counts(bring(found.errors.read_text("utf-8-sig"))) == (1, 0, 0)
    assert counts(bring(table)) == (0, 2, 0)


def test_the_error_file_keeps_the_day_that_a_column_meant(team: Team, bring: Bring) -> None:
    make(team.li)
    found = bring(f"{HEAD}Acme,03/25/2026,X,5\nAcmee,03/04/2026,X,7\n")
    assert found.errors is not None
    bring(found.errors.read_text("utf-8-sig").replace("Acmee", "Acme"))
    assert [row[1] for row in lines(team.database)] == ["2026-03-25", "2026-03-04"]


@pytest.mark.parametrize(
    ("kind", "head", "row", "reason"),
    [
        ("payments", "customer,date,amount", "Acme,2026-01-02,0", "a payment is more than 0"),
        ("payments", "customer,date,amount", "Acme,2026-01-02,-5", "a payment is more than 0"),
        ("payments", "customer,date,amount", "Acme,2027-01-02,5", "yet to come"),
        ("orders", "customer,date,product,amount", "Acme,2027-01-02,X,5", "yet to come"),
        ("orders", "customer,date,product,amount", "Acme,2026-01-02,X,90000000000000", "too large"),
        ("orders", "customer,date,product,price,quantity", "Acme,2026-01-02,X,10000000,900000000", "too large"),
        ("orders", "customer,date,product,quantity,amount", "Acme,2026-01-02,X,0,5", "not of 0"),
    ],
)
def test_what_is_refused_by_hand_is_refused_in_a_table(
    team: Team, bring: Bring, kind: str, head: str, row: str, reason: str
) -> None:
    make(team.li)
    found = bring(f"{head}\n{row}\n", kind)
    assert counts(found) == (0, 0, 1)
    assert reason in reasons(found)[0]


def test_a_line_of_nothing_for_nothing_is_taken(team: Team, bring: Bring) -> None:
    make(team.li)
    assert counts(bring("customer,date,product,quantity,amount\nAcme,2026-01-02,X,0,0\n")) == (1, 0, 0)


def test_a_code_that_nobody_has_beside_a_name_with_another(team: Team, bring: Bring) -> None:
    key = make(team.li)
    head = "customer,code,date,product,amount\n"
    assert counts(bring(f"{head}Acme,C-9,2026-01-02,X,5\n")) == (1, 0, 0)
    _set(team, key, "客户编号", "C-1")
    assert "name and code disagree" in reasons(bring(f"{head}Acme,C-9,2026-01-03,X,5\n"))[0]


def test_a_code_or_a_phone_may_stand_for_the_name(team: Team, bring: Bring) -> None:
    key = make(team.li, phone="13800138000")
    _set(team, key, "客户编号", "C-1")
    assert counts(bring(f"{HEAD}C-1,2026-01-02,X,5\n13800138000,2026-01-02,X,6\nC-2,2026-01-02,X,7\n")) == (2, 0, 1)


def test_beside_a_name_the_number_is_that_of_the_paper(team: Team, bring: Bring) -> None:
    make(team.li)
    assert counts(bring("编号,客户,到期日,金额\nR-7,Acme,2026-01-02,5\n", "receivables")) == (1, 0, 0)
    assert counts(bring("编号,客户,回款日期,回款金额,应收\nP-7,Acme,2026-01-02,5,R-7\n", "payments")) == (1, 0, 0)
    assert team.database.rows("SELECT number FROM receivable UNION ALL SELECT number FROM payment") == [
        ("R-7",), ("P-7",)
    ]  # fmt: skip


def test_estimates_that_contradict_each_other_name_no_key(team: Team, bring: Bring) -> None:
    make(team.li)
    found = bring("customer,category,year,total\nAcme,所有,2025,5\nAcme,全部,2025,6\n", "wallet")
    assert set(reasons(found)) == {"the rows of this customer, category and period contradict each other"}


def test_rows_that_contradict_each_other_or_mean_several_customers_are_conflicts(team: Team, bring: Bring) -> None:
    """And what contradicts only what is there is refused."""
    make(team.li, "Acme")
    for __ in range(2):
        make(team.li, "Twin", anyway=True)
    rows = "Acme,2026-12-01,one\nAcme,2026-12-02,two\nTwin,2026-12-01,\nNobody,2026-12-01,\n"
    found = bring("customer,date,purpose\n" + rows, "follow-ups")
    assert (found.new, found.conflicts, found.refused, found.exit_code) == (0, 3, 1, 1)
    assert (found.data["conflicts"], "3 conflicts; 1 refused" in found.message) == (3, True)
    assert bring("customer,date\nAcme,2026-12-01\n", "follow-ups").new == 1
    found = bring("customer,date\nAcme,2026-12-05\nTwin,2026-12-05\n", "follow-ups", dry_run=True)
    assert (found.conflicts, found.refused) == (1, 1)
    found = bring(ORDERS + "Acme,2026-03-01,X,1,5,5,A1\nAcme,2026-03-02,X,1,5,5,A1\n")
    assert (found.conflicts, found.refused) == (2, 0)


def test_what_is_said_of_one_who_was_merged_is_the_survivor_s(team: Team, bring: Bring) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Dark", "Bright")]
    make(team.wang, "Bright", anyway=True)
    assert merges.merge(team.admin, [keys[1], keys[2]]).changed
    assert merges.merge(team.admin, [keys[0], keys[1]]).changed
    rows = f"Bright,,2026-03-01\nDark,,2026-03-02\n,{keys[2]},2026-03-03\n"
    found = bring("customer,id,date\n" + rows, "interactions", team.li)
    assert counts(found) == (3, 0, 0), found.reasons
    assert team.database.rows("SELECT DISTINCT customer_id FROM interaction") == [(keys[0],)]
