"""Running the application: in a thread beside a program, or as the program itself."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING, Any

from uvicorn import Config, Server

from sim.errors import HarnessError, InputError
from sim.lang import say
from sim.platform import Reference
from sim.service.app import application
from sim.service.clock import Clock, china_time

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from sim.interface import Interface
    from sim.platform.sql import Database
    from sim.service.faults import Faults
    from sim.service.links import Peers
    from sim.service.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PATIENT = (20_000, 20, 20)
"""When the collector of garbage looks, in a server that lives long and makes little of it."""
PATIENCE = 10
"""Seconds that starting and stopping may take."""


class _Server(Server):
    """Says when it is ready, and ends on a signal as on any other reason: by returning."""

    def __init__(self, config: Config, announce: str = "") -> None:
        super().__init__(config)
        self.announce = announce
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.announce:
            print(f"ready {self.announce}", flush=True)  # noqa: T201 - what whoever started it waits for
        self.ready.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True


def _config(app: ASGIApp) -> Config:
    return Config(
        app,
        http="httptools" if find_spec("httptools") else "h11",
        loop="uvloop" if find_spec("uvloop") else "asyncio",
        ws="none",
        lifespan="auto",
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # nobody but the connection itself says where a client is
        server_header=False,
        timeout_graceful_shutdown=PATIENCE // 2,
    )


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise InputError(say("service.cannot_listen", host=host, port=port, problem=str(error.strerror))) from None


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def running(app: Any, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """A server in a thread for the time of the block; gives its URL. Port 0 takes a free one.

    Raises InputError when the port is taken, HarnessError when the server does not start or stop in time.
    """
    with _listen(host, port) as listener:
        server = _Server(_config(app))
        thread = threading.Thread(target=server.run, args=([listener],), name="yidi-service", daemon=True)
        thread.start()
        if not server.ready.wait(PATIENCE):
            server.should_exit = True
            raise HarnessError(say("service.not_started"))
        try:
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
            if thread.is_alive():
                raise HarnessError(say("service.not_stopped"))


def serve(
    reference: Reference,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    interface: Interface | None = None,
    clock: Clock = china_time,
    settings: Settings | None = None,
    faults: Faults | None = None,
    token: str = "",
    database: Database | None = None,
    peers: Peers | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. Prints ``ready URL`` on standard output once it accepts requests.

    For the other values see `application`. Raises InputError when the port is taken, or when the address can be reached
    from elsewhere and there is no token, or no key between parties.
    """
    if host not in LOOPBACK and not token:
        raise InputError(say("service.token_needed", host=host))
    if host not in LOOPBACK and peers is not None and not peers.key:
        raise InputError(say("service.key_needed", host=host))
    made = application(
        reference,
        interface=interface,
        clock=clock,
        settings=settings,
        faults=faults,
        token=token,
        database=database,
        peers=peers,
    )
    gc.freeze()  # what was read from files stays for ever; looking at it again and again takes a tenth of the time
    gc.set_threshold(*PATIENT)
    serve_application(made, host=host, port=port)


def serve_application(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> None:
    """The same for any application."""
    with _listen(host, port) as listener:
        _Server(_config(app), _url(listener)).run([listener])
