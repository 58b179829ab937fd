"""All that one person holds, counted and listed: what a hand-over must leave nothing of (DOMAIN §4 P16).

Of what has no table yet nothing is said.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from crm_tui.domain.language import N_
from crm_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Held:
    """A customer that somebody holds, as far as it matters for who gets it."""

    id: int
    tier: str | None
    region: str | None
    stage: str
    archived: bool


@dataclass(frozen=True, slots=True)
class Shared:
    """A collaboration (`until_on` its last day, None without an end), with the customer's tier, region and holder;
    `partners` are all who collaborate there.
    """

    id: int
    customer_id: int
    tier: str | None
    region: str | None
    owner_id: int | None
    until_on: str | None
    partners: tuple[int, ...]


def customers(database: Database, user_id: int) -> list[Held]:
    """The user's customers: the best tiers first, then by id; archived ones at the end."""
    rows = database.rows(
        "SELECT id, tier, region, stage, archived_at IS NOT NULL FROM customer WHERE owner_id = ?"
        " ORDER BY archived_at IS NOT NULL, coalesce(tier_rank, 99), id",
        (user_id,),
    )
    return [Held(key, tier, region, stage, bool(archived)) for key, tier, region, stage, archived in rows]


def shared(database: Database, user_id: int) -> list[Shared]:
    """The user's collaborations, those too that have ended, the best tiers first."""
    rows = database.rows(
        "SELECT t.id, t.customer_id, c.tier, c.region, c.owner_id, t.until_on,"
        " (SELECT json_group_array(o.user_id) FROM collaborator o WHERE o.customer_id = t.customer_id)"
        " FROM collaborator t JOIN customer c ON c.id = t.customer_id WHERE t.user_id = ?"
        " ORDER BY coalesce(c.tier_rank, 99), t.id",
        (user_id,),
    )
    return [
        Shared(key, customer_id, tier, region, owner_id, until_on, tuple(json.loads(partners)))
        for key, customer_id, tier, region, owner_id, until_on, partners in rows
    ]


# What a person may hold: its name, and which rows of which table. `:user` is the person, `:today` the day.
_HOLDINGS: dict[str, tuple[str, str]] = {
    N_("customers"): ("customer t", "t.owner_id = :user"),
    N_("contacts"): (
        "contact t JOIN customer c ON c.id = t.customer_id", "c.owner_id = :user AND t.archived_at IS NULL",
    ),
    N_("follow-ups"): (
        "follow_up t JOIN customer c ON c.id = t.customer_id",
        "t.closed_at IS NULL AND (c.owner_id = :user OR t.user_id = :user)",
    ),
    N_("deals"): (
        "deal t JOIN customer c ON c.id = t.customer_id",
        "t.result = 'open' AND (t.user_id = :user OR c.owner_id = :user)",
    ),
    N_("receivables"): (
        "receivable t JOIN customer c ON c.id = t.customer_id",
        "c.owner_id = :user AND t.amount > coalesce((SELECT sum(a.amount) FROM allocation a"
        " WHERE a.receivable_id = t.id), 0)",
    ),
    N_("protections"): ("protection t", "t.user_id = :user AND t.ended_on IS NULL AND t.until_on >= :today"),
    N_("offers"): ("transfer t", "t.closed_at IS NULL AND :user IN (t.from_id, t.to_id)"),
    N_("collaborations"): ("collaborator t", "t.user_id = :user"),
    N_("notices"): ("notice t", "t.user_id = :user AND t.closed_at IS NULL"),
    N_("stand-ins"): ("absence t", "t.stand_in_id = :user AND coalesce(t.until_on, :today) >= :today"),
    N_("teams led"): ("team t", "t.lead_id = :user"),
}  # fmt: skip


def counts(database: Database, user_id: int, today: str) -> dict[str, int]:
    """How many of each the user holds, by name; what there is none of is left out."""
    asked = ", ".join(f"(SELECT count(*) FROM {source} WHERE {which})" for source, which in _HOLDINGS.values())
    row = database.row(f"SELECT {asked}", {"user": user_id, "today": today})
    assert row is not None
    return {name: n for name, n in zip(_HOLDINGS, row, strict=True) if n}


def rows_of(database: Database, name: str, user_id: int, today: str) -> list[int]:
    """The ids of the rows of that name which the user holds, in order."""
    source, which = _HOLDINGS[name]
    rows = database.rows(f"SELECT t.id FROM {source} WHERE {which} ORDER BY t.id", {"user": user_id, "today": today})
    return [row[0] for row in rows]


def owners_of(database: Database, table: str, user_id: int, today: str) -> dict[int, int | None]:
    """Who holds the customers of the user's open rows in `follow_up`, `protection` or `deal`, by row."""
    which = {
        "follow_up": "t.closed_at IS NULL", "protection": "t.ended_on IS NULL AND t.until_on >= :today",
        "deal": "t.result = 'open'",
    }[table]  # fmt: skip
    rows = database.rows(
        f"SELECT t.id, c.owner_id FROM {table} t JOIN customer c ON c.id = t.customer_id"
        f" WHERE {which} AND t.user_id = :user ORDER BY t.id",
        {"user": user_id, "today": today} if ":today" in which else {"user": user_id},
    )
    return dict(rows)


def not_on_wecom(database: Database, user_id: int) -> int:
    """How many unarchived customers of the user are not known to be added on WeCom."""
    found = database.value(
        "SELECT count(*) FROM customer c LEFT JOIN profile p ON p.id = c.id WHERE c.owner_id = ?"
        " AND c.archived_at IS NULL AND coalesce(p.fields ->> 'wecom', '') <> 'yes'",
        (user_id,),
    )
    return int(found)


def team_lead(database: Database, team_id: int | None) -> int | None:
    """The lead of the team, if one is named who leads still."""
    found = database.value(
        "SELECT u.id FROM team t JOIN user u ON u.id = t.lead_id"
        " WHERE t.id = ? AND u.role IN ('lead', 'admin') AND u.state NOT IN ('leaving', 'left')",
        (team_id,),
    )
    return None if found is None else int(found)
