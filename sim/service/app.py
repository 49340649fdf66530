"""The HTTP application around the reference: messages by POST at any path, operator pages by GET."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette

from sim.interface import Interface
from sim.platform import Reference
from sim.platform.sql import Database
from sim.service.clock import Clock, china_time
from sim.service.entrance import Entrance
from sim.service.faults import FaultPlan, Faults
from sim.service.operator import RESERVED, Operator
from sim.service.service import Service
from sim.service.settings import Settings

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


class Application(Starlette):
    """Starlette for the pages; a message goes straight to the entrance."""

    def __init__(self, service: Service, faults: Faults | None = None, token: str = "") -> None:
        super().__init__(routes=Operator(service, token).routes())
        self.state.service = service
        self._entrance = Entrance(service, FaultPlan(faults) if faults is not None else None, token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["method"] == "POST" and not scope["path"].startswith(RESERVED):
            await self._entrance.take(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def application(
    reference: Reference,
    *,
    interface: Interface | None = None,
    clock: Clock = china_time,
    settings: Settings | None = None,
    faults: Faults | None = None,
    token: str = "",
    database: Database | None = None,
) -> Starlette:
    """The application. ``app.state.service`` is its `Service`.

    ``interface`` says which transaction numbers a path may name; the reference's own by default. ``settings``: gateway,
    protection, variants of the wire, limits. ``faults``: what goes wrong on purpose. ``token``: what pages and messages
    must show, where the header gateway does not ask for more. ``database``: what keeps the reference's stores; replies
    wait until it has flushed.
    """
    service = Service(reference, interface or reference.setting.interface, clock, settings, database)
    return Application(service, faults, token)
