"""Plans, experiments, results and reports."""

from sim.planning.headline import Row, summary
from sim.planning.output import Written, write
from sim.planning.plan import Plan, plans, read_plan, starting
from sim.planning.run import Run, platform, simulate
from sim.planning.table import Table, tables

__all__ = [
    "Plan",
    "Row",
    "Run",
    "Table",
    "Written",
    "plans",
    "platform",
    "read_plan",
    "simulate",
    "starting",
    "summary",
    "tables",
    "write",
]
