"""The platforms over HTTP: whole outpatient visits of out-of-town patients, against an application that only echoes.

One server process each, with the same server underneath; the load comes from this process, with 16 messages in flight.
Both sides get the same bodies. Every reply of the platforms must be an acceptance, or nothing is measured.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import subprocess
import sys
import tempfile
from decimal import Decimal

import aiohttp
import orjson
from attrs import frozen

from sim.interface import envelope, wire
from sim.platform import institutions, items, persons, reference
from sim.service import china_time
from tests.benchmarks.measure import Bench, Side

IN_FLIGHT = 16
VISITS = 400
"""Visits in one round."""
PARTS = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
STEPS = ("1101", "2201", "2203", "2204", "2206", "2207")
PLATFORMS = "from sim.platform import reference; from sim.service import serve; serve(reference())"
ECHO = """
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from sim.service.server import serve_application

async def echo(request):
    return Response(await request.body(), media_type="application/json; charset=utf-8")

serve_application(Starlette(routes=[Route("/{path:path}", echo, methods=["POST"])]))
"""
DURABLE = """
import sys
from sim.platform import reference
from sim.platform.sql import open_store
from sim.service import serve

database = open_store(sys.argv[1], group=True)
serve(reference(store=database), database=database)
"""


@frozen
class Cashier:
    """One hospital counter with one patient: the bodies of a visit, with places for the numbers that change."""

    bodies: tuple[bytes, ...]
    code: str
    opening: bytes

    def body(self, step: int, serial: int, mdtrt_id: bytes, sign_no: bytes = b"") -> bytes:
        """The body of one step."""
        number = msgid(self.code, serial).encode()
        body = self.bodies[step].replace(b"@MSGID@", number).replace(b"@SIGN@", sign_no)
        return body.replace(b"@VISIT@", mdtrt_id)

    def sign_in(self, serial: int) -> bytes:
        """The body with which the day begins."""
        return self.opening.replace(b"@MSGID@", msgid(self.code, serial).encode())


def msgid(code: str, serial: int) -> str:
    """The message id of a serial number: ten thousand in each second of one day."""
    seconds, rest = divmod(serial, 10_000)
    return f"{code}20240305{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}{rest:04d}"


def cashiers() -> list[Cashier]:
    """As many as there are messages in flight, each with a patient from another province."""
    hospital = institutions()[0]
    chosen = [
        p for p in persons() if p.psn_insu_stas == "1" and p.province != hospital.province and p.insutype == "310"
    ]
    return [cashier(hospital, person) for person in chosen[:IN_FLIGHT]]


def cashier(hospital, person) -> Cashier:
    """The messages of one patient's visits."""
    now = china_time()
    time = envelope.datetime19(now)
    shown = {"mdtrt_cert_type": "01", "mdtrt_cert_no": person.token}
    whose = {"psn_no": person.psn_no, "mdtrt_id": "@VISIT@"}
    goods = [item for item in items() if item.chrgitm_lv in ("01", "02", "03")][:3]
    lines = [
        {"feedetl_sn": str(n), **whose, "chrg_bchno": "B1", "fee_ocur_time": time, "med_list_codg": item.code,
         "medins_list_codg": item.code, "det_item_fee_sumamt": (Decimal(item.price).scaleb(-6) * 2).quantize(Decimal("0.01")),
         "cnt": 2, "pric": Decimal(item.price).scaleb(-6), "bilg_dept_codg": "0301", "bilg_dept_name": "示例科",
         "bilg_dr_codg": "D1", "bilg_dr_name": "示例医生", "hosp_appr_flag": "0", "rx_circ_flag": "0"}
        for n, item in enumerate(goods, 1)
    ]  # fmt: skip
    total = sum((row["det_item_fee_sumamt"] for row in lines), Decimal(0))
    asked = {**whose, **shown, "insutype": person.insutype, "med_type": "11", "chrg_bchno": "B1",
             "medfee_sumamt": total, "psn_setlway": "01", "acct_used_flag": "1"}  # fmt: skip
    contents = {
        "1101": {"data": {**shown, "psn_cert_type": "01", "certno": person.certno, "psn_name": person.psn_name}},
        "2201": {"data": {"psn_no": person.psn_no, "insutype": person.insutype, "begntime": time, **shown,
                          "ipt_otp_no": "O1", "dept_code": "0301", "dept_name": "示例科", "caty": "A03.01"}},
        "2203": {"mdtrtinfo": {**whose, "med_type": "11", "begntime": time},
                 "diseinfo": [{"diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00", "diag_name": "示例病",
                               "diag_dept": "示例科", "dise_dor_no": "D1", "dise_dor_name": "示例医生",
                               "diag_time": time, "vali_flag": "1"}]},
        "2204": {"feedetail": lines},
        "2206": {"data": asked},
    }  # fmt: skip
    contents["2207"] = {"data": {**asked, **parts_of(hospital, person, contents)}}
    made = [wire.encode(message(infno, hospital, person, contents[infno])) for infno in STEPS]
    opening = envelope.request("9001", msgid="@MSGID@", sender=sender_of(hospital), at=now,
                               input={"signIn": {"opter_no": "1", "mac": "00", "ip": "192.0.2.1"}})  # fmt: skip
    return Cashier(tuple(made), hospital.fixmedins_code, wire.encode(opening))


def sender_of(hospital) -> envelope.Sender:
    """The hospital as a sender."""
    return envelope.Sender(hospital.fixmedins_code, hospital.fixmedins_name, hospital.admdvs)


def message(infno, hospital, person, content) -> dict:
    """A request with places for the numbers that change."""
    sender = sender_of(hospital)
    place = "" if infno == "1101" else person.insuplc_admdvs
    return envelope.request(
        infno, msgid="@MSGID@", sender=sender, insuplc_admdvs=place, sign_no="@SIGN@", at=china_time(), input=content
    )


def parts_of(hospital, person, contents) -> dict:
    """The four parts of the total, from a visit in this process up to the trial."""
    platforms, visit = reference(), b""
    for serial, infno in enumerate(STEPS[:-1], 1):
        body = wire.encode(message(infno, hospital, person, contents[infno]))
        body = body.replace(b"@SIGN@", b"").replace(b"@MSGID@", msgid(hospital.fixmedins_code, serial).encode())
        reply = platforms.call(wire.decode(body.replace(b"@VISIT@", visit)), china_time())
        assert envelope.is_accepted(reply), reply["err_msg"]
        visit = reply["output"]["data"]["mdtrt_id"].encode() if infno == "2201" else visit
    return {name: reply["output"]["setlinfo"][name] for name in PARTS}


class Served:
    """A server in a process of its own for as long as this program runs."""

    def __init__(self, program: str, *arguments: str) -> None:
        command = [sys.executable, "-c", program, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        atexit.register(self.stop)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().removeprefix("ready ").strip()

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


class Load:
    """Visits against one server. Serials never repeat, so no message is a repetition."""

    def __init__(self, url: str, desks: list[Cashier], *, real: bool, visits: int = VISITS) -> None:
        self.url = url
        self.desks = desks
        self.real = real
        self.visits = visits
        self.serials = itertools.count(1)

    def run(self) -> None:
        """One round."""
        asyncio.run(self._round())

    async def _round(self) -> None:
        visits = iter(range(self.visits))
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(self._desk(session, desk, visits) for desk in self.desks))

    async def _desk(self, session: aiohttp.ClientSession, desk: Cashier, visits) -> None:
        sign_no = b""
        if self.real:
            async with session.post(self.url, data=desk.sign_in(next(self.serials))) as answer:
                sign_no = orjson.loads(await answer.read())["output"]["signinoutb"]["sign_no"].encode()
        for _ in visits:  # shared: whoever is free takes the next
            mdtrt_id = b""
            for step, infno in enumerate(STEPS):
                body = desk.body(step, next(self.serials), mdtrt_id, sign_no)
                async with session.post(self.url, data=body) as answer:
                    reply = await answer.read()
                if self.real:
                    assert reply.startswith(b'{"infcode":0'), reply.decode()
                    if infno == "2201":
                        mdtrt_id = orjson.loads(reply)["output"]["data"]["mdtrt_id"].encode()


def benches() -> list[Bench]:
    """In memory, and durable on SQLite, each against the echo."""
    desks = cashiers()
    echo = Load(Served(ECHO).url, desks, real=False)
    folder = tempfile.TemporaryDirectory(prefix="yidi-bench-")
    atexit.register(folder.cleanup)
    found = []
    for title, server in (
        ("outpatient visits over HTTP, in memory", Served(PLATFORMS)),
        ("outpatient visits over HTTP, durable on SQLite", Served(DURABLE, f"sqlite:///{folder.name}/bench.db")),
    ):
        ours = Load(server.url, desks, real=True)
        count = VISITS * len(STEPS)
        found.append(
            Bench(title, "transactions", Side("platforms", ours.run, count), Side("bare echo", echo.run, count))
        )
    return found
