"""Certifying a platform or a hospital system, watching two real parties, judging what was recorded."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import click

from conformance.commands.shared import (
    certify_options,
    profile_of,
    report,
    seal_options,
    sealed,
)
from sim.commands.terminal import (
    LANG,
    existing,
    finish,
    out_option,
    progress,
    t,
)


@click.group(help=t("cli.certify"))
def certify() -> None:
    """Certify a platform or a hospital system."""


@certify.command("platform", help=t("cli.certify.platform"))
@click.option("--target", default="", help=t("cli.target"))
@click.option("--workers", type=click.IntRange(1, 64), default=8, show_default=True, help=t("cli.workers"))
@certify_options
def certify_platform(
    target: str,
    profile_file: Path | None,
    packs: tuple[str, ...],
    only: tuple[str, ...],
    workers: int,
    strict: bool,
    key: Path | None,
    sm: bool,
    out: Path | None,
) -> None:
    """Drive a platform under test and judge it."""
    from conformance.pack import load_pack
    from conformance.pack import packs as names
    from conformance.run import certify_platform as run
    from conformance.stopping import interruptible

    profile = profile_of(profile_file)
    chosen = [load_pack(name) for name in packs or names("platform", profile.interface)]
    seal = sealed(key, sm)
    with interruptible() as stopped, progress(sum(len(p.scenarios) for p in chosen)) as step:
        result = run(
            target or profile.url,
            profile,
            chosen,
            only=only,
            workers=workers,
            on_progress=step,
            stopped=stopped,
            command=("yidi", *sys.argv[1:]),
            strict=strict,
        )
    report(result, out, seal)


@certify.command("hospital", help=t("cli.certify.hospital"))
@click.option("--listen", default="127.0.0.1:0", show_default=True, help=t("cli.hospital.listen"))
@click.option("--url", default="", help=t("cli.hospital.url"))
@click.option("--drive", default="", help=t("cli.hospital.drive"))
@click.option("--drive-url", default="", help=t("cli.hospital.drive_url"))
@click.option("--manual", is_flag=True, help=t("cli.hospital.manual"))
@click.option("--patience", type=click.FloatRange(0.1), default=60, show_default=True, help=t("cli.hospital.patience"))
@certify_options
def certify_hospital(
    listen: str,
    url: str,
    drive: str,
    drive_url: str,
    manual: bool,
    patience: float,
    profile_file: Path | None,
    packs: tuple[str, ...],
    only: tuple[str, ...],
    strict: bool,
    key: Path | None,
    sm: bool,
    out: Path | None,
) -> None:
    """Play the platform for a hospital system under test and judge it."""
    from conformance.drive import driver_for
    from conformance.drive.certify import certify_hospital as run
    from conformance.pack import load_pack
    from conformance.pack import packs as names
    from conformance.stopping import interruptible

    seal = sealed(key, sm)
    driver = driver_for(drive, drive_url, manual=manual, lang=LANG)
    chosen = [load_pack(name) for name in packs or names("hospital")]
    total = sum(len(p.scenarios) for p in chosen)
    bar = nullcontext(lambda _: None) if manual else progress(total)  # a person reads and types on this terminal
    with interruptible(at_once=manual) as stopped, bar as step:
        result = run(
            listen,
            driver,
            profile_of(profile_file),
            chosen,
            only=only,
            url=url,
            answer_seconds=patience,
            on_progress=step,
            stopped=stopped,
            command=("yidi", *sys.argv[1:]),
            strict=strict,
        )
    report(result, out, seal)


@click.command(help=t("cli.judge"))
@existing("file")
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
@click.option("--pack", "packs", multiple=True, help=t("cli.pack"))
@seal_options
@out_option()
def judge(
    file: Path, profile_file: Path | None, packs: tuple[str, ...], key: Path | None, sm: bool, out: Path | None
) -> None:
    """Judge a recorded conversation."""
    from conformance.judging import judge_file
    from conformance.pack import load_pack

    chosen, seal = [load_pack(name) for name in packs], sealed(key, sm)
    result = judge_file(file, profile_of(profile_file), chosen, command=("yidi", *sys.argv[1:]))
    report(result, out, seal)


@click.command(help=t("cli.tap"))
@click.option("--listen", required=True, help=t("cli.tap.listen"))
@click.option("--upstream", required=True, help=t("cli.tap.upstream"))
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help=t("cli.tap.out"))
def tap(listen: str, upstream: str, out: Path) -> None:
    """Sit between two real parties and record."""
    from conformance.tap import tap as run

    recorded = run(listen, upstream, out)
    click.echo(t("cli.tap.done", exchanges=recorded, path=out), err=True)


@click.command(help=t("cli.verify"))
@existing("folder")
def verify(folder: Path) -> None:
    """Judge an evidence bundle again."""
    from conformance.evidence import verify as run

    done = run(folder)
    for problem in done.problems:
        place = f"{problem.file} #{problem.seq}" if problem.seq else problem.file
        click.echo(f"{place}: {problem.text.show(LANG)}")
    for note in done.notes:
        click.echo(note.show(LANG))
    click.echo(t("cli.verify.same" if done.same else "cli.verify.different", exchanges=done.exchanges), err=True)
    finish(done.exit_code)
