"""Where the nodes and fields of a transaction stand in a message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from attrs import frozen

from sim.interface.load import transaction
from sim.interface.model import ROOT, Direction, Field, Interface, Node

SIDE: Mapping[Direction, str] = {"request": "input", "reply": "output"}
Path = tuple[str, ...]


@frozen
class Side:
    """What lies under ``input`` or ``output``: the root node, if fields or rows lie directly there, and the others."""

    root: Node | None
    top: tuple[Node, ...]
    nodes: tuple[Node, ...]

    def children(self, node: Node) -> tuple[Node, ...]:
        """The nodes inside a node's rows. Beside the fields of a root object stand all top nodes."""
        inside = tuple(n for n in self.nodes if n.parent == node.name and n is not node)
        return (*inside, *self.top) if node is self.root and node.kind == "object" else inside

    @property
    def required(self) -> bool:
        """Whether a message without this side lacks something."""
        return any(n.required for n in self.nodes if n.parent is None)


def side(nodes: Sequence[Node]) -> Side:
    """Sort the nodes of one direction."""
    root = next((n for n in nodes if n.name == ROOT), None)
    top = tuple(n for n in nodes if n.parent is None and n is not root)
    return Side(root, top, tuple(nodes))


@cache
def places(iface: Interface, infno: str, direction: Direction) -> Mapping[Path, Field | Node]:
    """Every path of a message (list positions left out, aliases included) and the field or node that stands there."""
    found: dict[Path, Field | Node] = {(f.name,): f for f in iface.envelope.fields(direction)}
    sorted_side = side(transaction(iface, infno).nodes(direction))
    base: Path = (SIDE[direction],)
    if sorted_side.root is None:
        for node in sorted_side.top:
            found.update(_under(base, node, sorted_side))
    else:
        found.update(_inside(base, sorted_side.root, sorted_side))
        if sorted_side.root.alias:
            found[(*base, sorted_side.root.alias)] = sorted_side.root
            found.update(_inside((*base, sorted_side.root.alias), sorted_side.root, sorted_side))
    return found


def _under(base: Path, node: Node, of: Side) -> Iterator[tuple[Path, Field | Node]]:
    for name in (node.name, node.alias):
        if name:
            yield (*base, name), node
            yield from _inside((*base, name), node, of)


def _inside(at: Path, node: Node, of: Side) -> Iterator[tuple[Path, Field | Node]]:
    for one in node.fields:
        if one.alias and node.find(one.alias) is None:
            yield (*at, one.alias), one
        yield (*at, one.name), one
    for child in of.children(node):
        yield from _under(at, child, of)
