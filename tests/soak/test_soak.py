"""A server's memory does not follow the number of messages it has handled; a server that leaks is found."""

import sys

import pytest

from tests.soak.soak import MIB, SERVE, Look, Soaked, soak

LEAKING = """
import sys
from sim.service.launch import Cast, launch
from sim.service.recent import Recent

kept, add = [], Recent.add

def leaking(self, *given):
    kept.append(bytearray(b"x" * 32768))
    add(self, *given)

Recent.add = leaking
launch(Cast(), host="127.0.0.1", port=0)
"""
MESSAGES = 10_000
A_MESSAGE = 3_000
"""Bytes a message that caches may still take while they fill; what must be kept of a message is several times that."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="memory is read from /proc or ps")


def grown(command, messages=MESSAGES):
    """Bytes a message after warming up."""
    soaked = soak(messages, command)
    return soaked.growth / (soaked.looks[-1].messages - soaked.looks[1].messages)


def test_memory_does_not_follow_the_messages():
    """Several thousand over HTTP, with the database that `yidi serve` has by default."""
    assert A_MESSAGE > grown(SERVE)


def test_a_server_that_keeps_what_it_handled_is_found():
    """The same measure, of a server that keeps 32 KiB of each message."""
    assert A_MESSAGE < grown((sys.executable, "-c", LEAKING), MESSAGES // 5)


def test_growth_is_what_comes_after_warming_up():
    """The first parts do not count, the two last looks against the two first that do."""
    memory = [50, 100, 102, 104, 106, 108, 110, 112, 114, 116]
    soaked = Soaked(tuple(Look(n, size * MIB, n) for n, size in enumerate(memory, 1)))
    assert (14 * MIB, 0.14) == (soaked.growth, soaked.share)
