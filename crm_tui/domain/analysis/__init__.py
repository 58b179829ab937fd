"""The reports: from what was read of the customers to figures, a chart, and who is behind each figure.

All functions are pure; whoever calls them reads only what the reader of the report sees. Rules: DOMAIN §6.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_tui.domain.language import N_

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
