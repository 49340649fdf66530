"""The scenario language: what is said to whom, with which one fault, and what must follow. Data only, no code."""

from conformance.scenario.load import read_scenario, schema
from conformance.scenario.model import Change, Charged, Fault, InstitutionNeed, PersonNeed, Scenario, Step

__all__ = [
    "Change",
    "Charged",
    "Fault",
    "InstitutionNeed",
    "PersonNeed",
    "Scenario",
    "Step",
    "read_scenario",
    "schema",
]
