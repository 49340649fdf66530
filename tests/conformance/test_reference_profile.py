"""The profile of the reference itself: whatever it promises is kept, and no scenario is left out for a promise."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.commands.shared import profile_of
from conformance.last_month import last_month, settle_last_month
from conformance.pack import Pack, load_pack
from conformance.profile import FEATURES, Profile, read_profile
from conformance.result import RunResult
from conformance.run import certify_platform
from conformance.targets.platform import china_time
from conformance.targets.transport import InProcessTransport
from sim.errors import InputError
from sim.platform import reference
from sim.platform.sql import open_store
from sim.resources import fixtures
from sim.service import application, running
from yidi import cli

NATIONAL = ("clearing", "duplicates-and-timeouts", "filing", "reversal")
NOT_PROMISED = {"CLE-005", "CLE-006", "CLE-N10", "CLE-N11", "CLE-N12", "CLE-N13", "CLE-N14", "CLE-N15"}
NOT_PROMISED |= {"DUP-012", "DUP-013", "FIL-012"}
"""What is not run where a target promises nothing."""


@pytest.fixture(scope="module")
def promising() -> Profile:
    """The profile as it is shipped."""
    return read_profile(fixtures("profiles", "reference.yaml"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with a settlement of last month at every hospital."""
    url = f"sqlite:///{tmp_path_factory.mktemp('month') / 'platforms.db'}"
    month, count = settle_last_month(url, china_time())
    assert (f"{last_month(china_time()):%Y-%m}", len(Profile().institutions)) == (month, count)
    return url


@pytest.fixture(scope="module")
def packs() -> list[Pack]:
    """The packs with scenarios that need a promise."""
    return [load_pack(name) for name in NATIONAL]


def test_exactly_these_scenarios_need_a_promise(platform_packs: tuple[Pack, ...], promising: Profile) -> None:
    """The list above is the whole of it, and the profile leaves none of them out."""
    lacking = {s.id for pack in platform_packs for s in pack.scenarios if not all(FEATURES[f] for f in s.features)}
    assert NOT_PROMISED == lacking
    assert all(promising.promises(f) for pack in platform_packs for s in pack.scenarios for f in s.features)


def test_the_reference_keeps_what_it_promises(filled: str, packs: list[Pack], promising: Profile) -> None:
    """With a month that is over and repeats answered again: all of them pass, and no reading is another."""
    with open_store(filled) as database:
        transport = InProcessTransport(reference(store=database).call, china_time)
        told = certify_platform(transport, promising, packs, only=sorted(NOT_PROMISED | {"REV-N10"}))
    assert [] == [(f.observation.scenario, f.observation.check) for f in told.findings]
    assert NOT_PROMISED | {"REV-N10"} == {s.id for s in told.scenarios if s.status == "passed"}
    assert {"pass"} == {o.status for o in told.observations if o.check.startswith("reading.")}


def test_without_the_month_the_promise_is_not_kept(packs: list[Pack], promising: Profile) -> None:
    """The scenarios of clearing do need it: they are not green by themselves."""
    transport = InProcessTransport(reference().call, china_time)
    told = certify_platform(transport, promising, packs, only=["CLE-005"])
    assert ("failed", ()) == (told.verdict, told.harness_errors)
    (scenario,) = told.scenarios
    assert scenario.reason is not None
    assert "detail" in scenario.reason.show("en")


def test_whoever_refuses_what_he_promised_to_answer_is_found(packs: list[Pack], promising: Profile) -> None:
    """A repeat that is refused is a finding, unless the message was reversed meanwhile: that must be refused."""
    run = right_run(packs, promising, ["REV-N10"])
    again = [o for o in run.observations if o.check == "life.repeat" and o.step == "again"]
    assert [] == again
    assert "pass" in {o.status for o in run.observations if o.clause == "REV-OVERTAKEN"}


def right_run(packs: list[Pack], profile: Profile, only: list[str]) -> RunResult:
    return certify_platform(InProcessTransport(reference().call, china_time), profile, packs, only=only)


@pytest.mark.parametrize(
    ("today", "month"),
    [("2026-01-31", "2025-12"), ("2026-03-01", "2026-02"), ("2024-03-31", "2024-02"), ("2026-12-01", "2026-11")],
)
def test_last_month_is_the_month_before(today: str, month: str) -> None:
    """Over the year's end, after short months."""
    found = last_month(datetime.combine(date.fromisoformat(today), datetime.min.time()))
    assert month == f"{found:%Y-%m}"


@pytest.fixture(scope="module")
def port(filled: str) -> Iterator[str]:
    with open_store(filled) as database, running(application(reference(store=database), clock=china_time)) as url:
        yield url


def test_over_http_by_the_command(port: str, tmp_path: Path) -> None:
    """The documented commands, in short: the shipped profile by its name, clearing of last month, exit code 0."""
    only = [word for name in ("CLE-006", "DUP-012", "MAL-007") for word in ("--scenario", name)]
    asked = ["certify", "platform", "--target", port, "--profile", "reference", "--out", str(tmp_path), *only]
    done = CliRunner().invoke(cli, asked)
    assert 0 == done.exit_code, done.output
    assert (tmp_path / "report.html").exists()


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    """And the database holds the settlements; an address that is none is a plain error."""
    url = f"sqlite:///{tmp_path / 'new.db'}"
    done = CliRunner().invoke(cli, ["--lang", "en", "people", "last-month", "--db", url])
    assert 0 == done.exit_code, done.output
    assert f"{last_month(china_time()):%Y-%m}" in done.output
    wrong = CliRunner().invoke(cli, ["--lang", "en", "people", "last-month", "--db", "nowhere"])
    assert isinstance(wrong.exception, InputError)


def test_a_shipped_profile_goes_by_its_name_but_a_file_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`reference` is found from anywhere; a file of that name in the folder is the user's own."""
    monkeypatch.chdir(tmp_path)
    assert "reference" == profile_of(Path("reference")).name
    Path("reference").write_text("name: mine\n", encoding="utf-8")
    assert "mine" == profile_of(Path("reference")).name
