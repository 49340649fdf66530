"""A hospital's desk: the messages of a visit in order, each reply checked against the interface."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sim.benefits.load import funds
from sim.benefits.policy import Plan
from sim.benefits.sheet import Rule, Sheet
from sim.interface import envelope, interface, validate
from sim.lang import templates
from sim.money import divide, parse, wire
from sim.platform import Institution, Item, Person, Reference, institutions, items, persons, reference

NOW = datetime(2024, 3, 5, 9, 0, 0)
GUIYANG = institutions()[0]
OTHER = institutions()[1]
BEIJING = institutions()[6]
ITEMS = items()
_SERIAL = itertools.count(1)
PARTS = {
    "fulamt_ownpay_amt": "fulamt_ownpay_amt",
    "overlmt_selfpay": "overlmt_amt",
    "preselfpay_amt": "preselfpay_amt",
    "inscp_scp_amt": "inscp_scp_amt",
}


def person(place: str = "110000", psn_type: str = "1101", n: int = 0) -> Person:
    """The n-th standing person of a place and type."""
    found = [p for p in persons() if (p.insuplc_admdvs, p.psn_type, p.psn_insu_stas) == (place, psn_type, "1")]
    return found[n]


class HalfPolicy:
    """A policy for tests: 10% first self-pay on class B, 30 yuan deductible a year, then the pool pays half."""

    id = "half"
    account = "personal_share"
    year_end = "discharge"
    mutual_aid = "own_first"
    start = date(2000, 1, 1)
    end = None

    def covers(self, _: date) -> bool:
        return True

    def first_self_pay(self, _: Any) -> int:
        return 1000

    def plan(self, _: Any) -> Plan:
        return Plan(((_half, Rule("half", fund=next(iter(funds().values())))),), True)


def _half(sheet: Sheet, rule: Rule) -> None:
    before = sheet.before.inpatient_deductible if sheet.stay else sheet.before.outpatient_deductible
    sheet.deductible = min(sheet.cost, max(0, 3000 - before))
    sheet.ratio = 5000
    sheet.pool = divide(sheet.cost - sheet.deductible, 2)
    sheet.pay(rule.payer(), sheet.pool)


def half(admdvs: str, insutype: str, on: date) -> Any:
    """`HalfPolicy` for everybody."""
    return HALF


HALF = HalfPolicy()


def world(**given: Any) -> Reference:
    """The reference under the test policy."""
    return reference(**{"policies": half, **given})


def says(reply: Mapping[str, Any], key: str) -> bool:
    """Whether a reply is a refusal for that very reason, whatever values its text holds."""
    pattern = ".*".join(re.escape(part) for part in re.split(r"\{[a-z_]+\}", templates()[f"platform.{key}"]["zh"]))
    return not envelope.is_accepted(reply) and re.fullmatch(pattern, str(reply["err_msg"]), re.DOTALL) is not None


class Desk:
    """One patient at one hospital. Every method sends one message and returns its reply."""

    def __init__(
        self,
        ref: Reference,
        patient: Person | None = None,
        hospital: Institution = GUIYANG,
        goods: Sequence[Item] = ITEMS[6:12],
        batch: str = "B1",
    ) -> None:
        self.ref = ref
        self.patient = patient or person()
        self.hospital = hospital
        self.goods = goods
        self.batch = batch
        self.now = NOW
        self.place = self.patient.insuplc_admdvs
        self.sign_no = ""
        self.mdtrt_id = ""
        self.rows: list[dict[str, Any]] = []
        self.setl_id = ""
        self.kind = "outpatient"

    # --- sending -----------------------------------------------------------------------------------------------------

    def message(self, infno: str, content: dict[str, Any], **changes: Any) -> dict[str, Any]:
        made = envelope.request(
            infno,
            msgid=envelope.msgid(self.hospital.fixmedins_code, self.now, next(_SERIAL) % 10000),
            sender=envelope.Sender(self.hospital.fixmedins_code, self.hospital.fixmedins_name, self.hospital.admdvs),
            insuplc_admdvs="" if infno in ("9001", "9002", "1101") else self.place,
            sign_no=self.sign_no,
            at=self.now,
            input=content,
        )
        return {**made, **changes}

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        reply = self.ref.call(message, self.now)
        if message["infno"] in interface().transactions:
            problems = validate(interface(), message["infno"], "reply", reply)
            assert [] == [p.text().show("en") for p in problems]
        return reply

    def send(self, infno: str, content: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return self.call(self.message(infno, content, **changes))

    def ok(self, infno: str, content: dict[str, Any], **changes: Any) -> dict[str, Any]:
        reply = self.send(infno, content, **changes)
        assert reply["infcode"] == 0, (infno, reply["err_msg"])
        output: dict[str, Any] = reply["output"]
        return output

    # --- contents ----------------------------------------------------------------------------------------------------

    @property
    def time(self) -> str:
        return envelope.datetime19(self.now)

    def shown(self) -> dict[str, Any]:
        return {"mdtrt_cert_type": "01", "mdtrt_cert_no": self.patient.token}

    def whose(self) -> dict[str, Any]:
        return {"psn_no": self.patient.psn_no, "mdtrt_id": self.mdtrt_id}

    def registration(self) -> dict[str, Any]:
        return {
            "data": {
                "psn_no": self.patient.psn_no,
                "insutype": self.patient.insutype,
                "begntime": self.time,
                **self.shown(),
                "ipt_otp_no": "O1",
                "dept_code": "0301",
                "dept_name": "示例科",
                "caty": "A03.01",
            }
        }

    def diagnosis(self) -> dict[str, Any]:
        return {
            "diag_type": "1",
            "diag_srt_no": 1,
            "diag_code": "I10.x00",
            "diag_name": "示例病",
            "diag_dept": "示例科",
            "dise_dor_no": "D1",
            "dise_dor_name": "示例医生",
            "diag_time": self.time,
            "vali_flag": "1",
        }

    def description(self, **changes: Any) -> dict[str, Any]:
        info = {**self.whose(), "med_type": "11", "begntime": self.time, **changes}
        return {"mdtrtinfo": info, "diseinfo": [self.diagnosis()]}

    def line(self, number: int, item: Item, cnt: Any = 10, **changes: Any) -> dict[str, Any]:
        price = Decimal(item.price).scaleb(-6)
        row = {
            "feedetl_sn": str(number),
            **self.whose(),
            "fee_ocur_time": self.time,
            "med_list_codg": item.code,
            "medins_list_codg": item.code,
            "det_item_fee_sumamt": (price * cnt).quantize(Decimal("0.01")),
            "cnt": cnt,
            "pric": price,
            "bilg_dept_codg": "0301",
            "bilg_dept_name": "示例科",
            "bilg_dr_codg": "D1",
            "bilg_dr_name": "示例医生",
            "hosp_appr_flag": "0",
        }
        if self.kind == "outpatient":
            row |= {"chrg_bchno": self.batch, "rx_circ_flag": "0"}
        else:
            row |= {"med_type": "21"}
        return {**row, **changes}

    def lines(self) -> dict[str, Any]:
        return {"feedetail": [self.line(n, item) for n, item in enumerate(self.goods, 1)]}

    def total(self, name: str) -> Decimal:
        return wire(sum(parse(row[name]) for row in self.rows))

    def asked(self, **changes: Any) -> dict[str, Any]:
        """The input of a trial."""
        data = {
            **self.whose(),
            **self.shown(),
            "insutype": self.patient.insutype,
            "medfee_sumamt": self.total("det_item_fee_sumamt"),
            "psn_setlway": "01",
            "acct_used_flag": "1",
        }
        if self.kind == "outpatient":
            data |= {"med_type": "11", "chrg_bchno": self.batch}
        else:
            data |= {"mid_setl_flag": "0"}
        return {"data": {**data, **changes}}

    def settlement(self, **changes: Any) -> dict[str, Any]:
        """The input of the settlement."""
        return self.asked(**{name: self.total(line) for name, line in PARTS.items()}, **changes)

    def cancellation(self, **changes: Any) -> dict[str, Any]:
        return {"data": {**self.whose(), "setl_id": self.setl_id, **changes}}

    def reversal(self, original: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        data = {"psn_no": self.patient.psn_no, "omsgid": original["msgid"], "oinfno": original["infno"]}
        return {"data": {**data, **changes}}

    def admission(self) -> dict[str, Any]:
        return {
            "mdtrtinfo": {
                "psn_no": self.patient.psn_no,
                "insutype": self.patient.insutype,
                "begntime": self.time,
                **self.shown(),
                "med_type": "21",
                "ipt_no": "I1",
                "atddr_no": "D1",
                "chfpdr_name": "示例医生",
                "adm_diag_dscr": "示例病",
                "adm_dept_codg": "0304",
                "adm_dept_name": "示例科",
                "adm_bed": "1",
                "dscg_maindiag_code": "I25.100",
                "dscg_maindiag_name": "示例病",
            },
            "diseinfo": [{**self.diagnosis(), "psn_no": self.patient.psn_no, "maindiag_flag": "1"}],
        }

    def leaving(self, **changes: Any) -> dict[str, Any]:
        info = {
            **self.whose(),
            "insutype": self.patient.insutype,
            "endtime": self.time,
            "dscg_dept_codg": "0304",
            "dscg_dept_name": "示例科",
            "dscg_way": "1",
        }
        return {"dscginfo": {**info, **changes}, "diseinfo": []}

    # --- the steps of a visit ----------------------------------------------------------------------------------------

    def sign_in(self) -> Desk:
        output = self.ok("9001", {"signIn": {"opter_no": "1", "mac": "00", "ip": "127.0.0.1"}})
        self.sign_no = output["signinoutb"]["sign_no"]
        return self

    def register(self) -> Desk:
        self.mdtrt_id = self.ok("2201", self.registration())["data"]["mdtrt_id"]
        return self

    def describe(self, **changes: Any) -> Desk:
        self.ok("2203", self.description(**changes))
        return self

    def admit(self) -> Desk:
        self.kind = "inpatient"
        self.mdtrt_id = self.ok("2401", self.admission())["result"]["mdtrt_id"]
        return self

    def upload(self) -> Desk:
        self.rows = self.ok("2204" if self.kind == "outpatient" else "2301", self.lines())["result"]
        return self

    def discharge(self) -> Desk:
        self.ok("2402", self.leaving())
        return self

    def settle(self) -> dict[str, Any]:
        head: dict[str, Any] = self.ok("2207" if self.kind == "outpatient" else "2304", self.settlement())["setlinfo"]
        self.setl_id = head["setl_id"]
        return head

    def ready(self) -> Desk:
        """Everything before the settlement of an outpatient visit."""
        return self.sign_in().register().describe().upload()

    def ready_to_leave(self) -> Desk:
        """Everything before the settlement of a stay."""
        return self.sign_in().admit().upload().discharge()

    # --- what can be seen from here ----------------------------------------------------------------------------------

    def balance(self) -> int:
        output = self.ok("1101", {"data": self.shown()})
        return parse(output["insuinfo"][0]["balc"])

    def used(self) -> dict[str, Decimal]:
        rows = self.ok("5206", {"data": {"psn_no": self.patient.psn_no}})["cuminfo"]
        return {f"{row['year']}.{row['cum_type_code']}": row["cum"] for row in rows if row["cum"]}
