"""Many claims at once: the same policies as programs over int64 columns (needs the ``planning`` extra).

    compiled = compile_columns([(policy, case), ...])
    claims = Claims(plan, row, total, in_scope, use_account)       # one entry a claim, in order of time
    state = State.fresh(people)                                     # counters and balances, one row a person and year
    done = settle_columns(compiled, claims, state)

Amounts are fen. The scalar engine stays the reference: both give the same fen for every claim.
"""

from sim.benefits.columns.engine import Claims, Compiled, Settled, State, compile_columns, settle_columns

__all__ = ["Claims", "Compiled", "Settled", "State", "compile_columns", "settle_columns"]
