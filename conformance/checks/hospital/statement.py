"""The daily account: the sums that a hospital sends are those of what it was told."""

from __future__ import annotations

from attrs import frozen

from conformance.checks.hospital.facts import Ledger, Order, Sent, Settled
from conformance.checks.look import Look, fen, rows, text, whole
from conformance.checks.sink import Sink
from sim.lang import say
from sim.money import show

SUMS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
Pool = tuple[str, str, str]
"""Insurance, clearing type, agency: what one 3201 is about."""


@frozen
class Account:
    """What the books of one pool and day hold: counts with and without refunds as lines of their own, sums in fen."""

    rows: int
    net: int
    sums: tuple[int, ...]


def judge_statement(ledger: Ledger, sent: Sent, sink: Sink) -> None:
    """A 3201, against everything the hospital had heard."""
    look = sent.look
    if look.infno != "3201" or not ledger.driven:
        return
    pool = pool_of_statement(look)
    account = books(ledger, look.institution).get(pool, Account(0, 0, (0, 0, 0)))
    given = tuple(fen(look.data.get(name)) for name in SUMS)
    count = whole(look.data.get("fixmedins_setl_cnt"), 0)
    counts = {account.rows, account.net}
    off = (*(None if one is None else one - own for one, own in zip(given, account.sums, strict=True)),)
    off = (*off, None if count is None else 0 if count in counts else count - account.rows)
    before, ledger.offsets[pool] = ledger.offsets.get(pool), off
    good = not any(one != 0 for one in off)
    if not good and off == before:
        sink.note("not_judged", "hospital.rec_sums", "HOS-REC-SUMS", look, why=say("hospital.sums_still"))
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


def pool_of_statement(look: Look) -> Pool:
    """The pool that a 3201 is about."""
    return text(look.data.get("insutype")), text(look.data.get("clr_type")), text(look.data.get("setl_optins"))


def pool_of(settled: Settled) -> Pool:
    """The pool that a settlement belongs to, as its answer said."""
    head = settled.sent.head
    return text(head.get("insutype")), text(head.get("clr_type")), text(head.get("clr_optins"))


def books(ledger: Ledger, institution: str) -> dict[Pool, Account]:
    """The day's account of an institution by pool. What was reversed left no trace; what was cancelled is two rows."""
    found: dict[Pool, list[tuple[int, tuple[int, ...]]]] = {}
    refunded = {text(one.look.data.get("setl_id")): one for one in ledger.refunds.values()}
    for settled in ledger.settled.values():
        if settled.sent.look.institution != institution:
            continue
        refund = refunded.get(settled.setl_id)
        if settled.undone is not None and refund is None:
            continue
        kept = found.setdefault(pool_of(settled), [])
        kept.append((1, _sums(settled.sent)))
        if refund is not None:
            kept.append((-1, _sums(refund)))
    return {
        pool: Account(
            len(kept), sum(sign for sign, _ in kept), tuple(sum(one[at] for _, one in kept) for at in range(len(SUMS)))
        )
        for pool, kept in found.items()
    }


def _sums(sent: Sent) -> tuple[int, ...]:
    return tuple(fen(sent.head.get(name)) or 0 for name in SUMS)


def judge_end_of_day(ledger: Ledger, order: Order, sink: Sink) -> None:
    """Every pool with settlements was reconciled, and the operator was told what came out."""
    asked = [one for one in order.sent if one.look.infno == "3201"]
    pools = {pool for pool, account in books(ledger, ledger.institution).items() if account.rows}
    missing = sorted(pools - {pool_of_statement(one.look) for one in asked})
    heard = {one.look.msgid for one in order.sent if one.said is not None}
    heard_all = all(one.look.msgid in heard for one in order.sent)
    if pools and heard_all:
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
    results = {  # of a pool that was asked about again the latest
        pool_of_statement(one.look): text(row.get("stmt_rslt"))
        for one in asked
        if one.said
        for row in rows(one.output.get("stmtinfo"))
    }
    answer = order.answer
    if not results or answer is None:
        return
    told = answer.reconciled if answer.reconciled is not None else answer.result == "done"
    equal = all(set(result) == {"0"} for result in results.values())
    sink.verdict(
        told == equal,
        "hospital.rec_told",
        "HOS-REC-TOLD",
        order.look,
        "reconciled",
        "",
        say("hospital.equal" if equal else "hospital.unequal"),
        say("hospital.equal" if told else "hospital.unequal"),
        say("hospital.rec_told_why"),
        say("hospital.cause.rec_told"),
    )
