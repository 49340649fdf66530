"""Who comes when: all out-of-town visits of a period, known before anything runs, each a pure function of its id."""

from __future__ import annotations

from attrs import frozen

from sim.platform.people import Person
from sim.platform.regions import province_of
from sim.world import draws
from sim.world.people import filing_of, number_of, person
from sim.world.setup import DAY, Hospital, Origin, Setup, visit_id
from sim.world.visit import CREDENTIALS, DECLARATION


@frozen
class Visit:
    """One out-of-town visit before it begins. Times in seconds since the start of the period."""

    id: int
    kind: str
    hospital: Hospital
    origin: Origin
    person: int
    filing: str
    arrive: float
    midstay: float
    discharge: float
    credential: int

    def day(self, desk: str) -> int:
        """The day on which it is due at a desk."""
        return int((self.discharge if desk == "discharge" else self.arrive) // DAY)


def visits(setup: Setup, seed: int) -> list[Visit]:
    """All visits in order of arrival (ties by id). Origins that have not joined yet send nobody."""
    found = [
        _visit(setup, seed, flow.kind, hospital, day, n)
        for flow in setup.flows
        for hospital in setup.hospitals
        for day in range(hospital.joined, setup.days)
        for n in range(_count(seed, flow.kind, flow.expected(hospital, day), hospital, day))
    ]
    return sorted((visit for visit in found if visit is not None), key=lambda visit: (visit.arrive, visit.id))


def people(setup: Setup, seed: int, everybody: list[Visit]) -> dict[tuple[str, int], Person]:
    """The persons of the visits by pool and number, each filed (if filed) for the provinces he visits."""
    goes: dict[tuple[str, int], set[str]] = {}
    origins = {origin.name: origin for origin in setup.origins}
    for visit in everybody:
        goes.setdefault((visit.origin.name, visit.person), set()).add(province_of(visit.hospital.institution.admdvs))
    return {
        (name, number): person(setup, seed, origins[name], number, tuple(sorted(provinces)))
        for (name, number), provinces in sorted(goes.items())
    }


def _count(seed: int, kind: str, expected: float, hospital: Hospital, day: int) -> int:
    key = visit_id(DECLARATION[kind].number, hospital.number, day, (1 << 20) - 1)
    return draws.poisson(expected, seed, key, "arrival.count")


def _visit(setup: Setup, seed: int, kind: str, hospital: Hospital, day: int, n: int) -> Visit | None:
    key = visit_id(DECLARATION[kind].number, hospital.number, day, n)
    province = province_of(hospital.institution.admdvs)
    weights = [
        origin.weight if origin.joined <= day and origin.province != province else 0.0 for origin in setup.origins
    ]
    if not any(weights):
        return None
    origin = setup.origins[draws.choice(weights, draws.uniform(seed, key, "origin"))]
    open_for = setup.closes - setup.opens
    arrive = day * DAY + setup.opens + draws.uniform(seed, key, "arrival.time") * open_for
    nights = _nights(setup, seed, key) if kind == "inpatient" else 0
    leaves = (day + nights) * DAY + setup.opens + draws.uniform(seed, key, "stay.days", 1) * open_for
    number = number_of(origin, seed, key)
    mix = [setup.credentials.get(name, 0.0) for name in CREDENTIALS]
    return Visit(
        id=key,
        kind=kind,
        hospital=hospital,
        origin=origin,
        person=number,
        filing=filing_of(setup, seed, origin, number),
        arrive=arrive,
        midstay=arrive + (leaves - arrive) / 2.0,
        discharge=leaves,
        credential=draws.choice(mix, draws.uniform(seed, key, "credential")),
    )


def _nights(setup: Setup, seed: int, key: int) -> int:
    stay = setup.stay
    if stay is None:
        raise ValueError("inpatients need a length of stay")
    drawn = draws.lognormal(stay.mean, stay.sigma, draws.uniform(seed, key, "stay.days"))
    return min(max(1, int(drawn + 0.5)), stay.longest)
