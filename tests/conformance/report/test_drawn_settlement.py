"""The reference's settlement is drawn in the report, beside the target's answer."""

import re
from datetime import date

import pytest
from attrs import evolve

from conformance.conversation import Conversation
from conformance.judge import explain
from conformance.mutants import right
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.report import html
from conformance.result import Explanation, RunResult
from sim.benefits import Accumulators, Case, Line, policy, settle, split_all
from sim.drawing import Flow, flow_of
from sim.money import wire
from sim.page import yuan
from tests.conformance.report.samples import GOOD, exchange, passed, reply, request

ON = date(2024, 6, 3)


@pytest.fixture(scope="module")
def explanation() -> Explanation:
    """A stay as the reference explains it."""
    rules, case = policy("beijing-employee", ON), Case("inpatient", "L3", ON)
    lines = (
        Line(1, "A", "01", "09", 9_000_000_000, 10_000, 900_000),
        Line(2, "B", "02", "09", 300_000_000, 10_000, 30_000),
    )
    settled = settle(rules, case, split_all(lines, rules), Accumulators(2024))
    return Explanation(3, settled.amounts, (), flow_of(settled, rules, case, lines))


def reported(explanation: Explanation, more: int = 0) -> str:
    """A report of one settlement that the target answered with ``more`` fen of cash."""
    head = {name: wire(value) for name, value in explanation.amounts.items() if name != "pool_prop_selfpay"}
    head["psn_cash_pay"] = wire(explanation.amounts["psn_cash_pay"] + more)
    ratio = wire(explanation.amounts["pool_prop_selfpay"]) / 100
    settled = reply({"setlinfo": {name: str(value) for name, value in {**head, "pool_prop_selfpay": ratio}.items()}})
    talk = Conversation((exchange(3, request("2304", {}), settled, scenario=GOOD.id),))
    return html.page(evolve(passed(), conversation=talk, explanations={3: explanation}), "en")


def drawings(page: str) -> list[str]:
    """The drawings of flows in a page, with what folds them."""
    return re.findall(
        r"<details(?: open)?><summary>[^/]*(?:</span>[^/]*)*</summary><figure class=.flow.*?</figure>", page, re.S
    )


def test_a_settlement_is_drawn_with_the_references_amounts(explanation: Explanation) -> None:
    """The figure of the shares stands in the report, in both languages, with every amount."""
    (drawn,) = drawings(reported(explanation))
    assert isinstance(explanation.flow, Flow)
    assert all(yuan(node.amount) in drawn for node in explanation.flow.nodes)
    assert "Deductible" in drawn
    assert "起付线" in drawn


def test_the_drawing_is_folded_where_both_agree_and_open_where_they_differ(explanation: Explanation) -> None:
    """Only what needs a look is unfolded."""
    (same,), (other,) = drawings(reported(explanation)), drawings(reported(explanation, more=1))
    assert not same.startswith("<details open>")
    assert other.startswith("<details open>")


def test_without_a_flow_there_is_no_drawing(explanation: Explanation) -> None:
    """A settlement of nothing, or an explanation without its flow, leaves the place empty."""
    assert [] == drawings(reported(evolve(explanation, flow=None)))


def test_every_settlement_the_suite_explains_can_be_drawn(good: RunResult) -> None:
    """Outpatient visits and stays of the packs alike; the drawing's total is the bill's."""
    runs = [good, right([load_pack("relations")])]
    found = [one for run in runs for one in explain(run.conversation, Profile()).values()]
    assert len(found) > 100
    assert all(one.flow is not None and one.flow.total == one.amounts["medfee_sumamt"] for one in found)


def long_report(explanation: Explanation, more: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same as a report of a run with more than a page has room for."""
    monkeypatch.setattr(html, "FEW_SETTLEMENTS", 0)
    return reported(explanation, more)


def test_of_many_settlements_only_those_that_differ_are_drawn(
    explanation: Explanation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the page says so; the amounts stand beside each other all the same."""
    assert "Settlements are many" not in reported(explanation)
    page = long_report(explanation, 0, monkeypatch)
    assert [] == drawings(page)
    assert "Settlements are many" in page
    assert "They agree to the fen" in page
    assert 1 == len(drawings(long_report(explanation, 1, monkeypatch)))
