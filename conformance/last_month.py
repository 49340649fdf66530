"""A month that is over, for clearing: one settlement of somebody from elsewhere at every hospital in it.

A platform that begins empty has nothing to clear. Its clock cannot be set back, but the database it will be served from
can be filled before: by the same messages that a hospital sends, in this process, on a day of last month.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from attrs import evolve

from conformance.pack import load_pack
from conformance.profile import Profile
from conformance.run import certify_platform
from conformance.targets.transport import InProcessTransport
from sim.errors import HarnessError
from sim.lang import say
from sim.platform import reference
from sim.platform.people import HOSPITAL
from sim.platform.sql import open_store

PACK, SCENARIO = "outpatient", "OUT-001"
"""An outpatient visit across provinces, from the person's information to the settlement."""
MIDDLE = 15
"""The day of the month, which every month has."""


def last_month(today: datetime) -> datetime:
    """A moment in the middle of the month before."""
    before = today.date().replace(day=1) - timedelta(days=1)
    return datetime.combine(before.replace(day=MIDDLE), time(9))


def settle_last_month(url: str, today: datetime) -> tuple[str, int]:
    """Fill a database; returns the month (yyyy-MM) and how many settled. Raises InputError for an address that cannot
    be used, HarnessError when the reference does not settle."""
    moment, profile, pack = last_month(today), Profile(), load_pack(PACK)
    hospitals = [place for place in profile.institutions if place.fixmedins_type == HOSPITAL]
    with open_store(url) as database:
        platforms = reference(store=database)
        transport = InProcessTransport(platforms.call, lambda: moment)
        for number, place in enumerate(hospitals):
            turned = (*profile.people[number:], *profile.people[:number])
            alone = evolve(profile, institutions=(place,), people=turned)
            done = certify_platform(transport, alone, [pack], only=[SCENARIO], clock=lambda: moment)
            if done.verdict != "passed":
                raise HarnessError(say("people.month_failed", place=place.fixmedins_code))
    return f"{moment:%Y-%m}", len(hospitals)
