"""Who pays: bill lines to scope, scope to shares, every amount explained and closing to the fen.

What other rooms use, all of it importable from here:

policies      `policy` by id and day, `policy_named` by id or file, `policy_for` by insured place, `policies` all,
              `read_policy` the versions of a file;
              `with_readings` reads open points of one otherwise
one bill      `split_all` lines to scope, `settle` scope to shares, `unsettle` and `give_back` the way back;
              `settle_by_year` and `unsettle_by_year` where a stay may cross the year end
files         `read_bill` a bill, `settle_bill` a bill settled and explained
identities    `check_closes` raises where amounts do not close, `broken` lists what does not
differences   `explain_difference` between a reply from elsewhere and a `Situation`; `FAULTS` are the known causes
relations     `RELATIONS` that hold for every policy, judged on what can be `Observed`

Submodules that stand for themselves: `explain` and `difference` (as text and as data), `columns` (many claims at once,
needs the ``planning`` extra), `mechanisms` (what a policy file may use), `worked` (the worked examples).
Amounts are whole fen, ratios whole basis points.
"""

from sim.benefits.accumulators import COUNTERS, Accumulators
from sim.benefits.bill import Bill, read_bill
from sim.benefits.case import DISEASES, GROUPS, LEVELS, Care, Case, Filing, Interim, disease_of
from sim.benefits.change import readings, with_readings
from sim.benefits.closing import FUNDS, PARTS, Broken, ClosureError, broken, check_closes
from sim.benefits.difference import Finding, explain_difference
from sim.benefits.explain import Explained, settle_bill
from sim.benefits.faults import FAULTS
from sim.benefits.line import CLASSES, NO_LIMIT, Line, LineError, LineShare, multiply, split, split_all
from sim.benefits.load import funds, in_force, policies, policy, policy_for, policy_named, read_policy, sources
from sim.benefits.policy import Policy
from sim.benefits.relations import RELATIONS, Observed, Relation, Terms, observe, terms_of
from sim.benefits.settle import Detail, Settlement, give_back, settle, unsettle
from sim.benefits.sheet import Fund
from sim.benefits.situation import Situation
from sim.benefits.step import Step
from sim.benefits.year_end import settle_by_year, unsettle_by_year

__all__ = [
    "CLASSES",
    "COUNTERS",
    "DISEASES",
    "FAULTS",
    "FUNDS",
    "GROUPS",
    "LEVELS",
    "NO_LIMIT",
    "PARTS",
    "RELATIONS",
    "Accumulators",
    "Bill",
    "Broken",
    "Care",
    "Case",
    "ClosureError",
    "Detail",
    "Explained",
    "Filing",
    "Finding",
    "Fund",
    "Interim",
    "Line",
    "LineError",
    "LineShare",
    "Observed",
    "Policy",
    "Relation",
    "Settlement",
    "Situation",
    "Step",
    "Terms",
    "broken",
    "check_closes",
    "disease_of",
    "explain_difference",
    "funds",
    "give_back",
    "in_force",
    "multiply",
    "observe",
    "policies",
    "policy",
    "policy_for",
    "policy_named",
    "read_bill",
    "read_policy",
    "readings",
    "settle",
    "settle_bill",
    "settle_by_year",
    "sources",
    "split",
    "split_all",
    "terms_of",
    "unsettle",
    "unsettle_by_year",
    "with_readings",
]
