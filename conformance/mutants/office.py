"""Known-bad platforms: queries, filings, reconciliation and clearing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any

from attrs import evolve

from conformance.mutants import build
from conformance.mutants.amounts import FEN
from conformance.mutants.build import Message, Output
from conformance.mutants.known import known
from sim.platform.context import Context
from sim.platform.filings import FILED
from sim.platform.office import packing
from sim.platform.office_records import FILES
from sim.platform.people import institutions
from sim.platform.reference import Reference, reference
from sim.platform.setting import Handler


def _output(infno: str, change: Callable[[Context, Output], Any], role: str = "treatment") -> Reference:
    """One transaction with its output changed in place."""

    def changed(context: Context, output: Output) -> Output:
        change(context, output)
        return output

    with_role = build.with_treatment if role == "treatment" else build.with_insured
    return with_role((infno,), lambda handler: build.after(handler, changed))


# --- queries ---


@known("PHA-015", "query.settlement")
def query_tells_other_amounts() -> Reference:
    """The query of a settlement tells another cash amount."""

    def change(_: Context, output: Output) -> None:
        output["setlinfo"]["cash_payamt"] += FEN

    return _output("5203", change)


@known("PHA-015", "query.setl_id")
def query_tells_of_another_settlement() -> Reference:
    """The query of a settlement tells of another one."""

    def change(_: Context, output: Output) -> None:
        output["setlinfo"]["setl_id"] = "1" * 18

    return _output("5203", change)


@known("SEC-014", "query.lines")
def query_leaves_lines_out() -> Reference:
    """The query of fee lines forgets the last one."""

    def change(_: Context, output: Any) -> Any:
        return output[:-1]

    return build.with_treatment(("5204",), lambda handler: build.after(handler, change))


@known("SEC-001", "query.5202")
def diagnoses_of_other_visits() -> Reference:
    """The query of diagnoses tells of another visit."""

    def change(_: Context, output: Output) -> None:
        for row in output["diseinfo"]:
            row["mdtrt_id"] = "1" * 18

    return _output("5202", change)


@known("QRY-003", "query.5201")
def visits_of_other_people() -> Reference:
    """The query of visits tells of somebody else."""

    def change(_: Context, output: Output) -> None:
        for row in output["mdtrtinfo"]:
            row["psn_no"] = "1" * 20

    return _output("5201", change)


@known("FIL-005", "query.5304")
def referrals_of_other_people() -> Reference:
    """The query of referrals tells of somebody else."""

    def change(_: Context, output: Output) -> None:
        for row in output["refmedin"]:
            row["psn_no"] = "1" * 20

    return _output("5304", change)


@known("CHR-015", "query.chronic")
def withdrawn_diseases_listed() -> Reference:
    """A withdrawn filing is still listed."""

    def change(context: Context, output: Output) -> None:
        for one in context.store.all(FILED):
            if one.type == "chronic" and one.psn_no == context.node()["psn_no"]:
                row = {"opsp_dise_code": one.subject, "opsp_dise_name": "示例病种", "enddate": ""}
                output["feedetail"].append({**row, "begndate": one.from_day.isoformat()})

    return _output("5301", change, "insured")


@known("SMO-008", "query.institution")
def every_institution_told() -> Reference:
    """Asked for one institution, all are told."""

    def change(_: Context, output: Output) -> None:
        other = {"fixmedins_code": institutions()[1].fixmedins_code}
        output["medinsinfo"].append({**output["medinsinfo"][0], **other})

    return _output("1201", change)


# --- filings ---


@known("FIL-010", "exact.funds")
def withdrawn_filings_hold() -> Reference:
    """A withdrawn referral still has its effect."""

    def nothing(_: Context) -> dict[str, Any]:
        return {}

    return reference(handlers={"insured": {"2502": nothing}})


@known("FIL-N04", "expectation.refused")
def filings_twice() -> Reference:
    """The same referral can be filed again and again."""

    def forgetting(handler: Handler) -> Handler:
        def run(context: Context) -> Any:
            for one in context.store.all(FILED):
                if one.psn_no == context.node("refmedin")["psn_no"]:
                    context.store.put(FILED, evolve(one, state="withdrawn"))
            return handler(context)

        return run

    return build.with_insured(("2501",), forgetting)


@known("CHR-N01", "expectation.refused")
def unfiled_diseases_settled() -> Reference:
    """A chronic disease that is not filed is settled as one."""

    def change(context: Context, message: Message) -> None:
        case = message["input"]["relay"].get("case") or {}
        person = context.setting.people.by_no(message["input"]["data"]["psn_no"])
        if case.get("dise_codg") and person is not None and person.chronic:
            case["dise_codg"] = person.chronic[0]

    return build.with_insured(("2206", "2207"), lambda handler: build.before(handler, change))


# --- reconciliation ---


def _statement(result: str) -> Reference:
    def change(_: Context, output: Output) -> None:
        output["stmtinfo"]["stmt_rslt"] = result

    return _output("3201", change)


@known("REC-009", "reconciliation.total")
def totals_always_equal() -> Reference:
    """Reconciliation of totals always says equal."""
    return _statement("0")


@known("REC-001", "reconciliation.total")
def totals_never_equal() -> Reference:
    """Reconciliation of totals never says equal."""
    return _statement("1")


@known("REC-009", "query.totals")
def totals_read_to_the_yuan() -> Reference:
    """Fen are not compared."""
    return _statement("0")


def _told(change: Callable[[list[list[str | None]]], Iterable[list[str | None]]]) -> Reference:
    """3202 with the rows of its result changed."""

    def after(context: Context, output: Output) -> Output:
        number = output["fileinfo"]["file_qury_no"]
        file = context.store.get(FILES, number)
        if file is not None:
            rows = list(change(packing.unpack(file.content, 10)))
            context.store.put(FILES, evolve(file, content=packing.pack("result.txt", rows)))
        return output

    return build.with_treatment(("3202",), lambda handler: build.after(handler, after))


@known("REC-007", "reconciliation.wrong")
def lines_always_equal() -> Reference:
    """Every line is told as equal."""
    return _told(lambda rows: [[*row[:4], "0", *row[5:]] for row in rows])


@known("REC-001", "reconciliation.right")
def lines_never_equal() -> Reference:
    """Every line is told as unequal."""
    return _told(lambda rows: [[*row[:4], "1", *row[5:]] for row in rows])


@known("REC-006", "reconciliation.missing")
def only_sent_lines_are_told() -> Reference:
    """What only the platform has is not told."""
    return _told(lambda rows: [row for row in rows if row[2] is not None])


@known("REC-012", "reconciliation.file")
def files_come_back_changed() -> Reference:
    """A file comes back packed anew."""

    def change(_: Context, output: Output) -> None:
        content = base64.b64decode(output["fsDownloadOut"]["in"])
        output["fsDownloadOut"]["in"] = base64.b64encode(content[:-1]).decode()

    return _output("9102", change)


@known("REC-001 REC-012", "query.file")
def one_file_number_for_all() -> Reference:
    """Every upload has the same number."""
    first: list[str] = []

    def change(_: Context, output: Output) -> None:
        first.append(output["file_qury_no"])
        output["file_qury_no"] = first[0]

    return _output("9101", change)


# --- clearing ---


@known("CLE-N04", "expectation.refused")
def applications_not_compared() -> Reference:
    """An application is accepted whatever its sums are."""

    def change(message: Message, reply: Message) -> Message:
        if message.get("infno") != "3203" or reply["infcode"] == 0:
            return reply
        return {**reply, "infcode": 0, "err_msg": None, "output": {"result": {"clr_appy_evt_id": "1"}}}

    return build.saying(change)


@known("CLE-N02", "expectation.refused")
def open_months_extracted() -> Reference:
    """A month that is not over is extracted."""

    def change(message: Message, reply: Message) -> Message:
        if message.get("infno") != "3260" or reply["infcode"] == 0:
            return reply
        return {**reply, "infcode": 0, "err_msg": None, "output": {"data": []}}

    return build.saying(change)


@known("CLE-001", "clearing.rows")
def clearing_rows_numbered_anyhow() -> Reference:
    """The rows of a month are numbered from nought, and one comes twice."""

    def change(context: Context, output: Output) -> None:
        row = {"mdtrtarea": context.institution.admdvs, "medins_no": context.sender, "certno": "1", "mdtrt_id": "1"}
        row |= {"mdtrt_setl_time": "2024-01-01 00:00:00", "setl_sn": "1", "fulamt_advpay_flag": "0"}
        output["data"] = [{**row, "seqno": 0, "medfee_sumamt": FEN, "optins_pay_sumamt": FEN}] * 2

    return _output("3260", change)
