"""Hospital systems that are right in another way than the example: no finding at all, or the suite would blame the good."""

import http.client
import json
import time
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from conformance.example.hospital_client import Hospital, Message, RefusedError, UnknownError
from conformance.mutants.hospital_hunt import hospital_packs, run_hospital
from conformance.result import Waiver


class UploadsLate(Hospital):
    """Lines go to the platform only when the patient asks or pays, all in one message."""

    def on_bill(self, order: Message) -> None:
        """Kept on the bill."""
        one = self.patient(order)
        one.setdefault("late", []).extend(order["lines"])

    def send_late(self, order: Message) -> None:
        """What waits."""
        one = self.patient(order)
        lines, one["late"] = one.get("late", []), []
        if lines:
            try:
                super().on_bill({**order, "lines": lines})
            except RefusedError:
                one["late"] = lines
                raise

    def on_estimate(self, order: Message) -> Message:
        self.send_late(order)
        return super().on_estimate(order)

    def on_pay(self, order: Message) -> Message:
        self.send_late(order)
        return super().on_pay(order)

    def on_leave(self, order: Message) -> None:
        self.patient(order)["late"] = []
        super().on_leave(order)


class ReversesAtOnce(Hospital):
    """Never repeats a settlement: without an answer it is reversed straight away."""

    def effect(self, infno: str, data: Message, one: Message) -> Message:
        message = self.message(infno, data, one["place"])
        try:
            return self.once(message)
        except UnknownError:
            self.open.append((message, one["psn_no"]))
            self.resolve()
            raise RefusedError("已撤销，请重试") from None

    def once(self, message: Message) -> Message:
        """One try."""
        try:
            reply = json.loads(self.send(json.dumps(message, default=float).encode()), parse_float=Decimal)
            code = int(reply["infcode"])
        except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
            raise UnknownError from None
        if code != 0:
            raise RefusedError(reply["err_msg"])
        output: Message = reply["output"]
        return output


class AsksAgainLater(Hospital):
    """Says that the outcome is unknown, and clears it up before the next business or at the end of the day."""

    def effect(self, infno: str, data: Message, one: Message) -> Message:
        message = self.message(infno, data, one["place"])
        try:
            return self.post(message)
        except UnknownError:
            self.open.append((message, one["psn_no"]))
            raise


class SignsInForEachPatient(Hospital):
    """Signs in anew whenever somebody comes to the desk."""

    def on_present(self, order: Message) -> None:
        self.sign_no = ""
        super().on_present(order)


class ReadsBeforeEveryPayment(Hospital):
    """Reads the person again before a payment, and makes two trials."""

    def on_present(self, order: Message) -> None:
        super().on_present(order)
        self.patients[order["patient"]]["presented"] = order

    def on_pay(self, order: Message) -> Message:
        self.resolve()
        one = self.patient(order)
        kept = dict(one)
        super().on_present(one["presented"])
        self.patients[order["patient"]] = one
        one.update(kept)
        if one["bill"]:
            self.trial(one, order)
        return super().on_pay(order)


class WritesOtherwise(Hospital):
    """Another key order, optional fields filled, white space, whole yuan without a point."""

    def send(self, body: bytes) -> bytes:
        message = json.loads(body)
        if self.seen.setdefault(message["msgid"], body) is not body:
            body = self.seen[message["msgid"]]
        message = {"dev_no": "D-01", **dict(reversed(message.items()))}
        return super().send(json.dumps(message, ensure_ascii=True, indent=2).encode())

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, bytes] = {}


class ReadsLeniently(Hospital):
    """Takes the first JSON object of an answer that holds two."""

    def send(self, body: bytes) -> bytes:
        answer = super().send(body)
        try:
            first, _ = json.JSONDecoder().raw_decode(answer.decode())
        except ValueError:
            return answer
        return json.dumps(first).encode()


class RefusesSecondClick(Hospital):
    """Tells a second click on a paid bill that there is nothing to pay."""

    def on_pay(self, order: Message) -> Message:
        if not self.patient(order)["bill"]:
            raise RefusedError("已缴费")
        return super().on_pay(order)


class ReconcilesByClass(Hospital):
    """Reconciles in another order, and twice."""

    def on_end_day(self, order: Message) -> Message:
        self.books.reverse()
        super().on_end_day(order)
        return super().on_end_day(order)


class TellsLittle(Hospital):
    """Shows nothing but whether it worked, as an adapter that cannot read the screen does."""

    def order(self, order: Message) -> Message:
        told = super().order(order)
        return {name: told[name] for name in ("result", "text", "reconciled") if name in told}


class TakesItsTime(Hospital):
    """Every message takes a while."""

    def send(self, body: bytes) -> bytes:
        time.sleep(0.003)
        return super().send(body)


PLAYED = [
    f"HOS-{n:03d}" for n in (1, 4, 7, 12, 13, 16, 21, 23, 101, 102, 103, 108, 110, 111, 114, 120, 201, 202, 206, 207)
]
"""One scenario of each kind, so that the test stays quick."""
UNUSUAL: tuple[Any, ...] = (
    UploadsLate,
    ReversesAtOnce,
    AsksAgainLater,
    SignsInForEachPatient,
    ReadsBeforeEveryPayment,
    WritesOtherwise,
    ReadsLeniently,
    RefusesSecondClick,
    ReconcilesByClass,
    TellsLittle,
    TakesItsTime,
)


@pytest.mark.parametrize("client", UNUSUAL)
def test_a_right_client_is_right_in_its_own_way(client: Any) -> None:
    """Nothing is found, and everything was played."""
    result = run_hospital(client(), hospital_packs(), PLAYED)
    assert [(f.observation.scenario, f.observation.check, f.observation.step) for f in result.findings] == []
    assert {"passed"} == {s.status for s in result.scenarios}, [s for s in result.scenarios if s.status != "passed"]


def test_what_an_adapter_does_not_tell_is_neither_held_nor_forgiven() -> None:
    """A requirement that could never be judged is no finding, and no success either, unless a waiver says why."""
    result = run_hospital(TellsLittle(), hospital_packs(), ["HOS-001"])
    assert ("failed", ()) == (result.verdict, result.findings)
    assert ["HOS-CASH"] == [row.clause.id for row in result.red_untestable]
    waived = evolve(result, waivers=(Waiver("HOS-CASH", "the screen cannot be read", "cashier", "2099-12-31"),))
    assert "passed" == waived.verdict
