"""The server over real sockets."""

import asyncio
import http.client
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from urllib.parse import urlsplit

import aiohttp
import pytest
from platform_desk import Desk, person, world

from sim.errors import InputError
from sim.interface import wire
from sim.service import application, china_time, running


class Wire(Desk):
    """The desk, sending over HTTP."""

    url = ""

    def call(self, message):
        request = urllib.request.Request(f"{self.url}/api/{message['infno']}", data=wire.encode(message))  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return wire.decode(answer.read())


@pytest.fixture(scope="module")
def server():
    app = application(world())
    with running(app) as url:
        yield app, url


def desk_at(server, patient=None):
    app, url = server
    desk = Wire(app.state.service.reference, patient)
    desk.url = url
    desk.now = china_time()
    return desk


def test_a_visit_and_a_stay_are_settled_over_http(server):
    """End to end, cross-province and local."""
    for patient in (person("110000"), person("520100")):
        head = desk_at(server, patient).ready().settle()
        assert head["fund_pay_sumamt"] > 0
        assert desk_at(server, patient).ready_to_leave().settle()["setl_id"] != head["setl_id"]


def test_a_body_far_too_large_is_refused_and_the_connection_can_be_closed(server):
    """The refusal is read by a client that sends everything first; a client that goes away harms nobody."""
    _, url = server
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
    connection.request("POST", "/", body=b"x" * (2 * wire.MAX_BYTES))
    reply = wire.decode(connection.getresponse().read())
    connection.close()
    assert -1 == reply["infcode"]
    with socket.create_connection((parts.hostname, parts.port)) as raw:
        raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    desk_at(server).ready().settle()


def test_a_client_may_expect_continue(server):
    """``Expect: 100-continue``, as some clients send it for larger bodies."""
    desk = desk_at(server)
    body = wire.encode(desk.message("1101", {"data": desk.shown()}))
    parts = urlsplit(desk.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as raw:
        head = f"POST /1101 HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        raw.sendall(head.encode())
        assert b"100" in raw.recv(1000).split(b"\r\n")[0]
        raw.sendall(body)
        received = b""
        while chunk := raw.recv(10000):
            received += chunk
    assert 0 == wire.decode(received.split(b"\r\n\r\n", 1)[1])["infcode"]


def test_many_clients_at_once_settle_one_visit_once(server):
    """Twenty cashiers, each with an own message for the same charge batch: one accepted, the others told the setl_id."""
    desk = desk_at(server).ready()
    bodies = [wire.encode(desk.message("2207", desk.settlement())) for _ in range(20)]

    async def go():
        async with aiohttp.ClientSession() as session:

            async def send(body):
                async with session.post(desk.url, data=body) as answer:
                    return wire.decode(await answer.read())

            return await asyncio.gather(*map(send, bodies))

    replies = asyncio.run(go())
    accepted = [reply for reply in replies if reply["infcode"] == 0]
    assert 1 == len(accepted)
    setl_id = accepted[0]["output"]["setlinfo"]["setl_id"]
    assert 19 == sum(setl_id in (reply["err_msg"] or "") for reply in replies)


def test_a_taken_port_is_told():
    """The error names host and port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=str(port)), running(application(world()), port=port):
            pass


def test_a_server_can_be_started_again_after_it_stopped():
    """Nothing of the first remains: the port is free, the thread gone."""
    app = application(world())
    with running(app) as url:
        port = urlsplit(url).port
    with running(app, port=port) as again:
        assert url == again
    with pytest.raises(OSError, match=r".*"):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_cleanly_on_a_signal(number):
    """It prints the URL once it accepts, answers, and ends with exit code 0 and nothing on standard error."""
    program = "from sim.platform import reference; from sim.service import serve; serve(reference())"
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        ready = process.stdout.readline().split()
        assert "ready" == ready[0]
        keep = http.client.HTTPConnection(urlsplit(ready[1]).netloc, timeout=10)
        keep.request("POST", "/", body=b"{}")  # a connection that stays open must not hold it up
        assert -1 == wire.decode(keep.getresponse().read())["infcode"]
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=20)
        keep.close()
    finally:
        process.kill()
    assert (0, "", "") == (process.returncode, out, err)
