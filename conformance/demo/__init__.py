"""The whole story in one command: platforms on a port, a simulated day, a good and a faulty platform certified."""

from conformance.demo.story import run_demo

__all__ = ["run_demo"]
