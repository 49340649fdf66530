"""Recovery: whatever a crash or a lost answer left in doubt ends in one settlement or none, on both sides."""

from datetime import timedelta
from typing import Any

import pytest
from platform_desk import Desk, person, says, world

from sim.interface import envelope
from sim.platform import HUB, INTENTS, Answer, Lost, MemoryStore, Readings, Recovery, Reference
from sim.platform import ledger as ledgers
from sim.platform.intents import left_open
from sim.platform.province import Province
from sim.platform.records import ACCOUNTS, CLAIMS, LINES, SETTLEMENTS

HERE, THERE = "520000", "110000"
DOUBT = ("pending", "cancelling", "reversing")


class Crash(Exception):  # noqa: N818 - the end of a process, not an error
    """The process is gone."""


class Failing:
    """A store whose process ends at its n-th operation: before it takes effect, or right after."""

    def __init__(self, disk: MemoryStore, left: int, after: bool) -> None:
        self.disk = disk
        self.left = left
        self.after = after

    def __getattr__(self, name: str) -> Any:
        real = getattr(self.disk, name)

        def operation(*values: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.after:
                raise Crash
            result = real(*values)
            if self.left == 0:
                raise Crash
            return result

        return operation


class Machines:
    """What is durable of all parties, and the programs started on it."""

    def __init__(self, **given: Any) -> None:
        self.given = given
        self.disks = {name: MemoryStore() for name in (*world().parties,)}

    def start(self, **failing: Failing) -> Reference:
        """All parties from their disks."""
        return world(store=lambda name: failing.get(f"at{name}") or self.disks[name], **self.given)

    def stop(self) -> None:
        """What was not committed is gone."""
        for disk in self.disks.values():
            disk.rollback()


def wrong(machines: Machines, desk: Desk) -> list[str]:
    """Everything that does not agree between the two sides, in records, fee lines, account and ledgers."""
    treatment, insured = machines.disks[HERE], machines.disks[THERE]
    settlements = treatment.find(SETTLEMENTS, "visit", desk.mdtrt_id)
    claims = {c.setl_id: c for c in insured.all(CLAIMS) if c.mdtrt_id == desk.mdtrt_id and c.state == "valid"}
    found = [f"in doubt: {s.state}" for s in settlements if s.state in DOUBT]
    valid = {s.setl_id for s in settlements if s.state == "valid"}
    if valid != set(claims) or len(valid) > 1:
        found.append(f"valid here {valid}, there {set(claims)}")
    taken = {line.setl_id for line in treatment.find(LINES, "visit", desk.mdtrt_id)} - {""}
    if taken != valid:
        found.append(f"lines belong to {taken}, valid is {valid}")
    account = insured.get(ACCOUNTS, desk.patient.psn_no, desk.patient.insutype)
    balance = desk.patient.balance if account is None else account.balance
    if balance != desk.patient.balance - sum(claim.account for claim in claims.values()):
        found.append(f"balance {balance}")
    found += [str(each) for each in ledgers.check(machines.disks)]
    found += [str(each) for each in ledgers.in_flight(ledgers.books(machines.disks))]
    return found + [f"intent {each.msgid}" for each in left_open(treatment)]


def prepared(machines: Machines, infno: str) -> tuple[Desk, dict[str, Any]]:
    """A visit, and the message that is to be interrupted."""
    desk = Desk(machines.start()).ready()
    settlement = desk.message("2207", desk.settlement())
    if infno == "2207":
        return desk, settlement
    desk.setl_id = desk.call(settlement)["output"]["setlinfo"]["setl_id"]
    cancellation = desk.message("2208", desk.cancellation())
    if infno == "2208":
        return desk, cancellation
    if infno == "2601 of 2208":
        desk.call(cancellation)
        return desk, desk.message("2601", desk.reversal(cancellation))
    return desk, desk.message("2601", desk.reversal(settlement))


def interrupted(infno: str, party: str, at: int, after: bool) -> tuple[Machines, Desk, dict[str, Any], bool]:
    """Handle a message while a party crashes; False when the message was over before."""
    machines = Machines()
    desk, message = prepared(machines, infno)
    failing = Failing(machines.disks[party], at, after)
    ref = machines.start(**{f"at{party}": failing})
    try:
        ref.call(message, desk.now)
    except Crash:
        machines.stop()
        return machines, desk, message, True
    return machines, desk, message, False


@pytest.mark.parametrize("party", [HERE, HUB, THERE])
@pytest.mark.parametrize("infno", ["2207", "2208", "2601 of 2207", "2601 of 2208"])
def test_a_crash_at_any_operation_of_any_party_is_recovered(party, infno):
    """Both sides agree afterwards, and the sender's repetition gets an answer that fits what stands."""
    crashes = 0
    for after in (False, True):
        for at in range(1, 200):
            machines, desk, message, crashed = interrupted(infno, party, at, after)
            if not crashed:
                break
            crashes += 1
            ref = machines.start()
            ref.recover(desk.now + timedelta(hours=1))
            assert [] == wrong(machines, desk), (party, at, after)
            reply = ref.call(message, desk.now)
            assert envelope.is_accepted(reply), (party, at, after, reply["err_msg"])
            assert [] == wrong(machines, desk)
        else:
            pytest.fail("never over")
    assert crashes >= (1 if party == HUB else 20)


class Forgetful(Province):
    """Recovers by giving up: it drops what is in doubt and asks nobody."""

    def recover(self, *_: Any) -> Any:
        yield from ()
        for settlement in list(self.store.all(SETTLEMENTS)):
            if settlement.state == "pending":
                self.store.delete(SETTLEMENTS, settlement.setl_id)
        for intent in left_open(self.store):
            self.store.delete(INTENTS, intent.sender, intent.msgid)
        self.store.commit()
        return Recovery()


def test_a_recovery_that_gives_up_without_asking_is_found():
    """The check itself sees a claim that nobody has at the treatment place."""
    seen = []
    for at in range(1, 60):
        machines, desk, _, crashed = interrupted("2207", HERE, at, True)
        if not crashed:
            break
        party = machines.start().parties[HERE]
        forgetful = Forgetful(HERE, party.store, party.setting)
        with pytest.raises(StopIteration):
            next(forgetful.recover(desk.now))
        seen += wrong(machines, desk)
    assert any("there {'" in each for each in seen)


def in_doubt(desk: Desk, message: dict[str, Any], answered: bool) -> None:
    """Handle a message whose answer from elsewhere gets lost; ``answered``: after the insured place handled it."""
    work = desk.ref.parties[HERE].handle(message, desk.now)
    ask = next(work)
    if answered:
        desk.ref.call(ask.message, desk.now, HUB)
    with pytest.raises(StopIteration) as over:
        work.send(Lost())
    assert says(over.value.value, "unanswered")


@pytest.mark.parametrize("answered", [False, True])
def test_a_part_of_a_stay_is_recovered_on_another_day(answered):
    """The question is the same as on the first day, although the day would decide about it now."""
    desk = Desk(world()).sign_in().admit().upload()
    in_doubt(desk, desk.message("2304", desk.settlement(mid_setl_flag="1")), answered)
    desk.now += timedelta(days=3)
    assert 1 == len(desk.ref.recover(desk.now).resolved)
    states = [s.state for s in desk.ref.parties[HERE].store.all(SETTLEMENTS)]
    assert (["valid"], ["valid"]) == (states, [c.state for c in desk.ref.parties[THERE].store.all(CLAIMS)])


def test_what_began_is_not_judged_by_later_rules():
    """A sign-in that ended and a discharge that was taken back do not stop the end of a settlement that began."""
    readings = Readings(sign_in_required=True, discharge_first=True)
    desk = Desk(world(readings=readings)).ready_to_leave()
    in_doubt(desk, desk.message("2304", desk.settlement()), True)
    desk.now += timedelta(days=1)
    assert () == desk.ref.recover(desk.now).open
    assert ["valid"] == [s.state for s in desk.ref.parties[HERE].store.all(SETTLEMENTS)]


def test_what_cannot_be_asked_stays_in_doubt_and_is_resolved_later():
    """With the hub away nothing changes; young intents are left alone when asked to."""
    desk = Desk(world()).ready()
    in_doubt(desk, desk.message("2207", desk.settlement()), True)
    party = desk.ref.parties[HERE]
    work = party.recover(desk.now)
    next(work)
    with pytest.raises(StopIteration) as over:
        work.send(Lost())
    assert ((), 1) == (over.value.value.resolved, len(over.value.value.open))
    assert 1 == len(desk.ref.recover(desk.now, timedelta(minutes=1)).open)
    assert 1 == len(desk.ref.recover(desk.now + timedelta(minutes=1), timedelta(minutes=1)).resolved)
    assert Recovery() == desk.ref.recover(desk.now)


def test_recovery_and_the_message_itself_may_both_be_under_way():
    """Whichever hears its answer first, the other gives the same one."""
    desk = Desk(world()).ready()
    message = desk.message("2207", desk.settlement())
    party = desk.ref.parties[HERE]
    work = party.handle(message, desk.now)
    ask = next(work)
    assert 1 == len(desk.ref.recover(desk.now).resolved)
    with pytest.raises(StopIteration) as over:
        work.send(Answer(desk.ref.call(ask.message, desk.now, HUB)))
    assert over.value.value == desk.call(message)
    assert 0 == over.value.value["infcode"]


def test_a_refused_reversal_leaves_a_cancellation_that_is_recovered_too():
    """The cancellation was in doubt, its reversal cannot be carried out: it is carried out itself in the end."""
    desk = Desk(world()).ready()
    desk.settle()
    cancellation = desk.message("2208", desk.cancellation())
    in_doubt(desk, cancellation, True)
    spent = Desk(desk.ref, desk.patient, goods=desk.goods, batch="B2").ready()
    spent.settle()
    reversal = desk.message("2601", desk.reversal(cancellation))
    in_doubt(desk, reversal, False)
    account = desk.ref.parties[THERE].store.get(ACCOUNTS, desk.patient.psn_no, desk.patient.insutype)
    assert account is not None
    desk.ref.recover(desk.now)
    assert [] == left_open(desk.ref.parties[HERE].store)
    assert {"valid", "cancelled"} >= {s.state for s in desk.ref.parties[HERE].store.all(SETTLEMENTS)}
    valid = {s.setl_id for s in desk.ref.parties[HERE].store.all(SETTLEMENTS) if s.state == "valid"}
    assert valid == {c.setl_id for c in desk.ref.parties[THERE].store.all(CLAIMS) if c.state == "valid"}


def test_nothing_remains_of_an_intent_whose_message_is_over():
    """Settled, cancelled, reversed, filed: the table is empty again, so it never grows."""
    desk = Desk(world(), person("110000")).ready()
    settle = desk.message("2207", desk.settlement())
    desk.call(settle)
    desk.call(desk.message("2601", desk.reversal(settle)))
    desk.settle()
    desk.ok("2208", desk.cancellation())
    assert 0 == desk.ref.parties[HERE].store.count(INTENTS)
