"""What must hold at every moment of a campaign, looked at after every single event.

1. Every entry of every ledger balances.
2. What two parties booked for one settlement cancels out, or a question about it is under way: the treatment place has
   asked and has not yet told a definite outcome. So the ledgers of all parties sum to zero at every moment, but for
   what the wire shows to be under way.
3. No visit has two settlements that were both told and not yet asked back.
4. Nobody is told that his message is reversed before an answer to a question about that has arrived.

The tap on the wire says what is under way; no state of a party is believed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from attrs import define, field

from sim.platform import Store
from sim.platform.ledger_records import LEDGER
from tests.campaigns.net import Event, Message, Net
from tests.campaigns.told import CANCELS, EFFECTS, REVERSAL, SETTLES, accepted, is_open, says

FACING = ("due_from", "due_to", "clearing", "advance_given", "advance_held")
"""Accounts that face another party."""
STEPS = ("notice", "collection", "distribution")
"""Steps of the month's clearing that several parties book."""


@define(eq=False)
class Watch:
    """Looks at wire and ledgers. ``month``: the month whose clearing has stopped halfway."""

    net: Net
    disks: Mapping[str, Store]
    found: list[tuple[str, str]] = field(factory=list)
    """(what it is about, what is wrong)."""
    month: str = ""
    _heard: int = 0
    _read: dict[str, int] = field(factory=lambda: defaultdict(int))
    _held: dict[str, int] = field(factory=lambda: defaultdict(int))
    _asked: dict[str, set[str]] = field(factory=lambda: defaultdict(set))
    _document: dict[str, str] = field(factory=dict)
    _standing: dict[str, dict[str, str]] = field(factory=lambda: defaultdict(dict))
    _asked_back: set[str] = field(factory=set)
    _told: set[str] = field(factory=set)
    _reversing: dict[str, bool] = field(factory=dict)
    """Of messages whose reversal was asked elsewhere: whether any answer to that came."""

    def look(self) -> None:
        """After an event."""
        for event in self.net.log[self._heard :]:
            self._hear(event)
        self._heard = len(self.net.log)
        for party, disk in self.disks.items():
            if disk.count(LEDGER) > self._read[party]:
                self._read_ledger(party, disk)
        steps = 0
        for document in [each for each, fen in self._held.items() if fen]:
            step = self._is_step(document)
            steps += step
            if not (self._asked.get(document) or (step and steps == 1)):
                fen = self._held.pop(document)
                self._tell(document, f"the ledgers differ by {fen} fen in {document}, and nothing is under way")

    def _is_step(self, document: str) -> bool:
        """Whether it is a document of the month that is being cleared; of those at most one is half booked."""
        return self.month != "" and document in [f"{step}-{self.month}" for step in STEPS]

    def _tell(self, about: str, what: str) -> None:
        self.found.append((about, f"at {self.net.loop.now} ms: {what}"))

    def _read_ledger(self, party: str, disk: Store) -> None:
        while True:
            entry: Any = disk.get(LEDGER, self._read[party] + 1)
            if entry is None:
                break
            self._read[party] += 1
            if sum(entry.legs.values()):
                self._tell(entry.document, f"an entry of {party} does not balance: {dict(entry.legs)}")
            self._held[entry.document] += sum(
                fen for account, fen in entry.legs.items() if account.split(":")[0] in FACING
            )
        if disk.count(LEDGER) != self._read[party]:
            self._tell("", f"entries are missing in the ledger of {party}")

    # --- the wire ----------------------------------------------------------------------------------------------------

    def _hear(self, event: Event) -> None:
        infno = event.message.get("infno")
        if infno not in EFFECTS or (event.source == "hub" and event.what != "received"):
            return
        key = f"{event.message['fixmedins_code']} {event.message['msgid']}"
        relay = event.message["input"].get("relay")
        if relay is not None:
            if event.what == "sent":
                document = relay.get("setl_id") or self._document.get(self._original(event.message), "")
                self._document[key] = document
                self._asked[document].add(key)
                if infno == REVERSAL:
                    self._reversing.setdefault(self._original(event.message), False)
            elif event.what == "received" and event.target != "hub" and infno == REVERSAL and not is_open(event.reply):
                self._reversing[self._original(event.message)] = True
        elif event.what == "delivered":
            self._back(event.message, str(infno))
        elif event.what == "answered" and not is_open(event.reply):
            self._asked[self._document.get(key, "")].discard(key)
            if not self._reversing.get(key, True) and says(event.reply or {}, "message.reversed"):
                self._tell(key.split()[1], f"{key} is told to be reversed, and nobody knows yet")
            if infno in SETTLES and accepted(event.reply) and key not in self._told:
                self._told.add(key)
                self._stands(key, event)

    @staticmethod
    def _original(message: Message) -> str:
        return f"{message['fixmedins_code']} {message['input']['data'].get('omsgid')}"

    def _back(self, message: Message, infno: str) -> None:
        """Somebody wants a settlement undone: from now on it may stand or not."""
        if infno == REVERSAL:
            self._asked_back.add(self._original(message))
        elif infno in CANCELS:
            self._asked_back.add(message["input"]["data"]["setl_id"])

    def _stands(self, key: str, event: Event) -> None:
        head = (event.reply or {})["output"]["setlinfo"]
        visit, number = str(head["mdtrt_id"]), str(head["setl_id"])
        if key in self._asked_back or number in self._asked_back:
            return
        for other, made_by in self._standing[visit].items():
            if other != number and not {other, made_by} & self._asked_back:
                self._tell(visit, f"visit {visit} is settled by {number} while {other} stands")
        self._standing[visit][number] = key
