"""The daily account: the sums that a hospital sends are those of what it was told."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import evolve, frozen

from conformance.checks.days import days_around, days_of, straddles, told_at
from conformance.checks.hospital.facts import Ledger, Order, Sent, Settled
from conformance.checks.look import Look, fen, rows, text, whole
from conformance.checks.sink import Sink
from sim.lang import say
from sim.money import show

SUMS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
Pool = tuple[str, str, str]
"""Insurance, clearing type, agency: what one 3201 is about."""


@frozen
class Row:
    """A line of the books: a settlement, or a refund (``sign`` -1); sums in fen. ``day``: on which it counts, ``days``:
    on which it may count for a hospital that is right."""

    sign: int
    sums: tuple[int, ...]
    day: str
    days: frozenset[str]


@frozen
class Account:
    """What one pool and period hold: counts with and without refunds as lines of their own, sums in fen."""

    rows: int
    net: int
    sums: tuple[int, ...]


def account_of(rows: Iterable[Row]) -> Account:
    """The sums of some rows."""
    kept = list(rows)
    sums = tuple(sum(row.sums[at] for row in kept) for at in range(len(SUMS)))
    return Account(len(kept), sum(row.sign for row in kept), sums)


def judge_statement(ledger: Ledger, sent: Sent, sink: Sink) -> None:
    """A 3201, against what the hospital had heard of the days that it is about."""
    look = sent.look
    if look.infno != "3201" or not ledger.driven:
        return
    pool, (first, last) = pool_of_statement(look), _period(look)
    held = books(ledger, look.institution).get(pool, [])
    account = account_of(row for row in held if first <= row.day <= last)
    given = tuple(fen(look.data.get(name)) for name in SUMS)
    count = whole(look.data.get("fixmedins_setl_cnt"), 0)
    counts = {account.rows, account.net}
    off = (*(None if one is None else one - own for one, own in zip(given, account.sums, strict=True)),)
    off = (*off, None if count is None else 0 if count in counts else count - account.rows)
    asked = (*pool, first, last)
    before, ledger.offsets[asked] = ledger.offsets.get(asked), off
    good = not any(one != 0 for one in off)
    if not good and off == before:
        sink.note("not_judged", "hospital.rec_sums", "HOS-REC-SUMS", look, why=say("hospital.sums_still"))
        return
    if not good and any(straddles(row.days, first, last) for row in held):
        sink.note("not_judged", "hospital.rec_sums", "HOS-REC-SUMS", look, why=say("judge.midnight"))
        return
    shown = " / ".join(str(look.data.get(name)) for name in ("fixmedins_setl_cnt", *SUMS))
    wanted = " / ".join((" | ".join(map(str, sorted(counts))), *map(show, account.sums)))
    sink.verdict(
        good,
        "hospital.rec_sums",
        "HOS-REC-SUMS",
        look,
        "input.data",
        "",
        wanted,
        shown,
        say("hospital.sums_why"),
        say("hospital.cause.sums"),
    )


def _period(look: Look) -> tuple[str, str]:
    """The days that a 3201 is about; one that names none is about the day it came."""
    today = look.exchange.sent_at[:10]
    first, last = (text(look.data.get(name))[:10] or today for name in ("stmt_begndate", "stmt_enddate"))
    return first, last


def pool_of_statement(look: Look) -> Pool:
    """The pool that a 3201 is about."""
    return text(look.data.get("insutype")), text(look.data.get("clr_type")), text(look.data.get("setl_optins"))


def pool_of(settled: Settled) -> Pool:
    """The pool that a settlement belongs to, as its answer said."""
    head = settled.sent.head
    return text(head.get("insutype")), text(head.get("clr_type")), text(head.get("clr_optins"))


def books(ledger: Ledger, institution: str) -> dict[Pool, list[Row]]:
    """The books of an institution by pool. What was reversed left no trace; what was cancelled is two rows. A refund
    counts on its own day; some hospitals book it on the day of the settlement."""
    found: dict[Pool, list[Row]] = {}
    refunded = {text(one.look.data.get("setl_id")): one for one in ledger.refunds.values()}
    for settled in ledger.settled.values():
        if settled.sent.look.institution != institution:
            continue
        refund = refunded.get(settled.setl_id)
        if settled.undone is not None and refund is None:
            continue
        kept = found.setdefault(pool_of(settled), [])
        made = _row(1, settled.sent)
        kept.append(made)
        if refund is not None:
            given_back = _row(-1, refund)
            kept.append(evolve(given_back, days=given_back.days | made.days))
    return found


def _row(sign: int, sent: Sent) -> Row:
    at = told_at(sent.head, sent.look.exchange)
    sums = tuple(fen(sent.head.get(name)) or 0 for name in SUMS)
    return Row(sign, sums, at[:10], days_around(at) | days_of(sent.look.exchange))


def judge_end_of_day(ledger: Ledger, order: Order, sink: Sink) -> None:
    """Every pool with settlements of the day was reconciled, and the operator was told what came out. Which day ends is
    plain unless midnight is near; what was settled on an earlier day is not asked for."""
    asked = [one for one in order.sent if one.look.infno == "3201"]
    days = days_of(order.look.exchange)
    held = books(ledger, ledger.institution)
    certain = {pool for pool, kept in held.items() if len(days) == 1 and any(row.days == days for row in kept)}
    perhaps = {pool for pool, kept in held.items() if any(row.days & days for row in kept)}
    told = {pool_of_statement(one.look) for one in asked}
    missing = sorted(certain - told)
    heard = {one.look.msgid for one in order.sent if one.said is not None}
    heard_all = all(one.look.msgid in heard for one in order.sent)
    if heard_all and perhaps and not certain and perhaps - told:
        sink.note("not_judged", "hospital.rec_done", "HOS-REC-DONE", order.look, why=say("judge.midnight"))
    elif heard_all and perhaps:
        sink.verdict(
            not missing,
            "hospital.rec_done",
            "HOS-REC-DONE",
            order.look,
            "",
            "",
            say("hospital.every_pool"),
            ", ".join(" ".join(one) for one in missing),
            say("hospital.every_pool_why"),
            say("hospital.cause.no_statement"),
        )
    results: dict[Pool, str] = {}  # of a pool that was asked about again the latest; a refusal is no "equal"
    for one in asked:
        if one.said is not None:
            told_now = [text(row.get("stmt_rslt")) for row in rows(one.output.get("stmtinfo"))] if one.said else []
            results[pool_of_statement(one.look)] = told_now[-1] if told_now else ""
    answer = order.answer
    if not results or answer is None:
        return
    says = answer.reconciled if answer.reconciled is not None else answer.result == "done"
    equal = all(set(result) == {"0"} for result in results.values())
    sink.verdict(
        says == equal,
        "hospital.rec_told",
        "HOS-REC-TOLD",
        order.look,
        "reconciled",
        "",
        say("hospital.equal" if equal else "hospital.unequal"),
        say("hospital.equal" if says else "hospital.unequal"),
        say("hospital.rec_told_why"),
        say("hospital.cause.rec_told"),
    )
