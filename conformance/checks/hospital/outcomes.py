"""A message without an answer is no failure: what came of it is found out or undone, under its own number."""

from __future__ import annotations

from conformance.checks.hospital.facts import DOUBTFUL, Doubt, Ledger, Sent, purpose
from conformance.checks.look import Look, text
from conformance.checks.sink import Sink, shown
from sim.lang import say


def judge_outcome(ledger: Ledger, sent: Sent, sink: Sink) -> None:
    """One message, against what is in doubt and what was said before."""
    look = sent.look
    if look.infno == "2601" and sent.again is None:
        _reversal(ledger, look, sink)
    elif look.infno in DOUBTFUL and sent.again is None:
        _no_new_number(ledger, look, sink)


def _no_new_number(ledger: Ledger, look: Look, sink: Sink) -> None:
    """While the outcome of a message is unknown, the same business does not go out under another number."""
    same = [
        doubt
        for doubt in ledger.open_doubts(look.psn_no)
        if purpose(doubt.sent.look) == purpose(look) and not doubt.lenient
    ]
    sink.verdict(
        not same,
        "hospital.no_new_id",
        "HOS-NO-NEW-ID",
        look,
        "msgid",
        "发送方报文ID",
        same[0].sent.look.msgid if same else "",
        look.msgid,
        say("hospital.new_id_why"),
        say("hospital.cause.new_id"),
    )


def _reversal(ledger: Ledger, look: Look, sink: Sink) -> None:
    """2601 names a message that was sent, as it was."""
    omsgid = text(look.data.get("omsgid"))
    original = ledger.messages.get((look.institution, omsgid))
    at = ("input.data.omsgid", "原发送方报文ID")
    if original is None and not ledger.driven:
        sink.note("not_judged", "hospital.rev_original", "HOS-REV-ORIGINAL", look, *at, why=say("hospital.not_seen"))
        return
    sink.verdict(
        original is not None,
        "hospital.rev_original",
        "HOS-REV-ORIGINAL",
        look,
        *at,
        say("hospital.sent_before"),
        omsgid or say("judge.absent"),
        say("hospital.reversal_why"),
        say("hospital.cause.reversal"),
    )
    if original is None:
        return
    wanted = (original.look.infno, original.look.psn_no)
    given = (text(look.data.get("oinfno")), look.psn_no)
    path = "input.data.oinfno" if wanted[0] != given[0] else "input.data.psn_no"
    sink.verdict(
        wanted == given, "hospital.rev_names", "HOS-REV-NAMES", look, path, "", " ".join(wanted), " ".join(given)
    )
    before = [one for one in ledger.reversals.get(omsgid, ()) if one.said]
    sink.verdict(
        not before,
        "hospital.rev_once",
        "HOS-REV-ONCE",
        look,
        *at,
        say("hospital.once"),
        shown(before[0].look.msgid if before else ""),
    )
    if not ledger.driven:  # whether the payment was handed over is not seen
        return
    known = original.said is True and original.order != ledger.order_now
    sink.verdict(
        not known,
        "hospital.rev_doubt",
        "HOS-REV-DOUBT",
        look,
        *at,
        say("hospital.unknown_outcome"),
        say("judge.acceptance"),
        say("hospital.rev_doubt_why"),
    )


def judge_rest(ledger: Ledger, scenario: str, sink: Sink) -> None:
    """At the end of a scenario, or of a recording: whatever was in doubt has been looked into."""
    for doubt in list(ledger.doubts.values()):
        if doubt.sent.look.exchange.scenario == scenario:
            _tried(doubt, sink)
            ledger.doubts.pop(doubt.sent.look.msgid)


def _tried(doubt: Doubt, sink: Sink) -> None:
    if doubt.lenient:
        return
    sink.verdict(
        bool(doubt.tried),
        "hospital.doubt",
        "HOS-DOUBT",
        doubt.sent.look,
        "",
        "",
        say("hospital.cleared_up"),
        say("hospital.nothing_done"),
        say("hospital.doubt_why"),
        say("hospital.cause.doubt"),
    )
