"""Where everything of a flow stands on paper, in pixels: nodes in columns, labels beside them, links between.

Every label has a place of its own height, so labels of a column cannot meet, and is broken to the room before the next
column. A link that skips columns keeps a lane free in each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from attrs import field, frozen

from sim.drawing.flow import Flow, Kind, Link, Node
from sim.drawing.labels import balanced
from sim.lang import LANGS, Lang
from sim.page import yuan

PITCH, BAR, PAD = 168, 12, 6
"""From column to column, the width of a node, and the space between it and its label."""
TOP, BOTTOM = 44, 8
BODY = 300
"""The height of the whole bill."""
LEAST = 2.0
"""The width of the smallest flow."""
GAP, LANE_GAP = 10, 4
SIZE, LINE = 13, 16
"""Font size and line height."""


@frozen
class Label:
    """The name of a node in one language, broken into lines, the amount as the last."""

    lines: tuple[str, ...]
    x: float
    y: float


@frozen
class Box:
    """A node in its place; labels by language."""

    node: Node
    x: float
    y: float
    height: float
    labels: dict[Lang, Label] = field(hash=False)


@frozen
class Ribbon:
    """A link in its place: ``path`` is its outline as SVG path data, ``kind`` the kind of what it leads to."""

    link: Link
    kind: Kind
    path: str
    thickness: float


@frozen
class Layout:
    """The whole drawing."""

    flow: Flow
    width: int
    height: int
    boxes: tuple[Box, ...]
    ribbons: tuple[Ribbon, ...]


class _Cell:
    """A place in a column: a node, or the lane of a link on its way. ``y`` is its middle."""

    def __init__(self, rank: float, height: float, bar: float, node: Node | None) -> None:
        self.rank, self.height, self.bar, self.node = rank, height, bar, node
        self.y = 0.0


def layout(flow: Flow) -> Layout:
    """Lay out a flow. Nodes keep their order; they are moved towards what they are linked with."""
    return _Layouter(flow).done()


class _Layouter:
    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.columns: list[list[_Cell]] = [[] for _ in flow.headings]
        self.thick = [max(LEAST, link.amount * BODY / flow.total) for link in flow.links]
        self.texts = {node.id: {lang: _lines(node, lang) for lang in LANGS} for node in flow.nodes}
        self.cells: dict[str, _Cell] = {}
        for node in flow.nodes:
            self.cells[node.id] = cell = self._cell(node)
            self.columns[node.column].append(cell)
        self.stops = [self._stops(i, link) for i, link in enumerate(flow.links)]
        for column in self.columns:
            column.sort(key=lambda cell: cell.rank)

    def _cell(self, node: Node) -> _Cell:
        coming = sum(t for t, link in zip(self.thick, self.flow.links, strict=True) if link.target == node.id)
        going = sum(t for t, link in zip(self.thick, self.flow.links, strict=True) if link.source == node.id)
        bar = max(coming, going, LEAST)
        label = LINE * max(len(lines) for lines in self.texts[node.id].values())
        return _Cell(node.rank, max(bar, label), bar, node)

    def _stops(self, i: int, link: Link) -> list[_Cell]:
        """The cells a link passes, from its source to its target; makes the lanes between."""
        source, target = self.flow.node(link.source), self.flow.node(link.target)
        stops = [self.cells[source.id]]
        for column in range(source.column + 1, target.column):
            way = (column - source.column) / (target.column - source.column)
            rank = source.rank + (target.rank - source.rank) * way + (source.rank - target.rank) / 10**6
            lane = _Cell(rank, self.thick[i], self.thick[i], None)
            self.columns[column].append(lane)
            stops.append(lane)
        return [*stops, self.cells[target.id]]

    def done(self) -> Layout:
        height = max(_stack(column) for column in self.columns)
        for column in self.columns:
            _place(column, [0.0] * len(column), height)
        for _ in range(3):
            for order in (range(1, len(self.columns)), range(len(self.columns) - 2, -1, -1)):
                for number in order:
                    column = self.columns[number]
                    _place(column, [self._wish(cell, order.step) for cell in column], height)
        last = max(cell.y + cell.height / 2 for column in self.columns for cell in column)
        first = min(cell.y - cell.height / 2 for column in self.columns for cell in column)
        for column in self.columns:
            for cell in column:
                cell.y += TOP - first
        boxes = tuple(self._box(node) for node in self.flow.nodes)
        whole = round(TOP + last - first + BOTTOM)
        return Layout(self.flow, PITCH * len(self.columns), whole, boxes, self._ribbons())

    def _wish(self, cell: _Cell, step: int) -> float:
        """The middle of what a cell is linked with on the side the sweep comes from."""
        weight = total = 0.0
        for thick, stops in zip(self.thick, self.stops, strict=True):
            for before, after in pairwise(stops):
                here, there = (after, before) if step > 0 else (before, after)
                if here is cell:
                    weight += thick
                    total += thick * there.y
        return total / weight if weight else cell.y

    def _box(self, node: Node) -> Box:
        cell = self.cells[node.id]
        x = self._x(node.column)
        labels: dict[Lang, Label] = {}
        for lang in LANGS:
            lines = self.texts[node.id][lang]
            labels[lang] = Label(lines, x + BAR + PAD, cell.y - LINE * len(lines) / 2 + SIZE - 1)
        return Box(node, x, cell.y - cell.bar / 2, cell.bar, labels)

    def _x(self, column: int) -> float:
        return 1.0 + PITCH * column

    def _ribbons(self) -> tuple[Ribbon, ...]:
        leaving = self._edges(0, 1)
        reaching = self._edges(-1, -2)
        made = []
        for i, link in enumerate(self.flow.links):
            column = self.flow.node(link.source).column
            points = [(self._x(column) + BAR, leaving[i])]
            for n, stop in enumerate(self.stops[i][1:-1], 1):
                points += [(self._x(column + n), stop.y), (self._x(column + n) + BAR, stop.y)]
            points.append((self._x(column + len(self.stops[i]) - 1), reaching[i]))
            path = _band(points, self.thick[i])
            made.append(Ribbon(link, self.flow.node(link.target).kind, path, self.thick[i]))
        return tuple(made)

    def _edges(self, end: int, toward: int) -> list[float]:
        """The middle of each link where it touches its source (0) or target (-1), stacked in the order of the other
        side."""
        found = [0.0] * len(self.stops)
        for cell in self.cells.values():
            mine = [i for i, stops in enumerate(self.stops) if stops[end] is cell]
            mine.sort(key=lambda i: self.stops[i][toward].y)
            y = cell.y - sum(self.thick[i] for i in mine) / 2
            for i in mine:
                found[i] = y + self.thick[i] / 2
                y += self.thick[i]
        return found


def _band(points: Sequence[tuple[float, float]], thickness: float) -> str:
    """The outline of a band of one height along a middle line, as SVG path data; from point to point it swings."""
    half = thickness / 2
    upper = [(x, y - half) for x, y in points]
    lower = [(x, y + half) for x, y in reversed(points)]
    (first_x, first_y), (back_x, back_y) = upper[0], lower[0]
    return f"M{first_x:.1f} {first_y:.1f}{_along(upper)}L{back_x:.1f} {back_y:.1f}{_along(lower)}Z"


def _along(points: Sequence[tuple[float, float]]) -> str:
    path = ""
    for (x, y), (to_x, to_y) in pairwise(points):
        middle = (x + to_x) / 2
        path += f"C{middle:.1f} {y:.1f} {middle:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}" if y != to_y else f"H{to_x:.1f}"
    return path


def _lines(node: Node, lang: Lang) -> tuple[str, ...]:
    room = PITCH - BAR - 2 * PAD
    return (*balanced(node.name.show(lang), SIZE, room), yuan(node.amount))


def _gap(above: _Cell, below: _Cell) -> int:
    return LANE_GAP if above.node is None or below.node is None else GAP


def _stack(column: Sequence[_Cell]) -> float:
    gaps = sum(_gap(above, below) for above, below in pairwise(column))
    return gaps + sum(cell.height for cell in column)


def _place(column: Sequence[_Cell], wishes: Sequence[float], height: float) -> None:
    """Put the cells of a column as near to their wishes as their order and the height allow."""
    edge = 0.0
    for n, (cell, wish) in enumerate(zip(column, wishes, strict=True)):
        gap = _gap(column[n - 1], cell) if n else 0
        cell.y = max(wish, edge + gap + cell.height / 2)
        edge = cell.y + cell.height / 2
    edge = height
    for n in reversed(range(len(column))):
        cell = column[n]
        gap = _gap(cell, column[n + 1]) if n + 1 < len(column) else 0
        cell.y = min(cell.y, edge - gap - cell.height / 2)
        edge = cell.y - cell.height / 2
