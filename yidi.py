"""The command line: gathers both halves of the project and holds no logic of its own."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import NoReturn

import click

from conformance.commands import certifying, eyesight, packs, running
from sim.commands import benefits, interface, platforms
from sim.commands.terminal import HARNESS, INTERRUPTED, LANG, OK, USAGE, t
from sim.errors import HarnessError, InputError

COMMANDS: tuple[click.Command, ...] = (
    running.demo,
    platforms.serve,
    running.simulate,
    certifying.certify,
    certifying.judge,
    certifying.tap,
    certifying.verify,
    benefits.settle,
    platforms.clearing,
    interface.interface_group,
    packs.pack,
    packs.people,
    eyesight.explore,
    eyesight.mutants,
)


class Commands(click.Group):
    """A group that says of a command planned for later that it is not in this version."""

    LATER = ("compare",)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a clearer error for names that a later version will have."""
        if args and args[0] in self.LATER and args[0] not in self.commands:
            raise click.UsageError(t("cli.later", name=args[0]))
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, help=t("cli.help"), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(["zh", "en"]), expose_value=False, help=t("cli.lang"))
@click.version_option(version("yidi"), prog_name="yidi")
def cli() -> None:
    """The root; each command below explains itself."""


for _command in COMMANDS:
    cli.add_command(_command)


def _guarded(run: Callable[[], object]) -> Callable[[], int]:
    """Every way a command can end, as one exit code and one readable message."""

    @wraps(run)
    def guarded() -> int:
        try:
            run()
        except SystemExit as end:
            return int(end.code or 0)
        except InputError as error:
            click.echo(f"yidi: {error.show(LANG)}", err=True)
            return USAGE
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.ClickException as error:
            error.show()
            return USAGE
        except (KeyboardInterrupt, click.Abort):
            click.echo(t("cli.interrupted"), err=True)
            return INTERRUPTED
        except BrokenPipeError:
            # The reader went away (``| head``); point stdout elsewhere so that closing it stays quiet.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return OK
        except HarnessError as error:
            click.echo(t("cli.harness", problem=error.show(LANG)), err=True)
            return HARNESS
        except Exception as error:  # a fault of ours: say so, and keep what is needed to mend it
            traceback.print_exc()
            click.echo(t("cli.harness", problem=f"{type(error).__name__}: {error}"), err=True)
            return HARNESS
        return OK

    return guarded


def main() -> NoReturn:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # Chinese texts also where the locale says C or a code page
    sys.exit(_guarded(lambda: cli.main(prog_name="yidi", standalone_mode=False))())


if __name__ == "__main__":
    main()
