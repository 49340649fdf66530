"""Exactly once, whatever is repeated, reordered, lost or interleaved."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st
from platform_desk import Desk, person, says, world

from sim.interface import wire
from sim.platform import HUB, Answer, Lost, Outbound, Reference, ledger, province_of
from sim.platform.insured import INSURED
from sim.platform.insured.benefit import compute, printed
from sim.platform.insured.giveback import move
from sim.platform.records import ACCOUNTS, CLAIMS, LINES, SETTLEMENTS, USED, Claim
from sim.platform.treatment import TREATMENT

Message = dict[str, Any]


# --- driving by hand -------------------------------------------------------------------------------------------------


@define
class Travelling:
    """One message on its way, moved a hop at a time, so that others can go in between and what travels can be lost."""

    ref: Reference
    message: Message
    at: str
    works: list[Generator[Any, Any, Message]] = field(factory=list)
    ask: Outbound | None = None
    answer: Message | None = None
    reply: Message | None = None
    begun: bool = False

    @property
    def over(self) -> bool:
        return self.reply is not None

    def step(self, now: Any, lose: bool = False) -> None:
        """One hop. ``lose``: what travels (an ask or an answer) is lost, and whoever waits for it learns that."""
        if not self.begun:
            self.begun = True
            self._run(self.ref.parties[self.at].handle(self.message, now), None)
        elif self.ask is not None:
            ask, self.ask = self.ask, None
            if lose:
                self._run(self.works.pop(), Lost())
            else:
                self._run(self.ref.parties[ask.to].handle(ask.message, now), None)
        else:
            assert self.answer is not None
            answer, self.answer = self.answer, None
            self._run(self.works.pop(), Lost() if lose else Answer(answer))

    def _run(self, work: Generator[Any, Any, Message], value: Any) -> None:
        try:
            self.ask = next(work) if value is None else work.send(value)
            self.works.append(work)
        except StopIteration as stop:
            if self.works:
                self.answer = stop.value
            else:
                self.reply = stop.value


def travel(desk: Desk, message: Message) -> Travelling:
    return Travelling(desk.ref, message, desk.ref.entry(message))


# --- what must hold --------------------------------------------------------------------------------------------------


def audit(desk: Desk) -> None:
    """Both sides agree, money and counters are exactly those of the valid settlements, and a batch has at most one."""
    treatment = desk.ref.parties["520000"].store
    insured = desk.ref.parties[province_of(desk.place)].store
    settlements = {s.setl_id: s for s in treatment.find(SETTLEMENTS, "visit", desk.mdtrt_id)}
    claims = {c.setl_id: c for c in insured.all(CLAIMS) if c.mdtrt_id == desk.mdtrt_id}
    valid = {setl_id for setl_id, claim in claims.items() if claim.state == "valid"}
    assert len(valid) <= 1
    assert {s.setl_id for s in settlements.values() if s.state == "valid"} == valid
    taken = {line.setl_id for line in treatment.find(LINES, "visit", desk.mdtrt_id)}
    assert taken == (valid or {""})
    account = insured.get(ACCOUNTS, desk.patient.psn_no, desk.patient.insutype)
    balance = desk.patient.balance if account is None else account.balance
    assert desk.patient.balance - sum(claims[setl_id].account for setl_id in valid) == balance
    used = insured.get(USED, desk.patient.psn_no, desk.patient.insutype, 2024)
    moved: dict[str, int] = {}
    for setl_id in valid:
        moved |= claims[setl_id].moved
    for name in () if used is None else ("outpatient_deductible", "outpatient_in_scope", "outpatient_paid"):
        assert moved.get(name, 0) == getattr(used.accumulators, name)


def resolve(desk: Desk, messages: list[Message]) -> None:
    """What a careful sender does at the end: repeat whatever got no definite answer until it has one."""
    for _ in range(len(messages) + 1):
        for message in messages:
            desk.ref.call(message, desk.now)


# --- repetition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["110000", "520100"])
@pytest.mark.parametrize("infno", ["2201", "2204", "2207", "2208", "2601"])
def test_a_repeated_message_gets_the_stored_reply(place, infno):
    """Same sender, msgid and body: the very reply again, and nothing happens a second time."""
    desk = Desk(world(), person(place))
    if infno == "2201":
        desk.sign_in()
        message = desk.message(infno, desk.registration())
    elif infno == "2204":
        desk.sign_in().register().describe()
        message = desk.message(infno, desk.lines())
    elif infno == "2207":
        desk.ready()
        message = desk.message(infno, desk.settlement())
    else:
        desk.ready()
        settle = desk.message("2207", desk.settlement())
        desk.setl_id = desk.call(settle)["output"]["setlinfo"]["setl_id"]
        message = desk.message(infno, desk.cancellation() if infno == "2208" else desk.reversal(settle))
    first = desk.call(message)
    assert 0 == first["infcode"]
    before = desk.balance(), desk.used()
    desk.now = desk.now.replace(hour=11)
    assert first == desk.call({**dict(reversed(message.items()))})
    assert before == (desk.balance(), desk.used())


def test_a_message_signed_anew_is_the_same_message():
    """A signature differs each time it is made; only what it signs counts, and that may not change."""
    desk = Desk(world()).ready()
    message = {**desk.message("2207", desk.settlement()), "signtype": "SM2", "cainfo": "first"}
    first = desk.call(message)
    assert (0, first) == (first["infcode"], desk.call({**message, "cainfo": "second"}))
    changed = {**message, "cainfo": "third", "input": desk.settlement(acct_used_flag="0")}
    assert says(desk.call(changed), "message.other_body")


def test_what_a_caller_does_to_a_reply_does_not_change_the_stored_one():
    """The journal keeps bytes, not the object it handed out."""
    desk = Desk(world()).ready()
    message = desk.message("2207", desk.settlement())
    first = desk.call(message)
    kept = first["output"]["setlinfo"]["setl_id"]
    first["output"]["setlinfo"].clear()
    assert kept == desk.call(message)["output"]["setlinfo"]["setl_id"]


def test_a_msgid_with_another_body_is_refused():
    """A used msgid cannot carry anything else; the first message's effect stays."""
    desk = Desk(world()).ready()
    message = desk.message("2207", desk.settlement())
    desk.call(message)
    other = {**message, "input": desk.settlement(acct_used_flag="0")}
    assert says(desk.call(other), "message.other_body")
    assert says(desk.call({**message, "infno": "2206"}), "message.other_body")
    audit(desk)


def test_two_hospitals_may_use_the_same_msgid():
    """The sender belongs to the key."""
    desk = Desk(world()).sign_in()
    message = desk.message("2201", desk.registration())
    other = Desk(desk.ref, hospital=evolve(desk.hospital, fixmedins_code="H52019900002"))
    assert 0 == desk.call(message)["infcode"]
    assert 0 == other.call({**other.message("2201", other.registration()), "msgid": message["msgid"]})["infcode"]


def test_a_refusal_is_repeated():
    """A refused message is refused again with the same reply, also when it would be right by now."""
    desk = Desk(world()).sign_in().register()
    message = desk.message("2204", desk.lines())
    first = desk.call(message)
    assert says(first, "visit.not_described")
    desk.describe()
    assert first == desk.call(message)
    desk.upload()


# --- reversal that overtakes -----------------------------------------------------------------------------------------


def test_a_reversal_can_overtake_its_original():
    """2601 of a message that never came is refused and remembered: the late original is refused and does nothing."""
    desk = Desk(world()).ready()
    late = desk.message("2207", desk.settlement())
    assert says(desk.send("2601", desk.reversal(late)), "reversal.unknown")
    assert says(desk.call(late), "message.reversed")
    audit(desk)
    desk.settle()
    audit(desk)


def test_the_insured_place_answers_a_question_once_also_when_it_refuses():
    """A late copy of what was refused is refused the same, though it could be carried out by now."""
    patient = evolve(person(), balance=1000)
    desk = Desk(world(people=[patient]), patient).ready()
    desk.settle()
    cancel = desk.message("2208", desk.cancellation())
    desk.call(cancel)
    other = Desk(desk.ref, patient).ready()
    other.settle()
    reversal = desk.message("2601", desk.reversal(cancel))
    question = next(desk.ref.parties["520000"].handle(reversal, desk.now)).message
    told = desk.ref.call(question, desk.now, "110000")
    assert says(told, "reversal.balance")
    other.ok("2208", other.cancellation())
    assert told == desk.ref.call(question, desk.now, "110000")
    assert says(desk.call(reversal), "reversal.balance")
    audit(desk)
    desk.ok("2601", desk.reversal(cancel))
    audit(desk)


@pytest.mark.parametrize("infno", ["2207", "2208"])
def test_the_slower_of_two_reversals_changes_nothing_any_more(infno):
    """Both ask; when the second has an answer the visit goes on; the answer to the first, later, leaves that alone."""
    desk = Desk(world()).ready()
    original = desk.message("2207", desk.settlement())
    desk.setl_id = desk.call(original)["output"]["setlinfo"]["setl_id"]
    if infno == "2208":
        original = desk.message("2208", desk.cancellation())
        desk.call(original)
    slower = travel(desk, desk.message("2601", desk.reversal(original)))
    for _ in range(2):
        slower.step(desk.now)
    desk.ok("2601", desk.reversal(original))
    if infno == "2207":
        desk.settle()
    else:
        desk.ok("2208", desk.cancellation())
    while not slower.over:
        slower.step(desk.now)
    assert 0 == slower.reply["infcode"]
    audit(desk)
    assert () == ledger.check({name: party.store for name, party in desk.ref.parties.items()})


def test_while_a_reversal_is_in_doubt_so_is_its_original():
    """Nobody says that a cancellation is reversed before it is: here the reversal is refused, and it stands."""
    patient = evolve(person(), balance=1000)
    desk = Desk(world(people=[patient]), patient).ready()
    desk.settle()
    cancel = desk.message("2208", desk.cancellation())
    desk.call(cancel)
    reversal = travel(desk, desk.message("2601", desk.reversal(cancel)))
    for _ in range(2):
        reversal.step(desk.now)
    assert says(desk.call(cancel), "message.reversing")
    other = Desk(desk.ref, patient).ready()
    other.settle()
    assert 0 == other.balance()
    while not reversal.over:
        reversal.step(desk.now)
    assert says(reversal.reply, "reversal.balance")
    assert 0 == desk.call(cancel)["infcode"]


@pytest.mark.parametrize("hops", range(6))
@pytest.mark.parametrize("infno", ["2207", "2208", "2401"])
def test_a_reversal_wins_over_an_original_under_way(infno, hops):
    """Reversed at any hop, the original ends refused and both sides hold nothing of it."""
    desk = Desk(world())
    if infno == "2401":
        desk.sign_in()
        original = desk.message(infno, desk.admission())
    else:
        desk.ready()
        if infno == "2208":
            desk.settle()
        original = desk.message(infno, desk.settlement() if infno == "2207" else desk.cancellation())
    call = travel(desk, original)
    for _ in range(hops):
        if not call.over:
            call.step(desk.now)
    if hops:
        assert 0 == desk.send("2601", desk.reversal(original))["infcode"]
    else:
        assert says(desk.send("2601", desk.reversal(original)), "reversal.unknown")
    while not call.over:
        call.step(desk.now)
    assert says(desk.call(original), "message.reversed")
    if hops < 5:
        assert says(call.reply, "message.reversed")
    if infno != "2401":
        audit(desk)
        if infno == "2207":
            desk.settle()
        else:
            desk.ok("2208", desk.cancellation())
        audit(desk)


# --- lost answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hop", [1, 2, 3, 4])
@pytest.mark.parametrize("infno", ["2207", "2208"])
@pytest.mark.parametrize("then", ["again", "reverse", "other"])
def test_a_lost_answer_is_resolved(infno, hop, then):
    """Lost at any hop: the sender is told that the outcome is unknown. The same message again ends it, a reversal ends it
    the other way, and a new message for the same thing is refused until then."""
    desk = Desk(world()).ready()
    if infno == "2208":
        desk.settle()
    content = desk.settlement() if infno == "2207" else desk.cancellation()
    message = desk.message(infno, content)
    call = travel(desk, message)
    for _ in range(hop):
        call.step(desk.now)
    call.step(desk.now, lose=True)
    while not call.over:
        call.step(desk.now)
    assert says(call.reply, "unanswered")
    if then == "other":
        assert says(desk.send(infno, content), "settlement.busy")
    if then == "reverse":
        desk.ok("2601", desk.reversal(message))
    else:
        assert 0 == desk.call(message)["infcode"]
    audit(desk)


# --- any interleaving ------------------------------------------------------------------------------------------------

STEPS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=60)


def disorder(ref: Reference, steps: list[tuple[int, int]]) -> Desk:
    """Two settlements of one batch, a copy of the first, a reversal of it, and a cancellation, in any order and with
    losses; then everything is repeated until it has a definite answer."""
    desk = Desk(ref).ready()
    first, second = desk.message("2207", desk.settlement()), desk.message("2207", desk.settlement())
    reversal = desk.message("2601", desk.reversal(first))
    desk.setl_id = "52000020000000000001"  # the first that the province gives
    cancel = desk.message("2208", desk.cancellation())
    undo = desk.message("2601", desk.reversal(cancel))
    messages = [first, second, first, reversal, cancel, undo]
    calls = [travel(desk, message) for message in messages]
    for which, chance in steps:
        if not calls[which].over:
            calls[which].step(desk.now, lose=chance == 0 and calls[which].begun)
    for call in calls:
        while call.begun and not call.over:
            call.step(desk.now)
    resolve(desk, [message for call, message in zip(calls, messages, strict=True) if call.begun])
    return desk


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_happens_a_batch_is_settled_at_most_once_and_the_sides_agree(steps):
    """The property: see `audit`."""
    audit(disorder(world(), steps))


def settles_twice(context: Any) -> Any:
    """An insured place that forgets to look for an earlier claim."""
    relay, computed = context.relay, compute(context)
    claim = Claim(
        setl_id=relay["setl_id"] + "X" * context.store.count(CLAIMS),
        psn_no=computed.person.psn_no,
        insutype=computed.person.insutype,
        year=2024,
        treated_in=relay["from"],
        fixmedins_code=context.sender,
        mdtrt_id=context.node()["mdtrt_id"],
        batch=relay["batch"],
        made_by=context.msgid,
        at=context.now,
        state="valid",
        amounts=computed.settlement.amounts,
        moved={},
    )
    context.store.put(CLAIMS, claim)
    move(context, computed.person, claim, 1)
    context.store.put(CLAIMS, evolve(claim, setl_id=claim.setl_id + "Y"))
    return printed(context, computed)


def forgets_to_give_back(context: Any) -> Any:
    """An insured place that acknowledges a reversal and does nothing."""
    return {}


def forgets_the_intent(context: Any) -> Any:
    """A treatment place that does not store what it is about to ask, so a second message can ask too."""
    steps = TREATMENT["2207"](context)
    outbound = next(steps)
    for pending in context.store.find(SETTLEMENTS, "visit", context.node()["mdtrt_id"]):
        context.store.delete(SETTLEMENTS, pending.setl_id)
    answer = yield outbound
    try:
        steps.send(answer)
    except StopIteration as stop:
        return stop.value


def ignores_overtaken(context: Any) -> Any:
    """An insured place that does not remember a reversal of what it has not seen."""
    known = context.party.relayed.known(context.sender, context.relay["omsgid"])
    return INSURED["2601"](context) if known is not None else {}


BROKEN: dict[str, dict[str, dict[str, Callable[..., Any]]]] = {
    "settles twice": {"insured": {"2207": settles_twice}},
    "forgets to give back": {"insured": {"2601": forgets_to_give_back}},
    "forgets the intent": {"treatment": {"2207": forgets_the_intent}},
    "ignores overtaken": {"insured": {"2601": ignores_overtaken}},
}
ORDERS = [
    [(0, 1)] * 6,
    [(0, 1)] * 6 + [(3, 1)] * 6,
    [(0, 1)] * 2 + [(1, 1)] * 6 + [(0, 1)] * 6,
    [(0, 1)] * 2 + [(3, 1)] * 6 + [(0, 1)] * 6,
]


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_the_property_catches_implementations_that_break_it(broken):
    """Each broken variant fails the same audit in one of a few orders that the real one passes."""

    def fails(ref: Reference, order: list[tuple[int, int]]) -> bool:
        try:
            audit(disorder(ref, order))
        except AssertionError:
            return True
        return False

    assert not any(fails(world(), order) for order in ORDERS)
    assert any(fails(world(handlers=broken), order) for order in ORDERS)


def test_a_party_that_fails_leaves_nothing_behind():
    """An exception in a handler rolls back what the handler wrote."""

    def fails(context: Any) -> Any:
        steps = TREATMENT["2204"](context)
        outbound = next(steps)
        answer = yield outbound
        with pytest.raises(StopIteration):
            steps.send(answer)
        raise RuntimeError("planted")

    ref = world(handlers={"treatment": {"2204": fails}})
    desk = Desk(ref).sign_in().register().describe()
    with pytest.raises(RuntimeError, match="planted"):
        desk.send("2204", desk.lines())
    assert [] == ref.parties["520000"].store.find(LINES, "visit", desk.mdtrt_id)


def test_the_hub_reports_an_unreachable_province_as_unknown():
    """The hub's own Lost is not a refusal: the treatment place keeps the intent."""
    desk = Desk(world()).ready()
    message = desk.message("2207", desk.settlement())
    call = travel(desk, message)
    for _ in range(2):
        call.step(desk.now)
    assert HUB != call.ask.to == "110000"
    call.step(desk.now, lose=True)
    while not call.over:
        call.step(desk.now)
    assert says(call.reply, "unanswered")
    states = [s.state for s in desk.ref.parties["520000"].store.find(SETTLEMENTS, "visit", desk.mdtrt_id)]
    assert ["pending"] == states


def test_a_reply_longer_than_a_request_may_be_is_repeated():
    """What the platform wrote itself it can read again, however long it became."""
    long = {"data": {"note": "1" * (wire.MAX_BYTES + 1)}}
    ref = world(handlers={"treatment": {"2202": lambda _: long}})
    desk = Desk(ref).sign_in().register()
    message = desk.message("2202", {"data": {**desk.whose(), "ipt_otp_no": "O1"}})
    assert long == desk.call(message)["output"] == desk.call(message)["output"]
