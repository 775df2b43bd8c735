"""The tables of a journal file, and how an older file becomes one of today.

Version 1 kept one row an event. Its chain of hashes is the same as today's, so heads and anchors stay what they were.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from penstock.domain.errors import BadInput, JournalCorrupt
from penstock.journal.batch import MARK_BYTES, Batch
from penstock.journal.codec import GENESIS, link

SCHEMA_VERSION = 2
TABLES = (
    """CREATE TABLE batches (
        first_seq INTEGER PRIMARY KEY,
        last_seq  INTEGER NOT NULL,
        ts        INTEGER NOT NULL,
        body      BLOB    NOT NULL,
        marks     BLOB    NOT NULL,
        hash      BLOB    NOT NULL
    ) STRICT""",
    """CREATE TABLE snapshots (
        seq        INTEGER PRIMARY KEY,
        head       BLOB NOT NULL,
        state_hash TEXT NOT NULL,
        body       BLOB NOT NULL,
        digest     BLOB NOT NULL
    ) STRICT""",
)
INSERT_BATCH = "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)"
MIGRATION_BATCH_EVENTS = 1000


def version_of(db: sqlite3.Connection, path: Path) -> int:
    """The version of a journal file; 0 for one that nothing was written to yet.

    Raises:
        BadInput: not a journal, or one that a newer Penstock wrote.
    """
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as error:
        raise BadInput(str(path), "", f"not a journal: {error}") from None
    if version > SCHEMA_VERSION:
        rule = f"this Penstock reads journals up to version {SCHEMA_VERSION}: a newer one wrote this"
        raise BadInput(str(path), "schema version", rule, version)
    if version == 0 and tables:
        raise BadInput(str(path), "", "not a journal: another kind of database")
    return int(version)


def bring_up_to_date(db: sqlite3.Connection, path: Path) -> None:
    """Create the tables of a new file, or migrate an older one, in one transaction.

    Raises:
        BadInput: not a journal, or one that a newer Penstock wrote.
        JournalCorrupt: an older journal whose chain does not hold: it is left as it is.
    """
    if version_of(db, path) == SCHEMA_VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        version = version_of(db, path)  # again: another process may have been faster
        if version < SCHEMA_VERSION:
            for table in TABLES:
                db.execute(table)
        if version == 1:
            db.executemany(INSERT_BATCH, (columns(batch) for batch in grouped(db, path)))
            db.execute("DROP TABLE events")
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def columns(batch: Batch) -> tuple[int, int, int, bytes, bytes, bytes]:
    """A batch as its row."""
    return batch.first_seq, batch.last_seq, batch.ts, batch.body, batch.marks, batch.hash


def grouped(db: sqlite3.Connection, path: Path) -> Iterator[Batch]:
    """The events of a version 1 file as batches, each event's hash checked on the way."""
    head, expected = GENESIS, 0
    lines: list[bytes] = []
    marks, latest = bytearray(), 0
    for seq, ts, body, recorded in db.execute("SELECT seq, ts, body, hash FROM events ORDER BY seq"):
        expected += 1
        head = link(head, seq, body)
        if seq != expected or head != recorded:
            raise JournalCorrupt(f"{path}: cannot be migrated: event {expected} is missing or was changed")
        lines.append(body)
        marks += head[:MARK_BYTES]
        latest = max(latest, ts)
        if len(lines) == MIGRATION_BATCH_EVENTS:
            yield Batch(seq - len(lines) + 1, seq, latest, b"\n".join(lines), bytes(marks), head)
            lines, marks, latest = [], bytearray(), 0
    if lines:
        yield Batch(expected - len(lines) + 1, expected, latest, b"\n".join(lines), bytes(marks), head)
