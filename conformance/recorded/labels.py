"""What the recorded numbers are called in a scenario: visits, charge batches, messages, settlements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from conformance.recorded.reading import opened_by, text_of
from conformance.scenario.compose import dig
from conformance.scenario.effects import effect_of
from conformance.scenario.model import PATIENT
from conformance.targets.player import SETTLES, Said


@define
class Labels:
    """``visits`` and ``settlements`` by number, ``messages`` by message id, ``batches`` by visit and number."""

    visits: dict[str, str] = field(factory=dict)
    owners: dict[str, str] = field(factory=dict)
    sold: set[str] = field(factory=set)
    batches: dict[tuple[str, str], str] = field(factory=dict)
    messages: dict[str, tuple[str, bytes]] = field(factory=dict)
    settlements: dict[str, str] = field(factory=dict)
    latest: str = "1"

    def number(self, row: dict[str, Any], infno: str, message: Mapping[str, Any], role: str) -> frozenset[str]:
        """Put the labels into a step; returns the fields whose number this thread never gave."""
        unknown = self._visit(row, infno, message, role)
        unknown |= self._batch(row, infno, message)
        setl_id, omsgid = text_of(message, "setl_id"), text_of(message, "omsgid")
        of = self.settlements.get(setl_id) or self.messages.get(omsgid, ("",))[0]
        if of:
            row["of"] = of
        elif setl_id or omsgid:
            unknown |= {"setl_id", "omsgid", "oinfno"}
        return frozenset(unknown)

    def _visit(self, row: dict[str, Any], infno: str, message: Mapping[str, Any], role: str) -> set[str]:
        visit, unknown = text_of(message, "mdtrt_id"), set[str]()
        if visit in self.visits:
            self.latest = self.visits[visit]
        elif effect_of(infno).opens:
            taken = {*self.visits.values(), *self.sold}
            self.latest = str(1 + len(taken))
        elif visit:
            unknown.add("mdtrt_id")
        elif self.owners.get(self.latest, role) != role:
            self.latest = next((one for one, owner in self.owners.items() if owner == role), self.latest)
        if self.latest != "1":
            row["visit"] = self.latest
        return unknown

    def _batch(self, row: dict[str, Any], infno: str, message: Mapping[str, Any]) -> set[str]:
        batch = text_of(message, "chrg_bchno")
        key = (self.latest, batch)
        unknown: set[str] = set()
        if batch and effect_of(infno).lines:
            self.batches.setdefault(key, str(1 + sum(1 for place, _ in self.batches if place == self.latest)))
        elif batch and key not in self.batches:
            unknown.add("chrg_bchno")
        if self.batches.get(key, "1") != "1":
            row["batch"] = self.batches[key]
        return unknown

    def role_of(self, message: Mapping[str, Any]) -> str:
        """Whose visit a message is about; empty when it names none of this thread."""
        label = self.visits.get(text_of(message, "mdtrt_id"), "")
        return self.owners.get(label, PATIENT) if label else ""

    def heard(self, said: Said) -> None:
        """The numbers that an accepted reply gave."""
        infno, label = str(said.message.get("infno")), said.step.visit
        number = opened_by(said.exchange) if said.exchange is not None else ""
        if number:
            self.visits[number] = label
            self.owners[label] = said.step.person
        setl_id = dig(said.reply, "output", "setlinfo", "setl_id")
        if infno in SETTLES and isinstance(setl_id, str) and setl_id:
            self.settlements[setl_id] = said.step.name
            if effect_of(infno).opens:
                self.sold.add(label)
