"""What happened, told so that a person can follow it: every event on the wire that has to do with a finding."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from tests.campaigns.net import START, Event, Message
from tests.campaigns.told import EFFECTS, accepted

DOES = {
    "1101": "identify",
    "2102": "SELL",
    "2103": "CANCEL a sale",
    "2201": "register",
    "2203": "describe",
    "2204": "upload lines",
    "2207": "SETTLE",
    "2208": "CANCEL",
    "2301": "upload lines",
    "2304": "SETTLE a stay",
    "2305": "CANCEL a stay",
    "2401": "admit",
    "2402": "discharge",
    "2601": "REVERSE",
    "3201": "reconcile sums",
    "3202": "reconcile lines",
    "3260": "month's detail",
    "3261": "confirm the month",
    "3262": "take the confirmation back",
    "9101": "upload a file",
    "9102": "download a file",
}
WORDS = {
    "sent": "sends",
    "delivered": "reaches",
    "answered": "answers",
    "received": "is heard by",
    "gave_up": "waits no longer for",
    "lost": "LOST on the way to",
    "late": "is late to",
    "doubled": "comes twice to",
}


def tell(log: Iterable[Event], abouts: Iterable[str]) -> list[str]:
    """The lines of the story of what ``abouts`` name: visits, settlements, message numbers, persons; all if none."""
    events = list(log)
    wanted = {about for about in abouts if about}
    numbers = _messages(events, wanted) if wanted else None
    return [
        _line(event) for event in events if numbers is None or not event.message or event.message["msgid"] in numbers
    ]


def _messages(events: Iterable[Event], wanted: set[str]) -> set[str]:
    """The numbers of messages that name what is wanted, or name each other."""
    texts: dict[str, str] = {}
    for event in events:
        if event.message.get("infno") in EFFECTS or event.message.get("infno") in ("2201", "2401"):
            number = str(event.message["msgid"])
            text = json.dumps([event.message["input"], (event.reply or {}).get("output")], default=str)
            texts[number] = texts.get(number, number) + text
    found = {number for number, text in texts.items() if any(each in text for each in wanted)}
    while True:
        more = {number for number, text in texts.items() if number not in found and any(each in text for each in found)}
        if not more:
            return found or wanted
        found |= more


def _line(event: Event) -> str:
    at = (START + timedelta(milliseconds=event.at)).strftime("%m-%d %H:%M:%S.%f")[:-3]
    if not event.message:
        return f"{at}  ---- {event.source}: {event.what} {event.note}".rstrip()
    infno, number = event.message["infno"], event.message["msgid"][-7:]
    what = f"{infno} ..{number} {DOES.get(infno, '')}"
    told = "" if event.reply is None else f": {_answer(event.reply)}"
    asked = f" ({_content(event.message)})" if event.what == "sent" else ""
    return f"{at}  {event.source:>10} {WORDS[event.what]} {event.target}  {what}{asked}{told}"


def _content(message: Message) -> str:
    node: Any = message["input"].get("data") or message["input"].get("druginfo") or {}
    relay = message["input"].get("relay") or {}
    shown = {**(node if isinstance(node, dict) else {}), **relay}
    names = ("mdtrt_id", "setl_id", "omsgid", "medfee_sumamt", "acct_pay", "psn_no")
    return ", ".join(f"{name} {shown[name]}" for name in names if shown.get(name))


def _answer(reply: Message) -> str:
    if not accepted(reply):
        return f"REFUSED {reply['err_msg']}"
    head = (reply.get("output") or {}).get("setlinfo") or {}
    names = ("setl_id", "fund_pay_sumamt", "acct_pay", "psn_cash_pay")
    return "accepted " + ", ".join(f"{name} {head[name]}" for name in names if head.get(name) is not None)
