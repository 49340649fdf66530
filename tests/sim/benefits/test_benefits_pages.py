"""docs/benefits.md and its Chinese twin say what the code says: tables, commands and their outputs."""

from __future__ import annotations

import re
import shutil

import pytest

from sim.benefits.bill_schema import SCHEMA
from sim.benefits.mechanisms import MECHANISMS, Stage
from sim.benefits.worked import worked_examples
from sim.lang import Lang
from tools.benefits_tables import FILES, TABLES, fields, tabled, word, words
from tools.benefits_walk import BLOCK, FILE, walked

LANGS: tuple[Lang, ...] = ("en", "zh")
RENEW = "the page is out of date; run: .venv/bin/python -m tools.benefits_tables"


def page(lang: Lang) -> str:
    """The page as it stands."""
    return FILES[lang].read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", LANGS)
def test_the_tables_are_those_of_the_code(lang: Lang) -> None:
    """Made anew, every table is the one that stands there, and each stands there once."""
    assert page(lang) == tabled(page(lang), lang), RENEW
    assert sorted(TABLES) == sorted(re.findall(r"<!-- table (\w+) -->", page(lang)))


@pytest.mark.skipif(shutil.which("grep") is None, reason="the page uses grep")
@pytest.mark.parametrize("lang", LANGS)
def test_the_walk_through_is_what_happens(lang: Lang) -> None:
    """Every file of the page written and every command run in a copy of the project: the outputs are those printed."""
    assert page(lang) == walked(page(lang), lang), RENEW


def test_both_languages_walk_the_same_way() -> None:
    """The same files, the same commands, the same number of sections."""
    told = [
        (
            [found for _, body in BLOCK.findall(page(lang)) for found in FILE.findall(body)],
            re.findall(r"^\$ .*$", page(lang), re.MULTILINE),
            len(re.findall(r"^## ", page(lang), re.MULTILINE)),
        )
        for lang in LANGS
    ]
    assert told[0] == told[1]
    assert all(told[0])


def test_a_new_pool_goes_the_whole_way() -> None:
    """The page adds a pool that the project does not have: refused with faults, settled, asked for results, stored."""
    blocks = BLOCK.findall(page("en"))
    (name,) = {found for _, body in blocks for found in FILE.findall(body) if found.startswith("fixtures/policies/")}
    assert name not in {
        str(f.relative_to(FILES["en"].parent.parent)) for f in FILES["en"].parent.parent.glob("fixtures/*/*")
    }
    told = "\n".join(body for kind, body in blocks if kind == "console")
    for expected in ("line 19", "(exit code 2)", "has no stored results", "1 snapshot generated", "1 snapshot passed"):
        assert expected in told


def test_every_text_is_used() -> None:
    """No mechanism, stage, example, reading or field of a bill without its texts, and none left over."""
    texts = words()
    assert set(MECHANISMS) == set(texts["mechanisms"])
    assert {stage.name for stage in Stage} == set(texts["stages"])
    assert {e["id"] for e in worked_examples()} == set(texts["examples"])
    assert {e["id"] for e in worked_examples() if "reading" in e} == set(texts["readings"])
    assert {path for path, _, _ in fields(SCHEMA)} == set(texts["bill"])


def test_every_text_has_both_languages_and_nothing_else() -> None:
    """A comma that YAML takes for the next key is seen."""
    texts = words()
    for kind in ("stages", "mechanisms", "units", "words", "bill", "bill_words"):
        assert all(set(text) == {"zh", "en"} and all(text.values()) for text in texts[kind].values()), kind


def test_the_examples_table_tells_the_three_verdicts() -> None:
    """Every example has a row; the wrong one is refused with the reason, the residual one says by how much."""
    shown = TABLES["examples"]("en")
    assert all(f"| {e['id']} |" in shown for e in worked_examples())
    rows = {row.split(" | ")[0].removeprefix("| "): row for row in shown.splitlines()}
    assert word("does_not_follow", "en") in rows["W08"]
    assert "lets the pool pay 170,000" in rows["W08"]
    assert "-70000.00" in rows["W08"]
    assert "(644.76)" in rows["W04"]
    assert word("follows", "en") in rows["X01"]


SMALL = """```yaml
# file: data/x.txt
42
```
```console
$ .venv/bin/python -c "print(open('data/x.txt').read().strip())"
41
$ .venv/bin/python -c "raise SystemExit(3)"
```
"""


def test_a_wrong_output_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that prints another output, or hides an exit code, is not what comes out."""
    monkeypatch.setattr("tools.benefits_walk.NEEDED", ())
    made = walked(SMALL, "en")
    assert made == SMALL.replace("\n41\n", "\n42\n").replace('(3)"\n', '(3)"\n(exit code 3)\n')
    assert walked(made, "en") == made


def test_a_wrong_table_is_seen() -> None:
    """One changed cell, and the page is not the made one."""
    good = page("en")
    bad = good.replace("| X01 | one band", "| X01 | two bands", 1)
    assert bad != good
    assert tabled(bad, "en") == good
