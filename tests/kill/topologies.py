"""How the parties are spread over processes and databases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import frozen
from processes import HERE, YIDI, Process, database, free_ports, parties

from sim.platform import Store
from sim.platform.sql import open_store


@frozen
class Topology:
    """``processes`` by name, ``urls`` where hospitals of the treatment place go, ``databases`` of all."""

    processes: Mapping[str, Process]
    urls: tuple[str, ...]
    databases: tuple[str, ...]

    @contextmanager
    def stores(self) -> Iterator[dict[str, Store]]:
        """The stores of all parties as they are now, read from beside the servers."""
        with ExitStack() as stack:
            found: dict[str, Store] = {}
            for each in self.databases:
                opened = stack.enter_context(open_store(each))
                found |= {party: opened(party) for party in opened.parties()}
            yield found


def three(folder: Path, programs: Mapping[str, Sequence[str]] | None = None) -> Topology:
    """Treatment province, hub and insured province, each with an SQLite file."""
    processes = parties(folder, programs)
    return Topology(processes, (processes[HERE].url,), tuple(database(folder, name) for name in processes))


def one(folder: Path) -> Topology:
    """All parties in one process on one SQLite file."""
    address = database(folder, "all")
    process = Process("all", [*YIDI, "--db", address], free_ports(1)[0], folder / "all.log")
    return Topology({"all": process}, (process.url,), (address,))


def several(folder: Path, address: str) -> Topology:
    """Two processes with all parties each, on one PostgreSQL; hospitals go to either."""
    ports = free_ports(2)
    processes = {
        f"server {n}": Process(f"server {n}", [*YIDI, "--db", address], port, folder / f"{n}.log")
        for n, port in enumerate(ports)
    }
    return Topology(processes, tuple(each.url for each in processes.values()), (address,))
