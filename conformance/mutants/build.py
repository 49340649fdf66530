"""The ways to plant a fault: around a handler, in a policy, in what a party says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable, Mapping
from copy import deepcopy
from datetime import date, datetime
from typing import Any

from attrs import evolve

from sim.benefits import Case, Filing, Policy, policy_for
from sim.platform import relay
from sim.platform.context import Context
from sim.platform.insured import INSURED
from sim.platform.reference import Party, Reference, reference
from sim.platform.setting import Handler
from sim.platform.treatment import TREATMENT

Output = dict[str, Any]
Message = dict[str, Any]
Around = Callable[[Context, Callable[[], Any]], Any]


def after(handler: Handler, change: Callable[[Context, Output], Output]) -> Handler:
    """The handler, with its output changed before it is sent."""

    def run(context: Context) -> Any:
        work: Any = handler(context)
        output = (yield from work) if inspect.isgenerator(work) else work
        return change(context, deepcopy(output))

    return run


def before(handler: Handler, change: Callable[[Context, Message], None]) -> Handler:
    """The handler, with the message it sees changed (a fault that overlooks what the message says)."""

    def run(context: Context) -> Any:
        message = deepcopy(dict(context.message))
        change(context, message)
        context.message = message
        work = handler(context)
        return (yield from work) if inspect.isgenerator(work) else work

    return run


def with_treatment(infnos: Iterable[str], wrap: Callable[[Handler], Handler]) -> Reference:
    """The reference with some handlers of the treatment place wrapped."""
    return reference(handlers={"treatment": {infno: wrap(TREATMENT[infno]) for infno in infnos}})


def with_insured(infnos: Iterable[str], wrap: Callable[[Handler], Handler]) -> Reference:
    """The reference with some handlers of the insured place wrapped."""
    return reference(handlers={"insured": {infno: wrap(INSURED[infno]) for infno in infnos}})


class _Saying:
    """A party whose replies to hospitals are changed on the way out."""

    def __init__(self, party: Party, change: Callable[[Message, Message], Message]) -> None:
        self._party = party
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._party, name)

    def handle(self, message: Message, now: datetime) -> Generator[Any, Any, Message]:
        """As the party does; what it says to other parties is left alone."""
        reply = yield from self._party.handle(message, now)
        return reply if relay.is_relayed(message) else self._change(message, deepcopy(reply))


def saying(change: Callable[[Message, Message], Message], of: Reference | None = None) -> Reference:
    """The reference (or another) with every reply to a hospital changed: ``change(message, reply) -> reply``."""
    whole = of or reference()
    parties: Mapping[str, Any] = {
        name: party if name == "hub" else _Saying(party, change) for name, party in whole.parties.items()
    }
    return evolve(whole, parties=parties)


class _ReadAs:
    """A policy that reads every case as another one."""

    def __init__(self, policy: Policy, change: Callable[[Case], Case]) -> None:
        self._policy = policy
        self._change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._policy, name)

    def plan(self, case: Case) -> Any:
        """The plan for the case as it is misread."""
        return self._policy.plan(self._change(case))


def reading_cases_as(change: Callable[[Case], Case]) -> Reference:
    """The reference with insured places that misread the case."""

    def policies(admdvs: str, insutype: str, on: date) -> Any:
        return _ReadAs(policy_for(admdvs, insutype, on), change)

    return reference(policies=policies)


def at_home(case: Case) -> Case:
    """The case as if it were no out-of-town visit."""
    return evolve(case, filing=Filing.LOCAL, treated_in="")
