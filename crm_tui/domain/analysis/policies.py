"""What we do by the figures: how customers of a class are served with products of a class, and the steps of dunning.

The texts and days are a proposal; an administrator sets others (`config set policy.A1 …`, `dunning.call`). DOMAIN §6.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_tui.domain.language import N_

CUSTOMERS = ("A", "B", "C", "D")
"""The classes of customers, by profit."""
PRODUCTS = ("1", "2", "3", "4")
"""The classes of products, by profit."""

POLICIES: Mapping[str, str] = {
    "A1": N_("protect: supply first, senior visits, terms to keep"),
    "A2": N_("grow: bundle with what it buys most, joint plan"),
    "A3": N_("keep as a service to it, price at cost and more"),
    "A4": N_("replace by a better product, together with it"),
    "B1": N_("invest: sell more of it, visits, quick offers"),
    "B2": N_("keep the price, serve as agreed"),
    "B3": N_("offer the better product first"),
    "B4": N_("raise the price or a least quantity"),
    "C1": N_("sell by phone and mail, list price, watch for growth"),
    "C2": N_("standard service, list price"),
    "C3": N_("standard goods only, paid in advance"),
    "C4": N_("let it go where it asks for more"),
    "D1": N_("win it over: find out why it yields so little"),
    "D2": N_("raise the price, no special terms"),
    "D3": N_("paid in advance, no visits"),
    "D4": N_("end it: cost is above what it brings"),
}
"""By customer class and product class."""

DUNNING: Mapping[str, int] = {"reminder": 1, "call": 15, "letter": 30, "stop": 60}
"""From how many days late on each step is taken, the mildest first."""
