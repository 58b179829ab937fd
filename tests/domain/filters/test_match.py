"""Which customers pass which filter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from crm_tui.domain.filters import FilterRecord, Node, Not, Operator, Span, Term, evaluate, match, parse
from crm_tui.domain.filters.fields import FIELDS, THINGS
from crm_tui.domain.filters.match import _ROWS, _THINGS, _VALUES
from tests.domain.filters.samples import CONTEXT, SHANGHAI, Hidden, customer, hidden, nodes, records, some


def passes(text: str, record: FilterRecord) -> bool:
    return match(parse(text, CONTEXT), record)


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("", True),
        ("stage:intent tier:A,B", True),
        ("stage:lost", False),
        ("tier:none", False),
        ("owner:me", True),
        ("owner:wang", False),
        ("owner:none", False),
        ("owner:any", True),
        ("pool:any", False),
        ("pool:none", True),
        ("name:技术", True),
        ("name:HUAWEI", True),
        ("name:acme", False),
        ("id:1,42", True),
        ("id:40..41", False),
        ("id:40..42", True),
        ("id:<42", False),
        ("id:<=42", True),
        ("id:>42", False),
        ("id:>=42", True),
        ("kind:person", False),
        ("region:NORTH", True),
        ("region:nort", False),
        ("region:nort*", True),
        ("source:expo,web", True),
        ("tag:vip", True),
        ('tag:"Key Account"', True),
        ("tag:key", False),
        ("due:today", True),
        ("due:<=today", True),
        ("due:overdue", False),
        ("due:fri", False),
        ("due:today..fri", True),
        ("due:<today,>today", False),
        ("phone:0138", True),
        ("phone:999", False),
        ("email:@acme.com", True),
        ("has:phone has:email has:wechat has:next has:owner has:contact has:tag has:note has:tier has:last", True),
        ("no:phone,email,next", False),
        ("archived:no blocked:no", True),
        ("archived:yes", False),
        ("archived:any", True),
        ("(tier:B or owner:me) -stage:lost", True),
        ("since:10", True),
        ("since:>10", False),
        ("since:>=10", True),
    ],
)
def test_a_customer_passes_or_not(text: str, passing: bool) -> None:
    assert passes(text, customer()) is passing


@pytest.mark.parametrize(
    ("text", "last", "passing"),
    [
        ("last:>30d", datetime(2026, 10, 23, 0, 0), False),  # thirty days ago, at any hour
        ("last:>30d", datetime(2026, 10, 22, 23, 59), True),
        ("last:>=30d", datetime(2026, 10, 23, 23, 59), True),
        ("last:>=30d", datetime(2026, 10, 24, 0, 0), False),
        ("last:<7d", datetime(2026, 11, 16, 0, 0), True),
        ("last:<7d", datetime(2026, 11, 15, 23, 59), False),
        ("last:7d", datetime(2026, 11, 15, 12, 0), True),
        ("last:7d..30d", datetime(2026, 11, 1), True),
        ("last:30d..7d", datetime(2026, 11, 1), True),
        ("last:7d..30d", datetime(2026, 11, 16), False),
        ("last:30d..", datetime(2026, 10, 1), True),
        ("last:..30d", datetime(2026, 10, 1), False),
        ("last:>1m", datetime(2026, 10, 22, 12, 0), False),
        ("last:>1month", datetime(2026, 10, 21, 12, 0), True),
        ("last:>1y", datetime(2025, 11, 21), True),
        ("last:>2周", datetime(2026, 11, 7), True),
        ("last:<2h", datetime(2026, 11, 22, 9, 0), True),
        ("last:<2h", datetime(2026, 11, 22, 8, 0), False),
        ("last:<2026-01-01", datetime(2025, 12, 31, 23, 59), True),
        ("last:<2026-01-01", datetime(2026, 1, 1, 0, 0), False),
        ("last:>2026-01-01", datetime(2026, 1, 1, 23, 0), False),
        ("last:2026-01-01", datetime(2026, 1, 1, 23, 0), True),
        ("last:fri", datetime(2026, 11, 20, 9, 0), True),
        ('last:>="2026-11-20 15:00"', datetime(2026, 11, 20, 14, 59), False),
        ('last:>="2026-11-20 15:00"', datetime(2026, 11, 20, 15, 0), True),
        ("last:yesterday", datetime(2026, 11, 21, 0, 30), True),
    ],
)
def test_ages_count_in_the_users_calendar_days(text: str, last: datetime, passing: bool) -> None:
    moment = last.replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert passes(text, customer(last_contact=moment)) is passing


def test_days_and_moments_are_absolute_when_the_filter_has_been_read() -> None:
    due = parse("due:tomorrow", CONTEXT)
    assert due == Term("due", Operator.WITHIN, (Span(date(2026, 11, 23), date(2026, 11, 24)),))
    last = parse("last:today", CONTEXT)
    begin, end = datetime(2026, 11, 21, 16, tzinfo=UTC), datetime(2026, 11, 22, 16, tzinfo=UTC)
    assert last == Term("last", Operator.WITHIN, (Span(begin, end),))


NOTHING: dict[str, Any] = (
    dict.fromkeys(("tier", "owner_id", "region", "industry", "next_on", "last_contact"))
    | dict.fromkeys(("tags", "people", "log", "follow_ups", "comments"), ())
    | {"source": "", "columns": {"address": "", "note": None}, "profile": {}, "returns_on": None}
)


@pytest.mark.parametrize(
    "text",
    [
        *("tier:A", "owner:me", "owner:any", "region:north", "region:*", "source:e*", "tag:vip", "due:<=today"),
        *("due:>today", "due:..fri", "last:>30d", "last:<30d", "phone:1", "email:a", "wechat:a", "address:a"),
        *("address:any", "note:*", "held:>1d", "stale:<=today", "returns:any", "contact:a", "contact.role:user"),
        *("contact.primary:no", "log:a", "log.at:<7d", "log.connected:no", "next.kind:promise", "next.by:any"),
        *("closed.as:done", "comment:a", "headcount:>1", "headcount:..5", "revenue:<1m", "wecom:no", "field.x:any"),
        *("field.x:<5", "religion:a", "last_purchase:<7d", "scheme:any", "created_by:me"),
    ],
)
def test_a_comparison_with_nothing_is_false_and_its_negation_true(text: str) -> None:
    assert not passes(text, customer(**NOTHING))
    assert passes(f"-{text}", customer(**NOTHING))


@pytest.mark.parametrize("thing", list(THINGS))
def test_has_and_no_are_opposites(thing: str) -> None:
    for record in (customer(), customer(**NOTHING)):
        assert passes(f"has:{thing}", record) is not passes(f"no:{thing}", record)
    assert passes(f"has:{thing}", customer())


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("华为", True),
        ("为技", True),
        ("技", True),
        ("华技", False),
        ("huawei", True),
        ("uaw", True),
        ("hu", True),
        ("ua", False),
        ("h", True),
        ("u", False),
        ("hwjs", True),
        ("hw", True),
        ("李安", True),
        ('"技术 huawei"', True),
        ('"ua"', False),
        ("技术 Huawei", True),
        ("ＨＵＡＷＥＩ", True),
        ("0138", True),
        ("138-0013-8000", True),
        ('"138 0013 8000"', True),
        ("13", False),
        ("acme.com", True),
        ("ac", False),
        ("hw_we", True),
        ("-acme.com", False),
        ("vip", False),
    ],
)
def test_words_search_names_as_written_and_as_they_sound_phones_and_mails(text: str, passing: bool) -> None:
    assert passes(text, customer()) is passing


@pytest.mark.parametrize(
    "text",
    [
        *("phone:138", "email:acme", "has:phone", "no:phone", "no:email", "has:wechat", "no:wechat", "phone:empty"),
        *("email:any", "wechat:hw", "note:fair", "note:empty", "contact.phone:138", "contact.email:any"),
        *("contact.wechat:empty", "contact.note:back", "field.路线:北", "field.路线:empty", "field.nothing:any"),
        *("religion:budd", "religion:empty", 'field."religion":any'),
    ],
)
def test_neither_a_term_about_a_masked_value_nor_its_negation_matches(text: str) -> None:
    for record in (customer(masked=True), customer(masked=True, people=(), columns={}, profile={})):
        assert not passes(text, record)
        assert not passes(f"-{text}", record)
        assert evaluate(parse(text, CONTEXT), record) is None


def test_a_masked_customer_is_still_found_by_everything_else() -> None:
    masked = customer(masked=True)
    assert passes("华为", masked)
    assert passes("phone:138 or tier:A", masked)
    assert passes("has:phone,tag", masked)
    assert not passes("acme.com", masked)
    assert passes("-acme.com", masked)
    assert passes("-(stage:lost phone:138)", masked)
    assert not passes("-(tier:A phone:138)", masked)


@given(nodes, records)
def test_negation_turns_the_answer_round_where_nothing_is_masked(node: Node, record: FilterRecord) -> None:
    open_record = replace(record, masked=False, discreet=False)
    assert match(Not(node), open_record) is not match(node, open_record)


@given(nodes, records)
def test_a_filter_and_its_negation_never_both_match(node: Node, record: FilterRecord) -> None:
    assert not (match(node, record) and match(Not(node), record))


@given(nodes, records, hidden)
def test_no_filter_tells_what_is_masked(node: Node, record: FilterRecord, others: Hidden) -> None:
    masked = replace(record, masked=True)
    assert evaluate(node, masked) is evaluate(node, others.put(masked))


@given(nodes, records, some("Buddhist", "none"))
def test_no_filter_tells_a_sensitive_field_to_who_may_not_see_it(
    node: Node, record: FilterRecord, religion: str | None
) -> None:
    discreet = replace(record, discreet=True)
    profile = {name: text for name, text in record.profile.items() if name != "religion"}
    others = replace(discreet, profile=profile | ({"religion": religion} if religion else {}))
    assert evaluate(node, discreet) is evaluate(node, others)


@pytest.mark.parametrize("name", list(FIELDS))
def test_any_and_empty_are_opposites(name: str) -> None:
    if name in NEVER_EMPTY:
        return
    for record in (customer(), customer(**NOTHING)):
        assert passes(f"{name}:any", record) is not passes(f"{name}:empty", record)
        assert passes(f"{name}:none", record) is passes(f"{name}:empty", record)


NEVER_EMPTY = {"name", "has", "no", "archived", "claimable", "blocked"}


@pytest.mark.parametrize(
    ("text", "passing"),
    [
        ("address:bantian", True),
        ("address:深圳", True),
        ("address:1*", True),
        ("address:bantian*", False),
        ("website:HUAWEI", True),
        ("note:fair", True),
        ("tax_number:9144x", True),
        ("tax:9144x", True),
        ("referred_by:wang", True),
        ("parent:holding", True),
        ("business_role:最终用户", True),
        ("business_role:dist", False),
        ("created_by:wang", True),
        ("scheme:abcd", True),
        ("held:>90d", True),
        ("held:>=2026-08-02", False),
        ("touched:6d", True),
        ("stale:2026-12-24", True),
        ("returns:<=7d", False),
        ("returns:<=9d", True),
        ("wechat:hw_", True),
        ("contact:安", True),
        ("contact.name:安", True),
        ("contact.role:decision", True),
        ("contact.role:决策者", True),
        ("contact.title:manager", True),
        ("contact.phone:1380", True),
        ("phone:1380", True),
        ("contact.email:acme.com", True),
        ("contact.wechat:empty", True),
        ("contact.note:back", True),
        ("contact.primary:yes", True),
        ("contact.primary:no", False),
        ("log:price", True),
        ("log.note:price", True),
        ("log.at:7d", True),
        ("log.at:<7d", False),
        ("log.channel:电话", True),
        ("log.channel:visit,mail", False),
        ("log.by:me", True),
        ("log.connected:yes", True),
        ("log.outcome:offer", True),
        ("log.contact:李安", True),
        ("next:today", True),
        ("next.purpose:back", True),
        ("next.purpose:hello", False),
        ("next.kind:promise", True),
        ("next.by:li", True),
        ("next.since:7d", True),
        ("next.original:<today", True),
        ("closed:hello", True),
        ("closed.as:done", True),
        ("closed.at:<14d", True),
        ("closed.by:wang", True),
        ("comment:order", True),
        ("comment.by:wang", False),
        ("comment.at:2d", True),
        ("headcount:1200", True),
        ("headcount:>1200", False),
        ("headcount:>1k", True),
        ("headcount:1k..2k", True),
        ("revenue:>=3.5m", True),
        ("revenue:350万", True),
        ("revenue:>1亿", False),
        ("founded:<1990", True),
        ("buys_what:cables", True),
        ("wecom:yes", True),
        ("wecom:no", False),
        ("birthday:05-17", True),
        ("last_purchase:>1m", True),
        ("last_purchase:2026-10-01", True),
        ("religion:buddhist", True),
        ("field.路线:北线", True),
        ("field.路线:南", False),
        ('field."visits per year":>=12', True),
        ('field."visits per year":<12', False),
        ("field.Renewal:<2027-01-01", True),
        ("field.renewal:2026-01-01..2026-06-30", False),
        ("field.headcount:>1k", True),
        ("field.nothing:any", False),
        ("-field.nothing:x", True),
    ],
)
def test_a_customer_passes_by_what_its_tables_hold(text: str, passing: bool) -> None:
    assert passes(text, customer()) is passing


def test_two_terms_about_interactions_may_be_about_two_of_them() -> None:
    record = customer(log=({"channel": "call", "user_id": 7}, {"channel": "visit", "user_id": 8}))
    assert passes("log.channel:call log.by:wang", record)
    assert not passes("log.channel:mail", record)


@pytest.mark.parametrize("stored", ["many", "1,200", "12 CNY", "x", "2026-13-01", "1e5", "١٢"])
def test_what_is_no_number_is_neither_more_nor_less_than_one(stored: str) -> None:
    for name in ("headcount", "revenue", "last_purchase"):
        bound = "2026-01-01" if name == "last_purchase" else "5"
        record = customer(profile={name: stored.replace("12 CNY", "12CNY")})
        assert not passes(f"{name}:>{bound} or {name}:<={bound}", record)
        assert passes(f"{name}:any", record)


def test_every_field_and_thing_has_its_value() -> None:
    kept = {name for name, field in FIELDS.items() if field.table}
    assert {*_VALUES, *kept, "has", "no"} == set(FIELDS)
    assert not kept & set(_VALUES)
    assert {field.table for field in FIELDS.values() if field.table} == {*_ROWS, "worth"}
    assert set(_THINGS) == set(THINGS)
