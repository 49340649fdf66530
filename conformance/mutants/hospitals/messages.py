"""Known-bad hospital clients: the message itself."""

from __future__ import annotations

import json

from conformance.example.hospital_client import Hospital, Message
from conformance.mutants.hospitals.build import Changed
from conformance.mutants.hospitals.known import Clients


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


class WithoutVersion(Changed):
    """The envelope has no interface version."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """A required field of the envelope is missing."""
        del message["infver"]


class WithoutBeginning(Changed):
    """The registration does not say when it begins."""

    def change(self, infno: str, message: Message) -> None:
        """A required field of the input is missing."""
        if infno == "2201":
            del message["input"]["data"]["begntime"]


class OwnCodes(Changed):
    """The hospital's own code stands where one of the list belongs."""

    def change(self, infno: str, message: Message) -> None:
        """A diagnosis is valid or not, and nothing else."""
        if infno == "2203":
            message["input"]["diseinfo"][0]["vali_flag"] = "Y"


class RandomMessageIds(Changed):
    """Message ids are drawn at random."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """Unique, but not as the interface forms them."""
        message["msgid"] = f"{self.serial:030x}"


class OwnTransaction(Changed):
    """Settles by a transaction that the interface does not have."""

    def change(self, infno: str, message: Message) -> None:
        """A number of the vendor's own."""
        if infno == "2207":
            message["infno"] = "2297"


class ReusesMessageIds(Changed):
    """The serial of message ids stands still."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """Two messages within a second have one number."""
        message["msgid"] = message["msgid"][:-4] + "0001"


class IgnoresSignIn(Changed):
    """The number of the sign-in is never sent."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """As if nobody had signed in."""
        message["sign_no"] = ""


class EmptyInsuredPlace(Changed):
    """The insured place is left empty."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """Also for a stranger."""
        message["insuplc_admdvs"] = ""


class OwnPlaceForStrangers(Changed):
    """The hospital's own place is sent as everybody's insured place."""

    def change(self, infno: str, message: Message) -> None:  # noqa: ARG002 - in all messages
        """As before cross-province settlement."""
        if message["insuplc_admdvs"]:
            message["insuplc_admdvs"] = self.desk["mdtrtarea_admvs"]


CLIENTS: Clients = (
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
)
"""Each with the check that must see its fault, and a scenario in which it does."""
