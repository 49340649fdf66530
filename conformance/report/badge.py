"""A badge: the verdict as a small picture, to be shown where a project tells how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from unicodedata import east_asian_width
from xml.etree import ElementTree as ET

from conformance.result import RunResult, Verdict
from sim.lang import Lang, say

HEIGHT = 20
MARGIN = 6
COLOURS: Mapping[Verdict, str] = {
    "passed": "#2e7d32",
    "failed": "#b3261e",
    "nothing_checked": "#5f6368",
    "harness_failed": "#8a5a00",
    "incomplete": "#8a5a00",
}
FONTS = "Verdana, 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif"


def document(result: RunResult, lang: Lang = "en") -> bytes:
    """The badge as SVG: the interface, the verdict in words, how many scenarios passed of those there were."""
    passed = sum(one.status == "passed" for one in result.scenarios)
    verdict = say(f"report.verdict.{result.verdict}").show(lang)
    told = f"{verdict} {passed}/{len(result.scenarios)}" if result.scenarios else verdict
    label = f"yidi {result.interface}"
    left, right = _width(label), _width(told)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(HEIGHT),
            "role": "img",
            "aria-label": f"{label}: {told}",
        },
    )
    ET.SubElement(root, "title").text = f"{label}: {told}"
    for text, at, width, colour in ((label, 0, left, "#444444"), (told, left, right, COLOURS[result.verdict])):
        ET.SubElement(root, "rect", {"x": str(at), "width": str(width), "height": str(HEIGHT), "fill": colour})
        ET.SubElement(
            root,
            "text",
            {
                "x": str(at + MARGIN),
                "y": "14",
                "fill": "#ffffff",
                "font-family": FONTS,
                "font-size": "11",
                "textLength": str(width - 2 * MARGIN),
                "lengthAdjust": "spacingAndGlyphs",
            },
        ).text = text
    return bytes(ET.tostring(root, encoding="utf-8")) + b"\n"


def _width(text: str) -> int:
    """Pixels that a text needs at its size, with its margins; Chinese characters are wider."""
    return 2 * MARGIN + sum(12 if east_asian_width(character) in "WF" else 7 for character in text)
