"""One bill settled and explained."""

from __future__ import annotations

from pathlib import Path

import click

from sim.commands.terminal import (
    FINDINGS,
    LANG,
    OK,
    as_json,
    day_of,
    existing,
    finish,
    json_option,
    t,
)
from sim.errors import InputError
from sim.lang import say


@click.command(help=t("cli.settle"))
@existing("bill")
@click.option("--policy", "policy_id", help=t("cli.settle.policy"))
@click.option("--on", "day", help=t("cli.settle.on"))
@click.option("--explain-difference", "reply", type=click.Path(path_type=Path), help=t("cli.settle.difference"))
@click.option("--out", "page", type=click.Path(path_type=Path, dir_okay=False), help=t("cli.settle.out"))
@json_option
def settle(
    bill: Path, policy_id: str | None, day: str | None, reply: Path | None, page: Path | None, machine: bool
) -> None:
    """One settlement, step by step."""
    from sim.benefits import difference, explain

    if reply is not None and page is not None:
        raise InputError(say("cli.settle.either"))
    if reply is not None:
        finding = difference.explain_files(bill, reply, policy_id, day_of(day))
        if machine:
            as_json(difference.as_data(finding))
        else:
            click.echo(difference.as_text(finding, LANG))
        finish(FINDINGS if finding.differing else OK)
    done = explain.settle_bill(bill, policy_id, day_of(day))
    if page is not None:
        from sim.drawing import write_page

        write_page(done, page, LANG)
        click.echo(t("cli.settle.written", path=page), err=True)
    if machine:
        as_json(explain.as_data(done))
    else:
        click.echo(explain.as_text(done, LANG))
