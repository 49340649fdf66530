"""What the suite sees: made-up conversations, and implementations with known faults."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from attrs import evolve

from conformance.commands.shared import (
    profile_of,
    report,
)
from sim.commands.terminal import (
    FINDINGS,
    LANG,
    OK,
    finish,
    out_option,
    progress,
    t,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance.explore.search import Explored
    from conformance.result import RunResult


@click.command(help=t("cli.explore"))
@click.option("--target", default="", help=t("cli.target"))
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
@click.option("--examples", type=click.IntRange(1), default=300, show_default=True, help=t("cli.explore.examples"))
@click.option("--seed", type=int, default=0, show_default=True, help=t("cli.explore.seed"))
@click.option("--drive", default="", help=t("cli.hospital.drive"))
@click.option("--drive-url", default="", help=t("cli.hospital.drive_url"))
@out_option("cli.explore.out")
def explore(
    target: str,
    profile_file: Path | None,
    examples: int,
    seed: int,
    drive: str,
    drive_url: str,
    out: Path | None,
) -> None:
    """Generated conversations against a platform, or days for a hospital system."""
    from conformance.explore.sides import explore as run

    profile, out = profile_of(profile_file), out or Path("explored")
    with progress(examples) as step:
        found = run(
            target,
            drive,
            drive_url,
            profile,
            examples=examples,
            seed=seed,
            on_progress=lambda: step(None),
            command=("yidi", *sys.argv[1:]),
        )
    if found.conversations > 1 or found.result.verdict != "nothing_checked":
        click.echo(t("cli.explore.done", conversations=found.conversations, messages=found.messages), err=True)
    if found.result.verdict == "nothing_checked":
        nothing_checked(found.result)
    if not found.failed:
        finish(found.exit_code)
    pack = found.write(out)
    told = "cli.explore.found" if found.pack.role == "platform" else "hospital.explore.found"
    click.echo(t(told, pack=pack, steps=found.steps), err=True)
    if not found.repeats:
        click.echo(t("cli.explore.once"), err=True)
    options = {"--target": target, "--drive": drive, "--drive-url": drive_url, "--profile": str(profile_file or "")}
    report(repeated_by(found, pack, options), out)


def repeated_by(found: Explored, pack: Path, options: Mapping[str, str]) -> RunResult:
    """The result with the command that plays its pack: exploring again would make everything up anew."""
    given = [word for name, value in options.items() if value for word in (name, value)]
    command = ("yidi", "--lang", LANG, "certify", found.pack.role, "--pack", str(pack), *given)
    return evolve(found.result, command=command)


def nothing_checked(result: RunResult) -> NoReturn:
    """Say what was not checked, and why, and end with the exit code for that."""
    from conformance.report.masking import presentable
    from conformance.report.words import MEANINGS, VERDICTS, not_run

    shown = presentable(result, bodies=False)
    reasons = [reason for reason, _ in not_run(shown)] or [MEANINGS[shown.verdict]]
    for reason in reasons:
        click.echo(f"yidi: {VERDICTS[shown.verdict].show(LANG)}: {shown.target}: {reason.show(LANG)}", err=True)
    finish(result.exit_code)


@click.command(help=t("cli.mutants"))
@click.option("--all", "whole", is_flag=True, help=t("cli.mutants.all"))
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help=t("cli.mutants.out"))
def mutants(whole: bool, out: Path | None) -> None:
    """Who catches which known-bad implementation."""
    from conformance.mutants import hunt
    from conformance.mutants import mutants as known
    from conformance.mutants.gateway_hospitals import gateway_mutants
    from conformance.mutants.hospital_hunt import hospital_packs, hunt_hospitals
    from conformance.mutants.hospitals import hospital_mutants
    from conformance.pack import load_pack
    from conformance.pack import packs as names

    hospitals = (*hospital_mutants(), *gateway_mutants())
    with progress(len(known()) + len(hospitals)) as step:
        chosen = [load_pack(name) for name in names("platform", "national")]
        rows = hunt(chosen, known(), on_progress=step, whole=whole)
        rows += hunt_hospitals(hospital_packs(), hospitals, on_progress=step, whole=whole)
    table(
        (t("cli.mutant"), t("cli.title"), t("cli.caught_by")),
        ((r.mutant.id, r.mutant.title.show(LANG), ", ".join(r.by) or t("cli.survived")) for r in rows),
    )
    if out:
        data = [{"id": r.mutant.id, "title": r.mutant.title.both(), "caught_by": dict(r.by)} for r in rows]
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        click.echo(t("cli.wrote", path=out), err=True)
    finish(FINDINGS if any(r.survived for r in rows) else OK)
