"""The demonstration and simulated plans."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.commands.shared import (
    fresh_pack_folder,
    write_pack,
)
from sim.commands.terminal import (
    LANG,
    existing,
    finish,
    out_option,
    t,
    table,
)


@click.command(help=t("cli.demo"))
@out_option()
def demo(out: Path | None) -> None:
    """The whole story in under a minute."""
    from conformance.demo import run_demo

    finish(run_demo(out or Path("out/demo"), LANG, lambda text: click.echo(text.show(LANG))))


@click.command(help=t("cli.simulate"))
@existing("plan")
@click.option("--engine", type=click.Choice(["simpy", "compiled"]), default="simpy", show_default=True)
@click.option("--seed", type=int, help=t("cli.simulate.seed"))
@click.option(
    "--replications", type=click.IntRange(1), default=1, show_default=True, help=t("cli.simulate.replications")
)
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help=t("cli.workers"))
@click.option("--record", type=click.Path(path_type=Path, file_okay=False), help=t("cli.simulate.record"))
@click.option("--db", default="", help=t("cli.simulate.db"))
@out_option()
def simulate(
    plan: Path,
    engine: str,
    seed: int | None,
    replications: int,
    workers: int,
    record: Path | None,
    db: str,
    out: Path | None,
) -> None:
    """Run a plan and write tables, run.json and report.html."""
    from conformance.recording import Recorder
    from sim import planning

    recorder = Recorder() if record else None
    if record:
        fresh_pack_folder(record / "pack")
    run = planning.simulate(
        planning.read_plan(plan),
        seed,
        replications,
        engine_name=engine,
        workers=workers,
        on_exchange=recorder,
        db=db,
    )
    written = planning.write(run, out or Path("out") / plan.stem, LANG)
    rows = planning.summary(run)
    table((t("cli.figure"), t("cli.simulated")), ((r.name.show(LANG), r.value.show(LANG)) for r in rows))
    for note in written.notes:
        click.echo(note.show(LANG), err=True)
    files = [*written.files, *([recorder.save(record)] if record and recorder else [])]
    for path in files:
        click.echo(t("cli.wrote", path=path), err=True)
    if record and recorder:
        write_pack(recorder.exchanges, record / "pack", None, record.resolve().name)
