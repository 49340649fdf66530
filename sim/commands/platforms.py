"""The reference platforms: serving them, and what a month between provinces came to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sim.commands.terminal import (
    LANG,
    as_json,
    day_of,
    interface_option,
    json_option,
    out_option,
    t,
    table,
)
from sim.lang import Text

if TYPE_CHECKING:
    from sim.service.launch import Role


@click.command(help=t("cli.serve"))
@click.option("--host", default="127.0.0.1", show_default=True, help=t("cli.serve.host"))
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help=t("cli.serve.port"))
@click.option("--db", help=t("cli.serve.db"))
@click.option("--settings", "settings_file", type=click.Path(path_type=Path), help=t("cli.serve.settings"))
@click.option("--faults", "faults_file", type=click.Path(path_type=Path), help=t("cli.serve.faults"))
@click.option("--token", default="", envvar="YIDI_TOKEN", help=t("cli.serve.token"))
@click.option(
    "--role",
    type=click.Choice(["all", "province", "hub"]),
    default="all",
    show_default=True,
    help=t("cli.serve.role"),
)
@click.option("--admdvs", default="", help=t("cli.serve.admdvs"))
@click.option("--hub", default="", help=t("cli.serve.hub"))
@click.option("--provinces", multiple=True, help=t("cli.serve.provinces"))
@click.option("--key", default="", envvar="YIDI_KEY", help=t("cli.serve.key"))
@interface_option
def serve(
    host: str,
    port: int,
    db: str | None,
    settings_file: Path | None,
    faults_file: Path | None,
    token: str,
    role: Role,
    admdvs: str,
    hub: str,
    provinces: tuple[str, ...],
    key: str,
    interface_name: str,
) -> None:
    """The reference platforms as a server to develop against."""
    from sim.service.launch import Cast, launch

    launch(
        Cast(role, admdvs, hub, provinces, key),
        host=host,
        port=port,
        db=db,
        settings_file=settings_file,
        faults_file=faults_file,
        token=token,
        interface_name=interface_name,
    )


@click.command(help=t("cli.clearing"))
@click.option("--month", required=True, help=t("cli.clearing.month"))
@click.option("--db", "urls", multiple=True, required=True, help=t("cli.clearing.db"))
@click.option("--run-until", "until", help=t("cli.clearing.until"))
@click.option("--regime", default="", help=t("cli.clearing.regime"))
@out_option()
@json_option
def clearing(
    month: str, urls: tuple[str, ...], until: str | None, regime: str, out: Path | None, machine: bool
) -> None:
    """A month's clearing between provinces."""
    from sim.service import china_time
    from sim.service.clearing import show_month

    shown = show_month(month, urls, today=china_time().date(), until=day_of(until), regime=regime, out=out)
    if machine:
        as_json(shown.data)
    else:
        for fact in shown.facts:
            click.echo(fact.show(LANG))
        for each in shown.tables:
            click.echo(f"\n{each.title.show(LANG)}")
            cells = ([cell.show(LANG) if isinstance(cell, Text) else cell for cell in row] for row in each.rows)
            table([head.show(LANG) for head in each.heads], cells, right=each.right)
            click.echo(each.source.show(LANG))
    for path in shown.files:
        click.echo(t("cli.wrote", path=path), err=True)
