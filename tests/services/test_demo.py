"""The demo: believable, full of work today, and whole, as if every row had come through the services."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from crm_tui.domain.clock import moment
from crm_tui.domain.errors import CrmError
from crm_tui.domain.names import name_key, pinyin
from crm_tui.domain.periods import default
from crm_tui.domain.phones import parse_phone
from crm_tui.domain.profile import as_typed, parse_value, stale_on
from crm_tui.domain.profile_fields import CHANNELS, FIELD, ROLES
from crm_tui.domain.schemes import shipped
from crm_tui.domain.stages import check_move
from crm_tui.domain.text import clean
from crm_tui.domain.workdays import Workdays
from crm_tui.services import cards, demo, due, history, people, pool_rows, sweep, tiers
from crm_tui.services.session import Session
from crm_tui.store import worth
from crm_tui.store.database import Database
from crm_tui.store.journal import customer_column
from crm_tui.store.models import JOURNALED

NOW = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
WORKDAYS = Workdays("CN")
OWN = ("promise", "first_contact", "cadence", "rotting", "stale_profile")
"""The reasons that come of the work itself, not of other people."""


def filled(folder: Path, **options: object) -> Database:
    database = Database(folder / "demo.db", create=True)
    demo.fill(database, **{"now": NOW, **options})  # type: ignore[arg-type]
    return database


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    database = filled(tmp_path_factory.mktemp("demo"))
    yield database
    database.close()


def signed_in(database: Database, login: str = demo.SIGNS_IN, now: datetime = NOW) -> Session:
    return people.sign_in(database, login, source="test", clock=lambda: now)


def everything(database: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = (*JOURNALED, "stage_change", "tier_change", "journal_entry", "journal_change", "stage_count")
    return {table: database.rows(f"SELECT * FROM {table}") for table in tables}


# -- what one finds


def test_a_rep_signs_in_among_a_team_of_six(database: Database) -> None:
    session = signed_in(database)
    roles = Counter(row[0] for row in database.rows("SELECT role FROM user"))
    assert session.person.role == "rep"
    assert roles == {"admin": 1, "lead": 1, "rep": 4}
    assert session.settings["pool.holding_cap"] == 500


def test_two_thousand_customers_half_chinese_a_quarter_in_the_pool(database: Database) -> None:
    names = [row[0] for row in database.rows("SELECT name FROM customer")]
    assert len(names) == 2_000
    assert 900 < sum(bool(pinyin(name)) for name in names) < 1_100
    assert database.value("SELECT count(*) FROM customer WHERE pool_id IS NOT NULL") == 500
    assert 150 < database.value("SELECT count(*) FROM customer WHERE kind = 'person'") < 450
    assert database.value("SELECT count(*) FROM customer WHERE archived_at IS NOT NULL") > 20
    assert 8_000 < database.value("SELECT count(*) FROM interaction") < 11_000
    assert 0.1 < database.value("SELECT avg(NOT connected) FROM interaction") < 0.3


def test_the_funnel_has_every_stage_and_every_tier(database: Database) -> None:
    stages = dict(database.rows("SELECT stage, count(*) FROM customer GROUP BY stage"))
    letters = dict(database.rows("SELECT tier, count(*) FROM customer GROUP BY tier"))
    assert stages["potential"] > stages["target"] > stages["intent"] > 100
    assert min(stages["actual"], stages["lost"], stages["non_customer"]) > 50
    assert letters["D"] > letters["C"] > letters["B"] > letters["A"] > 10
    assert database.value("SELECT count(*) FROM customer_tier WHERE scheme = 'label'") > 50


def test_no_rep_holds_more_than_the_cap(database: Database) -> None:
    held = dict(database.rows("SELECT owner_id, count(*) FROM customer WHERE owner_id > 0 GROUP BY owner_id"))
    assert len(held) == 5
    assert max(held.values()) <= demo.HOLDING_CAP


def test_the_queue_of_the_rep_is_a_full_day_with_every_reason(database: Database) -> None:
    lines = own(database, due.queue(signed_in(database)))
    assert Counter(line.part for line in lines) == {"overdue": 8, "today": 12 + 3, "soon": 20}
    kinds = Counter(line.reason.kind for line in lines)
    assert min(kinds[kind] for kind in OWN) >= 2
    assert sum(line.part == "today" and line.reason.at is not None for line in lines) >= 3
    assert all(line.phone for line in lines)


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(datetime(2026, 11, 22, 10, tzinfo=UTC), id="Sunday"),
        pytest.param(datetime(2026, 10, 8, 1, tzinfo=UTC), id="the first morning after the National Day week"),
        pytest.param(datetime(2026, 2, 20, 12, tzinfo=UTC), id="amid Spring Festival"),
        pytest.param(datetime(2028, 2, 29, 12, tzinfo=UTC), id="a year whose make-up workdays nobody has announced"),
    ],
)
def test_the_queue_is_full_on_any_day(tmp_path: Path, now: datetime) -> None:
    database = filled(tmp_path, now=now, customers=640)
    lines = own(database, due.queue(signed_in(database, now=now)))
    parts, kinds = Counter(line.part for line in lines), Counter(line.reason.kind for line in lines)
    assert 36 <= len(lines) <= 49
    assert parts["overdue"] >= 7
    assert parts["today"] >= 10
    assert parts["soon"] >= 15
    assert min(kinds[kind] for kind in OWN) >= 2
    database.close()


def own(database: Database, lines: list[due.Line]) -> list[due.Line]:
    """Those of the rep's own customers, but for those that came into the queue by what they are worth."""
    held = {row[0] for row in database.rows("SELECT id FROM customer WHERE owner_id = 3")}
    worth = ("cadence", "payment", "playbook")
    return [line for line in lines if line.id in held and (line.scheme == "abcd" or line.reason.kind not in worth)]


# -- what they bought


def test_actual_customers_have_bought_and_paid_and_the_books_agree(database: Database) -> None:
    assert database.value("SELECT count(*) FROM product") == 12
    assert database.value("SELECT count(DISTINCT category) FROM product") == 4
    bought = "EXISTS (SELECT 1 FROM sales_order o WHERE o.customer_id = c.id)"
    wanted = "c.stage = 'actual' AND c.owner_id IS NOT NULL AND c.archived_at IS NULL"
    assert not database.value(f"SELECT count(*) FROM customer c WHERE {bought} <> ({wanted})")
    first, last = database.row("SELECT min(ordered_on), max(ordered_on) FROM sales_order") or ("", "")
    assert first < "2024-07"
    assert "2026-11" <= last < "2026-11-19"
    assert database.value("SELECT max(paid_on) FROM payment") < "2026-11-19"
    assert worth.differing(database) == {}
    paid = "SELECT r.id FROM receivable r JOIN allocation a ON a.receivable_id = r.id GROUP BY r.id"
    assert not database.rows(f"{paid} HAVING sum(a.amount) > r.amount")
    assert not database.rows(
        "SELECT r.id FROM receivable r JOIN order_line l ON l.order_id = r.order_id"
        " GROUP BY r.id HAVING sum(l.amount) <> r.amount"
    )


def test_some_grow_some_fall_some_are_silent_and_one_of_each_rep_does_not_pay(database: Database) -> None:
    kept = worth.metrics(database, default(NOW.date()))
    growth = [(k.sales - k.sales_before) / k.sales_before for k in kept.values() if k.sales_before]
    assert min(sum(g > 0.2 for g in growth), sum(g < -0.2 for g in growth)) > 20
    assert sum(k.last_order is not None and k.last_order < "2026-05-10" for k in kept.values()) > 10
    owing = dict(database.rows(
        "SELECT c.owner_id, count(*) FROM worth JOIN customer c ON c.id = customer_id"
        " WHERE overdue_days > 90 GROUP BY 1"
    ))
    assert {3, 4, 5, 6} <= set(owing)
    assert max(owing.values()) == 1


def test_value_graded_them_and_proposes_what_nobody_has_confirmed(database: Database) -> None:
    tiers_of = Counter(row[0] for row in database.rows("SELECT tier FROM customer WHERE scheme = 'value'"))
    assert min(tiers_of[tier] for tier in ("diamond", "strategic", "growth", "general")) >= 3
    assert database.value("SELECT count(*) FROM customer WHERE scheme = 'value' AND suggested IS NOT NULL") > 10
    assert database.value("SELECT count(*) FROM customer_tier WHERE scheme = 'value' AND tier IS NULL") > 10
    assert database.value("SELECT count(*) FROM customer_tier WHERE scheme = 'pareto' AND tier IS NOT NULL") > 100


def test_every_table_of_the_business_has_rows(database: Database) -> None:
    for table in ("deal", "wallet", "purchase_factor", "playbook_mark", "allocation"):
        assert database.value(f"SELECT count(*) FROM {table}") > 50, table
    assert database.value("SELECT count(*) FROM deal WHERE result = 'open' AND competitor <> ''") > 20
    stages = {row[0] for row in database.rows(
        "SELECT DISTINCT c.stage FROM deal d JOIN customer c ON c.id = d.customer_id WHERE d.result = 'open'"
    )}  # fmt: skip
    assert stages == {"target", "intent"}
    assert database.value("SELECT count(*) FROM customer WHERE influence IS NOT NULL AND closing IS NOT NULL") > 100


def test_the_card_of_a_diamond_shows_its_playbook_and_its_business(database: Database) -> None:
    key = database.value("SELECT id FROM customer WHERE tier = 'diamond' AND owner_id = 3 LIMIT 1")
    names = {section.name for section in cards.card(signed_in(database), key).sections}
    assert {"tiers", "worth", "orders", "playbook"} <= names


# -- what passes between its people


@pytest.mark.parametrize("now", [NOW, datetime(2026, 11, 22, 10, tzinfo=UTC), datetime(2026, 2, 20, 12, tzinfo=UTC)])
def test_what_others_want_of_the_rep_stands_in_the_queue(tmp_path: Path, now: datetime) -> None:
    database = filled(tmp_path, now=now)
    session = signed_in(database, now=now)
    lines = due.queue(session)
    kinds = Counter(reason.kind for line in lines for reason in (line.reason, *line.others))
    assert {kind: kinds[kind] for kind in ("comment", "offer", "shared", "recycle")} == {
        "comment": 3, "offer": 2, "shared": 2, "recycle": 2,
    }  # fmt: skip
    away = {row[0] for row in database.rows("SELECT id FROM customer WHERE owner_id = 6")}
    assert sum(line.id in away for line in lines) > 30
    database.close()


@pytest.mark.parametrize("days", [0, 1])
def test_the_warnings_are_those_that_a_sweep_has_left(tmp_path: Path, days: int) -> None:
    database = filled(tmp_path)
    warned = {row[0] for row in database.rows("SELECT customer_id FROM recycle_warning")}
    session = signed_in(database, "wang", NOW + timedelta(days=days))
    assert sweep.is_overdue(session) is (days > 0)
    rows = sweep.preview(session)
    assert len(warned) == 2
    assert not [row for row in rows if row.id in warned and row.done in ("warned", "ended")]
    assert [row for row in rows if row.done == "warned"]
    database.close()


def test_the_second_pool_is_for_its_members_and_its_regions(database: Database) -> None:
    regions = {row[0] for row in database.rows("SELECT DISTINCT region FROM customer WHERE pool_id = 2")}
    assert regions == {"上海", "浙江", "江苏"}
    sizes = {"li": 2, "zhou": 2, "amy": 1, "wang": 2, "chen": 2}
    assert {login: len(pool_rows.public(signed_in(database, login))) for login in sizes} == sizes


def test_a_pool_tells_since_when_its_customers_lie_there_and_who_held_them(database: Database) -> None:
    session = signed_in(database)
    ids = [row[0] for row in database.rows("SELECT id FROM customer WHERE pool_id = 1 AND archived_at IS NULL")]
    rows = pool_rows.rows(session, ids)
    assert len({row["since"] for row in rows.values()}) > 50
    assert sum(bool(row["before"]) for row in rows.values()) > len(ids) / 2
    assert {bool(row["refusal"]) for row in rows.values()} == {True, False}


# -- what must agree

DISAGREEING = {
    "last_contact is the newest contact that came about": """
        SELECT c.id FROM customer c WHERE c.last_contact IS NOT
            (SELECT max(at) FROM interaction i WHERE i.customer_id = c.id AND i.connected)""",
    "last_touch is the newest interaction": """
        SELECT c.id FROM customer c WHERE c.last_touch IS NOT
            (SELECT max(at) FROM interaction i WHERE i.customer_id = c.id)""",
    "next_on and next_at are those of the open follow-up": """
        SELECT c.id FROM customer c LEFT JOIN follow_up f ON f.customer_id = c.id AND f.closed_at IS NULL
        WHERE c.next_on IS NOT f.due_on OR c.next_at IS NOT f.due_at""",
    "at most one follow-up is open": """
        SELECT customer_id FROM follow_up WHERE closed_at IS NULL GROUP BY customer_id HAVING count(*) > 1""",
    "a follow-up is closed after it was made, and how is told": """
        SELECT id FROM follow_up WHERE closed_at < created_at OR (closed_at IS NULL) <> (closed_as IS NULL)
        OR date(created_at) > due_on OR original_on > due_on""",
    "the holder's open follow-ups are the holder's": """
        SELECT f.id FROM follow_up f JOIN customer c ON c.id = f.customer_id
        WHERE f.closed_at IS NULL AND f.user_id IS NOT c.owner_id""",
    "owner or pool, and held since the one has it": """
        SELECT id FROM customer WHERE (owner_id IS NULL) = (pool_id IS NULL)
        OR (owner_id IS NULL) <> (held_since IS NULL) OR held_since < created_at OR held_since > last_contact""",
    "the stage chain has no gap": """
        SELECT s.id FROM stage_change s WHERE s.from_stage IS NOT (SELECT to_stage FROM stage_change p
            WHERE p.customer_id = s.customer_id AND p.id < s.id ORDER BY p.id DESC LIMIT 1)""",
    "the stage chain is in order, its days add up": """
        SELECT id FROM (SELECT *, lag(at) OVER (PARTITION BY customer_id ORDER BY id) AS before FROM stage_change)
        WHERE at < before OR (before IS NULL) <> (days IS NULL)
        OR abs(days - (julianday(at) - julianday(before))) > 0.001""",
    "stage and stage_since are the last step's": """
        SELECT c.id FROM customer c WHERE (c.stage, c.stage_since) IS NOT (SELECT to_stage, at FROM stage_change s
            WHERE s.customer_id = c.id ORDER BY id DESC LIMIT 1)""",
    "the tier chain has no gap": """
        SELECT t.id FROM tier_change t WHERE t.from_tier IS NOT (SELECT to_tier FROM tier_change p
            WHERE p.customer_id = t.customer_id AND p.scheme = t.scheme AND p.id < t.id ORDER BY p.id DESC LIMIT 1)""",
    "the tier of each scheme is the last that was given": """
        SELECT r.id FROM customer_tier r WHERE r.tier IS NOT (SELECT to_tier FROM tier_change t
            WHERE t.customer_id = r.customer_id AND t.scheme = r.scheme ORDER BY id DESC LIMIT 1)
        OR (r.by_hand AND r.reason IS NOT (SELECT reason FROM tier_change t
            WHERE t.customer_id = r.customer_id AND t.scheme = r.scheme ORDER BY id DESC LIMIT 1))""",
    "the badge is the tier of the primary scheme": """
        SELECT c.id FROM customer c LEFT JOIN customer_tier t ON t.customer_id = c.id AND t.scheme = c.scheme
        WHERE c.tier IS NOT t.tier OR c.scheme NOT IN ('abcd', 'value') OR c.tier_rank IS NOT (
            SELECT key FROM json_each(CASE c.scheme WHEN 'abcd' THEN '["A", "B", "C", "D"]' ELSE '["diamond",
            "strategic", "growth", "general", "key_opportunity", "opportunity", "problem"]' END) WHERE value = c.tier)
        OR (c.scheme = 'value' AND c.suggested IS NOT nullif(t.computed, t.tier))""",
    "the kept counts are a count": """
        SELECT coalesce(k.holder, n.holder) FROM stage_count k FULL JOIN (
            SELECT coalesce('u' || owner_id, 'p' || pool_id) AS holder, stage, count(*) AS n FROM customer
            WHERE archived_at IS NULL GROUP BY 1, 2) n ON n.holder = k.holder AND n.stage = k.stage
        WHERE coalesce(k.customers, 0) <> coalesce(n.n, 0)""",
    "nothing happened before the customer was made, or today": """
        SELECT c.id FROM customer c JOIN interaction i ON i.customer_id = c.id
        WHERE i.at <= c.created_at OR i.at >= :today OR c.archived_at < i.at OR c.archived_at >= :today""",
    "the holder's work begins when the customer was given, and was the maker's before": """
        SELECT i.id FROM interaction i JOIN customer c ON c.id = i.customer_id WHERE c.owner_id IS NOT NULL
        AND i.user_id <> CASE WHEN i.at >= c.held_since THEN c.owner_id ELSE c.created_by END""",
    "an interaction's contact belongs to its customer": """
        SELECT i.id FROM interaction i JOIN contact k ON k.id = i.contact_id WHERE k.customer_id <> i.customer_id""",
    "every organization has one primary contact, a person none": """
        SELECT c.id FROM customer c LEFT JOIN contact k ON k.customer_id = c.id GROUP BY c.id
        HAVING coalesce(sum(k.is_primary), 0) <> (c.kind = 'organization')""",
    "the ownership log ends where the customer is": """
        SELECT c.id FROM customer c LEFT JOIN ownership_log l
            ON l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = c.id)
        WHERE (c.owner_id, c.pool_id) IS NOT (l.to_owner_id, l.to_pool_id)
        OR l.at IS NOT coalesce(c.held_since, l.at)""",
    "the ownership log begins with the making, and has no gap": """
        SELECT l.id FROM ownership_log l LEFT JOIN ownership_log p ON p.id = (SELECT max(id) FROM ownership_log
            WHERE customer_id = l.customer_id AND id < l.id)
        JOIN customer c ON c.id = l.customer_id
        WHERE (l.from_owner_id, l.from_pool_id) IS NOT (p.to_owner_id, p.to_pool_id) OR l.at < p.at
        OR (p.id IS NULL) <> (l.kind = 'make') OR (p.id IS NULL AND l.at <> c.created_at) OR l.at >= :today""",
    "every customer has a profile": "SELECT id FROM customer WHERE id NOT IN (SELECT id FROM profile)",
    "every customer is in both search indexes": """
        SELECT id FROM customer WHERE id NOT IN (SELECT id FROM search_trigram_docsize)
        OR id NOT IN (SELECT id FROM search_gram_docsize)""",
}


@pytest.mark.parametrize("query", DISAGREEING.values(), ids=DISAGREEING.keys())
def test_rows_agree(database: Database, query: str) -> None:
    today = signed_in(database).today.isoformat()
    assert database.rows(query, {"today": today} if ":today" in query else ()) == []


@pytest.mark.parametrize("table", [table for table in JOURNALED if table not in ("team", "user", "pool")])
def test_every_row_is_noted_once_by_the_administrator_or_the_lead_who_graded(database: Database, table: str) -> None:
    noted = database.rows(
        "SELECT record_id, customer_id FROM journal_change WHERE record = ? AND action = 'insert' ORDER BY 1", (table,)
    )
    owner = customer_column(table) or "NULL"
    assert noted == database.rows(f"SELECT id, {owner} FROM {table} ORDER BY id")
    assert database.rows("SELECT user_id, source, kind FROM journal_entry") == [
        (demo.ADMIN_ID, "demo", "do"), (demo.LEAD_ID, "demo", "do"),
    ]  # fmt: skip


def test_names_have_their_keys_and_profiles_their_day(database: Database) -> None:
    rows = database.rows(
        "SELECT name, name_key, kind, tier_rank, verified, stale_on FROM customer JOIN profile USING (id)"
    )
    today = signed_in(database).today.isoformat()
    for name, key, kind, rank, verified, stale in rows:
        assert key == name_key(name)
        days = {field: date.fromisoformat(day) for field, day in json.loads(verified).items()}
        assert stale == str(stale_on(days, kind, rank))
        assert max(days.values()).isoformat() < today
    assert 50 < sum(stale <= today for *__, stale in rows) < 1_000


def test_what_is_kept_is_in_its_canonical_form(database: Database) -> None:
    today = signed_in(database).today
    for kind, fields in database.rows("SELECT kind, fields FROM customer JOIN profile USING (id)"):
        for name, value in json.loads(fields).items():
            assert kind in FIELD[name].kinds
            assert parse_value(name, as_typed(name, value), today) == value
    for (phone,) in database.rows("SELECT phone FROM customer UNION SELECT phone FROM contact"):
        assert phone is None or str(parse_phone(phone)) == phone
    mails = database.rows("SELECT email FROM customer UNION SELECT email FROM contact")
    assert all(mail is None or (mail.isascii() and mail.endswith(".example") and " " not in mail) for (mail,) in mails)
    texts = "SELECT note FROM interaction UNION SELECT name FROM customer UNION SELECT name FROM contact"
    for (text,) in database.rows(texts):
        assert text == clean(text)
        assert "{" not in text


def test_closed_lists_hold_what_they_may(database: Database) -> None:
    channels = {row[0] for row in database.rows("SELECT DISTINCT channel FROM interaction")}
    roles = {row[0] for row in database.rows("SELECT DISTINCT role FROM contact")}
    labels = {row[0] for row in database.rows("SELECT DISTINCT tier FROM customer_tier WHERE scheme = 'label'")}
    assert {"call", "visit", "mail", "wechat"} <= channels <= {choice.identifier for choice in CHANNELS}
    assert roles == {choice.identifier for choice in ROLES}
    assert labels <= {tier.identifier for tier in shipped()["label"].tiers}
    tags = [row[0] for row in database.rows("SELECT DISTINCT name FROM tag")]
    assert all(tag == tag.casefold() and " " not in tag for tag in tags)


def test_every_step_is_one_that_a_rep_could_have_made(database: Database) -> None:
    steps = database.rows("SELECT from_stage, to_stage, reason FROM stage_change WHERE from_stage IS NOT NULL")
    for frm, to, reason in steps:
        made = check_move(frm, to, reason)
        assert made.reason == reason
        assert made.direction != "same"
    assert ("lost", "target") in {(frm, to) for frm, to, __ in steps}


def test_interactions_fall_into_working_hours(database: Database) -> None:
    zone = NOW.astimezone().tzinfo
    for (at,) in database.rows("SELECT at FROM interaction UNION SELECT created_at FROM customer"):
        local = moment(at).astimezone(zone)
        assert WORKDAYS.is_workday(local.date())
        assert time(8, 45) <= local.time() <= time(17, 30)


# -- what one can do with it


def test_same_seed_and_moment_same_rows(tmp_path: Path) -> None:
    seeds = {"5": 5, "5 again": 5, "6": 6}
    made = {name: everything(filled(tmp_path / name, customers=80, seed=seed)) for name, seed in seeds.items()}
    assert made["5"] == made["5 again"]
    assert made["5"]["customer"] != made["6"]["customer"]


def test_a_change_of_the_rep_can_be_undone_but_not_the_demo(tmp_path: Path) -> None:
    database = filled(tmp_path, customers=80)
    before = everything(database)
    session = signed_in(database)
    held = [row[0] for row in database.rows("SELECT id FROM customer WHERE owner_id = ?", (session.person.id,))]
    tiers.assign(session, held, "A", shipped()["abcd"])
    history.undo(session)
    for table in ("customer_tier", "follow_up", "stage_count"):
        assert [row[2:] for row in everything(database)[table]] == [row[2:] for row in before[table]]
    with pytest.raises(CrmError, match="nothing to undo"):
        history.undo(session)


def test_the_administrator_can_take_it_all_back_once_the_lead_has_taken_back_the_grades(tmp_path: Path) -> None:
    database = filled(tmp_path, customers=80)
    history.undo(signed_in(database, "wang"))
    history.undo(signed_in(database, "chen"))
    for table in ("customer", "contact", "interaction", "follow_up", "tag", "sales_order", "allocation", "wallet"):
        assert database.value(f"SELECT count(*) FROM {table}") == 0
    assert database.value("SELECT max(abs(customers)) FROM stage_count") == 0


def test_larger_ones_have_more_reps_and_the_same_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "BLOCK", 100)
    database = filled(tmp_path, customers=230)
    assert database.value("SELECT count(*) FROM customer") == 230
    assert database.value("SELECT count(*) FROM user WHERE role = 'rep'") == 12
    assert database.value("SELECT count(DISTINCT owner_id) FROM customer") == 13
    for name, query in DISAGREEING.items():
        assert database.rows(query, {"today": "2026-11-19"} if ":today" in query else ()) == [], name


def test_a_database_in_use_is_left_as_it_is(tmp_path: Path) -> None:
    database = filled(tmp_path, customers=4)
    with pytest.raises(CrmError, match="in use"):
        demo.fill(database, NOW, customers=4)
    assert database.value("SELECT count(*) FROM customer") == 4
