"""Where messages come in: straight from the server, past everything that only pages need.

In this order: token, rate and header gateway (their refusals have no envelope); the body; the fault that may be due;
the platforms; the reply. Handling a message is short and needs no waiting, so it runs on the event loop itself, one
message at a time; only for a party in another process it waits, and lets others go on.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import TYPE_CHECKING, Any

from sim.interface import wire
from sim.lang import say
from sim.platform.sql import Unavailable
from sim.service import faults
from sim.service.body import Gone, read
from sim.service.faults import Fault, FaultPlan
from sim.service.gateway import HeaderGate, RateGate, Refusal, same

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from sim.service.service import Asked, Service

log = logging.getLogger(__name__)

TOKEN = "x-yidi-token"  # noqa: S105 - a header's name
LENIENT = b"x-yidi-lenient"
"""The header of a reply that names the leniencies its request needed."""


class Entrance:
    """Takes the POSTs of one application."""

    def __init__(self, service: Service, plan: FaultPlan | None, token: str) -> None:
        settings = service.settings
        self.service = service
        self.plan = plan
        self.token = token
        self.headers = HeaderGate(settings.gateway) if settings.gateway else None
        self.rate = RateGate(settings.limits)
        self.limits = settings.limits
        self.kind = (b"content-type", f"application/json; charset={settings.wire.charset}".encode())

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"]
        refusal = self._refuse(scope, headers)
        body = b""
        try:
            body = await read(receive, self.limits.body_bytes, self.limits.body_seconds)
        except Gone:
            return
        except TimeoutError:
            await self._turn_away(send, Refusal(408, say("gateway.too_slow", seconds=self.limits.body_seconds)))
            return
        except wire.WireError as error:
            if refusal is None:
                await self._send(send, self.service.turn_away(error.text, path))
                return
        if refusal is not None:
            await self._turn_away(send, refusal)
            return
        try:
            await self._answer(body, path, headers, receive, send)
        except Unavailable:
            log.exception("the database failed")
            await self._turn_away(send, Refusal(503, say("gateway.unavailable")))

    async def _answer(self, body: bytes, path: str, headers: Mapping[str, str], receive: Receive, send: Send) -> None:
        asked = self.service.ask(body, path, headers.get("content-type", ""), headers.get("expect", ""))
        fault = self.plan.next(asked.message) if self.plan is not None and asked.told is None else None
        if fault is not None:
            await self._spoil(fault, asked, receive, send)
            return
        reply = self.service.codec.close(await self.service.take(asked))
        await self.service.durable()
        await self._send(send, reply, asked)

    # --- what the gateway refuses ------------------------------------------------------------------------------------

    def _refuse(self, scope: Scope, headers: Mapping[str, str]) -> Refusal | None:
        now = self.service.clock()
        client = scope.get("client")
        refusal = self.rate.refuse(client[0] if client else "", now)
        if refusal is None and self.headers is not None:
            return self.headers.refuse(headers, now)
        if refusal is None and self.token and not same(self.token, token_of(scope, headers)):
            return Refusal(401, say("gateway.token"))
        return refusal

    async def _turn_away(self, send: Send, refusal: Refusal) -> None:
        body = refusal.body(self.service.reference.setting.lang)
        await self._send(send, body, status=refusal.status)

    # --- what goes out -----------------------------------------------------------------------------------------------

    async def _send(self, send: Send, body: bytes, asked: Asked | None = None, status: int = 200) -> None:
        headers = [self.kind, (b"content-length", str(len(body)).encode())]
        if asked is not None and asked.used:
            headers.append((LENIENT, ",".join(each.name for each in asked.used).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    # --- faults ------------------------------------------------------------------------------------------------------

    async def _spoil(self, fault: Fault, asked: Asked, receive: Receive, send: Send) -> None:
        service, told = self.service, fault.name or fault.kind
        if fault.stage == "before" and fault.kind != "delay":
            service.note_lost(asked, told)
            reply: dict[str, Any] = {}
        else:
            if fault.stage == "before":
                await asyncio.sleep(float(fault.seconds))
            reply = await service.take(asked, told)
            if fault.kind == "twice":
                reply = await service.take(asked, told)
            await service.durable()
        if fault.kind == "delay":
            if fault.stage == "after":
                await asyncio.sleep(float(fault.seconds))
            await self._send(send, service.codec.close(reply), asked)
        elif fault.kind == "hang":
            await _left(receive, float(fault.seconds))
            _end(send, reset=True)
        elif fault.kind == "reset":
            _end(send, reset=True)
        elif fault.kind == "html":
            await self._html(send)
        elif fault.kind == "half_body":
            await self._half(send, service.codec.close(reply))
        elif fault.kind == "duplicate":
            await self._send(send, faults.doubled(service.codec.close(reply)), asked)
        elif fault.kind == "wrong_msgid":
            await self._send(send, service.codec.close(faults.misnamed(reply)), asked)
        else:
            await self._send(send, service.codec.close(reply), asked)

    async def _html(self, send: Send) -> None:
        headers = [(b"content-type", b"text/html"), (b"content-length", str(len(faults.HTML)).encode())]
        await send({"type": "http.response.start", "status": 502, "headers": headers})
        await send({"type": "http.response.body", "body": faults.HTML})

    async def _half(self, send: Send, body: bytes) -> None:
        headers = [self.kind, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": faults.half(body), "more_body": True})
        _end(send, reset=False)


def token_of(scope: Scope, headers: Mapping[str, str]) -> str:
    """The token that a request shows: in a header of its own, as a bearer, or in the address."""
    bearer = headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        return bearer[7:].strip()
    if TOKEN in headers:
        return headers[TOKEN]
    query = scope.get("query_string", b"").decode("latin-1")
    return next((part[6:] for part in query.split("&") if part.startswith("token=")), "")


async def _left(receive: Receive, seconds: float) -> None:
    """Wait until the client has gone, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass


class Cut(ConnectionResetError):  # noqa: N818 - a fault on purpose
    """A fault ended the connection where the server offers no way to do it on the socket."""


def _end(send: Send, *, reset: bool) -> None:
    """End the connection under the server: with a reset, or after what was already sent.

    ASGI has no word for it, so the transport is taken from the server's own object; without one the fault is raised.
    """
    cycle: Any = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise Cut
    if reset:
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    if hasattr(cycle, "disconnected"):
        cycle.disconnected = True  # what the server itself notes one turn of the loop later
