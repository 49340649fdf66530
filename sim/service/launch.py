"""From the options of ``yidi serve`` to a running server: all parties in one process, or one party of several."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from sim.errors import InputError
from sim.interface import interface
from sim.lang import say
from sim.platform import HUB, Reference, reference, regions
from sim.platform.sql import Database, open_store
from sim.service.faults import read_faults
from sim.service.links import Peers
from sim.service.routes import address, province, read_routes
from sim.service.server import serve
from sim.service.settings import Settings, read_settings

Role = Literal["all", "province", "hub"]
MEMORY = "memory"
"""The word that stands for no database at all."""


@frozen
class Cast:
    """Who this process plays: ``admdvs`` and ``hub`` (a URL) for a province, ``provinces`` for the hub.

    ``provinces``: files and ``CODE=URL``, see `read_routes`. ``key``: what all parties share, to sign by.
    """

    role: Role = "all"
    admdvs: str = ""
    hub: str = ""
    provinces: Sequence[str] = ()
    key: str = ""


def launch(
    cast: Cast,
    *,
    host: str,
    port: int,
    db: str | None = None,
    settings_file: Path | None = None,
    faults_file: Path | None = None,
    token: str = "",
    interface_name: str = "national",
) -> None:
    """Serve until SIGTERM or SIGINT. Raises InputError for whatever of the options is wrong.

    ``db``: an address, ``memory``, or None for an SQLite file that is removed at the end.
    """
    iface = interface(interface_name)
    settings = read_settings(settings_file) if settings_file else Settings()
    faults = read_faults(faults_file, iface) if faults_file else None
    peers = peers_of(cast)
    with opened(db) as database:
        serve(
            built(cast, settings, interface_name, database),
            host=host,
            port=port,
            settings=settings,
            faults=faults,
            token=token,
            database=database,
            peers=peers,
        )


def peers_of(cast: Cast) -> Peers | None:
    """Whom this process asks; None when it holds everybody. Raises InputError for options that do not fit the role."""
    given = {"--admdvs": cast.admdvs, "--hub": cast.hub, "--provinces": cast.provinces}
    wanted = {"all": (), "province": ("--admdvs", "--hub"), "hub": ("--provinces",)}[cast.role]
    for option, value in given.items():
        if option in wanted and not value:
            raise InputError(say("service.role_needs", role=cast.role, option=option))
        if option not in wanted and value:
            raise InputError(say("service.role_without", role=cast.role, option=option))
    if cast.role == "province":
        return Peers(province(cast.admdvs), {HUB: address(cast.hub)}, cast.key)
    return Peers(HUB, read_routes(cast.provinces), cast.key) if cast.role == "hub" else None


@contextmanager
def opened(db: str | None) -> Iterator[Database | None]:
    """The database of an address; without one a file that lives as long as the server."""
    with ExitStack() as stack:
        if db == MEMORY:
            yield None
            return
        throwaway = db is None
        if db is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="yidi-", ignore_cleanup_errors=True))
            db = f"sqlite:///{Path(folder) / 'yidi.db'}"
        group = db.startswith("sqlite")
        yield stack.enter_context(open_store(db, group=group, durable=not throwaway))


def built(
    cast: Cast, settings: Settings, interface_name: str = "national", database: Database | None = None
) -> Reference:
    """The parties that a process holds, as the settings have them; in memory without a database."""
    peers = peers_of(cast)
    given: dict[str, Any] = {
        "interface": interface_name,
        "store": database,
        "readings": settings.readings,
        "lang": settings.lang,
    }
    if peers is None:
        return reference(**given)
    reached = [each for each in regions() if cast.role == "province" or each.code in peers.urls]
    return reference(**given, here={peers.here}, regions=reached)
