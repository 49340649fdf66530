"""Plans, experiments, results and reports."""

from sim.planning.plan import Plan, plans, read_plan, starting
from sim.planning.run import Run, platform, simulate
from sim.planning.summary import Row, summary
from sim.planning.tables import Table, tables
from sim.planning.write import Written, write

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
