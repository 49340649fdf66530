"""Known-bad hospital clients: the end of the day."""

from __future__ import annotations

from conformance.example.hospital_client import Hospital, Message
from conformance.mutants.hospitals.known import Clients


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


CLIENTS: Clients = (
    (NoReconciliation, "rec_done", "HOS-201"),
    (ReconcilesOneInsurance, "rec_done", "HOS-203"),
    (RefundsNotInBooks, "rec_sums", "HOS-202"),
    (IgnoresDifferences, "rec_told", "HOS-206"),
)
"""Each with the check that must see its fault, and a scenario in which it does."""
