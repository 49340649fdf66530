"""Sign-in and sign-out of operators."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from sim.interface.envelope import datetime19
from sim.platform.context import Context
from sim.platform.records import SIGN_INS, SignIn
from sim.platform.refusal import refuse


def sign_in(context: Context) -> dict[str, Any]:
    """9001: once for an operator and a day; asked again on the day, it gives the same number."""
    opter_no = str(context.node("signIn")["opter_no"])
    today = context.now.date()
    found = context.store.find(SIGN_INS, "operator", context.sender, opter_no, today)
    current = next((each for each in found if each.out_at is None), None)
    if current is None:
        current = SignIn(context.number("sign_in"), context.sender, opter_no, today, context.now)
        context.store.put(SIGN_INS, current)
    return {"signinoutb": {"sign_time": datetime19(current.at), "sign_no": current.sign_no}}


def sign_out(context: Context) -> dict[str, Any]:
    """9002: only after a sign-in of the same operator on the same day."""
    data = context.node("signOut")
    found = context.store.get(SIGN_INS, data["sign_no"])
    if (
        found is None
        or found.fixmedins_code != context.sender
        or found.opter_no != data["opter_no"]
        or found.day != context.now.date()
        or found.out_at is not None
    ):
        raise refuse("sign_in.none_today", sign_no=data["sign_no"])
    context.store.put(SIGN_INS, evolve(found, out_at=context.now))
    return {"signoutoutb": {"sign_time": datetime19(context.now)}}
