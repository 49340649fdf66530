"""Hand-made results: a run that passed, one that failed with hostile strings in it, a partial one, an empty one, one
in which the harness failed."""

from __future__ import annotations

import json
from typing import Any

from conformance.conversation import Conversation, Exchange, Raw
from conformance.observation import Clause, Observation
from conformance.result import (
    ExplainedStep,
    Explanation,
    HarnessFault,
    PackUsed,
    ProfileSummary,
    RunResult,
    ScenarioResult,
    Waiver,
)
from sim.lang import plain

SCRIPT = "<script>alert('x')</script>"
NAME = "测试甲"
CERTNO = "110101193002290016"
CARD = "T00000000000000017"
TOKEN = "EC-TOKEN-0001-ABCD"  # noqa: S105 - a made-up credential whose masking is tested
TEL = "02500000017"

CLAUSES = {
    clause.id: clause
    for clause in (
        Clause("REQ-ENV-01", "MUST", plain("应答必须带交易状态码", "a reply carries infcode"), "envelope", "3.1"),
        Clause("REQ-SCH-2207", "MUST", plain("2207 输出须符合字典", "output of 2207 follows the dictionary"), "core"),
        Clause(
            "REQ-AMT-04", "MUST", plain("基金支付加个人负担等于总额", "fund and person sum to the total"), "arithmetic"
        ),
        Clause("REQ-BEN-01", "MUST", plain("按待遇政策逐分计算", "benefits exact to the fen"), "policy"),
        Clause("REQ-MSG-02", "SHOULD", plain("拒绝应说明原因", "a refusal says its reason"), "envelope"),
        Clause("REQ-DUP-01", "MUST", plain("同一报文只结算一次", "one message settles once"), "reference"),
        Clause("REQ-OPN-07", "MAY", plain("2208 后可再次结算", "a visit may settle again after 2208"), "open points"),
        Clause(
            "REQ-MAN-01",
            "MUST",
            plain("人工受理时限", "time limits of manual handling"),
            "rules",
            excluded=plain("报文中看不到", "not visible in messages"),
        ),
        Clause("REQ-CLR-09", "MUST", plain("月度清算轧差", "monthly netting"), "rules"),
    )
}


def body(message: dict[str, Any]) -> bytes:
    """A message as a target might write it."""
    return json.dumps(message, ensure_ascii=False).encode()


def request(infno: str, data: dict[str, Any]) -> Raw:
    """A request of the suite."""
    message = {
        "infno": infno,
        "msgid": f"H11000000001202601020304{infno[:4]}01",
        "mdtrtarea_admvs": "110100",
        "insuplc_admdvs": "340100",
        "opter_name": "经办人",
        "input": {"data": data},
    }
    return Raw(body(message), (("Content-Type", "application/json"),), target="/api")


def reply(output: dict[str, Any] | None, infcode: int = 0, err_msg: str = "") -> Raw:
    """A reply of the target."""
    message: dict[str, Any] = {"infcode": infcode, "inf_refmsgid": "110000202601020304050000000001", "err_msg": err_msg}
    if output is not None:
        message["output"] = output
    return Raw(body(message), (("Content-Type", "application/json"), ("Server", "x")), status=200)


def exchange(seq: int, sent: Raw, came: Raw | None, *, outcome: str = "answered", **more: Any) -> Exchange:
    """An exchange a tenth of a second after the one before."""
    return Exchange(
        seq=seq,
        sender="hospital",
        receiver="platform",
        sent_at=f"2026-01-02T03:04:{5 + seq // 10:02d}.{seq % 10}00+08:00",
        request=sent,
        outcome=outcome,  # type: ignore[arg-type]
        answered_at=None,
        reply=came,
        **more,
    )


PERSON = {"psn_no": "P0000000001", "psn_name": NAME, "certno": CERTNO, "tel": TEL}
QUERY = {"mdtrt_cert_type": "01", "mdtrt_cert_no": TOKEN, "card_sn": CARD, "certno": CERTNO, "psn_name": NAME}
SETTLED = {
    "setl_id": "S1",
    "medfee_sumamt": 120.00,
    "inscp_scp_amt": 100.00,
    "fund_pay_sumamt": 60.00,
    "psn_part_amt": 60.01,
    "acct_pay": 0,
    "psn_cash_pay": 60.01,
}


def visit(scenario: str, first: int, **more: Any) -> tuple[Exchange, ...]:
    """Person, registration, settlement."""
    common = {"scenario": scenario, **more}
    return (
        exchange(first, request("1101", QUERY), reply({"baseinfo": PERSON}), step="person", **common),
        exchange(first + 1, request("2201", {"psn_no": "P0000000001"}), reply({"data": {}}), step="register", **common),
        exchange(
            first + 2, request("2207", {"psn_no": "P0000000001"}), reply({"setlinfo": SETTLED}), step="settle", **common
        ),
    )


def looks(scenario: str, seq: int, *names: str) -> tuple[Observation, ...]:
    """Passed looks at clauses."""
    return tuple(Observation(f"check.{name}", name, "pass", "interface", seq, scenario) for name in names)


COMMON: dict[str, Any] = {
    "target": "http://127.0.0.1:9000/api",
    "role": "platform",
    "interface": "national",
    "started": "2026-01-02T03:04:05.000+08:00",
    "finished": "2026-01-02T03:04:09.500+08:00",
    "seed": 7,
    "profile": ProfileSummary("example", "ab" * 32, ((plain("金额", "Amounts"), "number"),)),
    "packs": (PackUsed("outpatient", "1.0"),),
    "versions": (("yidi", "0.1.0"), ("python", "3.11")),
    "command": ("yidi", "certify", "platform", "--target", "http://127.0.0.1:9000/api", "--pack", "outpatient"),
    "clauses": CLAUSES,
}

GOOD = ScenarioResult(
    "outpatient.plain", plain("普通门诊一次结算", "One outpatient visit"), "passed", "outpatient", milliseconds=312
)
NEGATIVE = ScenarioResult(
    "outpatient.wrong-total",
    plain("总额不符应被拒", "A wrong total is refused"),
    "failed",
    "outpatient",
    negative=True,
    reason=plain("应被拒而被接受", "accepted, should be refused"),
    milliseconds=1041,
)
SKIPPED = ScenarioResult(
    "outpatient.reversal",
    plain("冲正", "Reversal"),
    "not_run",
    "outpatient",
    reason=plain("配置未声明 2601", "the profile does not promise 2601"),
)


def passed() -> RunResult:
    """Everything held; one reading was accepted, one thing could not be known."""
    return RunResult(
        **COMMON,
        scenarios=(GOOD, SKIPPED),
        conversation=Conversation(visit(GOOD.id, 1)),
        observations=(
            *looks(GOOD.id, 1, "REQ-ENV-01"),
            *looks(GOOD.id, 3, "REQ-ENV-01", "REQ-SCH-2207", "REQ-AMT-04"),
            Observation(
                "open.settle_again",
                "REQ-OPN-07",
                "leniency",
                "reference",
                3,
                GOOD.id,
                why=plain("允许再次结算", "settles again"),
            ),
            Observation(
                "benefits.exact",
                "REQ-BEN-01",
                "not_judged",
                "exact",
                3,
                GOOD.id,
                why=plain("未声明政策", "no policy declared"),
            ),
        ),
    )


def failed() -> RunResult:
    """Several findings of three causes, hostile strings in all that comes from outside, a waived finding, a warning."""
    cause = plain("分摊时多出一分", "one fen too much in the apportionment")
    hostile = reply(None, -1, f"{SCRIPT}\x1b[31m\u202e{CERTNO} 人员{NAME}未备案")
    fault = (
        *visit(NEGATIVE.id, 4, run="control"),
        exchange(
            7, request("1101", QUERY), reply({"baseinfo": PERSON}), scenario=NEGATIVE.id, run="fault", step="person"
        ),
        exchange(
            8, request("2207", {"exp_content": SCRIPT}), hostile, scenario=NEGATIVE.id, run="fault", step="settle"
        ),
        exchange(9, request("2601", {}), None, outcome="timeout", scenario=NEGATIVE.id, run="fault", step="reverse"),
        exchange(10, request("2601", {}), None, outcome="unreachable", scenario=NEGATIVE.id, run="fault", step="again"),
        exchange(11, Raw(b"\xff\xfe\x00rubbish"), Raw(b"<html>", status=502), scenario=NEGATIVE.id, run="fault"),
        exchange(12, request("9999", {}), None, outcome="broken"),
    )
    return RunResult(
        **{**COMMON, "waivers": WAIVERS, "driven": True},
        scenarios=(GOOD, NEGATIVE, SKIPPED),
        conversation=Conversation((*visit(GOOD.id, 1), *fault)),
        observations=(
            *looks(GOOD.id, 1, "REQ-ENV-01"),
            _amount(GOOD.id, 3, cause),
            _amount(NEGATIVE.id, 6, cause, run="control"),
            Observation(
                "schema.reply",
                "REQ-SCH-2207",
                "fail",
                "interface",
                8,
                NEGATIVE.id,
                "fault",
                "settle",
                "output.setlinfo",
                "结算信息",
                plain("对象", "an object"),
                plain(SCRIPT, SCRIPT),
                plain(f"{SCRIPT} 不是对象，证件 {CERTNO}", f"{SCRIPT} is no object, identity {CERTNO}"),
            ),
            Observation(
                "refusal.reason", "REQ-MSG-02", "fail", "relation", 8, NEGATIVE.id, why=plain("理由空泛", "vague")
            ),
            Observation("once", "REQ-DUP-01", "fail", "life_cycle", 12, why=plain("结算了两次", "settled twice")),
        ),
        explanations={
            3: Explanation(
                3,
                {
                    "medfee_sumamt": 12000,
                    "inscp_scp_amt": 10000,
                    "fund_pay_sumamt": 6000,
                    "psn_part_amt": 6000,
                    "psn_cash_pay": 6000,
                },
                (
                    ExplainedStep(
                        plain("统筹支付 100.00 × 60%", "fund pays 100.00 x 60%"),
                        6000,
                        "fund_pay_sumamt",
                        "b.1",
                        "policy 3",
                    ),
                    ExplainedStep(plain("个人负担", "the person pays the rest"), 6000, "psn_part_amt"),
                ),
            )
        },
    )


WAIVERS = (
    Waiver("once", "供应商下一版本修复", "vendor team", "2026-06-30"),
    Waiver("check.REQ-CLR-09", "not offered", "vendor team", "2026-06-30"),
)


def _amount(scenario: str, seq: int, cause: Any, run: str = "plain") -> Observation:
    return Observation(
        "amounts.sum",
        "REQ-AMT-04",
        "fail",
        "relation",
        seq,
        scenario,
        run,
        "settle",
        "output.setlinfo.psn_part_amt",
        "个人负担总金额",
        plain("60.00 元", "60.00 yuan"),
        plain("60.01 元", "60.01 yuan"),
        plain("120.00 − 60.00 = 60.00", "120.00 - 60.00 = 60.00"),
        cause,
    )


def partial() -> RunResult:
    """Interrupted after one good scenario."""
    return RunResult(
        **COMMON,
        scenarios=(GOOD, SKIPPED),
        conversation=Conversation(visit(GOOD.id, 1)),
        observations=looks(GOOD.id, 1, "REQ-ENV-01"),
        partial=True,
        partial_reason=plain("收到 SIGINT", "SIGINT received"),
    )


def nothing() -> RunResult:
    """The target could not be reached."""
    return RunResult(**COMMON, scenarios=(SKIPPED,))


def harness() -> RunResult:
    """The harness failed in one scenario and had found something before."""
    broken = ScenarioResult("outpatient.broken", plain("坏场景", "Broken"), "harness_failed", "outpatient")
    return RunResult(
        **COMMON,
        driven=True,
        scenarios=(GOOD, broken),
        conversation=Conversation(visit(GOOD.id, 1)),
        observations=(_amount(GOOD.id, 3, None),),
        harness_errors=(HarnessFault(plain("内部错误", "internal error"), broken.id, "Traceback ...\nKeyError: 'x'"),),
    )


SAMPLES = {"passed": passed, "failed": failed, "partial": partial, "nothing": nothing, "harness": harness}
