"""The whole way: a hospital system driven by command, judged, reported, and judged again offline."""

import ast
import json
import re
import sys
import time
from pathlib import Path

import pytest

from conformance import conversation
from conformance.drive import CallDriver, CommandDriver
from conformance.drive.certify import certify_hospital
from conformance.drive.protocol import problem_of, schema
from conformance.drive.scenario import read_scenario
from conformance.drive.scenario import schema as scenario_schema
from conformance.evidence import verify
from conformance.example.hospital_client import Hospital
from conformance.judge import judge
from conformance.mutants.hospital_hunt import right_hospital
from conformance.pack import load_pack, packs
from conformance.profile import Profile, read_profile
from conformance.report import write
from conformance.result import RunResult
from conformance.run import certify_platform
from sim.errors import InputError

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "conformance" / "example" / "hospital_client.py"


@pytest.fixture(scope="module")
def right() -> RunResult:
    """The example client over every pack for hospitals, in this process."""
    return right_hospital()


def test_the_example_client_is_right(right: RunResult) -> None:
    """The known-good hospital: nothing found, every scenario played."""
    assert [f.observation for f in right.findings] == []
    assert {"passed"} == {s.status for s in right.scenarios}
    assert ("passed", 0, "hospital") == (right.verdict, right.exit_code, right.role)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of a process cannot be changed here")
@pytest.mark.parametrize("zone", ["XXX+12", "XXX-14"])  # at any hour one of the two has another day than China
def test_the_example_keeps_china_s_day_in_every_time_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The day that is reconciled is the platform's, not that of the machine's zone."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        result = certify_hospital(
            "127.0.0.1:0", CallDriver(Hospital().order), Profile(), [load_pack("hospital-end-of-day")]
        )
    finally:
        monkeypatch.undo()
        time.tzset()
    assert ([], "passed") == ([f.observation for f in result.findings], result.verdict)


def test_every_scenario_reaches_a_clause_it_names(right: RunResult) -> None:
    """A scenario that does not look at what it claims to would prove nothing."""
    looked: dict[str, set[str]] = {}
    for one in right.observations:
        looked.setdefault(one.scenario, set()).add(one.clause)
    for name in packs("hospital"):
        for scenario in load_pack(name).scenarios:
            assert set() == set(scenario.requirements) - looked[scenario.id], scenario.id


def test_a_command_is_driven_and_its_evidence_comes_to_the_same_verdict(tmp_path: Path) -> None:
    """Orders and messages are recorded, so that `yidi verify` and `yidi judge` need no hospital."""
    pack = load_pack("hospital")
    driver = CommandDriver(f"{sys.executable} {EXAMPLE}")
    result = certify_hospital("127.0.0.1:0", driver, Profile(), [pack], only=["HOS-001", "HOS-010"])
    assert ("passed", 2) == (result.verdict, len([s for s in result.scenarios if s.status == "passed"]))
    write(result, tmp_path, "en")
    assert verify(tmp_path).same
    read = conversation.read(tmp_path / "evidence" / "conversation.jsonl")
    assert result.observations == judge(read, Profile(role="hospital"), pack.scenarios)
    assert {"patient", "hospital"} == {exchange.sender for exchange in read}


def test_a_pack_for_the_other_side_is_refused() -> None:
    """Packs say for which side they are; acts of patients played against a platform would pass without a word."""
    with pytest.raises(InputError, match="hospital system under test"):
        certify_platform("http://127.0.0.1:9", Profile(role="hospital"), [load_pack("hospital")])
    with pytest.raises(InputError, match="outpatient"):
        certify_hospital("127.0.0.1:0", CommandDriver(sys.executable), Profile(), [load_pack("outpatient")])


CODE_LINES = 200
"""What contract and documentation promise of the example."""


def test_the_example_is_short_enough_to_be_copied() -> None:
    """Without blank lines, comments and docstrings it has less than 200 lines, and imports nothing but the library."""
    tree = ast.parse(EXAMPLE.read_text(encoding="utf-8"))
    told: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            first = node.body[0]
            told.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    lines = enumerate(EXAMPLE.read_text(encoding="utf-8").splitlines(), 1)
    code = [line for number, line in lines if number not in told and line.strip() and not line.strip().startswith("#")]
    assert len(code) < CODE_LINES
    modules = {n.module if isinstance(n, ast.ImportFrom) else n.names[0].name for n in ast.walk(tree) if _imports(n)}
    assert {str(name).split(".")[0] for name in modules} <= sys.stdlib_module_names


def _imports(node: ast.AST) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def test_a_stay_is_played_only_where_it_is_promised() -> None:
    """A desk without wards passes without them, and the report says what was not played."""
    result = certify_hospital("127.0.0.1:0", CallDriver(Hospital().order), Profile(), [load_pack("hospital-inpatient")])
    assert {"not_run"} == {s.status for s in result.scenarios}
    assert "inpatient_desk" in str(result.scenarios[0].reason and result.scenarios[0].reason.show("en"))


@pytest.mark.parametrize("page", ["certify-hospital.md", "zh/certify-hospital.md"])
def test_the_page_shows_what_is_there(page: str, tmp_path: Path) -> None:
    """Its scenario can be read, its order and answer keep to the protocol, and it names every order and trouble."""
    page_text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page_text, re.MULTILINE | re.DOTALL)
    (scenario,) = [body for kind, body in blocks if kind == "yaml" and body.startswith("id:")]
    (tmp_path / "one.yaml").write_text(scenario, encoding="utf-8")
    assert "MINE-H1" == read_scenario(tmp_path / "one.yaml")[0].id
    (spoken,) = [body for kind, body in blocks if kind == "" and body.startswith("{")]
    order, answer = map(json.loads, spoken.splitlines())
    assert (None, None) == (problem_of("order", order), problem_of("answer", answer))
    orders = {one["properties"]["do"].get("const") for one in schema()["$defs"]["order"]["oneOf"]} - {None}
    troubles = set(scenario_schema()["$defs"]["trouble"]["properties"]["do"]["enum"])
    assert set() == {
        name for name in orders | troubles | {"estimate", "pay", "cancel", "leave"} if f"`{name}`" not in page_text
    }


OWN = """
name: a hospital's own test data
role: hospital
people:
  - {psn_name: 测试甲, certno: "990000198001010019", insutype: "310", insuplc_admdvs: "110000", psn_type: "11"}
institutions:
  - fixmedins_code: H52019900001
    fixmedins_name: 自己的医院
    admdvs: "520100"
    level: L3
    departments: [{code: "77", name: 内科, caty: A03}]
    doctors: [{code: D7, name: 医生}]
    operators: [{code: "0007", name: 收费员}]
items:
  XZ99000001: {code: OUR-0001, price: 3.20}
"""


def test_people_places_and_items_are_those_of_the_profile(tmp_path: Path) -> None:
    """The platform that is played knows whom and what the hospital has in its own test data."""
    (tmp_path / "profile.yaml").write_text(OWN, encoding="utf-8")
    profile = read_profile(tmp_path / "profile.yaml")
    driver = CallDriver(Hospital().order)
    result = certify_hospital("127.0.0.1:0", driver, profile, [load_pack("hospital")], only=["HOS-001", "HOS-002"])
    assert ("passed", ["passed", "not_run"]) == (result.verdict, [s.status for s in result.scenarios])
    said = b"".join(exchange.request.body for exchange in result.conversation)
    assert all(name in said for name in (b"OUR-0001", b"990000198001010019", "自己的医院".encode(), b"0007"))
    write(result, tmp_path / "out", "en")
    assert verify(tmp_path / "out").same
