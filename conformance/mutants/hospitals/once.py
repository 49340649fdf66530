"""Known-bad hospital clients: what happens once, what is cleared up, and what is taken back."""

from __future__ import annotations

import http.client
import json
from decimal import Decimal

from conformance.example.hospital_client import Hospital, Message, RefusedError, UnknownError
from conformance.mutants.hospitals.build import Changed
from conformance.mutants.hospitals.known import Clients


class SettlesAgainOnSecondClick(Hospital):
    """A second click settles the same batch again."""

    def on_pay(self, order: Message) -> Message:
        """The bill is not emptied after a payment."""
        one = self.patient(order)
        bill, batch = one["bill"], one["batch"]
        told = super().on_pay(order)
        one.update(bill=bill, batch=batch)
        return told


class DoubleClick(Hospital):
    """A second click uploads the bill again and settles it again."""

    def on_bill(self, order: Message) -> None:
        """Kept for the button."""
        super().on_bill(order)
        self.patient(order)["order"] = order

    def on_pay(self, order: Message) -> Message:
        """Whatever was done before."""
        one = self.patient(order)
        if not one["bill"] and "order" in one:
            self.on_bill(one["order"])
        return super().on_pay(order)


class RetriesUnderNewIds(Hospital):
    """Without an answer the message goes out again under a new id."""

    def post(self, message: Message) -> Message:
        """A new number for every try."""
        for _ in range(3):
            try:
                return self.once(message)
            except UnknownError:
                self.serial += 1
                message["msgid"] = message["msgid"][:-4] + f"{self.serial:04d}"
        raise UnknownError

    def once(self, message: Message) -> Message:
        """One try."""
        try:
            reply = json.loads(self.send(json.dumps(message, default=float).encode()), parse_float=Decimal)
            code = str(reply["infcode"])
        except (OSError, http.client.HTTPException, ValueError, LookupError):
            raise UnknownError from None
        if code != "0":
            raise RefusedError(reply["err_msg"])
        output: Message = reply["output"]
        return output


class SwallowsUnknownOutcomes(Hospital):
    """No answer is shown as a failure, and nothing is done about it."""

    def resolve(self) -> None:
        """Nothing is in doubt, ever."""
        self.open.clear()

    def post(self, message: Message) -> Message:
        """One try; no answer is a no."""
        return RetriesUnderNewIds.once(self, message)  # type: ignore[arg-type]


class TakesAnyAnswer(Hospital):
    """Takes any answer for its own."""

    def effect(self, infno: str, data: Message, one: Message) -> Message:
        """Whose it is, is not read."""
        return self.post(self.message(infno, data, one["place"]))


class TakesSilenceForSuccess(Hospital):
    """No answer is shown as a success."""

    def on_pay(self, order: Message) -> Message:
        """It will have worked."""
        try:
            return super().on_pay(order)
        except RefusedError:
            return {}


class TakesRefusalForSuccess(Hospital):
    """The button to give back always says that it worked."""

    def on_cancel(self, order: Message) -> None:
        """The answer is not looked at."""
        try:
            super().on_cancel(order)
        except RefusedError:
            self.patient(order)["last"] = None


class ForgetsDoubts(Hospital):
    """What could not be reversed at once is forgotten."""

    def resolve(self) -> None:
        """One try, and never again."""
        try:
            super().resolve()
        finally:
            self.open.clear()


class ReversesUnsentId(Changed):
    """A reversal names a message id from the log that was never sent."""

    def change(self, infno: str, message: Message) -> None:
        """Logged with another serial than sent."""
        if infno == "2601":
            data = message["input"]["data"]
            data["omsgid"] = data["omsgid"][:-4] + "9999"


class ReversesByOtherNumber(Changed):
    """A reversal names the trial instead of the settlement."""

    def change(self, infno: str, message: Message) -> None:
        """The wrong transaction."""
        if infno == "2601":
            message["input"]["data"]["oinfno"] = "2102"


class ReversesTwice(Hospital):
    """Every reversal is sent a second time under a new id."""

    def ask(self, infno: str, data: Message, place: str = "") -> Message:
        """To be quite sure."""
        output = super().ask(infno, data, place)
        return super().ask(infno, data, place) if infno == "2601" else output


class RefundsByReversal(Hospital):
    """A payment is given back by 2601 instead of being cancelled."""

    def on_cancel(self, order: Message) -> None:
        """So that nothing shows in the books."""
        one = self.patient(order)
        if not one["last"]:
            raise RefusedError("没有可退的结算")
        data = {"psn_no": one["psn_no"], "omsgid": one["last"]["medins_setl_id"], "oinfno": "2207"}
        self.ask("2601", {"data": data}, one["place"])
        self.books.remove(one["last"])
        one["last"] = None


class CancelsByOwnNumber(Changed):
    """What is to be cancelled is named by the hospital's own number."""

    def change(self, infno: str, message: Message) -> None:
        """The message id of the settlement instead of the platform's number."""
        if infno == "2208":
            message["input"]["data"]["setl_id"] = self.books[-1]["medins_setl_id"]


class CancelsTwice(Hospital):
    """A second click on the button to give back cancels again."""

    def on_cancel(self, order: Message) -> None:
        """The settlement is not forgotten."""
        one = self.patient(order)
        last = one["last"]
        super().on_cancel(order)
        one["last"] = last


CLIENTS: Clients = (
    (SettlesAgainOnSecondClick, "settled_once", "HOS-012"),
    (DoubleClick, "once", "HOS-012"),
    (RetriesUnderNewIds, "no_new_id", "HOS-101"),
    (SwallowsUnknownOutcomes, "doubt", "HOS-101"),
    (TakesSilenceForSuccess, "told_done", "HOS-102"),
    (TakesAnyAnswer, "own_answer", "HOS-121"),
    (TakesRefusalForSuccess, "told_done", "HOS-022"),
    (ForgetsDoubts, "doubt_end", "HOS-111"),
    (ReversesUnsentId, "rev_original", "HOS-102"),
    (ReversesByOtherNumber, "rev_names", "HOS-102"),
    (ReversesTwice, "rev_once", "HOS-102"),
    (RefundsByReversal, "rev_doubt", "HOS-013"),
    (CancelsByOwnNumber, "cancel_known", "HOS-013"),
    (CancelsTwice, "cancel_once", "HOS-014"),
)
"""Each with the check that must see its fault, and a scenario in which it does."""
