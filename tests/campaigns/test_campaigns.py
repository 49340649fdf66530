"""Proof by deterministic simulation, at a size that fits; `make fuzz SEEDS=500` does more. And what it would not miss."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve
from click.testing import CliRunner

from sim.platform import MemoryStore
from sim.platform.clearing_records import PAIR_ROWS
from sim.platform.ledger_records import LEDGER
from sim.platform.records import ACCOUNTS, CLAIMS, LINES, SETTLEMENTS, TABLES, USED
from tests.campaigns import __main__ as command
from tests.campaigns.auditor import audit, recovered
from tests.campaigns.campaign import Seed, run, smallest
from tests.campaigns.disks import disks
from tests.campaigns.faults import KINDS
from tests.campaigns.planted import BUGS
from tests.campaigns.story import tell
from tests.campaigns.world import PROVINCES, live, real

SEEDS = 25
ROOT = Path(__file__).parent.parent.parent
OFTEN = Counter(visits=14, valid=5, cancelled=1, crash=15, lost=20, late=20, doubled=20, gave_up=30)
"""What a seed has at least, in the mean; if it had less, clean would mean less."""


@pytest.mark.parametrize("first", range(1, SEEDS + 1, 5))
def test_every_party_ends_with_what_the_messages_say(first):
    """Clean, and not for want of trouble."""
    counts = Counter[str]()
    for number in range(first, first + 5):
        outcome = run(Seed(number))
        assert () == outcome.found, f"replay: python -m tests.campaigns {outcome.seed.options}"
        counts += outcome.counts
    assert {} == {name: counts[name] for name, least in OFTEN.items() if counts[name] < 5 * least}
    assert counts["reversed"] > 0
    assert counts["found by reconciliation"] > 0


def test_a_seed_replays_to_the_byte(tmp_path):
    """The same trace in another process with other hashes, and another one for another seed."""
    trace = run(Seed(3)).trace
    file = tmp_path / "trace"
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaigns", "--seeds", "1", "--start", "3", "--trace", str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert 0 == done.returncode, done.stderr
    assert trace == file.read_text()
    assert trace != run(Seed(4)).trace


def test_a_seed_goes_the_same_on_sqlite():
    """The same trace to the byte, and clean, whatever keeps the records: crashes undo the same."""
    with disks("sqlite") as found:
        outcome = run(Seed(2), found)
    assert () == outcome.found
    assert run(Seed(2)).trace == outcome.trace


# --- a test of the test: faults planted in the platform -------------------------------------------------------------------


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_fault_is_found(name):
    """Within the seeds that it is given."""
    bug = BUGS[name]
    assert any(run(Seed(bug.first + n, bug=name)).found for n in range(bug.within)), bug.what


@pytest.mark.parametrize("name", BUGS)
def test_without_trouble_nobody_would_see_it(name):
    """On a quiet day every planted fault passes: it takes the trouble, and not the auditor's taste, to find it."""
    assert () == run(Seed(1, without=KINDS, bug=name)).found


def test_a_failing_seed_is_made_small_and_still_fails():
    """Fewer visits and kinds of trouble; the options printed replay it; its story tells the visit."""
    failing = run(Seed(1, only=(1, 2, 3, 4, 5), bug="recovery-forgets"))
    small = smallest(failing)
    assert small.found
    assert len(small.seed.only or ()) < 3
    assert len(small.seed.without) > 5
    assert small.found == run(small.seed).found
    story = tell(small.log, small.abouts)
    assert any("CANCEL" in line for line in story)
    assert len(story) < len(small.log)


def test_the_command_tells_how_to_replay(tmp_path):
    """Exit 1 with the finding, the story and the commands, which fail the same way; 0 and counts when clean."""
    out = ["--out", str(tmp_path)]
    failed = CliRunner().invoke(command.main, ["--seeds", "20", "--only", "2,3,4", "--bug", "counters-kept", *out])
    assert 1 == failed.exit_code
    assert re.search(r"^seed \d+ fails", failed.output, re.MULTILINE)
    assert "REVERSE" in failed.output
    replay = failed.output.strip().splitlines()[-1].split("tests.campaigns ")[1].split()
    assert 1 == CliRunner().invoke(command.main, [*replay, *out]).exit_code
    clean = CliRunner().invoke(command.main, ["--seeds", "2", "--start", "7", "--workers", "2"])
    assert (0, True) == (clean.exit_code, "2 seeds from 7: clean" in clean.output)


@pytest.mark.parametrize(
    "arguments", [["--without", "lost"], ["--only", "99"], ["--only", "x"], ["--seeds", "0"], ["--trace", "t"]]
)
def test_wrong_usage_is_told(arguments):
    """Exit 2, and the option's name."""
    told = CliRunner().invoke(command.main, arguments)
    assert 2 == told.exit_code
    assert arguments[0] in told.output


# --- a test of the test: what is stored is changed behind the auditor's back -----------------------------------------------


def _settlement(store):
    return next(each for each in store.all(SETTLEMENTS) if each.state == "valid")


def _claim(store):
    return next(each for each in store.all(CLAIMS) if each.state == "valid")


def _used(store):
    return next(each for each in store.all(USED) if each.accumulators.outpatient_in_scope)


def _entry(store):
    return next(each for each in store.all(LEDGER) if "fund" in each.legs)


def _moved(entry):
    """A fen moves from one account to another; the entry still balances."""
    return evolve(entry, legs={**entry.legs, "fund": entry.legs["fund"] + 1, "bank": entry.legs.get("bank", 0) - 1})


def _more(claim):
    return evolve(claim, amounts={**claim.amounts, "acct_pay": claim.amounts["acct_pay"] + 1})


TAMPERED = {
    "a settlement cancelled": lambda s: s.put(SETTLEMENTS, evolve(_settlement(s), state="cancelled")),
    "a settlement in doubt": lambda s: s.put(SETTLEMENTS, evolve(_settlement(s), state="reversing")),
    "a settlement lost": lambda s: s.delete(SETTLEMENTS, _settlement(s).setl_id),
    "a settlement more": lambda s: s.put(SETTLEMENTS, evolve(_settlement(s), setl_id="another")),
    "a claim cancelled": lambda s: s.put(CLAIMS, evolve(_claim(s), state="cancelled")),
    "a claim a fen off": lambda s: s.put(CLAIMS, _more(_claim(s))),
    "a claim more": lambda s: s.put(CLAIMS, evolve(_claim(s), setl_id="another")),
    "a fee line set free": lambda s: s.put(LINES, evolve(next(li for li in s.all(LINES) if li.setl_id), setl_id="")),
    "an account a fen off": lambda s: s.put(
        ACCOUNTS, evolve(next(iter(s.all(ACCOUNTS))), balance=next(iter(s.all(ACCOUNTS))).balance + 1)
    ),
    "a counter a fen off": lambda s: s.put(
        USED,
        evolve(
            _used(s),
            accumulators=evolve(
                _used(s).accumulators, outpatient_in_scope=_used(s).accumulators.outpatient_in_scope + 1
            ),
        ),
    ),
    "a fen on another account": lambda s: s.put(LEDGER, _moved(_entry(s))),
    "an entry lost": lambda s: s.delete(LEDGER, _entry(s).number),
}


@pytest.fixture(scope="module")
def past():
    return live(1, recovered=recovered)


def copied(past):
    """The same past on stores of its own."""
    stores = {}
    for name, store in past.stores.items():
        stores[name] = MemoryStore()
        for table in TABLES:
            for record in store.all(table):
                stores[name].put(table, record)
        stores[name].commit()
    return evolve(past, stores=stores, reference=real(stores.__getitem__))


@pytest.mark.parametrize("what", TAMPERED)
def test_the_auditor_sees_what_is_stored(past, what):
    """Each kind of record, changed by as little as a fen, at each party that has one."""
    assert [] == audit(copied(past))
    tampered = 0
    for province in PROVINCES:
        own = copied(past)
        try:
            TAMPERED[what](own.stores[province])
        except StopIteration:
            continue
        tampered += 1
        assert audit(own), province
    assert tampered > 0


def test_the_auditor_sees_the_hubs_table(past):
    """A row of the month's table a fen off."""
    own = copied(past)
    row = next(iter(own.stores["hub"].all(PAIR_ROWS)))
    own.stores["hub"].put(PAIR_ROWS, evolve(row, amount=row.amount + 1))
    assert audit(own)


@pytest.mark.parametrize("page", ["exactly-once.md", "zh/exactly-once.md"])
def test_the_pages_name_every_planted_fault(page):
    """In the order in which they stand in the code."""
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \| \d+ \|$", (ROOT / "docs" / page).read_text(), re.MULTILINE)
    assert list(BUGS) == rows
