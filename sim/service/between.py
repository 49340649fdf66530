"""Where a party takes the questions of parties in other processes: ``POST /.yidi/relay/PARTY``.

Only messages in the relayed form come in here, and those never by the hospitals' way. With a key both question and
answer are signed; what is not signed rightly, or is for a party that is not here, is turned away unread.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sim.interface import wire
from sim.platform.relay import is_relayed
from sim.platform.sql import Unavailable
from sim.service.body import Gone, read
from sim.service.links import FROM, LARGEST, PATH, SIGNATURE, sign, sound

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sim.service.service import Service

log = logging.getLogger(__name__)


class Between:
    """Takes the questions for the parties of one application."""

    def __init__(self, service: Service, key: str) -> None:
        self.service = service
        self.key = key
        self.seconds = service.settings.limits.body_seconds

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One question."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        party = scope["path"].removeprefix(PATH)
        try:
            body = await read(receive, LARGEST, self.seconds)
        except Gone:
            return
        except (TimeoutError, wire.WireError):
            await _send(send, 400)
            return
        if not sound(self.key, party, headers, body, self.service.clock()):
            log.warning("a question for %s from %s is not signed rightly", party[:20], headers.get(FROM, "?")[:20])
            await _send(send, 401)
            return
        if party not in self.service.reference.parties:
            await _send(send, 404)
            return
        await self._answer(party, headers, body, send)

    async def _answer(self, party: str, headers: dict[str, str], body: bytes, send: Send) -> None:
        try:
            message = wire.decode(body, limit=LARGEST)
            if not is_relayed(message):
                await _send(send, 400)
                return
            reply = wire.encode(await self.service.answer_party(party, message))
        except wire.WireError:
            await _send(send, 400)
        except Unavailable:
            log.exception("the database failed")
            await _send(send, 503)
        except Exception:  # whether it was carried out is not known: no reply may say that it was not
            log.exception("a question could not be handled")
            await _send(send, 500)
        else:
            signature = sign(self.key, party, headers.get(FROM, ""), headers[SIGNATURE], reply) if self.key else ""
            await _send(send, 200, reply, signature)


async def _send(send: Send, status: int, body: bytes = b"", signature: str = "") -> None:
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    if signature:
        headers.append((SIGNATURE.encode(), signature.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
