"""A hospital's back office: it reconciles what its desks believe with the province, and confirms the month's detail."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from attrs import frozen

from sim.money import wire
from sim.platform import Institution, Reference
from tests.campaigns.cashier import Cashier, Clerk, Talk
from tests.campaigns.net import Message, Net
from tests.campaigns.told import Due, accepted

KINDS = {"11": ("2207", "2208"), "21": ("2304", "2305"), "41": ("2102", "2103")}
"""clr_type of outpatients, stays and pharmacies, with what settles and what cancels."""
PERIOD = {"stmt_begndate": "2024-03-05", "stmt_enddate": "2024-04-02"}
"""From the first day of a campaign to its last."""
YEAR_MONTH = {"trt_year": "2024", "trt_month": "03"}
RESULT = ("psn_no", "mdtrt_id", "setl_id", "msgid", "stmt_rslt", "refd_setl_flag", "memo", "medfee_sumamt")
CONFIRMED = ("certno", "mdtrt_id", "mdtrt_setl_time", "setl_sn", "medfee_sumamt", "optins_pay_sumamt")


@frozen
class Line:
    """One line of the hospital's books."""

    setl_id: str
    due: Due
    sign: int = 1

    def amount(self, name: str) -> Decimal:
        """In yuan."""
        return wire(self.sign * self.due.amounts[name])

    def row(self) -> list[str]:
        """As it is sent to be compared."""
        amounts = [str(self.amount(name)) for name in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")]
        flag = "1" if self.due.fate == "cancelled" else "0"
        return [self.setl_id, self.due.mdtrt_id, self.due.psn_no, *amounts, flag]


class Office(Clerk):
    """The back office. ``results``: clr_type -> the last answer to 3201; ``rows``: the last answer to 3260."""

    def __init__(self, net: Net, ref: Reference, number: int, hospital: Institution, desks: Sequence[Cashier]):
        super().__init__(net, ref, f"office {hospital.fixmedins_code}", number, desks[0].patient, hospital)
        self.desks = desks
        self.results: dict[str, Message] = {}
        self.rows: list[dict[str, Any]] = []
        self.found: list[str] = []
        """Message numbers that only the province knew, and that were reversed therefore."""

    def books(self, clr_type: str) -> list[Line]:
        """The books: a settlement is a line, its cancellation another, negative."""
        dues = [due for desk in self.desks for due in desk.believes().values() if due.clr_type == clr_type]
        made = [Line(due.setl_id, due) for due in dues if due.fate != "reversed"]
        return made + [Line(due.refund_id, due, -1) for due in dues if due.fate == "cancelled"]

    # --- reconciliation ----------------------------------------------------------------------------------------------

    def reconcile(self) -> Talk:
        """3201; where it differs 9101, 3202 and 9102, and 2601 of what only the province has; then 3201 again.

        A reversal can be refused (an account was spent since): then the forgotten message is repeated, and believed.
        """
        for clr_type in KINDS:
            if (yield from self._equal(clr_type)):
                continue
            for row in (yield from self._differences(clr_type)):
                settles, cancels = KINDS[clr_type]
                infno = cancels if row["medfee_sumamt"].startswith("-") else settles
                data = {"psn_no": row["psn_no"], "omsgid": row["msgid"], "oinfno": infno}
                self.found.append(row["msgid"])
                if not accepted((yield from self.insist(self.message("2601", {"data": data})))):
                    yield from self._believe(row["msgid"])
            yield from self._equal(clr_type)

    def _believe(self, msgid: str) -> Talk:
        for desk in self.desks:
            if msgid in desk.forgotten:
                yield from desk.insist(desk.forgotten[msgid])

    def _sums(self, clr_type: str, *names: str) -> dict[str, Any]:
        lines = self.books(clr_type)
        sums = {name: sum((line.amount(name) for line in lines), Decimal("0.00")) for name in names}
        head = {"clr_type": clr_type, "setl_optins": self.hospital.admdvs, **PERIOD}
        return {**head, **sums, "fixmedins_setl_cnt": len(lines)}

    def _equal(self, clr_type: str) -> Talk:
        data = self._sums(clr_type, "medfee_sumamt", "fund_pay_sumamt", "acct_pay")
        reply = yield from self.insist(self.message("3201", {"data": {**data, "insutype": "310"}}))
        self.results[clr_type] = reply or {}
        return accepted(reply) and reply["output"]["stmtinfo"]["stmt_rslt"] == "0"

    def _differences(self, clr_type: str) -> Talk:
        """What only the province has, line by line."""
        code = self.hospital.fixmedins_code
        sent = _zipped(line.row() for line in self.books(clr_type))
        node = {"in": base64.b64encode(sent).decode(), "filename": "rows.zip", "fixmedins_code": code}
        kept = yield from self.insist(self.message("9101", {"fsUploadIn": node}))
        if not accepted(kept):
            return []
        sums = self._sums(clr_type, "medfee_sumamt", "fund_pay_sumamt", "psn_cash_pay")
        sums["cash_payamt"] = sums.pop("psn_cash_pay")
        content = {"data": {**sums, "file_qury_no": kept["output"]["file_qury_no"]}}
        told = yield from self.insist(self.message("3202", content))
        if not accepted(told):
            return []
        file = {name: told["output"]["fileinfo"][name] for name in ("file_qury_no", "filename")}
        got = yield from self.insist(self.message("9102", {"fsDownloadIn": {**file, "fixmedins_code": code}}))
        rows = _unzipped(base64.b64decode(got["output"]["fsDownloadOut"]["in"])) if accepted(got) else []
        return [row for row in rows if row["setl_id"] == "null"]

    # --- the month ---------------------------------------------------------------------------------------------------

    def month(self) -> Talk:
        """3260; 3261 with what is contested; sometimes 3262, and then mostly 3261 again."""
        yield self.wait("month", 60_000)
        if (yield from self._confirm()) and self.may("second look", self.net.faults.second_look):
            yield self.wait("second look", 60_000)
            last = self.sent[-1]["msgid"]
            content = {"data": {**YEAR_MONTH, "otransid": last}}
            yield from self.insist(self.message("3262", content))
            if self.may("anew", 0.7):
                yield from self._confirm()

    def _confirm(self) -> Talk:
        reply = yield from self.insist(self.message("3260", {"data": {**YEAR_MONTH, "startrow": 1}}))
        if not accepted(reply):
            return False
        self.rows = reply["output"]["data"]
        if not self.rows:
            return False
        detail = [{name: row[name] for name in CONFIRMED} | {"cnfm_flag": self._flag(row)} for row in self.rows]
        content = {"data": {**YEAR_MONTH, "totalrow": len(detail)}, "detail": detail}
        yield from self.insist(self.message("3261", content))
        return True

    def _flag(self, row: dict[str, Any]) -> str:
        contested = self.net.chance.happens(self.net.faults.contest, self.name, f"contests {row['mdtrt_id']}")
        return "0" if contested else "1"


def _zipped(rows: Iterable[Sequence[str]]) -> bytes:
    """The same rows always give the same bytes: a zip tells the hour unless told not to."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        text = "".join("\t".join(row) + "\n" for row in rows)
        archive.writestr(zipfile.ZipInfo("rows.txt", (2024, 3, 5, 0, 0, 0)), text)
    return made.getvalue()


def _unzipped(content: bytes) -> list[dict[str, str]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    return [dict(zip(RESULT, line.split("\t"), strict=False)) for line in text.splitlines()]
