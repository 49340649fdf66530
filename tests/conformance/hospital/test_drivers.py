"""Whoever drives the hospital system: a command, a URL, a person; and what goes wrong with them."""

import contextlib
import io
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from conformance.drive import CallDriver, CommandDriver, ManualDriver, UrlDriver, driver_for
from conformance.drive.certify import address, certify_hospital
from conformance.drive.protocol import schema, told
from conformance.drive.scenario import schema as scenario_schema
from conformance.example.hospital_client import Hospital, RefusedError, UnknownError
from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.result import RunResult
from conformance.targets import hospital_platform
from sim.errors import InputError

ORDER = {"do": "end_day", "step": "end_day"}


def command(tmp_path: Path, source: str) -> CommandDriver:
    """A driver for a small program."""
    script = tmp_path / "system.py"
    script.write_text(f"import sys, json, time\n{source}\n", encoding="utf-8")
    return CommandDriver(f"{sys.executable} {script}")


def run(driver: Any, *only: str, seconds: float = 5) -> RunResult:
    """Certify what a driver drives."""
    pack = load_pack("hospital")
    return certify_hospital("127.0.0.1:0", driver, Profile(), [pack], only=only, answer_seconds=seconds)


ECHO = 'for line in sys.stdin:\n    print(json.dumps({"result": "refused", "text": line.strip()[:40]}), flush=True)'


def test_an_order_is_a_line_and_so_is_its_answer(tmp_path: Path) -> None:
    """What a vendor's adapter must do, and no more."""
    driver = command(tmp_path, ECHO)
    answer = driver.ask(ORDER, 5).answer
    driver.close()
    assert answer is not None
    assert ("refused", '{"do": "end_day", "step": "end_day"}') == (answer.result, answer.text)


def test_a_command_that_ends_is_gone_and_is_started_again(tmp_path: Path) -> None:
    """A crash of the system under test is one order's; the next begins with a new process."""
    driver = command(tmp_path, 'sys.stdin.readline(); sys.stderr.write("out of beds\\n"); sys.exit(7)')
    first, second = driver.ask(ORDER, 5), driver.ask(ORDER, 5)
    driver.close()
    assert ("gone", "gone") == (first.ending, second.ending)
    assert first.problem is not None
    assert "7" in first.problem.show("en")
    assert "out of beds" in driver.complaints()


def test_a_command_that_hangs_is_given_up(tmp_path: Path) -> None:
    """In the time that was allowed, also when it ignores that its input ended."""
    driver = command(tmp_path, "time.sleep(60)")
    begun = time.monotonic()
    late = driver.ask(ORDER, 0.3)
    driver.close()
    assert "late" == late.ending
    assert time.monotonic() - begun < 5


def test_a_wait_ends_when_the_run_is_stopped(tmp_path: Path) -> None:
    """Nobody waits a minute for a system that will not be asked any more."""
    driver = command(tmp_path, "time.sleep(60)")
    begun = time.monotonic()
    ended = driver.ask(ORDER, 50, lambda: time.monotonic() - begun > 0.3)
    driver.close()
    assert "ended" == ended.ending
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("line", "part"),
    [
        (b"ok", "one JSON object"),
        (b"[]", "-"),
        (b'{"result": "paid"}', "result"),
        (b'{"result": "refused"}', "text"),
        (b'{"result": "done", "cash": "1,50"}', "cash"),
        (b'{"result": "done", "reconciled": "yes"}', "reconciled"),
        (b"[" * 100_000, "one JSON object"),
        (b'{"result": "done", "text": "' + b"x" * 1_100_000, "1048576"),
    ],
)
def test_what_is_no_answer_is_told_where(line: bytes, part: str) -> None:
    """A mistake in an adapter is found without reading this code."""
    found = told(line)
    assert "nonsense" == found.ending
    assert found.problem is not None
    assert part in found.problem.show("en")


def test_numbers_are_amounts_as_well(tmp_path: Path) -> None:
    """An adapter may write 12.30 or "12.30"; both are 1230 fen."""
    for line in (b'{"result": "done", "cash": 12.30}', b'{"result": "done", "cash": "12.30"}'):
        answer = told(line).answer
        assert answer is not None
        assert 1230 == answer.cash


def test_nonsense_is_the_drivers_fault(tmp_path: Path) -> None:
    """Not a finding against the hospital: exit code 3."""
    result = run(command(tmp_path, 'print("hello", flush=True); sys.stdin.read()'), "HOS-001")
    assert ("harness_failed", 3) == (result.verdict, result.exit_code)
    assert result.findings == ()


def test_a_system_that_dies_later_is_found(tmp_path: Path) -> None:
    """Once it answered, that it dies is a finding."""
    dies = 'sys.stdin.readline(); print(json.dumps({"result": "done"}), flush=True); sys.stdin.readline(); sys.exit(1)'
    result = run(command(tmp_path, dies), "HOS-001")
    assert ("failed", 1) == (result.verdict, result.exit_code)
    assert {"hospital.answered"} == {f.observation.check for f in result.findings}


def test_a_system_that_does_nothing_is_found(tmp_path: Path) -> None:
    """To say that it is done is not to do it."""
    result = run(CallDriver(lambda _: {"result": "done"}), "HOS-001")
    assert "hospital.told_done" in {f.observation.check for f in result.findings}


def test_nobody_there_is_nothing_checked() -> None:
    """Exit code 4: neither good nor bad."""
    result = run(UrlDriver("http://127.0.0.1:9/drive"), "HOS-001", "HOS-002", seconds=2)
    assert ("nothing_checked", 4) == (result.verdict, result.exit_code)
    assert {"not_run"} == {s.status for s in result.scenarios}


@pytest.fixture
def adapter() -> Iterator[str]:
    """The example client behind a URL."""
    hospital = Hospital()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = {"result": "done"} if order["do"] == "stop" else hospital.order(order)
            body = json.dumps(answer).encode()
            self.send_response(200 if self.path == "/drive?desk=1" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_url_takes_the_same_orders(adapter: str) -> None:
    """By POST, one order a request; a second run against the same system comes to the same."""
    for _ in range(2):
        day = load_pack("hospital-end-of-day")
        only = ["HOS-201", "HOS-202"]
        result = certify_hospital("127.0.0.1:0", UrlDriver(f"{adapter}/drive?desk=1"), Profile(), [day], only=only)
        assert ("passed", 2) == (result.verdict, len([s for s in result.scenarios if s.status == "passed"]))


def test_a_wrong_path_is_the_drivers_fault(adapter: str) -> None:
    """404 is no answer."""
    result = run(UrlDriver(f"{adapter}/elsewhere"), "HOS-001")
    assert ("harness_failed", 3) == (result.verdict, result.exit_code)
    assert "404" in result.harness_errors[0].text.show("en")


def person(typed: str, lang: Any = "zh") -> tuple[ManualDriver, io.StringIO]:
    """Somebody at the keyboard."""
    screen = io.StringIO()
    return ManualDriver(io.StringIO(typed), screen, lang), screen


def test_a_person_reads_what_to_do_and_types_what_came() -> None:
    """In the language chosen; a slip is asked again."""
    driver, screen = person("x\nd\n520.40\n\n0\n12.3.4\n520.40\n")
    answer = driver.ask({"do": "pay", "step": "pay", "patient": "patient", "acct_used_flag": "0"}, 1).answer
    assert answer is not None
    assert ("done", 52040, None, 0, 52040) == (
        answer.result,
        answer.medfee_sumamt,
        answer.fund_pay_sumamt,
        answer.acct_pay,
        answer.cash,
    )
    assert "患者 patient 缴费" in screen.getvalue()
    assert "x 不是 d、r、u、c 之一" in screen.getvalue()


def test_a_person_tells_why_it_was_refused() -> None:
    """The text on the screen is what the judge compares."""
    driver, screen = person("r\n参保状态异常\n", "en")
    answer = driver.ask({"do": "cancel", "step": "cancel", "patient": "patient"}, 1).answer
    assert answer is not None
    assert ("refused", "参保状态异常") == (answer.result, answer.text)
    assert "gives the latest payment back" in screen.getvalue()


def test_the_end_of_the_input_ends_the_run() -> None:
    """A run that somebody ended is partial, and never green."""
    driver, _ = person("\n")
    result = run(driver, "HOS-001")
    assert result.partial
    assert 4 == result.exit_code


def test_every_order_of_every_pack_keeps_to_the_protocol() -> None:
    """The published schema holds for what is really sent, and is itself a schema."""
    seen: set[str] = set()
    validator = jsonschema.Draft202012Validator(schema())

    def answer(order: dict[str, Any]) -> dict[str, Any]:
        validator.validate(order)
        seen.add(order["do"])
        return hospital.order(order)

    hospital = Hospital()
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator.check_schema(scenario_schema())
    run(CallDriver(answer), "HOS-001", "HOS-013", "HOS-016")
    assert {"start", "present", "register", "bill", "estimate", "pay", "cancel", "leave"} == seen


def test_exactly_one_driver_is_asked_for() -> None:
    """Neither none nor two."""
    for asked in ({}, {"command": "x", "url": "http://y"}, {"command": "x", "manual": True}):
        with pytest.raises(InputError, match="exactly one"):
            driver_for(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("listen", ["", "8080", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "::1:80"])
def test_a_bad_address_is_told(listen: str) -> None:
    """HOST:PORT, with brackets around an IPv6 address."""
    with pytest.raises(InputError, match="HOST:PORT"):
        address(listen)
    assert ("::1", 8080) == address("[::1]:8080")


def hostile(raw: bytes) -> CallDriver:
    """A system that sends these bytes to the platform whatever it is asked, and says that all is done."""
    at: dict[str, Any] = {}

    def answer(order: dict[str, Any]) -> dict[str, Any]:
        at.update(order if order["do"] == "start" else {})
        parts = urlsplit(at["url"])
        with socket.create_connection((str(parts.hostname), int(parts.port or 80)), 5) as line:
            line.settimeout(5)
            with contextlib.suppress(OSError):
                line.sendall(raw)
                line.recv(65536)
        return {"result": "done"}

    return CallDriver(answer)


def test_a_system_that_floods_the_platform_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of it is bounded, and the scenario fails."""
    monkeypatch.setattr(hospital_platform, "MOST", 40)
    hospital = Hospital()

    def answer(order: dict[str, Any]) -> dict[str, Any]:
        told = hospital.order(order)
        for _ in range(60 * (order["do"] == "present")):
            with contextlib.suppress(UnknownError, RefusedError):
                hospital.ask("1101", {})
        return told

    result = run(CallDriver(answer), "HOS-001")
    assert "failed" == result.verdict
    assert len(result.conversation) < 60


def post(body: bytes, more: bytes = b"", length: int | None = None) -> bytes:
    """A request as bytes."""
    said = len(body) if length is None else length
    return b"POST / HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s" % (more, said, body)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        post(b"not json"),
        post(b"{}"),
        post(b"[" * 200_000),
        post(b'{"infno": "2207", "input": ' + b"9" * 100_000 + b"}"),
        post(b"x" * 5_000_000),
        post(b"\xff\xfe\x00"),
        post(b"\x1f\x8b\x08\x00junk", b"Content-Encoding: gzip\r\n"),
    ],
    ids=["tls", "get", "text", "empty", "deep", "long number", "large", "utf16", "gzip"],
)
def test_a_hostile_system_costs_bounded_time_and_is_found(raw: bytes) -> None:
    """Whatever comes over the wire is a finding, not a failure of the suite."""
    begun = time.monotonic()
    result = run(hostile(raw), "HOS-001")
    assert ("failed", ()) == (result.verdict, result.harness_errors)
    assert time.monotonic() - begun < 20
