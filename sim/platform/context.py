"""What a handler works with: one message, the party it came to, the time, and the way to the other parties."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from attrs import define

from sim.interface import envelope
from sim.lang import plain
from sim.platform import relay
from sim.platform.exchange import HUB, Answer, Lost, Outbound
from sim.platform.refusal import Refused, refuse
from sim.platform.regions import province_of

if TYPE_CHECKING:
    from sim.platform.people import Institution
    from sim.platform.province import Province
    from sim.platform.setting import Setting
    from sim.platform.store import Store


@define
class Context:
    """One message being handled. ``now`` moves on when an answer comes in later."""

    party: Province
    message: Mapping[str, Any]
    now: datetime

    @property
    def store(self) -> Store:
        """The party's store."""
        return self.party.store

    @property
    def setting(self) -> Setting:
        """What all parties share."""
        return self.party.setting

    @property
    def code(self) -> str:
        """The party's province code."""
        return self.party.code

    @property
    def infno(self) -> str:
        """The transaction."""
        return str(self.message["infno"])

    @property
    def msgid(self) -> str:
        """The sender's message number."""
        return str(self.message["msgid"])

    @property
    def sender(self) -> str:
        """The institution that sent the message."""
        return str(self.message["fixmedins_code"])

    @property
    def institution(self) -> Institution:
        """The same, with everything known about it."""
        return self.setting.institutions[self.sender]

    @property
    def relay(self) -> Mapping[str, Any]:
        """What the treatment place added; only in a relayed message."""
        node: Mapping[str, Any] = self.message["input"]["relay"]
        return node

    def node(self, name: str = "data") -> Mapping[str, Any]:
        """One object of the input."""
        found: Mapping[str, Any] = self.message["input"][name]
        return found

    def rows(self, name: str) -> list[Mapping[str, Any]]:
        """The rows of a node; one row may have come without the list around it."""
        found = self.message["input"].get(name) or []
        return [found] if isinstance(found, Mapping) else list(found)

    def number(self, kind: str) -> str:
        """A new identifier: province, a digit for the kind, a serial that the party never repeats."""
        digit = {"visit": "1", "settlement": "2", "sign_in": "3", "filing": "4", "file": "7", "clearing": "8"}[kind]
        return f"{self.code}{digit}{self.store.next(kind):013d}"

    def insured_place(self) -> str:
        """The division of insurance in the envelope. Refuses one that is missing, malformed or not connected."""
        given = self.message.get("insuplc_admdvs") or ""
        if not given:
            raise refuse("place.missing", infno=self.infno)
        province = province_of(given) if isinstance(given, str) else ""
        if not province:
            raise refuse("place.malformed", value=given)
        if province not in self.setting.connected:
            raise refuse("place.not_connected", value=given)
        return str(given)

    def ask(self, insuplc_admdvs: str, **added: Any) -> Generator[Outbound, Answer | Lost, dict[str, Any]]:
        """Have the insured place handle the message, with what this place adds to it; returns its ``output``.

        Raises `Refused`: with its reason when it refuses, as a passing refusal when no usable answer came.
        """
        message = relay.extend(self.message, insuplc_admdvs, {"from": self.code, **added})
        if province_of(insuplc_admdvs) == self.code:  # the short way: same handlers, same transaction
            reply = yield from self.party.answer_relayed(message, self.now, inside=True)
        else:
            answer = yield Outbound(HUB, message)
            if isinstance(answer, Lost):
                raise refuse("unanswered", infno=self.infno, passing=True)
            reply = answer.message
        if envelope.is_accepted(reply):
            output: dict[str, Any] = reply["output"]
            return output
        if relay.outcome_unknown(reply):
            raise refuse("unanswered", infno=self.infno, passing=True)
        told = str(reply.get("err_msg") or "")
        raise Refused(plain(told, told))
