"""Known-bad hospital clients: the order of things, and what a settlement is made of."""

from __future__ import annotations

from decimal import Decimal

from conformance.example.hospital_client import PARTS, Hospital, Message
from conformance.mutants.hospitals.build import Changed, Silent
from conformance.mutants.hospitals.known import Clients


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


class SkipsDescription(Silent):
    """The visit is never described."""

    unsaid = {"2203": {}}  # noqa: RUF012


class SettlesWithoutDetails(Hospital):
    """Fee details are not uploaded."""

    def upload(self, one: Message) -> None:
        """As if they had been."""
        while one["waiting"]:
            _, rows = one["waiting"].pop()
            one["bill"] = one["bill"] + rows


class LeavesRegistration(Silent):
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


class OtherTermsThanTrial(Changed):
    """The trial is made without the account, the settlement with it."""

    def change(self, infno: str, message: Message) -> None:
        """Two screens, two defaults."""
        if infno == "2206":
            message["input"]["data"]["acct_used_flag"] = "0"


class UsesAccountUnasked(Changed):
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


CLIENTS: Clients = (
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
)
"""Each with the check that must see its fault, and a scenario in which it does."""
