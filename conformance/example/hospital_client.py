"""The desk of a hospital: the smallest client of the interface that is right. Only the standard library, for copying.

It speaks the drive protocol (docs/certify-hospital.md), one JSON object a line on standard input and standard output:

    yidi certify hospital --drive "python hospital_client.py" --out report

What certification looks for is in `post`, `effect` and `resolve`: a message without an answer is *not* a failure. It is
sent again, the same bytes under the same msgid; if that does not help, what it may have done is undone by 2601 under
its original msgid; and only then is the operator told that nothing was charged.
"""

# fmt: off
import http.client
import json
import sys
from contextlib import closing, suppress
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

Message = dict[str, Any]
OUTPATIENT = {"bill": "2204", "trial": "2206", "settle": "2207", "cancel": "2208"}
PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
SUMS = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")
WHO = ("mdtrt_cert_type", "mdtrt_cert_no", "card_sn", "psn_cert_type", "certno", "psn_name")
DOCTOR = ("atddr_no", "dr_name", "dept_code", "dept_name", "caty")


class RefusedError(Exception):
    """The platform said no; nothing has happened. The operator reads why."""


class UnknownError(Exception):
    """No readable answer came: the message may or may not have been carried out."""


class Hospital:
    """One desk. `order` takes one order of the drive protocol and returns the answer."""

    def __init__(self) -> None:
        # the day's settlements and refunds for reconciliation; messages of unknown outcome, and whom they are about
        self.books, self.open = list[Message](), list[tuple[Message, str]]()
        self.serial, self.sign_no, self.signed, self.desk, self.patients = 0, "", "", Message(), dict[str, Message]()

    def order(self, order: Message) -> Message:
        """Do one thing; say how it went."""
        try:
            return {"result": "done", **(getattr(self, "on_" + order["do"])(order) or {})}
        except RefusedError as refused:
            return {"result": "refused", "text": str(refused)}
        except UnknownError:
            return {"result": "unknown", "text": "结果未知，日终处理前请勿重复收费"}

    # --- messages ---

    def message(self, infno: str, data: Message, place: str = "") -> Message:
        """A whole message, after a sign-in. `place` is where the patient is insured, as 1101 told it."""
        if infno != "9001" and (not self.sign_no or self.signed != clock()[:10]):  # a sign-in holds for its day
            day, desk = clock()[:10], {"opter_no": self.desk["opter"], "mac": "02-00-5E-00-53-01", "ip": "192.0.2.10"}
            self.sign_no, self.signed = row_of(self.ask("9001", {"signIn": desk})["signinoutb"])["sign_no"], day
        desk, self.serial = self.desk, self.serial + 1
        return {
            "infno": infno, "msgid": desk["fixmedins_code"] + clock("%Y%m%d%H%M%S") + f"{self.serial:04d}"[-4:],
            "mdtrtarea_admvs": desk["mdtrtarea_admvs"], "insuplc_admdvs": place, "recer_sys_code": "HIS", "dev_no": "",
            "dev_safe_info": "", "cainfo": "", "signtype": "", "infver": "V1.0", "opter_type": "1",
            "opter": desk["opter"], "opter_name": desk["opter_name"], "inf_time": clock(),
            "fixmedins_code": desk["fixmedins_code"], "fixmedins_name": desk["fixmedins_name"],
            "sign_no": "" if infno == "9001" else self.sign_no, "input": data,
        }

    def post(self, message: Message) -> Message:
        """Send it, the same bytes again when no answer comes; the output. Raises RefusedError or UnknownError."""
        body = json.dumps(message, ensure_ascii=False, default=float).encode()
        for _ in range(3):  # then its outcome counts as unknown
            try:
                reply = json.loads(self.send(body), parse_float=Decimal)
                code = str(reply["infcode"])
            except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
                continue  # no connection, no answer in time, an error page, half an answer: all the same
            if code != "0":
                raise RefusedError(reply.get("err_msg") or "平台未说明原因")
            return dict(reply.get("output") or {})
        raise UnknownError

    def send(self, body: bytes) -> bytes:
        """One request over the wire."""
        url = urlsplit(self.desk["url"])
        with closing(http.client.HTTPConnection(url.netloc, timeout=self.desk["reply_ms"] / 1000)) as connection:
            connection.request("POST", url.path or "/", body, {"Content-Type": "application/json; charset=utf-8"})
            return connection.getresponse().read()

    def ask(self, infno: str, data: Message, place: str = "") -> Message:
        """A message that has no effect worth undoing."""
        return self.post(self.message(infno, data, place))

    def effect(self, infno: str, data: Message, one: Message) -> Message:
        """A message that counts: when its outcome stays unknown, it is undone before anything else happens."""
        message = self.message(infno, data, one["place"])
        with suppress(UnknownError):
            output = self.post(message)
            if infno != one["codes"]["settle"] or row_of(output["setlinfo"])["medins_setl_id"] == message["msgid"]:
                return output  # else it is the answer to another message
        self.open.append((message, one["psn_no"]))
        self.resolve()
        raise RefusedError("平台未应答，本次操作已撤销，未收费，请重试")

    def resolve(self) -> None:
        """Undo everything whose outcome is unknown, under its original msgid. Raises UnknownError when that fails."""
        while self.open:
            original, psn_no = self.open[0]
            data = {"psn_no": psn_no, "omsgid": original["msgid"], "oinfno": original["infno"]}
            try:
                self.ask("2601", {"data": data}, original["insuplc_admdvs"])
            except RefusedError:  # the platform knows nothing of it, and will not carry it out later
                if self.signed != clock()[:10]:  # or it is the sign-in of yesterday that was refused: once more
                    continue
            self.open.pop(0)

    # --- orders ---

    def on_start(self, order: Message) -> None:
        """A scenario begins at this desk; with another run, at a platform that knows nothing of the books of before."""
        if order["run"] != self.desk.get("run"):
            self.books, self.open = [], []
        self.desk, self.patients, self.sign_no = order, {}, ""

    def on_stop(self, _: Message) -> None:
        """The run is over."""

    def on_present(self, order: Message) -> None:
        """Who is it, and where insured."""
        output = self.ask("1101", {"data": {name: order[name] for name in WHO if name in order}})
        insured = next((row for row in output["insuinfo"] if row["insutype"] == order["insutype"]), None)
        if insured is None:
            raise RefusedError("参保信息中没有该险种")
        self.patients[order["patient"]] = {
            "psn_no": row_of(output["baseinfo"])["psn_no"], "place": insured["insuplc_admdvs"], "visit": "", "bill": [],
            "insutype": order["insutype"], "credential": {name: order[name] for name in WHO[:2]}, "last": None}

    def patient(self, order: Message, visiting: bool = True) -> Message:
        """The patient of an order, who was read before, and is here for a visit."""
        one = self.patients.get(order["patient"])
        if one is None or (visiting and not one["visit"]):
            raise RefusedError("请先登记就诊" if one else "请先读取人员信息")
        return one

    def begin(self, order: Message, codes: Message, letters: str) -> Message:
        """The patient's new visit, under a number of our own."""
        one, self.serial = self.patient(order, visiting=False), self.serial + 1
        number = f"{letters}{clock('%Y%m%d%H%M%S')}{self.serial:06d}"
        one.update(visit="", codes=codes, doctor=order, med_type=order["med_type"], number=number, batch=f"{number}B1",
                   bill=[], sent=0, waiting=[], last=None)
        return one

    def on_register(self, order: Message) -> None:
        """A visit, and what it is for."""
        one, begun = self.begin(order, OUTPATIENT, "MZ"), clock()
        data = {"psn_no": one["psn_no"], "insutype": one["insutype"], "begntime": begun, "ipt_otp_no": one["number"],
                **one["credential"], **{name: order[name] for name in DOCTOR}}
        visit = row_of(self.ask("2201", {"data": data}, one["place"])["data"])["mdtrt_id"]
        info = {"mdtrt_id": visit, "psn_no": one["psn_no"], "med_type": order["med_type"], "begntime": begun}
        self.ask("2203", {"mdtrtinfo": info, "diseinfo": [self.diagnosis(order, begun)]}, one["place"])
        one["visit"] = visit  # now it may be billed

    def diagnosis(self, order: Message, at: str) -> Message:
        """The main diagnosis of a visit."""
        return {"diag_type": "1", "diag_srt_no": 1, "diag_code": order["diag_code"], "diag_name": order["diag_name"],
                "diag_dept": order["dept_code"], "dise_dor_no": order["atddr_no"], "dise_dor_name": order["dr_name"],
                "diag_time": at, "vali_flag": "1", "maindiag_flag": "1"}

    def on_bill(self, order: Message) -> None:
        """Upload the lines, after those whose upload was not answered."""
        one = self.patient(order)
        self.upload(one)
        rows = [{"feedetl_sn": str(one["sent"] + number), "mdtrt_id": one["visit"], "psn_no": one["psn_no"],
                 "fee_ocur_time": clock(), **self.of_bill(one),
                 "bilg_dept_codg": one["doctor"]["dept_code"], "bilg_dept_name": one["doctor"]["dept_name"],
                 "bilg_dr_codg": one["doctor"]["atddr_no"], "bilg_dr_name": one["doctor"]["dr_name"],
                 **{name: line[name] for name in ("med_list_codg", "medins_list_codg", "hosp_appr_flag")},
                 **{name: Decimal(line[name]) for name in ("det_item_fee_sumamt", "cnt", "pric")}}
                for number, line in enumerate(order["lines"], 1)]
        one["sent"] += len(rows)
        one["waiting"].append((self.message(one["codes"]["bill"], {"feedetail": rows}, one["place"]), rows))
        self.upload(one)

    def upload(self, one: Message) -> None:
        """What waits goes out, again under the same msgid; as long as it is not answered nothing is settled."""
        while one["waiting"]:
            message, rows = one["waiting"].pop()
            try:
                self.post(message)
            except UnknownError:
                one["waiting"].append((message, rows))
                raise
            one["bill"] = one["bill"] + rows

    def of_bill(self, one: Message) -> Message:
        """What a line says besides of the bill that it belongs to."""
        return {"chrg_bchno": one["batch"], "rx_circ_flag": "0"}

    def of_settlement(self, one: Message) -> Message:
        """What a settlement says besides of the visit."""
        return {"med_type": one["med_type"], "chrg_bchno": one["batch"]}

    def trial(self, one: Message, order: Message) -> tuple[Message, Message]:
        """What a trial and the settlement after it say alike, and the platform's answer to the trial."""
        self.upload(one)
        if not one["bill"]:
            raise RefusedError("没有待收费用")
        terms = {"psn_no": one["psn_no"], **one["credential"], "psn_setlway": "01", "mdtrt_id": one["visit"],
                 "medfee_sumamt": sum(row["det_item_fee_sumamt"] for row in one["bill"]), "insutype": one["insutype"],
                 "acct_used_flag": order["acct_used_flag"], **self.of_settlement(one)}
        return terms, row_of(self.ask(one["codes"]["trial"], {"data": terms}, one["place"])["setlinfo"])

    def on_estimate(self, order: Message) -> Message:
        """A trial: nothing happens."""
        return shown(self.trial(self.patient(order), order)[1])

    def on_pay(self, order: Message) -> Message:
        """Trial, settlement, cash. A second click on a bill that is paid shows the first payment."""
        self.resolve()
        one = self.patient(order)
        if one["bill"] or one["waiting"] or not one["last"]:
            terms, trial = self.trial(one, order)
            data = {**terms, **{name: trial[name] for name in PARTS}}
            head = row_of(self.effect(one["codes"]["settle"], {"data": data}, one)["setlinfo"])
            one.update(bill=[], batch=f"{one['number']}B{self.serial}", last=head)
            self.books.append(head)
        return shown(one["last"])

    def on_cancel(self, order: Message) -> None:
        """Give the latest payment back."""
        self.resolve()
        one = self.patient(order)
        if not one["last"]:
            raise RefusedError("没有可退的结算")
        data = {name: one["last"][name] for name in ("setl_id", "mdtrt_id", "psn_no")}
        refund = row_of(self.effect(one["codes"]["cancel"], {"data": data}, one)["setlinfo"])
        self.books.append({**one["last"], **{name: refund[name] for name in (*SUMS, "setl_time")}})
        one["last"] = None

    def on_leave(self, order: Message) -> None:
        """The patient goes without having paid: lines and registration are withdrawn."""
        one = self.patient(order)
        who = {"mdtrt_id": one["visit"], "psn_no": one["psn_no"]}
        self.upload(one)
        if one["bill"]:
            self.ask("2205", {"data": {**who, "chrg_bchno": one["batch"]}}, one["place"])
            one["bill"] = []
        self.ask("2202", {"data": {**who, "ipt_otp_no": one["number"]}}, one["place"])
        one["visit"] = ""

    def on_end_day(self, _: Message) -> Message:
        """Nothing stays open, and our sums are the platform's, by day, insurance, clearing type and agency. A day is
        that of the settlement time which the platform told: at midnight no clock of ours decides what belongs to it."""
        self.resolve()
        equal, pools = True, dict[tuple[str, ...], list[Message]]()
        for it in (it for it in self.books if it["medins_setl_id"].startswith(self.desk["fixmedins_code"])):
            pools.setdefault((it["setl_time"][:10], it["insutype"], it["clr_type"], it["clr_optins"]), []).append(it)
        for (day, insutype, clr_type, agency), rows in pools.items():
            data = {"insutype": insutype, "clr_type": clr_type, "setl_optins": agency, "fixmedins_setl_cnt": len(rows),
                    "stmt_begndate": day, "stmt_enddate": day, **{name: sum(it[name] for it in rows) for name in SUMS}}
            equal &= set(str(row_of(self.ask("3201", {"data": data})["stmtinfo"])["stmt_rslt"])) == {"0"}
        return {"reconciled": True} if equal else {"reconciled": False, "text": "对账不平，请核对明细"}


def clock(form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """The time as messages carry it: China's, whatever zone this machine is set to, or the day's books do not meet."""
    return datetime.now(timezone(timedelta(hours=8))).strftime(form)


def row_of(node: Any) -> Any:
    """A node of one row, which platforms write as an object or as a list of one."""
    return node[0] if isinstance(node, list) else node


def shown(head: Message) -> Message:
    """What the operator sees. Cash is what the platform says: the account's part is not collected again."""
    return {**{name: f"{head[name]:.2f}" for name in SUMS}, "cash": f"{head['psn_cash_pay']:.2f}"}


def main(hospital: Hospital) -> None:
    """Orders from standard input, answers to standard output."""
    for line in sys.stdin:
        print(json.dumps(hospital.order(json.loads(line)), ensure_ascii=False), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main(Hospital())
