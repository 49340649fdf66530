"""Message ids may be an institution's own: then another institution's is a message never seen, and what becomes of that
is an open point of the interface."""

from attrs import evolve

from conformance.judge import judge
from conformance.mutants import mutant
from conformance.pack import load_pack
from conformance.profile import FEATURES, Profile
from conformance.run import certify_platform
from conformance.targets.transport import InProcessTransport
from sim.platform import reference
from sim.platform.readings import Readings
from sim.service import china_time

OWN_IDS = Profile(features={**FEATURES, "refuses_foreign_reversal": False})
ANSWERS = evolve(OWN_IDS, readings={"unknown_reversal": "answered"})


def certified(platforms, profile):
    """The packs in which institutions reverse each other's messages."""
    transport = InProcessTransport(platforms.call, china_time)
    return certify_platform(transport, profile, [load_pack("reversal"), load_pack("duplicates-and-timeouts")])


def test_who_answers_reversals_of_messages_never_seen_may_say_so():
    """Nothing is taken back, nothing is red, and the report says which scenarios were left out for what reason."""
    result = certified(reference(readings=Readings(unknown_reversal_refused=False)), ANSWERS)
    assert "passed" == result.verdict, [f.observation for f in result.errors]
    left_out = {one.id for one in result.scenarios if "refuses_foreign_reversal" in str(one.reason)}
    assert {"REV-N05", "REV-N14", "REV-N16"} == left_out


def test_a_conversation_in_which_it_is_accepted_is_not_judged_by_it():
    """Recorded with a stranger's reversal in it: neither broken nor held, and no lack of the run either."""
    talk = certified(reference(readings=Readings(unknown_reversal_refused=False)), Profile()).conversation
    looks = [o for o in judge(talk, ANSWERS) if o.clause == "ORD-REV-FOREIGN"]
    assert {"not_judged"} == {o.status for o in looks}
    result = evolve(certified(reference(), ANSWERS), observations=looks)
    assert () == result.untestable


def test_who_promises_nothing_special_is_held_to_it():
    """The same platform without that word is red, for what it accepts from strangers alone."""
    result = certified(reference(readings=Readings(unknown_reversal_refused=False)), Profile())
    assert {"ORD-REV-FOREIGN"} == {f.clause.id for f in result.errors}


def test_a_stranger_who_really_takes_back_is_seen_by_every_other_profile():
    """The word is no licence for the others: a platform that carries a stranger's reversal out is red by default."""
    assert "failed" == certified(mutant("breaks_rev_foreign").build(), Profile()).verdict
