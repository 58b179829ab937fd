"""One clock, one team, one customer for the filter tests, and filters and customers drawn at random."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from crm_tui.domain.filters import (
    And,
    FilterContext,
    FilterRecord,
    Node,
    Not,
    Or,
    Words,
    parse,
)
from crm_tui.domain.searching import search_text

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=SHANGHAI)  # a Sunday
CONTEXT = FilterContext(NOW, user_id=7, users={"li": 7, "wang": 8, "me": 9}, pools=("default", "华北 公海"))


def customer(**changes: Any) -> FilterRecord:
    """An ordinary customer, but for the changes; its search text is that of its name and contacts."""
    values: dict[str, Any] = {
        "id": 42,
        "name": "华为技术 Huawei",
        "kind": "organization",
        "stage": "intent",
        "created": datetime(2026, 10, 1, 2, 0, tzinfo=UTC),
        "stage_since": datetime(2026, 11, 12, 2, 0, tzinfo=UTC),
        "tier": "A",
        "owner_id": 7,
        "region": "North",
        "source": "expo",
        "industry": "telecom",
        "tags": ("VIP", "key account"),
        "next_on": date(2026, 11, 22),
        "last_contact": datetime(2026, 11, 15, 2, 0, tzinfo=UTC),
        "phones": ("+8613800138000",),
        "emails": ("An.Li@Acme.com",),
        "wechat": ("hw_wechat",),
        "contacts": ("李安",),
        "has_note": True,
    } | changes
    values.setdefault("search_text", search_text([values["name"], *values["contacts"]]))
    return FilterRecord(**values)


LEAVES = [
    *("stage:intent", "stage:i,lost", "tier:A", "tier:none,B", "owner:me", "owner:any", "owner:none,li"),
    *("pool:default", "pool:any", "name:hua", "id:1,42", "id:40..50", "id:<1k", "kind:person", "region:north"),
    *("region:n*,south", "region:*", "source:expo", "industry:tele*", "tag:vip", "due:today", "due:overdue"),
    *("due:<=fri", "due:2026-11-01..2026-12-01", "last:>30d", "last:<2h", "last:7d", "created:>=2026-01-01"),
    *("created:1w..2m", "since:>10", "since:..3m", "phone:1380", "email:@acme.com", "has:phone", "has:next,tag"),
    *("no:email", "no:wechat,last", "has:owner,contact,note,tier", "no:note", "archived:yes", "archived:any"),
    *("blocked:no", "blocked:yes,no", "claimable:yes", "claimable:no", 'pool:"华北 公海"', 'name:"a b"'),
]

words = st.one_of(
    st.builds(Words, st.sampled_from(["华为", "华", "hw", "h", "hua", "1380", "@acme", "acme", "or.", "A&B"])),
    st.builds(Words, st.text("ab华 \"(),:'-or", min_size=1).filter(lambda text: bool(text.strip())), st.just(True)),
)
leaves = st.one_of(words, st.sampled_from([parse(leaf, CONTEXT) for leaf in LEAVES]))


def _branches(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(children, min_size=2, max_size=4).map(tuple)
    return st.one_of(st.builds(And, several), st.builds(Or, several), st.builds(Not, children))


nodes: st.SearchStrategy[Node] = st.recursive(leaves, _branches, max_leaves=12)

moments = st.datetimes(datetime(2025, 6, 1), datetime(2026, 12, 31)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=0)
)
hidden = st.fixed_dictionaries(
    {
        "phones": st.sampled_from([(), ("+8613800138000",), ("021-555", "1380")]),
        "emails": st.sampled_from([(), ("An.Li@Acme.com",), ("hw@b.cn",)]),
        "wechat": st.sampled_from([(), ("hw",), ("acme",)]),
    }
)
records = st.builds(
    lambda ways, **open_to_all: customer(**open_to_all, **ways),
    hidden,
    id=st.integers(1, 60),
    name=st.sampled_from(["华为", "Acme Ltd", "A&B or. 华", "hua a b", "1380"]),
    kind=st.sampled_from(["organization", "person"]),
    stage=st.sampled_from(["intent", "lost", "actual"]),
    tier=st.sampled_from([None, "A", "B", "high"]),
    owner_id=st.sampled_from([None, 7, 8]),
    pool=st.sampled_from([None, "default", "华北 公海"]),
    region=st.sampled_from([None, "", "North", "south"]),
    source=st.sampled_from([None, "Expo"]),
    industry=st.sampled_from([None, "Telecom"]),
    tags=st.sampled_from([(), ("vip",), ("a", "VIP")]),
    next_on=st.none() | st.dates(date(2026, 10, 25), date(2026, 12, 15)),
    last_contact=st.none() | moments,
    created=moments,
    stage_since=moments,
    contacts=st.sampled_from([(), ("李安",)]),
    has_note=st.booleans(),
    archived=st.booleans(),
    blocked=st.booleans(),
    masked=st.booleans(),
)
