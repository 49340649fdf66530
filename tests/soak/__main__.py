"""``make soak MESSAGES=N``: one server over HTTP, its memory after each tenth of N messages.

``--write`` puts the table into docs/benchmarks.md and its Chinese twin, between ``<!-- soak -->`` and ``<!-- end -->``.
Exit codes: 0 memory stayed flat, 1 it grew, 2 wrong usage.
"""

from __future__ import annotations

import os
import platform
import re
import sys

import click

from sim.lang import Lang
from tests.benchmarks.page import PAGES
from tests.soak.soak import MIB, Look, Soaked, soak

ALLOWED = 0.05
"""The growth after warming up, as a share, up to which memory counts as flat: arenas come and go."""
PART = re.compile(r"(<!-- soak -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD: dict[Lang, str] = {
    "en": "| messages | memory (MiB) | seconds |\n|---:|---:|---:|\n",
    "zh": "| 报文数 | 内存（MiB） | 秒 |\n|---:|---:|---:|\n",
}
NOTE: dict[Lang, str] = {
    "en": "Python {python}, {cores} cores, {machine}; load {load:.1f}. Growth after the first two tenths: {growth:+.1f} MiB "
    "({share:+.1%}).",
    "zh": "Python {python}，{cores} 核，{machine}；负载 {load:.1f}。前两成之后的增长：{growth:+.1f} MiB（{share:+.1%}）。",
}


def row(look: Look) -> str:
    """One line of the table."""
    return f"| {look.messages:,} | {look.memory / MIB:.1f} | {look.seconds:.0f} |\n"


def section(soaked: Soaked, lang: Lang) -> str:
    """The table and what it comes to."""
    told = NOTE[lang].format(
        python=platform.python_version(),
        cores=os.cpu_count(),
        machine=platform.machine(),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        growth=soaked.growth / MIB,
        share=soaked.share,
    )
    return f"{told}\n\n{HEAD[lang]}{''.join(map(row, soaked.looks))}"


@click.command("python -m tests.soak", help=__doc__)
@click.option("--messages", type=click.IntRange(1_000), default=1_000_000, help="how many")
@click.option("--write", is_flag=True, help="put the table into the pages of figures")
def main(messages: int, write: bool) -> None:
    """Soak, print, judge."""
    soaked = soak(messages, on_look=lambda look: click.echo(row(look), nl=False))
    click.echo(section(soaked, "en").partition("\n")[0])
    if write:
        for lang, file in PAGES.items():
            text, made = file.read_text("utf-8"), section(soaked, lang)
            file.write_text(PART.sub(lambda found, made=made: f"{found[1]}{made}{found[2]}", text), encoding="utf-8")
            click.echo(f"wrote {file}")
    sys.exit(1 if soaked.share > ALLOWED else 0)


if __name__ == "__main__":
    main()
