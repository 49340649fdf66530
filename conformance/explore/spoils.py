"""What can be wrong with a message that comes in turn: one thing each, and the clause that has it refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from conformance.explore.world import OTHER, Move, World
from sim.interface import Interface

NO_ID = "9" * 18
Row = dict[str, Any]


@frozen
class Spoil:
    """One thing that can be wrong: the clause, with which transactions, and how a scenario says it. ``fits``: what must
    be so besides. A path begins at the node that says whom a message is about."""

    clause: str
    infnos: frozenset[str]
    says: Mapping[str, Any]
    fits: Callable[[World, Move], bool] = lambda _, __: True


def _of(infnos: str) -> frozenset[str]:
    return frozenset(infnos.split())


def _set(clause: str, infnos: str, field: str, value: Any, fits: Callable[[World, Move], bool] | None = None) -> Spoil:
    return Spoil(clause, _of(infnos), {"set": {field: value}}, fits or (lambda _, __: True))


def _value(clause: str, infnos: str, field: str, value: Any) -> Spoil:
    return Spoil(clause, _of(infnos), {"values": {field: value}})


def _elsewhere(world: World, move: Move) -> bool:
    return world.cast.elsewhere(move.who, move.at)


def _chronic(_: World, move: Move) -> bool:
    return move.has("chronic")


def _other_there(world: World, move: Move) -> bool:
    """Somebody else, whose number is known by then."""
    return OTHER in world.cast.people and move.who != OTHER


def _has_line(world: World, move: Move) -> bool:
    visit = world.visits.get(move.visit)
    return visit is not None and any(line.number == 1 for line in visit.lines)


def _of_settlement(world: World, move: Move) -> bool:
    return move.of in world.settlements


TRIALS, SETTLES, SALES = "2206 2206A 2303 2303A", "2207 2207A 2304 2304A", "2101 2102"
UPLOADS = "2204 2301"
STAY = "2402 2403 2404 2405 2302"
VISIT = f"{TRIALS} {SETTLES} {UPLOADS} {STAY} 2202 2203 2203A 2205"
SPOILS: Mapping[str, Spoil] = {
    "no_place": _set("NEG-PLACE", "2201 2401 2102", "/insuplc_admdvs", "", _elsewhere),
    "other_place": _set("NEG-PLACE", f"2201 2401 2102 {TRIALS} {SETTLES}", "/insuplc_admdvs", "810000"),
    "no_visit": _set("NEG-VISIT", VISIT, "mdtrt_id", NO_ID),
    "other_person": _set("ORD-VISIT-PERSON", VISIT, "psn_no", {"from": "other.psn_no"}, _other_there),
    "required": Spoil("NEG-REQUIRED", _of("2201 2401 2102"), {"remove": ["insutype"]}),
    "form": _set("NEG-FORM", "2201 2401 2102", "begntime", "2024/06/01 08:30"),
    "code": _set("NEG-CODE", SETTLES, "psn_setlway", "77"),
    "leaving": _set("NEG-CODE", "2402", "dscg_way", "77"),
    "early": _value("ORD-DISCHARGE-EARLY", "2402", "endtime", {"time": -3}),
    "item": _set("NEG-ITEM", UPLOADS, "med_list_codg", "XZ00000000"),
    "item_sold": _set("NEG-ITEM", "2102", "/input.drugdetail[0].med_list_codg", "XZ00000000"),
    "product": _set("NEG-LINE", UPLOADS, "det_item_fee_sumamt", {"plus": "1.00"}),
    "product_sold": _set("NEG-LINE", "2102", "/input.drugdetail[0].det_item_fee_sumamt", {"plus": "1.00"}),
    "price": _set("ORD-LINE-PRICE", UPLOADS, "pric", -45),
    "number": _set("ORD-LINE-TWICE", UPLOADS, "feedetl_sn", "1", _has_line),
    "total": _set("NEG-TOTAL", "2207", "medfee_sumamt", {"plus": "0.01"}),
    "total_of_all": _set("ORD-SETTLE-TOTAL", f"{TRIALS} {SETTLES}", "medfee_sumamt", {"plus": "1.00"}),
    "total_sold": _set("ORD-SALE-TOTAL", SALES, "medfee_sumamt", {"plus": "1.00"}),
    "disease": Spoil("NEG-CHRONIC", _of("2203 2203A"), {"remove": ["dise_codg"]}, _chronic),
    "settlement": _set("NEG-SETL", "2208 2305 2103", "setl_id", NO_ID),
    "message": _set("REF-REVERSAL-UNKNOWN", "2601", "omsgid", "H00000000000202001010000000001"),
    "kind": _set("ORD-REV-KIND", "2601", "oinfno", "2204"),
    "other_kind": _set("ORD-REV-INFNO", "2601", "oinfno", "2103", _of_settlement),
    "to_itself": _value("NEG-TRANSFER", "2501", "reflin_medins_no", {"from": "first.fixmedins_code"}),
    "no_hospital": _value("NEG-INSTITUTION", "2501", "reflin_medins_no", "H00000000000"),
    "no_day": _value("NEG-DATE", "2501", "refl_date", "2024-02-30"),
    "no_disease": _value("NEG-CHRONIC", "2503", "opsp_dise_code", "X1"),
    "later": _value("NEG-FILING", "2503", "hosp_ide_date", {"date": 5}),
    "ends_first": _value("NEG-PERIOD", "2505", "enddate", {"date": -2}),
    "filing": _set("NEG-FILING-UNKNOWN", "2502 2504 2506", "trt_dcla_detl_sn", "999999999999"),
    "agency": _set("NEG-AGENCY", "3201 3202", "setl_optins", "810000"),
    "ends_before": _value("NEG-PERIOD", "3201 3202", "stmt_enddate", {"date": -3}),
    "file_sums": _set("NEG-FILE-SUMS", "3202", "medfee_sumamt", {"plus": "0.01"}),
    "file_count": _set("NEG-FILE-SUMS", "3202", "fixmedins_setl_cnt", 77),
    "file": _set("ORD-FILE-UNKNOWN", "3202", "file_qury_no", "0000000000"),
    "file_name": _set("NEG-FILE", "9102", "filename", "other.zip"),
}
"""By name."""
USED_ID = "used_id"
"""Besides: said under the message id of another message that the same institution sent."""
USED_ID_CLAUSE = "NEG-MSGID"


def path(iface: Interface, infno: str, field: str) -> str:
    """Where a field stands in a message: below the node that names the person; ``/`` begins at the message."""
    if field.startswith("/"):
        return field[1:]
    node = iface.transactions[infno].input[0]
    return f"input.{node.name}{'[0]' if node.kind == 'list' else ''}.{field}"


def said(iface: Interface, infno: str, spoil: Spoil) -> Row:
    """What a step says besides, so that this is wrong with it."""
    found: Row = {}
    for how, what in spoil.says.items():
        if how == "set":
            found[how] = {path(iface, infno, field): value for field, value in what.items()}
        elif how == "remove":
            found[how] = [path(iface, infno, field) for field in what]
        else:
            found[how] = dict(what)
    return found
