"""What treatment place, hub and insured place say to each other.

The interface ends at the treatment province; between provinces the reference has its own form, as close to the
interface as it can be: the hospital's message unchanged, same ``infno`` and ``msgid``, with one node ``relay`` added
to its ``input`` in which the treatment place tells what only it knows. Amounts there are whole fen, prices and limits
whole 1/1000000 yuan, quantities whole 1/10000.

========================== ===============================================================================
``infno``                  members of ``relay``, besides ``from`` (the treatment province)
========================== ===============================================================================
1101, 2201, 2401, filings, none
queries of the insured side
2001                       ``case``
2204, 2301                 ``lines``
2206, 2207, 2303, 2304,    ``lines``, ``case``, ``batch``, ``setl_id`` (empty in a trial); for care of a filed
2101, 2102                 chronic disease ``drugs``, the lines of drugs as 5205 prints them; from a pharmacy
                           ``mdtrt_id``
2208, 2305, 2103           ``setl_id``
2601                       ``omsgid``, ``oinfno``
========================== ===============================================================================

A ``case`` is what the benefits need to know about the treatment: ``kind``, ``med_type``, ``level`` and ``hosp_lv`` of
the hospital, ``begins`` and ``on`` (first day, day of settlement), ``emergency``, ``dise_codg``.

A reply has the interface's envelope. Its ``output`` is the interface's for 1101, 2001, filings and queries;
``relay.person`` (what the treatment place may know about the patient) for 2201 and 2401; ``result`` rows with the four
parts in fen for 2204 and 2301; ``setlinfo`` and ``setldetail`` without what the treatment place adds for a settlement
(a pharmacy's also ``result``, since it uploads with the settlement); ``setlinfo.balc`` alone for a cancellation. A
refusal with ``output.relay.outcome`` ``"unknown"`` says that the hub got no answer: the message may have been carried
out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from sim.platform.refusal import refuse

SPLITS = ("2204", "2301")
TRIALS = ("2206", "2206A", "2303", "2303A", "2101")
SETTLES = ("2207", "2207A", "2304", "2304A", "2102")
CANCELS = ("2208", "2305", "2103")
FILINGS = ("2501", "2502", "2503", "2504", "2505", "2506")
REVERSAL = "2601"
EFFECTS = frozenset((*SETTLES, *CANCELS, *FILINGS, REVERSAL))
"""Transactions that change something at the insured place."""

UNKNOWN = {"relay": {"outcome": "unknown"}}
"""The ``output`` of a refusal that does not say whether the message was carried out."""


def outcome_unknown(reply: Mapping[str, Any]) -> bool:
    """Whether a reply leaves open what happened: the hub says so, or it is no reply at all."""
    output = reply.get("output")
    relay = output.get("relay") if isinstance(output, dict) else None
    return "infcode" not in reply or (isinstance(relay, dict) and relay.get("outcome") == "unknown")


def extend(message: Mapping[str, Any], insuplc_admdvs: str, relay: Mapping[str, Any]) -> dict[str, Any]:
    """The message as it goes to the insured place."""
    return {**message, "insuplc_admdvs": insuplc_admdvs, "input": {**message["input"], "relay": dict(relay)}}


def is_relayed(message: Mapping[str, Any]) -> bool:
    """Whether the message comes from another party and not from a hospital."""
    content = message.get("input")
    return isinstance(content, dict) and "relay" in content


def check(message: Mapping[str, Any]) -> None:
    """Refuse a relayed message whose ``relay`` node is not of the form its ``infno`` demands."""
    infno = message.get("infno")
    validator, node = _validator(infno if isinstance(infno, str) else ""), message["input"]["relay"]
    if not validator.is_valid(node):
        error = next(iter(validator.iter_errors(node)))
        path = ".".join(["input", "relay", *map(str, error.instance_path)])
        raise refuse("relay.malformed", path=path, problem=str(error.message)[:80])


_TEXT = {"type": "string"}
_CODE = {"type": "string", "minLength": 1}
_WHOLE = {"type": "integer"}
_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}


def _object(properties: Mapping[str, Any], *optional: str) -> dict[str, Any]:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": dict(properties), "required": required, "additionalProperties": False}


_LINES = {
    "type": "array",
    "minItems": 1,
    "items": _object(
        {
            "feedetl_sn": _CODE,
            "code": _CODE,
            "chrgitm_lv": {"enum": ["01", "02", "03"]},
            "med_chrgitm_type": _CODE,
            "price": {"type": "integer", "minimum": 0},
            "quantity": _WHOLE,
            "amount": _WHOLE,
            "limit": {"type": "integer", "minimum": 0},
            "restricted": {"type": "boolean"},
            "approved": {"type": ["boolean", "null"]},
            "on": _DAY,
        }
    ),
}
_CASE = _object(
    {
        "kind": {"enum": ["outpatient", "inpatient", "pharmacy"]},
        "med_type": _CODE,
        "level": {"enum": ["community", "township", "L1", "L2", "L3"]},
        "hosp_lv": _TEXT,
        "begins": _DAY,
        "on": _DAY,
        "emergency": {"type": "boolean"},
        "dise_codg": _TEXT,
    }
)
_DRUGS = {"type": "array", "items": {"type": "object", "required": ["feedetl_sn", "med_list_codg", "fee_ocur_time"]}}
_FROM = {"from": {"type": "string", "pattern": r"^\d{2}0000$"}}


def _schema(infno: str) -> dict[str, Any]:
    if infno in SPLITS:
        return _object({**_FROM, "lines": _LINES})
    if infno in (*TRIALS, *SETTLES):
        told = {**_FROM, "lines": _LINES, "case": _CASE, "batch": _TEXT, "drugs": _DRUGS, "mdtrt_id": _CODE}
        told["setl_id"] = {"const": ""} if infno in TRIALS else _CODE
        return _object(told, "drugs", "mdtrt_id")
    if infno == "2001":
        return _object({**_FROM, "case": _CASE})
    if infno in CANCELS:
        return _object({**_FROM, "setl_id": _CODE})
    if infno == REVERSAL:
        return _object({**_FROM, "omsgid": _CODE, "oinfno": _CODE})
    return _object(_FROM)


@cache
def _validator(infno: str) -> Any:
    return jsonschema_rs.validator_for(_schema(infno))
