"""The reference platforms on a port: messages by POST at any path, operator pages by GET."""

from sim.service.app import application
from sim.service.clock import Clock, china_time
from sim.service.faults import Faults, read_faults
from sim.service.server import running, serve
from sim.service.settings import Settings, read_settings

__all__ = [
    "Clock",
    "Faults",
    "Settings",
    "application",
    "china_time",
    "read_faults",
    "read_settings",
    "running",
    "serve",
]
