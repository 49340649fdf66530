"""Who pays: bill lines to scope, scope to shares, every amount explained and closing to the fen."""

from sim.benefits.accumulators import COUNTERS, Accumulators
from sim.benefits.bill import Bill, read_bill
from sim.benefits.case import LEVELS, Care, Case, Filing
from sim.benefits.closing import Broken, ClosureError, broken, check_closes
from sim.benefits.line import Line, LineError, LineShare, split, split_all
from sim.benefits.load import in_force, policies, policy, policy_for, read_policy, sources
from sim.benefits.policy import Policy
from sim.benefits.settle import Detail, Settlement, give_back, settle, unsettle
from sim.benefits.step import Step

__all__ = [
    "COUNTERS",
    "LEVELS",
    "Accumulators",
    "Bill",
    "Broken",
    "Care",
    "Case",
    "ClosureError",
    "Detail",
    "Filing",
    "Line",
    "LineError",
    "LineShare",
    "Policy",
    "Settlement",
    "Step",
    "broken",
    "check_closes",
    "give_back",
    "in_force",
    "policies",
    "policy",
    "policy_for",
    "read_bill",
    "read_policy",
    "settle",
    "sources",
    "split",
    "split_all",
    "unsettle",
]
