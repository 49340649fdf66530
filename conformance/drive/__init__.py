"""Making a hospital system under test act: the drive protocol, who speaks it, and the scenarios told in it."""

from conformance.drive.drivers import CallDriver, CommandDriver, Driver, ManualDriver, UrlDriver, driver_for
from conformance.drive.protocol import Answer, Told
from conformance.drive.scenario import Act, HospitalScenario, Trouble

__all__ = [
    "Act",
    "Answer",
    "CallDriver",
    "CommandDriver",
    "Driver",
    "HospitalScenario",
    "ManualDriver",
    "Told",
    "Trouble",
    "UrlDriver",
    "driver_for",
]
