"""``make fuzz SEEDS=N START=K``: campaigns of deterministic simulation, one a seed.

Exit codes: 0 clean, 1 a seed fails, 2 wrong usage, 3 the campaign itself broke down.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from tests.campaigns import disks
from tests.campaigns.campaign import Outcome, Seed, run, smallest
from tests.campaigns.faults import KINDS
from tests.campaigns.planted import BUGS
from tests.campaigns.story import tell
from tests.campaigns.world import VISITS

TOLD = 12
"""Findings and lines of counts that are printed at most."""


def _kinds(_: Any, __: Any, text: str) -> tuple[str, ...]:
    kinds = tuple(text.split(",")) if text else ()
    for kind in kinds:
        if kind not in KINDS:
            raise click.BadParameter(f"no kind {kind!r}; there are {', '.join(KINDS)}")
    return kinds


def _visits(_: Any, __: Any, text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    try:
        visits = tuple(int(each) for each in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is no list of numbers like 3,5") from None
    if not all(0 <= each < VISITS for each in visits):
        raise click.BadParameter(f"visits are 0 to {VISITS - 1}")
    return visits


@click.command("python -m tests.campaigns", help=__doc__)
@click.option("--seeds", type=click.IntRange(1), default=500, help="how many")
@click.option("--start", type=click.IntRange(0), default=1, help="the first")
@click.option("--workers", type=click.IntRange(1), default=1, help="processes")
@click.option("--without", callback=_kinds, default="", help=f"kinds of trouble left out: {', '.join(KINDS)}")
@click.option("--only", callback=_visits, help=f"numbers of the visits that take place, 0 to {VISITS - 1}")
@click.option("--bug", type=click.Choice(sorted(BUGS)), default=None, help="plant a fault, to see it found")
@click.option("--store", type=click.Choice(disks.KINDS), default="memory", help="what keeps the parties' records")
@click.option("--out", type=click.Path(path_type=Path), default=Path("out/fuzz"), help="where a failing seed is told")
@click.option("--trace", type=click.Path(path_type=Path), help="write what happened in the seed here, an event a line")
def main(
    seeds: int,
    start: int,
    workers: int,
    without: tuple[str, ...],
    only: tuple[int, ...] | None,
    bug: str | None,
    store: str,
    out: Path,
    trace: Path | None,
) -> None:
    """Run the seeds until one fails."""
    if trace and seeds > 1:
        raise click.UsageError("--trace is for one seed: --seeds 1")
    if store != "memory" and workers > 1:
        raise click.UsageError("--workers is for --store memory")
    wanted = [Seed(number, without, only, bug or "") for number in range(start, start + seeds)]
    begun, counts, done = time.monotonic(), Counter[str](), 0
    try:
        for outcome in _outcomes(wanted, workers, store):
            done += 1
            counts += outcome.counts
            _progress(done, seeds)
            if trace:
                trace.parent.mkdir(parents=True, exist_ok=True)
                trace.write_text(outcome.trace, encoding="utf-8")
            if outcome.found:
                _fails(outcome, out)
                sys.exit(1)
    except Exception:
        click.echo(
            f"the campaign itself broke down, at or after seed {start + done}\n{traceback.format_exc()}", err=True
        )
        sys.exit(3)
    told = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
    click.echo(f"{done} seeds from {start}: clean, {time.monotonic() - begun:.0f} s. {told}")
    if not counts["valid"]:
        click.echo("but nothing was settled in any of them: nothing was tested", err=True)
        sys.exit(3)


def _outcomes(seeds: list[Seed], workers: int, store: str) -> Iterator[Outcome]:
    with ExitStack() as stack:
        if workers == 1:
            found = stack.enter_context(disks.disks(store))
            yield from (run(seed, found) for seed in seeds)
        else:
            pool = stack.enter_context(ProcessPoolExecutor(workers))
            stack.callback(pool.shutdown, cancel_futures=True)
            yield from pool.map(_far, seeds, chunksize=4)


def _far(seed: Seed) -> Outcome:
    """In another process; what happened in a clean seed is not sent over."""
    outcome = run(seed)
    return outcome if outcome.found else evolve(outcome, log=[])


def _fails(outcome: Outcome, out: Path) -> None:
    """Tell a failing seed: what is wrong, the smallest world in which something is, its story, and how to replay."""
    small = smallest(outcome)
    out.mkdir(parents=True, exist_ok=True)
    trace = out / f"seed-{outcome.seed.number}.trace"
    trace.write_text(outcome.trace, encoding="utf-8")
    story = out / f"seed-{outcome.seed.number}.story"
    lines = tell(small.log, small.abouts)
    story.write_text("\n".join(lines) + "\n", encoding="utf-8")
    click.echo(f"seed {outcome.seed.number} fails:")
    _findings(outcome)
    click.echo("\nthe smallest world that fails:")
    _findings(small)
    click.echo("\nwhat happened there:")
    click.echo("\n".join(lines))
    click.echo(f"\nevery event of the seed: {trace}; the story above: {story}")
    click.echo(f"replay the seed:           .venv/bin/python -m tests.campaigns {outcome.seed.options}")
    click.echo(f"replay the smallest world: .venv/bin/python -m tests.campaigns {small.seed.options}")


def _findings(outcome: Outcome) -> None:
    for _, what in outcome.found[:TOLD]:
        click.echo(f"  {what}")
    if len(outcome.found) > TOLD:
        click.echo(f"  and {len(outcome.found) - TOLD} more")


def _progress(done: int, all_seeds: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done}/{all_seeds}", nl=done == all_seeds, err=True)


if __name__ == "__main__":
    main()
