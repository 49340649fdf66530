"""The vendor's first hour, as it is written down, against a real server."""

import subprocess
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from shutil import which

import pytest

from tests.end_to_end.commands import QUIET, serving
from tests.end_to_end.documents import Example, both, examples, fits

pytestmark = pytest.mark.skipif(not (which("bash") and which("curl")), reason="the page is for bash and curl")
PAGE = "first-hour.md"
ADDRESS = "http://127.0.0.1:8765"
END = "----- end of an example -----"


def walk(folder: Path, url: str, steps: list[Example]) -> list[str]:
    """Paste one example after the other into one bash; what each prints."""
    script = "".join(f"{step.commands}\necho '{END}'\n" for step in steps).replace(ADDRESS, url)
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, capture_output=True, text=True, timeout=120, env=QUIET, check=True
    )
    assert done.stderr == ""
    return [seen.removeprefix("\n") for seen in done.stdout.split(f"{END}\n")[:-1]]


def china_day() -> date:
    """The day that the page's commands and the server are in."""
    return datetime.now(timezone(timedelta(hours=8))).date()


def differing(steps: list[Example], seen: list[str], url: str) -> list[tuple[str, str]]:
    """Expected and seen, where an example printed something else than the page says."""
    told = [step.output.replace(ADDRESS, url) for step in steps]
    return [(one, other) for one, other in zip(told, seen, strict=True) if not fits(one, other)]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Example], list[str], str]:
    """The English page, what its commands printed, and the address they went to."""
    start, *steps = examples(PAGE)
    assert start.commands == ".venv/bin/yidi serve --port 8765\n"
    for _ in range(2):  # once more when midnight fell into it: the page is about one day
        day = date.today()
        with serving() as url:
            seen = walk(tmp_path_factory.mktemp("hour"), url, steps)
        if day == date.today():
            break
    return steps, seen, url


def test_the_page_shows_what_one_sees(walked: tuple[list[Example], list[str], str]) -> None:
    """Every command runs as it stands, and prints what the page says."""
    steps, seen, url = walked
    assert len(steps) > 8
    assert differing(steps, seen, url) == []


def test_a_page_that_promises_another_fen_is_found(walked: tuple[list[Example], list[str], str]) -> None:
    """The comparison is no formality: an amount, a missing line or an extra one is noticed."""
    steps, seen, url = walked
    for old, new in (("1944.80", "1944.81"), ("2304 valid\n", ""), ("2304 valid", "2304 valid\n2304 valid")):
        wrong = [Example(step.commands, step.output.replace(old, new)) for step in steps]
        assert differing(wrong, seen, url) != [], (old, new)


def test_both_languages_carry_the_same_commands() -> None:
    """The Chinese page has the same commands and outputs, letter by letter."""
    english, chinese = both(PAGE)
    assert english == chinese
