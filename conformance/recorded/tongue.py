"""How a value of the recording is told in a pack: where it came from in the conversation, never what identified it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from attrs import define, field

from conformance.recorded.identities import IDENTIFIES, NAMES, PERSONAL, Secrets, made_up
from conformance.recorded.reading import days_from, plausible_line
from conformance.targets.player import Said
from sim.platform.people import Institution, Person

GIVEN = frozenset(
    {
        *("psn_no", "mdtrt_id", "setl_id", "omsgid", "otransid", "chrg_bchno", "sign_no", "trt_dcla_detl_sn"),
        *("file_qury_no", "clr_appy_evt_id", "clr_optins_evt_id", "setl_sn", "refl_old_mdtrt_id", "evt_sn"),
    }
)
"""Numbers that one side gave: another conversation has others."""
CREDENTIALS = ("certno", "token", "card_no")
PLACES = ("fixmedins_code", "fixmedins_name", "admdvs")


@define
class Tongue:
    """``given`` holds every number of the conversation so far and the path where it stands; ``lines`` the numbers of
    the lines of each visit as the scenario has them, ``coming`` those of the message at hand; ``invented`` its fields
    whose value was replaced because it came from elsewhere."""

    people: Mapping[str, Person]
    places: Mapping[str, Institution]
    secrets: Secrets
    given: dict[str, str] = field(factory=dict)
    lines: dict[tuple[str, str], str] = field(factory=dict)
    coming: dict[tuple[str, str], str] = field(factory=dict)
    invented: set[str] = field(factory=set)

    def heard(self, said: Said) -> None:
        """Remember the numbers of a message and its reply; what was told first is where it came from."""
        message = said.message.get("input")
        for head, whole in (("message.input", message), ("reply.output", (said.reply or {}).get("output"))):
            self._keep(whole, f"{said.step.name}.{head}")
        for name in ("msgid",):
            value = said.message.get(name)
            if isinstance(value, str) and value:
                self.given.setdefault(value, f"{said.step.name}.message.{name}")

    def _keep(self, value: Any, path: str, name: str = "") -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                self._keep(inner, f"{path}.{key}", str(key))
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                self._keep(inner, f"{path}[{number}]", name)
        elif name in GIVEN and isinstance(value, str) and value and path.isascii():
            self.given.setdefault(value, path)

    def tell(self, name: str, value: Any, now: datetime, visit: str = "") -> Any:
        """One value, as ``set`` and ``values`` take it."""
        if not isinstance(value, str) or not value:
            return value
        if name in GIVEN | IDENTIFIES:
            source = self._whose(name, value) or self.given.get(value)
            if source:
                return {"from": source}
            self.invented.add(name)
            return made_up(value)
        if name in PERSONAL | NAMES:
            return made_up(value)
        if name in ("feedetl_sn", "init_feedetl_sn"):
            known = self.line(visit, value) if plausible_line(value) else ""
            return known or self.secrets.hidden(value)
        place = self._where(value)
        if place:
            return {"from": place}
        moved = days_from(value, now)
        if moved is not None:
            return {moved[0]: moved[1]}
        hidden = self.secrets.hidden(value)
        if hidden != value:
            self.invented.add(name)
        return hidden

    def line(self, visit: str, number: str) -> str:
        """The number that a recorded line of a bill has in the scenario; empty for a line that nobody uploaded."""
        return self.lines.get((visit, number)) or self.coming.get((visit, number), "")

    def _whose(self, name: str, value: str) -> str:
        """Where a person's number comes from: ``other.psn_no``, ``patient.card_no``."""
        for role, person in self.people.items():
            for attribute in (name,) if name in ("psn_no", "card_sn") else CREDENTIALS:
                if getattr(person, attribute, "") == value:
                    return f"{role}.{attribute}"
        return ""

    def _where(self, value: str) -> str:
        """Where an institution's code, name or division comes from; and a person's insured place."""
        for label, place in self.places.items():
            for attribute in PLACES:
                if getattr(place, attribute) == value:
                    return f"{label}.{attribute}"
        insured = (role for role, person in self.people.items() if person.insuplc_admdvs == value)
        role = next(insured, "")
        return f"{role}.admdvs" if role else ""
