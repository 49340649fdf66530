"""Validation of whole messages: jsonschema-rs against jsonschema, both compiled once."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from sim.interface import interface, validate, validate_reference
from sim.interface.examples import example
from tests.benchmarks.measure import Bench, Side


def benches() -> list[Bench]:
    """One valid request with ten rows, and one valid reply."""
    iface = interface()
    found = []
    for infno, direction, node in (("2204", "request", "feedetail"), ("2207", "reply", None)):
        message = example(iface, infno, direction, Random(7))  # noqa: S311 - made-up messages, not secrets
        if node:
            message["input"][node] = message["input"][node][:1] * 10

        def loop(
            function: Callable[..., object], times: int, infno=infno, direction=direction, message=message
        ) -> None:
            for _ in range(times):
                function(iface, infno, direction, message)

        found.append(
            Bench(
                f"validate {infno} {direction}",
                "messages",
                Side("jsonschema-rs", lambda loop=loop: loop(validate, 2000), 2000),
                Side("jsonschema", lambda loop=loop: loop(validate_reference, 100), 100),
            )
        )
    return found
