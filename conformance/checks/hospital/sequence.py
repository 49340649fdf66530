"""What must come before what, and with which numbers: person, visit, description, details, trial, settlement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.checks.hospital.facts import DESCRIBES, GIVES_UP, OPENS, WITHDRAWS, Ledger, Sent, Visit, visit_of
from conformance.checks.look import CANCELS, HEADS, SALES, SETTLES, UPLOADS, Look, fen, rows, text, whole
from conformance.checks.sink import Sink, shown
from sim.lang import Text, say
from sim.money import divide, show

PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
"""The four parts of the total that a settlement repeats from its trial."""
TERMS = ("insutype", "med_type", "psn_setlway", "acct_used_flag", "mid_setl_flag")
"""What else a trial and its settlement have in common."""
OF_A_VISIT = (
    frozenset({"2203", "2203A", "2402", "2403", "2405"}) | WITHDRAWS | GIVES_UP | UPLOADS | CANCELS | (HEADS - SALES)
)


def judge_sequence(ledger: Ledger, sent: Sent, sink: Sink) -> None:
    """One message, against what had been heard before it."""
    look = sent.look
    if look.psn_no:
        _person(ledger, sent, sink)
    if look.infno not in OF_A_VISIT:
        return
    visit = ledger.visit(look)
    if visit is None:
        at = ("input.mdtrt_id", "就诊ID")
        given = visit_of(look)
        if ledger.driven or not given:
            _fail(sink, "visit_first", look, at, say("hospital.a_visit"), given or say("judge.absent"))
        else:
            sink.note("not_judged", "hospital.visit_first", "HOS-VISIT-FIRST", look, *at, why=say("hospital.not_seen"))
        return
    sink.ok("hospital.visit_first", "HOS-VISIT-FIRST", look)
    _visit(visit, look, sink)
    if look.infno in UPLOADS:
        _lines(visit, look, sink)
    elif look.infno in HEADS - SALES:
        _settle(ledger, visit, look, sink)
    elif look.infno in CANCELS:
        _cancel(ledger, look, sink)


def _fail(
    sink: Sink, name: str, look: Look, at: tuple[str, str], expected: object, actual: object, why: Text | None = None
) -> None:
    sink.verdict(
        False,
        f"hospital.{name}",
        f"HOS-{name.upper().replace('_', '-')}",
        look,
        *at,
        expected,
        actual,
        why,
        say(f"hospital.cause.{name}"),
    )


def _held(good: bool, sink: Sink, name: str, look: Look, at: tuple[str, str], expected: object, actual: object) -> bool:
    """Pass or fail of the clause that a check is named after."""
    if good:
        sink.ok(f"hospital.{name}", f"HOS-{name.upper().replace('_', '-')}", look)
    else:
        _fail(sink, name, look, at, expected, actual)
    return good


def _person(ledger: Ledger, sent: Sent, sink: Sink) -> None:
    look = sent.look
    at = ("input.psn_no", "人员编号")
    if not ledger.driven and look.psn_no not in ledger.persons:  # may have been read before the recording began
        sink.note("not_judged", "hospital.person_first", "HOS-PERSON-FIRST", look, *at, why=say("hospital.not_seen"))
        return
    _held(look.psn_no in ledger.persons, sink, "person_first", look, at, say("hospital.a_person"), look.psn_no)


def _visit(visit: Visit, look: Look, sink: Sink) -> None:
    at = ("input.mdtrt_id", "就诊ID")
    same = look.psn_no in ("", visit.psn_no) and not visit.given_up
    _held(same, sink, "visit_own", look, at, visit.psn_no, say("hospital.given_up") if visit.given_up else look.psn_no)
    if look.infno in DESCRIBES | GIVES_UP | WITHDRAWS | CANCELS or look.infno in OPENS:
        return
    at = ("infno", "交易编号")
    _held(visit.described, sink, "described", look, at, shown("2203 / 2401"), look.infno)


def _lines(visit: Visit, look: Look, sink: Sink) -> None:
    sent = rows(look.node("feedetail"))
    numbers = [text(row.get("feedetl_sn")) for row in sent]
    twice = sorted({one for one in numbers if one in visit.numbers or numbers.count(one) > 1})
    at = ("input.feedetail.feedetl_sn", "费用明细流水号")
    _held(not twice, sink, "line_numbers", look, at, say("judge.unique"), ", ".join(twice))
    wrong = next(((row, product(row)) for row in sent if product(row) not in (None, _amount(row))), None)
    at = ("input.feedetail.det_item_fee_sumamt", "明细项目费用总额")
    expected = show(wrong[1]) if wrong is not None and wrong[1] is not None else ""
    actual = str(wrong[0].get("det_item_fee_sumamt")) if wrong is not None else ""
    _held(wrong is None, sink, "line_amount", look, at, expected, actual)


def product(row: Mapping[str, Any]) -> int | None:
    """Price times quantity in fen, rounded half up; None where either is none."""
    price, count = whole(row.get("pric"), 6), whole(row.get("cnt"), 4)
    return None if price is None or count is None else divide(price * count, 10**8)


def _amount(row: Mapping[str, Any]) -> int | None:
    return fen(row.get("det_item_fee_sumamt"))


def _settle(ledger: Ledger, visit: Visit, look: Look, sink: Sink) -> None:
    batch = text(look.data.get("chrg_bchno"))
    lines = visit.unsettled(batch)
    at = ("input.data.chrg_bchno", "收费批次号")
    paid = [one for one in ledger.of_person(visit.psn_no) if one.visit is visit and one.undone is None]
    again = [
        one for one in paid if batch in ("", text(one.sent.look.data.get("chrg_bchno"))) and not _interim(one.sent)
    ]
    if again:
        if again[0].sent.said:
            _fail(sink, "settled_once", look, at, say("hospital.not_again"), again[0].setl_id)
        return
    if look.infno in SETTLES:
        sink.ok("hospital.settled_once", "HOS-SETTLED-ONCE", look)
    if not _held(bool(lines), sink, "details_first", look, at, say("hospital.lines"), say("judge.absent")):
        return
    amounts = [_amount(line.row) for line in lines]
    total = sum(one for one in amounts if one is not None)
    given = fen(look.data.get("medfee_sumamt"))
    shown_total = show(given) if given is not None else say("judge.absent")
    at = ("input.data.medfee_sumamt", "医疗费总额")
    _held(given == total, sink, "total", look, at, show(total), shown_total)
    if look.infno in SETTLES:
        _after_trial(visit, look, batch, sink)


def _interim(sent: Sent) -> bool:
    return text(sent.look.data.get("mid_setl_flag")) == "1"


def _after_trial(visit: Visit, look: Look, batch: str, sink: Sink) -> None:
    trial = visit.trials.get(batch)
    fresh = trial is not None and trial.look.seq > visit.changed
    at = ("infno", "交易编号")
    if not _held(fresh, sink, "trial_first", look, at, say("hospital.a_trial"), look.infno) or trial is None:
        return
    told = {name: fen(trial.head.get(name)) for name in PARTS}
    given = {name: fen(look.data.get(name)) for name in PARTS}
    other = next((name for name in PARTS if told[name] != given[name] and given[name] is not None), None)
    wanted = _shown(told[other]) if other else ""
    actual = _shown(given[other]) if other else ""
    _held(other is None, sink, "parts", look, (f"input.data.{other or ''}", ""), wanted, actual)
    terms = next((n for n in TERMS if text(look.data.get(n)) != text(trial.look.data.get(n))), None)
    wanted = text(trial.look.data.get(terms)) if terms else ""
    _held(
        terms is None, sink, "terms", look, (f"input.data.{terms or ''}", ""), wanted, text(look.data.get(terms or ""))
    )


def _shown(value: int | None) -> object:
    return say("judge.absent") if value is None else show(value)


def _cancel(ledger: Ledger, look: Look, sink: Sink) -> None:
    """What is cancelled is a settlement that the hospital heard of, of the visit and person named, and stands."""
    given = text(look.data.get("setl_id"))
    settled = ledger.settlement(given)
    good = settled is not None and visit_of(settled.sent.look) in ("", look.mdtrt_id)
    good = good and settled is not None and settled.sent.look.psn_no == look.psn_no
    at = ("input.data.setl_id", "结算ID")
    if _held(good, sink, "cancel_known", look, at, say("hospital.own_settlement"), given) and settled is not None:
        undone = settled.undone
        standing = undone is None or not undone.may_know
        _held(standing, sink, "cancel_once", look, at, say("hospital.standing"), undone.look.msgid if undone else "")
