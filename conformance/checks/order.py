"""What must not be accepted at a moment: each rule looks at a message and at what had happened before it.

A rule that is met and a message that was refused is a pass; one that was accepted all the same is a finding. Only what
the conversation itself showed counts: a visit, settlement or file that was not seen proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from conformance.checks.book import EVERYTHING, Book, LineFacts, SettleFacts, VisitFacts
from conformance.checks.look import CANCELS, HEADS, SALES, SETTLES, UPLOADS, Look, fen, rows, text, whole
from conformance.checks.sink import Sink
from sim.lang import say
from sim.money import divide
from sim.platform.regions import province_of

REVERSIBLE = frozenset({"2102", "2103", "2207", "2207A", "2208", "2304", "2304A", "2305", "2401"})
"""What 2601 may name: the four of the text, their A forms, and the cancellations that some platforms reverse too."""
OF_A_VISIT = (
    frozenset({"2202", "2203", "2203A", "2402", "2403", "2404", "2405", "2205", "2302", "2208", "2305", "2103"})
    | UPLOADS
    | (HEADS - SALES)
)
REGISTRATION_FEE = "12"
"""med_type of a settlement of the registration fee alone, which may have no lines."""
SLACK = 5
"""Fen by which totals may differ where a region accepts it."""
PARTS: Mapping[str, str] = {
    "fulamt_ownpay_amt": "fulamt_ownpay_amt",
    "overlmt_selfpay": "overlmt_amt",
    "preselfpay_amt": "preselfpay_amt",
    "inscp_scp_amt": "inscp_scp_amt",
}


@frozen
class Rule:
    """One reason to refuse. ``met(book, look)`` says whether the message must be refused for it; of a target that does
    not promise ``feature`` an acceptance proves nothing."""

    clause: str
    infnos: frozenset[str]
    met: Callable[[Book, Look], bool]
    path: str
    feature: str = ""


class Order:
    """Judges each message as it comes, before the book learns of it."""

    def __init__(self, sink: Sink, promises: Callable[[str], bool]) -> None:
        self._sink = sink
        self._promises = promises
        self.met: set[int] = set()

    def __call__(self, book: Book, look: Look) -> None:
        """One message."""
        for rule in _BY_INFNO.get(look.infno, ()):
            if not rule.met(book, look):
                continue
            name = rule.clause[4:].lower().replace("-", "_")
            if look.yes and rule.feature and not self._promises(rule.feature):
                why = say("run.feature", features=rule.feature)
                self._sink.note("not_judged", f"order.{name}", rule.clause, look, rule.path, why=why)
                continue
            self.met.add(look.seq)
            self._sink.verdict(
                look.yes is False,
                f"order.{name}",
                rule.clause,
                look,
                rule.path,
                "",
                say("judge.refusal"),
                say("judge.acceptance"),
                say(f"order.{name}"),
                say("cause.order"),
            )


# --- what is looked at ---


def _visit(book: Book, look: Look) -> VisitFacts | None:
    return book.visits.get(look.mdtrt_id)


def _of_visit(met: Callable[[VisitFacts, Look], bool]) -> Callable[[Book, Look], bool]:
    def rule(book: Book, look: Look) -> bool:
        visit = _visit(book, look)
        return visit is not None and met(visit, look)

    return rule


def _standing(book: Book, look: Look) -> list[SettleFacts]:
    return [one for one in book.settled.get(look.mdtrt_id, ()) if one.cancelled_by is None]


def _final(book: Book, look: Look) -> bool:
    return any(not one.interim for one in _standing(book, look))


def _settlement(book: Book, look: Look) -> SettleFacts | None:
    return book.by_setl_id.get(text(look.data.get("setl_id")))


def _of_settlement(met: Callable[[SettleFacts, Look], bool]) -> Callable[[Book, Look], bool]:
    def rule(book: Book, look: Look) -> bool:
        settled = _settlement(book, look)
        return settled is not None and met(settled, look)

    return rule


def _sent_rows(look: Look) -> list[Mapping[str, Any]]:
    return rows(look.node("drugdetail" if look.infno in SALES else "feedetail"))


def _of_row(met: Callable[[Mapping[str, Any]], bool]) -> Callable[[Book, Look], bool]:
    return lambda _, look: any(met(row) for row in _sent_rows(look))


def _held(visit: VisitFacts) -> Mapping[str, LineFacts]:
    return {line.number: line for line in visit.lines}


def _original(book: Book, look: Look) -> SettleFacts | None:
    return book.by_msgid.get(text(look.data.get("omsgid")))


def _of_named(met: Callable[[Look, Look], bool]) -> Callable[[Book, Look], bool]:
    def rule(book: Book, look: Look) -> bool:
        named = book.named_by(look)
        return named is not None and met(named, look)

    return rule


# --- the rules ---


def _bad_number(row: Mapping[str, Any]) -> bool:
    number = row.get("feedetl_sn")
    return isinstance(number, str) and not (
        number.isascii() and number.isdigit() and int(number) > 0 and len(number) <= 15
    )


def _bad_product(row: Mapping[str, Any]) -> bool:
    amount, count, price = fen(row.get("det_item_fee_sumamt")), whole(row.get("cnt"), 4), whole(row.get("pric"), 6)
    if amount is None or count is None or price is None:
        return False
    return abs(amount - divide(count * price, 10**8)) > 1


def _again_in_call(_: Book, look: Look) -> bool:
    numbers = [text(row.get("feedetl_sn")) for row in _sent_rows(look)]
    return len(set(numbers)) < len(numbers)


def _again_in_visit(visit: VisitFacts, look: Look) -> bool:
    held = _held(visit)
    return any(text(row.get("feedetl_sn")) in held for row in _sent_rows(look))


def _several_visits(_: Book, look: Look) -> bool:
    return len({(text(r.get("mdtrt_id")), text(r.get("psn_no"))) for r in _sent_rows(look)}) > 1


def _refunds(look: Look) -> list[Mapping[str, Any]]:
    return [row for row in _sent_rows(look) if (whole(row.get("cnt"), 4) or 0) < 0]


def _refund_of_nothing(visit: VisitFacts, look: Look) -> bool:
    held = _held(visit)
    return any(text(row.get("init_feedetl_sn")) not in held for row in _refunds(look))


def _refund_of_other(visit: VisitFacts, look: Look) -> bool:
    held = _held(visit)
    return any(
        (line := held.get(text(row.get("init_feedetl_sn")))) is not None
        and line.sent.get("med_list_codg") != row.get("med_list_codg")
        for row in _refunds(look)
    )


def _refund_too_much(visit: VisitFacts, look: Look) -> bool:
    left = {number: whole(line.sent.get("cnt"), 4) or 0 for number, line in _held(visit).items()}
    for row in [*(line.sent for line in visit.lines), *_refunds(look)]:
        of, count = text(row.get("init_feedetl_sn")), whole(row.get("cnt"), 4) or 0
        if count < 0 and of in left:
            left[of] += count
    return any(value < 0 for number, value in left.items() if (whole(_held(visit)[number].sent.get("cnt"), 4) or 0) > 0)


def _into_settled(book: Book, look: Look) -> bool:
    batches = {text(row.get("chrg_bchno")) for row in _sent_rows(look)}
    return any(not one.interim and text(one.look.data.get("chrg_bchno")) in batches for one in _standing(book, look))


def _withdraws_settled(visit: VisitFacts, look: Look) -> bool:
    if look.infno == "2205":
        batch = text(look.data.get("chrg_bchno"))
        return batch != EVERYTHING and any(line.settled is not None for line in visit.batches.get(batch, ()))
    wanted = {text(row.get("feedetl_sn")) for row in rows(look.node("data"))}
    return any(line.settled is not None and line.number in wanted for line in visit.lines)


def _withdraws_nothing(visit: VisitFacts, look: Look) -> bool:
    if look.infno == "2205":
        batch = text(look.data.get("chrg_bchno"))
        return not (visit.lines if batch == EVERYTHING else visit.batches.get(batch))
    wanted = {text(row.get("feedetl_sn")) for row in rows(look.node("data"))}
    return not visit.lines or (EVERYTHING not in wanted and not wanted & set(_held(visit)))


def _unsettled(visit: VisitFacts, look: Look) -> list[LineFacts]:
    return [line for line in visit.batches.get(text(look.data.get("chrg_bchno")), ()) if line.settled is None]


def _wrong_total(visit: VisitFacts, look: Look) -> bool:
    asked, lines = fen(look.data.get("medfee_sumamt")), _unsettled(visit, look)
    total = sum(fen(line.sent.get("det_item_fee_sumamt")) or 0 for line in lines)
    return bool(lines) and asked is not None and abs(asked - total) > SLACK


def _wrong_sale_total(_: Book, look: Look) -> bool:
    asked = fen(look.data.get("medfee_sumamt"))
    total = sum(fen(row.get("det_item_fee_sumamt")) or 0 for row in _sent_rows(look))
    return asked is not None and abs(asked - total) > SLACK


def _wrong_parts(visit: VisitFacts, look: Look) -> bool:
    lines = _unsettled(visit, look)
    if not lines or any(line.came is None for line in lines):
        return False
    for name, row in PARTS.items():
        asked = fen(look.data.get(name))
        if asked is not None and abs(asked - sum(fen((li.came or {}).get(row)) or 0 for li in lines)) > SLACK:
            return True
    return False


def _nothing_to_settle(book: Book, look: Look) -> bool:
    visit = _visit(book, look)
    if visit is None or look.data.get("med_type") == REGISTRATION_FEE:
        return False
    return not _unsettled(visit, look) and not _standing(book, look)


def _settled_already(book: Book, look: Look) -> bool:
    batch = text(look.data.get("chrg_bchno"))
    return any(not one.interim and text(one.look.data.get("chrg_bchno")) == batch for one in _standing(book, look))


def _other_med_type(visit: VisitFacts, look: Look) -> bool:
    told = text(look.data.get("med_type"))
    return visit.described and told not in ("", REGISTRATION_FEE, visit.med_type)


def _ends_early(visit: VisitFacts, look: Look) -> bool:
    return bool(visit.begins) and text(look.data.get("endtime"))[:10] < visit.begins[:10]


def _elsewhere(book: Book, look: Look) -> bool:
    """A person insured in another province, and no insured place in the envelope."""
    person = book.people.get(look.psn_no)
    places = {text(row.get("insuplc_admdvs")) for row in person.insured.values()} if person else set()
    here = text(look.request.get("mdtrtarea_admvs"))
    if len(places) != 1 or look.request.get("insuplc_admdvs") not in ("", None) or len(here) != 6:
        return False
    return province_of(places.pop()) != province_of(here)


def _card_without_number(_: Book, look: Look) -> bool:
    return look.data.get("mdtrt_cert_type") == "03" and not look.data.get("card_sn")


def _unknown_sign_in(book: Book, look: Look) -> bool:
    known = book.sign_nos.get(look.institution)
    return known is not None and text(look.data.get("sign_no")) not in known


def _unknown_file(book: Book, look: Look) -> bool:
    number = text(look.data.get("file_qury_no"))
    return bool(book.files) and number not in book.files and not _catalogue(look)


def _foreign_file(book: Book, look: Look) -> bool:
    owner = book.files.get(text(look.data.get("file_qury_no")))
    return owner not in (None, "", look.institution) and not _catalogue(look)


def _catalogue(look: Look) -> bool:
    return look.data.get("fixmedins_code") == "plc"


def _withdrawn_filing(book: Book, look: Look) -> bool:
    number = text(look.data.get("trt_dcla_detl_sn"))
    return (
        any(one.number == number and one.withdrawn is not None for filed in book.filed.values() for one in filed)
        or number in book.withdrawn
    )


def _other_numbers_filing(book: Book, look: Look) -> bool:
    owner = book.filings.get(text(look.data.get("trt_dcla_detl_sn")))
    return owner is not None and owner != look.psn_no


def _negative_price(row: Mapping[str, Any]) -> bool:
    price = row.get("pric")
    return isinstance(price, int | Decimal) and price < 0


def _set(*infnos: str) -> frozenset[str]:
    return frozenset(infnos)


_TRIAL_OR_SETTLE = HEADS - SALES
RULES: Sequence[Rule] = (
    Rule(
        "ORD-VISIT-CANCELLED",
        OF_A_VISIT - _set("2202", "2404", "2208", "2305", "2103"),
        _of_visit(lambda v, _: v.cancelled is not None),
        "input.mdtrt_id",
    ),
    Rule(
        "ORD-CANCELLED-AGAIN", _set("2202", "2404"), _of_visit(lambda v, _: v.cancelled is not None), "input.mdtrt_id"
    ),
    Rule("ORD-VISIT-PERSON", OF_A_VISIT, _of_visit(lambda v, x: x.psn_no != v.psn_no), "input.psn_no"),
    Rule(
        "ORD-VISIT-FOREIGN",
        OF_A_VISIT,
        _of_visit(lambda v, x: x.institution != v.look.institution),
        "fixmedins_code",
    ),
    Rule(
        "ORD-VISIT-KIND",
        OF_A_VISIT,
        _of_visit(lambda v, x: (v.kind == "inpatient") != _for_stays(x.infno) and v.kind != "pharmacy"),
        "infno",
    ),
    Rule("ORD-DESCRIBE-FIRST", _set("2204"), _of_visit(lambda v, _: not v.described), "input.mdtrt_id"),
    Rule("ORD-DISCHARGE-TWICE", _set("2402"), _of_visit(lambda v, _: v.discharged is not None), "input.mdtrt_id"),
    Rule("ORD-DISCHARGE-EARLY", _set("2402"), _of_visit(_ends_early), "input.dscginfo.endtime"),
    Rule("ORD-UNDISCHARGE", _set("2405"), _of_visit(lambda v, _: v.discharged is None), "input.data.mdtrt_id"),
    Rule("ORD-UNDISCHARGE-SETTLED", _set("2405"), _final, "input.data.mdtrt_id"),
    Rule("ORD-CHANGE-DISCHARGED", _set("2403"), _of_visit(lambda v, _: v.discharged is not None), "input.mdtrt_id"),
    Rule("ORD-CANCEL-DISCHARGED", _set("2404"), _of_visit(lambda v, _: v.discharged is not None), "input.mdtrt_id"),
    Rule("ORD-CANCEL-SETTLED", _set("2202", "2404"), lambda b, x: bool(_standing(b, x)), "input.mdtrt_id"),
    Rule("ORD-LINE-DIGITS", UPLOADS, _of_row(_bad_number), "input.feedetail.feedetl_sn"),
    Rule("ORD-LINE-IN-CALL", UPLOADS | SALES, _again_in_call, "input.feedetail.feedetl_sn"),
    Rule("ORD-LINE-TWICE", UPLOADS, _of_visit(_again_in_visit), "input.feedetail.feedetl_sn"),
    Rule("ORD-LINE-VISITS", UPLOADS, _several_visits, "input.feedetail.mdtrt_id"),
    Rule("ORD-LINE-PRODUCT", UPLOADS | SALES, _of_row(_bad_product), "input.feedetail.det_item_fee_sumamt"),
    Rule("ORD-LINE-PRICE", UPLOADS | SALES, _of_row(_negative_price), "input.feedetail.pric"),
    Rule("ORD-LINE-SETTLED-BATCH", UPLOADS, _into_settled, "input.feedetail.chrg_bchno"),
    Rule("ORD-REFUND-UNKNOWN", _set("2301"), _of_visit(_refund_of_nothing), "input.feedetail.init_feedetl_sn"),
    Rule("ORD-REFUND-ITEM", _set("2301"), _of_visit(_refund_of_other), "input.feedetail.med_list_codg"),
    Rule("ORD-REFUND-MORE", _set("2301"), _of_visit(_refund_too_much), "input.feedetail.cnt"),
    Rule("ORD-WITHDRAW-SETTLED", _set("2205", "2302"), _of_visit(_withdraws_settled), "input.data"),
    Rule("ORD-WITHDRAW-NOTHING", _set("2205", "2302"), _of_visit(_withdraws_nothing), "input.data"),
    Rule("ORD-SETTLE-TOTAL", _TRIAL_OR_SETTLE, _of_visit(_wrong_total), "input.data.medfee_sumamt"),
    Rule("ORD-SALE-TOTAL", SALES, _wrong_sale_total, "input.druginfo.medfee_sumamt"),
    Rule("ORD-SETTLE-PARTS", SETTLES - SALES, _of_visit(_wrong_parts), "input.data"),
    Rule("ORD-SETTLE-NOTHING", _TRIAL_OR_SETTLE, _nothing_to_settle, "input.data.mdtrt_id"),
    Rule("ORD-SETTLE-TWICE", SETTLES - SALES, _settled_already, "input.data.mdtrt_id"),
    Rule("ORD-SETTLE-MED-TYPE", _TRIAL_OR_SETTLE, _of_visit(_other_med_type), "input.data.med_type"),
    Rule("ORD-UNDO-TWICE", CANCELS, _of_settlement(lambda s, _: s.cancelled_by is not None), "input.data.setl_id"),
    Rule("ORD-UNDO-VISIT", CANCELS, _of_settlement(lambda s, x: _visit_id(s) != x.mdtrt_id), "input.data.mdtrt_id"),
    Rule(
        "ORD-UNDO-FOREIGN",
        CANCELS,
        _of_settlement(lambda s, x: s.look.institution != x.institution),
        "fixmedins_code",
    ),
    Rule("ORD-REV-KIND", _set("2601"), lambda _, x: text(x.data.get("oinfno")) not in REVERSIBLE, "input.data.oinfno"),
    Rule(
        "ORD-REV-INFNO",
        _set("2601"),
        _of_named(lambda named, x: named.infno != x.data.get("oinfno")),
        "input.data.oinfno",
    ),
    Rule(
        "ORD-REV-PERSON",
        _set("2601"),
        _of_named(lambda named, x: named.psn_no not in ("", x.psn_no)),
        "input.data.psn_no",
    ),
    Rule(
        "ORD-REV-FOREIGN",
        _set("2601"),
        _of_named(lambda named, x: named.institution != x.institution),
        "fixmedins_code",
        "refuses_foreign_reversal",  # where ids are an institution's own, it names a message never seen
    ),
    Rule(
        "ORD-REV-CANCELLED",
        _set("2601"),
        lambda b, x: (
            (s := _original(b, x)) is not None and s.cancelled_by is not None and s.cancelled_by.infno in CANCELS
        ),
        "input.data.omsgid",
    ),
    Rule("ORD-INSUPLC", _set("2201", "2401", "2101", "2102", "2001"), _elsewhere, "insuplc_admdvs"),
    Rule(
        "ORD-CARD-SN",
        _set("1101"),  # elsewhere card_sn is one province's extension, and not a required one
        _card_without_number,
        "input.data.card_sn",
    ),
    Rule("ORD-SIGN-OUT", _set("9002"), _unknown_sign_in, "input.signOut.sign_no"),
    Rule("ORD-FILE-UNKNOWN", _set("3202", "9102"), _unknown_file, "input.file_qury_no"),
    Rule("ORD-FILE-FOREIGN", _set("3202", "9102"), _foreign_file, "input.file_qury_no"),
    Rule("ORD-FILING-AGAIN", _set("2502", "2504", "2506"), _withdrawn_filing, "input.data.trt_dcla_detl_sn"),
    Rule("ORD-FILING-PERSON", _set("2502", "2504", "2506"), _other_numbers_filing, "input.data.psn_no"),
)
"""Every reason to refuse that follows from what was said before."""


def _for_stays(infno: str) -> bool:
    return infno.startswith(("23", "24"))


def _visit_id(settled: SettleFacts) -> str:
    return settled.visit.mdtrt_id if settled.visit is not None else settled.look.mdtrt_id


def _by_infno() -> Mapping[str, tuple[Rule, ...]]:
    names = {infno for rule in RULES for infno in rule.infnos}
    return {name: tuple(rule for rule in RULES if name in rule.infnos) for name in sorted(names)}


_BY_INFNO = _by_infno()
