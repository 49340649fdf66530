"""The requirements register: every clause is judged on the reference run, or says why not."""

from decimal import Decimal

import pytest
from attrs import evolve
from flows import FLOWS, recorded

from conformance.checks.schema import kinds
from conformance.checks.security import CLAUSES
from conformance.conversation import Conversation, Exchange, Raw
from conformance.judge import judge
from conformance.mutants.hospital_hunt import right_gateway, right_hospital
from conformance.observation import Observation
from conformance.pack import load_pack, packs
from conformance.profile import Profile
from conformance.requirements import clauses
from conformance.result import RunResult
from conformance.sealing import Sealing
from conformance.targets.forged import CONTROL
from sim.interface import crypto, interface, wire
from sim.lang import LANGS
from tools.requirements_table import files


@pytest.fixture(scope="module")
def everything(whole: RunResult, past_month: RunResult) -> tuple[Observation, ...]:
    """What is observed over the packs, every flow, a gateway asked for forged requests, and one that a hospital meets."""
    found = [*whole.observations, *past_month.observations]
    for name in FLOWS:
        found += judge(recorded(name), Profile())
    found += judge(with_disabled_fund(recorded("pharmacy")), Profile())
    found += judge(forged(recorded("pharmacy")), Profile())
    found += judge(sealed(recorded("pharmacy")), Profile(protection=Sealing("sm3-input", key_env="UNUSED")))
    found += right_hospital().observations
    found += right_gateway().observations
    return tuple(found)


def with_disabled_fund(conversation: Conversation) -> Conversation:
    """A place that prints hifdm_pay beside the other funds: a fund that the reference's regions do not have."""

    def moved(exchange: Exchange) -> Exchange:
        if exchange.infno != "2102" or exchange.reply is None:
            return exchange
        message = wire.decode(exchange.reply.body)
        head = message["output"]["setlinfo"]
        head["hifdm_pay"] = Decimal("1.00")
        head["fund_pay_sumamt"] += 1
        return evolve(exchange, reply=Raw(wire.encode(message), (), 200))

    return Conversation(tuple(map(moved, conversation)))


def forged(conversation: Conversation) -> Conversation:
    """One request turned away for each fault of its signature, in its headers or over its body."""
    first = conversation.exchanges[0]
    away = Raw(b'{"code": 401, "message": "no"}', (), 401)
    turned = tuple(evolve(first, seq=n, reply=away, note=note) for n, note in enumerate(CLAUSES, 1))
    return Conversation((evolve(first, seq=99, note=CONTROL), *turned))


def sealed(conversation: Conversation) -> Conversation:
    """The same with every reply encrypted and with the digest of its output."""
    cipher = crypto.Sm4("22" * 16)

    def one(exchange: Exchange) -> Exchange:
        assert exchange.reply is not None
        content = crypto.member_text(exchange.reply.body.decode(), "output") or ""
        given = {"cainfo": crypto.sm3(content.encode()), "output": cipher.encrypt(content.encode())}
        body = wire.encode({**wire.decode(exchange.reply.body), **given})
        return evolve(exchange, reply=evolve(exchange.reply, body=body, opened=("output", content)))

    return Conversation(tuple(map(one, conversation)))


def test_every_clause_is_looked_at_or_excluded_with_a_reason(everything: tuple[Observation, ...]) -> None:
    """Coverage is counted from what was emitted, and no excluded clause is met in silence."""
    held = {o.clause for o in everything if o.status in ("pass", "leniency")}
    expected = {name for name, clause in clauses().items() if clause.excluded is None}
    assert expected == held


def test_there_are_clauses_for_all_that_a_vendor_can_break() -> None:
    """The register is not a sample: every reply of the dictionary, and what order and reconciliation forbid."""
    assert 300 <= len(clauses())
    replies = {f"IF-{infno}-{kind}" for infno in interface().transactions for kind in kinds(interface(), infno)}
    assert set() == replies - set(clauses())


def test_every_check_names_a_clause_of_the_register(everything: tuple[Observation, ...]) -> None:
    """No observation speaks for a clause that nobody can read."""
    assert set() == {o.clause for o in everything} - set(clauses())


def test_one_check_is_one_clause_but_for_fields_and_expectations(good: RunResult) -> None:
    """A waiver by check waives what it says."""
    by_check: dict[str, set[str]] = {}
    for o in good.observations:
        by_check.setdefault(o.check, set()).add(o.clause)
    several = {check for check, names in by_check.items() if len(names) > 1}
    assert several <= {"schema.reply.req", "schema.reply.form", "schema.reply.code", "expectation.refused"}


def test_every_clause_speaks_both_languages_and_names_its_source() -> None:
    """A finding is read by people who know one of them."""
    for clause in clauses().values():
        assert all(clause.text.show(lang).strip() for lang in LANGS), clause.id
        assert clause.source
    assert len(clauses()) >= 60


def test_every_feature_of_a_profile_changes_something() -> None:
    """A promise that no scenario and no check asks for would be an empty word."""
    scenarios = [scenario for name in packs() for scenario in load_pack(name).scenarios]
    asked = {feature for scenario in scenarios for feature in scenario.features}
    assert set(Profile().features) == asked


def test_the_published_table_is_the_register() -> None:
    """docs/requirements.md is generated, in both languages, and not out of date."""
    for file, content in files().items():
        assert content == file.read_text(encoding="utf-8"), file.name
