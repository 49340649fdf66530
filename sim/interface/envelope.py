"""What stands around every message: numbers, times, sender; and the two forms of a reply."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from attrs import frozen

from sim.errors import InputError
from sim.lang import say

ACCEPTED = 0
REFUSED = -1
_NO_SEPARATORS = str.maketrans("", "", "-:.T")
LONGEST_ERROR = 200
"""Characters that ``err_msg`` can carry."""


@frozen
class Sender:
    """Who sends: the institution, its operator, and the division it lies in.

    ``fixmedins_code`` has 12 characters, ``mdtrtarea_admvs`` 6 digits; ``opter_type`` 1 operator, 2 self-service
    terminal, 3 mobile terminal.
    """

    fixmedins_code: str
    fixmedins_name: str
    mdtrtarea_admvs: str
    opter: str = "0001"
    opter_name: str = "经办人"
    opter_type: str = "1"
    recer_sys_code: str = "YIDI"
    infver: str = "V1.0"


def msgid(fixmedins_code: str, at: datetime, serial: int) -> str:
    """The sender's message number: institution code (12), time to the second (14), serial (4).

    Raises InputError when the parts do not fit into 30 characters.
    """
    if not re.fullmatch(r"[A-Za-z0-9]{12}", fixmedins_code) or not 0 <= serial <= 9999:
        raise InputError(say("envelope.bad_msgid", code=fixmedins_code, serial=serial))
    return f"{fixmedins_code}{time17(at)[:14]}{serial:04d}"


def refmsgid(division: str, at: datetime, serial: int) -> str:
    """The receiver's message number: its division (6), time to the second (14), serial (10)."""
    if len(division) != 6 or not (division.isascii() and division.isdigit()) or not 0 <= serial < 10**10:
        raise InputError(say("envelope.bad_refmsgid", division=division, serial=serial))
    return f"{division}{time17(at)[:14]}{serial:010d}"


@lru_cache(maxsize=256)  # one message asks for the same time several times
def time17(at: datetime) -> str:
    """A time as ``yyyyMMddHHmmssSSS``, as replies carry it."""
    return at.isoformat(timespec="milliseconds")[:23].translate(_NO_SEPARATORS)  # several times faster than strftime


def datetime19(at: datetime) -> str:
    """A time as ``yyyy-MM-dd HH:mm:ss``, as everything else carries it."""
    return at.isoformat(" ", "seconds")[:19]


def request(
    infno: str,
    *,
    msgid: str,
    sender: Sender,
    insuplc_admdvs: str = "",
    sign_no: str = "",
    at: datetime,
    input: Mapping[str, Any],  # noqa: A002 - the interface's own name
) -> dict[str, Any]:
    """A whole request. Values without a use are empty strings, as the interface has it."""
    return {
        "infno": infno,
        "msgid": msgid,
        "mdtrtarea_admvs": sender.mdtrtarea_admvs,
        "insuplc_admdvs": insuplc_admdvs,
        "recer_sys_code": sender.recer_sys_code,
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": "",
        "infver": sender.infver,
        "opter_type": sender.opter_type,
        "opter": sender.opter,
        "opter_name": sender.opter_name,
        "inf_time": datetime19(at),
        "fixmedins_code": sender.fixmedins_code,
        "fixmedins_name": sender.fixmedins_name,
        "sign_no": sign_no,
        "input": dict(input),
    }


def accepted(*, refmsgid: str, received: datetime, responded: datetime, output: Any) -> dict[str, Any]:
    """The reply to a request that was carried out. ``output`` is an object, or a list where the rows have no node."""
    return _reply(ACCEPTED, refmsgid, received, responded, "", output)


def refused(*, refmsgid: str, received: datetime, responded: datetime, err_msg: str) -> dict[str, Any]:
    """The reply to a request that was not carried out; ``err_msg`` is cut to the 200 characters it may have."""
    return _reply(REFUSED, refmsgid, received, responded, err_msg[:LONGEST_ERROR], {})


def is_accepted(reply: Mapping[str, Any]) -> bool:
    """Whether a reply says success: ``infcode`` 0, as a number or as a string."""
    code = reply.get("infcode")
    return not isinstance(code, bool) and (code == ACCEPTED or code == str(ACCEPTED))


def _reply(
    infcode: int, refmsgid: str, received: datetime, responded: datetime, err_msg: str, output: Any
) -> dict[str, Any]:
    return {
        "infcode": infcode,
        "inf_refmsgid": refmsgid,
        "refmsg_time": time17(received),
        "respond_time": time17(responded),
        "err_msg": err_msg,
        "output": output,
    }
