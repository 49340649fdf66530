"""Drawings of settlements: how one bill flows into shares, as inline SVG that needs no script and nothing from outside.

`flow_of` reads a settlement as a flow, `draw` and `figure` put it into a page.
"""

from sim.drawing.flow import Flow, FlowError, Link, Node, check
from sim.drawing.layout import Layout, layout
from sim.drawing.page import settlement_page, write_page
from sim.drawing.reading import flow_of
from sim.drawing.svg import described, draw, figure, rows

__all__ = [
    "Flow",
    "FlowError",
    "Layout",
    "Link",
    "Node",
    "check",
    "described",
    "draw",
    "figure",
    "flow_of",
    "layout",
    "rows",
    "settlement_page",
    "write_page",
]
