"""Journals of every kind, each new and empty."""

from collections.abc import Callable
from pathlib import Path

import pytest

from penstock.journal import MemoryJournal, WritableRecord, open_journal

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
