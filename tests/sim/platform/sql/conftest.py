"""Databases for these tests: SQLite files, and databases of a throw-away PostgreSQL server."""

import itertools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

sys.path.append(str(Path(__file__).parent))

import throwaway_postgres as throwaway


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Makes empty PostgreSQL databases and gives their URLs.

    Without a server the tests fail and say what is missing; only YIDI_NO_POSTGRES=1 skips them.
    """
    if os.environ.get("YIDI_NO_POSTGRES") == "1":
        pytest.skip("YIDI_NO_POSTGRES=1: PostgreSQL is not tested")
    numbers = itertools.count(1)
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(throwaway.server())
        except throwaway.NoPostgresError as error:
            pytest.fail(f"PostgreSQL cannot be tested: {error}. Set YIDI_NO_POSTGRES=1 to go without.", pytrace=False)

        def create() -> str:
            name = f"test{next(numbers)}"
            with psycopg.connect(throwaway.address(folder, "postgres"), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}".encode())
            return throwaway.address(folder, name)

        yield create


@pytest.fixture
def sqlite(tmp_path: Path) -> Callable[[], str]:
    """Gives URLs of SQLite files that do not exist yet."""
    numbers = itertools.count(1)
    return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database: each test that asks runs on SQLite and on PostgreSQL."""
    return request.getfixturevalue(request.param)()
