"""Every check of the hospital's side over a conversation, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conformance.checks.hospital.facts import Ledger, Order, Sent
from conformance.checks.hospital.gateway import Gateway
from conformance.checks.hospital.ledger import follow
from conformance.checks.hospital.messages import Messages
from conformance.checks.hospital.orders import judge_answer, judge_as_asked, judge_open_at_end, judge_reason
from conformance.checks.hospital.outcomes import judge_outcome, judge_rest
from conformance.checks.hospital.sequence import judge_sequence
from conformance.checks.hospital.statement import judge_end_of_day, judge_statement
from conformance.checks.hospital.told import judge_told
from conformance.checks.sink import Sink
from conformance.conversation import Exchange
from conformance.drive.scenario import HospitalScenario
from conformance.profile import Profile
from conformance.scenario.model import Scenario


def judge_hospital(
    exchanges: Iterable[Exchange], profile: Profile, scenarios: Mapping[str, Scenario], sink: Sink
) -> None:
    """Judge what a hospital system said. Orders (from ``patient``) are there only where the suite drove it; what rests
    on them is otherwise not reached."""
    messages, gateway = Messages(profile, sink), Gateway(profile, sink)
    ledger, latest = Ledger(), None
    for ledger, one in follow(exchanges, scenarios):
        if isinstance(one, Sent):
            _message(ledger, one, messages, gateway, sink)
            continue
        if one.do == "start":
            _finish(ledger, latest, scenarios, sink)
        _order(ledger, one, sink)
        latest = one
    _finish(ledger, latest, scenarios, sink)


def _finish(ledger: Ledger, latest: Order | None, scenarios: Mapping[str, Scenario], sink: Sink) -> None:
    """A scenario, or a recording without orders, is over. Of one that broke off nothing is said."""
    if latest is None:
        judge_rest(ledger, "", sink)
        return
    scenario = scenarios.get(latest.scenario)
    acts = scenario.acts if isinstance(scenario, HospitalScenario) else ()
    whole = not acts or latest.look.exchange.step == acts[-1].name
    if whole and not latest.cut_short:
        judge_rest(ledger, latest.scenario, sink)


def _message(ledger: Ledger, sent: Sent, messages: Messages, gateway: Gateway, sink: Sink) -> None:
    """One message. Where a gateway did not let one pass, only what it asks for is said of the messages after it: what
    else is wrong with them follows from it, or is seen once it is put right. What operators are told is judged."""
    scenario = sent.look.exchange.scenario
    if not gateway.passes(sent):
        sent.turned_away = True
        ledger.turned_away.add(scenario)
    if sent.turned_away or ledger.kept_out(scenario):
        return
    if messages.judge(ledger, sent) and sent.again is None:
        judge_sequence(ledger, sent, sink)
        judge_statement(ledger, sent, sink)
    judge_outcome(ledger, sent, sink)


def _order(ledger: Ledger, order: Order, sink: Sink) -> None:
    """One order, after all that it led to."""
    if order.cut_short:
        return
    judge_answer(ledger, order, sink)
    patient = ledger.patients.get(order.patient)
    if order.answer is not None:
        judge_reason(order, order.answer, sink)
    if patient is not None:
        for sent in order.sent:
            judge_as_asked(order, patient, sent, sink)
        if order.answer is not None:
            judge_told(ledger, order, order.answer, patient, sink)
    if order.do == "end_day":
        judge_open_at_end(ledger, order, sink)
        judge_end_of_day(ledger, order, sink)
