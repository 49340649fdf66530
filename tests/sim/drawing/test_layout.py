"""Where things stand: widths say amounts, labels keep their places, texts are broken to their room."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from attrs import evolve
from drawn_bills import BILLS, flow, large_stay, small_visit
from hypothesis import given
from hypothesis import strategies as st

from sim.drawing import draw, figure, layout, rows
from sim.drawing.labels import balanced, width, wrapped
from sim.drawing.layout import BAR, BODY, LEAST, LINE, PITCH, SIZE, Box, Layout
from sim.lang import LANGS, plain
from sim.page import yuan

SVG = "{http://www.w3.org/2000/svg}"


def crowded(of: Layout) -> list[tuple[str, str]]:
    """Neighbours of a column whose bars or labels meet, in either language."""
    found = []
    for lang in LANGS:
        by_column: dict[float, list[Box]] = {}
        for box in of.boxes:
            by_column.setdefault(box.x, []).append(box)
        for column in by_column.values():
            spans = []
            for box in column:
                label = box.labels[lang]
                top = label.y - SIZE
                spans.append((min(top, box.y), max(top + LINE * len(label.lines), box.y + box.height), box.node.id))
            for above, below in pairwise(sorted(spans)):
                if below[0] < above[1] - 0.01:
                    found.append((above[2], below[2]))
    return found


@pytest.mark.parametrize("name", BILLS)
def test_neighbours_of_a_column_do_not_meet(name: str) -> None:
    """Bars and labels of a column stand apart, in both languages, and inside the drawing."""
    laid = layout(flow(BILLS[name]()))
    assert [] == crowded(laid)
    for box in laid.boxes:
        assert 0 <= box.x <= laid.width - BAR
        assert 0 <= box.y
        assert box.y + box.height <= laid.height
        for label in box.labels.values():
            assert 0 <= label.y - SIZE
            assert label.y - SIZE + LINE * len(label.lines) <= laid.height


def test_a_crowded_column_is_seen() -> None:
    """The test itself sees two labels in one place."""
    laid = layout(flow(large_stay()))
    heap = tuple(
        evolve(box, labels={lang: evolve(label, y=200) for lang, label in box.labels.items()}) for box in laid.boxes
    )
    assert [] != crowded(evolve(laid, boxes=heap))


@pytest.mark.parametrize("name", BILLS)
def test_widths_are_proportional_to_fen(name: str) -> None:
    """Each flow is as thick as its share of the whole; the smallest keep a least thickness."""
    drawn = flow(BILLS[name]())
    for ribbon in layout(drawn).ribbons:
        assert ribbon.thickness == pytest.approx(max(LEAST, BODY * ribbon.link.amount / drawn.total))
    thin = [r for r in layout(flow(small_visit())).ribbons if r.link.amount == 4]
    assert {LEAST} == {r.thickness for r in thin}


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", BILLS)
def test_the_svg_stands_alone(name: str, lang: str) -> None:
    """Well-formed, with title and description, every amount in it, no script, nothing fetched."""
    drawn = flow(BILLS[name]())
    root = ElementTree.fromstring(draw(drawn, "zh" if lang == "zh" else "en"))  # noqa: S314 - our own drawing
    assert [f"{SVG}title", f"{SVG}desc"] == [child.tag for child in root[:2]]
    said = "".join(root.itertext())
    assert all(yuan(node.amount) in said for node in drawn.nodes)
    assert yuan(drawn.total) in (root[1].text or "")
    assert {"svg", "title", "desc", "g", "path", "rect", "text", "tspan"} >= {
        e.tag.removeprefix(SVG) for e in root.iter()
    }
    assert not [name for e in root.iter() for name in e.attrib if name.startswith("on") or "href" in name]


def test_names_from_outside_are_escaped() -> None:
    """A name of a node cannot end the drawing."""
    drawn = flow(small_visit())
    bad = plain("</svg><script>1</script>", "\"<b>&'\u202e")
    nodes = tuple(evolve(node, name=bad) for node in drawn.nodes)
    shown = str(figure(evolve(drawn, nodes=nodes)))
    assert "<script" not in shown
    assert "<b>&" not in shown
    assert "\u202e" not in shown


def test_the_table_says_what_the_drawing_shows() -> None:
    """One row a flow, in yuan, from left to right."""
    drawn = flow(large_stay())
    listed = rows(drawn)
    assert sorted(yuan(link.amount) for link in drawn.links) == sorted(amount for *_, amount in listed)
    assert ("Class C", "Wholly self-paid", "6.42") in [(a.show("en"), b.show("en"), c) for a, b, c in listed]


@given(st.text(alphabet="甲乙医疗保险（，a bcWi-1.", max_size=40), st.integers(3 * SIZE, PITCH))
def test_a_wrapped_text_keeps_its_letters_and_its_room(text: str, room: int) -> None:
    """No letter is lost, no line is longer than the room."""
    lines = wrapped(text, SIZE, room)
    assert text.replace(" ", "") == "".join(lines).replace(" ", "")
    assert all(width(one, SIZE) <= room for one in lines)


@given(st.text(alphabet="甲乙医疗保险（，a bcWi-1.", max_size=40), st.integers(3 * SIZE, PITCH))
def test_balancing_adds_no_line_and_loses_no_letter(text: str, room: int) -> None:
    """As few lines as wrapping needs, none longer than the room."""
    lines = balanced(text, SIZE, room)
    assert len(lines) == len(wrapped(text, SIZE, room))
    assert text.replace(" ", "") == "".join(lines).replace(" ", "")
    assert all(width(one, SIZE) <= room for one in lines)


def test_no_sign_is_left_alone_on_a_line() -> None:
    """A name that needs two lines is cut near its middle."""
    assert ("城乡居民基本医疗保险基", "金") == wrapped("城乡居民基本医疗保险基金", SIZE, 144)
    assert ("城乡居民基本", "医疗保险基金") == balanced("城乡居民基本医疗保险基金", SIZE, 144)


def test_lines_break_between_words_where_they_can() -> None:
    """English at spaces, Chinese anywhere, but no line begins with a closing mark."""
    assert ("supplement for", "retired people") == wrapped("supplement for retired people", SIZE, 125)
    assert ("城乡居民基本", "医疗保险") == wrapped("城乡居民基本医疗保险", SIZE, 6 * SIZE)
    assert ("甲乙", "丙）") == wrapped("甲乙丙）", SIZE, 3 * SIZE)
