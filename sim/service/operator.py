"""What the operator sees and does: pages by GET, the same as JSON under ``/api``, and the reset.

Everything here shows identities masked. With a token, whoever has shown it once keeps it in a cookie.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from sim.errors import InputError
from sim.interface import wire
from sim.lang import Lang
from sim.platform import Reference, Refused
from sim.platform.sql import Conflict
from sim.platform.store import MemoryStore
from sim.service import agency, pages, story
from sim.service.agency import Agency
from sim.service.clearing import pages as money
from sim.service.clearing.data import document
from sim.service.driver import TRIES
from sim.service.entrance import token_of
from sim.service.gateway import same
from sim.service.service import Service

RESERVED = "/.yidi/"
"""Paths that no message can have."""
JSON = "application/json; charset=utf-8"
COOKIE = "yidi-token"
LARGEST = 2**63 - 1
LONGEST = 20
"""The greatest number that an entry can have, and more digits than that."""
REFRESH = 3
"""Seconds after which the live page comes again."""

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


class Operator:
    """The pages of one service."""

    def __init__(self, service: Service, token: str) -> None:
        self.service = service
        self.token = token

    def routes(self) -> list[Route]:
        """Every path that is no message."""
        gets = {
            "/": self.overview,
            "/live": self.live,
            "/visits/{mdtrt_id}": self.visit,
            "/persons/{person}": self.person,
            "/ledger": self.ledger,
            "/ledger/{party}": self.ledger_party,
            "/clearing": self.clearing,
            "/clearing/{month}": self.clearing_month,
            "/api/overview": self.api_overview,
            "/api/messages": self.api_messages,
            "/api/visits": self.api_visits,
            "/api/visits/{mdtrt_id}": self.api_visit,
            "/api/persons": self.api_persons,
            "/api/persons/{person}": self.api_person,
            "/api/ledger": self.api_ledger,
            "/api/ledger/{party}": self.api_ledger_party,
            "/api/clearing": self.api_clearing,
            "/api/clearing/{month}": self.api_clearing_month,
        }
        return [
            Route(f"{RESERVED}reset", self._guarded(self.reset), methods=["POST"]),
            Route(f"{RESERVED}agency/{{action:path}}", self._guarded(self.act), methods=["POST"]),
            Route(f"{RESERVED}{{path:path}}", _nothing, methods=["GET", "POST"]),
            *(Route(path, self._guarded(page), methods=["GET"]) for path, page in gets.items()),
            Route("/{path:path}", _nothing, methods=["GET"]),
        ]

    async def _made(self, page: Endpoint, request: Request) -> Response:
        """A page, begun again when another process of the same database wrote while it was read."""
        for last in (False,) * TRIES + (True,):
            try:
                return await page(request)
            except Conflict:
                if last:
                    raise
            finally:  # a page reads much: left open, every later commit elsewhere would undo the next message
                for party in self.service.reference.parties.values():
                    party.store.rollback()
        raise AssertionError

    def _guarded(self, page: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            if not self.token:
                return await self._made(page, request)
            shown = token_of(request.scope, request.headers)
            if not same(self.token, shown or request.cookies.get(COOKIE, "")):
                return PlainTextResponse("token required\n", status_code=401)
            answer = await self._made(page, request)
            if shown:
                answer.set_cookie(COOKIE, self.token, httponly=True, samesite="strict")
            return answer

        return guarded

    # --- pages -------------------------------------------------------------------------------------------------------

    async def overview(self, request: Request) -> Response:
        """Counts by transaction, party and leniency; the last visits, persons and messages."""
        return HTMLResponse(pages.operator_page(self.service, _lang(request, self.service)))

    async def live(self, request: Request) -> Response:
        """The last messages, request and reply side by side; comes again by itself."""
        html = pages.live_page(self.service, _lang(request, self.service))
        return HTMLResponse(html, headers={"refresh": str(REFRESH)})

    async def visit(self, request: Request) -> Response:
        """A visit's story."""
        found = self._visit(request)
        if found is None:
            return await _nothing(request)
        return HTMLResponse(pages.visit_page(self.service, found, _lang(request, self.service)))

    async def person(self, request: Request) -> Response:
        """A person's accumulators."""
        found = self._person(request)
        if found is None:
            return await _nothing(request)
        return HTMLResponse(pages.person_page(found, _lang(request, self.service)))

    async def ledger(self, request: Request) -> Response:
        """The ledgers of all parties."""
        return HTMLResponse(money.ledger_page(self.service.reference, _lang(request, self.service)))

    async def ledger_party(self, request: Request) -> Response:
        """One party's ledger."""
        party, lang = request.path_params["party"], _lang(request, self.service)
        return await _page(request, money.party_page(self.service.reference, party, lang, _before(request)))

    async def clearing(self, request: Request) -> Response:
        """The months that have something to clear."""
        return HTMLResponse(money.months_page(self.service.reference, _lang(request, self.service)))

    async def clearing_month(self, request: Request) -> Response:
        """A month's clearing."""
        lang = _lang(request, self.service)
        return await _page(request, money.month_page(self.service.reference, request.path_params["month"], lang))

    # --- the same as JSON --------------------------------------------------------------------------------------------

    async def api_overview(self, _: Request) -> Response:
        """Counts."""
        recent = self.service.recent
        return _json(
            {
                "time": self.service.clock().isoformat(timespec="milliseconds"),
                "interface": self.service.interface.name,
                "total": recent.total,
                "accepted": dict(sorted(recent.accepted.items())),
                "refused": dict(sorted(recent.refused.items())),
                "leniencies": dict(sorted(recent.leniencies.items())),
                "parties": [pages.plain(row) for row in pages.parties(self.service)],
            }
        )

    async def api_messages(self, _: Request) -> Response:
        """The last messages, newest first."""
        recent = self.service.recent
        return _json({"total": recent.total, "messages": recent.shown()})

    async def api_visits(self, _: Request) -> Response:
        """The last visits."""
        return _json({"visits": story.visits(self.service.reference)})

    async def api_visit(self, request: Request) -> Response:
        """A visit's story."""
        found = self._visit(request)
        return await _nothing(request) if found is None else _json(found)

    async def api_persons(self, _: Request) -> Response:
        """Everybody who has used something up."""
        return _json({"persons": story.persons(self.service.reference)})

    async def api_person(self, request: Request) -> Response:
        """A person's accumulators."""
        found = self._person(request)
        return await _nothing(request) if found is None else _json(found)

    async def api_ledger(self, _: Request) -> Response:
        """The ledgers of all parties."""
        return _json(money.ledger_data(self.service.reference))

    async def api_ledger_party(self, request: Request) -> Response:
        """One party's ledger."""
        found = money.party_data(self.service.reference, request.path_params["party"], _before(request))
        return await _nothing(request) if found is None else _json(found)

    async def api_clearing(self, _: Request) -> Response:
        """The months that have something to clear."""
        return _json(money.months_data(self.service.reference))

    async def api_clearing_month(self, request: Request) -> Response:
        """A month's clearing."""
        found = money.month(self.service.reference, request.path_params["month"])
        return await _nothing(request) if found is None else _json(document(found))

    def _visit(self, request: Request) -> dict[str, Any] | None:
        return story.visit_story(self.service.reference, self.service.recent, request.path_params["mdtrt_id"])

    def _person(self, request: Request) -> dict[str, Any] | None:
        return story.person_story(self.service.reference, request.path_params["person"])

    # --- agencies ----------------------------------------------------------------------------------------------------

    async def act(self, request: Request) -> Response:
        """What an agency does beside the interface. Only from this machine, as the reset."""
        if not _from_here(request):
            return PlainTextResponse("only from this machine\n", status_code=403)
        action, body = request.path_params["action"], await request.body()
        try:
            if action not in agency.ACTIONS:
                raise agency.unknown(action)
            told, status = Agency(self.service.reference).do(action, body, self.service.clock()), 200
            await self.service.durable()
        except (Refused, InputError) as error:
            told, status = {"error": _told(error)}, 404 if action not in agency.ACTIONS else 400
        return Response(wire.encode(told), status_code=status, media_type=JSON)

    # --- reset -------------------------------------------------------------------------------------------------------

    async def reset(self, request: Request) -> Response:
        """Back to the known state: people and catalogue as the fixtures have them, no visit, no message.

        Only from this machine, and not from a page of somebody else's in a browser on it.
        """
        if not _from_here(request):
            return PlainTextResponse("only from this machine\n", status_code=403)
        if self.service.database is not None:
            self.service.database.clear()
        elif not forget(self.service.reference):
            return PlainTextResponse("these stores cannot be emptied\n", status_code=409)
        self.service.recent.clear()
        return _json({"reset": True})


def forget(reference: Reference) -> bool:
    """Empty the stores in memory; False, and nothing done, when there are others."""
    found = [party.store for party in reference.parties.values()]
    memory = [store for store in found if isinstance(store, MemoryStore)]
    if len(memory) != len(found):
        return False
    for store in memory:
        store.clear()
    return True


def _from_here(request: Request) -> bool:
    host = request.url.hostname or ""
    client = request.client.host if request.client else ""
    origin = request.headers.get("origin")
    return (
        _loopback(client)
        and (host == "localhost" or _loopback(host))
        and origin in (None, f"{request.url.scheme}://{request.url.netloc}")
    )


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _told(error: Refused | InputError) -> dict[str, str]:
    if isinstance(error, InputError):
        return {"zh": error.show("zh"), "en": error.show("en")}
    return error.text.both()


def _lang(request: Request, service: Service) -> Lang:
    asked = request.query_params.get("lang")
    return "en" if asked == "en" else "zh" if asked == "zh" else service.reference.setting.lang


def _before(request: Request) -> int | None:
    """The number before which a page of entries begins; None for the newest ones, and for what is no number."""
    asked = request.query_params.get("before", "")
    return min(int(asked), LARGEST) if asked.isascii() and asked.isdigit() and len(asked) < LONGEST else None


def _json(value: dict[str, Any]) -> Response:
    return Response(wire.encode(value), media_type=JSON)


async def _page(request: Request, html: str | None) -> Response:
    return await _nothing(request) if html is None else HTMLResponse(html)


async def _nothing(_: Request) -> Response:
    return PlainTextResponse("not found\n", status_code=404)
