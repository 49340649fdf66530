"""The HTTP application around the reference: bytes in, bytes out.

Handling a message is short and needs no waiting, so it runs on the event loop itself; one message at a time.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sim.interface import Interface, envelope, wire
from sim.lang import Lang, Text, say
from sim.platform import Reference
from sim.service.body import named_by, read
from sim.service.clock import Clock, china_time
from sim.service.pages import operator_page
from sim.service.recent import Recent

log = logging.getLogger(__name__)

DIVISION = "000000"
"""The division under which the service itself numbers its refusals: no place of the country."""
JSON = "application/json; charset=utf-8"


class Service:
    """The reference behind HTTP, with the memory of its last messages."""

    def __init__(self, reference: Reference, interface: Interface, clock: Clock) -> None:
        self.reference = reference
        self.interface = interface
        self.clock = clock
        self.recent = Recent()
        self._serial = itertools.count(1)

    async def post(self, request: Request) -> Response:
        """One message. Whatever comes, the answer is an interface reply."""
        try:
            body = await read(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except wire.WireError as error:
            return Response(self._refused({}, error.text, request.url.path), media_type=JSON)
        return Response(self.answer(body, request.url.path), media_type=JSON)

    def answer(self, body: bytes, path: str = "/") -> bytes:
        """A body to the body of its reply."""
        try:
            message = wire.decode(body)
        except wire.WireError as error:
            return self._refused({}, error.text, path)
        if self._is_relayed(message):
            return self._refused(message, say("service.relayed"), path)
        named = named_by(path, self.interface.transactions)
        if named is not None and message.get("infno") not in (named, None, ""):
            return self._refused(message, say("service.other_path", path=named, body=_short(message)), path)
        started, now = perf_counter(), self.clock()
        try:
            reply = self.reference.call(message, now)
            sent = wire.encode(reply)
        except Exception:
            log.exception("a message could not be handled")
            return self._refused(message, say("service.internal"), path)
        self.recent.add(now, (perf_counter() - started) * 1000, path, message, reply)
        return sent

    @staticmethod
    def _is_relayed(message: Mapping[str, Any]) -> bool:
        content = message.get("input")
        return isinstance(content, dict) and "relay" in content

    def _refused(self, message: Mapping[str, Any], reason: Text, path: str) -> bytes:
        now = self.clock()
        number = envelope.refmsgid(DIVISION, now, next(self._serial) % 10**10)
        told = reason.show(self.reference.setting.lang)
        reply = envelope.refused(refmsgid=number, received=now, responded=now, err_msg=told)
        self.recent.add(now, 0.0, path, message, reply)
        return wire.encode(reply)

    async def page(self, request: Request) -> Response:
        """The operator's page."""
        asked = request.query_params.get("lang")
        lang: Lang = "en" if asked == "en" else "zh" if asked == "zh" else self.reference.setting.lang
        return HTMLResponse(operator_page(self.reference, self.interface, self.recent, self.clock(), lang))

    async def messages(self, _: Request) -> Response:
        """The last messages as JSON, newest first."""
        shown = {"total": self.recent.total, "messages": self.recent.shown()}
        return Response(wire.encode(shown), media_type=JSON)


def _short(message: Mapping[str, Any]) -> str:
    return str(message.get("infno"))[:20]


async def _nothing(_: Request) -> Response:
    return PlainTextResponse("not found\n", status_code=404)


def application(reference: Reference, *, interface: Interface | None = None, clock: Clock = china_time) -> Starlette:
    """The application: POST anywhere takes a message, GET / is the operator's page, GET /api/messages its JSON.

    ``interface`` says which transaction numbers a path may name; the reference's own by default.
    """
    service = Service(reference, interface or reference.setting.interface, clock)
    routes = [
        Route("/{path:path}", service.post, methods=["POST"]),
        Route("/", service.page, methods=["GET"]),
        Route("/api/messages", service.messages, methods=["GET"]),
        Route("/{path:path}", _nothing, methods=["GET"]),
    ]
    app = Starlette(routes=routes)
    app.state.service = service
    return app
