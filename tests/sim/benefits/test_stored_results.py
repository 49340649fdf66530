"""Every policy file settles the standard bills as stored: a changed number is seen, and a new pool adds one file.

    .venv/bin/pytest tests/sim/benefits/test_stored_results.py --snapshot-update

stores anew; what changed is then a difference that a reviewer reads.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from benefits_numbers import numbers
from benefits_standard import BILLS, HEAD, VARIATIONS, results, settled
from benefits_workshop import with_fault
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from sim.benefits import Care, Policy, policies
from sim.benefits.load import TABLES
from sim.benefits.mechanisms import MECHANISMS
from sim.benefits.sheet import Rule, Sheet
from sim.resources import fixtures

HERE = Path(__file__)
IDS = sorted({p.id for p in policies()})


class Stored(SingleFileSnapshotExtension):
    """One text file a policy."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


def versions(policy_id: str) -> list[Policy]:
    """The versions of a policy, earliest first."""
    return [p for p in policies() if p.id == policy_id]


def stored_file(policy_id: str) -> Path:
    """Where a policy's results are stored."""
    return HERE.parent / "__snapshots__" / HERE.stem / f"test_results[{policy_id}].txt"


def command(policy_id: str) -> str:
    """What stores the results of one policy."""
    return f".venv/bin/pytest 'tests/sim/benefits/{HERE.name}::test_results[{policy_id}]' --snapshot-update"


def require_stored(policy_id: str) -> None:
    """Fail with the command to run when a policy has no stored results."""
    if not stored_file(policy_id).exists():
        pytest.fail(f"{policy_id} has no stored results; look at them and store them:\n{command(policy_id)}", False)


def orphans(ids: list[str], folder: Path) -> list[str]:
    """Stored files that belong to no policy."""
    return sorted({f.name for f in folder.iterdir()} - {stored_file(policy_id).name for policy_id in ids})


@pytest.mark.parametrize("policy_id", IDS)
def test_results(policy_id: str, snapshot: SnapshotAssertion, pytestconfig: pytest.Config) -> None:
    """The standard bills under every version of a policy give the stored amounts, details and counters."""
    if not pytestconfig.option.update_snapshots:
        require_stored(policy_id)
    assert results(versions(policy_id)) == snapshot(extension_class=Stored)


def test_every_stored_file_belongs_to_a_policy() -> None:
    """What is stored for a policy that is gone must go as well."""
    assert [] == orphans(IDS, stored_file("any").parent)


def test_every_policy_file_is_named_after_its_policy() -> None:
    """So that a new file is a new stored file."""
    names = {f.name for f in fixtures("policies").iterdir() if f.name.endswith(".yaml")} - set(TABLES)
    assert {f"{policy_id}.yaml" for policy_id in IDS} == names


def test_a_policy_without_stored_results_fails_with_the_command() -> None:
    """The failure names the policy and what to run."""
    with pytest.raises(pytest.fail.Exception, match=r"(?s)atlantis-employee has no stored.*test_results\[atlantis-e"):
        require_stored("atlantis-employee")


def test_a_stored_file_without_a_policy_is_named(tmp_path: Path) -> None:
    """Of three files, the one whose policy does not exist."""
    for policy_id in ("a", "b", "gone"):
        (tmp_path / stored_file(policy_id).name).touch()
    assert ["test_results[gone].txt"] == orphans(["a", "b"], tmp_path)


def test_a_policy_that_pays_nothing_for_some_care_stores_the_refusal() -> None:
    """One line that says in both languages who does not pay what; the person bears the whole bill."""
    (chosen,) = versions("guiyang-resident")
    assert Care.PHARMACY not in chosen.care
    (kept,) = [row for row in results([chosen]).splitlines() if " pharmacy " in row]
    assert kept.split()[2] == "refused:"
    assert "Guiyang" in kept
    assert "贵阳" in kept
    amounts = settled(chosen)["pharmacy"].amounts
    assert amounts["medfee_sumamt"] == amounts["psn_part_amt"] > 0


@pytest.mark.parametrize("name", sorted(MECHANISMS))
def test_a_mechanism_that_does_nothing_changes_a_stored_result(name: str) -> None:
    """Each mechanism that some policy uses is exercised by the standard bills: silence it, and a stored file differs."""

    def silent(sheet: Sheet, rule: Rule) -> None:
        """Writes nothing."""

    users = [p for p in policies() if any(use.mechanism.name == name for uses in p.care.values() for use in uses)]
    if not users:
        assert name in UNUSED
        return
    assert name not in UNUSED
    assert any(results([p]) != results([with_fault(p, name, silent)]) for p in users)


UNUSED = frozenset({"unit_supplement", "civil_servant_supplement"})
"""Mechanisms that no policy file uses yet; worked examples settle them."""


def test_a_fen_changes_a_stored_result() -> None:
    """A deductible one fen higher shows up as a changed line that names version, bill and amount."""
    (chosen,) = versions("nanchang-employee")

    def dearer(sheet: Sheet, rule: Rule) -> None:
        numbers = {**rule.numbers, "first": rule.numbers["first"] + 1}
        MECHANISMS["deductible_by_stay"].apply(sheet, evolve(rule, numbers=numbers))

    old, new = (set(results([p]).splitlines()) for p in (chosen, with_fault(chosen, "deductible_by_stay", dearer)))
    assert any(row.split()[:3] == ["2025-01-01", "stay-L3", "act_pay_dedc"] for row in new - old)


def test_the_bills_are_what_they_are_called() -> None:
    """Every kind of care is there; counters are carried on; names are unique; every line of a result is different."""
    assert set(Care) == {Care(bill.case["care"]) for bill in BILLS}
    assert len(BILLS) == len({bill.name for bill in BILLS})
    (chosen,) = versions("nanchang-employee")
    done = settled(chosen)
    assert done["stay-L3-second"].before == done["stay-L3"].accumulators
    capped = done["stay-L3-over-the-cap"].amounts
    assert 10_000_000 == capped["hifp_pay"]
    rows = results([chosen]).splitlines()[len(HEAD) :]
    assert len(rows) == len(set(rows))


INERT = {
    "hefei-resident.inpatient.deductible_share_of_total": "nothing at home and for long-term residents, whatever one "
    "of its three numbers: the other two are zero",
    "hefei-resident.inpatient.pool_payment.floor": "at home the ordinary ratios pay more than the floor on every bill",
    "ulanqab-resident.inpatient": "without referral nothing is paid, so no other number matters; a refusal is a "
    "switch; all that is left to the destitute passes the ceiling of the total anyway",
}
"""Numbers that decide nothing on any bill, and why."""


def inert(policy: Policy) -> list[str]:
    """The numbers of a policy that may move without any standard bill coming out otherwise."""
    bills = [bill for bill in (*BILLS, *VARIATIONS) if bill.case["care"] in policy.care]
    first = {bill.name: bill for bill in bills}
    base = settled(policy, bills, explain=False)

    def decides(cares: frozenset[Care], changed: tuple[Policy, ...]) -> bool:
        for name, bill in first.items():
            if bill.after or bill.case["care"] not in cares:
                continue
            for other in changed:
                if settled(other, [bill], explain=False)[name] != base[name]:
                    return True
        later = [bill for bill in bills if bill.case["care"] in cares]
        return any(settled(other, later, explain=False) != {b.name: base[b.name] for b in later} for other in changed)

    return [name for name, cares, changed in numbers(policy) if not decides(cares, changed)]


@pytest.mark.parametrize("policy_id", IDS)
def test_every_number_of_a_policy_decides_a_stored_amount(policy_id: str) -> None:
    """Each number moved a little, up or down, changes a result; so no number of a file can be mistyped unseen."""
    found = [name for version in versions(policy_id) for name in inert(version)]
    unexplained = [name for name in found if not any(name.startswith(clause) for clause in INERT)]
    assert [] == unexplained
    assert bool(found) is any(clause.startswith(f"{policy_id}.") for clause in INERT)
