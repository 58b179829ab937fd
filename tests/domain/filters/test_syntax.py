"""The text of a filter: what it means, how it prints, and what its errors say."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from math import inf, nextafter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import (
    EVERYTHING,
    And,
    Node,
    Not,
    Operator,
    Or,
    Span,
    Term,
    Words,
    mentions,
    parse,
    to_text,
    with_defaults,
)
from crm_tui.domain.filters.syntax import MAX_DEPTH, MAX_TERMS, MAX_VALUES
from tests.domain.filters.samples import CONTEXT, NOW, nodes
from tests.work import Work, counted

ABOVE_3 = nextafter(3, inf)
INTENT = Term("stage", Operator.IS, ("intent",))
MINE = Term("owner", Operator.IS, (7,))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", EVERYTHING),
        ("   ", EVERYTHING),
        ("stage:intent", INTENT),
        ("STAGE:Intent", INTENT),
        ("stage:i", INTENT),
        ("stage:意向客户", INTENT),
        ("stage:意向", INTENT),
        ("stage：意向", INTENT),
        ("stage:i,lost", Term("stage", Operator.IS, ("intent", "lost"))),
        ("stage:i、lost", Term("stage", Operator.IS, ("intent", "lost"))),
        ("stage:i owner:me", And((INTENT, MINE))),
        ("stage:i and owner:me", And((INTENT, MINE))),
        ("stage:i\u3000owner:me", And((INTENT, MINE))),
        ("a or b c", Or((Words("a"), And((Words("b"), Words("c")))))),
        ("a OR b", Or((Words("a"), Words("b")))),
        ("(a or b) c", And((Or((Words("a"), Words("b"))), Words("c")))),
        ("（a or b）c", And((Or((Words("a"), Words("b"))), Words("c")))),
        ("-stage:i", Not(INTENT)),
        ("not stage:i", Not(INTENT)),
        ("not (a b)", Not(And((Words("a"), Words("b"))))),
        ("-(a b)", Not(And((Words("a"), Words("b"))))),
        ("not a b", And((Not(Words("a")), Words("b")))),
        ("not -a", Not(Not(Words("a")))),
        ("order android nothing", And((Words("order"), Words("android"), Words("nothing")))),
        ('"or"', Words("or", exact=True)),
        ('"exact words"', Words("exact words", exact=True)),
        ('"say ""hi"""', Words('say "hi"', exact=True)),
        ("“华为 技术”", Words("华为 技术", exact=True)),
        ('"全角：（）"', Words("全角：（）", exact=True)),
        ('-"a b"', Not(Words("a b", exact=True))),
        ("华为", Words("华为")),
        ("15:30", Words("15:30")),
        ("a-b", Words("a-b")),
        ("owner:me,any", Or((MINE, Term("owner", Operator.PRESENT, ())))),
        ("owner:LI", MINE),
        ('owner:"me"', Term("owner", Operator.IS, (9,))),
        ("owner:none", Term("owner", Operator.IS, (None,))),
        ('pool:"华北 公海"', Term("pool", Operator.IS, ("华北 公海",))),
        ("tier:a,高,none", Term("tier", Operator.IS, ("A", "high", None))),
        ("name:华为,Acme", Term("name", Operator.CONTAINS, ("华为", "acme"))),
        ("region:Nor*", Term("region", Operator.STARTS, ("nor",))),
        ('region:"Nor*"', Term("region", Operator.IS, ("nor*",))),
        ("region:*", Term("region", Operator.PRESENT, ())),
        ("phone:138-0013", Term("phone", Operator.CONTAINS, ("1380013",))),
        ("kind:org*", Term("kind", Operator.IS, ("organization",))),
        ("kind:个人型", Term("kind", Operator.IS, ("person",))),
        ("id:3,1", Term("id", Operator.IS, (3, 1))),
        ("id:1.5k,2万", Term("id", Operator.IS, (1500, 20000))),
        ("archived:no", Term("archived", Operator.IS, (False,))),
        ("no:next", Term("no", Operator.IS, ("next",))),
        ("stage:i(a)", And((INTENT, Words("a")))),
        ("tier:any", Term("tier", Operator.PRESENT, ())),
        ("region:empty", Term("region", Operator.IS, (None,))),
        ("region:none,north", Term("region", Operator.IS, (None, "north"))),
        ('region:"empty"', Term("region", Operator.IS, ("empty",))),
        ("due:empty", Term("due", Operator.IS, (None,))),
        ("name:any", Term("name", Operator.CONTAINS, ("any",))),
        ("name:hua*", Term("name", Operator.STARTS, ("hua",))),
        ("email:any", Term("email", Operator.PRESENT, ())),
        ("next:today", parse("due:today", CONTEXT)),
        ("tax:91", Term("tax_number", Operator.CONTAINS, ("91",))),
        ("Contact.Role:user", Term("contact.role", Operator.IS, ("user",))),
        ("contact.name:李", Term("contact", Operator.CONTAINS, ("李",))),
        ("log.connected:no", Term("log.connected", Operator.IS, (False,))),
        ("log.by:li,empty", Term("log.by", Operator.IS, (7, None))),
        ("headcount:>1.5k", Term("headcount", Operator.WITHIN, (Span(1501, None),))),
        ("revenue:1万..1亿", Term("revenue", Operator.WITHIN, (Span(10_000, 100_000_001),))),
        ("wecom:y", Term("wecom", Operator.IS, ("yes",))),
        ("field.Route:North", Term("field.Route", Operator.CONTAINS, ("north",))),
        ("x.Route:n*", Term("field.Route", Operator.STARTS, ("n",))),
        ("field.路线：北", Term("field.路线", Operator.CONTAINS, ("北",))),
        ('field."Visits per year":>3', Term("field.Visits per year", Operator.WITHIN, (Span(ABOVE_3, None),))),
        ("x.Rate:>=5.5", Term("field.Rate", Operator.WITHIN, (Span(5.5, None),))),
        ("x.Rate:<-1.5k", Term("field.Rate", Operator.WITHIN, (Span(None, -1500.0),))),
        ("x.Rate:-5..+5", Term("field.Rate", Operator.WITHIN, (Span(-5.0, nextafter(5, inf)),))),
        ("id:1,200", Term("id", Operator.IS, (1, 200))),
        ("headcount:100,200", Term("headcount", Operator.WITHIN, (Span(100, 101), Span(200, 201)))),
        ("id:>1234,567", Or((Term("id", Operator.IS, (567,)), Term("id", Operator.WITHIN, (Span(1235, None),))))),
        ("+44 161  496 0152 x", And((Words("+44 161 496 0152"), Words("x")))),
        ("(0161 496 0152)", Words("0161 496 0152")),
        ("138 1234 9999", Words("138 1234 9999")),
        ("-0161 496 0152", Not(Words("0161 496 0152"))),
        ("0161 and 496 0152", And((Words("0161"), Words("496"), Words("0152")))),
        ("2025 2026", And((Words("2025"), Words("2026")))),
        ("13800138000 13900139000", And((Words("13800138000"), Words("13900139000")))),
        ("13800138000 13900139000 5", And((Words("13800138000"), Words("13900139000"), Words("5")))),
        ("0161 496 0152b", And((Words("0161 496"), Words("0152b")))),
        ("phone:01614960152", Term("phone", Operator.CONTAINS, ("1614960152",))),
        ("field.until:<2026-12-31", Term("field.until", Operator.WITHIN, (Span(None, date(2026, 12, 31)),))),
        ("field.headcount:5", Term("headcount", Operator.WITHIN, (Span(5, 6),))),
        ('field."ｒeligion":x', Term("religion", Operator.CONTAINS, ("x",))),
        ("acme.com:80", Words("acme.com:80")),
        ("log.:x", Words("log.:x")),
    ],
)
def test_a_text_means_a_tree(text: str, tree: Node) -> None:
    assert parse(text, CONTEXT) == tree


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("tier:E", 5, 'tier "E" is not in scheme abcd (A, B, C, D)'),
        ('tier:"none"', 6, 'tier "none" is not in scheme abcd (A, B, C, D)'),
        ("a tier:A,E", 9, 'tier "E" is not in scheme abcd (A, B, C, D)'),
        ("regoin:x", 0, 'unknown field "regoin": did you mean region?'),
        ("a (-regoin:x)", 4, 'unknown field "regoin": did you mean region?'),
        ("http://x", 0, 'unknown field "http"; quote the text to search for it'),
        ("stage:hot", 6, 'stage "hot" is not one of non_customer, potential, target, intent, actual, lost'),
        ("owner:wnag", 6, 'no user has the login "wnag": did you mean wang?'),
        ("pool:defualt", 5, 'no pool is called "defualt": did you mean default?'),
        ("has:fax", 4, 'has "fax" is not one of phone, email, wechat, next, owner, contact, tag, note, tier, last'),
        ("tier:", 5, "a value is missing after tier:"),
        ("tier:A, B", 7, "a value is missing after tier:A,"),
        ("a due:<", 7, "a value is missing after due:<"),
        ("(a", 0, "this bracket is not closed"),
        ("a)", 1, "this bracket closes nothing"),
        ("()", 1, "a term is missing here"),
        ("a or", 4, "a term is missing here"),
        ("or a", 0, "a term is missing here"),
        ("a and or b", 6, "a term is missing here"),
        ("a - b", 2, "nothing follows the minus: write it before a term"),
        ('a "b', 2, "the quotes are not closed"),
        ('""', 1, "there is nothing to look for in these quotes"),
        ("a &", 2, "there is no letter or digit to look for: put it in quotes"),
        ("name:>b", 5, 'name knows no ">": name the values'),
        ("id:x", 3, '"x" is not a number'),
        ("id:1..x", 6, '"x" is not a number'),
        ("id:1.5", 3, '"1.5" is not a whole number'),
        ("id:999999999999亿", 3, '"999999999999亿" is too large'),
        ("id:9..3", 3, "the range runs backwards: write the smaller end first"),
        ("id:<9..3", 5, "a range is low..high, without a comparison"),
        ("id:1..2..3", 7, "a range is low..high, without a comparison"),
        ("due:<overdue", 5, "overdue takes no comparison: write due:overdue"),
        ("last:2h", 5, "hours want a comparison: <2h"),
        ("last:>9000y", 6, '"9000y" is outside the calendar'),
        ("phone:abc", 6, '"abc" has no digits to look for in phone numbers'),
        ("contact.roel:x", 0, 'unknown field "contact.roel": did you mean contact.role?'),
        ("log.connected:x", 14, 'log.connected "x" is not one of yes, no'),
        ("log.by:wnag", 7, 'no user has the login "wnag": did you mean wang?'),
        ("revenue:>1,000,000", 10, "write 1000000 or 1m"),
        ("revenue:1，000", 9, "write 1000 or 1k"),
        ("id:>=1,234", 6, "write 1234, without commas"),
        ("revenue:1k..2,500", 13, "write 2500, without commas"),
        ("x.Rate:<-1,500", 10, "write -1500, without commas"),
        ("created:2026-13", 8, '"2026-13" is outside the calendar'),
        ("headcount:many", 10, '"many" is not a number'),
        ("field.a:>b", 9, '"b" is neither a number nor a day such as 2026-05-17'),
        ("field.a:1..2026-05-17", 8, "the range goes from a number to a day: write two of one kind"),
        ("a field.:x", 8, "name the field of your own: field.NAME:value"),
        ('field."":x', 6, "name the field of your own: field.NAME:value"),
        ('field."a"', 9, "a colon is missing after the name of the field"),
        ('field."a":', 10, 'a value is missing after field."a":'),
        ('field."a', 6, "the quotes are not closed"),
        ("a\x00b", 1, "this character cannot be searched for: leave it out"),
        ("a\udce4b", 1, "this character cannot be searched for: leave it out"),
    ],
)
def test_an_error_points_at_the_character_and_says_what_to_do(text: str, position: int, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, CONTEXT)
    assert (str(caught.value), caught.value.text, caught.value.position) == (message, text, position)


def test_an_error_inside_a_quoted_date_points_into_the_quotes() -> None:
    text = 'a due:"fri foo"'
    with pytest.raises(UsageError) as caught:
        parse(text, CONTEXT)
    assert caught.value.position == text.index("foo")


def test_an_unknown_field_names_no_other_field_when_none_is_near() -> None:
    with pytest.raises(UsageError, match=r'^unknown field "zzzzzz"; quote'):
        parse("zzzzzz:1", CONTEXT)


@pytest.mark.parametrize(
    ("fits", "beyond"),
    [
        ("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH, "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1)),
        ("-" * MAX_DEPTH + "a", "-" * (MAX_DEPTH + 1) + "a"),
        ("not " * MAX_DEPTH + "a", "not " * (MAX_DEPTH + 1) + "a"),
        ("a " * MAX_TERMS, "a " * (MAX_TERMS + 1)),
        ("id:" + ",".join("1" * MAX_VALUES), "id:" + ",".join("1" * (MAX_VALUES + 1))),
    ],
)
def test_depth_terms_and_values_are_bounded(fits: str, beyond: str) -> None:
    parse(fits, CONTEXT)
    with pytest.raises(UsageError, match="more than"):
        parse(beyond, CONTEXT)


@pytest.mark.parametrize(
    "unit", ["a", "-", "(", '"', '""', "tier:", "due:1", "id:1,", "id:1..", "or", "é", "a:", "，", "9"]
)
def test_a_text_so_many_times_as_long_is_so_many_times_the_work(unit: str) -> None:
    def read(length: int) -> Work:
        text = unit * (length // len(unit))
        with counted() as work:
            for whole in (text, f"due:{text}", f"name:{text}", f'last:"{text}', f"phone:{text}"):
                with suppress(UsageError):
                    parse(whole, CONTEXT)
        return work

    read(10)  # what is made once
    assert read(20_000).grew(read(2_000)) < 12


@given(nodes)
def test_the_tree_of_a_printed_tree_is_the_same_tree(node: Node) -> None:
    assert parse(to_text(node), CONTEXT) == node


@given(nodes)
def test_printing_is_stable(node: Node) -> None:
    assert to_text(parse(to_text(node), CONTEXT)) == to_text(node)


def test_what_was_typed_stays_typed_so_that_a_saved_today_is_tomorrows_today() -> None:
    text = to_text(parse("due:<=today last:>30d region:“So, 1”", CONTEXT))
    assert text == 'due:<=today last:>30d region:"So, 1"'
    tomorrow = replace(CONTEXT, now=NOW + timedelta(days=1))
    assert parse(text, tomorrow) != parse(text, CONTEXT)


_FRAGMENTS = st.sampled_from(
    [
        *('"', "“", "(", ")", "-", "or ", "not ", " ", ":", "：", ",", "..", "<=", ">", "*", "\x00", "\u3000"),
        *("field.", 'field."', "x.y:", "log.at:", "contact.", "headcount:", "revenue:", "wecom:", "empty", "any"),
        *("2026-05-17", "due:", "last:", "id:", "tier:", "has:", "A", "30d", "h", "0", "1万", "华为", "none"),
        *("+44", "0161", "496 ", "138 ", "0013", ",000", "本月", "last week", "-5.5"),
        *("today", "fri", "下周二", "overdue", "2026-13-01"),
    ]
)


@settings(max_examples=300)
@given(st.one_of(st.text(), st.lists(_FRAGMENTS).map("".join)))
def test_any_text_is_a_filter_or_a_usage_error_at_a_character_of_it(text: str) -> None:
    found = _read(text)
    if isinstance(found, UsageError):
        assert found.text == text
        assert found.position is not None
        assert 0 <= found.position <= len(text)
    else:
        assert parse(to_text(found), CONTEXT) == found


def _read(text: str) -> Node | UsageError:
    try:
        return parse(text, CONTEXT)
    except UsageError as error:
        return error


def test_archived_customers_are_left_out_unless_the_filter_speaks_of_them() -> None:
    assert to_text(with_defaults(parse("a b", CONTEXT))) == "a b archived:no"
    assert to_text(with_defaults(parse("a or b", CONTEXT))) == "(a or b) archived:no"
    assert to_text(with_defaults(parse("", CONTEXT))) == "archived:no"
    spoken = parse("a or not (b archived:yes)", CONTEXT)
    assert mentions(spoken, "archived")
    assert with_defaults(spoken) == spoken
