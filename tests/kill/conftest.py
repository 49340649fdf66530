"""Makes the helpers of these tests importable, the desk of the platform tests, and PostgreSQL where there is one."""

import os
import sys
from pathlib import Path

import psycopg
import pytest

HERE = Path(__file__).parent
sys.path += [str(HERE), str(HERE.parent / "sim" / "platform"), str(HERE.parent / "sim" / "platform" / "sql")]


@pytest.fixture(scope="session")
def postgres():
    """Makes empty databases on a throw-away PostgreSQL; only YIDI_NO_POSTGRES=1 goes without."""
    import throwaway_postgres as throwaway

    if os.environ.get("YIDI_NO_POSTGRES") == "1":
        pytest.skip("YIDI_NO_POSTGRES=1: PostgreSQL is not tested")
    with throwaway.server() as folder:

        def create():
            with psycopg.connect(throwaway.address(folder, "postgres"), autocommit=True) as connection:
                connection.execute(b"CREATE DATABASE kill")
            return throwaway.address(folder, "kill")

        yield create
