"""The HTTP application around the reference: messages by POST at any path, operator pages by GET."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from starlette.applications import Starlette

from sim.interface import Interface
from sim.platform import Reference
from sim.platform.sql import Conflict, Database, Unavailable
from sim.service.between import Between
from sim.service.clock import Clock, china_time
from sim.service.entrance import Entrance
from sim.service.faults import FaultPlan, Faults
from sim.service.links import PATH, Peers
from sim.service.operator import RESERVED, Operator
from sim.service.service import Service
from sim.service.settings import Settings

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


log = logging.getLogger(__name__)


class Application(Starlette):
    """Starlette for the pages; a message goes straight to the entrance.

    While it runs, what a crash or a lost answer left in doubt is taken up: at the start, and again and again.
    """

    def __init__(self, service: Service, faults: Faults | None = None, token: str = "", key: str = "") -> None:
        super().__init__(routes=Operator(service, token).routes(), lifespan=_life)
        self.state.service = service
        self._between = Between(service, key)
        self._entrance = Entrance(service, FaultPlan(faults) if faults is not None else None, token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["method"] == "POST" and not scope["path"].startswith(RESERVED):
            await self._entrance.take(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(PATH):
            await self._between.take(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


@asynccontextmanager
async def _life(app: Starlette) -> AsyncIterator[None]:
    service: Service = app.state.service
    if service.links is None:
        await _recover(service, timedelta(0))  # before the first message; nobody else has to be up for it
    task = asyncio.create_task(_keep_recovering(service))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if service.links is not None:
            await service.links.close()


async def _keep_recovering(service: Service) -> None:
    between = service.settings.between
    if service.links is not None:
        await _recover(service, timedelta(0))
    while True:
        await asyncio.sleep(between.recover_seconds)
        await _recover(service, timedelta(seconds=between.patience_seconds))


async def _recover(service: Service, older_than: timedelta) -> None:
    try:
        await service.recover(older_than)
    except (Conflict, Unavailable) as error:  # another process is at it, or the database is away: the next time
        log.warning("recovery has to wait: %s", error)
    except Exception:
        log.exception("recovery failed")


def application(
    reference: Reference,
    *,
    interface: Interface | None = None,
    clock: Clock = china_time,
    settings: Settings | None = None,
    faults: Faults | None = None,
    token: str = "",
    database: Database | None = None,
    peers: Peers | None = None,
) -> Starlette:
    """The application. ``app.state.service`` is its `Service`.

    ``interface`` says which transaction numbers a path may name; the reference's own by default. ``settings``: gateway,
    protection, variants of the wire, limits. ``faults``: what goes wrong on purpose. ``token``: what pages and messages
    must show, where the header gateway does not ask for more. ``database``: what keeps the reference's stores; replies
    wait until it has flushed. ``peers``: the parties that run in other processes; those are not in the reference.
    """
    service = Service(reference, interface or reference.setting.interface, clock, settings, database, peers)
    return Application(service, faults, token, peers.key if peers is not None else "")
