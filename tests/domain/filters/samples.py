"""One clock, one team, one customer for the filter tests, and filters and customers drawn at random."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import cycle
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from msgspec.structs import replace

from crm_tui.domain.clock import stamp
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


COLUMNS: dict[str, Any] = {
    "phone": None, "email": None, "wechat": "hw_wechat", "address": "1 Bantian Road, 深圳", "website": "huawei.com",
    "note": "met at the Fair", "tax_number": "9144X", "referred_by": "Old Wang", "parent": "Huawei Holding",
    "business_role": "end_user", "scheme": "abcd", "created_by": 8, "held_since": "2026-08-01 02:00:00",
    "last_touch": "2026-11-16 02:00:00", "stale_on": "2026-12-24", "influence": 4, "closing": 2,
}  # fmt: skip
PROFILE = {
    "headcount": "1200.5", "revenue": "350000000 CNY", "founded": "1987", "buys_what": "switches; Cables",
    "wecom": "yes", "birthday": "05-17", "last_purchase": "2026-10-01", "religion": "Buddhist", "Visits per year": "12",
    "Renewal": "2026-12-31", "路线": "北线 A",
}  # fmt: skip
LI_AN: dict[str, Any] = {
    "name": "李安", "role": "decision_maker", "title": "Purchasing Manager", "phone": "+8613800138000",
    "email": "An.Li@Acme.com", "wechat": None, "note": "calls back", "is_primary": 1,
}  # fmt: skip
CALL: dict[str, Any] = {
    "contact": "李安", "user_id": 7, "at": "2026-11-15 02:00:00", "channel": "call", "connected": 1,
    "note": "asked for a Price", "outcome": "send an offer",
}  # fmt: skip
PROMISE: dict[str, Any] = {
    "user_id": 7, "kind": "promise", "purpose": "call Back", "due_on": "2026-11-22", "original_on": "2026-11-20",
    "created_at": "2026-11-15 02:00:00", "closed_at": None, "closed_as": None,
}  # fmt: skip
KEPT = PROMISE | {
    "user_id": 8, "kind": "first_contact", "purpose": "say hello", "closed_at": "2026-11-10 02:00:00",
    "closed_as": "done",
}  # fmt: skip


AS_OF = "2026-11-01"
"""The day after the period that is kept."""
WORTH: dict[str, Any] = {
    "sales": 1_200_000, "sales_before": 1_000_000, "costed": 1_000_000, "profit": 400_000, "orders": 2, "due": 800_000,
    "collected": 500_000, "on_time": 200_000, "overdue": 300_000, "overdue_days": 30, "first_order": "2026-03-05",
    "last_order": "2026-09-01", "newest_order": "2026-11-05", "order_days": 3, "years": 1, "lifetime": 3_000_000,
    "lifetime_profit": 700_000, "forecast": 1_200_000, "wallet": 4_000_000, "wallet_ours": 1_000_000,
    "wallet_before": 3_000_000, "wallet_ours_before": 900_000, "as_of": AS_OF,
}  # fmt: skip


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
        "suggest": "down",
        "tiers": {"value": "diamond", "label": "high"},
        "suggests": {"value": "down"},
        "owner_id": 7,
        "region": "North",
        "source": "expo",
        "industry": "telecom",
        "tags": ("VIP", "key account"),
        "next_on": date(2026, 11, 22),
        "last_contact": datetime(2026, 11, 15, 2, 0, tzinfo=UTC),
        "columns": COLUMNS,
        "profile": PROFILE,
        "people": (LI_AN,),
        "log": (CALL,),
        "follow_ups": (PROMISE, KEPT),
        "comments": ({"text": "ask for the order", "user_id": 9, "at": "2026-11-20 02:00:00"},),
        "returns_on": "2026-12-01",
        "worth": WORTH,
    } | changes
    names = [values["name"], *(person["name"] for person in values["people"])]
    values.setdefault("search_text", search_text(names))
    return FilterRecord(**values)


LEAVES = [
    *("stage:intent", "stage:i,lost", "tier:A", "tier:none,B", "owner:me", "owner:any", "owner:none,li"),
    *("pool:default", "pool:any", "name:hua", "id:1,42", "id:40..50", "id:<1k", "kind:person", "region:north"),
    *("region:n*,south", "region:*", "source:expo", "industry:tele*", "tag:vip", "due:today", "due:overdue"),
    *("due:<=fri", "due:2026-11-01..2026-12-01", "last:>30d", "last:<2h", "last:7d", "created:>=2026-01-01"),
    *("created:1w..2m", "since:>10", "since:..3m", "phone:1380", "email:@acme.com", "has:phone", "has:next,tag"),
    *("no:email", "no:wechat,last", "has:owner,contact,note,tier", "no:note", "archived:yes", "archived:any"),
    *("wechat:hw", "email:any,@b.cn", "phone:empty", "wechat:empty,hw*", "region:empty,north", "tag:empty,vip"),
    *("due:any", "due:empty", "due:empty,today", "last:empty", "since:any", "tier:any", "owner:empty", "name:hua*"),
    *("name:华", "contact:李安,x", "suggest:up", "suggest:down", "suggest:any", "suggest:none", "suggest:up,down"),
    *("suggest.value:up", "suggest.value:down", "suggest.value:any", "suggest.label:none", "suggest.value:up,none"),
    *("tier.value:diamond", "tier.value:none", "tier.value:any", "tier.label:high,low", "tier.value:growth,none"),
    *("address:深圳", "address:1*", "address:empty", "website:any", "note:fair", "note:any", "note:empty,x"),
    *("tax:91", "referred:wang", "parent:hold", "business:end,distributor", "business_role:empty", "scheme:abcd"),
    *("created_by:wang", "created_by:empty,me", "held:>90d", "held:empty", "touched:<7d", "stale:<=2026-12-31"),
    *("returns:any", "returns:2026-12-01..", "contact:李", "contact:empty", "contact.role:decision,user"),
    *("contact.role:empty", "contact.title:purch*", "contact.phone:1380", "contact.phone:any", "contact.email:acme"),
    *("contact.email:empty", "contact.wechat:any,acme", "contact.note:back", "contact.primary:yes"),
    *("contact.primary:no", "log:price", "log:any", "log:empty", "log.at:<7d", "log.at:any", "log.channel:call,visit"),
    *("log.by:me", "log.by:wang,empty", "log.connected:no", "log.outcome:offer", "log.outcome:empty", "log.contact:李"),
    *("next.purpose:back", "next.kind:promise", "next.by:li", "next.since:>3d", "next.original:<today", "next:today"),
    *("closed:hello", "closed.as:done", "closed.at:<30d", "closed.by:wang", "closed:empty", "comment:order"),
    *("comment.by:me", "comment.at:<7d", "comment:empty", "headcount:>1k", "headcount:empty", "headcount:1200"),
    *("revenue:>1m", "revenue:..1亿", "founded:<2000", "buys_what:cables", "wecom:yes", "birthday:05-", "birthday:any"),
    *("last_purchase:>1m", "last_purchase:<2026-11-01", "religion:budd*", "religion:empty", "field.路线:北"),
    *('field."Visits per year":>10', 'x."visits PER year":10..20', "field.renewal:<=2026-12-31", "field.renewal:any"),
    *("field.nowhere:empty", "field.nowhere:x", "field.renewal:>5"),
    *('x."visits per year":>3', 'x."visits per year":>=3.5', 'x."visits per year":-5..3.4', "field.renewal:<-1.5"),
    *("created:本月", "created:<上月", "last:本周", "due:下周", "due:<=下个月"),
    *('last_purchase:"last month"', "stale:今年"),
    *("sales:>=10000", "sales:<1k", "sales:0", "sales:>1m", "sales:any", "sales:empty", "orders:>=2", "margin:<20%"),
    *("margin:>=40", "margin:empty", "collection:>50%", "timeliness:any", "growth:lagging", "growth:<0", "share:25%"),
    *("growth:lagging,>10%", "growth:<-10.5", "share:falling", "share:>=50%", "share:empty", "wallet:missing"),
    *("wallet:>1k,missing", "wallet:any", "ordered:>90d", "ordered:2026-11-05..", "ordered:empty", "overdue:>0"),
    *("overdue:<=0", "lifetime:>5k", "lifetime:..12万", "silence:>2", "silence:<0.5", "silence:empty"),
    *("influence:>=4", "influence:empty", "closing:<3", "closing:any"),
    *("deal:gtx", "deal:any", "deal:empty", "deal:D-*", "deal.result:open,lost", "deal.result:empty"),
    *("deal.amount:>=1k", "deal.amount:..500", "deal.amount:empty", "deal.expected:<=today", "deal.expected:any"),
    *("deal.competitor:rival", "deal.competitor:empty", "product:gtx*", "product:empty,mg", "order:o-", "order:any"),
    *("receivable.due:<today", "receivable.due:any", "receivable.due:empty"),
    *("push:gtx", "push:any", "push:empty,mg*", "push.state:interested", "push.state:offered,declined,empty"),
    *("blocked:no", "blocked:yes,no", "claimable:yes", "claimable:no", 'pool:"华北 公海"', 'name:"a b"'),
]

NAMED = ["华为", "0138 0013 8000", "+86 138 0013"]
words = st.one_of(
    st.builds(Words, st.sampled_from([*NAMED, "华", "hw", "h", "hua", "1380", "@acme", "acme", "or.", "A&B"])),
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
days = st.dates(date(2026, 10, 25), date(2026, 12, 31)).map(str)
stamps = moments.map(stamp)


def some(*values: Any) -> st.SearchStrategy[Any]:
    """One of the values, or none."""
    return st.sampled_from([None, *values])


phones, emails = some("+8613800138000", "021-1380"), some("An.Li@Acme.com", "hw@b.cn")
ids_of_wechat = some("hw", "acme")
notes = some("x", "met at the Fair")
columns = st.fixed_dictionaries(
    {
        "address": some("1 Bantian Road, 深圳", "深圳"), "website": some("huawei.com"), "tax_number": some("9144X"),
        "referred_by": some("Old Wang", "li"), "parent": some("Huawei Holding"), "scheme": st.just("abcd"),
        "business_role": some("end_user", "wholesaler"), "created_by": some(7, 8, 9), "held_since": st.none() | stamps,
        "last_touch": st.none() | stamps, "stale_on": st.none() | days, "influence": some(1, 4),
        "closing": some(2, 5),
    }
)  # fmt: skip
people = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["李安", "Former Huawei"]), "role": some("decision_maker", "user"),
        "title": some("Purchasing Manager", "Boss"), "is_primary": st.sampled_from([0, 1]),
    }
)  # fmt: skip
hidden_columns = st.fixed_dictionaries({"phone": phones, "email": emails, "wechat": ids_of_wechat, "note": notes})
log = st.fixed_dictionaries(
    {
        "contact": some("李安"), "user_id": st.sampled_from([7, 8]), "at": stamps, "connected": st.sampled_from([0, 1]),
        "channel": st.sampled_from(["call", "visit", "mail"]), "note": st.sampled_from(["", "asked for a Price"]),
        "outcome": st.sampled_from(["", "send an offer"]),
    }
)  # fmt: skip
promises = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from([7, 8]), "kind": st.sampled_from(["promise", "first_contact"]),
        "purpose": st.sampled_from(["", "call Back", "say hello"]), "due_on": days, "original_on": days,
        "created_at": stamps, "closed_at": st.none(), "closed_as": st.none(),
    }
)  # fmt: skip
kept = st.builds(
    lambda promise, at, how: promise | {"closed_at": at, "closed_as": how},
    promises, stamps, st.sampled_from(["done", "dropped"]),
)  # fmt: skip
comments = st.fixed_dictionaries(
    {"text": st.sampled_from(["ask for the order", "x"]), "user_id": st.sampled_from([8, 9]), "at": stamps}
)
products = st.sampled_from(["GTX Pro", "mg special"])
deals = st.fixed_dictionaries(
    {
        "product": some("GTX Pro", "mg special"), "amount": some(50_000, 100_000, 99_999),
        "expected_on": st.none() | days, "result": st.sampled_from(["open", "won", "lost"]),
        "competitor": st.sampled_from(["", "Rival AG"]),
    }
)  # fmt: skip
orders = st.fixed_dictionaries(
    {"state": st.sampled_from(["draft", "confirmed"]), "products": st.lists(products, max_size=2)}
)
owed = st.fixed_dictionaries({"due_on": days, "amount": st.just(100), "paid": st.sampled_from([0, 99, 100])})
pushes = st.dictionaries(products, st.sampled_from(["pushed", "interested", "declined", "offered"]), max_size=2).map(
    lambda found: tuple({"product": name, "state": state} for name, state in found.items())
)
_FILLED = {
    "headcount": ["1200.5", "50", "many"], "revenue": ["350000000 CNY", "10 JPY", "x"], "founded": ["1987", "2005"],
    "buys_what": ["switches; Cables"], "wecom": ["yes", "no"], "birthday": ["05-17", "1980-05-17"],
    "last_purchase": ["2026-10-01", "2026-11-20", "2026-13-01"],
}  # fmt: skip
profiles = st.fixed_dictionaries({}, optional={name: st.sampled_from(texts) for name, texts in _FILLED.items()})
own_fields = st.fixed_dictionaries(
    {},
    optional={
        "religion": st.sampled_from(["Buddhist", "none"]),
        "Visits per year": st.sampled_from(["12", "3.5", "-4.25", "x"]),
        "Renewal": st.sampled_from(["2026-12-31", "12", "soon"]), "路线": st.sampled_from(["北线 A", "南"]),
    },
)  # fmt: skip


_amounts = st.sampled_from([0, 1, 99_999, 100_000, 1_000_000, 1_000_001, 250_000_000, 10**12])
_ordered = st.sampled_from(["2026-01-01", "2026-07-01", "2026-09-30"])
worth = st.one_of(
    st.just({}),
    st.fixed_dictionaries(
        {
            "sales": _amounts, "sales_before": _amounts, "costed": _amounts, "profit": _amounts | st.just(-5_000),
            "orders": st.integers(0, 13), "due": _amounts, "collected": _amounts, "on_time": _amounts,
            "overdue": _amounts, "overdue_days": st.just(0), "first_order": some("2024-02-29", "2026-01-01"),
            "last_order": st.none() | _ordered, "newest_order": st.none() | days, "order_days": st.integers(0, 3),
            "years": st.just(0), "lifetime": _amounts, "lifetime_profit": st.just(0), "forecast": st.just(0),
            "wallet": st.none() | _amounts, "wallet_ours": st.none() | _amounts, "wallet_before": st.none() | _amounts,
            "wallet_ours_before": st.none() | _amounts, "as_of": st.just(AS_OF),
        }
    ).map(lambda kept: kept if kept["last_order"] != kept["first_order"] else kept | {"order_days": 1}),
)  # fmt: skip


@dataclass(frozen=True)
class Hidden:
    """What is hidden of a customer in the pool: its own, its contacts', and of its profile."""

    own: dict[str, Any]
    theirs: tuple[dict[str, Any], ...]
    profile: dict[str, str]

    def put(self, record: FilterRecord) -> FilterRecord:
        """The record with these in the place of its own."""
        people = tuple({**person, **way} for person, way in zip(record.people, cycle(self.theirs), strict=False))
        told = {name: text for name, text in record.profile.items() if name in _FILLED}
        return replace(
            record, columns={**record.columns, **self.own}, people=people, profile={**told, **self.profile}
        )


def _made(
    hidden: Hidden, promise: dict[str, Any] | None, sold: tuple[list[Any], ...], **open_to_all: Any
) -> FilterRecord:
    """A customer whose next date is that of its open follow-up."""
    bargains, bought, due = sold
    key = open_to_all["id"]
    open_to_all["deals"] = tuple(
        {**one, "number": f"D-{key}-{n}", "product": one["product"] or f"D-{key}-{n}"} for n, one in enumerate(bargains)
    )
    open_to_all["orders"] = tuple({**one, "number": f"O-{key}-{n}"} for n, one in enumerate(bought))
    open_to_all["ordered"] = tuple(
        {"product": name} for one in bought if one["state"] == "confirmed" for name in one["products"]
    )
    open_to_all["receivables"] = tuple(one for one in due if one["paid"] < one["amount"])
    open_to_all["next_on"] = date.fromisoformat(promise["due_on"]) if promise else None
    open_to_all["follow_ups"] += (promise,) if promise else ()
    return hidden.put(customer(**open_to_all))


hidden = st.builds(Hidden, hidden_columns, st.lists(hidden_columns, min_size=1, max_size=2).map(tuple), own_fields)
records = st.builds(
    _made,
    hidden,
    id=st.integers(1, 60),
    name=st.sampled_from(["华为", "Acme Ltd", "A&B or. 华", "hua a b", "1380"]),
    kind=st.sampled_from(["organization", "person"]),
    stage=st.sampled_from(["intent", "lost", "actual"]),
    tier=st.sampled_from([None, "A", "B", "high"]),
    suggest=st.sampled_from([None, "up", "down", "other"]),
    suggests=st.sampled_from([{}, {"value": "up"}, {"value": "down"}, {"label": "up"}]),
    tiers=st.sampled_from([{}, {"value": "growth"}, {"value": "diamond", "label": "low"}]),
    owner_id=st.sampled_from([None, 7, 8]),
    pool=st.sampled_from([None, "default", "华北 公海"]),
    region=st.sampled_from([None, "", "North", "south"]),
    source=st.sampled_from([None, "Expo"]),
    industry=st.sampled_from([None, "Telecom"]),
    tags=st.sampled_from([(), ("vip",), ("a", "VIP")]),
    last_contact=st.none() | moments,
    created=moments,
    stage_since=moments,
    columns=columns,
    people=st.lists(people, max_size=2).map(tuple),
    log=st.lists(log, max_size=2).map(tuple),
    follow_ups=st.lists(kept, max_size=2).map(tuple),
    promise=st.none() | promises,
    sold=st.tuples(st.lists(deals, max_size=2), st.lists(orders, max_size=2), st.lists(owed, max_size=2)),
    comments=st.lists(comments, max_size=1).map(tuple),
    profile=profiles,
    returns_on=st.none() | days,
    pushes=pushes,
    worth=worth,
    archived=st.booleans(),
    blocked=st.booleans(),
    masked=st.booleans(),
    discreet=st.booleans(),
)
