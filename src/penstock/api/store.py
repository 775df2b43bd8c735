"""Where the server keeps what is its own and no part of the journal: users, keys, its signing key, the calls made.

A table of documents and one of calls, in a file beside the journal, or in the journal's database.
"""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Protocol

import msgspec

from penstock.journal.location import is_database
from penstock.journal.sqlite_rows import insert_rows

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS penstock_documents (
        kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id))""",
    """CREATE TABLE IF NOT EXISTS penstock_calls (
        at BIGINT NOT NULL, caller TEXT NOT NULL, key_id TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
        status INTEGER NOT NULL, duration_us BIGINT NOT NULL, client TEXT NOT NULL, request_id TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS penstock_calls_at ON penstock_calls (at)",
)
CallRow = tuple[int, str, str, str, str, int, int, str, str]
COLUMNS = ("at", "caller", "key_id", "method", "path", "status", "duration_us", "client", "request_id")


class Tables(Protocol):
    """A database; parameters are marked by `?`. Every statement is durable when it returns."""

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    def add_calls(self, rows: Sequence[CallRow]) -> None: ...

    def close(self) -> None: ...


class SqliteTables:
    """A file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600, exist_ok=True)
        os.chmod(path, 0o600)
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._lock = Lock()

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, self._connection:
            return self._connection.execute(statement, parameters).fetchall()

    def add_calls(self, rows: Sequence[CallRow]) -> None:
        with self._lock, self._connection:
            insert_rows(self._connection, "penstock_calls", len(COLUMNS), rows)

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class PostgresTables:
    """Tables beside the journal's own, in its database."""

    def __init__(self, url: str) -> None:
        import psycopg  # libpq is loaded only where it is used

        self._connection = psycopg.connect(url, autocommit=True)
        self._lock = Lock()

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            cursor = self._connection.execute(statement.replace("?", "%s").encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def add_calls(self, rows: Sequence[CallRow]) -> None:
        marks = ", ".join(["%s"] * len(COLUMNS))
        with self._lock, self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO penstock_calls VALUES ({marks})".encode(), rows)

    def close(self) -> None:
        self._connection.close()


class Store:
    """Documents by kind and id, and the calls that were made. Safe to call from any thread."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        for statement in SCHEMA:
            tables.run(statement)

    @classmethod
    def beside(cls, journal: Path | str) -> "Store":
        """The store of a journal: its file with `.server` behind, or its database."""
        if is_database(journal):
            return cls(PostgresTables(str(journal)))
        path = Path(journal)
        return cls(SqliteTables(path / "server.db" if path.is_dir() else path.with_name(f"{path.name}.server")))

    def all(self, kind: str) -> list[dict[str, Any]]:
        rows = self._tables.run("SELECT body FROM penstock_documents WHERE kind = ? ORDER BY id", (kind,))
        return [msgspec.json.decode(row[0]) for row in rows]

    def put(self, kind: str, name: str, body: dict[str, Any]) -> None:
        self._tables.run(
            "INSERT INTO penstock_documents VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (kind, name, msgspec.json.encode(body).decode()),
        )

    def drop(self, kind: str, name: str) -> None:
        self._tables.run("DELETE FROM penstock_documents WHERE kind = ? AND id = ?", (kind, name))

    def add_calls(self, rows: Sequence[CallRow]) -> None:
        self._tables.add_calls(rows)

    def calls(self, caller: str, since: int, until: int, most: int) -> list[dict[str, Any]]:
        """The calls of somebody (empty: of everybody) in a span of time, newest first."""
        rows = self._tables.run(
            f"SELECT {', '.join(COLUMNS)} FROM penstock_calls WHERE at >= ? AND at < ? AND (? = '' OR caller = ?)"
            " ORDER BY at DESC LIMIT ?",
            (since, until, caller, caller, most),
        )
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]

    def close(self) -> None:
        self._tables.close()
