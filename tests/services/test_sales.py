"""Deals, orders, receivables, payments, wallets and judgements, as services keep them."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.services import (
    cards,
    deals,
    handover,
    history,
    lists,
    orders,
    payments,
    pools,
    products,
    ratings,
    stages,
    wallets,
)
from crm_tui.services.deals import Draft
from crm_tui.services.due import queue, why
from crm_tui.services.lists import Query
from crm_tui.services.orders import Line
from crm_tui.services.wallets import Estimate
from crm_tui.store import sales
from tests.factories import Team, column, day, in_days, make
from tests.store.present import present


@pytest.fixture
def key(team: Team) -> int:
    products.add(team.lead, "GTX Pro", "gpu", 550_00, 300_00)
    return make(team.li, "Acme")


def test_a_product_is_one_however_it_is_spelled(team: Team, key: int) -> None:
    assert products.find(team.li, " gtx pro").name == products.find(team.li, "GTXPro").name == "GTX Pro"
    with pytest.raises(UsageError, match="there already"):
        products.add(team.admin, "ＧＴＸ　Pro")
    with pytest.raises(UsageError, match="did you mean gtx pro"):
        products.find(team.li, "GTX Prro")
    with pytest.raises(NotAllowed):
        products.add(team.li, "MG")


def test_what_is_archived_is_sold_no_more(team: Team, key: int) -> None:
    products.archive(team.lead, "gtxpro")
    with pytest.raises(UsageError, match="archived"):
        orders.add(team.li, key, Line("GTX Pro", 1))
    products.archive(team.lead, "gtxpro", back=True)
    orders.add(team.li, key, Line("GTX Pro", 1))


def test_only_who_may_change_the_customer_enters_its_facts(team: Team, key: int) -> None:
    for refused in (
        lambda: deals.add(team.wang, key, Draft()), lambda: orders.add(team.wang, key, Line("GTX Pro", 1)),
        lambda: payments.pay(team.wang, key, 1), lambda: wallets.estimate(team.wang, key, Estimate("all", 1)),
    ):  # fmt: skip
        with pytest.raises(CrmError, match="there is no customer 1"):
            refused()
    deals.add(team.li, key, Draft(number="D-9"))
    with pytest.raises(CrmError, match="there is no deal D-9"):
        deals.won(team.wang, "D-9")
    with pytest.raises(NotAllowed, match="service"):
        deals.won(team.service, "D-9")


def test_a_deal_is_won_once_and_proposes_its_order(team: Team, key: int) -> None:
    deals.add(team.li, key, Draft("gtxpro", 1_000_00, in_days(9).on, "Rival"))
    outcome = deals.won(team.li, "D-1", 900_00)
    assert outcome.proposal == ('order add "GTX Pro" 1 1 --amount 900.00 --deal "#1"', "order of 900.00 proposed")
    with pytest.raises(CrmError, match="reopen"):
        deals.lost(team.li, "D-1", "price")
    deals.reopen(team.li, "#1")
    deals.lost(team.li, "1", "competitor: cheaper", competitor="Other")
    row = sales.deals_of(team.database, key)[0]
    assert (row.result, row.reason, row.competitor, row.amount) == ("lost", "competitor: cheaper", "Other", 900_00)


def test_a_lost_deal_needs_a_reason_of_the_list(team: Team, key: int) -> None:
    deals.add(team.li, key, Draft())
    with pytest.raises(UsageError, match="one of"):
        deals.lost(team.li, "D-1", "bad luck")


def test_two_who_edit_a_deal_meet(team: Team, key: int) -> None:
    deals.add(team.li, key, Draft("GTX Pro", 100_00))
    version = sales.deals_of(team.database, key)[0].version
    deals.edit(team.admin, "D-1", {"amount": "200"})
    with pytest.raises(CrmError, match="meanwhile"):
        deals.edit(team.li, "D-1", {"amount": "300"}, expected=version)
    deals.edit(team.li, "D-1", {"amount": "300"}, expected=version + 1)
    assert sales.deals_of(team.database, key)[0].amount == 300_00


def test_a_number_is_made_that_nobody_has(team: Team, key: int) -> None:
    orders.add(team.li, key, Line("GTX Pro", 1), number="O-2")
    orders.add(team.li, key, Line("GTX Pro", 1))
    assert [order.number for order in sales.orders_of(team.database, key)] == ["O-2-2", "O-2"]
    with pytest.raises(UsageError, match="taken"):
        orders.add(team.li, key, Line("GTX Pro", 1), number="O-2")


LINES = [
    (Line("GTX Pro", 3), (1_650_00, 900_00)),
    (Line("GTX Pro", 3, price=500_00), (1_500_00, 900_00)),
    (Line("GTX Pro", 3, amount=1_000_00, cost=1), (1_000_00, 1)),
    (Line("GTX Pro", 3, amount=0), (0, 900_00)),
    (Line("GTX Pro", 0.5), (275_00, 150_00)),
]


@pytest.mark.parametrize(("line", "kept"), LINES)
def test_a_line_has_its_amount_and_cost(team: Team, key: int, line: Line, kept: tuple[int, int]) -> None:
    orders.add(team.li, key, line)
    assert team.database.row("SELECT amount, cost FROM order_line") == kept


def test_price_and_amount_agree_or_are_refused(team: Team, key: int) -> None:
    with pytest.raises(UsageError, match="one of the two"):
        orders.add(team.li, key, Line("GTX Pro", 3, price=500_00, amount=1_600_00))
    products.add(team.lead, "MG")
    with pytest.raises(UsageError, match="no price"):
        orders.add(team.li, key, Line("MG", 3))
    orders.add(team.li, key, Line("MG", 3, amount=100))
    assert team.database.value("SELECT cost FROM order_line") is None, "an unknown cost is not 0"


def test_what_is_confirmed_is_corrected_by_a_line(team: Team, key: int) -> None:
    orders.add(team.li, key, Line("GTX Pro", 3))
    before = team.database.rows("SELECT * FROM order_line")
    orders.add_line(team.li, "O-1", Line("GTX Pro", -1))
    assert team.database.rows("SELECT * FROM order_line")[:1] == before
    assert sales.orders_of(team.database, key)[0].amount == 1_100_00
    orders.cancel(team.li, "O-1", "by mistake")
    with pytest.raises(CrmError, match="cancelled"):
        orders.add_line(team.li, "O-1", Line("GTX Pro", -1))
    assert sales.ordered(team.database, key) == (1, 0, 0)


@pytest.mark.parametrize("stage", ["potential", "lost", "actual"])
def test_the_first_order_that_counts_proposes_stage_actual(team: Team, key: int, stage: str) -> None:
    stages.move(team.li, [key], stage, "price")
    assert orders.add(team.li, key, Line("GTX Pro", 1), draft=True).proposal is None
    proposal = orders.confirm(team.li, "O-1").proposal
    wanted = {"potential": "stage actual 1", "lost": 'stage actual 1 --reason "ordered again"', "actual": None}[stage]
    assert (proposal and proposal[0]) == wanted


def test_an_order_of_a_deal_has_its_number(team: Team, key: int) -> None:
    deals.add(team.li, key, Draft("GTX Pro", 100_00, number="K-7"))
    orders.add(team.li, key, Line("GTX Pro", 1), deal="K-7")
    with pytest.raises(UsageError, match="has the order K-7 already"):
        orders.add(team.li, key, Line("GTX Pro", 1), deal="K-7")
    assert "its order K-7 stands" in deals.lost(team.li, "K-7", "price").message
    assert "its order K-7 stands" in deals.reopen(team.li, "K-7").message
    orders.cancel(team.li, "K-7")
    orders.add(team.li, key, Line("GTX Pro", 1), deal="K-7")
    assert [order.number for order in sales.orders_of(team.database, key)] == ["O-2", "K-7"]


def test_a_payment_covers_the_oldest_first_and_tells_what_is_left(team: Team, key: int) -> None:
    payments.add(team.li, key, 300, in_days(9).on)
    payments.add(team.li, key, 200, in_days(-9).on)
    assert "4.00 still open" in payments.pay(team.li, key, 100).message
    payments.pay(team.li, key, 150)
    assert [(one.number, one.open) for one in sales.receivables_of(team.database, key)] == [("R-1", 250)]
    outcome = payments.pay(team.li, key, 1_000)
    assert "7.50 not allocated" in outcome.message
    assert sales.receivables_of(team.database, key) == []
    payments.add(team.li, key, 500, in_days(20).on)
    payments.allocate_rest(team.li, key)
    assert sales.receivables_of(team.database, key) == []
    assert [one.rest for one in sales.unallocated(team.database, key)] == [250]


def test_a_payment_may_be_for_one_receivable(team: Team, key: int) -> None:
    payments.add(team.li, key, 300, in_days(9).on)
    payments.add(team.li, key, 200, in_days(-9).on)
    payments.pay(team.li, key, 400, to="R-1")
    assert [(one.number, one.open) for one in sales.receivables_of(team.database, key)] == [("R-2", 200)]
    with pytest.raises(UsageError, match="is paid"):
        payments.pay(team.li, key, 1, to="R-1")


def test_an_estimate_takes_the_place_of_the_one_before(team: Team, key: int) -> None:
    orders.add(team.li, key, Line("GTX Pro", 10), on=in_days(-60).on)
    wallets.estimate(team.li, key, Estimate("GPU", 10_000_00))
    wallets.estimate(team.li, key, Estimate("gpu", 11_000_00, competitors={"Rival": 5_500_00}))
    [one] = sales.wallets_of(team.database, key)
    assert (one.category, one.total, one.ours) == ("gpu", 11_000_00, 5_500_00)
    assert "ours 50 %" in wallets.told(team.li, one)
    with pytest.raises(UsageError, match="more than the whole"):
        wallets.estimate(team.li, key, Estimate("gpu", 1, competitors={"Rival": 2}))


def test_the_card_tells_it_all_and_of_a_pool_row_nothing(team: Team, key: int) -> None:
    deals.add(team.li, key, Draft("GTX Pro", 100_00))
    for n in range(12):
        orders.add(team.li, key, Line("GTX Pro", 1), on=in_days(-n).on)
    payments.add(team.li, key, 300, in_days(9).on)
    wallets.estimate(team.li, key, Estimate("gpu", 10_000_00))
    ratings.rate(team.li, [key], {"influence": "4", "closing": "3"})
    card = cards.card(team.li, key)
    names = [section.name for section in card.sections]
    assert [name for name in names if name in ("deals", "orders", "money", "wallet", "rating")] == [
        "deals", "orders", "money", "wallet", "rating",
    ]  # fmt: skip
    shown = next(section for section in card.sections if section.name == "orders")
    assert (len(shown.rows), shown.more) == (10, 2)
    assert next(event.at for event in card.events if event.what == "order") == day(0)
    pools.release(team.li, [key], "no-need")
    told = repr(cards.card(team.wang, key))
    assert "GTX Pro" not in told
    assert "550" not in told
    assert "GTX Pro" in repr(cards.card(team.lead, key)), "leads see it"


def test_the_tabs_sum_what_one_sees(team: Team, key: int) -> None:
    team.deal(key, 100_00)
    team.deal(make(team.wang, "Beta"), 50_00)
    pooled = make(team.li, "Pooled")
    team.deal(pooled, 7_00)
    pools.release(team.li, [pooled], "no-need")
    assert lists.stage_sums(team.li, Query("")) == {"potential": 100_00}
    assert lists.stage_sums(team.wang, Query("owner:me")) == {"potential": 50_00}
    assert lists.stage_sums(team.lead, Query("")) == {"potential": 157_00}
    assert lists.stage_sums(team.lead, Query("region:north")) is None
    deals.won(team.li, "#1")
    assert lists.stage_sums(team.li, Query("owner:me")) is None


def test_deals_go_with_the_customer_and_the_leaver_keeps_none(team: Team, key: int) -> None:
    team.deal(key, 100_00)
    team.deal(key, 100_00, result="won", closed=day(-1))
    team.due(key, day(3), 100)
    assert {"deals": 1, "receivables": 1}.items() <= handover.preview(team.lead, "li").holds.items()
    handover.hand_over(team.lead, "li", "rr:wang")
    owners = team.database.rows("SELECT u.login, d.result FROM deal d JOIN user u ON u.id = d.user_id ORDER BY d.id")
    assert owners == [("wang", "open"), ("li", "won")]
    assert not handover.held_by(team.lead, team.li.person.id)


def test_what_is_not_paid_stands_in_the_queue(team: Team, key: int) -> None:
    stages.move(team.li, [key], "actual", "")
    team.database.execute("UPDATE customer SET next_on = NULL")
    team.database.execute("DELETE FROM follow_up")
    team.paid(key, day(-1), 20, team.due(key, day(-15), 120_20))
    [line] = queue(team.li)
    assert (line.reason.kind, line.reason.text) == ("payment", "payment overdue: 120.00 since 2026-11-03")
    assert line.part == "overdue"
    assert "payment overdue: 120.00 since 2026-11-03" in why(team.li, key).lines[0]
    assert queue(team.wang) == []
    payments.pay(team.li, key, 120_00)
    assert queue(team.li) == []


def test_everything_is_taken_back_and_done_again(team: Team, key: int) -> None:
    states = [present(team.database)]
    deeds = (
        lambda: deals.add(team.li, key, Draft("GTX Pro", 100_00)), lambda: deals.won(team.li, "D-1"),
        lambda: orders.add(team.li, key, Line("GTX Pro", 2), deal="D-1"),
        lambda: orders.add_line(team.li, "D-1", Line("GTX Pro", -1)),
        lambda: payments.add(team.li, key, 550_00, in_days(9).on, order="D-1"),
        lambda: payments.pay(team.li, key, 600_00), lambda: wallets.estimate(team.li, key, Estimate("all", 1)),
        lambda: ratings.rate(team.li, [key], {"influence": "5"}),
    )  # fmt: skip
    for deed in deeds:
        deed()
        states.append(present(team.database))
    for state in reversed(states[:-1]):
        history.undo(team.li)
        assert present(team.database) == state
    for state in states[1:]:
        history.redo(team.li)
        assert present(team.database) == state


def test_a_number_that_was_given_anew_does_not_come_back_twice(team: Team, key: int) -> None:
    orders.add(team.li, key, Line("GTX Pro", 1), number="N-1")
    history.undo(team.li)
    orders.add(team.admin, key, Line("GTX Pro", 1), number="N-1")
    with pytest.raises(CrmError):
        history.redo(team.li)
    assert column(team.database, "id", key) == key


def test_so_large_an_amount_is_refused(team: Team, key: int) -> None:
    with pytest.raises(UsageError, match="too large"):
        orders.add(team.li, key, Line("GTX Pro", 10**12, price=10**6))


def test_a_cancelled_order_says_what_is_still_due_for_it(team: Team, key: int) -> None:
    orders.add(team.li, key, Line("GTX Pro", 1))
    payments.add(team.li, key, 550_00, in_days(9).on, order="O-1")
    before = present(team.database)
    assert "R-1 is still due: `receivable cancel R-1`" in orders.cancel(team.li, "O-1").message
    history.undo(team.li)
    assert present(team.database) == before
    payments.cancel(team.li, "R-1")
    assert sales.receivables_of(team.database, key) == []
    history.undo(team.li)
    assert present(team.database) == before
    payments.pay(team.li, key, 1_00)
    with pytest.raises(CrmError, match="of it is paid"):
        payments.cancel(team.li, "R-1")


def test_a_deal_closes_no_earlier_than_it_opens(team: Team, key: int) -> None:
    deals.add(team.li, key, Draft("GTX Pro", 1))
    for close in (lambda on: deals.won(team.li, "D-1", on=on), lambda on: deals.lost(team.li, "D-1", "price", on)):
        with pytest.raises(UsageError, match="was opened on"):
            close(in_days(-1).on)


def test_an_order_is_never_of_less_than_nothing(team: Team, key: int) -> None:
    orders.add(team.li, key, Line("GTX Pro", 1), draft=True)
    entry = orders.confirm(team.li, "O-1").entry_id
    with pytest.raises(UsageError, match="is left of it"):
        orders.add_line(team.li, "O-1", Line("GTX Pro", -2))
    orders.add_line(team.li, "O-1", Line("GTX Pro", -1))
    with pytest.raises(CrmError, match="changed since"):
        history.undo(team.li, entry)


def test_the_card_counts_the_orders_that_it_sums(team: Team, key: int) -> None:
    orders.add(team.li, key, Line("GTX Pro", 1))
    orders.add(team.li, key, Line("GTX Pro", 1), draft=True)
    section = orders.section(team.li, team.li.one(key))
    assert section is not None
    assert section.rows[0].note == "1 order, 550.00"


def test_to_take_back_a_judgement_that_there_is_not_changes_nothing(team: Team, key: int) -> None:
    assert "nothing was changed" in ratings.rate(team.li, [key], {"influence": ""}).message
    ratings.rate(team.li, [key], {"influence": "3"})
    assert "influence changed" in ratings.rate(team.li, [key], {"influence": ""}).message
