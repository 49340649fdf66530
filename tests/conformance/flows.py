"""Known-good conversations of every business flow: hospitals' desks speak to the reference, and all of it is kept."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from attrs import define, field

sys.path.append(str(Path(__file__).parents[1] / "sim" / "platform"))

from counter import BEIJING, COMMUNITY, GUIYANG, SHOP, Counter
from office_desk import DAY, Office
from platform_desk import ITEMS, OTHER, Desk, person

from conformance.conversation import Conversation, Exchange, Raw
from sim.interface import wire
from sim.platform import Reference, reference


@define
class Recording:
    """The reference, with everything that is said to it written down."""

    reference: Reference = field(factory=reference)
    exchanges: list[Exchange] = field(factory=list)

    @property
    def parties(self) -> Any:
        return self.reference.parties

    def call(self, message: dict[str, Any], now: datetime) -> dict[str, Any]:
        reply = self.reference.call(message, now)
        at = now.isoformat(timespec="milliseconds")
        request, answer = Raw(wire.encode(message)), Raw(wire.encode(dict(reply)), (), 200)
        seq = len(self.exchanges) + 1
        self.exchanges.append(Exchange(seq, "hospital", "platform", at, request, "answered", at, answer))
        return reply

    @property
    def conversation(self) -> Conversation:
        return Conversation(tuple(self.exchanges))


def read(desk: Desk) -> None:
    """What a judge needs to know of a person."""
    desk.ok("1101", {"data": desk.shown()})
    desk.ok("5206", {"data": {"psn_no": desk.patient.psn_no}})


def inpatient(ref: Any, place: str = "110000", **given: Any) -> None:
    """A stay: lines, one given back, trial, discharge, settlement, cancellation, and all of it undone."""
    desk = Desk(ref, person(place), **given).sign_in()
    desk.admit().upload()
    first = desk.rows[0]
    back = desk.line(90, desk.goods[0], -2, init_feedetl_sn=first["feedetl_sn"])
    desk.rows += desk.ok("2301", {"feedetail": [back]})["result"]
    read(desk)
    desk.ok("2303", desk.asked())
    desk.discharge()
    desk.settle()
    read(desk)
    desk.ok("5203", {"data": {**desk.whose(), "setl_id": desk.setl_id}})
    desk.ok("2305", desk.cancellation())
    read(desk)
    desk.settle()
    read(desk)
    desk.ok("2305", desk.cancellation())
    read(desk)
    desk.ok("2405", {"data": desk.whose()})
    desk.ok("2302", {"data": [{**desk.whose(), "feedetl_sn": "0000"}]})
    desk.ok("2404", {"data": desk.whose()})
    desk.ok("9002", {"signOut": {"sign_no": desk.sign_no, "opter_no": "1"}})


def interim(ref: Any) -> None:
    """A stay that is settled in parts."""
    desk = Desk(ref, person("110000", n=1)).sign_in()
    desk.admit().upload()
    read(desk)
    desk.ok("2303", desk.asked(mid_setl_flag="1"))
    desk.setl_id = desk.ok("2304", desk.settlement(mid_setl_flag="1"))["setlinfo"]["setl_id"]
    read(desk)
    row = desk.line(70, ITEMS[7], 2)
    desk.rows = desk.ok("2301", {"feedetail": [row]})["result"]
    desk.discharge()
    desk.ok("2303", desk.asked())
    desk.settle()
    read(desk)


def outpatient(ref: Any, place: str = "110000") -> None:
    """A visit, its trial, settlement and cancellation, and the settlement once more, reversed by 2601."""
    desk = Desk(ref, person(place, n=1))
    desk.ready()
    read(desk)
    desk.ok("2206", desk.asked())
    desk.settle()
    read(desk)
    desk.ok("2208", desk.cancellation())
    read(desk)
    again = desk.message("2207", desk.settlement())
    desk.call(again)
    read(desk)
    desk.ok("2601", desk.reversal(again))
    read(desk)
    desk.ok("2205", {"data": {**desk.whose(), "chrg_bchno": "0000"}})
    desk.ok("2202", {"data": {**desk.whose(), "ipt_otp_no": "O1"}})


def pharmacy(ref: Any, place: str = "520100") -> None:
    """A sale and its cancellation."""
    desk = Counter(ref, person(place), SHOP).sign_in()
    read(desk)
    desk.ok("2101", desk.sale())
    desk.sell()
    read(desk)
    desk.ok("2103", desk.cancellation())
    read(desk)


def chronic(ref: Any) -> None:
    """A chronic disease is filed, approved the next day, treated and asked for."""
    desk = Counter(ref, person("520100", n=1), COMMUNITY).sign_in()
    desk.file("2503", desk.chronic())
    number = desk.file("2503", desk.chronic("M05300"))
    desk.ok("2504", desk.withdrawal(number))
    desk.later()
    desk.ok("5301", {"data": {"psn_no": desk.patient.psn_no}})
    desk.chronic_visit()
    read(desk)
    desk.ok("2206", desk.asked(med_type="14"))
    desk.setl_id = desk.ok("2207", desk.chronic_settlement())["setlinfo"]["setl_id"]
    read(desk)
    desk.ok("5205", desk.mine(begntime="2024-01-01 00:00:00"))


def filing(ref: Any) -> None:
    """A referral to another province and a designation, asked for and withdrawn."""
    desk = Counter(ref, person("520100", n=2)).sign_in()
    number = desk.file("2501", desk.transfer())
    read(desk)
    desk.ok("2502", desk.withdrawal(number))
    chosen = desk.file("2505", desk.designation())
    desk.ok("2506", desk.withdrawal(chosen))
    desk.file("2505", desk.designation())
    desk.later()
    desk.ok("5302", desk.mine(biz_appy_type="01"))


def referred(ref: Any) -> None:
    """Whoever is referred to another province is treated there as referred."""
    at_home = Counter(ref, person("520100", n=3)).sign_in()
    at_home.file("2501", at_home.transfer())
    away = Desk(ref, person("520100", n=3), BEIJING)
    read(away)
    away.ready_to_leave()
    read(away)
    away.ok("2303", away.asked())
    away.settle()
    read(away)


def reconciliation(ref: Any) -> None:
    """A day's books: equal, then with a planted difference found by file."""
    office = Office(ref)
    office.visit()
    desk, _ = office.visit(1)
    office.cancel(desk)
    office.reconcile()
    office.reconcile(medfee_sumamt=Decimal("0.01"))
    office.compare()
    office.visit(2, lose=True)
    office.reconcile()
    office.compare()


def queries(ref: Any) -> None:
    """Registers, catalogues, mappings, entitlements, and what a visit and a stay look like from outside."""
    desk = Counter(ref, person("520100", n=1), GUIYANG).sign_in()
    read(desk)
    desk.ok("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_code": GUIYANG.fixmedins_code}})
    listed = {"type": "med_type", "admdvs": "520100", "date": DAY, "parentValue": "0", "valiFlag": "1"}
    desk.ok("1901", {"data": listed})
    desk.ok("2001", desk.asked_for("11"))
    mine = {"fixmedins_hilist_id": "OWN1", "list_type": ITEMS[6].list_type, "med_list_codg": ITEMS[6].code}
    days = {"begndate": "2024-01-01", "enddate": "2024-12-31"}
    desk.ok("3301", {"data": [{**mine, "fixmedins_hilist_name": "示例院内名称", **days}]})
    page = {"data": {"updt_time": "2000-01-01", "page_num": 1, "page_size": 20}}
    for infno in ("1312", "1316", "1318", "1319"):
        desk.ok(infno, page)
    desk.ok("3302", {"data": {**mine, "fixmedins_code": GUIYANG.fixmedins_code}})
    for infno in ("1301", "1302", "1303", "1305", "1306", "1307"):
        told = desk.ok(infno, {"data": {"ver": "v0000"}})
        if infno == "1307":
            Office.of(desk).fetch(told, "plc")
    desk.ready()
    read(desk)
    desk.ok("5202", {"data": desk.whose()})
    desk.settle()
    read(desk)
    desk.ok("5201", desk.mine(**desk.period(), med_type="11"))
    desk.ok("5203", {"data": {**desk.whose(), "setl_id": desk.setl_id}})
    desk.ok("5204", desk.cancellation())
    desk.ok("5205", {"data": {"psn_no": desk.patient.psn_no, "begntime": "2024-01-01 00:00:00"}})
    desk.file("2501", desk.transfer())
    desk.ok("5304", {"data": {"psn_no": desk.patient.psn_no, "begntime": "2024-01-01 00:00:00"}})


def present(ref: Any) -> None:
    """Who is in hospital, and the settlement list of who has left; then the month's clearing is asked for."""
    desk = Counter(ref, person("520100", n=2), GUIYANG).sign_in()
    read(desk)
    desk.admit().upload()
    desk.ok("5303", {"data": desk.period()})
    info = desk.admission()["mdtrtinfo"]
    names = ("begntime", "mdtrt_cert_type", "med_type", "atddr_no", "chfpdr_name", "adm_diag_dscr")
    names += ("adm_dept_codg", "adm_dept_name", "dscg_maindiag_code", "dscg_maindiag_name")
    changed = {**desk.whose(), **{name: info[name] for name in names}, "ipt_otp_no": "I1", "adm_bed": "2"}
    desk.ok("2403", {"adminfo": changed, "diseinfo": []})
    desk.discharge()
    output = desk.ok("2304", desk.settlement())
    desk.setl_id = output["setlinfo"]["setl_id"]
    read(desk)
    desk.ok("4101A", settlement_list(desk, output))
    office = Office.of(desk)
    line = office.note(desk, output["setlinfo"])
    desk.now = datetime(2024, 4, 2, 9, 0, 0)
    asked = {"clr_type": "21", "clr_way": "1", "setlym": "202403", "psntime": 1, "begndate": "2024-03-01"}
    asked |= {"medfee_sumamt": line.medfee_sumamt, "med_sumfee": line.medfee_sumamt, "enddate": "2024-03-31"}
    asked |= {"fund_appy_sum": line.fund_pay_sumamt, "cash_payamt": line.psn_cash_pay, "acct_pay": line.acct_pay}
    number = desk.ok("3203", {"data": asked})["result"]["clr_appy_evt_id"]
    desk.ok("3204", {"data": {"clr_appy_evt_id": number}})


def clearing(ref: Any) -> None:
    """A month's lines for people of other provinces are extracted, confirmed, and the confirmation taken back."""
    desk = Desk(ref, person("110000", n=4)).ready()
    read(desk)
    desk.ok("2206", desk.asked())
    desk.settle()
    read(desk)
    desk.now = datetime(2024, 4, 2, 9, 0, 0)
    desk.sign_in()
    month = {"trt_year": "2024", "trt_month": "03"}
    rows = desk.ok("3260", {"data": {**month, "startrow": 1}})["data"]
    names = ("certno", "mdtrt_id", "mdtrt_setl_time", "setl_sn", "medfee_sumamt", "optins_pay_sumamt")
    detail = [{**{name: row[name] for name in names}, "cnfm_flag": "1"} for row in rows]
    confirmed = desk.message("3261", {"data": {**month, "totalrow": len(detail)}, "detail": detail})
    assert desk.call(confirmed)["infcode"] == 0
    desk.ok("3262", {"data": {**month, "otransid": confirmed["msgid"]}})


def settlement_list(desk: Desk, output: dict[str, Any]) -> dict[str, Any]:
    """The input of 4101A."""
    info = {**desk.whose(), "setl_id": desk.setl_id, "medcasno": "M1", "ntly": "156", "prfs": "90"}
    info |= {"patn_rlts": "01", "coner_addr": "示例地址", "coner_tel": "1", "adm_time": desk.time}
    info |= {"dscg_time": desk.time, "dscg_caty": "A03.01", "bill_code": "1", "bill_no": "1", "biz_sn": "1"}
    info |= {"setl_begn_date": desk.time[:10], "setl_end_date": desk.time[:10]}
    info |= {"medins_fill_dept": "示例科", "medins_fill_psn": "示例"}
    funds = [{k: row[k] for k in ("fund_pay_type", "fund_payamt")} for row in output["setldetail"]]
    disease = {"diag_type": "1", "diag_code": "I25.100", "diag_name": "示例病", "adm_cond_type": "1"}
    return {"setlinfo": info, "payinfo": funds, "diseinfo": [{**disease, "maindiag_flag": "1"}]}


def forms(ref: Any) -> None:
    """The A forms of describing, trial and settlement, of a visit and of a stay."""
    desk = Desk(ref, person("110000", n=2)).sign_in().register()
    desk.ok("2203A", desk.description())
    desk.upload()
    read(desk)
    desk.ok("2206A", desk.asked())
    desk.ok("2207A", desk.settlement())
    read(desk)
    stay = Desk(ref, person("110000", n=3)).ready_to_leave()
    read(stay)
    stay.ok("2303A", stay.asked())
    stay.ok("2304A", stay.settlement())
    read(stay)


def attempts(ref: Any) -> None:
    """Whatever a moment forbids is tried, and refused."""
    _attempts_at_a_visit(ref)
    _attempts_at_a_stay(ref)
    _attempts_elsewhere(ref)


def no(desk: Desk, infno: str, content: dict[str, Any], **changes: Any) -> None:
    """Tried and refused."""
    assert desk.send(infno, content, **changes)["infcode"] != 0, infno


def _attempts_at_a_visit(ref: Any) -> None:
    desk, other = Desk(ref, person("110000", n=1)).sign_in(), Desk(ref, person("110000", n=2), OTHER).sign_in()
    read(desk)
    no(desk, "2201", desk.registration(), insuplc_admdvs="")
    no(desk, "1101", {"data": {"mdtrt_cert_type": "03", "mdtrt_cert_no": "1"}})
    desk.register()
    no(desk, "2204", desk.lines())
    desk.describe()
    row = desk.line(1, ITEMS[6])
    mine = {"data": {**desk.whose(), "chrg_bchno": "B1"}}
    no(desk, "2205", mine)
    no(desk, "2204", {"feedetail": [{**row, "feedetl_sn": "0"}]})
    no(desk, "2204", {"feedetail": [row, row]})
    no(desk, "2204", {"feedetail": [row, {**row, "feedetl_sn": "2", "mdtrt_id": "1"}]})
    no(desk, "2204", {"feedetail": [{**row, "det_item_fee_sumamt": row["det_item_fee_sumamt"] + 1}]})
    no(desk, "2204", {"feedetail": [{**row, "pric": -row["pric"], "cnt": -10}]})
    no(desk, "2206", desk.asked())
    desk.upload()
    no(desk, "2204", desk.lines())
    no(desk, "2206", desk.asked(medfee_sumamt=desk.total("det_item_fee_sumamt") + 1))
    no(desk, "2206", desk.asked(med_type="13"))
    no(desk, "2207", {"data": {**desk.settlement()["data"], "inscp_scp_amt": 1}})
    no(desk, "2303", {"data": {**desk.asked()["data"], "mid_setl_flag": "0"}})
    settled = desk.message("2207", desk.settlement())
    desk.setl_id = desk.call(settled)["output"]["setlinfo"]["setl_id"]
    read(desk)
    no(desk, "2207", desk.settlement())
    no(desk, "2204", {"feedetail": [desk.line(50, ITEMS[6])]})
    no(desk, "2205", mine)
    no(desk, "2202", {"data": {**desk.whose(), "ipt_otp_no": "O1"}})
    no(other, "2208", {"data": {**desk.whose(), "setl_id": desk.setl_id}}, insuplc_admdvs="110000")
    no(desk, "2208", desk.cancellation(psn_no=other.patient.psn_no))
    no(desk, "2208", desk.cancellation(mdtrt_id="1"))
    no(desk, "2601", desk.reversal(settled, oinfno="2304"))
    no(desk, "2601", desk.reversal(settled, oinfno="2204"))
    no(desk, "2601", desk.reversal(settled, psn_no=other.patient.psn_no))
    no(other, "2601", desk.reversal(settled))
    desk.ok("2208", desk.cancellation())
    no(desk, "2208", desk.cancellation())
    no(desk, "2601", desk.reversal(settled))
    desk.ok("2205", mine)
    gone = {"data": {**desk.whose(), "ipt_otp_no": "O1"}}
    desk.ok("2202", gone)
    no(desk, "2202", gone)
    no(desk, "2203", desk.description())


def _attempts_at_a_stay(ref: Any) -> None:
    desk = Desk(ref, person("110000", n=3)).sign_in().admit().upload()
    back = desk.line(90, desk.goods[0], -2)
    no(desk, "2301", {"feedetail": [{**back, "init_feedetl_sn": "77"}]})
    no(desk, "2301", {"feedetail": [desk.line(90, desk.goods[1], -2, init_feedetl_sn="1")]})
    no(desk, "2301", {"feedetail": [desk.line(90, desk.goods[0], -11, init_feedetl_sn="1")]})
    no(desk, "2405", {"data": desk.whose()})
    no(desk, "2402", desk.leaving(endtime="2024-03-01 00:00:00"))
    desk.discharge()
    no(desk, "2402", desk.leaving())
    no(desk, "2404", {"data": desk.whose()})
    info = {**desk.admission()["mdtrtinfo"], **desk.whose(), "ipt_otp_no": "I1"}
    no(desk, "2403", {"adminfo": info, "diseinfo": []})
    desk.settle()
    no(desk, "2405", {"data": desk.whose()})
    no(desk, "2302", {"data": [{**desk.whose(), "feedetl_sn": "1"}]})


def _attempts_elsewhere(ref: Any) -> None:
    counter = Counter(ref, person("520100", n=2)).sign_in()
    no(counter, "9002", {"signOut": {"sign_no": "1", "opter_no": "1"}})
    number = counter.file("2501", counter.transfer())
    no(counter, "2502", counter.withdrawal(number, psn_no=person("520100", n=4).psn_no))
    counter.ok("2502", counter.withdrawal(number))
    no(counter, "2502", counter.withdrawal(number))
    shop = Counter(ref, person("520100", n=2), SHOP).sign_in()
    no(shop, "2102", shop.sale(medfee_sumamt=1))
    office, stranger = Office(ref), Office(ref)
    stranger.desk = Desk(ref, hospital=OTHER).sign_in()
    office.visit()
    file = office.upload()
    no(stranger.desk, "3202", stranger.detail(file))
    no(office.desk, "3202", office.detail("1"))


def open_questions(ref: Any) -> None:
    """What the interface leaves open, asked of the reference."""
    desk = Counter(ref, person("520100", n=4), GUIYANG).sign_in()
    read(desk)
    desk.ready()
    no(desk, "2202", {"data": {**desk.whose(), "ipt_otp_no": "O1"}})
    desk.ok("2205", {"data": {**desk.whose(), "chrg_bchno": "B1"}})
    desk.upload()
    no(desk, "2206", desk.asked(acct_used_flag="2"))
    settled = desk.message("2207", desk.settlement())
    desk.call(settled)
    read(desk)
    desk.call(settled)
    desk.ok("2601", desk.reversal(settled))
    desk.ok("2601", desk.reversal(settled))
    no(desk, "2601", desk.reversal({**settled, "msgid": f"{settled['msgid'][:26]}9999"}))
    refused = desk.message("2208", desk.cancellation(setl_id="1"))
    desk.call(refused)
    desk.call(refused)
    stay = Counter(ref, person("520100", n=5), GUIYANG).sign_in()
    stay.admit().upload()
    read(stay)
    no(stay, "2304", stay.settlement())
    stay.ok("2304", stay.settlement(mid_setl_flag="1"))
    no(stay, "2301", {"feedetail": [stay.line(90, stay.goods[0], -1, init_feedetl_sn="1")]})
    stay.rows = stay.ok("2301", {"feedetail": [stay.line(91, stay.goods[0])]})["result"]
    stay.discharge()
    stay.settle()
    filed = Counter(ref, person("520100", n=6), COMMUNITY).sign_in()
    filed.file("2503", filed.chronic("M05300"))
    filed.ok("5301", filed.mine())


FLOWS: Mapping[str, Callable[..., None]] = {
    "outpatient": outpatient,
    "outpatient_local": lambda ref: outpatient(ref, "520100"),
    "inpatient": inpatient,
    "inpatient_local": lambda ref: inpatient(ref, "520100"),
    "interim": interim,
    "pharmacy": pharmacy,
    "chronic": chronic,
    "filing": filing,
    "referred": referred,
    "reconciliation": reconciliation,
    "queries": queries,
    "present": present,
    "clearing": clearing,
    "forms": forms,
    "attempts": attempts,
    "open_questions": open_questions,
}


def recorded(name: str) -> Conversation:
    """One flow against a fresh reference."""
    recording = Recording()
    FLOWS[name](recording)
    return recording.conversation


__all__ = ["DAY", "FLOWS", "Recording", "recorded"]
