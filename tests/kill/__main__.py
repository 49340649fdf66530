"""``make kill ROUNDS=N``: real servers under load are killed with SIGKILL and started again, N rounds a topology.

three   treatment province, hub and insured province as processes of their own, an SQLite file each; killed in turn
one     all parties in one process on one SQLite file
several two processes with all parties each, on one PostgreSQL; one of them is killed

Exit codes: 0 all adds up, 1 something does not, 2 wrong usage, 3 no PostgreSQL for what was asked.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

ROOT = Path(__file__).parent.parent.parent
sys.path += [str(ROOT / "tests" / "sim" / "platform"), str(ROOT / "tests" / "sim" / "platform" / "sql")]
TOPOLOGIES = ("three", "one", "several")


@click.command("python tests/kill", help=__doc__)
@click.option("--rounds", type=click.IntRange(1), default=10, help="how many, for each topology")
@click.option("--topology", type=click.Choice(TOPOLOGIES), multiple=True, help="all of them by default")
@click.option("--seed", type=int, default=1, help="of whom cashiers serve and when a server is killed")
def main(rounds: int, topology: tuple[str, ...], seed: int) -> None:
    """Run the rounds until one is wrong."""
    for name in topology or TOPOLOGIES:
        begun = time.monotonic()
        with _parties(name, bool(topology)) as found:
            if found is None:
                continue
            from campaign import campaign

            with campaign(found, seed) as work:
                for number in range(rounds):
                    wrong = work.round(number)
                    _progress(name, number + 1, rounds)
                    if wrong:
                        _fails(name, seed, number, wrong)
                        sys.exit(1)
                repeated = sum(each.repeated for each in work.cashiers)
                told = f"{work.kills} kills, {work.visits:,} visits, {work.sent:,} messages, {repeated:,} repeated"
        click.echo(f"{name}: nothing lost, nothing double. {rounds} rounds, {told}, {time.monotonic() - begun:.0f} s")


@contextmanager
def _parties(name: str, asked: bool) -> Iterator[object]:
    """The topology; None where there is no PostgreSQL and nobody asked for it by name."""
    import topologies

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if name != "several":
            yield {"three": topologies.three, "one": topologies.one}[name](folder)
            return
        import psycopg
        import throwaway_postgres as throwaway

        try:
            server = stack.enter_context(throwaway.server())
        except throwaway.NoPostgresError as error:
            click.echo(f"several: not run, no PostgreSQL: {error}", err=True)
            if asked:
                sys.exit(3)
            yield None
            return
        with psycopg.connect(throwaway.address(server, "postgres"), autocommit=True) as connection:
            connection.execute(b"CREATE DATABASE kill")
        yield topologies.several(folder, throwaway.address(server, "kill"))


def _fails(name: str, seed: int, number: int, wrong: list[str]) -> None:
    """What does not add up. Real processes do not replay to the instruction: a seed repeats who does what when."""
    click.echo(f"{name}, round {number} does not add up:")
    for each in wrong[:20]:
        click.echo(f"  {each}")
    click.echo(f"again: .venv/bin/python tests/kill --topology {name} --seed {seed} --rounds {number + 1}")


def _progress(name: str, done: int, rounds: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{name} {done}/{rounds}", nl=done == rounds, err=True)


if __name__ == "__main__":
    main()
