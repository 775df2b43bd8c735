"""Journals of every kind, each new and empty, and a PostgreSQL of our own that no other program uses."""

import os
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from penstock.journal import MemoryJournal, WritableRecord, open_journal

sys.path.insert(0, str(Path(__file__).parent))

from throwaway_postgres import NotInstalled, Postgres


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


Opener = Callable[[], WritableRecord]


@pytest.fixture(params=["sqlite", "memory", "postgres"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens one and the same journal for its writer, again and again."""
    if request.param == "memory":
        journal = MemoryJournal()
        return lambda: journal
    location = tmp_path / "journal.db" if request.param == "sqlite" else request.getfixturevalue("database")
    return lambda: open_journal(location)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a lasting journal may be made: a file, or a database's URL."""
    location: Path | str = tmp_path / "journal.db" if request.param == "sqlite" else request.getfixturevalue("database")
    return location
