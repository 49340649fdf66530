"""A visit under way, and the record it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import simpy
from attrs import define, field

from sim import money
from sim.world.demand import Visit
from sim.world.messages import Talk
from sim.world.record import AMOUNTS, Record
from sim.world.refusals import reason_of
from sim.world.setup import DAY, Setup
from sim.world.visit import DECLARATION, MARKS


@define
class Life:
    """What a visit has said, drawn, counted and held so far. ``credential``: position of the one presented."""

    visit: Visit
    talk: Talk
    credential: int
    drawn: dict[str, int] = field(factory=dict)
    passes: dict[str, int] = field(factory=dict)
    marks: dict[str, float] = field(factory=dict)
    waits: dict[str, float] = field(factory=dict)
    queues: dict[str, int] = field(factory=dict)
    request: simpy.resources.resource.Request | None = None
    desk: str = ""
    since: float = 0.0
    held: float = 0.0
    messages: int = 0
    lost: int = 0
    reversals: int = 0
    unread: int = 0
    refused_infno: str = ""
    refusal_text: str = ""

    def next_index(self, purpose: str) -> int:
        """The index of the next draw of a purpose: how often this visit has drawn for it."""
        index = self.drawn.get(purpose, 0)
        self.drawn[purpose] = index + 1
        return index


def record(setup: Setup, life: Life, outcome: str, policy: str) -> Record:
    """The record of a visit that has left."""
    visit, talk, hospital = life.visit, life.talk, life.visit.hospital
    head: Mapping[str, Any] | None = talk.head if outcome == "settled" else None
    amounts = {name: None if head is None else money.parse(head.get(name) or 0) for name in AMOUNTS}
    moments: dict[str, Any] = {f"{mark}_s": life.marks.get(mark) for mark in MARKS}
    first = DECLARATION[visit.kind].desks[0]
    refused = outcome == "refused"
    paid: dict[str, Any] = {**moments, **amounts}
    return Record(
        visit_id=visit.id,
        kind=visit.kind,
        date=setup.date_of(int(visit.arrive // DAY)).isoformat(),
        hospital=hospital.code,
        level=hospital.level,
        treated_in=hospital.institution.admdvs,
        insuplc_admdvs=visit.origin.admdvs,
        insutype=visit.origin.insutype,
        policy=policy,
        psn_no=talk.person.psn_no,
        filing=visit.filing,
        credential=talk.credential,
        arrive_s=visit.arrive,
        wait_s=life.waits[first],
        wait_discharge_s=life.waits.get("discharge"),
        held_s=life.held,
        queue_found=life.queues[first],
        queue_found_discharge=life.queues.get("discharge"),
        messages=life.messages,
        lost=life.lost,
        reversals=life.reversals,
        unread=life.unread,
        outcome=outcome,
        refused_infno=life.refused_infno if refused else "",
        refusal=reason_of(life.refusal_text) if refused else "",
        refusal_text=life.refusal_text if refused else "",
        lines=len(talk.lines),
        setl_id="" if head is None else str(head["setl_id"]),
        medfee_sumamt=talk.total,
        paid_at_counter=talk.total if head is None else money.parse(head["psn_cash_pay"]),
        **paid,
    )
