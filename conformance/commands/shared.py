"""What the commands of the suite share: their options, profiles, seals, and how results are shown."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from sim.commands.terminal import (
    LANG,
    console,
    finish,
    out_option,
    t,
)
from sim.errors import InputError
from sim.lang import say

if TYPE_CHECKING:
    from conformance.conversation import Exchange
    from conformance.evidence import Seal
    from conformance.profile import Profile
    from conformance.result import RunResult


def seal_options(function: Any) -> Any:
    """How the evidence is sealed: with whose key, by which algorithms."""
    key = click.option("--key", type=click.Path(path_type=Path), help=t("cli.key"))
    return key(click.option("--sm", is_flag=True, help=t("cli.sm"))(function))


def certify_options(function: Any) -> Any:
    """What both sides of certification share."""
    for option in (
        click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile")),
        click.option("--pack", "packs", multiple=True, help=t("cli.pack")),
        click.option("--scenario", "only", multiple=True, help=t("cli.scenario")),
        click.option("--strict", is_flag=True, help=t("cli.strict")),
        seal_options,
        out_option(),
    ):
        function = option(function)
    return function


def profile_of(file: Path | None) -> Profile:
    """The profile of a file, or of a name that is shipped (``reference``); the one that promises little without."""
    from conformance.profile import Profile, read_profile
    from sim.resources import fixtures

    if file is None:
        return Profile()
    shipped = fixtures("profiles", f"{file}.yaml")
    by_name = not file.exists() and len(file.parts) == 1 and shipped.is_file()
    return read_profile(shipped) if by_name else read_profile(file)


def sealed(key: Path | None, sm: bool) -> Seal:
    """The seal that the options ask for, tried before the work begins. Raises InputError for a key that cannot be
    used."""
    from conformance.evidence import Seal, signer

    seal = Seal("sm3", "sm2", key) if sm else Seal(key=key)
    signer(seal)
    return seal


def report(result: RunResult, out: Path | None, seal: Seal | None = None) -> NoReturn:
    """Write and show a result, and end with its exit code."""
    from conformance.report import write
    from conformance.report.console import show

    paths = write(result, out, LANG, seal=seal) if out else ()
    show(result, console(), LANG, paths)
    finish(result.exit_code)


def fresh_pack_folder(folder: Path) -> None:
    """Say before the work begins that there is a pack already."""
    from conformance.pack import MANIFEST

    if (folder / MANIFEST).exists():
        raise InputError(say("recorded.pack_exists", folder=str(folder)))


def write_pack(exchanges: Iterable[Exchange], folder: Path, profile: Profile | None, name: str) -> None:
    """Write the pack, and say what it does not have."""
    from conformance.from_conversation import LEFT_OUT, pack_from

    made = pack_from(exchanges, folder, profile=profile, name=name)
    click.echo(
        t(
            "cli.pack.made",
            path=folder,
            scenarios=len(made.scenarios),
            steps=made.steps,
            left=len(made.left_out),
            remarks=len(made.remarks),
            file=LEFT_OUT,
        ),
        err=True,
    )
    for told in made.told_headers:
        click.echo(told.show(LANG), err=True)
