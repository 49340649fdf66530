"""A server that is broken on purpose: at its start, and later, it drops what is in doubt and asks nobody."""

from datetime import timedelta
from typing import Any

from sim.platform import INTENTS, Recovery
from sim.platform.intents import left_open
from sim.platform.province import Province
from sim.platform.records import SETTLEMENTS


def forget(self: Province, now: Any, older_than: timedelta = timedelta(0)) -> Any:
    """In place of `Province.recover`."""
    yield from ()
    for settlement in list(self.store.all(SETTLEMENTS)):
        if settlement.state == "pending" and now - settlement.at >= older_than:
            self.store.delete(SETTLEMENTS, settlement.setl_id)
    for intent in left_open(self.store):
        if intent.rests(now, older_than):
            self.store.delete(INTENTS, intent.sender, intent.msgid)
    self.store.commit()
    return Recovery()


if __name__ == "__main__":
    import yidi

    Province.recover = forget  # type: ignore[method-assign]
    yidi.main()
