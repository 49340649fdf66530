"""Provinces, journals and stores that are broken on purpose; `planted` builds parties of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sim.platform import INTENTS, Recovery, Store
from sim.platform.intents import left_open
from sim.platform.journal import Journal
from sim.platform.province import Province
from sim.platform.records import SETTLEMENTS
from sim.platform.refusal import refuse

# --- recovery --------------------------------------------------------------------------------------------------------


class Forgetful(Province):
    """Drops what is in doubt and asks nobody."""

    def recover(self, now: Any, older_than: timedelta = timedelta(0)) -> Any:
        """In place of asking again."""
        yield from ()
        for settlement in list(self.store.all(SETTLEMENTS)):
            if settlement.state == "pending" and now - settlement.at >= older_than:
                self.store.delete(SETTLEMENTS, settlement.setl_id)
        for intent in left_open(self.store):
            if intent.rests(now, older_than):
                self.store.delete(INTENTS, intent.sender, intent.msgid)
        self.store.commit()
        return Recovery()


class Anew(Province):
    """Begins what is in doubt anew, under a number of its own, and forgets the first attempt."""

    def recover(self, now: Any, older_than: timedelta = timedelta(0)) -> Any:
        """In place of asking the same again."""
        for intent in left_open(self.store):
            if not intent.rests(now, older_than):
                continue
            for settlement in self.store.find(SETTLEMENTS, "made_by", intent.sender, intent.msgid):
                if settlement.state == "pending":
                    self.store.delete(SETTLEMENTS, settlement.setl_id)
            self.store.delete(INTENTS, intent.sender, intent.msgid)
            self.store.commit()
            number = f"{intent.msgid[:-4]}9{self.store.next('anew'):03d}"
            yield from self.handle({**intent.request, "msgid": number}, now)
        return Recovery()


# --- messages --------------------------------------------------------------------------------------------------------


class Unstored(Journal):
    """Keeps no reply: a message that comes again is handled again."""

    def close(self, *told: Any, **more: Any) -> Any:
        """The reply, kept nowhere."""
        known = self.known(told[0], told[1])
        reply = super().close(*told, **more)
        self.store.delete(self.table, told[0], told[1])
        if known is not None:
            self.store.put(self.table, known)
        return reply


class Unrefused(Journal):
    """Keeps no refusal."""

    def close(self, *told: Any, **more: Any) -> Any:
        """Of an acceptance the reply, as ever; of a refusal nothing."""
        return told[5] if len(told) > 6 and told[6] else super().close(*told, **more)


class Forgiving(Journal):
    """Does not mind that a message was reversed before it came."""

    def repeated(self, sender: str, msgid: str, content: str, uses_up: bool) -> Any:
        """As if it had not been."""
        known = self.known(sender, msgid)
        return (
            None
            if known is not None and known.state == "reversed"
            else super().repeated(sender, msgid, content, uses_up)
        )


class TooSoon:
    """A store that makes nothing durable."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def commit(self) -> None:
        """Later."""


class Hasty(Province):
    """Asks the insured place before what it notes of that is durable."""

    def _wait(self, context: Any, content: str, work: Any) -> Any:
        outer, store = super()._wait(context, content, work), self.store
        answer: Any = None
        while True:
            self.store = TooSoon(store)
            try:
                asked = next(outer) if answer is None else outer.send(answer)
            except StopIteration as stop:
                return stop.value
            finally:
                self.store = store
            answer = yield asked


class TooSure(Province):
    """Says that a message is reversed while the reversal is still in doubt."""

    def _reversed(self, context: Any) -> Any:
        return refuse("message.reversed", msgid=context.msgid, passing=True)


STEPS = ("notice-", "collection-", "distribution-")


class Blind:
    """A store in which nobody sees which steps of the month's clearing are booked already."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def find(self, table: Any, index: str, *values: Any) -> Any:
        """Nothing, where the ledger is asked for a step."""
        step = (table.name, index) == ("ledger", "document") and values[0].startswith(STEPS)
        return [] if step else self.inner.find(table, index, *values)
