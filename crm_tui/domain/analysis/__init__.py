"""The reports: from what was read of the customers to figures, a chart, and who is behind each figure.

All functions are pure; whoever calls them reads only what the reader of the report sees. Rules: DOMAIN §6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _

ABOUT: Mapping[str, str] = {
    "funnel": N_("who came into each stage, how many went on, how long it took"),
    "tiers": N_("tiers by source, region, industry or owner: customers, sales, collection"),
    "stages": N_("stages by source, region, industry or owner: customers, sales, collection"),
    "pareto": N_("how few customers make most of the sales"),
    "matrix": N_("our share of their wallet against all that they could buy"),
    "products": N_("customers A-D by profit, products 1-4 by profit, and how each is served"),
    "growth": N_("our sales against what the customers buy themselves"),
    "movers": N_("whose tier changed between two dates, up and down"),
    "activity": N_("contacts and visits of each rep against the cadence"),
    "ageing": N_("open receivables by days late"),
    "effort": N_("what each tier brings against what it takes"),
    "referrals": N_("who refers whom, and what came of it"),
    "churn": N_("who has been silent for twice the own order interval"),
    "problems": N_("problem customers and who is overdue, with the dunning step"),
    "factors": N_("how we sell against how they buy"),
}
"""The reports in order: what each answers."""

_EVERY = ("on", "limit")
_PERIOD = ("from", "to", *_EVERY)
OPTIONS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(ABOUT, _PERIOD),
    "tiers": ("scheme", "by", *_PERIOD), "stages": ("by", *_PERIOD), "movers": ("scheme", *_PERIOD),
    "effort": ("scheme", *_PERIOD), "ageing": ("to", *_EVERY), "problems": ("to", *_EVERY),
    "day": ("of", "date", "team"), "week": ("of", "date", "team"),
}  # fmt: skip
"""The options that each report takes: one that would change nothing is none of them."""


def check_options(name: str, given: Iterable[str]) -> None:
    """UsageError for the first option that the report of that name does not take; it names those that it takes."""
    taken = OPTIONS.get(name)
    for option in given:
        if taken is not None and option != "name" and option not in taken:
            told = ", ".join(f"--{one}" for one in taken)
            message = _("report {name} takes no --{option}: {options}").format(name=name, option=option, options=told)
            raise UsageError(message, f"--{option}", 0)
