"""What queries and reconciliation tell, against what was said before: the same numbers, and of whom was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from conformance.checks.amounts import LABELS
from conformance.checks.book import Book, SettleFacts
from conformance.checks.look import EFFECTS, Look, fen, rows, text
from conformance.checks.sink import Sink, shown
from sim.benefits import FUNDS, PARTS
from sim.lang import say
from sim.money import show

SAME: Mapping[str, str] = {
    **{name: name for name in (*PARTS, *FUNDS, "medfee_sumamt", "act_pay_dedc", "fund_pay_sumamt", "acct_pay")},
    "cash_payamt": "psn_cash_pay",
}
"""Amounts of 5203 and their names in a settlement."""
TOTALS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "fixmedins_setl_cnt")
OWNED: Mapping[str, tuple[str, str, str, str]] = {
    "5201": ("mdtrtinfo", "psn_no", "QRY-5201-PERSON", "人员编号"),
    "5202": ("diseinfo", "mdtrt_id", "QRY-5202-VISIT", "就诊ID"),
    "5304": ("refmedin", "psn_no", "QRY-5304-PERSON", "人员编号"),
}
"""Queries whose rows name what was asked for: node, field, clause, label."""


ADMISSION = "1"
"""inout_diag_type of a diagnosis of admission; a visit has no other."""
DIAGNOSIS = ("diag_code", "diag_name", "diag_dept", "dise_dor_name")
"""What comes back of a diagnosis as it was sent, if it was."""


def judge_queries(book: Book, sink: Sink) -> None:
    """Every query that was answered."""
    sums: dict[tuple[str, ...], tuple[int, Look]] = {}
    effects = Counter[str]()
    files: dict[str, Look] = {}
    for look in book.looks:
        if look.original is not None or not look.yes:
            continue
        if look.infno in EFFECTS:
            effects[look.institution] += 1
        elif look.infno == "5203":
            _settlement(look, book, sink)
        elif look.infno == "5204":
            _lines(look, book, sink)
        elif look.infno in OWNED:
            _owned(look, sink)
            if look.infno == "5202":
                _diagnoses(look, book, sink)
        elif look.infno == "1201":
            _institution(look, sink)
        elif look.infno == "5301":
            _withdrawn(look, book, sink)
        elif look.infno == "3201":
            _totals(look, effects[look.institution], sums, sink)
        elif look.infno == "9101":
            number = text(look.output.get("file_qury_no"))
            first = files.setdefault(number, look) if number else None
            expected = say("judge.unique")
            sink.verdict(
                first is look, "query.file", "REC-FILE-UNIQUE", look, "output.file_qury_no", "", expected, number
            )


def _settlement(look: Look, book: Book, sink: Sink) -> None:
    """5203 prints the amounts of the settlement; of a cancelled one the flag tells more, the amounts stay. Asked by the
    number of the cancellation it prints the negative record."""
    settled, sign = book.by_setl_id.get(text(look.data.get("setl_id"))), 1
    if settled is None:
        settled, sign = book.refunds.get(text(look.data.get("setl_id"))), -1
    if settled is None:
        sink.note("not_judged", "query.settlement", "QRY-5203-AMOUNTS", look, why=say("judge.settlement_unseen"))
        return
    at, right = "output.setlinfo.", text(look.data.get("setl_id"))
    came = text(look.head.get("setl_id"))
    sink.verdict(came == right, "query.setl_id", "QRY-5203-ID", look, f"{at}setl_id", "结算ID", right, came)
    wrong = [name for name, of in SAME.items() if (look.fen.get(name) or 0) != sign * (settled.head.get(of) or 0)]
    if not wrong:
        sink.ok("query.settlement", "QRY-5203-AMOUNTS", look)
    for name in wrong:
        expected, actual = show(sign * (settled.head.get(SAME[name]) or 0)), show(look.fen.get(name) or 0)
        why, cause = say("judge.same_as", seq=settled.look.seq), say("cause.query")
        path, label = f"{at}{name}", LABELS.get(name, "")
        sink.verdict(False, "query.settlement", "QRY-5203-AMOUNTS", look, path, label, expected, actual, why, cause)


def _lines(look: Look, book: Book, sink: Sink) -> None:
    settled = book.by_setl_id.get(text(look.data.get("setl_id")))
    listed = (look.reply or {}).get("output")
    if settled is None or not settled.lines or not isinstance(listed, list):
        return
    right, came = _amounts(settled), {text(row.get("feedetl_sn")): _amount(row) for row in rows(listed)}
    expected, actual, cause = shown(_told(right)), shown(_told(came)), say("cause.query")
    sink.verdict(right == came, "query.lines", "QRY-5204-LINES", look, "output", "", expected, actual, None, cause)


def _amounts(settled: SettleFacts) -> dict[str, int | None]:
    return {line.number: _amount(line.sent) for line in settled.lines}


def _amount(row: Mapping[str, Any]) -> int | None:
    return fen(row.get("det_item_fee_sumamt"))


def _told(amounts: Mapping[str, int | None]) -> str:
    return ", ".join(f"{number}: {'?' if value is None else show(value)}" for number, value in sorted(amounts.items()))


def _owned(look: Look, sink: Sink) -> None:
    node, name, clause, label = OWNED[look.infno]
    right = text(look.data.get(name))
    strange = next((row for row in rows(look.output.get(node)) if row.get(name) not in (None, "", right)), None)
    came = "" if strange is None else strange.get(name)
    cause = say("cause.other_person")
    path = f"output.{node}.{name}"
    sink.verdict(strange is None, f"query.{look.infno}", clause, look, path, label, right, came, None, cause)


def _diagnoses(look: Look, book: Book, sink: Sink) -> None:
    """5202 prints what the visit was described with, letter for letter. Who does not tell diagnoses of admission and of
    discharge apart may print either under a number that both have."""
    visit = book.visits.get(look.mdtrt_id)
    if visit is None:
        return
    listed = _by_number(look.output.get("diseinfo"))
    leaving = _by_number(visit.discharged.node("diseinfo") if visit.discharged is not None else ())
    for key, sent in visit.diagnoses.items():
        came = [row for row in listed.get(key, ()) if row.get("inout_diag_type") == ADMISSION]
        sources = [sent] if came else [sent, *leaving.get(key, ())]
        came = came or listed.get(key, [])
        for name in [one for one in DIAGNOSIS if sent.get(one)]:
            same = any(row.get(name) == source.get(name) for row in came for source in sources)
            told = came[0].get(name) if came else None
            path, cause = f"output.diseinfo.{name}", say("cause.query")
            sink.verdict(same, "query.text", "QRY-5202-TEXT", look, path, "", sent.get(name), told, None, cause)


def _by_number(node: Any) -> Mapping[tuple[str, str], list[Mapping[str, Any]]]:
    """Diagnoses by their type and number within it."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows(node):
        found.setdefault((text(row.get("diag_type")), str(row.get("diag_srt_no"))), []).append(row)
    return found


def _institution(look: Look, sink: Sink) -> None:
    right = text(look.data.get("fixmedins_code"))
    if right:
        came = [text(row.get("fixmedins_code")) for row in rows(look.output.get("medinsinfo"))]
        path = "output.medinsinfo.fixmedins_code"
        sink.verdict(
            set(came) == {right}, "query.institution", "QRY-1201-CODE", look, path, "", right, ", ".join(came)[:100]
        )


def _withdrawn(look: Look, book: Book, sink: Sink) -> None:
    """A chronic disease whose filing was withdrawn, and not filed again, is not listed."""
    gone = book.chronic_withdrawn.get(look.psn_no, {})
    before = {code for code, seq in gone.items() if seq < look.seq}
    listed = {text(row.get("opsp_dise_code")) for row in rows(look.output.get("feedetail"))}
    if before:
        came, path = ", ".join(sorted(before & listed)), "output.feedetail.opsp_dise_code"
        sink.verdict(
            not before & listed, "query.chronic", "QRY-5301-WITHDRAWN", look, path, "", say("judge.absent"), came
        )


def _totals(look: Look, effects: int, sums: dict[tuple[str, ...], tuple[int, Look]], sink: Sink) -> None:
    """The same question with other sums, and nothing settled in between: not both can be equal."""
    node = look.output.get("stmtinfo")
    result = text(node.get("stmt_rslt")) if isinstance(node, dict) else ""
    keys = ("insutype", "clr_type", "setl_optins", "stmt_begndate", "stmt_enddate")
    asked = (look.institution, *(text(look.data.get(name)) for name in keys))
    equal = bool(result) and not result.strip("0")
    if asked in sums and sums[asked][0] == effects:
        first = sums[asked][1]
        differ = any(first.data.get(name) != look.data.get(name) for name in TOTALS)
        if differ:
            path, expected, cause = "output.stmtinfo.stmt_rslt", say("judge.unequal"), say("cause.reconciliation")
            sink.verdict(
                not equal, "query.totals", "REC-DISCRIMINATES", look, path, "对账结果", expected, result, None, cause
            )
    if equal:
        sums.setdefault(asked, (effects, look))
        if sums[asked][0] != effects:
            sums[asked] = (effects, look)
