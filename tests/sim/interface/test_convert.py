"""The converter of the collected facts, on small made-up facts."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from sim.interface.load import build, merge

TOOL = Path(__file__).parents[3] / "tools" / "convert_interface.py"

CORE = """
formats: {}
envelope:
  request:
    - {name: infno, zh: "交易编号", type: string, len: 6, codes: null, required: true, origin: common, sure: high}
    - {name: sign_no, zh: "签到号", type: string, len: 30, codes: null, required: false, origin: common, sure: high, note: "prose"}
  request_extensions:
    - {name: enc_type, zh: "加密方式", type: string, where: "newer clients"}
  response:
    - {name: infcode, zh: "状态码", type: integer, len: 4, codes: infcode, required: true, origin: common, sure: high}
    - {name: err_msg, zh: "错误", type: string, len: 200, codes: null, required: conditional, when: "infcode is not 0", origin: common, sure: high}
reversal_2601: {oinfno: ["1"]}
transactions:
  "1":
    {name_zh: "一", name_en: one, group: person, kind: query, reversible_by: [], sure: high, output: [], input: [
      {name: data, kind: object, required: true, fields: [
        {name: mdtrt_cert_type, zh: "凭证", type: string, len: 3, codes: gend, required: true, origin: common, sure: high},
        {name: card_sn, zh: "卡", type: string, len: 32, codes: null, required: conditional, when: "mdtrt_cert_type is 03", origin: common, sure: high},
        {name: dise_codg, zh: "病种", type: string, len: 30, codes: null, required: conditional, when: "med_type is 14, or the visit is settled by disease", origin: common, sure: high},
        {name: amount, zh: "额", type: number, len: [16, 2], codes: null, required: false, origin: client, sure: low, stricter_in: hunan}]}],
     extensions: [{name: certno, zh: "证件", type: string, len: 20, in: input.data, where: hunan, required_there: true}]}
  "1A":
    {name_zh: "一甲", name_en: one A, group: person, kind: query, reversible_by: [], sure: low, derived: true, derived_from: "1", input: [], output: []}
codelists:
  gend: {zh: "性别", regional: false, values: {"1": "男", "2": "女"}}
  infcode: {zh: "状态码", regional: false, from: clients, values: {"0": "成功"}}
amounts:
  - {id: A1, identity: "medfee_sumamt = acct_pay + psn_cash_pay", status: observed, scope: head, tol: 0.0}
  - {id: L4, identity: "overlmt_amt = max(0, pric)", status: reference, scope: row, tol: 0.01}
"""
TEXT = """
spec: {region: "430000", version: V9, date: 2024-10}
transactions:
  "1306X":
    name_zh: "目录下载"
    section: "5"
    file_columns: ["甲", "乙"]
    input:
      - {node: data, kind: object, fields: [
          {name: ver, zh: "版本", type: string, len: 20, codelist: own, required: true, note: "prose"},
          {name: medins_name, zh: "名称", type: number, len: 255, codelist: false, required: false},
          {name: flag, zh: "标志", type: null, len: null, codelist: true, required: null},
          {name: cnt, zh: "数", type: number, len: 4, codelist: false, required: false}]}
    output:
      - {node: (unstated), kind: object, fields: [{name: file, zh: "文件", type: bytes, len: null, codelist: false, required: false}]}
"""
LISTS = """
codelists:
  gend: {zh: "性别", section: "6", values: {"1": "男"}}
  own: {zh: "自有", section: "6", values: {"9": "九"}}
  unused: {zh: "未用", section: "6", values: {"9": "九"}}
"""


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("convert_interface", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def facts(tmp_path: Path) -> Path:
    """A folder of made-up facts."""
    (tmp_path / "variants").mkdir()
    (tmp_path / "core.yaml").write_text(CORE, encoding="utf-8")
    (tmp_path / "variants" / "hunan_v9.9.9.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "variants" / "hunan_v9.9.9_codelists.yaml").write_text(LISTS, encoding="utf-8")
    return tmp_path


def converted(tool: ModuleType, facts: Path, out: Path) -> tuple[Any, Any]:
    """Both files as data."""
    assert 0 == tool.main([str(facts), str(out)])
    return tuple(
        json.loads((out / name).read_text(encoding="utf-8")) for name in ("national.json", "variants/hunan.json")
    )  # type: ignore[return-value]


def test_twice_the_same_bytes(tool: ModuleType, facts: Path, tmp_path: Path) -> None:
    """And none of them depends on where the result is written."""
    for out in ("one", "two"):
        converted(tool, facts, tmp_path / out)
    for name in ("national.json", "variants/hunan.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_is_written_can_be_loaded_and_is_what_was_collected(tool: ModuleType, facts: Path, tmp_path: Path) -> None:
    """Types, flags, conditions, notes in own words, amounts split into parts, derived forms by reference."""
    raw, _ = converted(tool, facts, tmp_path / "out")
    iface = build(raw)
    data = iface.transactions["1"].input[0]
    assert ["mdtrt_cert_type", "card_sn", "dise_codg", "amount"] == [f.name for f in data.fields]
    card, disease, amount = data.fields[1:]
    assert card.when is not None
    assert ("mdtrt_cert_type", "equals", "03") == (card.when.field, card.when.test, card.when.value)
    assert disease.when is not None
    assert disease.when.test is None, "med_type is not in this message, so nothing here decides it"
    assert ((16, 2), "client", "low", "hunan") == (amount.length, amount.origin, amount.sure, amount.stricter_in)
    assert iface.transactions["1A"].input == iface.transactions["1"].input
    assert "input" not in raw["transactions"]["1A"]
    first, limit = iface.amounts
    assert ("medfee_sumamt", "=", ("acct_pay", "psn_cash_pay")) == (first.total, first.relation, first.parts)
    assert ("", 1) == (limit.total, limit.tolerance)
    assert iface.codelists["infcode"].open
    assert "prose" not in json.dumps(raw)


def test_the_overlay_holds_only_what_differs(tool: ModuleType, facts: Path, tmp_path: Path) -> None:
    """Stricter flags and own fields of shared transactions, own transactions whole, lists that differ or are used."""
    raw, overlay = converted(tool, facts, tmp_path / "out")
    assert {"1", "1306X"} == set(overlay["transactions"])
    assert {"gend", "own"} == set(overlay["codelists"])
    [node] = overlay["transactions"]["1"]["input"]
    assert ["amount", "certno"] == [f["name"] for f in node["fields"]]
    iface = build(merge(raw, overlay))
    own = {f.name: f for f in iface.transactions["1306X"].input[0].fields}
    assert ("string", "low") == (own["medins_name"].type, own["medins_name"].sure)
    assert ("integer", 4) == (own["cnt"].type, own["cnt"].length)
    assert ("string", True, None) == (own["flag"].type, own["flag"].coded, own["flag"].codes)
    assert "(root)" == iface.transactions["1306X"].output[0].name
    assert all(f.required for f in iface.transactions["1"].input[0].fields if f.name in ("amount", "certno"))


def test_a_field_is_one_line(tool: ModuleType, facts: Path, tmp_path: Path) -> None:
    """So that a difference between two versions can be read."""
    converted(tool, facts, tmp_path / "out")
    lines = (tmp_path / "out" / "national.json").read_text(encoding="utf-8").splitlines()
    assert 1 == sum('"name": "card_sn"' in line and '"sure"' in line for line in lines)


def test_without_a_folder_it_tells_its_use(tool: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2."""
    assert 2 == tool.main([])
    assert "SPEC_DIR" in capsys.readouterr().out
