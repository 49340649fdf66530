"""What agencies do beside the interface's messages: filings, audit, disputes, advance funds, the steps of clearing.

Each action is a POST of one JSON object; its form is in ``agency.schema.json``. Filings, audit and disputes need only
the party that they concern, advance funds and clearing need all parties in this process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, TypeAlias

import attrs
from attrs import frozen

from sim.errors import InputError, nearest
from sim.files import check, parse_yaml
from sim.lang import say
from sim.money import parse
from sim.platform import Reference, Table, agency, refuse
from sim.platform.clearing import Clearing, accept, deduct, dispute, set_annual, settle_due
from sim.platform.clearing_records import DISPUTES
from sim.platform.filings import FILED
from sim.platform.province import Province
from sim.platform.records import CLAIMS, SETTLEMENTS
from sim.service.clearing.pages import clearing
from sim.service.story import record

Json: TypeAlias = Mapping[str, Any]


@frozen
class Agency:
    """The agencies of one process. Every action raises Refused or InputError for what cannot be."""

    reference: Reference

    def do(self, action: str, body: bytes, now: datetime) -> dict[str, Any]:
        """Carry an action out: its records as plain values, identities masked. Raises KeyError for no such action."""
        work, schema = ACTIONS[action], forms()[action]
        document = parse_yaml(_text(body), action)
        check(document, schema)
        made = work(self, document.data, now)
        return {"done": [record(each) for each in made if attrs.has(type(each))]}

    # --- filings -----------------------------------------------------------------------------------------------------

    def file(self, data: Json, now: datetime) -> list[Any]:
        """A person files care in another province through a channel of his own agency."""
        person = self.reference.setting.people.by_no(data["psn_no"])
        province = self._province(person.province) if person is not None else None
        if province is None:
            raise refuse("person.unknown", psn_no=data["psn_no"], place="")
        begins = _day(data["from"]) if "from" in data else now.date()
        return [
            agency.file_out_of_town(
                province, data["psn_no"], data["category"], data["destination"], begins, now, data.get("channel", "04")
            )
        ]

    def decide(self, data: Json, now: datetime) -> list[Any]:
        """A filing that a hospital submitted is approved or declined."""
        number = data["trt_dcla_detl_sn"]
        return [agency.decide(self._holder(FILED, number, "filing.unknown", sn=number), number, data["approve"], now)]

    def withdraw(self, data: Json, now: datetime) -> list[Any]:
        """A filing is taken back."""
        number = data["trt_dcla_detl_sn"]
        return [agency.withdraw(self._holder(FILED, number, "filing.unknown", sn=number), number, now)]

    # --- lines of a month --------------------------------------------------------------------------------------------

    def deduct(self, data: Json, now: datetime) -> list[Any]:
        """The treatment place refuses an institution part of what the funds paid."""
        number = data["setl_id"]
        place = self._holder(SETTLEMENTS, number, "settlement.unknown", setl_id=number)
        return [deduct(place.store, place.code, number, parse(data["amount"]), data["reason"], now)]

    def dispute(self, data: Json, now: datetime) -> list[Any]:
        """The insured place does not accept a line for now."""
        number = data["setl_id"]
        place = self._holder(CLAIMS, number, "settlement.unknown", setl_id=number)
        return [dispute(place.store, number, data["reason"], now, data.get("line", ""))]

    def accept(self, data: Json, now: datetime) -> list[Any]:
        """A dispute is settled."""
        number = data["line"]
        return [accept(self._holder(DISPUTES, number, "dispute.unknown", line=number).store, number, now)]

    # --- all parties -------------------------------------------------------------------------------------------------

    def advance(self, data: Json, now: datetime) -> list[Any]:  # noqa: ARG002 - as every action
        """The advances of a year are set, for every pair with history and for the one that is named."""
        pairs = [(data["insured"], data["treatment"])] if "insured" in data else []
        for code in (code for pair in pairs for code in pair):
            if code not in self.reference.setting.connected:
                raise refuse("place.not_connected", value=code)
        return list(set_annual(self._clearing(), data["year"], pairs))

    def pay(self, data: Json, now: datetime) -> list[Any]:  # noqa: ARG002
        """Every advance that is due by a day is paid."""
        return list(settle_due(self._clearing(), _day(data["until"])))

    def clear(self, data: Json, now: datetime) -> list[Any]:  # noqa: ARG002
        """Every step of a month that is due by a day is done."""
        table = self._clearing().run(data["month"], _day(data["until"]))
        return [table] if table is not None else []

    # --- whom it concerns --------------------------------------------------------------------------------------------

    def _clearing(self) -> Clearing:
        found = clearing(self.reference)
        if found is None:
            raise InputError(say("clearing.page.elsewhere"))
        return found

    def _province(self, code: str) -> Province | None:
        party = self.reference.parties.get(code)
        return party if isinstance(party, Province) else None

    def _holder(self, table: Table[Any], number: str, reason: str, **values: Any) -> Province:
        """The province here that holds a record. Raises Refused with a reason when none does."""
        for party in self.reference.parties.values():
            if isinstance(party, Province) and party.store.get(table, number) is not None:
                return party
        raise refuse(reason, **values)


Action: TypeAlias = Callable[[Agency, Json, datetime], list[Any]]
ACTIONS: Mapping[str, Action] = {
    "filings": Agency.file,
    "filings/decide": Agency.decide,
    "filings/withdraw": Agency.withdraw,
    "deductions": Agency.deduct,
    "disputes": Agency.dispute,
    "disputes/accept": Agency.accept,
    "advances": Agency.advance,
    "advances/pay": Agency.pay,
    "clearing": Agency.clear,
}
"""Every action by the end of its path."""


@cache
def forms() -> Mapping[str, Any]:
    """The JSON Schema of each action."""
    found: dict[str, Any] = json.loads(files("sim.service").joinpath("agency.schema.json").read_text("utf-8"))["$defs"]
    return found


def unknown(action: str) -> InputError:
    """The error for an action that there is not."""
    known = ", ".join(ACTIONS)
    return InputError(say("service.agency.unknown", name=action[:40], known=known), nearest=nearest(action, ACTIONS))


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise InputError(say("wire.not_utf8", byte=error.start)) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(say("service.agency.bad_day", value=text)) from None
