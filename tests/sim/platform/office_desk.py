"""A hospital's back office: its own books, the files it sends and reads. It shares no code with the platform's."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from attrs import define, evolve, field, frozen
from platform_desk import Desk, person

from sim.platform import Reference

UPLOAD = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
RESULT = (
    *("psn_no", "mdtrt_id", "setl_id", "msgid", "stmt_rslt", "refd_setl_flag", "memo"),
    *("medfee_sumamt", "fund_pay_sumamt", "acct_pay"),
)
DAY = "2024-03-05"


@frozen
class Line:
    """One line of the hospital's books, in yuan."""

    setl_id: str
    mdtrt_id: str
    psn_no: str
    medfee_sumamt: Decimal
    fund_pay_sumamt: Decimal
    acct_pay: Decimal
    psn_cash_pay: Decimal
    refunded: bool = False

    def row(self) -> list[str]:
        values = [str(getattr(self, name)) for name in UPLOAD[:-1]]
        return [*values, "1" if self.refunded else "0"]

    def refund(self, setl_id: str) -> Line:
        """The negative line of a cancellation."""
        names = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")
        return evolve(self, setl_id=setl_id, refunded=True, **{name: -getattr(self, name) for name in names})


def zipped(rows: Iterable[Sequence[str]], name: str = "rows.txt") -> bytes:
    text = "".join("\t".join(row) + "\n" for row in rows)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return made.getvalue()


def unzipped(content: bytes) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        text = archive.read(name).decode("utf-8")
    return [line.split("\t") for line in text.splitlines()]


@define
class Office:
    """The back office of the desk's hospital. ``lines`` are what it believes, ``truth`` what was really carried out."""

    ref: Reference
    desk: Desk = field(init=False)
    lines: list[Line] = field(factory=list)
    truth: list[Line] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.desk = Desk(self.ref).sign_in()

    @classmethod
    def of(cls, desk: Desk) -> Office:
        """The back office of a desk's own institution, at the desk's time."""
        made = cls(desk.ref)
        made.desk = desk
        return made

    # --- the day's work ----------------------------------------------------------------------------------------------

    def visit(self, n: int = 0, lose: bool = False, **given: Any) -> tuple[Desk, dict[str, Any]]:
        """One outpatient is settled; returns the desk and the settling message. ``lose``: the reply never comes."""
        desk = Desk(self.ref, person(n=n), **given).ready()
        message = desk.message("2207", desk.settlement())
        reply = desk.call(message)
        assert reply["infcode"] == 0, reply["err_msg"]
        line = self.note(desk, reply["output"]["setlinfo"])
        self.truth.append(line)
        if lose:
            self.lines.remove(line)
        return desk, message

    def note(self, desk: Desk, head: dict[str, Any]) -> Line:
        desk.setl_id = head["setl_id"]
        names = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")
        line = Line(head["setl_id"], head["mdtrt_id"], head["psn_no"], **{name: head[name] for name in names})
        self.lines.append(line)
        return line

    def cancel(self, desk: Desk, send: bool = True, note: bool = True) -> dict[str, Any]:
        """A settlement is cancelled; returns the message. ``send`` False: it never leaves the hospital."""
        message = desk.message("2208", desk.cancellation())
        line = next(line for line in self.lines if line.setl_id == desk.setl_id)
        number = line.setl_id
        if send:
            reply = desk.call(message)
            assert reply["infcode"] == 0, reply["err_msg"]
            number = reply["output"]["setlinfo"]["setl_id"]
            self.truth.append(line.refund(number))
        if note:
            self.lines[self.lines.index(line)] = evolve(line, refunded=True)
            self.lines.append(line.refund(number))
        return message

    # --- reconciliation ----------------------------------------------------------------------------------------------

    def sums(self, *names: str) -> dict[str, Decimal]:
        return {name: sum((getattr(line, name) for line in self.lines), Decimal("0.00")) for name in names}

    def total(self, **changes: Any) -> dict[str, Any]:
        """The input of 3201."""
        data = {
            "insutype": "310",
            "clr_type": "11",
            "setl_optins": self.desk.hospital.admdvs,
            "stmt_begndate": DAY,
            "stmt_enddate": DAY,
            **self.sums("medfee_sumamt", "fund_pay_sumamt", "acct_pay"),
            "fixmedins_setl_cnt": len(self.lines),
        }
        return {"data": {**data, **changes}}

    def reconcile(self, **changes: Any) -> tuple[str, str]:
        """3201: stmt_rslt and its description."""
        told = self.desk.ok("3201", self.total(**changes))["stmtinfo"]
        return told["stmt_rslt"], told.get("stmt_rslt_dscr", "")

    def sending(self, content: bytes, **changes: Any) -> dict[str, Any]:
        """The input of 9101."""
        data = {"in": base64.b64encode(content).decode(), "filename": "rows.zip"}
        return {"fsUploadIn": {**data, "fixmedins_code": self.desk.hospital.fixmedins_code, **changes}}

    def upload(self, rows: Iterable[Sequence[str]] | None = None) -> str:
        content = zipped([line.row() for line in self.lines] if rows is None else rows)
        return str(self.desk.ok("9101", self.sending(content))["file_qury_no"])

    def detail(self, file_qury_no: str, **changes: Any) -> dict[str, Any]:
        """The input of 3202."""
        cash = self.sums("psn_cash_pay")["psn_cash_pay"]
        total = self.total()["data"]
        data = {name: value for name, value in total.items() if name not in ("insutype", "acct_pay")}
        return {"data": {**data, "file_qury_no": file_qury_no, "cash_payamt": cash, **changes}}

    def fetching(self, file: dict[str, Any], code: str | None = None) -> dict[str, Any]:
        """The input of 9102."""
        node = {"file_qury_no": file["file_qury_no"], "filename": file["filename"]}
        return {"fsDownloadIn": {**node, "fixmedins_code": code or self.desk.hospital.fixmedins_code}}

    def fetch(self, file: dict[str, Any], code: str | None = None) -> bytes:
        return base64.b64decode(self.desk.ok("9102", self.fetching(file, code))["fsDownloadOut"]["in"])

    def compare(self, **changes: Any) -> list[dict[str, str]]:
        """9101, 3202, 9102: the rows of the result."""
        file = self.desk.ok("3202", self.detail(self.upload(), **changes))["fileinfo"]
        return [dict(zip(RESULT, row, strict=True)) for row in unzipped(self.fetch(file))]
