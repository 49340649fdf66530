"""Which reading of each open point a target was met with. Promised by the profile, it must be kept; else it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from conformance.checks.book import Book, SettleFacts, VisitFacts
from conformance.checks.look import CANCELS, HEADS, SALES, SETTLES, UPLOADS, Look, fen, rows, text, whole
from conformance.checks.sink import Sink
from conformance.profile import Profile
from conformance.requirements import open_points
from sim.lang import say

Met = tuple[str, str, Look]
"""A point, the reading that was met, and where."""


class Readings:
    """Notes readings while the conversation is read; ``forbidden``: messages that had to be refused anyway."""

    def __init__(self, forbidden: Callable[[int], bool]) -> None:
        self._forbidden = forbidden
        self.met: list[Met] = []
        self._withdrawn: dict[str, set[str]] = {}
        self._waiting: dict[tuple[str, str], tuple[str, Look]] = {}
        self._filed: dict[tuple[str, str], str] = {}

    def __call__(self, book: Book, look: Look) -> None:
        """One message, before the book learns of it."""
        for point, reading in self._of(book, look):
            self.met.append((point, reading, look))

    def _of(self, book: Book, look: Look) -> Iterator[tuple[str, str]]:
        open_question = not look.faulty and not self._forbidden(look.seq)
        visit = book.visits.get(look.mdtrt_id)
        if visit is not None:
            yield from self._visit(visit, look, open_question)
        if look.infno == "2601":
            yield from _reversal(book, look, self._forbidden(look.seq))
        if look.infno in CANCELS and look.yes and (told := text(look.head.get("setl_id"))):
            yield "cancellation_record", "same_number" if told == look.data.get("setl_id") else "own_number"
        if look.infno in HEADS and open_question and look.data.get("acct_used_flag") == "2":
            yield "shared_account", "accepted" if look.yes else "refused"
        if look.infno == "3201" and look.yes and (told := _statement(look)):
            yield "statement_result", "six_digits" if len(told) == 6 else "one_digit"
        if look.infno in HEADS and look.yes:
            yield "one_row_nodes", "list" if isinstance(look.output.get("setlinfo"), list) else "object"
            yield from _funds(look)
        if look.yes and len(area := text(look.request.get("mdtrtarea_admvs"))) == 6:
            yield "treatment_area", _level(area)
        yield from self._chronic(look)

    def _visit(self, visit: VisitFacts, look: Look, open_question: bool) -> Iterator[tuple[str, str]]:
        gone = self._withdrawn.setdefault(visit.mdtrt_id, set())
        if look.infno in ("2205", "2302") and look.yes:
            wanted = {text(row.get("feedetl_sn")) for row in rows(look.node("data"))}
            batch = text(look.data.get("chrg_bchno"))
            gone |= {
                line.number
                for line in visit.lines
                if line.settled is None
                and (
                    {"0000", line.number} & wanted
                    if look.infno == "2302"
                    else batch in ("0000", text(line.sent.get("chrg_bchno")))
                )
            }
        if look.infno in UPLOADS and open_question:
            yield from _upload(visit, look, gone)
        if look.infno in ("2202", "2404") and visit.lines and open_question:
            yield "cancel_with_lines", "fall" if look.yes else "refused"
        if look.infno in SETTLES - SALES:
            yield from self._settlement(visit, look, open_question)

    def _settlement(self, visit: VisitFacts, look: Look, open_question: bool) -> Iterator[tuple[str, str]]:
        """A refusal shows a reading only once the same is accepted after what was missing had been made good."""
        late = visit.kind == "inpatient" and visit.discharged is None and look.data.get("mid_setl_flag") != "1"
        if late and look.yes:
            yield "discharge_order", "free"
        if open_question and late and not look.yes:
            self._waiting["discharge_order", visit.mdtrt_id] = ("before", look)
        elif look.yes and (waiting := self._waiting.pop(("discharge_order", visit.mdtrt_id), None)):
            yield "discharge_order", waiting[0]
        asked = fen(look.data.get("medfee_sumamt"))
        held = [one for one in visit.batches.get(text(look.data.get("chrg_bchno")), ()) if one.settled is None]
        off = abs((asked or 0) - sum(fen(line.sent.get("det_item_fee_sumamt")) or 0 for line in held))
        if asked is not None and held and 0 < off <= 5 and not self._forbidden(look.seq):
            yield "totals", ("cent" if off == 1 else "five") if look.yes else "exact"

    def _chronic(self, look: Look) -> Iterator[tuple[str, str]]:
        day = look.exchange.sent_at[:10]
        if look.infno == "2503" and look.yes:
            self._filed[look.psn_no, text(look.data.get("opsp_dise_code"))] = day
        elif look.infno == "5301" and look.yes:
            listed = {text(row.get("opsp_dise_code")) for row in rows(look.output.get("feedetail"))}
            for (psn_no, code), filed in self._filed.items():
                if psn_no == look.psn_no and filed == day:
                    yield "filing_effect", "at_once" if code in listed else "approved"


def _upload(visit: VisitFacts, look: Look, gone: set[str]) -> Iterator[tuple[str, str]]:
    sent = rows(look.node("feedetail"))
    batches = {text(row.get("chrg_bchno")) for row in sent}
    if look.infno == "2204" and any(visit.batches.get(batch) for batch in batches):
        yield "several_uploads", "sum" if look.yes else "refused"
    if gone & {text(row.get("feedetl_sn")) for row in sent}:
        yield "line_number_again", "free" if look.yes else "used_up"
    settled = {line.number for line in visit.lines if line.settled is not None}
    if any((whole(r.get("cnt"), 4) or 0) < 0 and text(r.get("init_feedetl_sn")) in settled for r in sent):
        yield "refund_of_settled", "accepted" if look.yes else "refused"
    came = {text(row.get("feedetl_sn")): row for row in rows(look.output.get("result"))}
    for row in sent:
        answer = came.get(text(row.get("feedetl_sn")), {})
        unapproved = text(answer.get("lmt_used_flag")) == "1" and row.get("hosp_appr_flag") != "1"
        if unapproved and fen(answer.get("fulamt_ownpay_amt")) == fen(answer.get("det_item_fee_sumamt")):
            yield "restricted_item", "own_pay"


def _reversal(book: Book, look: Look, forbidden: bool) -> Iterator[tuple[str, str]]:
    omsgid = text(look.data.get("omsgid"))
    settled = book.by_msgid.get(omsgid)
    undone = settled is not None and settled.cancelled_by is not None and settled.cancelled_by.infno == "2601"
    if undone and not forbidden:
        yield "repeated_reversal", "answered" if look.yes else "refused"
    if not book.has_message(look.institution, omsgid) and not forbidden:
        yield "unknown_reversal", "answered" if look.yes else "refused"


def _statement(look: Look) -> str:
    node = look.output.get("stmtinfo")
    return text(node.get("stmt_rslt")) if isinstance(node, dict) else ""


def _funds(look: Look) -> Iterator[tuple[str, str]]:
    get = {name: value or 0 for name, value in look.fen.items()}.get
    total, fund, account = get("medfee_sumamt", 0), get("fund_pay_sumamt", 0), get("acct_pay", 0)
    rest = get("psn_cash_pay", 0) + get("hosp_part_amt", 0)
    if account and total == fund + account + rest:
        yield "fund_sum", "outside"
    elif account and total == fund + rest:
        yield "fund_sum", "inside"
    others = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "oth_pay")
    if disabled := get("hifdm_pay", 0):
        listed = sum(get(name, 0) for name in others)
        if fund in (listed, listed + disabled):
            yield "disabled_fund", "inside" if fund == listed else "beside"


def _level(area: str) -> str:
    return "province" if area.endswith("0000") else "city" if area.endswith("00") else "district"


def _repeats(book: Book) -> Iterator[Met]:
    for look in book.looks:
        first = look.original
        if first is None or not look.same_body or first.yes is None or look.yes is None or book.was_reversed(look):
            continue
        if first.yes:
            yield "repeated_msgid", "answered" if look.yes else "refused", look
        else:
            yield "refused_msgid", "free" if look.yes else "used_up", look


def _settled(settles: Iterable[SettleFacts]) -> Iterator[Met]:
    for facts in settles:
        paid, left = facts.head.get("acct_pay") or 0, facts.head.get("balc")
        if facts.is_trial and paid and facts.balance is not None and left in (facts.balance, facts.balance - paid):
            yield "trial_balance", "before" if left == facts.balance else "after", facts.look
        if not facts.is_trial and facts.trial is None:
            yield "without_trial", "accepted", facts.look


def judge_readings(noted: Readings, book: Book, profile: Profile, sink: Sink) -> None:
    """Each reading once: as promised, otherwise than promised, or (nothing was promised) as it was met."""
    found: dict[tuple[str, str], Look] = {}
    for name, reading, look in (*noted.met, *_repeats(book), *_settled(book.settles.values())):
        found.setdefault((name, reading), look)
    for (name, reading), look in found.items():
        point = open_points()[name]
        promised, met = profile.readings.get(name), point.readings[reading]
        good = promised in (None, reading)
        wanted = None if promised is None else say("judge.reading_kept", reading=point.readings[promised])
        cause = None if good else say("cause.reading")
        sink.note("pass" if good else "fail", f"reading.{name}", point.clause, look, "", "", wanted, met, None, cause)
