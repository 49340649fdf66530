"""Cashiers in threads: they settle, cancel and reverse over HTTP, and repeat a message until its outcome is known.

Some give up instead, as people do when a desk's machine fails: what becomes of their messages is the platforms' affair.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from random import Random
from typing import Any
from urllib.parse import urlsplit

from attrs import define, field
from platform_desk import ITEMS, Desk, says

from sim.interface import envelope, wire
from sim.platform import Person, Reference
from sim.service import china_time

OPEN = ("unanswered", "settlement.busy", "message.reversing")
"""Refusals after which the outcome is not known: the message is to be sent again."""


class GaveUpError(Exception):
    """The cashier sends this message no more."""


@define
class Known:
    """What a cashier knows about a visit in the end: ``stands`` is the setl_id, "" for none, None for not known."""

    mdtrt_id: str
    stands: str | None = ""
    head: dict[str, Any] = field(factory=dict)


class Cashier(Desk):
    """One desk with one patient. ``urls``: the servers of the treatment place, any of which will do."""

    def __init__(self, ref: Reference, patient: Person, urls: Sequence[str], chance: Random, gives_up: float) -> None:
        super().__init__(ref, patient, goods=ITEMS[6 : 8 + chance.randrange(4)])
        self.urls = urls
        self.chance = chance
        self.gives_up = gives_up
        self.over = threading.Event()
        self.visits: list[Known] = []
        self.told: list[tuple[dict[str, Any], bytes]] = []
        """Accepted messages with an effect, and the very reply."""
        self.undone: set[str] = set()
        """Message ids that a reversal was sent for, whether or not an answer came."""
        self.sent = 0
        self.repeated = 0

    def message(self, infno: str, content: dict[str, Any], **changes: Any) -> dict[str, Any]:
        self.now = china_time()
        return super().message(infno, content, **changes)

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        """The definite reply. Raises GaveUpError."""
        self.sent += 1
        if message["infno"] == "2601":
            self.undone.add(message["input"]["data"]["omsgid"])
        end = time.monotonic() + 30
        while time.monotonic() < end:
            body = once(self.chance.choice(self.urls), message)
            reply = wire.decode(body) if body is not None else None
            if reply is not None and not any(says(reply, key) for key in OPEN):
                if envelope.is_accepted(reply) and message["infno"] in ("2207", "2208", "2601"):
                    self.told.append((message, body or b""))
                return reply
            if self.chance.random() < self.gives_up:
                raise GaveUpError
            self.repeated += 1
            time.sleep(0.05)
        raise AssertionError(f"no definite answer to {message['infno']} in 30 seconds")

    def work(self) -> None:
        """One visit after the other until it is enough."""
        while not self.over.is_set():
            known = Known("")
            try:
                self._visit(known)
            except GaveUpError:
                known.stands = None
            if known.mdtrt_id:
                self.visits.append(known)

    def _visit(self, known: Known) -> None:
        if not self.sign_no:
            self.sign_in()
        self.register()
        known.mdtrt_id = self.mdtrt_id
        self.describe().upload()
        known.stands = None
        settle = self.message("2207", self.settlement())
        known.head = self._accepted(settle)["setlinfo"]
        known.stands = self.setl_id = known.head["setl_id"]
        what = self.chance.random()
        if what < 0.25:
            known.stands = None
            self._accepted(self.message("2601", self.reversal(settle)))
            known.stands = ""
        elif what < 0.5:
            known.stands = None
            cancel = self.message("2208", self.cancellation())
            self._accepted(cancel)
            known.stands = ""
            if what < 0.35:
                known.stands = None
                reply = self.call(self.message("2601", self.reversal(cancel)))
                short = says(reply, "reversal.balance")  # the account was spent meanwhile: the cancellation stands
                assert short or envelope.is_accepted(reply), reply["err_msg"]
                known.stands = "" if short else self.setl_id

    def _accepted(self, message: dict[str, Any]) -> dict[str, Any]:
        reply = self.call(message)
        assert envelope.is_accepted(reply), (message["infno"], reply["err_msg"])
        output: dict[str, Any] = reply["output"]
        return output


def once(url: str, message: dict[str, Any]) -> bytes | None:
    """The body of the reply, None when there is none that says anything."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("POST", "/", body=wire.encode(message))
        answer = connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 and "infcode" in json.loads(body) else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
