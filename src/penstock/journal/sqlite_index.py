"""The index of a journal file lies in a file beside it: readers never write to the record itself."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from penstock.journal.sqlite_rows import insert_rows

TABLES = """
    CREATE TABLE IF NOT EXISTS index_orders (order_id TEXT PRIMARY KEY, parent_id TEXT NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS index_children ON index_orders (parent_id);
    CREATE TABLE IF NOT EXISTS index_sightings (
        order_id TEXT NOT NULL, first_seq INTEGER NOT NULL, PRIMARY KEY (order_id, first_seq)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS index_clients (
        client_order_id TEXT PRIMARY KEY, order_id TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS index_upto (seq INTEGER NOT NULL, head BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS index_version (version INTEGER NOT NULL);
"""


class SqliteIndexTables:
    """The index's tables; in memory only, where there is no file or this user may not write beside it."""

    def __init__(self, journal: Path | None) -> None:
        if journal is None:
            self._db = tables_in(":memory:")
            return
        try:
            self._db = tables_in(str(journal.with_name(journal.name + "-index")))
        except sqlite3.Error:
            self._db = tables_in(":memory:")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._db.execute("ROLLBACK")
            raise

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._db.execute(statement, parameters).fetchall()

    def insert(self, table: str, rows: Iterable[tuple[str, str | int]]) -> None:
        insert_rows(self._db, table, 2, rows)

    def close(self) -> None:
        self._db.close()


def tables_in(database: str) -> sqlite3.Connection:
    db = sqlite3.connect(database, isolation_level=None, timeout=10)
    try:
        db.executescript(f"PRAGMA synchronous=OFF; BEGIN IMMEDIATE; {TABLES} COMMIT;")
    except BaseException:
        db.close()
        raise
    return db
