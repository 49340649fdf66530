"""A small world to run: two hospitals, fast fakes of a platform, and setups that tests change one thing of."""

from collections.abc import Callable, Generator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from sim.interface import envelope
from sim.platform.people import Institution
from sim.world.setup import Bill, Desk, Duration, Flow, Hospital, Origin, Setup, Stay

FIXED = {
    "reader.card": 8.0,
    "reader.code": 4.0,
    "reader.identity": 5.0,
    "register": 30.0,
    "enter": 60.0,
    "agree": 20.0,
    "pay": 25.0,
    "admit": 240.0,
    "discharge": 300.0,
    "link.hospital": 0.05,
    "link.hub": 0.2,
    "link.insured": 0.2,
}


class AcceptsEverything:
    """A platform in no time at all: every message is accepted, every bill is paid half and half."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def send(
        self, message: dict[str, Any], now: Callable[[], datetime], hop: Callable[[str], float]
    ) -> Generator[float, None, dict[str, Any]]:
        yield hop("hospital")
        self.said.append(message["infno"])
        return self.reply(message, now())

    def reply(self, message: dict[str, Any], now: datetime) -> dict[str, Any]:
        data = message["input"].get("data", {})
        total = data.get("medfee_sumamt", Decimal(0))
        head = {
            "setl_id": f"S{message['msgid']}",
            "fulamt_ownpay_amt": 0,
            "overlmt_selfpay": 0,
            "preselfpay_amt": 0,
            "inscp_scp_amt": total,
            "hifp_pay": total - total // 2,
            "fund_pay_sumamt": total - total // 2,
            "psn_part_amt": total // 2,
            "psn_cash_pay": total // 2,
        }
        output: dict[str, Any] = {
            "9001": {"signinoutb": {"sign_no": "1"}},
            "1101": {
                "baseinfo": {"psn_no": data.get("certno", "")},
                "insuinfo": [{"insuplc_admdvs": message["insuplc_admdvs"], "insutype": "310"}],
            },
            "2201": {"data": {"mdtrt_id": "M1"}},
            "2401": {"result": {"mdtrt_id": "M1"}},
        }.get(message["infno"], {"setlinfo": head})
        return envelope.accepted(refmsgid="0" * 30, received=now, responded=now, output=output)


class RefusesOne(AcceptsEverything):
    """Refuses every message of one number, with its words."""

    def __init__(self, infno: str, words: str) -> None:
        super().__init__()
        self.infno = infno
        self.words = words

    def reply(self, message: dict[str, Any], now: datetime) -> dict[str, Any]:
        if message["infno"] == self.infno:
            return envelope.refused(refmsgid="0" * 30, received=now, responded=now, err_msg=self.words)
        return super().reply(message, now)


@pytest.fixture(scope="session")
def accepts_everything() -> type[AcceptsEverything]:
    return AcceptsEverything


@pytest.fixture(scope="session")
def refuses_one() -> type[RefusesOne]:
    return RefusesOne


def hospital(number: int, counters: int, rate: float, hold: Duration) -> Hospital:
    institution = Institution(f"H5201980000{number}", f"示例{number}", "520100", "2", "L3")
    desks = {name: Desk(name, counters, rate, hold) for name in ("counter", "admission", "discharge")}
    return Hospital(5_200_000 + number, 0, institution, desks)


@pytest.fixture(scope="session")
def make_setup() -> Callable[..., Setup]:
    """Build a setup: two days, two hospitals, outpatients and inpatients, drawn holds; anything can be replaced."""

    def make(
        *,
        hospitals: int = 2,
        counters: int = 2,
        local_rate: float = 0.012,
        local_hold: Duration | None = None,
        per_day: float = 12.0,
        inpatients: float = 2.0,
        days: int = 2,
        law: str = "lognormal",
        **more: Any,
    ) -> Setup:
        hold = local_hold or Duration("exponential", 120.0)
        durations = {name: Duration(law, mean, 0.5 if law == "lognormal" else 0.0) for name, mean in FIXED.items()}  # type: ignore[arg-type]
        bill = Bill(90_000, 0.9, (4000, 4500, 1500), (3, 7))
        values: dict[str, Any] = {
            "start": date(2024, 3, 4),
            "days": days,
            "opens": 8 * 3600.0,
            "closes": 17 * 3600.0,
            "hospitals": tuple(hospital(n, counters, local_rate, hold) for n in range(1, hospitals + 1)),
            "origins": (Origin("110000", "310", 2.0, 500), Origin("500000", "390", 1.0, 500)),
            "flows": (
                Flow("outpatient", (per_day,) * days, {"L3": 1.0}, bill),
                Flow("inpatient", (inpatients,) * days, {"L3": 1.0}, bill),
            ),
            "filings": {"long_term": 5.0, "referral": 2.0, "unfiled": 1.0, "emergency": 1.0, "elsewhere": 1.0},
            "credentials": {"card": 5.0, "code": 4.0, "identity": 1.0},
            "durations": {**durations, "timeout": Duration("fixed", 20.0)},
            "chances": {"reader.card": 0.2, "reader.code": 0.1, "loss": 0.0},
            "limits": {"reader.retries": 1, "message.retries": 2},
            "stay": Stay(3.0, 0.5, 20),
        }
        return Setup(**{**values, **more})

    return make
