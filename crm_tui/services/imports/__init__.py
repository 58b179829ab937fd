"""Bringing in a table, of customers or of facts: first a plan that can be looked at, then all at once, or nothing."""

from crm_tui.services.imports.fact_plans import FactPlan, check_customers, plan_facts
from crm_tui.services.imports.fact_runs import FactsImported, run_facts
from crm_tui.services.imports.plans import Plan, plan
from crm_tui.services.imports.runs import Imported, run

__all__ = [
    "FactPlan", "FactsImported", "Imported", "Plan", "check_customers", "plan", "plan_facts", "run", "run_facts",
]  # fmt: skip
