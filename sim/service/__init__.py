"""The reference platforms on a port: messages by POST at any path, operator pages by GET."""

from sim.service.app import application
from sim.service.clock import Clock, china_time
from sim.service.server import running, serve

__all__ = ["Clock", "application", "china_time", "running", "serve"]
