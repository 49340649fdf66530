"""Money between regions: what each month is cleared, how it is netted and paid, and the advance funds before it."""

from sim.platform.clearing import workdays
from sim.platform.clearing.advance import Usage, monthly_funds, set_annual, settle_due, top_up, usage, usages
from sim.platform.clearing.assess import Assessment, assess
from sim.platform.clearing.audit import accept, deduct, dispute
from sim.platform.clearing.booking import collect, distribute, notice, pay_hospitals
from sim.platform.clearing.month import Month, month_of, months_with_fees
from sim.platform.clearing.positions import Bilateral, Position, bilateral, positions, rows_of
from sim.platform.clearing.regime import AdvanceRegime, ClearingRegime, Days, Regimes, regimes
from sim.platform.clearing.steps import Clearing

__all__ = [
    "AdvanceRegime",
    "Assessment",
    "Bilateral",
    "Clearing",
    "ClearingRegime",
    "Days",
    "Month",
    "Position",
    "Regimes",
    "Usage",
    "accept",
    "assess",
    "bilateral",
    "collect",
    "deduct",
    "dispute",
    "distribute",
    "month_of",
    "monthly_funds",
    "months_with_fees",
    "notice",
    "pay_hospitals",
    "positions",
    "regimes",
    "rows_of",
    "set_annual",
    "settle_due",
    "top_up",
    "usage",
    "usages",
    "workdays",
]
