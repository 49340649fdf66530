"""docs/platform.md and docs/clearing.md say what the code is, and show what the commands print."""

import re
from pathlib import Path

import pytest

from sim.errors import BadFileError, InputError
from sim.files import parse_yaml
from sim.interface import interface
from sim.service import faults, settings
from tools import platform_tables
from tools.platform_tables import files, filled, told, walked

PAGES = files()
YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: "/".join(page.parts[-2:]))
def test_tables_are_as_the_code_has_them(page: Path) -> None:
    """What the generator would write stands there already: python -m tools.platform_tables."""
    text = page.read_text("utf-8")
    assert filled(text, PAGES[page]) == text
    assert "<!-- table" in text


def test_a_table_that_lost_a_row_or_a_page_that_names_no_table_is_found() -> None:
    """The comparison is no formality."""
    page, lang = next(iter(PAGES.items()))
    text = page.read_text("utf-8")
    without = "".join(line for line in text.splitlines(keepends=True) if "limits.burst" not in line)
    assert filled(without, lang) == text != without
    with pytest.raises(KeyError):
        filled("<!-- table nothing -->\n<!-- end -->", lang)


def test_every_key_has_a_meaning_and_every_meaning_a_key() -> None:
    """A new key of a schema, or one that is gone, stops the generator."""
    known = list(platform_tables.words()["faults"])
    for wrong in ([*known, "faults[].new"], known[1:]):
        with pytest.raises(KeyError):
            told("faults", wrong, "en")


def test_the_commands_of_the_worked_example_print_what_stands_there() -> None:
    """Every command of docs/clearing.md, in order, in a copy of the project."""
    page = platform_tables.ROOT / "docs" / "clearing.md"
    text = page.read_text("utf-8")
    assert "```console" in text
    assert walked(text, "en") == text


def test_the_chinese_example_has_the_same_commands_and_amounts() -> None:
    """Commands letter by letter, and every figure in its place."""
    english, chinese = (page.read_text("utf-8") for page in PAGES if page.name == "clearing.md")

    def blocks(text: str) -> list[str]:
        return [found[2] for found in platform_tables.WALKED.finditer(text)]

    for one, other in zip(blocks(english), blocks(chinese), strict=True):
        for pattern in (r"^\$ .*$", r"-?\d(?:[\d.,-]*\d)?"):
            assert re.findall(pattern, one, re.MULTILINE) == re.findall(pattern, other, re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in PAGES if page.name == "platform.md"], ids=["en", "zh"])
def test_the_examples_of_files_are_good_files(page: Path) -> None:
    """Settings and faults are read by what reads them; keys that are left out with … are the only fault."""
    examples = YAML.findall(page.read_text("utf-8"))
    assert len(examples) == 3
    for text in examples:
        document = parse_yaml(text, page.name)
        if text.startswith("seed:"):
            assert len(faults.from_document(document, interface()).faults) == 3
            continue
        try:
            settings.from_document(document)
        except (BadFileError, InputError) as error:
            problems = error.problems if isinstance(error, BadFileError) else [error]
            assert "…" in text
            assert {problem.place.key.split(".")[0] for problem in problems if problem.place} == {"protection"}
