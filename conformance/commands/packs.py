"""Scenario packs, and whom and what they need."""

from __future__ import annotations

from pathlib import Path

import click

from conformance.commands.shared import (
    profile_of,
    write_pack,
)
from sim.commands.terminal import (
    LANG,
    as_json,
    existing,
    json_option,
    out_option,
    t,
    table,
)


@click.group(help=t("cli.pack.group"))
def pack() -> None:
    """Scenario packs."""


@pack.command("list", help=t("cli.pack.list"))
@json_option
def pack_list(machine: bool) -> None:
    """All packs that come with yidi."""
    from conformance import pack as packs

    found = [packs.load_pack(name) for name in packs.packs()]
    if machine:
        as_json(
            [
                {"name": p.name, "version": p.version, "title": p.title.both(), "scenarios": len(p.scenarios)}
                for p in found
            ]
        )
        return
    heads = (t("cli.name"), t("cli.version"), t("cli.scenarios"), t("cli.title"))
    table(heads, ((p.name, p.version, len(p.scenarios), p.title.show(LANG)) for p in found), right=(2,))


@pack.command("show", help=t("cli.pack.show"))
@click.argument("name")
def pack_show(name: str) -> None:
    """A pack, or one scenario by its id."""
    from conformance.describe import describe

    for line in describe(name, LANG):
        click.echo(line)


@pack.command("check", help=t("cli.pack.check"))
@existing("path")
def pack_check(path: Path) -> None:
    """Check a pack folder or one scenario file."""
    from conformance.describe import check_path

    click.echo(t("cli.pack.checked", scenarios=check_path(path)))


@pack.command("from-conversation", help=t("cli.pack.from"))
@existing("file")
@out_option("cli.pack.from.out", required=True)
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
@click.option("--name", default="", help=t("cli.pack.from.name"))
def pack_from_conversation(file: Path, out: Path, profile_file: Path | None, name: str) -> None:
    """A recorded conversation as a scenario pack."""
    from conformance.judging import read_file

    write_pack(read_file(file), out, profile_of(profile_file), name)


@click.group(help=t("cli.people"))
def people() -> None:
    """Test persons, institutions and items that scenarios need."""


@people.command("list", help=t("cli.people.list"))
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
def people_list(profile_file: Path | None) -> None:
    """The people, masked."""
    from conformance.setup_data import overview

    heads = ("", "insuplc_admdvs", "insutype", "psn_type", "balc", t("cli.people.filings"), t("cli.people.marks"))
    table(heads, overview(profile_of(profile_file), LANG), right=(0, 4))


@people.command("last-month", help=t("cli.people.month"))
@click.option("--db", "url", required=True, help=t("cli.people.month.db"))
def people_last_month(url: str) -> None:
    """A month that is over, with something to clear."""
    from conformance.last_month import settle_last_month
    from conformance.targets.platform import china_time

    month, count = settle_last_month(url, china_time())
    click.echo(t("cli.people.month.done", month=month, count=count), err=True)


@people.command("export", help=t("cli.people.export"))
@click.option("--profile", "profile_file", type=click.Path(path_type=Path), help=t("cli.profile"))
@out_option("cli.people.out", required=True)
def people_export(profile_file: Path | None, out: Path) -> None:
    """Set-up data for a target."""
    from conformance.setup_data import export

    for path in export(profile_of(profile_file), out):
        click.echo(t("cli.wrote", path=path), err=True)
