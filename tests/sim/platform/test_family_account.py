"""acct_used_flag 2: the person's own account first, then that of the family member who shares his (账户共济)."""

import pytest
from attrs import evolve
from platform_desk import Desk, says, world

from sim.money import parse
from sim.platform import ledger, persons
from sim.platform.records import ACCOUNTS


def family():
    """A retired person of Beijing with little of his own, and the member who shares."""
    member = {each.psn_no: each for each in persons()}
    one = next(each for each in persons() if each.family and each.insuplc_admdvs == "110000")
    return evolve(one, balance=10_00), member[one.family]


@pytest.fixture
def desks():
    """The patient's desk, ready to settle, and one that only looks at the member's account."""
    one, member = family()
    ref = world(people=[one, member, *(each for each in persons() if each.psn_no not in (one.psn_no, member.psn_no))])
    return Desk(ref, one).ready(), Desk(ref, member)


def balances(desks):
    return tuple(desk.balance() for desk in desks)


def test_the_own_account_pays_first_and_the_family_s_the_rest(desks):
    """acct_mulaid_pay is the family's part of acct_pay, balc the own balance; the trial leaves no trace."""
    desk, _ = desks
    before = balances(desks)
    trial = desk.ok("2206", desk.asked(acct_used_flag="2"))["setlinfo"]
    assert before == balances(desks)
    head = desk.ok("2207", desk.settlement(acct_used_flag="2"))["setlinfo"]
    person = parse(head["psn_part_amt"])
    assert (person, person - 10_00, 0, 0) == tuple(
        parse(head[name]) for name in ("acct_pay", "acct_mulaid_pay", "psn_cash_pay", "balc")
    )
    assert [trial[name] for name in ("acct_pay", "acct_mulaid_pay")] == [
        head[name] for name in ("acct_pay", "acct_mulaid_pay")
    ]
    assert (0, before[1] - (person - 10_00)) == balances(desks)


def test_a_cancellation_and_a_reversal_give_back_to_whom_it_was_taken_from(desks):
    """Both balances, after each of settling, cancelling, and reversing that cancellation and the settlement."""
    desk, _ = desks
    before = balances(desks)
    settling = desk.message("2207", desk.settlement(acct_used_flag="2"))
    desk.setl_id = desk.call(settling)["output"]["setlinfo"]["setl_id"]
    settled = balances(desks)
    assert all(one < other for one, other in zip(settled, before, strict=True))
    cancelling = desk.message("2208", desk.cancellation())
    assert 0 == desk.call(cancelling)["infcode"]
    assert before == balances(desks)
    desk.ok("2601", desk.reversal(cancelling))
    assert settled == balances(desks)
    desk.ok("2601", desk.reversal(settling))
    assert before == balances(desks)
    assert () == ledger.check({name: party.store for name, party in desk.ref.parties.items()})


def test_without_sharing_it_is_refused_and_flag_1_leaves_the_family_alone(desks):
    """Whoever has no family account is told so; with flag 1 only the own account pays."""
    desk, member = desks
    alone = Desk(desk.ref, next(p for p in persons() if not p.family and p.insuplc_admdvs == "110000")).ready()
    assert says(alone.send("2207", alone.settlement(acct_used_flag="2")), "account.shared")
    held = member.balance()
    head = desk.settle()
    assert ((10_00, 0), held) == (
        tuple(parse(head[name]) for name in ("acct_pay", "acct_mulaid_pay")),
        member.balance(),
    )


def test_a_cancellation_cannot_be_reversed_when_the_family_spent_the_money(desks):
    """What was given back to the member and used since is not taken a second time."""
    desk, member = desks
    desk.setl_id = desk.ok("2207", desk.settlement(acct_used_flag="2"))["setlinfo"]["setl_id"]
    cancelling = desk.message("2208", desk.cancellation())
    desk.call(cancelling)
    poor = desk.ref.parties["110000"].store
    account = next(each for each in poor.all(ACCOUNTS) if each.psn_no == member.patient.psn_no)
    poor.put(ACCOUNTS, evolve(account, balance=1))
    poor.commit()
    assert says(desk.send("2601", desk.reversal(cancelling)), "reversal.balance")


def test_every_place_has_one_who_shares_with_somebody_of_the_same_place():
    """The fixtures can try it everywhere but where nobody has an account."""
    known = {each.psn_no: each for each in persons()}
    sharing = [each for each in persons() if each.family]
    assert {each.insuplc_admdvs for each in persons() if each.balance} == {each.insuplc_admdvs for each in sharing}
    assert all(known[each.family].insuplc_admdvs == each.insuplc_admdvs for each in sharing)
