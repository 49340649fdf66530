"""Fee lines: upload with their split, and withdrawal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from sim.benefits import multiply
from sim.money import parse, scaled, show, wire
from sim.platform.catalogue import Item, limit_on_wire
from sim.platform.context import Context
from sim.platform.office.mapping import check_line as check_mapped
from sim.platform.records import LINES, SETTLEMENTS, FeeLine, Settlement, Visit
from sim.platform.refusal import refuse
from sim.platform.treatment.prints import kept_of
from sim.platform.treatment.visit import Work, moment, visit_of

EVERYTHING = "0000"
"""The batch number (2205) or line number (2302) that means every unsettled line."""
STAY = ""
"""The batch number of the lines of a stay, which have none."""
APPROVED: Mapping[str, bool | None] = {"0": None, "1": True, "2": False}
"""hosp_appr_flag: no approval needed, approved, not approved."""


@frozen
class NewLine:
    """A line of a message, read and looked up but not yet split."""

    row: Mapping[str, Any]
    item: Item
    price: int
    quantity: int
    amount: int
    on: date

    def relayed(self) -> dict[str, Any]:
        """The line as the insured place gets it."""
        return {
            "feedetl_sn": self.row["feedetl_sn"],
            "code": self.item.code,
            "chrgitm_lv": self.item.chrgitm_lv,
            "med_chrgitm_type": self.item.med_chrgitm_type,
            "price": self.price,
            "quantity": self.quantity,
            "amount": self.amount,
            "limit": self.item.limit,
            "restricted": self.item.restricted,
            "approved": self.approved,
            "on": self.on.isoformat(),
        }

    @property
    def feedetl_sn(self) -> str:
        """Its number."""
        return str(self.row["feedetl_sn"])

    @property
    def code(self) -> str:
        """The item's code."""
        return self.item.code

    @property
    def sent(self) -> Mapping[str, Any]:
        """What of the row only queries print."""
        return kept_of(self.row)

    @property
    def approved(self) -> bool | None:
        """What the hospital says about a restricted item."""
        return APPROVED.get(self.row.get("hosp_appr_flag") or "0")


def read_line(context: Context, row: Mapping[str, Any]) -> NewLine:
    """One uploaded row. Refuses an item that this place's catalogue lacks, and an amount that is not the product."""
    item = context.party.items.get(row["med_list_codg"])
    if item is None:
        raise refuse("line.unknown_code", line=row["feedetl_sn"], code=row["med_list_codg"])
    price, quantity = scaled(row["pric"], 6), scaled(row["cnt"], 4)
    amount, product = parse(row["det_item_fee_sumamt"]), multiply(price, quantity)
    if amount != product:
        raise refuse("line.product", line=row["feedetl_sn"], amount=show(amount), product=show(product))
    if price < 0 or quantity == 0:
        raise refuse("line.quantity", line=row["feedetl_sn"])
    on = moment(row["fee_ocur_time"]).date()
    if context.setting.readings.mapping_required:
        check_mapped(context, row, on)
    return NewLine(row, item, price, quantity, amount, on)


def upload(context: Context) -> Work:
    """2204, 2301: lines of one visit, each answered with its split."""
    rows = context.rows("feedetail")
    visit = visit_of(context, rows[0], "outpatient" if context.infno == "2204" else "inpatient")
    _check_rows(context, visit, rows)
    new = [read_line(context, row) for row in rows]
    _check_numbers(context, visit, new)
    told = yield from context.ask(visit.insuplc_admdvs, lines=[line.relayed() for line in new])
    # while the answer was under way another message may have changed the visit
    visit = visit_of(context, rows[0], visit.kind)
    _check_rows(context, visit, rows)
    _check_numbers(context, visit, new)
    kept = [stored(visit, line, share) for line, share in zip(new, told["result"], strict=True)]
    for line in kept:
        context.store.put(LINES, line)
    return {"result": [printed(line, read) for line, read in zip(kept, new, strict=True)]}


def _check_rows(context: Context, visit: Visit, rows: Sequence[Mapping[str, Any]]) -> None:
    if not visit.med_type:
        raise refuse("visit.not_described", mdtrt_id=visit.mdtrt_id)
    for row in rows:
        if row["mdtrt_id"] != visit.mdtrt_id or row["psn_no"] != visit.psn_no:
            raise refuse("line.other_visit", line=row["feedetl_sn"])
        if row.get("med_type") and row["med_type"] != visit.med_type:
            raise refuse("visit.other_med_type", value=row["med_type"], med_type=visit.med_type)
    for batch in dict.fromkeys(row.get("chrg_bchno", STAY) for row in rows):
        for settlement in settlements_of(context, visit, batch):
            if settlement.state == "valid" and settlement.final:
                raise refuse("settlement.done", setl_id=settlement.setl_id)
            if settlement.state != "valid":
                raise refuse("settlement.busy", setl_id=settlement.setl_id, passing=True)
        if context.setting.readings.one_call_a_batch and batch and lines_of(context, visit, batch):
            raise refuse("batch.uploaded", batch=batch)


def _check_numbers(context: Context, visit: Visit, new: Sequence[NewLine]) -> None:
    known = {line.feedetl_sn: line for line in context.store.find(LINES, "visit", visit.mdtrt_id)}
    left = {sn: line.quantity for sn, line in known.items()}
    for line in known.values():
        if line.refund_of in left:
            left[line.refund_of] += line.quantity
    seen: set[str] = set()
    for each in new:
        number = str(each.row["feedetl_sn"])
        if number in known or number in seen:
            raise refuse("line.duplicate", line=number)
        seen.add(number)
        if each.quantity < 0:
            _check_refund(visit, each, known, left)


def _check_refund(visit: Visit, line: NewLine, known: Mapping[str, FeeLine], left: dict[str, int]) -> None:
    of = str(line.row.get("init_feedetl_sn") or "")
    original = known.get(of)
    if visit.kind == "outpatient" or original is None or original.quantity < 0 or original.setl_id:
        raise refuse("line.refund_of_what", line=line.row["feedetl_sn"])
    if original.code != line.item.code or original.price != line.price:
        raise refuse("line.refund_other_item", line=line.row["feedetl_sn"], of=of)
    left[of] += line.quantity
    if left[of] < 0:
        raise refuse("line.refund_too_much", line=line.row["feedetl_sn"], of=of)


def stored(visit: Visit, line: NewLine, share: Mapping[str, Any]) -> FeeLine:
    """A line as it is kept, with its split."""
    return FeeLine(
        mdtrt_id=visit.mdtrt_id,
        feedetl_sn=line.row["feedetl_sn"],
        chrg_bchno=line.row.get("chrg_bchno", STAY),
        code=line.item.code,
        chrgitm_lv=line.item.chrgitm_lv,
        med_chrgitm_type=line.item.med_chrgitm_type,
        price=line.price,
        quantity=line.quantity,
        amount=line.amount,
        limit=line.item.limit,
        restricted=line.item.restricted,
        approved=line.approved,
        on=line.on,
        fulamt_ownpay_amt=share["fulamt_ownpay_amt"],
        overlmt_selfpay=share["overlmt_selfpay"],
        preselfpay_amt=share["preselfpay_amt"],
        inscp_scp_amt=share["inscp_scp_amt"],
        selfpay_prop=share["selfpay_prop"],
        refund_of=line.row.get("init_feedetl_sn") or "",
        sent=kept_of(line.row),
    )


def printed(line: FeeLine, read: NewLine) -> dict[str, Any]:
    """A line as the answer prints it."""
    return {
        "feedetl_sn": line.feedetl_sn,
        "det_item_fee_sumamt": wire(line.amount),
        "cnt": read.row["cnt"],
        "pric": read.row["pric"],
        "pric_uplmt_amt": limit_on_wire(line.limit),
        "selfpay_prop": Decimal(line.selfpay_prop).scaleb(-4),
        "fulamt_ownpay_amt": wire(line.fulamt_ownpay_amt),
        "overlmt_amt": wire(line.overlmt_selfpay),
        "preselfpay_amt": wire(line.preselfpay_amt),
        "inscp_scp_amt": wire(line.inscp_scp_amt),
        "chrgitm_lv": line.chrgitm_lv,
        "med_chrgitm_type": line.med_chrgitm_type,
        "bas_medn_flag": "1" if read.item.basic else "0",
        "hi_nego_drug_flag": "1" if read.item.negotiated else "0",
        "chld_medc_flag": "0",
        "list_sp_item_flag": "0",
        "lmt_used_flag": "1" if line.restricted else "0",
        "drt_reim_flag": "0",
    }


def lines_of(context: Context, visit: Visit, batch: str) -> list[FeeLine]:
    """The unsettled lines of a charge batch, by number."""
    found = context.store.find(LINES, "visit", visit.mdtrt_id)
    chosen = [line for line in found if line.chrg_bchno == batch and not line.setl_id]
    return sorted(chosen, key=lambda line: int(line.feedetl_sn))


def settlements_of(context: Context, visit: Visit, batch: str) -> list[Settlement]:
    """The settlements that hold a charge batch, or (for a stay) any of the stay."""
    found = context.store.find(SETTLEMENTS, "visit", visit.mdtrt_id)
    return [each for each in found if each.holds and (visit.kind == "inpatient" or each.batch == batch)]


def mark(context: Context, mdtrt_id: str, numbers: Iterable[str], setl_id: str) -> None:
    """Give lines to a settlement, or (empty) free them."""
    for number in numbers:
        line = context.store.get(LINES, mdtrt_id, number)
        if line is not None:
            context.store.put(LINES, evolve(line, setl_id=setl_id))


def withdraw(context: Context) -> dict[str, Any]:
    """2205: withdraw a charge batch, or every unsettled line of the visit (0000)."""
    data = context.node()
    visit = visit_of(context, data, "outpatient")
    batch = str(data["chrg_bchno"])
    found = [line for line in context.store.find(LINES, "visit", visit.mdtrt_id) if not line.setl_id]
    batches = {line.chrg_bchno for line in found} if batch == EVERYTHING else {batch}
    for one in sorted(batches):
        for settlement in settlements_of(context, visit, one):
            if settlement.state == "valid":
                raise refuse("batch.settled", batch=one, setl_id=settlement.setl_id)
            raise refuse("settlement.busy", setl_id=settlement.setl_id, passing=True)
    chosen = [line for line in found if line.chrg_bchno in batches]
    if not chosen:
        raise refuse("batch.empty", batch=batch)
    for line in chosen:
        context.store.delete(LINES, line.mdtrt_id, line.feedetl_sn)
    return {}


def withdraw_rows(context: Context) -> dict[str, Any]:
    """2302: withdraw single lines of a stay, or every unsettled one (0000). A line and its refund go together."""
    rows = context.rows("data")
    visit = visit_of(context, rows[0], "inpatient")
    for row in rows:
        if row["mdtrt_id"] != visit.mdtrt_id or row["psn_no"] != visit.psn_no:
            raise refuse("line.other_visit", line=row["feedetl_sn"])
    for settlement in settlements_of(context, visit, STAY):
        if settlement.state != "valid":
            raise refuse("settlement.busy", setl_id=settlement.setl_id, passing=True)
    known = {line.feedetl_sn: line for line in context.store.find(LINES, "visit", visit.mdtrt_id)}
    wanted = {str(row["feedetl_sn"]) for row in rows}
    if EVERYTHING in wanted:
        wanted = {number for number, line in known.items() if not line.setl_id}
        if not wanted:
            raise refuse("batch.empty", batch=EVERYTHING)
    for number in sorted(wanted):
        line = known.get(number)
        if line is None:
            raise refuse("line.unknown", line=number)
        if line.setl_id:
            raise refuse("line.settled", line=number, setl_id=line.setl_id)
        if any(other.refund_of == number and other.feedetl_sn not in wanted for other in known.values()):
            raise refuse("line.has_refund", line=number)
    for number in wanted:
        context.store.delete(LINES, visit.mdtrt_id, number)
    return {}
