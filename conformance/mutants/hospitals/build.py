"""The ways to plant a fault in the example client: change what leaves, or leave it out."""

from __future__ import annotations

from copy import deepcopy

from conformance.example.hospital_client import Hospital, Message


class Changed(Hospital):
    """A client that changes its messages before they leave."""

    def message(self, infno: str, data: Message, place: str = "") -> Message:
        """The right message, changed; what it was made from is not."""
        message = super().message(infno, deepcopy(data), place)
        self.change(infno, message)
        return message

    def change(self, infno: str, message: Message) -> None:
        """What is wrong with it."""


class Silent(Hospital):
    """A client that leaves some messages out. ``unsaid``: those, with the answer it makes up."""

    unsaid: dict[str, Message] = {}  # noqa: RUF012 - read only

    def ask(self, infno: str, data: Message, place: str = "") -> Message:
        """Not sent, but as if answered."""
        return self.unsaid[infno] if infno in self.unsaid else super().ask(infno, data, place)
