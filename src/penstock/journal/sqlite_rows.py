"""Many rows by one statement.

SQLite lets the interpreter go for every statement that it runs, and `executemany` runs one for each row: a thread that
writes thousands of rows would take the desk's own thread off its work as many times, and wait for it as often.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

CHUNK = 2_000


def insert_rows(db: sqlite3.Connection, table: str, width: int, rows: Iterable[Sequence[str | int]]) -> None:
    """Insert rows of so many texts and whole numbers; one whose key is there already is left out."""
    columns = ", ".join(f"json_extract(value, '$[{number}]')" for number in range(width))
    statement = f"INSERT INTO {table} SELECT {columns} FROM json_each(?) WHERE true ON CONFLICT DO NOTHING"
    left = iter(rows)
    while some := list(islice(left, CHUNK)):
        db.execute(statement, (msgspec.json.encode(some).decode(),))
