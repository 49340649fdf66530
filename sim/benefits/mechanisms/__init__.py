"""The named mechanisms that policies pick and order. Each is a plain function from a sheet and its numbers.

A mechanism knows nothing of places. It belongs to a stage; a policy must list its mechanisms in order of stages.
"""

from sim.benefits.mechanisms.after import (
    civil_servant_bands,
    civil_servant_supplement,
    critical_due,
    critical_illness,
    medical_aid,
    supplement_of_remainder,
    unit_supplement,
    veteran_subsidy,
)
from sim.benefits.mechanisms.cost import not_paid, out_of_town_first_self_pay
from sim.benefits.mechanisms.deductible import (
    deductible_by_stay,
    deductible_per_visit,
    deductible_per_year,
    deductible_share_of_total,
)
from sim.benefits.mechanisms.payment import ceiling_of_total, cost_at, large_amount, pool_payment
from sim.benefits.mechanisms.ratios import (
    added_points,
    bands,
    cut,
    out_of_town_drop,
    out_of_town_factor,
    personal_share_factor,
)
from sim.benefits.mechanisms.registry import MECHANISMS, Mechanism, Parameter, Stage, Word

__all__ = [
    "MECHANISMS",
    "Mechanism",
    "Parameter",
    "Stage",
    "Word",
    "added_points",
    "bands",
    "ceiling_of_total",
    "civil_servant_bands",
    "civil_servant_supplement",
    "cost_at",
    "critical_due",
    "critical_illness",
    "cut",
    "deductible_by_stay",
    "deductible_per_visit",
    "deductible_per_year",
    "deductible_share_of_total",
    "large_amount",
    "medical_aid",
    "not_paid",
    "out_of_town_drop",
    "out_of_town_factor",
    "out_of_town_first_self_pay",
    "personal_share_factor",
    "pool_payment",
    "supplement_of_remainder",
    "unit_supplement",
    "veteran_subsidy",
]
