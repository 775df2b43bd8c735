"""Fixtures that every test may use: the recorded markets, and a PostgreSQL of our own that no other program uses."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from throwaway_postgres import NotInstalled, Postgres

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Where the recorded markets are; tests that need them are skipped, and say so, where they are not."""
    folder = Path(os.environ.get("PENSTOCK_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"recorded market data not found at {folder}: set PENSTOCK_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """In CI it must be there; elsewhere the tests that need it are skipped, and say what to install."""
    try:
        server = Postgres()
    except NotInstalled as reason:
        if os.environ.get("CI"):
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    yield server
    server.remove()


schemas = count(1)


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The URL of an empty place for a journal."""
    return postgres.url(f"test_{next(schemas)}")
