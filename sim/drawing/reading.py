"""A settlement read as a flow: its steps say how in-scope cost was cut, its fund rows who paid what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, field, frozen

from sim.benefits import Case, Line, Policy, Settlement, Step
from sim.benefits.line import CLASS_A, CLASS_B, CLASS_C
from sim.benefits.mechanisms import MECHANISMS, Stage
from sim.benefits.policy import Use
from sim.benefits.step import percent
from sim.drawing.flow import Flow, Kind, Link, Node, check
from sim.drawing.sharing import draw_from
from sim.lang import Text, say
from sim.money import FULL, divide, show

CLASSES = {
    CLASS_A: say("drawing.class_a"),
    CLASS_B: say("drawing.class_b"),
    CLASS_C: say("drawing.class_c"),
}
PARTS: tuple[tuple[str, Kind, int, Text], ...] = (
    ("inscp_scp_amt", "scope", 60, say("drawing.in_scope")),
    ("preselfpay_amt", "self", 200, say("drawing.first_self_pay")),
    ("overlmt_selfpay", "self", 210, say("drawing.over_limit")),
    ("fulamt_ownpay_amt", "self", 220, say("drawing.own_pay")),
)
"""The four parts of the total: field, kind, place from top to bottom, name."""


def flow_of(settlement: Settlement, policy: Policy, case: Case, lines: Sequence[Line] = ()) -> Flow | None:
    """The flow of an explained settlement; None for one of nothing, and for a cancellation.

    ``lines`` are the fee lines behind ``settlement.shares``, in their order; without them the bill is one node. Where
    the rules leave open out of which cost a fund pays, the pool takes each band's ratio of the band, the large-amount
    fund the cost above the cap, and every later layer what is left; only a floor (保底) reaches beyond.
    Raises FlowError where that does not close.
    """
    amounts = settlement.amounts
    total = amounts["medfee_sumamt"]
    if total <= 0:
        return None
    made = _Made(total)
    _bill(made, settlement, lines)
    sections = _sections(made, settlement, policy, case)
    _payments(made, settlement, policy, case, sections)
    flow = made.flow()
    check(flow)
    return flow


@frozen
class _Section:
    """A part of the in-scope cost: ``wish`` is what the pool pays of it, ``layer`` who else may."""

    id: str
    kind: Kind
    rank: int
    name: Text
    amount: int
    wish: int = 0
    layer: str = "rest"


class _Made:
    """A flow in the making; stages are numbered with room between, empty columns vanish at the end."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.nodes: dict[str, Node] = {}
        self.links: dict[tuple[str, str], int] = {}

    def node(self, stage: int, of: str, kind: Kind, rank: int, name: Text, amount: int, field: str = "") -> None:
        if amount:
            self.nodes[of] = Node(of, stage, kind, rank, name, amount, field)

    def link(self, source: str, target: str, amount: int) -> None:
        if amount:
            key = source, target
            self.links[key] = self.links.get(key, 0) + amount

    def flow(self) -> Flow:
        stages = sorted({node.column for node in self.nodes.values()})
        nodes = [evolve(node, column=stages.index(node.column)) for node in self.nodes.values()]
        nodes.sort(key=lambda node: (node.column, node.rank))
        links = tuple(Link(source, target, amount) for (source, target), amount in self.links.items())
        return Flow(self.total, tuple(HEADINGS[stage] for stage in stages), tuple(nodes), links)


ACCOUNTS = frozenset({"310200", "310201"})
"""Fund rows that are no funds: the personal account and the family member's."""
LINES, SPLIT, CUT, LEFT, SHARE, PAID = range(6)
HEADINGS = (
    say("drawing.column.lines"),
    say("drawing.column.parts"),
    say("drawing.column.cut"),
    say("drawing.column.left"),
    say("drawing.column.share"),
    say("drawing.column.paid"),
)


def _bill(made: _Made, settlement: Settlement, lines: Sequence[Line]) -> None:
    amounts, shares = settlement.amounts, settlement.shares
    for name, kind, rank, label in PARTS:
        made.node(SPLIT, name, kind, rank, label, amounts[name], name)
    by_class: dict[tuple[str, str], int] = {}
    refunds: dict[str, int] = {}
    for line, share in zip(lines, shares, strict=False):
        refunds[line.chrgitm_lv] = refunds.get(line.chrgitm_lv, 0) + min(0, share.amount)
        for name, *_ in PARTS:
            by_class[line.chrgitm_lv, name] = by_class.get((line.chrgitm_lv, name), 0) + getattr(share, name)
    if not by_class or len(lines) != len(shares) or min(by_class.values()) < 0:  # a refund under another class
        by_class, refunds = {("bill", name): amounts[name] for name, *_ in PARTS}, {}
    for rank, level in enumerate(dict.fromkeys(level for level, _ in sorted(by_class))):
        amount = sum(value for (of, _), value in by_class.items() if of == level)
        label = CLASSES.get(level, say("drawing.bill"))
        if refunds.get(level):
            label = say("drawing.after_refunds", name=label, amount=show(-refunds[level]))
        made.node(LINES, f"class.{level}", "bill", rank, label, amount)
    for (level, name), amount in by_class.items():
        made.link(f"class.{level}", name, amount)


def _sections(made: _Made, settlement: Settlement, policy: Policy, case: Case) -> list[_Section]:
    """How the policy cuts the in-scope cost, read from the steps that say so."""
    in_scope, uses = settlement.amounts["inscp_scp_amt"], policy.care.get(case.care)
    if uses is None:
        found = [_Section("uncovered", "self", 150, say("drawing.uncovered"), in_scope)]
    else:
        found = _cut(settlement, _stages(settlement, uses))
    for one in found:
        made.node(CUT, one.id, one.kind, one.rank, one.name, one.amount)
        made.link("inscp_scp_amt", one.id, one.amount)
    return [one for one in found if one.amount]


def _stages(settlement: Settlement, uses: Sequence[Use]) -> dict[str, Stage]:
    """The stage behind each clause; that of an older version of the policy is told by the name of its mechanism."""
    named = {step.clause: MECHANISMS.get(step.clause.rpartition(".")[2]) for step in settlement.steps}
    found = {clause: mechanism.stage for clause, mechanism in named.items() if mechanism is not None}
    return {**found, **{use.clause: use.mechanism.stage for use in uses}}


def _cut(settlement: Settlement, stage_of: Mapping[str, Stage]) -> list[_Section]:
    """Sections from the first band to what is not shared at all. Bands of one ratio are one section."""
    excluded: list[_Section] = []
    within: dict[int, int] = {}
    beyond = banded = 0
    for part in _parts(settlement.steps, stage_of):
        for step in part.taken_out:
            name = say("drawing.not_paid" if "share" not in step.inputs else "drawing.out_of_town")
            excluded.append(_Section(f"out.{len(excluded)}", "self", 150, name, step.result, layer="out"))
        over = part.over
        beyond += over
        for amount, ratio in reversed(part.bands):  # the cap is reached from the last band down
            above = min(over, amount)
            over -= above
            banded += amount
            within[ratio] = within.get(ratio, 0) + amount - above
    deductible = settlement.amounts["act_pay_dedc"]
    outside = settlement.amounts["inscp_scp_amt"] - sum(one.amount for one in excluded) - deductible - banded
    bands = []
    for rank, (ratio, amount) in enumerate(reversed(within.items()), 10):
        name, wish = say("drawing.band", ratio=percent(ratio)), divide(amount * ratio, FULL)
        bands.append(_Section(f"band.{ratio}", "scope", rank, name, amount, wish, "bands"))
    return [
        *bands,
        _Section("over_cap", "scope", 110, say("drawing.over_cap"), beyond, layer="above"),
        _Section("above_bands", "self", 130, say("drawing.above_bands"), outside),
        _Section("deductible", "self", 140, say("drawing.deductible"), deductible),
        *excluded,
    ]


@frozen
class _Part:
    """What the steps of one part say: what was taken out, the bands with their ratios (basis points), what went beyond
    the cap. A settlement is one part, a stay split by calendar year has one a year."""

    taken_out: list[Step] = field(factory=list)
    bands: list[tuple[int, int]] = field(factory=list)
    over: int = 0


def _parts(steps: Sequence[Step], stage_of: Mapping[str, Stage]) -> list[_Part]:
    parts = [_Part()]
    changed: dict[str, int] = {}
    latest = Stage.COST
    for step in steps:
        stage = stage_of.get(step.clause)
        if stage is None:
            continue
        if stage < latest:
            parts.append(_Part())
            changed = {}
        latest, part = stage, parts[-1]
        if stage is Stage.COST and step.result:
            part.taken_out.append(step)
        elif stage is Stage.BANDS:
            part.bands.append((step.inputs["amount"], step.inputs["ratio"]))
        elif stage is Stage.RATIO:  # one step a band, in their order
            at = changed.get(step.clause, 0)
            part.bands[at] = part.bands[at][0], step.result
            changed[step.clause] = at + 1
        elif stage is Stage.POOL and "over" in step.inputs:
            parts[-1] = evolve(part, over=step.inputs["over"])
    return parts


@frozen
class _Payer:
    """A payment: the fund's node, and out of which layer it is paid."""

    id: str
    rank: int
    name: Text
    amount: int
    layer: str
    field: str = ""


_LAYERS = {Stage.POOL: "bands", Stage.ABOVE: "above"}


def _payers(settlement: Settlement, policy: Policy, case: Case) -> list[_Payer]:
    """The fund rows with the mechanism behind each: of two of one fund, rows and mechanisms stand in the same order."""
    uses = [use for use in policy.care.get(case.care, ()) if use.fund is not None]
    found = []
    for number, row in enumerate(row for row in settlement.details if row.fund_pay_type not in ACCOUNTS):
        use = next((use for use in uses if use.fund is not None and use.fund.code == row.fund_pay_type), None)
        uses = [other for other in uses if other is not use]
        layer = _LAYERS.get(use.mechanism.stage, "rest") if use is not None else "rest"
        rank = {"bands": 0, "above": 100, "rest": 120}[layer] + number
        name = use.fund.field if use is not None and use.fund is not None else ""
        found.append(_Payer(f"fund.{number}", rank, row.fund_pay_type_name, row.fund_payamt, layer, name))
    return found


def _payments(made: _Made, settlement: Settlement, policy: Policy, case: Case, sections: list[_Section]) -> None:
    amounts = settlement.amounts
    payers = _payers(settlement, policy, case)
    left = {one.id: one.amount for one in sections}
    early = [payer for payer in payers if payer.layer != "rest"]
    for payer in early:
        wishes = [
            one.wish if payer.layer == one.layer == "bands" else left[one.id] if payer.layer == one.layer else 0
            for one in sections
        ]
        rooms = [left[one.id] if one.layer != "out" else 0 for one in sections]
        for one, taken in zip(sections, draw_from(payer.amount, wishes, rooms), strict=True):
            made.link(one.id, payer.id, taken)
            left[one.id] -= taken
    later = [payer for payer in payers if payer.layer == "rest"]
    pot = sum(left[one.id] for one in sections if one.layer != "out")
    source = "person"
    if later:
        source = "left"
        made.node(LEFT, "left", "scope", 125, say("drawing.left"), pot)
        for payer in later:
            made.link("left", payer.id, payer.amount)
        made.link("left", "person", pot - sum(payer.amount for payer in later))
    for one in sections:
        made.link(one.id, source if one.layer != "out" else "person", left[one.id])
    for name, *_ in PARTS[1:]:
        made.link(name, "person", amounts[name])
    family = amounts["acct_mulaid_pay"]
    own, cash = amounts["acct_pay"] - family, amounts["psn_cash_pay"]
    for payer in payers:
        made.node(PAID, payer.id, "fund", payer.rank, payer.name, payer.amount, payer.field)
    if not amounts["acct_pay"]:
        made.node(PAID, "person", "person", 310, say("drawing.cash"), cash, "psn_cash_pay")
        return
    made.node(SHARE, "person", "person", 305, say("drawing.person"), amounts["psn_part_amt"], "psn_part_amt")
    for of, rank, label, amount, key in (
        ("account", 300, say("drawing.account"), own, "acct_pay"),
        ("family", 301, say("drawing.family"), family, "acct_mulaid_pay"),
        ("cash", 310, say("drawing.cash"), cash, "psn_cash_pay"),
    ):
        made.node(PAID, of, "person", rank, label, amount, key)
        made.link("person", of, amount)
