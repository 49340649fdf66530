"""Many claims at once: the same policies as programs over int64 columns (needs the ``planning`` extra).

    compiled = compile_columns([(policy, case), ...])
    claims = Claims(plan, row, total, in_scope, use_account)       # one entry a claim, in order of time
    state = State.fresh(people)                                     # counters and balances, one row a person and year
    done = settle_columns(compiled, claims, state)

A stay over New Year under a policy that splits it is two claims; `by_year` makes them:

    split = by_year(stays, plans, rows, first_year)                 # plans and rows by calendar year
    done = settle_columns(compiled, split.claims, state)
    split.per_stay(done.column("fund_pay_sumamt"))                  # sums over the claims of each stay

Amounts are fen. The scalar engine stays the reference: both give the same fen for every claim.
"""

from sim.benefits.columns.engine import Claims, Compiled, Settled, State, compile_columns, settle_columns
from sim.benefits.columns.year_end import ByYear, Stays, by_year

__all__ = [
    "ByYear",
    "Claims",
    "Compiled",
    "Settled",
    "State",
    "Stays",
    "by_year",
    "compile_columns",
    "settle_columns",
]
