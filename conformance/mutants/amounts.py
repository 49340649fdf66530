"""Known-bad platforms: wrong amounts in replies."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from conformance.mutants import build
from conformance.mutants.build import Output
from conformance.mutants.known import known
from sim.platform.context import Context
from sim.platform.people import persons
from sim.platform.reference import Reference

HEADS = ("2206", "2207")
STAY_HEADS = ("2303", "2304")
FEN = Decimal("0.01")
Row = dict[str, Any]


def _head(change: Callable[[Context, dict[str, Any]], None]) -> Callable[[Context, Output], Output]:
    def changed(context: Context, output: Output) -> Output:
        change(context, output["setlinfo"])
        return output

    return changed


def _replying(change: Callable[[Context, dict[str, Any]], None], *infnos: str) -> Reference:
    return build.with_treatment(infnos or HEADS, lambda handler: build.after(handler, _head(change)))


@known("OUT-001", "amounts.A1")
def total_off_by_a_fen() -> Reference:
    """The total of a settlement is one fen more than its parts."""

    def change(_: Context, head: dict[str, Any]) -> None:
        head["medfee_sumamt"] += FEN

    return _replying(change)


@known("OUT-010", "amounts.A3")
def cash_includes_account() -> Reference:
    """What the account paid is asked for in cash as well."""

    def change(_: Context, head: dict[str, Any]) -> None:
        head["psn_cash_pay"] = head["psn_part_amt"]

    return _replying(change)


@known("OUT-001", "life.trial_equals_final")
def final_differs_from_trial() -> Reference:
    """The settlement moves a fen from the person to the pool that its trial did not."""

    def change(_: Context, head: dict[str, Any]) -> None:
        if head["psn_cash_pay"] >= FEN:
            head["fund_pay_sumamt"] += FEN
            head["oth_pay"] += FEN
            head["psn_part_amt"] -= FEN
            head["psn_cash_pay"] -= FEN

    return _replying(change, "2207")


@known("OUT-010", "amounts.A2")
def fund_includes_account() -> Reference:
    """The account's part is counted among the funds."""

    def change(_: Context, head: dict[str, Any]) -> None:
        head["fund_pay_sumamt"] += head["acct_pay"]

    return _replying(change)


@known("REV-019", "amounts.R1")
def cancellation_with_positive_amounts() -> Reference:
    """A cancellation prints the amounts of the settlement instead of their negatives."""

    def change(_: Context, head: dict[str, Any]) -> None:
        for name, value in head.items():
            if isinstance(value, Decimal) and name not in ("balc", "pool_prop_selfpay"):
                head[name] = abs(value)

    return _replying(change, "2208")


@known("OUT-001", "life.psn_no")
def reply_for_another_person() -> Reference:
    """The settlement comes back with somebody else's identity."""

    def change(_: Context, head: dict[str, Any]) -> None:
        other = next(person for person in persons() if person.psn_no != head["psn_no"])
        head |= {"psn_no": other.psn_no, "psn_name": other.psn_name, "certno": other.certno}

    return _replying(change, "2207")


@known("OUT-001", "schema.reply.form")
def strings_for_numbers() -> Reference:
    """Amounts come as strings where numbers were promised."""

    def change(_: Context, head: dict[str, Any]) -> None:
        head |= {name: str(value) for name, value in head.items() if isinstance(value, Decimal)}

    return _replying(change)


def _lines(change: Callable[[Row], None], *infnos: str) -> Reference:
    """The rows that come back for an upload, changed."""

    def changed(_: Context, output: Output) -> Output:
        for row in output["result"]:
            change(row)
        return output

    return build.with_treatment(infnos or ("2204", "2301"), lambda handler: build.after(handler, changed))


def _moved(row: Row, amount: Decimal, **to: str) -> None:
    row[to["less"]] -= amount
    row[to["more"]] += amount


@known("OUT-001", "amounts.A4")
def hospital_share_forgotten() -> Reference:
    """A fen of the total is nobody's."""

    def change(_: Context, head: Row) -> None:
        head["psn_part_amt"] -= FEN
        head["psn_cash_pay"] -= FEN

    return _replying(change)


@known("OUT-010", "amounts.A5")
def account_counted_twice() -> Reference:
    """What the account pays is taken off the funds as well."""

    def change(_: Context, head: Row) -> None:
        head["fund_pay_sumamt"] -= head["acct_pay"]

    return _replying(change)


@known("INP-001", "amounts.A6")
def fund_rows_do_not_add_up() -> Reference:
    """The rows of the funds are a fen more than the funds together."""

    def change(_: Context, output: Output) -> Output:
        if output["setldetail"]:
            output["setldetail"][0]["fund_payamt"] += FEN
        return output

    return build.with_treatment(STAY_HEADS, lambda handler: build.after(handler, change))


@known("OUT-001", "amounts.A8")
def family_account_above_the_account() -> Reference:
    """The family's part of the account is more than the account pays."""

    def change(_: Context, head: Row) -> None:
        head["acct_mulaid_pay"] = head["acct_pay"] + FEN

    return _replying(change)


@known("OUT-021", "amounts.A9")
def ratio_in_percent() -> Reference:
    """The ratio is printed in per cent."""

    def change(_: Context, head: Row) -> None:
        head["pool_prop_selfpay"] = (head["pool_prop_selfpay"] * 100).quantize(Decimal("1"))

    return _replying(change)


@known("INP-001", "exact.ratio")
def ratio_of_the_person() -> Reference:
    """The person's share is printed as the pool's ratio."""

    def change(_: Context, head: Row) -> None:
        head["pool_prop_selfpay"] = 1 - head["pool_prop_selfpay"]

    return _replying(change, *STAY_HEADS)


@known("OUT-001", "amounts.A10")
def deductible_printed_above_the_bill() -> Reference:
    """The whole deductible of the year is printed, though the bill is smaller."""

    def change(_: Context, head: Row) -> None:
        head["act_pay_dedc"] = Decimal("1800.00")

    return _replying(change)


@known("REV-019", "amounts.R2")
def cancellation_short_by_a_fen() -> Reference:
    """A cancellation gives a fen less back to the funds than it takes off the total."""

    def change(_: Context, head: Row) -> None:
        head["fund_pay_sumamt"] += FEN

    return _replying(change, "2208")


@known("INP-024", "amounts.R1")
def cancellation_of_a_stay_without_fund_rows() -> Reference:
    """The cancellation of a stay prints no fund amounts."""

    def change(_: Context, head: Row) -> None:
        head["hifp_pay"] = Decimal("0.00")

    return _replying(change, "2305")


@known("OUT-001", "amounts.L1")
def line_amount_off() -> Reference:
    """Lines come back two fen dearer."""

    def change(row: Row) -> None:
        row["det_item_fee_sumamt"] += 2 * FEN
        row["inscp_scp_amt"] += 2 * FEN

    return _lines(change)


@known("OUT-001", "amounts.L2")
def line_parts_do_not_add_up() -> Reference:
    """The four parts of a line are a fen short."""

    def change(row: Row) -> None:
        row["inscp_scp_amt"] -= FEN

    return _lines(change)


@known("OUT-001", "amounts.L3")
def first_self_pay_rounded_down() -> Reference:
    """First self-pay is a fen less than its share."""

    def change(row: Row) -> None:
        if row["preselfpay_amt"] >= FEN:
            _moved(row, FEN, less="preselfpay_amt", more="inscp_scp_amt")

    return _lines(change)


@known("PHA-007 OUT-001", "amounts.L5")
def class_c_in_scope() -> Reference:
    """Class C counts as in scope."""

    def change(row: Row) -> None:
        if row["chrgitm_lv"] == "03":
            _moved(row, row["fulamt_ownpay_amt"], less="fulamt_ownpay_amt", more="inscp_scp_amt")

    return _lines(change)


@known("OUT-012", "amounts.L6")
def parts_of_the_head_are_not_the_lines() -> Reference:
    """A fen wanders from in scope to own pay between the lines and the head."""

    def change(_: Context, head: Row) -> None:
        head["inscp_scp_amt"] -= FEN
        head["fulamt_ownpay_amt"] += FEN

    return _replying(change)


@known("OUT-012", "amounts.T2")
def settles_less_than_was_charged() -> Reference:
    """The total settled is a fen less than the lines."""

    def change(_: Context, head: Row) -> None:
        for name in ("medfee_sumamt", "inscp_scp_amt", "psn_part_amt", "psn_cash_pay"):
            head[name] -= FEN

    return _replying(change)


@known("OUT-001", "exact.parts")
def own_pay_as_over_limit() -> Reference:
    """Own pay is printed as what lies above a price limit."""

    def change(_: Context, head: Row) -> None:
        _moved(head, head["fulamt_ownpay_amt"], less="fulamt_ownpay_amt", more="overlmt_selfpay")

    return _replying(change)


@known("OUT-001", "amounts.line_echo")
def line_with_another_quantity() -> Reference:
    """A line comes back with another quantity."""

    def change(row: Row) -> None:
        row["cnt"] += 1

    return _lines(change)


@known("INP-001", "schema.reply.form")
def three_decimals() -> Reference:
    """Amounts of stays have three decimals."""

    def change(_: Context, head: Row) -> None:
        head["psn_cash_pay"] = head["psn_cash_pay"].quantize(Decimal("0.001")) + Decimal("0.001")

    return _replying(change, *STAY_HEADS)


@known("INP-001", "schema.reply.req")
def no_person_in_the_head() -> Reference:
    """The reply to a settlement does not say whose it is."""

    def change(_: Context, head: Row) -> None:
        del head["psn_name"]

    return _replying(change, "2304")


@known("OUT-001", "schema.reply.code")
def gender_as_a_word() -> Reference:
    """A coded field holds a word."""

    def change(_: Context, head: Row) -> None:
        head["gend"] = "M"

    return _replying(change)


@known("OUT-010", "exact.person")
def account_pays_first_self_pay_only() -> Reference:
    """The account pays a yuan less than it may, the person pays it in cash."""

    def change(_: Context, head: Row) -> None:
        if head["acct_pay"] >= 1:
            head["acct_pay"] -= 1
            head["psn_cash_pay"] += 1

    return _replying(change)


@known("OUT-011", "relations.an_account_not_asked_does_not_pay")
def account_used_unasked() -> Reference:
    """The account pays although the person left it alone."""

    def change(_: Context, head: Row) -> None:
        if head["acct_pay"] == 0 and head["psn_cash_pay"] >= 1:
            head["acct_pay"] += 1
            head["psn_cash_pay"] -= 1

    return _replying(change)


@known("OUT-001", "relations.nobody_pays_a_negative_amount")
def negative_cash() -> Reference:
    """The person gets money back at the counter."""

    def change(_: Context, head: Row) -> None:
        head["psn_cash_pay"] -= 10000
        head["fund_pay_sumamt"] += 10000
        head["psn_part_amt"] -= 10000
        head["hifp_pay"] += 10000

    return _replying(change)


@known("OUT-001", "relations.funds_pay_in_scope_cost_only")
def funds_pay_own_pay() -> Reference:
    """The pool pays what is wholly own pay."""

    def change(_: Context, head: Row) -> None:
        own = head["psn_cash_pay"]
        head["psn_cash_pay"] -= own
        head["psn_part_amt"] -= own
        head["fund_pay_sumamt"] += own
        head["hifp_pay"] += own

    return _replying(change)
