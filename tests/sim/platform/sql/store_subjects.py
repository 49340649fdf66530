"""What the store tests share: made-up tables with few keys, stores under test, and how long to search."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from sim.platform import MemoryStore, Table
from sim.platform.sql import Database, Schema, open_store
from sim.platform.store import Store

SLOW = os.environ.get("YIDI_TESTS") == "slow"
"""YIDI_TESTS=slow searches longer."""
SEARCH = settings(
    max_examples=1000 if SLOW else 30,
    stateful_step_count=80 if SLOW else 40,
    deadline=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
HUNT = settings(SEARCH, max_examples=500, derandomize=True, database=None, phases=[Phase.generate])
"""For stores known to be wrong: the first failure is enough, nobody reads its shortest form."""


def process(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A process that runs a script of this folder on this checkout; what it prints is read from its ``stdout``."""
    here = Path(__file__).parent
    environ = {**os.environ, "PYTHONPATH": str(here.parents[3])}
    return subprocess.Popen([sys.executable, str(here / script), *arguments], stdout=subprocess.PIPE, env=environ)


@frozen
class Bed:
    """One key field, an index over a field that may be absent."""

    number: int
    patient: str | None
    state: Literal["free", "taken"]
    since: date
    note: Mapping[str, Any] = field(factory=dict, hash=False)


@frozen
class Duty:
    """A key of two fields, one of them a date."""

    ward: str
    day: date
    nurse: str
    done: bool = False


BEDS = Table("beds", Bed, ("number",), {"patient": ("patient",), "state": ("state", "since")})
DUTIES = Table("duties", Duty, ("ward", "day"), {"nurse": ("nurse", "done")})
SCHEMA = Schema(1, (BEDS, DUTIES))
DAYS = st.sampled_from([date(2024, 2, 29), date(2024, 3, 1)])
NAMES = st.sampled_from(["甲", "a\x00b", "z"])
RECORDS: Mapping[str, st.SearchStrategy[Any]] = {
    "beds": st.builds(
        Bed, st.integers(0, 1), st.none() | NAMES, st.sampled_from(["free", "taken"]), DAYS, st.just({"房": [1, None]})
    ),
    "duties": st.builds(Duty, st.sampled_from(["甲", "a\x00b"]), DAYS, NAMES, st.booleans()),
}
TABLES = (BEDS, DUTIES)
PARTIES = ("110000", "hub")


@frozen
class Subject:
    """A way of keeping records: how to open it, again after a crash too."""

    name: str
    open: Callable[[], Callable[[str], Store]]
    crash: Callable[[Callable[[str], Store]], Callable[[str], Store]]
    close: Callable[[], Any] = lambda: None


class Memory:
    """Stores in memory; of a crash they only lose what was not committed."""

    def __init__(self, kind: Callable[[], Store] = MemoryStore) -> None:
        self.stores = {party: kind() for party in PARTIES}

    def __call__(self, party: str) -> Store:
        return self.stores[party]


def in_memory(kind: Callable[[], Store] = MemoryStore) -> Subject:
    """A subject of a kind of store in memory."""

    def crash(maker: Any) -> Any:
        for store in maker.stores.values():
            store.rollback()
        return maker

    return Subject(kind.__name__, lambda: Memory(kind), crash)


def in_database(url: Callable[[], str], fresh: bool = False, **options: Any) -> Subject:
    """A subject on a database that is emptied for each example; ``fresh``: a new one, for stores not to be trusted."""
    opened: list[Database] = []

    def open_again(where: str) -> Database:
        database = open_store(where, schema=SCHEMA, **options)
        opened[:] = [database]
        return database

    def start() -> Database:
        if fresh and opened:
            opened.pop().close()
        database = opened[0] if opened else open_again(url())
        database.clear()
        for party in PARTIES:
            database(party)
        return database

    def crash(maker: Any) -> Database:
        where = maker.url
        maker.close()
        return open_again(where)

    return Subject(f"database {options}", start, crash, lambda: [database.close() for database in opened])
