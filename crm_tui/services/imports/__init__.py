"""Bringing in customers from a table: first a plan that can be looked at, then all of it at once, or nothing."""

from crm_tui.services.imports.plans import Plan, plan
from crm_tui.services.imports.runs import Imported, run

__all__ = ["Imported", "Plan", "plan", "run"]
