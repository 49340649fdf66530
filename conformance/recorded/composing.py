"""What the player would say at the point of a recorded message, and how a step must be written so that it says this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from conformance.conversation import Exchange
from conformance.profile import Profile
from conformance.recorded.bills import charge, planted
from conformance.recorded.casting import FIRST, SECOND, Cast
from conformance.recorded.differences import Differences, Matter, differences
from conformance.recorded.reading import text_of, value_of
from conformance.recorded.tongue import Tongue
from conformance.scenario.compose import MissingValueError, dig
from conformance.scenario.effects import effect_of
from conformance.scenario.load import step_from
from conformance.scenario.model import Scenario, Step
from conformance.targets.desk import CLEARING_TYPE
from conformance.targets.player import Player, Purpose
from sim import interface
from sim.errors import HarnessError
from sim.interface import Interface, envelope
from sim.lang import plain, say

EMERGENCY = "13"
CHOSEN = {
    "3201": ("clr_type", "insutype", "stmt_begndate", "stmt_enddate"),
    "3202": ("clr_type", "stmt_begndate", "stmt_enddate"),
    "3203": ("clr_type", "begndate", "enddate"),
}
"""Fields that choose which books are meant: they must be known before the sums are made."""
TRIES = 20
PLACEHOLDER = "0"
"""Stands for a value that an override replaces, so that there is a message to be changed."""
NOBODY = "H00000000000"


class Silent:
    """The line of a player that only composes: its clock stands at the moment of the message."""

    def __init__(self) -> None:
        self.at = datetime(2000, 1, 1)
        self.count = 0

    async def say(
        self, infno: str, body: bytes, purpose: Purpose, headers: Mapping[str, str] | None = None
    ) -> Exchange:
        """Never called: nothing is sent."""
        raise AssertionError(infno, body, purpose, headers)

    def now(self) -> datetime:
        """The moment of the message."""
        return self.at

    def msgid(self, institution: str) -> str:
        """Any; an institution of another shape than the interface's has one too."""
        code = institution if len(institution) == len(NOBODY) else NOBODY
        return envelope.msgid(code, self.at, self.number() % 10_000)

    def number(self) -> int:
        """Another one each time."""
        self.count += 1
        return self.count


class Composer:
    """Composes as the player would, who knows what the recorded replies said so far."""

    def __init__(self, cast: Cast, profile: Profile, tongue: Tongue) -> None:
        self.profile = profile
        self.tongue = tongue
        self.iface: Interface = interface.interface(profile.interface)
        self.line = Silent()
        second = cast.places.get(SECOND)
        self.player = Player(
            Scenario("", plain("", ""), (), ()),
            "plain",
            cast.persons,
            cast.places[FIRST],
            profile,
            self.iface,
            self.line,
            second=(second, "") if second is not None else None,
        )

    @property
    def now(self) -> datetime:
        """The moment of the message at hand."""
        return self.line.at

    def usual(self, infno: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """A message whose only row of a list comes without the list, as the dictionary has it: the player sends lists,
        and counts on them."""
        given, transaction = message.get("input"), self.iface.transactions.get(infno)
        if transaction is None or not isinstance(given, dict):
            return message
        single = [n.name for n in transaction.input if n.kind == "list" and isinstance(given.get(n.name), dict)]
        return {**message, "input": {**given, **{name: [given[name]] for name in single}}} if single else message

    def likest(self, message: Mapping[str, Any]) -> str:
        """The transaction whose input is most like a message that names none that exists."""
        given = message.get("input")
        nodes = given if isinstance(given, dict) else {}
        names = {f"{node}.{key}" for node, inner in nodes.items() if isinstance(inner, dict) for key in inner}

        def alike(infno: str) -> int:
            fields = [(node, one) for node in self.iface.transactions[infno].input for one in node.fields]
            known = {f"{node.name}.{one.name}" for node, one in fields}
            needed = {f"{node.name}.{one.name}" for node, one in fields if one.required}
            return len(names & known) - len(needed - names)

        return max(self.iface.transactions, key=alike) if names else "1101"

    def flag(self, row: dict[str, Any], infno: str, message: Mapping[str, Any]) -> None:
        """The personal account and the emergency have words of their own."""
        if value_of(message, "acct_used_flag") == "1" and infno in self.iface.transactions:
            row["account"] = "use"
        if value_of(message, "med_type") == EMERGENCY:
            row["emergency"] = True

    def charge(self, row: dict[str, Any], infno: str, message: Mapping[str, Any]) -> None:
        """The lines of a bill, whichever transaction carries them."""
        visit = str(row.get("visit", "1"))
        listed = self.number(visit, infno, message)
        if listed:
            known = {number: told for (label, number), told in self.tongue.lines.items() if label == visit}
            row["bill"] = [charge(one, self.profile, known) for one in listed]

    def number(self, visit: str, infno: str, message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """The lines of a bill; which number each has in the scenario is noted."""
        effect = effect_of(infno)
        given = dig(message, "input", effect.lines) if effect.lines else None
        listed = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)]
        begun = self.player.desk.visits.get(visit)
        count = 0 if begun is None or effect.opens == "pharmacy" else begun.lines
        for number, one in enumerate(listed, 1):
            self.tongue.coming.setdefault((visit, str(one.get("feedetl_sn"))), str(count + number))
        return listed

    def file(
        self, row: dict[str, Any], exchange: Exchange, message: Mapping[str, Any], later: Sequence[Exchange]
    ) -> str | None:
        """The kind of settlements in an uploaded file, and how it differs from the books; its content where it is no
        file of settlements at all."""
        reply = exchange.reply.message if exchange.reply else None
        number = dig(reply, "output", "file_qury_no")
        asked = (e.request.message for e in later if e.infno == "3202")
        compared = next((one for one in asked if number and text_of(one, "file_qury_no") == number), None)
        clr_type = text_of(compared, "clr_type")
        if clr_type and clr_type != CLEARING_TYPE:
            row["values"] = {"clr_type": clr_type}
        entries = self.player.desk.books[row.get("at", FIRST)].entries
        file, content = planted(dig(message, "input", "fsUploadIn", "in"), entries, clr_type or CLEARING_TYPE)
        if file:
            row["file"] = file
        return content

    def composed(self, row: dict[str, Any], infno: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the player would say; what nobody knows, and what chooses the books, is taken from the message."""
        name = ""
        for _ in range(TRIES):
            try:
                made = self._request(step_from(row, row["name"]))
            except MissingValueError as missing:
                name = missing.field
                if not self._value(row, name, message):
                    raise
                continue
            except HarnessError as error:
                name = str(error.text.args.get("field", ""))
                if error.text.key != "scenario.no_value" or not self._value(row, name, message):
                    raise
                continue
            chosen = [one for one in CHOSEN.get(infno, ()) if self._otherwise(row, one, made, message)]
            if not chosen:
                return made
            for name in chosen:
                self._value(row, name, message)
        raise HarnessError(say("scenario.no_value", field=name, infno=infno))

    def _otherwise(self, row: Mapping[str, Any], name: str, made: Any, message: Any) -> bool:
        mine, theirs = value_of(made, name), value_of(message, name)
        return mine != theirs and isinstance(theirs, str) and bool(theirs) and name not in row.get("values", {})

    def _value(self, row: dict[str, Any], name: str, message: Mapping[str, Any]) -> bool:
        """Put a value into the step before it is composed; False when it is there already."""
        values = row.setdefault("values", {})
        if name in values or not name:
            return False
        value = value_of(message, name)
        told = self.tongue.tell(name, value, self.now, str(row.get("visit", "1")))
        values[name] = PLACEHOLDER if told in ("", None) or isinstance(value, list | dict | bool) else told
        return True

    def _request(self, step: Step) -> Mapping[str, Any]:
        desk = self.player.desk
        code = desk.places[step.at].fixmedins_code
        made = desk.request(step, step.send, self.line.msgid(code), "", self.now, self.line.number())
        if step.msgid_of:
            made["msgid"] = self.player.said[step.msgid_of].message["msgid"]
        return made

    def compared(
        self, matter: Matter, composed: Mapping[str, Any], message: Mapping[str, Any], content: str | None
    ) -> Differences:
        """The differences; the content of an uploaded file has been looked at by itself."""
        mine, theirs = dig(composed, "input", "fsUploadIn", "in"), dig(message, "input", "fsUploadIn")
        if matter.infno != "9101" or not isinstance(theirs, dict) or not isinstance(theirs.get("in"), str):
            return differences(matter, composed, message)
        found = differences(matter, composed, {**message, "input": {"fsUploadIn": {**theirs, "in": mine}}})
        if content is not None:
            found.changes["input.fsUploadIn.in"] = content
        return found
