"""The identities that the amounts of a settlement must keep. A violated one raises; nothing is rounded away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from operator import itemgetter

from attrs import frozen

from sim.errors import HarnessError
from sim.lang import Text, say
from sim.money import FULL, show

PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
"""The four parts of the total (A1)."""
FUNDS = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay", "hifdm_pay")
"""The fund payments that sum to fund_pay_sumamt (A2)."""
NOT_FUNDS = frozenset({"310200", "310201", "999996", "999997"})
"""fund_pay_type codes of account and hospital rows, which fund_pay_sumamt leaves out (A6)."""


@frozen
class Broken:
    """An identity that does not hold: its id, and both sides in fen."""

    identity: str
    left: int
    right: int

    def text(self) -> Text:
        """The violation in words."""
        return say("benefits.closing", identity=self.identity, left=show(self.left), right=show(self.right))


class ClosureError(HarnessError):
    """The amounts of a settlement do not close; ``broken`` has every violated identity."""

    def __init__(self, broken: tuple[Broken, ...]) -> None:
        super().__init__(broken[0].text())
        self.broken = broken

    def show(self, lang: str) -> str:
        """One violation a line."""
        return "\n".join(b.text().show("zh" if lang == "zh" else "en") for b in self.broken)


def sides(amounts: Mapping[str, int], rows: Iterable[tuple[str, int]] | None = None) -> list[tuple[str, str, int, int]]:
    """Every equation as (id, formula, left, right) in fen. Absent amounts count as 0; rows are (fund_pay_type, fen)."""
    get = amounts.get
    total, fund = get("medfee_sumamt", 0), get("fund_pay_sumamt", 0)
    person, account, cash = get("psn_part_amt", 0), get("acct_pay", 0), get("psn_cash_pay", 0)
    hospital = get("hosp_part_amt", 0)
    found = [
        ("A1", f"medfee_sumamt = {' + '.join(PARTS)}", total, sum(get(part, 0) for part in PARTS)),
        ("A2", f"fund_pay_sumamt = {' + '.join(FUNDS)}", fund, sum(get(name, 0) for name in FUNDS)),
        ("A3", "psn_part_amt = acct_pay + psn_cash_pay", person, account + cash),
        ("A4", "medfee_sumamt = fund_pay_sumamt + psn_part_amt + hosp_part_amt", total, fund + person + hospital),
        (
            "A5",
            "medfee_sumamt = fund_pay_sumamt + acct_pay + psn_cash_pay + hosp_part_amt",
            total,
            fund + account + cash + hospital,
        ),
    ]
    if rows is not None:
        paid = sum(amount for code, amount in rows if code not in NOT_FUNDS)
        found.append(("A6", "fund_pay_sumamt = sum(setldetail.fund_payamt)", fund, paid))
    return found


def broken(amounts: Mapping[str, int], rows: Iterable[tuple[str, int]] | None = None) -> tuple[Broken, ...]:
    """The violated identities A1 to A6 and A8 to A10, in order."""
    get = amounts.get
    found = [Broken(name, left, right) for name, _, left, right in sides(amounts, rows) if left != right]
    shared, account = abs(get("acct_mulaid_pay", 0)), abs(get("acct_pay", 0))
    if shared > account:
        found.append(Broken("A8", shared, account))
    if not 0 <= get("pool_prop_selfpay", 0) <= FULL:
        found.append(Broken("A9", get("pool_prop_selfpay", 0), FULL))
    deductible, room = abs(get("act_pay_dedc", 0)), abs(get("inscp_scp_amt", 0)) + abs(get("preselfpay_amt", 0))
    if deductible > room:
        found.append(Broken("A10", deductible, room))
    return tuple(found)


_PICKED = itemgetter(
    *("medfee_sumamt", "fund_pay_sumamt", "psn_part_amt", "acct_pay", "psn_cash_pay", "hosp_part_amt"),
    *("acct_mulaid_pay", "pool_prop_selfpay", "act_pay_dedc"),
    *PARTS,
    *FUNDS,
)


def closes(amounts: Mapping[str, int], rows: Iterable[tuple[str, int]] | None = None) -> bool:
    """Whether every identity holds: what `broken` finds, without saying what it is. Absent amounts count as 0."""
    try:
        values = _PICKED(amounts)
    except KeyError:
        return not broken(amounts, rows)
    total, fund, person, account, cash, hospital, shared, ratio, deductible, own, over, first, scope, *funds = values
    if total != own + over + first + scope or fund != sum(funds) or person != account + cash:
        return False
    if total != fund + person + hospital or not 0 <= ratio <= FULL:
        return False
    if abs(shared) > abs(account) or abs(deductible) > abs(scope) + abs(first):
        return False
    if rows is not None:
        for code, amount in rows:
            if code not in NOT_FUNDS:
                fund -= amount
        return bool(fund == 0)
    return True


def check_closes(amounts: Mapping[str, int], rows: Collection[tuple[str, int]] | None = None) -> None:
    """Raise ClosureError when any identity is violated. Amounts in fen, ``rows`` as (fund_pay_type, fen)."""
    if not closes(amounts, rows):
        raise ClosureError(broken(amounts, rows))
