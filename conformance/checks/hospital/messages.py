"""Each message of the hospital by itself: its form, its number, its sign-in, the insured place."""

from __future__ import annotations

from datetime import datetime

from conformance.checks.hospital.facts import Ledger, Sent, same_message
from conformance.checks.look import rows, text
from conformance.checks.schema import KINDS
from conformance.checks.sink import Sink, shown
from conformance.profile import Profile
from sim import interface
from sim.interface import Problem, wire
from sim.lang import say

SIGN_IN = "9001"
DIRECTIONS = ("REQ", "FORM", "CODE")


class Messages:
    """Judges each message against the dictionary and the envelope's own rules."""

    def __init__(self, profile: Profile, sink: Sink) -> None:
        self._profile = profile
        self._iface = interface.interface(profile.interface)
        self._sink = sink

    def judge(self, ledger: Ledger, sent: Sent) -> bool:
        """All of it. Whether it is a message of the interface, so that the rest can be asked too."""
        sink, look = self._sink, sent.look
        try:
            wire.decode(look.exchange.request.body)
        except wire.WireError as error:
            sink.note("fail", "hospital.json", "HOS-JSON", look, actual=shown("-"), why=error.text)
            return False
        sink.ok("hospital.json", "HOS-JSON", look)
        if sent.again is not None:
            self._same_number(sent, sent.again)
            return True
        sink.ok("hospital.msgid_unique", "HOS-MSGID-UNIQUE", look)
        known = look.infno in self._iface.transactions
        sink.verdict(
            known, "hospital.infno", "HOS-INFNO", look, "infno", "交易编号", say("hospital.known_infno"), look.infno
        )
        self._msgid(sent)
        if known:
            self._schema(sent)
        self._session(ledger, sent)
        self._place(ledger, sent)
        return known

    def _schema(self, sent: Sent) -> None:
        look = sent.look
        broken: set[str] = set()
        for problem in interface.validate(
            self._iface, look.infno, "request", look.request, numbers=self._profile.amounts
        ):
            kind = KINDS.get(problem.rule, "FORM")
            regional = problem.rule == "code_regional"
            inside = problem.path.startswith("input")
            name = kind if inside else "ENVELOPE"
            if not regional:
                broken.add(name)
            self._problem(sent, problem, name, lenient=regional)
        for name in ("ENVELOPE", *DIRECTIONS):
            if name not in broken:
                self._sink.ok(f"hospital.request.{name.lower()}", f"HOS-REQUEST-{name}", look)

    def _problem(self, sent: Sent, problem: Problem, name: str, *, lenient: bool) -> None:
        self._sink.note(
            "leniency" if lenient else "fail",
            f"hospital.request.{name.lower()}",
            f"HOS-REQUEST-{name}",
            sent.look,
            problem.path,
            problem.label,
            problem.expected,
            shown(problem.actual),
            cause=say("cause.schema", infno=sent.look.infno, field=problem.field or problem.path),
        )

    def _msgid(self, sent: Sent) -> None:
        """The institution's code, the moment, a serial."""
        look = sent.look
        msgid, code = look.msgid, look.institution
        moment = msgid[12:26]
        good = len(msgid) == 30 and msgid[:12] == code[:12].ljust(12, "0") and msgid[12:].isascii()
        good = good and msgid[12:].isdigit() and _is_moment(moment)
        at = ("msgid", "发送方报文ID")
        self._sink.verdict(good, "hospital.msgid", "HOS-MSGID", look, *at, say("hospital.msgid_form"), msgid)

    def _same_number(self, sent: Sent, first: Sent) -> None:
        """A number that came before: right only when the whole message is the same."""
        self._sink.verdict(
            same_message(first.look, sent.look),
            "hospital.msgid_unique",
            "HOS-MSGID-UNIQUE",
            sent.look,
            "msgid",
            "发送方报文ID",
            say("judge.unique"),
            say("hospital.number_of", seq=first.look.seq),
            say("hospital.number_again"),
            say("hospital.cause.number"),
        )

    def _session(self, ledger: Ledger, sent: Sent) -> None:
        look = sent.look
        given = text(look.request.get("sign_no"))
        if look.infno == SIGN_IN or (not ledger.driven and given not in ledger.sign_nos):
            return  # in recorded traffic the sign-in may have been before
        self._sink.verdict(
            given in ledger.sign_nos and given != "",
            "hospital.sign_in",
            "HOS-SIGN-IN",
            look,
            "sign_no",
            "交易签到流水号",
            say("hospital.sign_no"),
            given or say("judge.absent"),
            cause=say("hospital.cause.sign_in"),
        )

    def _place(self, ledger: Ledger, sent: Sent) -> None:
        """A message about a person names the place that 1101 told of this person."""
        look = sent.look
        psn_no = look.psn_no or next((text(row.get("psn_no")) for row in _nodes(sent) if row.get("psn_no")), "")
        places = ledger.places.get(psn_no)
        if not psn_no or places is None:
            return
        insutype = text(look.data.get("insutype"))
        wanted = {places[insutype]} if insutype in places else set(places.values())
        given = text(look.request.get("insuplc_admdvs"))
        self._sink.verdict(
            given in wanted,
            "hospital.insured_place",
            "HOS-INSUPLC",
            look,
            "insuplc_admdvs",
            "参保地医保区划",
            ", ".join(sorted(wanted)),
            given or say("judge.absent"),
            say("hospital.place_why"),
            say("hospital.cause.place"),
        )


def _nodes(sent: Sent) -> list[dict[str, object]]:
    given = sent.look.request.get("input")
    return [dict(row) for node in (given.values() if isinstance(given, dict) else ()) for row in rows(node)]


def _is_moment(digits: str) -> bool:
    try:
        datetime.strptime(digits, "%Y%m%d%H%M%S")
    except ValueError:
        return False
    return True
