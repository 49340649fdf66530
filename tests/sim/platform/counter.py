"""A desk that also files, sells and asks: the contents of the messages of these tests."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from platform_desk import ITEMS, Desk, world

from sim.money import parse, wire
from sim.platform import Institution, Item, Person, Reference, institutions, pharmacies, province_of
from sim.platform.province import Province

GUIYANG, SECOND, COMMUNITY, ZUNYI = institutions()[:4]
BEIJING, BEIJING_SECOND = institutions()[6:8]
SHOP, OTHER_SHOP, BEIJING_SHOP = pharmacies()
DISEASE = "M03900"


class Counter(Desk):
    """A `Desk` with filings, sales and queries."""

    @property
    def insured(self) -> Province:
        """The patient's insured province."""
        party = self.ref.parties[province_of(self.place)]
        assert isinstance(party, Province)
        return party

    def later(self, days: int = 1) -> Counter:
        self.now += timedelta(days=days)
        return self

    # --- filings -----------------------------------------------------------------------------------------------------

    def transfer(self, to: Institution = BEIJING, refl_type: str = "3", **changes: Any) -> dict[str, Any]:
        row = {
            "psn_no": self.patient.psn_no,
            "insutype": self.patient.insutype,
            "diag_code": "I25.100",
            "diag_name": "示例病",
            "reflin_medins_no": to.fixmedins_code,
            "reflin_medins_name": to.fixmedins_name,
            "mdtrtarea_admdvs": to.admdvs,
            "refl_type": refl_type,
            "refl_date": self.now.date().isoformat(),
            "refl_rea": "示例原因",
            "refl_opnn": "同意",
        }
        return {"refmedin": {**row, **changes}}

    def chronic(self, disease: str = DISEASE, **changes: Any) -> dict[str, Any]:
        row = {
            "psn_no": self.patient.psn_no,
            "insutype": self.patient.insutype,
            "opsp_dise_code": disease,
            "opsp_dise_name": "示例病种",
            "insu_optins": self.place,
            "ide_fixmedins_no": self.hospital.fixmedins_code,
            "ide_fixmedins_name": self.hospital.fixmedins_name,
            "hosp_ide_date": self.now.date().isoformat(),
            "diag_dr_codg": "D1",
            "diag_dr_name": "示例医生",
            "begndate": self.now.date().isoformat(),
        }
        return {"data": {**row, **changes}}

    def designation(
        self, at: Institution = GUIYANG, biz: str = "01", order: str = "1", **changes: Any
    ) -> dict[str, Any]:
        row = {
            "psn_no": self.patient.psn_no,
            "biz_appy_type": biz,
            "begndate": self.now.date().isoformat(),
            "fix_srt_no": order,
            "fixmedins_code": at.fixmedins_code,
            "fixmedins_name": at.fixmedins_name,
        }
        return {"data": {**row, **changes}}

    def withdrawal(self, number: str, **changes: Any) -> dict[str, Any]:
        return {"data": {"trt_dcla_detl_sn": number, "psn_no": self.patient.psn_no, "memo": "示例", **changes}}

    def file(self, infno: str, content: dict[str, Any]) -> str:
        """File something; returns its number."""
        number: str = self.ok(infno, content)["result"]["trt_dcla_detl_sn"]
        return number

    # --- chronic disease care ----------------------------------------------------------------------------------------

    def chronic_visit(self, disease: str = DISEASE) -> Counter:
        """Everything before the settlement of chronic disease care."""
        self.sign_in().register().describe(med_type="14", dise_codg=disease, dise_name="示例病种")
        rows = [{**row, "dise_codg": disease} for row in self.lines()["feedetail"]]
        self.rows = self.ok("2204", {"feedetail": rows})["result"]
        return self

    def chronic_settlement(self, **changes: Any) -> dict[str, Any]:
        return self.settlement(**{"med_type": "14", **changes})

    # --- sales -------------------------------------------------------------------------------------------------------

    def sold(self, number: int, item: Item, cnt: Any = 3, **changes: Any) -> dict[str, Any]:
        price = Decimal(item.price).scaleb(-6)
        row = {
            "feedetl_sn": str(number),
            "rx_circ_flag": "0",
            "fee_ocur_time": self.time,
            "med_list_codg": item.code,
            "medins_list_codg": f"S{item.code}",
            "det_item_fee_sumamt": (price * cnt).quantize(Decimal("0.01")),
            "cnt": cnt,
            "pric": price,
        }
        return {**row, **changes}

    def sale(self, **changes: Any) -> dict[str, Any]:
        rows = [self.sold(n, item) for n, item in enumerate(self.goods, 1)]
        info = {
            "psn_no": self.patient.psn_no,
            **self.shown(),
            "begntime": self.time,
            "medfee_sumamt": wire(sum(parse(row["det_item_fee_sumamt"]) for row in rows)),
            "insutype": self.patient.insutype,
            "acct_used_flag": "1",
            "med_type": "41",
        }
        return {"druginfo": {**info, **changes}, "drugdetail": rows}

    def sell(self, **changes: Any) -> dict[str, Any]:
        head: dict[str, Any] = self.ok("2102", self.sale(**changes))["setlinfo"]
        self.mdtrt_id, self.setl_id = head["mdtrt_id"], head["setl_id"]
        return head

    # --- queries -----------------------------------------------------------------------------------------------------

    def period(self, days: int = 30) -> dict[str, str]:
        first, last = self.now - timedelta(days=days), self.now + timedelta(days=1)
        return {"begntime": f"{first:%Y-%m-%d %H:%M:%S}", "endtime": f"{last:%Y-%m-%d %H:%M:%S}"}

    def mine(self, **more: Any) -> dict[str, Any]:
        return {"data": {"psn_no": self.patient.psn_no, **more}}

    def asked_for(self, med_type: str, **more: Any) -> dict[str, Any]:
        """The input of 2001."""
        row = {
            "psn_no": self.patient.psn_no,
            "insutype": self.patient.insutype,
            "fixmedins_code": self.hospital.fixmedins_code,
            "med_type": med_type,
            "begntime": self.time,
        }
        return {"data": {**row, **more}}

    def chronic_list(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ok("5301", self.mine())["feedetail"]
        return rows


def shop(patient: Person | None = None, ref: Reference | None = None, at: Institution = SHOP) -> Counter:
    """A pharmacy's counter."""
    return Counter(ref or world(), patient, at, goods=ITEMS[:3])
