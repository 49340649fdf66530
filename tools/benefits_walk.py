"""Commands in a page are run in a copy of the project; what they print is put behind them.

A ``console`` block holds lines ``$ command`` and their output. A ``yaml`` block whose first line is ``# file: PATH`` is
written to that path before what follows it; so a reader can do the same by hand, in the same order.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sim.lang import Lang

ROOT = Path(__file__).parent.parent
NEEDED = ("sim", "conformance", "fixtures", "yidi.py", "pyproject.toml", "tests/sim/benefits")
BLOCK = re.compile(r"^```(yaml|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# file: (\S+)\n")
SECONDS = re.compile(r" in \d+\.\d+s( \(\d+:\d\d:\d\d\))?")
"""The only words in an output that differ from run to run."""
UNWANTED = ("PYTEST", "PY_COLORS", "FORCE_COLOR", "CLICOLOR", "CI", "BUILD_NUMBER")
"""Beginnings of variables that make a command print otherwise than for a reader of the page, as on a CI server."""


def walked(text: str, lang: Lang) -> str:
    """A page with the output of every command made anew, in order, starting from a fresh copy of the project."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        copy(place)
        return BLOCK.sub(lambda found: block(found, place, lang), text)


def copy(place: Path) -> None:
    """What the commands need of the project."""
    for part in NEEDED:
        source, target = ROOT / part, place / part
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)


def block(found: re.Match[str], place: Path, lang: Lang) -> str:
    """One block: a file is written, commands are run."""
    kind, body = found.groups()
    if kind == "yaml":
        if named := FILE.match(body):
            target = place / named[1]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body[named.end() :], encoding="utf-8")
        return found[0]
    commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
    return "```console\n" + "".join(f"$ {command}\n{output(command, place, lang)}" for command in commands) + "```"


def output(command: str, place: Path, lang: Lang) -> str:
    """What a command prints, both streams; an exit code other than 0 is told on a line of its own."""
    words = shlex.split(command)
    program = Path(words[0])
    if program.parent.as_posix() == ".venv/bin":
        module = [] if program.name == "python" else ["-m", program.name]
        words = [sys.executable, *module, *words[1:]]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(UNWANTED)}
    env = {**inherited, "YIDI_LANG": lang, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(  # noqa: S603  # the commands stand in our own pages
        words, cwd=place, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    printed = SECONDS.sub("", done.stdout.decode("utf-8")).replace("\r\n", "\n")
    printed = "".join(line.rstrip() + "\n" for line in printed.strip("\n").splitlines())
    ended = {"en": "(exit code {})\n", "zh": "（退出码 {}）\n"}[lang].format(done.returncode)
    return printed + (ended if done.returncode else "")
