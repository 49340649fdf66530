"""Bill lines and their split into the four parts of the total (treatment place).

The class (甲乙丙) and the price limit come from the treatment place, the first self-pay share (先行自付比例) of class B
from the insured pool. Sources: identities L1 to L5 of the interface; the rule of restricted items is Hunan V1.1.27.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from sim.benefits.step import Step, percent
from sim.errors import InputError, nearest
from sim.lang import Text, say
from sim.money import FULL, divide, show, take

if TYPE_CHECKING:
    from sim.benefits.policy import Policy

CLASS_A, CLASS_B, CLASS_C = "01", "02", "03"
CLASSES = (CLASS_A, CLASS_B, CLASS_C)
NO_LIMIT = 999_999 * 1_000_000
"""The price limit (1/1000000 yuan) by which catalogues say that there is none."""

_PER_FEN = 10**8
"""Price (1/1000000 yuan) times quantity (1/10000) in one fen."""


class LineError(InputError):
    """A fee line is wrong: ``number`` says which line, ``key`` which of its fields, by its interface name."""

    def __init__(self, text: Text, number: int, key: str, nearest: str | None = None) -> None:
        super().__init__(text, nearest=nearest)
        self.number = number
        self.key = key


@frozen
class Line:
    """One line of a fee list.

    ``price`` and ``limit`` in 1/1000000 yuan, ``quantity`` in 1/10000 (negative on a refund line), ``amount`` in fen.
    ``approved`` is hosp_appr_flag: None no approval needed (0), True approved (1), False refused (2).
    ``share`` is the insured pool's first self-pay share for this very item in basis points, where a catalogue gives
    one; otherwise the policy's share for the charge item or the class applies. ``refund_of`` numbers the line given
    back. ``imported`` materials may bear a share of their own. ``on`` is the day of the fee, needed only where a policy
    splits a stay by calendar year; a refund counts on the day of the line it gives back.
    """

    number: int
    code: str
    chrgitm_lv: str
    med_chrgitm_type: str
    price: int
    quantity: int
    amount: int
    limit: int | None = None
    restricted: bool = False
    approved: bool | None = None
    share: int | None = None
    refund_of: int | None = None
    imported: bool = False
    on: date | None = None


@frozen
class LineShare:
    """A line split into its four parts, in fen; ``selfpay_prop`` in basis points, ``on`` the day of the fee."""

    number: int
    amount: int
    fulamt_ownpay_amt: int
    overlmt_selfpay: int
    preselfpay_amt: int
    inscp_scp_amt: int
    selfpay_prop: int
    steps: tuple[Step, ...] = field(default=(), eq=False, repr=False)
    on: date | None = None


def multiply(price: int, quantity: int) -> int:
    """Unit price (1/1000000 yuan) times quantity (1/10000), half up to fen: identity L1."""
    return divide(price * quantity, _PER_FEN)


def split(line: Line, policy: Policy, explain: bool = True) -> LineShare:
    """Split one line: own pay, over-limit, first self-pay, in-scope; they sum to the amount.

    The over-limit part is taken before the class share; each part is rounded half up to fen, the rest stays in scope.
    Raises LineError naming the line for an amount that is not price times quantity, or an unknown class.
    """
    _check(line)
    amount = line.amount
    whole = _own_pay(line) != ""
    own = amount if whole else 0
    over = 0
    if not whole and line.limit is not None and line.limit != NO_LIMIT and line.price > line.limit:
        over = multiply(line.price - line.limit, line.quantity)
    share, first = FULL if whole else 0, 0
    if not whole and line.chrgitm_lv == CLASS_B:
        share = policy.first_self_pay(line)
        first = take(amount - over, share)
    steps = _steps(line, policy, own, over, first, share) if explain else ()
    return LineShare(line.number, amount, own, over, first, amount - own - over - first, share, steps, line.on)


def split_all(lines: Sequence[Line], policy: Policy, explain: bool = True) -> tuple[LineShare, ...]:
    """Split every line and check refunds: a refund line names an earlier line and gives back no more than it held."""
    days = _check_refunds(lines)
    shares = tuple([split(line, policy, explain) for line in lines])
    return tuple(_on(share, days) for share in shares) if days else shares


def _on(share: LineShare, days: Mapping[int, date | None]) -> LineShare:
    """A refund on the day of the line that it gives back."""
    return evolve(share, on=days[share.number]) if share.number in days else share


def _own_pay(line: Line) -> str:
    """Why a line is wholly the person's own, a key of `_REASONS`; empty when it is not."""
    if line.chrgitm_lv == CLASS_C:
        return "class_c"
    if line.restricted and line.approved is not True:
        return "restricted"
    return "refused" if line.approved is False else ""


_REASONS: Mapping[str, Callable[[int], Text]] = {
    "class_c": lambda number: say("benefits.line.class_c", line=number),
    "restricted": lambda number: say("benefits.line.restricted", line=number),
    "refused": lambda number: say("benefits.line.refused", line=number),
}


def _check(line: Line) -> None:
    if line.chrgitm_lv not in CLASSES:
        allowed = ", ".join(CLASSES)
        text = say("benefits.line.unknown_class", line=line.number, value=line.chrgitm_lv, allowed=allowed)
        raise LineError(text, line.number, "chrgitm_lv", nearest(line.chrgitm_lv, CLASSES))
    if line.price < 0 or (line.limit is not None and line.limit < 0):
        raise LineError(say("benefits.line.negative_price", line=line.number), line.number, "pric")
    if line.share is not None and not 0 <= line.share <= FULL:
        text = say("benefits.line.share_range", line=line.number, share=percent(line.share))
        raise LineError(text, line.number, "selfpay_prop")
    product = multiply(line.price, line.quantity)
    if line.amount != product:
        text = say("benefits.line.product", line=line.number, amount=show(line.amount), product=show(product))
        raise LineError(text, line.number, "det_item_fee_sumamt")


def _check_refunds(lines: Sequence[Line]) -> dict[int, date | None]:
    """Check refunds; returns the day on which each refund line counts."""
    days: dict[int, date | None] = {}
    by_number: dict[int, Line] = {}
    left: dict[int, int] = {}
    for line in lines:
        if line.number in by_number:
            raise LineError(say("benefits.line.twice", line=line.number), line.number, "feedetl_sn")
        by_number[line.number] = line
        left[line.number] = line.quantity
    for line in lines:
        if line.quantity >= 0 and line.refund_of is None:
            continue
        original = by_number.get(line.refund_of) if line.refund_of is not None else None
        if original is None or original.quantity <= 0 or line.quantity >= 0:
            raise LineError(say("benefits.line.refund_of_what", line=line.number), line.number, "init_feedetl_sn")
        days[line.number] = original.on
        left[original.number] += line.quantity
        if left[original.number] < 0:
            text = say("benefits.line.refund_too_much", line=line.number, of=original.number)
            raise LineError(text, line.number, "cnt")
    return days


def _steps(line: Line, policy: Policy, own: int, over: int, first: int, share: int) -> tuple[Step, ...]:
    steps: list[Step] = []

    def add(clause: str, text: Text, inputs: dict[str, int], result: int, source: str, confidence: str) -> None:
        steps.append(Step(f"line.{line.number}.{clause}", text, inputs, result, source, confidence))

    reason = _own_pay(line)
    if reason:
        add("own_pay", _REASONS[reason](line.number), {"amount": line.amount}, own, "L5", "high")
        return tuple(steps)
    if over:
        text = say("benefits.line.over_limit", line=line.number, over=show(over))
        add("over_limit", text, {"amount": line.amount}, over, "L4", "medium")
    if line.chrgitm_lv == CLASS_B:
        origin = policy.first_self_pay_origin(line)
        rest = line.amount - over
        text = say("benefits.line.class_b", line=line.number, rest=show(rest), share=percent(share), first=show(first))
        add("class_b", text, {"rest": rest, "share": share}, first, origin.source, origin.confidence)
    in_scope = line.amount - own - over - first
    text = say("benefits.line.in_scope", line=line.number, amount=show(in_scope))
    add("in_scope", text, {"amount": line.amount}, in_scope, "L2", "high")
    return tuple(steps)
