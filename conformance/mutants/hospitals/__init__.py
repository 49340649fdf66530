"""The known-bad hospital clients: the example client, each with one fault of what really goes wrong in the field."""

from conformance.mutants.hospitals.known import HospitalMutant, called
from conformance.mutants.hospitals.register import hospital_mutant, hospital_mutants

__all__ = ["HospitalMutant", "called", "hospital_mutant", "hospital_mutants"]
