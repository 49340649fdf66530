"""All known-bad hospital clients, each with the desk for stays as well."""

from __future__ import annotations

from functools import cache

from conformance.example.hospital_client import Hospital
from conformance.example.inpatient_client import InpatientHospital
from conformance.mutants.hospitals import day_end, messages, once, operator, order
from conformance.mutants.hospitals.known import HospitalMutant, called
from sim.errors import InputError, nearest
from sim.lang import say


def _with_wards(client: type[Hospital]) -> type[Hospital]:
    """The same fault at a desk that also admits: the client's methods come first."""
    return type(client.__name__, (client, InpatientHospital), {})


@cache
def hospital_mutants() -> tuple[HospitalMutant, ...]:
    """All of them, by id."""
    clients = [row for section in (messages, order, once, operator, day_end) for row in section.CLIENTS]
    return tuple(
        HospitalMutant(
            called(client), say(f"mutant.{called(client)}"), _with_wards(client), (scenario,), f"hospital.{check}"
        )
        for client, check, scenario in sorted(clients, key=lambda row: called(row[0]))
    )


def hospital_mutant(name: str) -> HospitalMutant:
    """One of them. Raises InputError with the nearest name."""
    found = next((one for one in hospital_mutants() if one.id == name), None)
    if found is None:
        known = [one.id for one in hospital_mutants()]
        raise InputError(say("mutant.unknown", name=name), nearest=nearest(name, known))
    return found
