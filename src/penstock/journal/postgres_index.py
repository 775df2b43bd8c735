"""The index of a journal in PostgreSQL: tables of their own beside it."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import psycopg

from penstock.journal.postgres_schema import INDEX_TABLES


class PostgresIndexTables:
    """The index's tables, made if there are none. Closes the connection it is given."""

    def __init__(self, db: "psycopg.Connection[tuple[Any, ...]]") -> None:
        self._db = db
        for statement in INDEX_TABLES:
            self._db.execute(statement)

    def transaction(self) -> AbstractContextManager[object]:
        return self._db.transaction()

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        cursor = self._db.execute(statement.replace("?", "%s"), parameters, binary=True)
        return cursor.fetchall() if cursor.description else []

    def insert(self, table: str, rows: Iterable[tuple[str, str | int]]) -> None:
        with self._db.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} VALUES (%s, %s) ON CONFLICT DO NOTHING", rows)

    def close(self) -> None:
        self._db.close()
