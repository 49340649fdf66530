"""Out of which parts a payment is taken, where the rules only fix its sum."""

from __future__ import annotations

from collections.abc import Sequence

from sim.money import share_out


def draw_from(amount: int, wishes: Sequence[int], rooms: Sequence[int]) -> list[int]:
    """Fen taken from each part, summing to ``amount``: in proportion to the wishes, never more than a part's room.

    What the wishes do not cover comes from the rooms, the first first. Raises ValueError when all rooms together hold
    less than the amount.
    """
    wanted = [min(wish, room) for wish, room in zip(wishes, rooms, strict=True)]
    whole = sum(wanted)
    taken = share_out(amount, wanted) if 0 < amount < whole else wanted if amount else [0] * len(wanted)
    taken = [min(part, room) for part, room in zip(taken, rooms, strict=True)]  # a remainder may overfill by one fen
    missing = amount - sum(taken)
    for i, room in enumerate(rooms):
        more = min(missing, room - taken[i])
        taken[i] += more
        missing -= more
    if missing:
        raise ValueError("the parts hold less than is taken from them")
    return taken
