"""The twenty requests: 1101 for one person each, with expectations as far as each tool can state them."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from conformance.targets.platform import china_time
from sim.interface import envelope, interface
from sim.interface.schemas import schema
from sim.platform.people import Person, institutions, persons

COUNT = 20
_SERIAL = count(1)


def people() -> list[Person]:
    """Twenty people, each asked for by identity card; some twice if there are fewer."""
    able = [person for person in persons() if person.psn_insu_stas == "1"]
    return (able * COUNT)[:COUNT]


def requests() -> list[tuple[Person, dict[str, Any]]]:
    """Each with a message id that was never used, so that no platform may answer from memory."""
    place = institutions()[0]
    now = china_time()
    sender = envelope.Sender(place.fixmedins_code, place.fixmedins_name, place.admdvs)
    return [(person, _request(person, sender, now)) for person in people()]


def _request(person: Person, sender: envelope.Sender, now: Any) -> dict[str, Any]:
    data = {
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": person.certno,
        "psn_cert_type": person.psn_cert_type,
        "certno": person.certno,
        "psn_name": person.psn_name,
    }
    msgid = envelope.msgid(sender.fixmedins_code, now, next(_SERIAL) % 10_000)
    return envelope.request("1101", msgid=msgid, sender=sender, at=now, input={"data": data})


def tavern(url: str, folder: Path) -> Path:
    """A test file of twenty stages: status, infcode, and whose reply it is."""
    stages = [
        {
            "name": f"1101 of person {number}",
            "request": {"url": url, "method": "POST", "json": message},
            "response": {
                "status_code": 200,
                "json": {"infcode": 0, "output": {"baseinfo": {"certno": person.certno}}},
            },
        }
        for number, (person, message) in enumerate(requests(), 1)
    ]
    file = folder / "test_twenty.tavern.yaml"
    test = {"test_name": "twenty", "strict": ["json:off"], "stages": stages}
    file.write_text(yaml.safe_dump(test, allow_unicode=True, sort_keys=False), "utf-8")
    return file


def openapi(folder: Path) -> Path:
    """A description of one operation with twenty examples, and the reply by the interface's own schema."""
    reply = copy.deepcopy(dict(schema(interface(), "1101", "reply")))
    for name in ("$schema", "$id"):
        reply.pop(name)
    examples = {f"person{number}": {"value": message} for number, (_, message) in enumerate(requests(), 1)}
    described = {
        "openapi": "3.1.0",
        "info": {"title": "1101", "version": "1"},
        "paths": {
            "/": {
                "post": {
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"type": "object"}, "examples": examples}},
                    },
                    "responses": {"200": {"description": "reply", "content": {"application/json": {"schema": reply}}}},
                }
            }
        },
    }
    file = folder / "openapi.json"
    file.write_text(json.dumps(described, ensure_ascii=False, default=_number), "utf-8")
    return file


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(value)


def pack(folder: Path) -> Path:
    """Twenty scenarios of one step."""
    where = folder / "pack"
    where.mkdir(exist_ok=True)
    manifest = {
        "name": "twenty",
        "version": "1",
        "role": "platform",
        "interfaces": ["national"],
        "title": {"zh": "二十个请求", "en": "Twenty requests"},
    }
    (where / "pack.yaml").write_text(yaml.safe_dump(manifest, allow_unicode=True), "utf-8")
    for number in range(1, COUNT + 1):
        scenario = {
            "id": f"TWENTY-{number:03d}",
            "title": {"zh": f"第{number}个", "en": f"Number {number}"},
            "requirements": ["LIFE-ACCEPT"],
            "steps": [{"send": "1101"}],
        }
        (where / f"{number:03d}.yaml").write_text(yaml.safe_dump(scenario, allow_unicode=True), "utf-8")
    return where
