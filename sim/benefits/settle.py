"""From in-scope cost to shares: a policy's mechanisms in order, then account and cash; everything must close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from attrs import field, frozen

from sim.benefits.accumulators import COUNTERS, Accumulators
from sim.benefits.case import DISEASES, Care, Case
from sim.benefits.closing import FUNDS, PARTS, check_closes
from sim.benefits.line import LineShare
from sim.benefits.load import funds
from sim.benefits.policy import Policy
from sim.benefits.sheet import Fund, Sheet
from sim.benefits.step import Step
from sim.errors import InputError
from sim.lang import Text, say
from sim.money import show, wire

_NO_FUNDS = dict.fromkeys(FUNDS, 0)  # a plain dict: a read-only view of one takes twice as long to unpack


@frozen
class Detail:
    """A setldetail row, in fen: which fund paid what of how much in-scope cost."""

    fund_pay_type: str
    fund_pay_type_name: Text = field(eq=False)
    fund_payamt: int
    inscp_scp_amt: int
    crt_payb_lmt_amt: int | None = None
    setl_proc_info: str = ""


@frozen
class Settlement:
    """A settlement: every money field of setlinfo in fen by its interface name (``pool_prop_selfpay`` in basis points).

    ``details`` are the setldetail rows, ``accumulators`` the counters after it and ``before`` those it started from.
    ``parts`` are the settlements of each year where a stay was split at the year end; the counters are then those of
    the last part.
    """

    policy_id: str
    amounts: Mapping[str, int] = field(hash=False)
    details: tuple[Detail, ...]
    before: Accumulators
    accumulators: Accumulators
    shares: tuple[LineShare, ...] = field(default=(), repr=False)
    steps: tuple[Step, ...] = field(default=(), eq=False, repr=False)
    parts: tuple[Settlement, ...] = field(default=(), repr=False)

    def head(self) -> dict[str, Decimal]:
        """The money fields as a message carries them: yuan, the ratio with up to four decimals."""
        return {
            name: Decimal(value).scaleb(-4) if name == "pool_prop_selfpay" else wire(value)
            for name, value in self.amounts.items()
        }


def settle(
    policy: Policy,
    case: Case,
    shares: Sequence[LineShare],
    accumulators: Accumulators,
    balance: int = 0,
    use_account: bool = False,
    explain: bool = True,
    family_balance: int = 0,
    use_family: bool = False,
) -> Settlement:
    """Settle one visit: amounts in fen, checked against every identity before they are returned.

    ``balance`` is the personal account's (fen) before it, ``family_balance`` that of the family member who shares his
    (账户共济, acct_used_flag 2 sets ``use_family``); ``explain=False`` leaves the steps out, never an amount.
    Raises InputError when a part of the total is negative, the date lies outside the policy, the counters belong to
    another year or the policy splits this stay by calendar year (`sim.benefits.year_end`); ClosureError when the
    amounts do not close, which is a fault of this program.
    """
    own = over = first = in_scope = 0
    for share in shares:
        own += share.fulamt_ownpay_amt
        over += share.overlmt_selfpay
        first += share.preselfpay_amt
        in_scope += share.inscp_scp_amt
    if own < 0 or over < 0 or first < 0 or in_scope < 0 or balance < 0 or family_balance < 0:
        parts = dict(zip(PARTS, (own, over, first, in_scope), strict=True))
        _refuse_negative({**parts, "balc": balance, "acct_mulaid_pay": family_balance})
    if not policy.covers(case.on):
        text = say("benefits.outside_policy", id=policy.id, on=case.on.isoformat(), start=policy.start.isoformat())
        raise InputError(text)
    if accumulators.year != case.on.year:
        raise InputError(say("benefits.other_year", year=accumulators.year, on=case.on.isoformat()))
    if policy.year_end == "split" and case.over_new_year:
        raise InputError(say("benefits.split_first", id=policy.id, on=case.on.isoformat()))
    total = own + over + first + in_scope
    plan = policy.plan(case)
    sheet = Sheet(case, accumulators, total, in_scope, explain, shares)
    for move, rule in plan.moves:
        move(sheet, rule)

    amounts = {
        "medfee_sumamt": total,
        "fulamt_ownpay_amt": own,
        "overlmt_selfpay": over,
        "preselfpay_amt": first,
        "inscp_scp_amt": in_scope,
        "act_pay_dedc": sheet.deductible,
        **_NO_FUNDS,
        "pool_prop_selfpay": sheet.ratio,
        "fund_pay_sumamt": sheet.paid,
    }
    for fund, paid in sheet.funds:
        amounts[fund.field] += paid
    person = total - sheet.paid
    own_account = family = 0
    if (use_account or use_family) and policy.account != "nothing":
        payable = person if policy.account == "personal_share" else sheet.in_scope - sheet.paid
        if use_account or policy.mutual_aid == "own_first":
            own_account = balance if balance < payable else payable
        if use_family and policy.mutual_aid != "none":
            family = min(family_balance, payable - own_account)
    account = own_account + family
    amounts["psn_part_amt"] = person
    amounts["acct_pay"] = account
    amounts["psn_cash_pay"] = person - account
    amounts["hosp_part_amt"] = 0
    amounts["balc"] = balance - own_account
    amounts["acct_mulaid_pay"] = family

    details = _details(sheet, own_account, family)
    check_closes(amounts, [(row.fund_pay_type, row.fund_payamt) for row in details])
    steps = _steps(policy, sheet, plan.covered, plan.opening, account, person) if explain else ()
    after = _after(accumulators, sheet)
    return Settlement(policy.id, amounts, details, accumulators, after, tuple(shares), steps)


def unsettle(settlement: Settlement, accumulators: Accumulators, balance: int = 0) -> Settlement:
    """The cancellation of a settlement: every amount negated, the counters given back, the account paid back.

    ``accumulators`` and ``balance`` are the present ones; other settlements may have come in between.
    """
    amounts = {name: -value for name, value in settlement.amounts.items()}
    amounts["pool_prop_selfpay"] = settlement.amounts["pool_prop_selfpay"]
    amounts["balc"] = balance + settlement.amounts["acct_pay"] - settlement.amounts["acct_mulaid_pay"]
    details = tuple(
        Detail(row.fund_pay_type, row.fund_pay_type_name, -row.fund_payamt, -row.inscp_scp_amt)
        for row in settlement.details
    )
    check_closes(amounts, [(row.fund_pay_type, row.fund_payamt) for row in details])
    return Settlement(
        settlement.policy_id, amounts, details, accumulators, give_back(accumulators, settlement), settlement.shares
    )


def give_back(accumulators: Accumulators, settlement: Settlement) -> Accumulators:
    """The counters without what a settlement had added to them.

    Raises InputError when they belong to another year, hold less than the settlement added, or are but one year's of
    a stay that was split.
    """
    if settlement.parts:
        raise InputError(say("benefits.give_back_parts"))
    if accumulators.year != settlement.accumulators.year:
        raise InputError(say("benefits.give_back_year", year=accumulators.year, other=settlement.accumulators.year))
    left = {}
    for name in COUNTERS:
        added = getattr(settlement.accumulators, name) - getattr(settlement.before, name)
        left[name] = getattr(accumulators, name) - added
        if left[name] < 0:
            raise InputError(say("benefits.give_back_less", counter=name))
    return Accumulators(accumulators.year, **left)


def _refuse_negative(amounts: Mapping[str, int]) -> None:
    for name, value in amounts.items():
        if value < 0:
            raise InputError(say("benefits.negative_part", name=name, amount=show(value)))


_ACCOUNTS = frozenset({"acct_pay", "acct_mulaid_pay"})


def _details(sheet: Sheet, own_account: int, family: int) -> tuple[Detail, ...]:
    paid: list[tuple[Fund, int]] = sheet.funds
    if own_account:
        paid = [*paid, (funds()["account"], own_account)]
    if family:
        paid = [*paid, (funds()["family_account"], family)]
    return tuple(
        Detail(fund.code, fund.name, amount, 0 if fund.field in _ACCOUNTS else sheet.in_scope)
        for fund, amount in paid
        if amount
    )


def _after(before: Accumulators, sheet: Sheet) -> Accumulators:
    moves = sheet.more
    if sheet.stay:
        moves["inpatient_deductible"] = sheet.deductible
        moves["stays"] = int(sheet.case.interim is None)
        moves["inpatient_in_scope"] = sheet.cost
        moves["pool_paid"] = sheet.pool
    elif sheet.case.care is Care.CHRONIC:
        moves["chronic_deductible"] = sheet.deductible
        moves["chronic_in_scope"] = sheet.cost
        moves["chronic_paid"] = sheet.pool
        if sheet.case.disease in DISEASES:
            moves[f"{sheet.case.disease}_paid"] = sheet.pool
    else:
        moves["outpatient_deductible"] = sheet.deductible
        moves["outpatient_in_scope"] = sheet.cost
        moves["outpatient_paid"] = sheet.pool
    moves["large_paid"] = sheet.large
    moves["critical_base"] = sheet.critical_base
    moves["critical_paid"] = sheet.critical
    return before.moved(moves)


def _steps(
    policy: Policy, sheet: Sheet, covered: bool, opening: tuple[Step, ...], account: int, person: int
) -> tuple[Step, ...]:
    care = sheet.case.care
    steps = [step for opened in (opening, sheet.steps or ()) for step in opened]
    if not covered:
        text = say("benefits.not_covered", care=say(f"benefits.care.{care}"), pool=policy.pool)
        steps.append(Step(f"{policy.id}.{care}.not_covered", text, {"in_scope": sheet.in_scope}, 0, "REFERENCE", "low"))
    text = say("benefits.person", person=show(person), account=show(account), cash=show(person - account))
    origin = policy.account_origin
    inputs = {"fund_pay_sumamt": sheet.paid, "medfee_sumamt": sheet.total}
    steps.append(Step(f"{policy.id}.account", text, inputs, person, origin.source, origin.confidence, origin.note))
    return tuple(steps)
