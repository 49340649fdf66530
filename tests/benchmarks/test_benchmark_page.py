"""The page of figures: a section a group, renewed by itself, in both languages."""

from __future__ import annotations

import pytest

from sim.lang import Lang
from tests.benchmarks.__main__ import GROUPS
from tests.benchmarks.measure import Bench, Measured, Side
from tests.benchmarks.page import PAGES, Figures, renewed, section

LANGS: tuple[Lang, ...] = ("en", "zh")


def some(ours: float, group: str = "benefits") -> Figures:
    """A made-up figure of a group."""
    bench = Bench("split and settle a stay of three lines", "claims", Side("a", int, 1), Side("b", int, 1))
    parts = (("split three lines", 1.0), ("together", 4.0), ("explaining, when asked", 2.0))
    return Figures(group, ("attrs",), [(Measured(bench, ours, 2.0, ours / 2, 0.5, 9.0), 1.25)], parts)


@pytest.mark.parametrize("lang", LANGS)
def test_every_group_has_its_place(lang: Lang) -> None:
    """Each page has one section a group, in the order in which they are measured, with a table in it."""
    page = PAGES[lang].read_text(encoding="utf-8")
    places = [page.index(f"<!-- group {group} -->") for group in GROUPS]
    assert sorted(places) == places
    for group in GROUPS:
        kept = page.split(f"<!-- group {group} -->")[1].split("<!-- end -->")[0]
        assert kept.count("\n| ") >= 2, group


@pytest.mark.parametrize("lang", LANGS)
def test_a_section_is_renewed_alone(lang: Lang) -> None:
    """The new figure stands in its section, once; every other line of the page stays."""
    page = PAGES[lang].read_text(encoding="utf-8")
    new = renewed(page, some(1234.0), lang)
    assert 1 == new.count("a: 1,234")
    assert "| 25% |" in new
    outside = [
        text.split("<!-- end -->", 1)[1] for text in (page.split("group benefits")[1], new.split("group benefits")[1])
    ]
    assert outside[0] == outside[1]
    assert page.split("<!-- group benefits")[0] == new.split("<!-- group benefits")[0]
    assert renewed(new, some(1234.0), lang) == new


def test_a_page_without_the_place_is_refused() -> None:
    """Nothing is lost silently."""
    with pytest.raises(KeyError, match="nowhere"):
        renewed("# no sections", some(1.0, "nowhere"), "en")


def test_chinese_titles_are_used() -> None:
    """Titles, units and parts have Chinese; the figures are the same."""
    english, chinese = section(some(5.0), "en"), section(some(5.0), "zh")
    assert "split three lines" in english
    assert "拆分三行明细" in chinese
    assert "split" not in chinese
    assert "a: 5" in english
    assert "a: 5" in chinese
