"""What all commands share: the language, where people read, options that come again, exit codes.

Exit codes: 0 all passed, 1 findings against the target, 2 wrong usage or bad input, 3 the harness itself failed,
4 nothing was checked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sim.errors import InputError
from sim.lang import Lang, choose_lang, say

OK, FINDINGS, USAGE, HARNESS, NOTHING = 0, 1, 2, 3, 4
INTERRUPTED = 130


def _asked_lang(argv: Sequence[str]) -> str | None:
    """The value of ``--lang`` before parsing: help texts are made when the commands are defined."""
    for i, word in enumerate(argv):
        if word == "--lang" and i + 1 < len(argv):
            return argv[i + 1]
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
    return None


LANG: Lang = choose_lang(_asked_lang(sys.argv[1:]))


def t(key: str, **args: Any) -> str:
    """A text of the command line in the language chosen."""
    return say(key, **args).show(LANG)


def console(stderr: bool = False) -> Console:
    """Where people read: colours and full width on a terminal, plain and unwrapped in a pipe."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, width=None if stream.isatty() else 200, soft_wrap=not stream.isatty(), highlight=False
    )


def table(heads: Iterable[str], rows: Iterable[Iterable[object]], right: Iterable[int] = ()) -> None:
    """Rows under heads on a terminal; tab-separated lines in a pipe, so that other programs can read them."""
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(str(cell) for cell in row))
        return
    shown = Table(box=None, pad_edge=False)
    for i, head in enumerate(heads):
        shown.add_column(head, justify="right" if i in set(right) else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(escape(str(cell)) for cell in row))
    console().print(shown)


def as_json(data: Any) -> None:
    """Machine-readable output on standard output."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def out_option(help_key: str = "cli.out", *, required: bool = False) -> Callable[[Any], Any]:
    """The option that names the folder for results. The folder is made and tried before the work begins, so that nobody
    waits for results that cannot be written; one that stays empty is removed again."""
    kind = click.Path(path_type=Path, file_okay=False)
    return click.option("--out", type=kind, required=required, callback=_tried, help=t(help_key))


def _tried(context: click.Context, _: click.Parameter, folder: Path | None) -> Path | None:
    if folder is None or context.resilient_parsing:
        return folder
    new = [one for one in (folder, *folder.parents) if not one.exists()]

    def remove_empty() -> None:
        for one in new:
            with suppress(OSError):  # it is not empty, or was never made
                one.rmdir()

    context.call_on_close(remove_empty)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        problem = error.strerror or str(error)
        raise InputError(say("file.cannot_write", file=str(folder), problem=problem)) from None
    return folder


def json_option(function: Any) -> Any:
    """The switch for machine-readable output."""
    return click.option("--json", "machine", is_flag=True, help=t("cli.json"))(function)


def existing(name: str) -> Callable[[Any], Any]:
    """An argument that is a path; whether it exists is said by whoever opens it, in our own words."""
    return click.argument(name, type=click.Path(path_type=Path))


def interface_option(function: Any) -> Any:
    """The option that chooses the interface."""
    return click.option(
        "--interface", "interface_name", default="national", show_default=True, help=t("cli.interface")
    )(function)


def finish(code: int) -> NoReturn:
    """End the command with an exit code."""
    raise SystemExit(code)


@contextmanager
def progress(total: int) -> Iterator[Callable[[object], None]]:
    """A bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda _: bar.advance(task)


def day_of(text: str | None) -> date | None:
    """A day as the user wrote it; None stays None. Raises InputError for what is no day."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(say("cli.bad_date", value=text)) from None
