"""Cards from a trade fair: shared out among reps within their caps, the rest to the pool, the holders told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.services import customers, history, interactions, rules, teams
from crm_tui.services import notices as notice_services
from crm_tui.services.imports import Imported, plan, run
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from tests.factories import Team, day, make
from tests.store.present import check, present

Cards = Callable[[Sequence[str]], Path]


@pytest.fixture
def cards(tmp_path: Path) -> Cards:
    def write(lines: Sequence[str]) -> Path:
        path = tmp_path / "cards.csv"
        path.write_text("name,tier,region,contact,phone,owner\n" + "".join(f"{line}\n" for line in lines), "utf-8")
        return path

    return write


def bring(session: Session, path: Path, *, assign: str | None = None, dry_run: bool = False) -> Imported:
    return run(session, plan(session, path, fixed={"source": "广交会"}), assign=assign, dry_run=dry_run)


def owners(team: Team) -> Counter[str]:
    rows = team.database.rows(
        "SELECT coalesce(u.login, p.name) FROM customer c LEFT JOIN user u ON u.id = c.owner_id"
        " LEFT JOIN pool p ON p.id = c.pool_id"
    )
    return Counter(row[0] for row in rows)


def notices(team: Team) -> list[tuple[str, str, str]]:
    return [
        (str(login), str(name), str(text)) for login, name, text in team.database.rows(
            "SELECT u.login, c.name, n.text FROM notice n JOIN user u ON u.id = n.user_id"
            " JOIN customer c ON c.id = n.customer_id WHERE n.kind = 'known' ORDER BY n.id"
        )
    ]  # fmt: skip


def test_five_hundred_cards_go_to_named_reps_within_their_caps_and_the_rest_to_the_pool(
    team: Team, cards: Cards
) -> None:
    make(team.li, "Before")
    path = cards([f"Card {number},D,,,," for number in range(500)])
    before = present(team.database)
    would = bring(team.lead, path, assign="rr:li,wang", dry_run=True)
    assert present(team.database) == before
    found = bring(team.lead, path, assign="rr:li,wang")
    assert (found.new, found.assigned, found.data["pool"]) == (500, {"li": 99, "wang": 100}, 301)
    assert would.assigned == found.assigned
    assert would.left == found.left
    assert owners(team) == {"li": 100, "wang": 100, "default": 301}
    assert found.message.startswith("500 customers imported; li 99, wang 100; the pool 301 (li: the holding cap of 100")
    assert team.database.value("SELECT count(*) FROM customer WHERE source = '广交会'") == 500
    first = "SELECT count(*) FROM follow_up WHERE kind = 'first_contact' AND due_on = ?"
    assert team.database.value(first, (day(1),)) == 200
    check(team.database)
    assert history.undo(team.lead).exit_code == 0
    assert present(team.database) == before


def test_rules_by_tier_and_region_share_out_cards_too(team: Team, cards: Cards) -> None:
    path = cards(["One,A,,,,", "Two,D,north,,,", "Three,D,,,,"])
    bring(team.lead, path, assign="tier:A=li,region:north=wang,zhao")
    rows = team.database.rows("SELECT c.name, u.login FROM customer c JOIN user u ON u.id = c.owner_id ORDER BY c.id")
    assert rows == [("One", "li"), ("Two", "wang"), ("Three", "zhao")]


def test_a_row_that_names_its_holder_keeps_it_and_takes_room(team: Team, cards: Cards) -> None:
    rules.set_rule(team.admin, "pool.holding_cap", "2")
    path = cards(["One,,,,,li", "Two,,,,,", "Three,,,,,", "Four,,,,,li"])
    found = bring(team.lead, path, assign="li")
    assert owners(team) == {"li": 2, "default": 2}
    assert (found.new, found.refused, found.assigned) == (4, 0, {"li": 0})
    path.write_text("name,owner\nFive,li\n", "utf-8")
    refused = bring(team.lead, path)
    assert refused.reasons[0][1:] == ("Five", "the holding cap of 2 is reached")


def test_who_is_away_gets_no_cards(team: Team, cards: Cards) -> None:
    teams.away(team.admin, "li", None, None, None)
    found = bring(team.lead, cards(["One,,,,,", "Two,,,,,"]), assign="rr:li,wang")
    assert found.assigned == {"li": 0, "wang": 2}


def test_first_contacts_are_spread_over_days_by_a_setting(team: Team, cards: Cards) -> None:
    rules.set_rule(team.admin, "pool.spread_per_day", "2")
    bring(team.lead, cards([f"C{number},,,,," for number in range(5)]), assign="li")
    days = team.database.rows("SELECT next_on, count(*) FROM customer GROUP BY 1 ORDER BY 1")
    assert days == [(day(1), 2), (day(2), 2), (day(5), 1)], "the weekend is free"


def test_cards_that_nobody_gets_go_into_the_pool_they_belong_into(team: Team, cards: Cards) -> None:
    with team.admin.changing() as change:
        change.insert("pool", [{"name": "north", "routing": "region:north"}])
    teams.away(team.admin, "li", None, None, None)
    bring(team.lead, cards(["One,,north,,,", "Two,,south,,,"]), assign="li")
    assert owners(team) == {"north": 1, "default": 1}


def test_the_holder_of_a_known_one_is_told_once_and_what_the_card_says(team: Team, cards: Cards) -> None:
    make(team.li, "Known")
    make(team.lead, "Own")
    customers.new(team.li, customers.Draft({"name": "Pooled"}, owner="pool"))
    path = cards(["Known,,,Wu,13800138000,", "Known,,,Wu,13800138000,", "Own,,,,,", "Pooled,,,,,", "New,,,,,"])
    found = bring(team.lead, path, assign="wang")
    assert (found.new, found.same, found.told) == (1, 4, 1)
    assert notices(team) == [("li", "Known", "cards.csv: 广交会, Wu, +8613800138000")]
    assert "the holder of 1 known one told" in found.message
    bring(team.lead, path)
    assert len(notices(team)) == 1, "an import that shares nothing out tells nobody"


def test_the_same_cards_brought_in_again_tell_the_holder_nothing_new(team: Team, cards: Cards) -> None:
    key = make(team.li, "Known")
    make(team.li, "Other")
    path = cards(["Known,,,Wu,13800138000,", "Other,,,,,"])
    assert bring(team.lead, path, assign="wang").told == 2
    assert bring(team.admin, path, assign="wang").told == 0
    notice_services.noted(team.li, [key])
    before = present(team.database)
    again = bring(team.lead, path, assign="wang")
    assert (again.told, again.new, again.same) == (0, 0, 2)
    assert "the holder of" not in again.message
    assert present(team.database) == before
    path.write_text(path.read_text("utf-8").replace("Wu", "Xu"), "utf-8")
    assert bring(team.lead, path, assign="wang").told == 1
    assert notices(team)[-1] == ("li", "Known", "cards.csv: 广交会, Xu, +8613800138000")


def test_what_an_import_told_that_was_taken_back_is_told_again(team: Team, cards: Cards) -> None:
    make(team.li, "Known")
    path = cards(["Known,,,,,"])
    assert bring(team.lead, path, assign="wang").told == 1
    history.undo(team.lead)
    assert bring(team.lead, path, assign="wang").told == 1


def test_an_import_of_known_ones_only_is_kept_for_what_it_told(team: Team, cards: Cards) -> None:
    make(team.li, "Known")
    found = bring(team.lead, cards(["Known,,,,,"]), assign="wang")
    assert (found.new, found.told) == (0, 1)
    assert history.undo(team.lead).exit_code == 0
    assert team.database.value("SELECT count(*) FROM notice") == 0


def test_who_may_not_see_the_known_one_is_told_only_who_holds_it(team: Team, cards: Cards) -> None:
    key = make(team.wang, "Secret", stage="intent", phone="13800138000")
    interactions.log(team.wang, [key], Note("we talked"))
    path = cards(["Secret,,,,,", "New,,,,,"])
    told = bring(team.li, path)
    assert (told.new, told.same, told.refused, told.exit_code) == (1, 0, 1, 4)
    [(line, name, reason)] = told.reasons
    assert (line, name, reason) == (2, "Secret", "held by wang, intent, last contact 18 Nov")
    assert team.database.rows("SELECT kind, user_id, customer_id FROM disclosure") == [
        ("collision", team.li.person.id, key)
    ]


def test_what_was_told_is_kept_even_if_nothing_was_brought_in(team: Team, cards: Cards) -> None:
    make(team.wang, "Secret")
    rules.set_rule(team.admin, "collision.daily_cap", "1")
    path = cards(["Secret,,,,,"])
    assert bring(team.li, path).reasons[0][2] == "held by wang, potential, no contact yet"
    assert team.database.value("SELECT count(*) FROM disclosure") == 1
    assert "that is the cap" in bring(team.li, path).reasons[0][2]
    assert team.database.value("SELECT count(*) FROM disclosure") == 1


def test_a_dry_run_tells_nobody_who_holds_what(team: Team, cards: Cards) -> None:
    make(team.wang, "Secret", phone="13800138000")
    make(team.lead, "Mine", owner="li")
    found = bring(team.li, cards(["Secret,,,,13900139000,", "Nobody's,,,,,", "Mine,,,,,"]), dry_run=True)
    assert (found.new, found.same, found.refused) == (2, 1, 0), "as if nobody held it"
    assert team.database.value("SELECT count(*) FROM disclosure") == 0


def test_beyond_the_days_cap_no_row_tells_whether_it_is_there(team: Team, cards: Cards) -> None:
    for n in range(2):
        make(team.wang, f"Secret {n}", phone=f"1380013800{n}")
    make(team.lead, "Mine", owner="li")
    rules.set_rule(team.admin, "collision.daily_cap", "1")
    known = ("First,,,,,", "Mine,,,,,")
    path = cards([known[0], "Secret 0,,,,13900139000,", "Secret 1,,,,,", "Nobody's,,,,,", *known])
    found = bring(team.li, path)
    assert (found.new, found.joined, found.same, found.refused) == (1, 1, 1, 3)
    told = [reason for __, ___, reason in found.reasons]
    assert "held by wang" in told[0]
    assert "that is the cap" in told[1]
    assert told[1] == told[2]
    assert team.database.value("SELECT count(*) FROM disclosure") == 1
    again = bring(team.li, path, dry_run=True)
    assert (again.new, again.same, again.refused) == (0, 3, 3)


def test_one_was_there_already(team: Team, cards: Cards) -> None:
    make(team.li, "Known")
    assert "; 1 was there already" in bring(team.li, cards(["Known,,,,,"])).message
    make(team.li, "Other")
    assert "; 2 were there already" in bring(team.li, cards(["Known,,,,,", "Other,,,,,"])).message


def test_the_same_card_twice_in_one_table_is_no_collision(team: Team, cards: Cards) -> None:
    assert (found := bring(team.li, cards(["Twice,,,,,", "Twice,,,,,"]))).refused == 0
    assert (found.new, found.joined) == (1, 1)


def test_the_same_card_in_two_batches_is_no_news_to_whoever_just_got_it(
    team: Team, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_tui.services.imports.pace.BATCH", 1)
    found = bring(team.lead, cards(["Twice,,,,,", "Twice,,,,,"]), assign="li")
    assert (found.new, found.joined, found.told) == (1, 1, 0)


def test_reps_give_cards_to_nobody_else(team: Team, cards: Cards) -> None:
    path = cards(["One,,,,,"])
    with pytest.raises(NotAllowed, match="only leads"):
        bring(team.li, path, assign="rr:li,wang")
    assert bring(team.li, path, assign="li").assigned == {"li": 1}


@pytest.mark.parametrize(("assign", "position"), [("rr:li,nobody", 6), ("rr:", 3), ("tier:Q=li", 5)])
def test_shares_that_cannot_be_read_are_pointed_at(team: Team, cards: Cards, assign: str, position: int) -> None:
    with pytest.raises(UsageError) as error:
        bring(team.lead, cards(["One,,,,,"]), assign=assign)
    assert error.value.position == position
