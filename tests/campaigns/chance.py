"""Chance of a campaign: every draw is a pure function of (seed, actor, purpose, index)."""

from __future__ import annotations

from hashlib import blake2b

from attrs import frozen

from sim.world import draws


@frozen
class Chance:
    """The chance of one seed. The generator is that of the world (Philox4x32-10); the names become its counter."""

    seed: int

    def uniform(self, actor: str, purpose: str, index: int = 0) -> float:
        """A number strictly between 0 and 1."""
        name = blake2b(f"{actor}\0{purpose}\0{index}".encode(), digest_size=16).digest()
        c0, c1, c2, c3 = (int.from_bytes(name[n : n + 4], "little") for n in (0, 4, 8, 12))
        low, high, _, _ = draws.philox((c0, c1, c2, c3), (self.seed & 0xFFFFFFFF, self.seed >> 32))
        return (((high << 32 | low) >> 12) + 0.5) * 2.0**-52

    def below(self, limit: int, actor: str, purpose: str, index: int = 0) -> int:
        """A whole number from 0 to ``limit`` - 1."""
        return int(self.uniform(actor, purpose, index) * limit)

    def happens(self, probability: float, actor: str, purpose: str, index: int = 0) -> bool:
        """Whether something of a probability happens."""
        return self.uniform(actor, purpose, index) < probability
