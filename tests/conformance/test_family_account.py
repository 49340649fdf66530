"""acct_used_flag 2: what the account of a family member pays is reckoned as far as the conversation tells."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from flows import Recording
from platform_desk import Desk

from conformance.conversation import Conversation, Exchange, Raw
from conformance.judge import explain, judge
from conformance.mutants import right
from conformance.observation import Observation
from conformance.pack import Pack
from conformance.profile import Profile, read_profile
from conformance.setup_data import export
from sim.errors import BadFileError
from sim.interface import wire
from sim.platform import persons

Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def talk(outpatient: Pack) -> Conversation:
    """OUT-026 at the right platform: the own account is used up, the member's pays the rest."""
    scenario = next(one for one in outpatient.scenarios if one.id == "OUT-026")
    run = right([evolve(outpatient, scenarios=(scenario,))])
    assert run.verdict == "passed"
    return Conversation(tuple(e for e in run.conversation if e.scenario == "OUT-026"))


def answering(talk: Conversation, infno: str, change: Change, step: str = "") -> Conversation:
    """The conversation with the replies to one transaction changed."""

    def changed(exchange: Exchange) -> Exchange:
        if exchange.infno != infno or exchange.reply is None or (step and exchange.step != step):
            return exchange
        message = wire.decode(exchange.reply.body)
        change(message["output"])
        return evolve(exchange, reply=Raw(wire.encode(message), (), 200))

    return Conversation(tuple(map(changed, talk)))


def moved(**by: str) -> Change:
    """Amounts of setlinfo raised by so many yuan."""

    def change(output: dict[str, Any]) -> None:
        for name, more in by.items():
            output["setlinfo"][name] += Decimal(more)

    return change


def exact(talk: Conversation, profile: Profile | None = None) -> list[Observation]:
    found = judge(talk, profile or Profile())
    return [one for one in found if one.basis == "exact"]


def failed(found: list[Observation]) -> set[tuple[str, str]]:
    return {(one.check, one.path.rpartition(".")[2]) for one in found if one.status == "fail"}


def without_member(talk: Conversation) -> Conversation:
    """The first step, which shows the member's account, left out."""
    return Conversation(tuple(e for e in talk if e.step != "1101"))


def head(talk: Conversation, infno: str) -> dict[str, Any]:
    message = next(e.reply.message for e in talk if e.infno == infno and e.reply is not None)
    assert message is not None
    found: dict[str, Any] = message["output"]["setlinfo"]
    return found


def test_both_accounts_and_the_cash_are_judged_to_the_fen(talk: Conversation) -> None:
    """Trial and settlement; every fen moved between the three is seen at its field."""
    assert 0 < head(talk, "2207")["acct_mulaid_pay"] < head(talk, "2207")["acct_pay"]
    judged = [one for one in exact(talk) if one.check == "exact.person"]
    assert ["pass", "pass"] == [one.status for one in judged]
    less = answering(talk, "2207", moved(acct_pay="-0.01", acct_mulaid_pay="-0.01", psn_cash_pay="0.01"))
    assert {("exact.person", name) for name in ("acct_pay", "acct_mulaid_pay", "psn_cash_pay")} == failed(exact(less))
    first = answering(talk, "2207", moved(acct_mulaid_pay="0.01"))
    assert {("exact.person", "acct_mulaid_pay")} == failed(exact(first))


def test_where_the_balance_was_not_shown_only_the_split_is_left_open(talk: Conversation) -> None:
    """What funds pay and what is left to the person is judged all the same; the split is told to be not judged."""
    unseen = without_member(talk)
    found = exact(unseen)
    assert set() == failed(found)
    assert {"pass"} == {one.status for one in found if one.check in ("exact.funds", "exact.deductible", "exact.parts")}
    told = [one.why for one in found if (one.check, one.status) == ("exact.person", "not_judged")]
    assert 2 == len(told)
    assert all(why is not None and "family" in why.show("en") for why in told)
    split = answering(unseen, "2207", moved(acct_pay="-1.00", acct_mulaid_pay="-1.00", psn_cash_pay="1.00"))
    assert set() == failed(exact(split))
    share = answering(unseen, "2207", moved(psn_part_amt="1.00", psn_cash_pay="1.00", fund_pay_sumamt="-1.00"))
    assert {("exact.person", "psn_part_amt"), ("exact.funds", "fund_pay_sumamt")} == failed(exact(share))


def test_an_explanation_says_nothing_of_a_split_that_is_not_known(talk: Conversation) -> None:
    """Beside the target's answer stands what is known, not a guess."""
    unseen = without_member(talk)
    known, left_open = explain(talk, Profile()), explain(unseen, Profile())
    for seq, one in left_open.items():
        gone = set(known[seq].amounts) - set(one.amounts)
        assert {"acct_pay", "acct_mulaid_pay", "psn_cash_pay", "balc"} == gone
        assert one.flow is None


def test_the_member_alone_is_another_reading_and_no_finding(talk: Conversation) -> None:
    """acct_used_flag 2 may mean the member's account only; that is told, and a sum that fits neither is a finding."""
    share = head(talk, "2207")["psn_part_amt"]
    held = next(
        e.reply.message["output"]["insuinfo"][0]["balc"]
        for e in talk
        if e.step == "1101" and e.reply is not None and e.reply.message is not None
    )
    alone = min(held, share)

    def read_so(output: dict[str, Any]) -> None:
        output["setlinfo"] |= {"acct_pay": alone, "acct_mulaid_pay": alone, "psn_cash_pay": share - alone}

    both = answering(answering(talk, "2206", read_so), "2207", read_so)
    found = [one for one in exact(both) if one.check == "exact.person"]
    assert {"pass", "not_judged"} == {one.status for one in found}
    half = answering(both, "2207", moved(acct_pay="-5.00", acct_mulaid_pay="-5.00", psn_cash_pay="5.00"))
    assert ("exact.person", "acct_mulaid_pay") in failed(exact(half))


def test_an_own_balance_that_was_not_shown_leaves_the_split_open_too(outpatient: Pack) -> None:
    """With flag 1: funds are judged, and only who pays the rest is not."""
    scenario = next(one for one in outpatient.scenarios if one.id == "OUT-010")
    run = right([evolve(outpatient, scenarios=(scenario,))])

    def hidden(output: dict[str, Any]) -> None:
        for row in output["insuinfo"]:
            del row["balc"]

    talk = answering(Conversation(tuple(e for e in run.conversation if e.scenario == "OUT-010")), "1101", hidden)
    assert {"pass"} == {one.status for one in exact(talk) if one.check == "exact.funds"}
    assert "not_judged" in {one.status for one in exact(talk) if one.check == "exact.person"}
    assert {("exact.funds", "hifp_pay")} == failed(exact(answering(talk, "2207", moved(hifp_pay="0.01"))))


class Family:
    """A retired person with little of his own and the member who shares, both at desks of one recorded platform."""

    def __init__(self) -> None:
        known = {each.psn_no: each for each in persons()}
        patient = next(each for each in persons() if each.family and each.insuplc_admdvs == "110000")
        self.recording = Recording()
        self.patient = Desk(self.recording, patient)
        self.member = Desk(self.recording, known[patient.family])

    def read(self) -> None:
        for desk in (self.member, self.patient):
            desk.ok("1101", {"data": desk.shown()})
            desk.ok("5206", {"data": {"psn_no": desk.patient.psn_no}})

    def undo_and_settle_again(self) -> None:
        """Settled, cancelled, settled again, reversed; read after each."""
        self.patient.ready()
        self.read()
        self.patient.setl_id = self.settle()
        self.read()
        cancelling = self.patient.message("2208", self.patient.cancellation())
        self.patient.call(cancelling)
        self.read()
        self.patient.ok("2601", self.patient.reversal(cancelling))
        self.read()

    def settle(self) -> str:
        found: str = self.patient.ok("2207", self.patient.settlement(acct_used_flag="2"))["setlinfo"]["setl_id"]
        return found


def test_what_goes_back_to_two_accounts_is_no_finding() -> None:
    """A cancellation gives each account its own part back; all of it given to one is a finding."""
    family = Family()
    family.undo_and_settle_again()
    found = judge(family.recording.conversation, Profile())
    assert [] == [(one.check, one.path) for one in found if one.status == "fail"]
    assert "pass" in {one.status for one in found if one.check == "life.balance_back"}
    assert ["pass"] * 3 == [one.status for one in found if one.check == "life.family"]


@pytest.mark.parametrize("step", [1, 2, 3])
def test_an_account_that_does_not_move_with_what_it_paid_is_found(step: int) -> None:
    """The member's balance stays as it was: after the settlement, its cancellation, or when that is taken back."""
    family = Family()
    family.undo_and_settle_again()
    talk = family.recording.conversation
    member = family.member.patient.psn_no
    shown = [e for e in talk if e.infno == "1101" and e.reply is not None and member.encode() in e.reply.body]

    def changed(exchange: Exchange) -> Exchange:
        return evolve(exchange, reply=shown[step - 1].reply) if exchange is shown[step] else exchange

    found = judge(Conversation(tuple(map(changed, talk))), Profile())
    assert "fail" in {one.status for one in found if one.check == "life.family"}


def test_a_member_whose_account_paid_meanwhile_is_not_judged_by_an_old_balance() -> None:
    """The member's own settlement, right after the account paid for somebody else: as reckoned where it is declared
    whose it is, open where it is not."""
    family = Family()
    member, patient = family.member, family.patient
    patient.ready()
    member.ready()
    family.read()
    family.settle()
    member.settle()
    talk = family.recording.conversation
    undeclared = Profile(people=tuple(evolve(one, family="") for one in persons()))
    for profile, status in ((Profile(), "pass"), (undeclared, "not_judged")):
        found = [one for one in exact(talk, profile) if one.check == "exact.person" and one.seq == len(talk.exchanges)]
        assert status in {one.status for one in found}
        assert "fail" not in {one.status for one in judge(talk, profile)}


def test_a_profile_declares_who_shares(tmp_path: Path) -> None:
    """What is exported reads back with the same families; a member nobody knows is an error with its line."""
    export(Profile(), tmp_path)
    assert Profile().families == read_profile(tmp_path / "profile.yaml").families
    assert Profile().families
    file = tmp_path / "profile.yaml"
    certno = next(iter(Profile().families.values()))
    text = file.read_text(encoding="utf-8")
    assert f"family: '{certno}'" in text or f'family: "{certno}"' in text or f"family: {certno}" in text
    lines = [line if "family:" not in line else line.split(":")[0] + ': "000"' for line in text.splitlines()]
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(BadFileError, match="family"):
        read_profile(file)
