"""Bringing in a table, of customers or of facts: first a plan that can be looked at, then all at once, or nothing."""

from crm_tui.services.imports.fact_plans import FactPlan, check_customers, plan_facts
from crm_tui.services.imports.fact_runs import FactsImported, run_facts
from crm_tui.services.imports.outcomes import MODES, Cancelled, Difference, Imported, Mode, Progress
from crm_tui.services.imports.plans import Plan, plan
from crm_tui.services.imports.runs import run

__all__ = [
    "MODES", "Cancelled", "Difference", "FactPlan", "FactsImported", "Imported", "Mode", "Plan", "Progress",
    "check_customers", "plan", "plan_facts", "run", "run_facts",
]  # fmt: skip
