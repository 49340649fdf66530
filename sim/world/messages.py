"""The messages of a visit: what each says, and what the visit keeps of the reply."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import define, field

from sim import money
from sim.interface import envelope
from sim.interface.envelope import Sender, datetime19
from sim.platform.people import Department, Institution, Named, Person
from sim.world.bills import BillLine
from sim.world.demand import Visit

CREDENTIAL_CODES = {"card": "03", "code": "01", "identity": "02"}
"""mdtrt_cert_type of what a patient presents."""

_SPLIT = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
_DIAGNOSIS = {"outpatient": ("I10.x00", "示例高血压"), "inpatient": ("I25.100", "示例冠状动脉病")}


@define
class Talk:
    """What a visit has said and heard so far. ``sent`` numbers the upload of fee lines within a stay."""

    visit: Visit
    person: Person
    lines: tuple[BillLine, ...]
    admitted: datetime
    credential: str = "card"
    mdtrt_id: str = ""
    batch: str = ""
    insuplc_admdvs: str = ""
    insutype: str = ""
    psn_no: str = ""
    sent: int = 0
    split: dict[str, Decimal | int] = field(factory=dict)
    head: Mapping[str, Any] | None = None
    last: dict[str, str] = field(factory=dict)
    reversing: str = ""

    @property
    def total(self) -> int:
        """The bill in fen."""
        return sum(line.amount for line in self.lines)

    @property
    def med_type(self) -> str:
        """Category of care: ordinary outpatient 11, emergency 13, ordinary inpatient 21, admitted as emergency 24."""
        emergency = self.visit.filing == "emergency"
        if self.visit.kind == "outpatient":
            return "13" if emergency else "11"
        return "24" if emergency else "21"


def sender(institution: Institution) -> Sender:
    """Who sends for a hospital: its first operator, or the counter where it names none."""
    operator = institution.operators[0] if institution.operators else Named("0001", "经办员")
    return Sender(
        fixmedins_code=institution.fixmedins_code,
        fixmedins_name=institution.fixmedins_name,
        mdtrtarea_admvs=institution.admdvs,
        opter=operator.code,
        opter_name=operator.name,
    )


def sign_in(institution: Institution) -> dict[str, Any]:
    """The input of 9001."""
    return {"signIn": {"opter_no": sender(institution).opter, "mac": "00-00-00-00-00-00", "ip": "192.0.2.1"}}


def content(infno: str, talk: Talk, now: datetime) -> dict[str, Any]:
    """The ``input`` of a message. Raises KeyError for a transaction that visits do not send."""
    return _CONTENTS[infno](talk, now)


def keep(infno: str, talk: Talk, reply: Mapping[str, Any]) -> None:
    """Take from an accepted reply what later messages and the record need."""
    output = reply["output"]
    if infno == "1101":
        row = output["insuinfo"][0]
        talk.psn_no = output["baseinfo"]["psn_no"]
        talk.insuplc_admdvs, talk.insutype = row["insuplc_admdvs"], row["insutype"]
    elif infno == "2201":
        talk.mdtrt_id = output["data"]["mdtrt_id"]
    elif infno == "2401":
        talk.mdtrt_id = output["result"]["mdtrt_id"]
    elif infno == "2301":
        talk.sent += 1
    elif infno in ("2206", "2303"):
        talk.split = {name: output["setlinfo"][name] for name in _SPLIT}
    elif infno in ("2207", "2304"):
        talk.head = output["setlinfo"]
    elif infno == "2601" and talk.reversing == "2401":
        talk.mdtrt_id = ""


def _person(talk: Talk, now: datetime) -> dict[str, Any]:
    kind = CREDENTIAL_CODES[talk.credential]
    return {
        "data": {
            "mdtrt_cert_type": kind,
            "mdtrt_cert_no": talk.person.credential(kind),
            "card_sn": talk.person.card_sn if kind == "03" else "",
            "begntime": datetime19(now),
            "psn_cert_type": talk.person.psn_cert_type,
            "certno": talk.person.certno,
            "psn_name": talk.person.psn_name,
        }
    }


def _presented(talk: Talk) -> dict[str, Any]:
    kind = CREDENTIAL_CODES[talk.credential]
    return {"mdtrt_cert_type": kind, "mdtrt_cert_no": talk.person.credential(kind)}


def _department(talk: Talk) -> Department:
    departments = talk.visit.hospital.institution.departments
    return departments[0] if departments else Department("0301", "示例内科", "A03")


def _doctor(talk: Talk) -> Named:
    doctors = talk.visit.hospital.institution.doctors
    return doctors[0] if doctors else Named("D000000000000", "示例医生")


def _number(talk: Talk) -> str:
    """The hospital's own number of the visit: day in the calendar, kind and serial; unique within the hospital."""
    key = talk.visit.id
    return f"{talk.admitted:%Y%m%d}{key >> 60:02d}{key & 0xFFFFF:07d}"


def _registration(talk: Talk, now: datetime) -> dict[str, Any]:
    department, doctor = _department(talk), _doctor(talk)
    return {
        "data": {
            "psn_no": talk.psn_no,
            "insutype": talk.insutype,
            "begntime": datetime19(now),
            **_presented(talk),
            "ipt_otp_no": _number(talk),
            "atddr_no": doctor.code,
            "dr_name": doctor.name,
            "dept_code": department.code,
            "dept_name": department.name,
            "caty": department.caty,
        }
    }


def _diagnosis(talk: Talk, now: datetime) -> dict[str, Any]:
    code, name = _DIAGNOSIS[talk.visit.kind]
    department, doctor = _department(talk), _doctor(talk)
    return {
        "diag_type": "1",
        "maindiag_flag": "1",
        "diag_srt_no": 1,
        "diag_code": code,
        "diag_name": name,
        "diag_dept": department.name,
        "dise_dor_no": doctor.code,
        "dise_dor_name": doctor.name,
        "diag_time": datetime19(now),
        "vali_flag": "1",
    }


def _visit(talk: Talk, now: datetime) -> dict[str, Any]:
    return {
        "mdtrtinfo": {
            "mdtrt_id": talk.mdtrt_id,
            "psn_no": talk.psn_no,
            "med_type": talk.med_type,
            "begntime": datetime19(talk.admitted),
            "main_cond_dscr": "",
            "dise_codg": "",
            "dise_name": "",
        },
        "diseinfo": [_diagnosis(talk, now)],
    }


def _row(talk: Talk, serial: int, line: BillLine, now: datetime) -> dict[str, Any]:
    department, doctor = _department(talk), _doctor(talk)
    return {
        "feedetl_sn": str(serial),
        "mdtrt_id": talk.mdtrt_id,
        "psn_no": talk.psn_no,
        "fee_ocur_time": datetime19(now),
        "med_list_codg": line.code,
        "medins_list_codg": line.code,
        "det_item_fee_sumamt": money.wire(line.amount),
        "cnt": line.units,
        "pric": Decimal(line.price).scaleb(-6),
        "bilg_dept_codg": department.code,
        "bilg_dept_name": department.name,
        "bilg_dr_codg": doctor.code,
        "bilg_dr_name": doctor.name,
        "hosp_appr_flag": "0",
    }


def _outpatient_lines(talk: Talk, now: datetime) -> dict[str, Any]:
    talk.batch = _number(talk)
    rows = [_row(talk, n, line, now) for n, line in enumerate(talk.lines, 1)]
    return {"feedetail": [{**row, "chrg_bchno": talk.batch, "dise_codg": "", "rx_circ_flag": "0"} for row in rows]}


def _inpatient_lines(talk: Talk, now: datetime) -> dict[str, Any]:
    """The first half of the lines at mid-stay, the rest before discharge."""
    half = (len(talk.lines) + 1) // 2
    first, last = (0, half) if talk.sent == 0 else (half, len(talk.lines))
    chosen = list(enumerate(talk.lines, 1))[first:last]
    return {"feedetail": [{**_row(talk, n, line, now), "med_type": talk.med_type} for n, line in chosen]}


def _outpatient_trial(talk: Talk, _: datetime) -> dict[str, Any]:
    return {
        "data": {
            "psn_no": talk.psn_no,
            **_presented(talk),
            "med_type": talk.med_type,
            "medfee_sumamt": money.wire(talk.total),
            "psn_setlway": "01",
            "mdtrt_id": talk.mdtrt_id,
            "chrg_bchno": talk.batch,
            "acct_used_flag": "1",
            "insutype": talk.insutype,
        }
    }


def _outpatient_settlement(talk: Talk, now: datetime) -> dict[str, Any]:
    return {"data": {**_outpatient_trial(talk, now)["data"], **talk.split, "invono": ""}}


def _inpatient_trial(talk: Talk, now: datetime) -> dict[str, Any]:
    return {
        "data": {
            "psn_no": talk.psn_no,
            **_presented(talk),
            "medfee_sumamt": money.wire(talk.total),
            "psn_setlway": "01",
            "mdtrt_id": talk.mdtrt_id,
            "acct_used_flag": "0",
            "insutype": talk.insutype,
            "mid_setl_flag": "0",
            "dscgTime": f"{now:%Y-%m-%d}",
        }
    }


def _inpatient_settlement(talk: Talk, now: datetime) -> dict[str, Any]:
    return {"data": {**_inpatient_trial(talk, now)["data"], **talk.split, "invono": ""}}


def _admission(talk: Talk, now: datetime) -> dict[str, Any]:
    code, name = _DIAGNOSIS["inpatient"]
    department, doctor = _department(talk), _doctor(talk)
    return {
        "mdtrtinfo": {
            "psn_no": talk.psn_no,
            "insutype": talk.insutype,
            "begntime": datetime19(talk.admitted),
            **_presented(talk),
            "med_type": talk.med_type,
            "er_flag": "1" if talk.visit.filing == "emergency" else "0",
            "ipt_no": _number(talk),
            "atddr_no": doctor.code,
            "chfpdr_name": doctor.name,
            "adm_diag_dscr": name,
            "adm_dept_codg": department.code,
            "adm_dept_name": department.name,
            "adm_bed": "1",
            "dscg_maindiag_code": code,
            "dscg_maindiag_name": name,
        },
        "diseinfo": [{"psn_no": talk.psn_no, **_diagnosis(talk, now)}],
    }


def _discharge(talk: Talk, now: datetime) -> dict[str, Any]:
    department = _department(talk)
    return {
        "dscginfo": {
            "mdtrt_id": talk.mdtrt_id,
            "psn_no": talk.psn_no,
            "insutype": talk.insutype,
            "endtime": datetime19(now),
            "dscg_dept_codg": department.code,
            "dscg_dept_name": department.name,
            "dscg_way": "1",
        },
        "diseinfo": [{"mdtrt_id": talk.mdtrt_id, "psn_no": talk.psn_no, **_diagnosis(talk, now)}],
    }


def _reversal(talk: Talk, _: datetime) -> dict[str, Any]:
    return {"data": {"psn_no": talk.psn_no, "omsgid": talk.last[talk.reversing], "oinfno": talk.reversing}}


_CONTENTS = {
    "1101": _person,
    "2201": _registration,
    "2203": _visit,
    "2204": _outpatient_lines,
    "2206": _outpatient_trial,
    "2207": _outpatient_settlement,
    "2601": _reversal,
    "2401": _admission,
    "2301": _inpatient_lines,
    "2303": _inpatient_trial,
    "2402": _discharge,
    "2304": _inpatient_settlement,
}


def request(infno: str, talk: Talk, now: datetime, serial: int, sign_no: str) -> dict[str, Any]:
    """A whole message of a visit at a moment; ``serial`` makes its msgid unique in its second."""
    by = sender(talk.visit.hospital.institution)
    msgid = envelope.msgid(by.fixmedins_code, now, serial)
    if infno != "2601":
        talk.last[infno] = msgid
    return envelope.request(
        infno,
        msgid=msgid,
        sender=by,
        insuplc_admdvs=talk.insuplc_admdvs or talk.person.insuplc_admdvs,
        sign_no=sign_no,
        at=now,
        input=content(infno, talk, now),
    )
