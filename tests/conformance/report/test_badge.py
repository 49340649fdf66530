"""The badge says the verdict and nothing that came from outside."""

from xml.etree import ElementTree as ET

import pytest
from attrs import evolve

from conformance.report import badge
from conformance.report.badge import COLOURS
from sim.lang import say
from tests.conformance.report.samples import SAMPLES, passed

SVG = "{http://www.w3.org/2000/svg}"


def drawn(result, lang="en"):
    return ET.fromstring(badge.document(result, lang))  # noqa: S314 - our own output


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_verdict_and_count_are_told_in_words_and_colour(name, lang):
    """The same in the title that is read aloud; a verdict of its own colour for passed and for failed."""
    result = SAMPLES[name]()
    root = drawn(result, lang)
    told = [text.text for text in root.iter(f"{SVG}text")]
    assert say(f"report.verdict.{result.verdict}").show(lang) in told[1]
    assert root.get("aria-label") == root.find(f"{SVG}title").text == ": ".join(told)
    assert COLOURS[result.verdict] == root.findall(f"{SVG}rect")[1].get("fill")
    if result.scenarios:
        good = sum(one.status == "passed" for one in result.scenarios)
        assert told[1].endswith(f"{good}/{len(result.scenarios)}")


def test_verdicts_have_colours_that_differ_where_it_matters():
    """Red is not green, and neither is grey."""
    assert 3 <= len({COLOURS[verdict] for verdict in ("passed", "failed", "nothing_checked")})


def test_texts_stay_inside_and_apart():
    """Each text fits between the edges of its own half."""
    root = drawn(passed(), "zh")
    edges = [(int(r.get("x")), int(r.get("x")) + int(r.get("width"))) for r in root.findall(f"{SVG}rect")]
    for text, (left, right) in zip(root.findall(f"{SVG}text"), edges, strict=True):
        start = int(text.get("x"))
        assert left < start < start + int(text.get("textLength")) < right
    assert int(root.get("width")) == edges[-1][1]


def test_what_came_from_outside_cannot_break_it():
    """An interface name is the only text that is not ours."""
    root = drawn(evolve(passed(), interface="<script>&"))
    assert "yidi <script>&" == next(root.iter(f"{SVG}text")).text
