"""What can go wrong in a campaign, by kind, so that a failing seed can be told with as few kinds as it needs."""

from __future__ import annotations

from attrs import evolve, fields, frozen


@frozen
class Faults:
    """Probabilities of faults.

    ``loss``        a message or an answer is lost
    ``late``        it takes long enough for the asker to give up, or for a later one to overtake it
    ``double``      a message or an answer is delivered twice
    ``crash``       a start of a party ends in a crash at some instruction: before or after any access to its store
    ``outage``      a party loses its power at some moment, whatever is under way
    ``drift``       a party's clock is up to some minutes off, differently after each start
    ``impatience``  a cashier sends an unanswered settlement under a new number instead of the same
    ``reversal``    a cashier reverses: after an unknown outcome, or at once, so that it may overtake the original
    ``rivals``      a double click, or a second cashier who settles or reverses the same at the same time
    ``cancel``      a settled visit is cancelled afterwards
    ``abandon``     a cashier forgets a message of unknown outcome; reconciliation has to find what became of it
    ``afterwards``  a settled visit is cancelled a month later
    ``contest``     an institution contests a line of the month's detail
    ``second_look`` an institution takes the month's confirmation back, and mostly confirms anew
    """

    loss: float = 0.06
    late: float = 0.08
    double: float = 0.08
    crash: float = 0.75
    outage: float = 0.35
    drift: float = 1.0
    impatience: float = 0.25
    reversal: float = 0.35
    rivals: float = 0.3
    cancel: float = 0.35
    abandon: float = 0.15
    afterwards: float = 0.15
    contest: float = 0.15
    second_look: float = 0.4

    def without(self, *kinds: str) -> Faults:
        """The same without some kinds. Raises TypeError for one that does not exist."""
        return evolve(self, **dict.fromkeys(kinds, 0.0))


KINDS: tuple[str, ...] = tuple(each.name for each in fields(Faults))
"""Kinds that can be left out, each on its own."""
