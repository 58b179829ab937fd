from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.profile import as_typed, completeness, fields, format_value, parse_value, required, stale_on
from crm_tui.domain.profile_fields import CHANNELS, COLUMNS, CONTACT, FIELD, FIELDS, KINDS, ROLES, SECTIONS, Field
from crm_tui.domain.stages import choose

TODAY = date(2026, 3, 10)
A, B, C, D = range(4)


def test_every_field_of_the_profile_is_there_once() -> None:
    identifiers = [f.identifier for f in FIELDS]
    assert len(identifiers) == len(set(identifiers))
    expected = (
        "name phone email wechat wecom address region industry source business_role referred_by parent tax_number "
        "website founded legal_form legal_representative headcount assets revenue service_area sales_ability "
        "potential management_style business_direction finances competitor_standing attitude buys_what buys_when "
        "buys_how_much problems remedies credit terms suggestions birthday native_place home spouse spouse_birthday "
        "wedding_day children education career pride known_by likes taboos religion health strengths reading "
        "character last_purchase purchase_amount purchase_frequency company title "
        "influence closing"
    )
    columns = (
        "name phone email wechat address region industry source website tax_number business_role referred_by "
        "parent influence closing"
    )
    assert set(identifiers) == set(expected.split())
    assert set(COLUMNS) == set(columns.split())
    assert {f.identifier for f in FIELDS if f.sensitive} == {"religion", "health", "children"}
    assert {f.section for f in FIELDS} == set(SECTIONS)


def test_only_a_choice_has_choices_and_columns_belong_to_both_kinds() -> None:
    for field in FIELDS:
        assert bool(field.choices) == (field.type == "choice"), field
        assert not field.column or len(field.kinds) == 2, field


@pytest.mark.parametrize("kind", ["organization", "person"])
def test_a_better_tier_requires_more(kind: str) -> None:
    sets = [{f.identifier for f in required(kind, rank)} for rank in (A, B, C, D)]
    for better, worse in pairwise(sets):
        assert better > worse
    assert {"name", "phone", "source"} == sets[D]
    assert required(kind, 4) == required(kind, D)  # ungraded
    assert all(f in fields(kind) for f in required(kind, A))


def test_completeness_counts_what_the_tier_requires() -> None:
    values = {"name": "Acme", "phone": "+86 138", "source": "  ", "likes": "tea"}
    assert completeness("person", D, values, 0).percent == 66
    assert [f.identifier for f in completeness("person", D, values, 0).missing] == ["source"]
    assert completeness("person", D, {**values, "source": "expo"}, 0) == completeness(
        "organization", D, {**values, "source": "expo"}, 0
    )


@pytest.mark.parametrize(("rank", "asked"), [(A, True), (B, True), (C, False), (D, False), (4, False)])
def test_an_organization_needs_a_contact_with_a_role_from_b_up(rank: int, asked: bool) -> None:
    full = {f.identifier: "x" for f in FIELDS}
    assert completeness("organization", rank, full, 1).percent == 100
    assert (CONTACT in completeness("organization", rank, full, 0).missing) == asked
    assert completeness("person", rank, full, 0).percent == 100


KIND_NAMES = st.sampled_from(["organization", "person"])


@given(KIND_NAMES, st.integers(0, 5), st.sets(st.sampled_from(FIELDS)), st.integers(0, 2))
def test_a_profile_is_complete_when_nothing_is_missing(kind: str, rank: int, filled: set[Field], contacts: int) -> None:
    found = completeness(kind, rank, {f.identifier: "x" for f in filled}, contacts)
    assert (found.percent == 100) == (not found.missing)
    assert 0 <= found.percent <= 100


@pytest.mark.parametrize(
    ("field", "typed", "stored"),
    [
        ("name", "  Acme \n Ltd ", "Acme Ltd"),
        ("attitude", " warm \r\n\r\n but   slow ", "warm\n\nbut slow"),
        ("founded", "1998", "1998"),
        ("founded", "１９９８年", "1998"),
        ("founded", "2026", "2026"),
        ("headcount", "2,822", "2822"),
        ("headcount", "1.5k", "1500"),
        ("headcount", "200人", "200"),
        ("headcount", "0", "0"),
        ("revenue", "1100.04", "110004 CNY"),
        ("revenue", "1200.50", "120050 CNY"),
        ("revenue", "¥1,200,000", "120000000 CNY"),
        ("revenue", "120万元", "120000000 CNY"),
        ("revenue", "1.2亿", "12000000000 CNY"),
        ("revenue", "1.5m CNY", "150000000 CNY"),
        ("birthday", "1980-5-7", "1980-05-07"),
        ("birthday", "1980年5月7日", "1980-05-07"),
        ("birthday", "19800507", "1980-05-07"),
        ("birthday", "1980/05/07 00:00:00", "1980-05-07"),
        ("birthday", "1980-05", "1980-05"),
        ("birthday", "1980年5月", "1980-05"),
        ("birthday", "1980", "1980"),
        ("birthday", "05-17", "05-17"),
        ("birthday", "5月17日", "05-17"),
        ("birthday", "2-29", "02-29"),
        ("birthday", "2000-02-29", "2000-02-29"),
        ("last_purchase", "2026.3.10", "2026-03-10"),
        ("business_role", "End User", "end_user"),
        ("business_role", "经销商", "distributor"),
        ("business_role", "whole", "wholesaler"),
        ("wecom", "是", "yes"),
        ("wecom", "No", "no"),
        ("likes", "golf，tea、golf; 书法 ", "golf; tea; 书法"),
        ("buys_what", "1,000 bolts, nuts", "1,000 bolts; nuts"),
        ("birthday", "", ""),
        ("likes", " ,, ", ""),
    ],
)
def test_a_value_is_kept_in_one_form(field: str, typed: str, stored: str) -> None:
    assert parse_value(field, typed, TODAY) == stored
    assert parse_value(field, as_typed(field, stored), TODAY) == stored


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("founded", "2027", "must be a year from 1000 to 2026"),
        ("founded", "999", "must be a year from 1000 to 2026"),
        ("founded", "98", "must be a year"),
        ("headcount", "many", "is not a number"),
        ("headcount", "-5", "is not a number"),
        ("headcount", "1,20", "is not a number"),
        ("headcount", "9" * 16, "is too large"),
        ("revenue", "9" * 5000, "amount too long"),
        ("revenue", "9" * 30, "amount too large"),
        ("revenue", "12 pcs", ""),
        ("revenue", "$5", ""),
        ("birthday", "1981-02-29", "is not a day of the calendar"),
        ("birthday", "13-01", "is not a day of the calendar"),
        ("birthday", "0980-01-01", "is too long ago"),
        ("birthday", "0000-01-01", "is not a day of the calendar"),
        ("birthday", "2026-03-11", "is in the future"),
        ("birthday", "yesterday", "is not a date; write 1980-05-17, 1980-05, 05-17"),
        ("last_purchase", "2026-03", "needs year, month and day"),
        ("last_purchase", "03-01", "needs year, month and day"),
        ("business_role", "agency", "is not one of end_user, distributor, wholesaler"),
        ("wecom", "perhaps", "must be yes or no"),
    ],
)
def test_a_bad_value_is_refused_with_the_field_and_the_reason(field: str, typed: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_value(field, typed, TODAY)
    assert str(caught.value).startswith(f'{field} "{typed}": {problem}')


@given(st.sampled_from(FIELDS), st.text(max_size=20) | st.from_regex(r"[0-9.,/年月万km$ -]{0,12}"))
def test_whatever_is_typed_is_kept_in_a_form_that_reads_back_or_is_refused(field: object, typed: str) -> None:
    try:
        stored = parse_value(field, typed, TODAY)  # type: ignore[arg-type]
    except UsageError:
        return
    assert parse_value(field, as_typed(field, stored), TODAY) == stored  # type: ignore[arg-type]
    assert isinstance(format_value(field, stored), str)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "stored", "shown"),
    [
        ("business_role", "end_user", "end user"),
        ("wecom", "yes", "yes"),
        ("revenue", "120000050 USD", "1,200,000.50 USD"),
        ("headcount", "2822", "2,822"),
        ("founded", "1998", "1998"),
        ("birthday", "05-17", "05-17"),
        ("likes", "golf; tea", "golf; tea"),
        ("revenue", "unknown", "unknown"),
        ("business_role", "agency", "agency"),
        ("name", "", ""),
    ],
)
def test_a_stored_value_is_shown_as_it_is_read(field: str, stored: str, shown: str) -> None:
    assert format_value(field, stored) == shown


def test_a_profile_is_stale_so_long_after_its_oldest_required_field_was_verified() -> None:
    verified = {"name": date(2026, 1, 1), "phone": date(2025, 12, 1), "likes": date(2020, 1, 1)}
    assert stale_on(verified, "person", D) == date(2026, 5, 30)
    assert stale_on(verified, "person", A) == date(2020, 6, 29)  # A requires the likes
    assert stale_on(verified, "person", D, stale_days=10) == date(2025, 12, 11)
    assert stale_on({"likes": date(2020, 1, 1)}, "person", D) is None
    assert stale_on({}, "person", A) is None


def test_roles_channels_and_kinds_are_those_of_the_domain() -> None:
    assert [c.identifier for c in ROLES] == [
        *("decision_maker", "influencer", "user", "gatekeeper", "champion", "finance")
    ]
    assert [c.identifier for c in CHANNELS] == ["call", "visit", "meeting", "mail", "wechat", "sms", "other"]
    assert [c.identifier for c in KINDS] == ["organization", "person"]


@pytest.mark.parametrize("choices", [ROLES, CHANNELS, KINDS, FIELD["business_role"].choices])
def test_every_name_of_a_choice_leads_to_it_alone(choices: tuple) -> None:  # type: ignore[type-arg]
    for choice in choices:
        for name in (choice.identifier, choice.label, *choice.synonyms):
            assert choose(name, choices) == choice
