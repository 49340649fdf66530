"""The national hub: it finds the insured place and passes messages on, unchanged."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import define

from sim.interface import envelope
from sim.platform import relay
from sim.platform.exchange import HUB, Answer, Lost, Outbound, Steps
from sim.platform.intents import Recovery
from sim.platform.refusal import Refused, refuse
from sim.platform.regions import province_of
from sim.platform.setting import Handler, Setting
from sim.platform.store import Store

DIVISION = "100000"
"""The division under which the hub numbers its replies: the whole country."""


@define
class Passage:
    """One message on its way through the hub."""

    hub: Hub
    message: dict[str, Any]
    now: datetime


def pass_on(passage: Passage) -> Steps:
    """Send the message to the insured place; the reply is the insured place's own."""
    message, setting = passage.message, passage.hub.setting
    place = message.get("insuplc_admdvs") or ""
    if not place and message["infno"] == "1101":
        data = message["input"]["data"]
        person = setting.people.by_credential(data["mdtrt_cert_type"], data["mdtrt_cert_no"])
        if person is None:
            raise refuse("person.unknown_credential")
        place = person.insuplc_admdvs
    province = province_of(place)
    if province not in setting.connected:
        raise refuse("place.not_connected", value=place)
    passage.hub.store.commit()
    answer = yield Outbound(province, {**message, "insuplc_admdvs": place})
    if isinstance(answer, Lost):
        passage.now = answer.at or passage.now
        reply = passage.hub.refusal(refuse("unanswered", infno=message["infno"]), passage.now)
        return {**reply, "output": relay.UNKNOWN}
    return answer.message


class Hub:
    """The national platform. ``handlers`` replaces `pass_on` for single transactions, by ``infno``."""

    def __init__(self, store: Store, setting: Setting, handlers: Mapping[str, Handler] | None = None) -> None:
        self.code = DIVISION
        self.name = HUB
        self.store = store
        self.setting = setting
        self.handlers = handlers or {}

    def handle(self, message: dict[str, Any], now: datetime) -> Steps:
        """Pass one relayed message on; the generator returns the reply."""
        passage = Passage(self, message, now)
        try:
            if not relay.is_relayed(message):
                raise refuse("hub.not_for_hospitals")
            if self.setting.checked:
                relay.check(message)
            work = self.handlers.get(str(message.get("infno")), pass_on)(passage)
            reply = work if isinstance(work, dict) else (yield from work)
        except Refused as refusal:
            self.store.rollback()
            reply = self.refusal(refusal, now)
        except Exception:
            self.store.rollback()
            raise
        self.store.commit()
        return reply

    def recover(
        self,
        now: datetime,  # noqa: ARG002 - as every party
        older_than: timedelta = timedelta(0),  # noqa: ARG002
    ) -> Generator[Outbound, Answer | Lost, Recovery]:
        """The hub passes on and keeps nothing in doubt: who asked through it asks again."""
        yield from ()
        return Recovery()

    def refusal(self, refusal: Refused, at: datetime) -> dict[str, Any]:
        """The hub's own refusal."""
        number = envelope.refmsgid(self.code, at, self.store.next("reply") % 10**10)
        told = refusal.text.show(self.setting.lang)
        return envelope.refused(refmsgid=number, received=at, responded=at, err_msg=told)
