"""Medical assistance is judged by the identities that the target itself showed, and guessed from none."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from flows import Recording, read
from platform_desk import ITEMS, NOW, Desk

from conformance.conversation import Conversation, Exchange, Raw
from conformance.judge import explain, judge
from conformance.observation import Observation
from conformance.profile import Profile, read_profile
from conformance.recorded.people import Acquaintance
from conformance.scenario.model import aid_of
from conformance.setup_data import export
from sim.errors import BadFileError
from sim.interface import wire
from sim.platform import Person, institutions, persons

STENT = next(item for item in ITEMS if item.code == "SZ99000055")
AIDED = next(p for p in persons() if p.insuplc_admdvs == "150900")
NEEDY = next(p for p in persons() if p.insuplc_admdvs == "520100" and p.needy)
DEPENDENT = {"maf_pay", "fund_pay_sumamt", "psn_part_amt", "psn_cash_pay"}
Row = dict[str, str]
Change = Callable[[dict[str, Any]], None]


def stay(who: Person = AIDED, days: int = 2, **asked: Any) -> Conversation:
    """A stay of some days at Guiyang: read from card and counters, tried, settled, counters read again."""
    recording = Recording()
    desk = Desk(recording, who, goods=[STENT]).sign_in()  # type: ignore[arg-type]
    read(desk)
    desk.admit().upload()
    desk.now += timedelta(days=days)
    desk.sign_in().discharge()
    desk.ok("2303", desk.asked(**asked))
    desk.ok("2304", desk.settlement(**asked))
    read(desk)
    return recording.conversation


def answering(talk: Conversation, infnos: Iterable[str], change: Change) -> Conversation:
    """The conversation with the answers to some transactions changed."""

    def changed(exchange: Exchange) -> Exchange:
        if exchange.infno not in infnos or exchange.reply is None:
            return exchange
        message = wire.decode(exchange.reply.body)
        change(message["output"])
        return evolve(exchange, reply=Raw(wire.encode(message), (), 200))

    return Conversation(tuple(map(changed, talk)))


def showing(talk: Conversation, *rows: Row) -> Conversation:
    """The conversation with other identities in every answer to 1101."""
    return answering(talk, ["1101"], lambda output: output.update(idetinfo=list(rows)))


def row(code: str, begins: str = "2022-01-01 00:00:00", ends: str = "") -> Row:
    return {"psn_idet_type": code, "begntime": begins, "endtime": ends}


def moved(output: dict[str, Any], name: str, by: str) -> None:
    output["setlinfo"][name] += Decimal(by)


def without_aid(output: dict[str, Any]) -> None:
    """The answer of a target that pays no medical aid."""
    head = output["setlinfo"]
    paid = head["maf_pay"]
    head["maf_pay"] = Decimal("0.00")
    head["fund_pay_sumamt"] -= paid
    head["psn_part_amt"] += paid
    head["psn_cash_pay"] += paid


def exact(talk: Conversation) -> list[Observation]:
    return [one for one in judge(talk, Profile()) if one.basis == "exact"]


def failed(talk: Conversation) -> set[str]:
    return {one.path.rpartition(".")[2] for one in exact(talk) if one.status == "fail"}


def open_(talk: Conversation) -> set[str]:
    """The checks that were not judged because identities leave something open."""
    found = [one for one in exact(talk) if one.status == "not_judged"]
    assert all(one.why is not None and "identities" in one.why.show("en") for one in found)
    return {one.check for one in found}


@pytest.fixture(scope="module")
def talk() -> Conversation:
    return stay()


def test_the_aid_of_an_identity_is_judged_to_the_fen(talk: Conversation) -> None:
    """Nothing is left open where the code decides; a fen more or less is a finding at its field."""
    assert (set(), set()) == (failed(talk), open_(talk))
    assert {"maf_pay"} == failed(answering(talk, ["2304"], partial(moved, name="maf_pay", by="0.01")))
    assert DEPENDENT <= failed(answering(talk, ["2304"], without_aid))


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row("05")],
        [row("2303", ends="2024-03-04 23:59:59")],
        [row("2303", begins="2024-03-08 00:00:00")],
    ],
    ids=["none", "no aid by this code", "ended the day before", "begins the day after"],
)
def test_aid_that_no_identity_gives_on_these_days_is_a_finding(talk: Conversation, rows: list[Row]) -> None:
    """And none is right. The stay is from the 5th to the 7th."""
    assert DEPENDENT <= failed(showing(talk, *rows))
    right = answering(showing(talk, *rows), ["2303", "2304"], without_aid)
    assert {"AID_PAY", "AID_BASE"} == failed(right)  # the counters of this target still tell of what it paid


@pytest.mark.parametrize(
    "rows",
    [
        [row("23")],
        [row("2360")],
        [row("nobody knows")],
        [row("2303", ends="2024-03-06 23:59:59")],
        [row("2303", begins="2024-03-06 00:00:00")],
        [row("2303", begins="2024-03-05 12:00:00")],
        [row("2303", ends="2024-03-07 00:00:00")],
        [row("2303", begins="")],
        [row("2303", ends="some day")],
        [row("2303"), row("23")],
    ],
    ids=[
        "some group",
        "a local group",
        "unknown code",
        "ends during the stay",
        "begins during the stay",
        "begins at noon of the first day",
        "ends with the beginning of the last day",
        "no beginning",
        "unreadable end",
        "perhaps a better one beside it",
    ],
)
def test_where_the_identities_do_not_decide_nothing_that_depends_on_it_is_judged(
    talk: Conversation, rows: list[Row]
) -> None:
    """Neither with aid nor without; all that does not depend on it is judged as ever."""
    left = showing(talk, *rows)
    for one in (left, answering(left, ["2303", "2304"], without_aid)):
        assert set() == failed(one)
        assert {"exact.funds", "exact.person", "exact.counters"} == open_(one)
    assert {"hifp_pay"} == failed(answering(left, ["2304"], partial(moved, name="hifp_pay", by="0.01")))
    assert {"act_pay_dedc"} == failed(answering(left, ["2304"], partial(moved, name="act_pay_dedc", by="0.01")))
    for seq, said in explain(left, Profile()).items():
        assert set() == DEPENDENT & set(said.amounts)
        assert said.flow is None
        assert seq


def test_the_better_of_two_identities_is_expected(talk: Conversation) -> None:
    """Whoever is destitute too is aided so, and a target that aids him less is told."""
    assert DEPENDENT <= failed(showing(talk, row("2303"), row("2304")))
    assert set() == failed(showing(talk, row("2303"), row("2303")))


def test_where_the_policy_pays_no_aid_a_code_without_a_group_leaves_nothing_open() -> None:
    """The people in need of the other pools are judged as ever."""
    there = stay(evolve(NEEDY, filings=()))
    assert (set(), set()) == (failed(there), open_(there))
    assert {"hifp_pay"} == failed(answering(there, ["2304"], partial(moved, name="hifp_pay", by="0.01")))


def test_an_account_that_was_not_seen_leaves_open_no_more_than_identities_do(talk: Conversation) -> None:
    """A resident's policy lets no account pay, so nothing is open but what medical aid leaves."""

    def hidden(output: dict[str, Any]) -> None:
        for insurance in output["insuinfo"]:
            insurance["balc"] = None

    asked = answering(stay(acct_used_flag="1"), ["1101"], hidden)
    assert (set(), set()) == (failed(asked), open_(asked))


def test_the_identities_shown_before_a_settlement_count_for_it(talk: Conversation) -> None:
    """What a later 1101 shows makes no difference to what was settled before."""
    last = max(e.seq for e in talk if e.infno == "1101")
    changed = dict(zip([e.seq for e in talk], showing(talk, row("23")).exchanges, strict=True))
    later = Conversation(tuple(changed[e.seq] if e.seq == last else e for e in talk))
    assert (set(), set()) == (failed(later), open_(later))


def test_an_exported_profile_has_the_identities(tmp_path: Path) -> None:
    """The tables carry each with its days, the profile those with days of their own; a day that is none is told."""
    export(Profile(), tmp_path)
    again = read_profile(tmp_path / "profile.yaml")
    assert [one.identities for one in persons()] == [one.identities for one in again.people]
    table = (tmp_path / "identities.csv").read_text("utf-8-sig").splitlines()
    assert sum(len(one.held) for one in persons()) == len(table) - 1
    assert f"{AIDED.psn_no},2303,2022-01-01," in table
    said = (tmp_path / "profile.yaml").read_text("utf-8")
    assert '"2022-12-31"' in said
    (tmp_path / "wrong.yaml").write_text(said.replace('"2022-12-31"', '"2022-02-31"'), "utf-8")
    with pytest.raises(BadFileError, match="2022-02-31"):
        read_profile(tmp_path / "wrong.yaml")


def test_a_recording_asks_for_somebody_aided_alike(talk: Conversation) -> None:
    """Known from the profile or from 1101 alone; an identity that gives no aid asks for nobody special."""
    place, on = institutions()[0], datetime(2024, 3, 5).date()

    def asked(said: Conversation, profile: Profile) -> str | None:
        known = Acquaintance.of(said, profile).by_number[AIDED.psn_no].need(place, on)
        assert known is not None
        return known.aid

    strangers = Profile(people=())
    assert ("subsistence", "subsistence") == (asked(talk, Profile()), asked(talk, strangers))
    assert "ended" == asked(showing(talk, row("2303", ends="2024-01-01 00:00:00")), strangers)
    assert None is asked(showing(talk, row("05")), strangers)


def test_whoever_has_such_an_identity_plays_no_other_part() -> None:
    """So that scenarios of before are played by the people of before."""
    today = datetime(NOW.year + 2, 1, 1).date()
    told = [aid_of(one, today) for one in persons() if one.identities]
    assert ["subsistence", "destitute", "ended", "several", "destitute"] == told
    assert {None} == {aid_of(one, today) for one in persons() if not one.identities}
