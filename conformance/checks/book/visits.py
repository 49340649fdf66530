"""Visits and stays: how they begin, what they are about, the lines uploaded for them, how they end."""

from __future__ import annotations

from typing import Any

from conformance.checks import emergency
from conformance.checks.book.facts import LineFacts, VisitFacts
from conformance.checks.book.people import touch
from conformance.checks.book.state import ADMITS, Book
from conformance.checks.look import Look, rows, text

EVERYTHING = "0000"
"""chrg_bchno of 2205, feedetl_sn of 2302: every unsettled line."""
WITHDRAWN = "0"
"""vali_flag of a diagnosis that is taken back."""


def read_visit(book: Book, look: Look) -> None:
    """2201, 2401: a visit begins."""
    touch(book, look)
    node = look.output.get("result" if look.infno == "2401" else "data")
    mdtrt_id = text(node.get("mdtrt_id")) if isinstance(node, dict) else ""
    if not look.yes or look.original is not None or not mdtrt_id:
        return
    visit = VisitFacts(mdtrt_id, look.psn_no, look, begins=text(look.data.get("begntime")))
    if look.infno == "2401":
        visit.kind, visit.described = "inpatient", True
        describe(visit, look)
    else:
        visit.emergency = emergency.registered(look.data)
    book.visits.setdefault(mdtrt_id, visit)
    book.by_admission[(look.institution, look.msgid)] = visit
    if look.infno == ADMITS:
        book.reversible[look.msgid] = look


def describe(visit: VisitFacts, look: Look) -> None:
    """What a visit is about, as its last description says."""
    info = look.data
    visit.med_type = text(info.get("med_type")) or visit.med_type
    visit.begins = text(info.get("begntime")) or visit.begins
    visit.disease = text(info.get("dise_codg")) or visit.disease
    visit.emergency = emergency.described(visit.emergency, visit.kind, info)
    visit.described = True
    visit.changed = look.seq
    told = {(text(row.get("diag_type")), str(row.get("diag_srt_no"))): row for row in rows(look.node("diseinfo"))}
    told = {**(visit.diagnoses if look.infno == "2403" else {}), **told}
    visit.diagnoses = {key: row for key, row in told.items() if row.get("vali_flag") != WITHDRAWN}


def read_visit_info(book: Book, look: Look) -> None:
    """2203, 2403: what the visit is about."""
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        describe(visit, look)


def read_discharge(book: Book, look: Look) -> None:
    """2402: the patient leaves."""
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        visit.discharged, visit.ends = look, text(look.data.get("endtime"))
        visit.disease = text(look.data.get("dise_codg")) or visit.disease
        if visit.ends[:10] != look.exchange.sent_at[:10]:
            visit.changed = look.seq


def read_discharge_gone(book: Book, look: Look) -> None:
    """2405: the discharge is taken back."""
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        visit.discharged, visit.ends, visit.changed = None, "", look.seq


def read_visit_gone(book: Book, look: Look) -> None:
    """2202, 2404: a visit is given up."""
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        visit.cancelled = look


def read_lines(book: Book, look: Look) -> None:
    """2204, 2301: lines are uploaded."""
    visit = book.visits.get(look.mdtrt_id)
    if look.yes and look.original is None and visit is not None:
        keep_lines(visit, look, look.node("feedetail"), look.output.get("result"))


def keep_lines(visit: VisitFacts, look: Look, sent: Any, answered: Any) -> None:
    """Lines as they were sent, each with the row that came back."""
    came = {text(row.get("feedetl_sn")): row for row in rows(answered)}
    for row in rows(sent):
        batch = visit.batches.setdefault(text(row.get("chrg_bchno")), [])
        batch.append(LineFacts(row, came.get(text(row.get("feedetl_sn"))), look.seq, look.infno))
    visit.changed = look.seq


def read_lines_gone(book: Book, look: Look) -> None:
    """2205, 2302: lines are withdrawn."""
    visit = book.visits.get(look.mdtrt_id)
    if not look.yes or look.original is not None or visit is None:
        return
    visit.changed = look.seq
    if look.infno == "2205":
        number = text(look.data.get("chrg_bchno"))
        for batch in [number] if number != EVERYTHING else list(visit.batches):
            kept = [line for line in visit.batches.get(batch, ()) if number == EVERYTHING and line.settled is not None]
            visit.batches[batch] = kept
        return
    wanted = {text(row.get("feedetl_sn")) for row in rows(look.node("data"))}
    for batch, held in visit.batches.items():
        visit.batches[batch] = [
            line for line in held if line.settled is not None or not (EVERYTHING in wanted or line.number in wanted)
        ]
