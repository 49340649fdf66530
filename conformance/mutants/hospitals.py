"""The known-bad hospital clients: the example client, each with one fault of what really goes wrong in the field."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from functools import cache

from attrs import field, frozen

from conformance.example.hospital_client import (
    PARTS,
    Hospital,
    Message,
    RefusedError,
    UnknownError,
)
from conformance.example.inpatient_client import InpatientHospital
from conformance.profile import Profile
from sim.errors import InputError, nearest
from sim.lang import Text, say


@frozen
class HospitalMutant:
    """A known-bad hospital client. ``build()`` makes a fresh one; ``check`` finds its fault in ``scenarios``.
    ``profile``: that of the gateway which it is behind, if it is."""

    id: str
    title: Text
    build: Callable[[], Hospital] = field(hash=False)
    scenarios: tuple[str, ...]
    check: str
    profile: Profile | None = field(default=None, hash=False)


# --- the message itself ---


class SpeaksGbk(Hospital):
    """Requests are written in GBK."""

    def send(self, body: bytes) -> bytes:
        """Another encoding than the interface's."""
        return super().send(body.decode().encode("gbk"))


class AmountsAsStrings(Hospital):
    """Amounts are strings where numbers belong."""

    def message(self, infno: str, data: Message, place: str = "") -> Message:
        """Every Decimal as text."""
        return super().message(infno, json.loads(json.dumps(data, default=str)), place)


class _Changed(Hospital):
    """A client that changes its messages before they leave."""

    def message(self, infno: str, data: Message, place: str = "") -> Message:
        """The right message, changed; what it was made from is not."""
        message = super().message(infno, deepcopy(data), place)
        self.change(infno, message)
        return message

    def change(self, infno: str, message: Message) -> None:
        """What is wrong with it."""


class WithoutVersion(_Changed):
    """The envelope has no interface version."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """A required field of the envelope is missing."""
        del message["infver"]


class WithoutBeginning(_Changed):
    """The registration does not say when it begins."""

    def change(self, infno: str, message: Message) -> None:
        """A required field of the input is missing."""
        if infno == "2201":
            del message["input"]["data"]["begntime"]


class OwnCodes(_Changed):
    """The hospital's own code stands where one of the list belongs."""

    def change(self, infno: str, message: Message) -> None:
        """A diagnosis is valid or not, and nothing else."""
        if infno == "2203":
            message["input"]["diseinfo"][0]["vali_flag"] = "Y"


class RandomMessageIds(_Changed):
    """Message ids are drawn at random."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """Unique, but not as the interface forms them."""
        message["msgid"] = f"{self.serial:030x}"


class OwnTransaction(_Changed):
    """Settles by a transaction that the interface does not have."""

    def change(self, infno: str, message: Message) -> None:
        """A number of the vendor's own."""
        if infno == "2207":
            message["infno"] = "2297"


class ReusesMessageIds(_Changed):
    """The serial of message ids stands still."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """Two messages within a second have one number."""
        message["msgid"] = message["msgid"][:-4] + "0001"


class IgnoresSignIn(_Changed):
    """The number of the sign-in is never sent."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """As if nobody had signed in."""
        message["sign_no"] = ""


class EmptyInsuredPlace(_Changed):
    """The insured place is left empty."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """Also for a stranger."""
        message["insuplc_admdvs"] = ""


class OwnPlaceForStrangers(_Changed):
    """The hospital's own place is sent as everybody's insured place."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """As before cross-province settlement."""
        if message["insuplc_admdvs"]:
            message["insuplc_admdvs"] = self.desk["mdtrtarea_admvs"]


# --- the order of things ---


class SkipsPersonRead(Hospital):
    """The identity number stands for the person number; nobody is read."""

    def on_present(self, order: Message) -> None:
        """What the card shows must do."""
        self.patients[order["patient"]] = {
            "psn_no": order["certno"],
            "place": order["certno"][:4] + "00",
            "insutype": order["insutype"],
            "credential": {name: order[name] for name in ("mdtrt_cert_type", "mdtrt_cert_no")},
            "visit": "",
            "bill": [],
            "last": None,
        }


class OwnVisitNumber(Hospital):
    """The hospital's own number stands where the platform's visit number belongs."""

    def on_register(self, order: Message) -> None:
        """The answer's mdtrt_id is not read."""
        super().on_register(order)
        one = self.patients[order["patient"]]
        one["visit"] = one["number"]


class OneVisitForAll(Hospital):
    """Only the latest visit is remembered, whoever's it is."""

    latest = ""

    def on_register(self, order: Message) -> None:
        """A variable of the whole program."""
        super().on_register(order)
        self.latest = self.patients[order["patient"]]["visit"]
        for one in self.patients.values():
            one["visit"] = self.latest


class _Silent(Hospital):
    """A client that leaves some messages out. ``unsaid``: those, with the answer it makes up."""

    unsaid: dict[str, Message] = {}  # noqa: RUF012 - read only

    def ask(self, infno: str, data: Message, place: str = "") -> Message:
        """Not sent, but as if answered."""
        return self.unsaid[infno] if infno in self.unsaid else super().ask(infno, data, place)


class SkipsDescription(_Silent):
    """The visit is never described."""

    unsaid = {"2203": {}}  # noqa: RUF012


class SettlesWithoutDetails(Hospital):
    """Fee details are not uploaded."""

    def upload(self, one: Message) -> None:
        """As if they had been."""
        while one["waiting"]:
            _, rows = one["waiting"].pop()
            one["bill"] = one["bill"] + rows


class LeavesRegistration(_Silent):
    """Who leaves without paying stays registered."""

    unsaid = {"2202": {}, "2205": {}}  # noqa: RUF012


class SettlesWithoutTrial(Hospital):
    """Settles without a trial, everything as in scope."""

    def trial(self, one: Message, order: Message) -> tuple[Message, Message]:
        """No 2206."""
        asked, self.ask = self.ask, lambda *_: {"setlinfo": {}}  # type: ignore[method-assign]
        try:
            terms, _ = super().trial(one, order)
        finally:
            self.ask = asked  # type: ignore[method-assign]
        return terms, {**dict.fromkeys(PARTS, Decimal(0)), PARTS[3]: terms["medfee_sumamt"]}


class OwnParts(Hospital):
    """The four parts are the hospital's own idea, not those of the trial."""

    def trial(self, one: Message, order: Message) -> tuple[Message, Message]:
        """The answer is not read."""
        terms, told = super().trial(one, order)
        return terms, {**told, **dict.fromkeys(PARTS, Decimal(0)), PARTS[3]: terms["medfee_sumamt"]}


class OtherTermsThanTrial(_Changed):
    """The trial is made without the account, the settlement with it."""

    def change(self, infno: str, message: Message) -> None:
        """Two screens, two defaults."""
        if infno == "2206":
            message["input"]["data"]["acct_used_flag"] = "0"


class UsesAccountUnasked(_Changed):
    """The account is always used."""

    def change(self, infno: str, message: Message) -> None:
        """Nobody asks the patient."""
        if infno in ("2206", "2207"):
            message["input"]["data"]["acct_used_flag"] = "1"


class TotalWithoutLastLine(Hospital):
    """The total leaves out the last line."""

    def trial(self, one: Message, order: Message) -> tuple[Message, Message]:
        """Summed before the last line was stored."""
        short = {**one, "bill": one["bill"][:-1]} if len(one["bill"]) > 1 else one
        return super().trial(short, order)


class TruncatesLines(Hospital):
    """Line amounts are cut to the fen instead of rounded."""

    def on_bill(self, order: Message) -> None:
        """Recomputed by another rule."""
        for line in order["lines"]:
            amount = Decimal(line["pric"]) * Decimal(line["cnt"])
            line["det_item_fee_sumamt"] = str(amount.quantize(Decimal("0.01"), "ROUND_DOWN"))
        super().on_bill(order)


class LineNumbersBeginAgain(Hospital):
    """Every upload numbers its lines from one."""

    def on_bill(self, order: Message) -> None:
        """The count is not kept."""
        self.patient(order)["sent"] = 0
        super().on_bill(order)


class ForgetsALine(Hospital):
    """The last line of a bill is not uploaded."""

    def on_bill(self, order: Message) -> None:
        """Off by one."""
        super().on_bill({**order, "lines": order["lines"][:-1] or order["lines"]})


class ReadsByIdentityCard(Hospital):
    """Whatever is presented, the identity number is asked for."""

    def on_present(self, order: Message) -> None:
        """Only one reader is connected."""
        super().on_present({**order, "mdtrt_cert_type": "02", "mdtrt_cert_no": order["certno"]})


# --- once ---


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


class ReversesUnsentId(_Changed):
    """A reversal names a message id from the log that was never sent."""

    def change(self, infno: str, message: Message) -> None:
        """Logged with another serial than sent."""
        if infno == "2601":
            data = message["input"]["data"]
            data["omsgid"] = data["omsgid"][:-4] + "9999"


class ReversesByOtherNumber(_Changed):
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


class CancelsByOwnNumber(_Changed):
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


# --- what the operator sees ---


class CashIncludesAccount(Hospital):
    """What the account paid is collected in cash as well."""

    def on_pay(self, order: Message) -> Message:
        """psn_part_amt instead of psn_cash_pay."""
        told = super().on_pay(order)
        return {**told, "cash": f"{self.patient(order)['last']['psn_part_amt']:.2f}"}


class ShowsOwnFund(Hospital):
    """The fund's part shown is total less cash."""

    def on_pay(self, order: Message) -> Message:
        """The account is shown as fund."""
        told = super().on_pay(order)
        fund = Decimal(told["medfee_sumamt"]) - Decimal(told["cash"])
        return {**told, "fund_pay_sumamt": str(fund)}


class HidesReasons(Hospital):
    """Every refusal is shown in the same words."""

    def order(self, order: Message) -> Message:
        """The reason stays in the log."""
        told = super().order(order)
        return {**told, "text": "操作失败"} if told["result"] == "refused" else told


class CrashesOnErrorPages(Hospital):
    """An answer that is no JSON ends the program."""

    def send(self, body: bytes) -> bytes:
        """Nobody expects it."""
        answer = super().send(body)
        if answer.startswith(b"<"):
            raise SystemError("unexpected token <")
        return answer


class NumbersOnly(Hospital):
    """Only the number 0 is taken for success."""

    def send(self, body: bytes) -> bytes:
        """A code in quotes is a failure."""
        return re.sub(rb'"infcode": *"0"', b'"infcode": "-1"', super().send(body))


# --- the end of the day ---


class NoReconciliation(Hospital):
    """The day ends without reconciliation."""

    def on_end_day(self, _: Message) -> Message:
        """Always equal."""
        self.resolve()
        return {"reconciled": True}


class ReconcilesOneInsurance(Hospital):
    """Only employee insurance is reconciled."""

    def on_end_day(self, order: Message) -> Message:
        """The other one is forgotten."""
        books = self.books
        self.books = [head for head in books if head["insutype"] == "310"]
        try:
            return super().on_end_day(order)
        finally:
            self.books = books


class RefundsNotInBooks(Hospital):
    """Refunds are left out of the day's totals."""

    def on_cancel(self, order: Message) -> None:
        """Only payments are booked."""
        books = list(self.books)
        super().on_cancel(order)
        self.books = books


class IgnoresDifferences(Hospital):
    """The day is always told to be equal."""

    def on_end_day(self, order: Message) -> Message:
        """The result is not read."""
        super().on_end_day(order)
        return {"reconciled": True}


_CLIENTS: tuple[tuple[type[Hospital], str, str], ...] = (
    (SpeaksGbk, "json", "HOS-001"),
    (AmountsAsStrings, "request.form", "HOS-001"),
    (WithoutVersion, "request.envelope", "HOS-001"),
    (WithoutBeginning, "request.req", "HOS-001"),
    (OwnCodes, "request.code", "HOS-001"),
    (RandomMessageIds, "msgid", "HOS-001"),
    (OwnTransaction, "infno", "HOS-001"),
    (ReusesMessageIds, "msgid_unique", "HOS-001"),
    (IgnoresSignIn, "sign_in", "HOS-001"),
    (EmptyInsuredPlace, "insured_place", "HOS-001"),
    (OwnPlaceForStrangers, "insured_place", "HOS-001"),
    (SkipsPersonRead, "person_first", "HOS-001"),
    (OwnVisitNumber, "visit_first", "HOS-001"),
    (OneVisitForAll, "visit_own", "HOS-009"),
    (SkipsDescription, "described", "HOS-001"),
    (SettlesWithoutDetails, "details_first", "HOS-001"),
    (LeavesRegistration, "left", "HOS-016"),
    (SettlesWithoutTrial, "trial_first", "HOS-002"),
    (OwnParts, "parts", "HOS-001"),
    (OtherTermsThanTrial, "terms", "HOS-004"),
    (UsesAccountUnasked, "as_asked", "HOS-001"),
    (TotalWithoutLastLine, "total", "HOS-001"),
    (TruncatesLines, "line_amount", "HOS-008"),
    (LineNumbersBeginAgain, "line_numbers", "HOS-007"),
    (ForgetsALine, "bill", "HOS-001"),
    (ReadsByIdentityCard, "credential", "HOS-005"),
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
    (CashIncludesAccount, "cash", "HOS-004"),
    (ShowsOwnFund, "shown", "HOS-004"),
    (HidesReasons, "reason", "HOS-018"),
    (CrashesOnErrorPages, "answered", "HOS-106"),
    (NumbersOnly, "expected", "HOS-023"),
    (NoReconciliation, "rec_done", "HOS-201"),
    (ReconcilesOneInsurance, "rec_done", "HOS-203"),
    (RefundsNotInBooks, "rec_sums", "HOS-202"),
    (IgnoresDifferences, "rec_told", "HOS-206"),
)
"""Each with the check that must see its fault, and a scenario in which it does."""


def called(client: type[Hospital]) -> str:
    """``RetriesUnderNewIds`` as ``hospital_retries_under_new_ids``."""
    return "hospital" + "".join(f"_{char.lower()}" if char.isupper() else char for char in client.__name__)


def _with_wards(client: type[Hospital]) -> type[Hospital]:
    """The same fault at a desk that also admits: the client's methods come first."""
    return type(client.__name__, (client, InpatientHospital), {})


@cache
def hospital_mutants() -> tuple[HospitalMutant, ...]:
    """All of them, by id."""
    return tuple(
        HospitalMutant(
            called(client), say(f"mutant.{called(client)}"), _with_wards(client), (scenario,), f"hospital.{check}"
        )
        for client, check, scenario in sorted(_CLIENTS, key=lambda row: called(row[0]))
    )


def hospital_mutant(name: str) -> HospitalMutant:
    """One of them. Raises InputError with the nearest name."""
    found = next((one for one in hospital_mutants() if one.id == name), None)
    if found is None:
        known = [one.id for one in hospital_mutants()]
        raise InputError(say("mutant.unknown", name=name), nearest=nearest(name, known))
    return found
