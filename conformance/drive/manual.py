"""The drive protocol for a person: steps as printed text, answers as short keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from sim.errors import InputError
from sim.lang import Lang, Text, say
from sim.money import parse, show

RESULTS: Mapping[str, str] = {"d": "done", "r": "refused", "u": "unknown", "c": "crashed"}
_MONEY = ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "cash")


def ask(order: Mapping[str, Any], read: TextIO, write: TextIO, lang: Lang) -> dict[str, Any] | None:
    """One order to a person; the answer, or None at the end of the input."""

    def tell(text: Text) -> None:
        write.write(text.show(lang) + "\n")
        write.flush()

    def answered(question: Text) -> str | None:
        write.write(question.show(lang) + " ")
        write.flush()
        line = read.readline()
        return line.strip() if line else None

    for text in described(order):
        tell(text)
    if order["do"] in ("start", "stop"):
        if order["do"] == "start" and answered(say("hospital.manual.ready")) is None:
            return None
        return {"result": "done"}
    while True:
        key = answered(say("hospital.manual.result"))
        if key is None:
            return None
        if key.lower()[:1] in RESULTS:
            break
        tell(say("hospital.manual.again", given=key))
    answer: dict[str, Any] = {"result": RESULTS[key.lower()[:1]]}
    if answer["result"] in ("refused", "unknown", "crashed"):
        shown = answered(say("hospital.manual.text"))
        return None if shown is None else {**answer, "text": shown}
    return _details(order, answer, answered, tell)


def _details(order: Mapping[str, Any], answer: dict[str, Any], answered: Any, tell: Any) -> dict[str, Any] | None:
    """What a check needs to know of something that was done; an empty line leaves it out."""
    if order["do"] == "end_day":
        equal = answered(say("hospital.manual.reconciled"))
        if equal is None:
            return None
        return {**answer, "reconciled": equal.lower()[:1] != "n"}
    if order["do"] not in ("pay", "estimate"):
        return answer
    for name in _MONEY:
        while True:
            given = answered(say(f"hospital.manual.{name}"))
            if given is None:
                return None
            if not given:
                break
            try:
                answer[name] = show(parse(given))
                break
            except InputError as error:
                tell(error.text)
    return answer


def described(order: Mapping[str, Any]) -> Iterator[Text]:
    """An order in words."""
    values = {key: str(value) for key, value in order.items() if not isinstance(value, list)}
    yield say("hospital.manual.line")
    do = order["do"]
    if do in ("estimate", "pay"):
        yield say(f"hospital.manual.do.{do}", **values)
        yield say("hospital.manual.account" if order["acct_used_flag"] == "1" else "hospital.manual.no_account")
    elif do == "present":
        kind = {"01": "credential", "02": "identity_card", "03": "security_card"}[order["mdtrt_cert_type"]]
        yield say("hospital.manual.do.present", **values, kind=say(f"hospital.manual.{kind}"))
    else:
        yield say(f"hospital.manual.do.{do}", **values)
    for row in order.get("lines", ()):
        yield say("hospital.manual.item", **row)
