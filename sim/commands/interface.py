"""The interface dictionary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sim.commands.terminal import (
    FINDINGS,
    LANG,
    NOTHING,
    OK,
    as_json,
    existing,
    finish,
    interface_option,
    json_option,
    t,
    table,
)
from sim.lang import Text


@click.group("interface", help=t("cli.interface.group"))
def interface_group() -> None:
    """The interface dictionary."""


@interface_group.command("list", help=t("cli.interface.list"))
@interface_option
@click.option("--group", help=t("cli.interface.only_group"))
@json_option
def interface_list(interface_name: str, group: str | None, machine: bool) -> None:
    """All transactions."""
    from sim.interface import interface, query

    rows = query.listing(interface(interface_name), group)
    if machine:
        as_json([{"infno": r.infno, **r.name.both(), "group": r.group, "kind": r.kind, "sure": r.sure} for r in rows])
        return
    heads = (
        "infno",
        t("cli.name"),
        t("cli.group"),
        t("cli.kind"),
        t("cli.sure"),
        t("cli.fields_in"),
        t("cli.fields_out"),
    )
    table(
        heads, ((r.infno, r.name.show(LANG), r.group, r.kind, r.sure, r.inputs, r.outputs) for r in rows), right=(5, 6)
    )


@interface_group.command("show", help=t("cli.interface.show"))
@click.argument("infno")
@interface_option
@json_option
@click.option("--schema", type=click.Choice(["request", "reply"]), help=t("cli.interface.schema"))
def interface_show(infno: str, interface_name: str, machine: bool, schema: str | None) -> None:
    """One transaction, field by field."""
    from sim import interface as room

    iface = room.interface(interface_name)
    found = room.transaction(iface, infno)
    if schema is not None:
        as_json(room.schema(iface, infno, "request" if schema == "request" else "reply"))
        return
    from sim.interface import query

    rows = query.show(iface, infno)
    if machine:
        as_json([_plain_row(r) for r in rows])
        return
    click.echo(f"{found.infno}  {found.name.show('zh')}  {found.name.show('en')}")
    heads = (
        "",
        t("cli.node"),
        t("cli.field"),
        t("cli.label"),
        t("cli.value"),
        t("cli.required"),
        t("cli.origin"),
        t("cli.sure"),
    )
    table(
        heads,
        (
            (r.direction, r.node, r.name, r.zh, r.expected.show(LANG), r.required.show(LANG), r.origin, r.sure)
            for r in rows
        ),
    )


def _plain_row(row: Any) -> dict[str, Any]:
    from attrs import asdict

    return {k: v.both() if isinstance(v, Text) else v for k, v in asdict(row, recurse=False).items()}


@interface_group.command("check", help=t("cli.interface.check"))
@existing("file")
@click.option("--infno", help=t("cli.interface.infno"))
@click.option("--numbers", type=click.Choice(["number", "string", "either"]), default="number", show_default=True)
@interface_option
@json_option
def interface_check(file: Path, infno: str | None, numbers: Any, interface_name: str, machine: bool) -> None:
    """Validate one message or a JSONL of them."""
    from sim.interface import interface
    from sim.interface.checking import check_file

    checked = check_file(interface(interface_name), file, infno, numbers)
    if machine:
        found = [
            {"file": f.place.file, "line": f.place.line, "infno": f.infno, **_problem(f.problem)} for f in checked.found
        ]
        as_json({"messages": checked.messages, "problems": found})
    else:
        for one in checked.found:
            click.echo(one.text().show(LANG))
        click.echo(t("cli.interface.checked", messages=checked.messages, problems=len(checked.found)), err=True)
    finish(FINDINGS if checked.found else OK if checked.messages else NOTHING)


def _problem(problem: Any) -> dict[str, Any]:
    shown = problem.text().both()
    return {"path": problem.path, "label": problem.label, "rule": problem.rule, "actual": problem.actual, "text": shown}


@interface_group.command("diff", help=t("cli.interface.diff"))
@click.argument("old")
@click.argument("new")
@json_option
def interface_diff(old: str, new: str, machine: bool) -> None:
    """Two interfaces, field by field."""
    from sim.interface import interface, query

    rows = query.diff(interface(old), interface(new))
    if machine:
        as_json([_plain_row(r) for r in rows])
        return
    heads = (t("cli.place"), t("cli.change"), t("cli.attribute"), old, new)
    table(heads, ((r.place, r.change, r.attribute, _blank(r.old), _blank(r.new)) for r in rows))


def _blank(value: Any) -> object:
    return "" if value is None else value
