"""Where a journal is: a file, a run's folder, or a PostgreSQL database by its URL."""

from pathlib import Path

from penstock.journal.record import Durability, Record, WritableRecord
from penstock.journal.sqlite import SqliteJournal, SqliteRecord

FILE_NAME = "journal.db"
DATABASE_SCHEMES = ("postgresql://", "postgres://")


def open_record(location: Path | str) -> Record:
    """The journal there, for reading.

    Raises:
        BadInput: there is no journal.
        JournalUnavailable: the database does not answer.
    """
    if is_database(location):
        from penstock.journal.postgres import PostgresRecord  # libpq is loaded only where it is used

        return PostgresRecord(str(location))
    return SqliteRecord(file_of(location))


def open_journal(location: Path | str, *, durability: Durability = "full") -> WritableRecord:
    """The journal there, for its one writer; a new one if there is none.

    Raises:
        BadInput: something else is there, or a journal that a newer Penstock wrote.
        JournalUnavailable: the database does not answer.
        JournalFenced: another process writes to it.
    """
    if is_database(location):
        from penstock.journal.postgres import PostgresJournal

        return PostgresJournal(str(location), durability=durability)
    return SqliteJournal(file_of(location), durability=durability)


def is_database(location: Path | str) -> bool:
    return isinstance(location, str) and location.startswith(DATABASE_SCHEMES)


def file_of(location: Path | str) -> Path:
    """The journal's file: the one in a folder, if a folder is named."""
    path = Path(location)
    return path / FILE_NAME if path.is_dir() else path
