"""The desk of a hospital with wards: what a stay needs besides what the example desk does. For copying.

    yidi certify hospital --drive "python inpatient_client.py" --profile profile.yaml    # with inpatient_desk: true

An admission that is not answered is undone like a settlement: 2401 is one of the messages that 2601 may name.
"""

# fmt: off
from conformance.example.hospital_client import Hospital, Message, clock, main, row_of

INPATIENT = {"bill": "2301", "trial": "2303", "settle": "2304", "cancel": "2305"}


class InpatientHospital(Hospital):
    """A desk that also admits and discharges."""

    def on_admit(self, order: Message) -> None:
        """A stay, described in the same message."""
        self.resolve()
        one, begun = self.begin(order, INPATIENT, "ZY"), clock()
        info = {"psn_no": one["psn_no"], "insutype": one["insutype"], "begntime": begun, **one["credential"],
                "med_type": order["med_type"], "ipt_no": one["number"], "atddr_no": order["atddr_no"],
                "chfpdr_name": order["dr_name"], "adm_diag_dscr": order["diag_name"],
                "adm_dept_codg": order["dept_code"], "adm_dept_name": order["dept_name"], "adm_bed": order["adm_bed"],
                "dscg_maindiag_code": order["diag_code"], "dscg_maindiag_name": order["diag_name"]}
        disease = {"psn_no": one["psn_no"], **self.diagnosis(order, begun)}
        output = self.effect("2401", {"mdtrtinfo": info, "diseinfo": [disease]}, one)
        one["visit"] = row_of(output["result"])["mdtrt_id"]

    def on_discharge(self, order: Message) -> None:
        """The stay ends; its final settlement follows."""
        one, now = self.patient(order), clock()
        who = {"mdtrt_id": one["visit"], "psn_no": one["psn_no"]}
        info = {**who, "insutype": one["insutype"], "endtime": now, "dscg_dept_codg": one["doctor"]["dept_code"],
                "dscg_dept_name": one["doctor"]["dept_name"], "dscg_way": order["dscg_way"]}
        self.ask("2402", {"dscginfo": info, "diseinfo": [{**who, **self.diagnosis(one["doctor"], now)}]}, one["place"])

    def of_bill(self, one: Message) -> Message:
        """Lines of a stay have no batch, and tell its kind."""
        return {"med_type": one["med_type"]} if one["codes"] is INPATIENT else super().of_bill(one)

    def of_settlement(self, one: Message) -> Message:
        """Final, not interim; a stay has no charge batches."""
        return {"mid_setl_flag": "0"} if one["codes"] is INPATIENT else super().of_settlement(one)

    def on_leave(self, order: Message) -> None:
        """Whoever leaves unpaid takes lines and admission along."""
        one = self.patient(order)
        if one["codes"] is not INPATIENT:
            return super().on_leave(order)
        who = {"mdtrt_id": one["visit"], "psn_no": one["psn_no"]}
        self.upload(one)
        if one["bill"]:
            self.ask("2302", {"data": [{"feedetl_sn": "0000", **who}]}, one["place"])
            one["bill"] = []
        self.ask("2404", {"data": who}, one["place"])
        one["visit"] = ""
        return None


if __name__ == "__main__":
    main(InpatientHospital())
