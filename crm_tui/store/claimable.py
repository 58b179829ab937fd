"""What may be claimed, as SQL: of DOMAIN §4 P2 all that hangs on the customer (blocked, member, freeze, cooldown).

The claimant's own counts, cap and quota, are no property of a customer and not asked here.
"""

from __future__ import annotations

from crm_tui.domain.people import Claims, Sight
from crm_tui.store.pools import UNDONE_LATE


def condition(sight: Sight) -> str:
    """The SQL condition (on the alias `c`) that the one who sees so much may claim the customer."""
    claims = sight.claims
    if claims is None:
        return "0"
    parts = ["+c.pool_id IS NOT NULL"]
    if claims.pools is not None:
        parts.append(f"+c.pool_id IN ({', '.join(str(int(key)) for key in claims.pools)})")
    own = [_from(sight, claims, pool_id) for pool_id in sorted(claims.of_pool)]
    general = _free(sight.user_id, *claims.general)
    if own:
        others = ", ".join(str(int(key)) for key in claims.of_pool)
        general = f"(+c.pool_id NOT IN ({others}) AND {general})"
        parts.append(f"({' OR '.join([*own, general])})")
    else:
        parts.append(general)
    return " AND ".join(parts)


def _from(sight: Sight, claims: Claims, pool_id: int) -> str:
    return f"(+c.pool_id = {int(pool_id)} AND {_free(sight.user_id, *claims.of_pool[pool_id])})"


def _free(user_id: int, left_before: str | None, entered_before: str | None) -> str:
    parts = ["1"]
    if left_before is not None:
        parts.append(
            "NOT EXISTS (SELECT 1 FROM ownership o WHERE o.customer_id = c.id AND o.at >= '{since}'"
            " AND o.from_owner_id = {user} AND o.to_owner_id IS NOT {user})"
            " AND NOT EXISTS (SELECT 1 FROM ownership_log l WHERE l.customer_id = c.id AND l.at >= '{since}'"
            " AND l.from_owner_id = {user} AND {late})".format(since=left_before, user=int(user_id), late=UNDONE_LATE)
        )
    if entered_before is not None:
        parts.append(
            "coalesce((SELECT l.at FROM ownership l WHERE l.customer_id = c.id ORDER BY l.id DESC LIMIT 1), '')"
            f" < '{entered_before}'"
        )
    return " AND ".join(parts)
