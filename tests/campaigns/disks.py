"""What the parties' stores are made of: memory, SQLite files, or databases of a throw-away PostgreSQL.

The same seed gives the same trace on each of them, byte for byte.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypeAlias

from sim.platform import MemoryStore, Store
from sim.platform.sql import open_store

Disk: TypeAlias = Callable[[str], Store]
"""Gives a party's store by its name."""
Disks: TypeAlias = Callable[[int], AbstractContextManager[Disk]]
"""Empty disks for a seed."""
KINDS = ("memory", "sqlite", "postgresql")


@contextmanager
def memory(_: int) -> Iterator[Disk]:
    """Dictionaries."""
    yield lambda _: MemoryStore()


@contextmanager
def sqlite(_: int) -> Iterator[Disk]:
    """One new file for all parties. A campaign's crash ends a process, not the power: nothing waits for a disk."""
    with tempfile.TemporaryDirectory() as folder, open_store(f"sqlite:///{folder}/all.db", durable=False) as opened:
        yield opened


@contextmanager
def disks(kind: str) -> Iterator[Disks]:
    """Where seeds find empty disks; a PostgreSQL server runs as long as it is wanted."""
    if kind != "postgresql":
        yield {"memory": memory, "sqlite": sqlite}[kind]
        return
    import psycopg

    from tests.sim.platform.sql import throwaway_postgres as throwaway

    with throwaway.server() as folder:

        @contextmanager
        def postgresql(seed: int) -> Iterator[Disk]:
            name = f"seed_{seed}"
            with psycopg.connect(throwaway.address(folder, "postgres"), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
                connection.execute(f"CREATE DATABASE {name}".encode())
            with open_store(throwaway.address(folder, name)) as opened:
                yield opened

        yield postgresql
