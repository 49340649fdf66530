"""One settlement as a flow of money: from fee lines over scope, deductible and bands to who pays.

A `Flow` only says what flows where, in fen; `layout` decides where it stands on paper. What comes in equals what goes
out at every node, and every cut between two columns carries the whole bill.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from sim.errors import HarnessError
from sim.lang import Text, say
from sim.money import show

Kind = Literal["bill", "scope", "self", "fund", "person"]
"""What a node is: part of the bill, in scope, outside what is shared, a fund, or the person."""


@frozen
class Node:
    """A stop of the flow. ``rank`` orders the nodes of a column from top to bottom; ``field`` is the interface's name
    of the amount where it has one."""

    id: str
    column: int
    kind: Kind
    rank: int
    name: Text
    amount: int
    field: str = ""


@frozen
class Link:
    """An amount (fen, above zero) that flows from one node to another."""

    source: str
    target: str
    amount: int


@frozen
class Flow:
    """A whole drawing: ``headings`` name the columns, ``total`` is what flows through each (fen)."""

    total: int
    headings: tuple[Text, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]

    def node(self, of: str) -> Node:
        """A node by its id."""
        return next(node for node in self.nodes if node.id == of)

    def cut(self, after: int) -> int:
        """What flows across the space after a column, in fen."""
        column = {node.id: node.column for node in self.nodes}
        return sum(link.amount for link in self.links if column[link.source] <= after < column[link.target])


class FlowError(HarnessError):
    """A flow that does not close: money would appear or vanish in the drawing."""


def check(flow: Flow) -> None:
    """Raise FlowError unless every node passes on what it gets and every cut carries the total."""
    for node in flow.nodes:
        coming = sum(link.amount for link in flow.links if link.target == node.id)
        going = sum(link.amount for link in flow.links if link.source == node.id)
        for side, amount in (("in", coming), ("out", going)):
            open_side = node.column == (0 if side == "in" else len(flow.headings) - 1)
            if not open_side and amount != node.amount:
                raise FlowError(say("drawing.broken", node=node.id, amount=show(node.amount), sum=show(amount)))
    for column in range(len(flow.headings) - 1):
        if flow.cut(column) != flow.total:
            where = str(column)
            raise FlowError(say("drawing.broken", node=where, amount=show(flow.total), sum=show(flow.cut(column))))
    if any(link.amount <= 0 for link in flow.links):
        raise FlowError(say("drawing.broken", node="-", amount="> 0", sum="<= 0"))
