"""The journal in one SQLite file: an append is one transaction, and a row is never changed afterwards.

`durability="full"` syncs every append to the disk (it survives a power cut). `"process"` leaves the sync to the
operating system: it survives the death of this process at any instant, which is what a simulation can lose.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

import msgspec

from penstock.domain.errors import BadInput, JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.journal.codec import GENESIS, decode, encode, link

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE events (
    seq  INTEGER PRIMARY KEY,
    ts   INTEGER NOT NULL,
    kind TEXT    NOT NULL,
    body BLOB    NOT NULL,
    hash BLOB    NOT NULL
) STRICT;
"""

Durability = Literal["full", "process"]


class SqliteJournal:
    """An open journal, appended to by one writer.

    Raises:
        BadInput: the file is not a journal of this version.
    """

    def __init__(self, path: Path, *, durability: Durability = "full") -> None:
        new = not path.exists()
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={'FULL' if durability == 'full' else 'NORMAL'}")
        self._db.execute("PRAGMA wal_autocheckpoint=4000")
        if new:
            self._db.executescript(f"PRAGMA user_version={SCHEMA_VERSION};{SCHEMA}")
        else:
            check_version(self._db, path)
        row = self._db.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
        self.seq: int = row[0] if row else 0
        self.head: bytes = row[1] if row else GENESIS

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Write a batch in one transaction: all of it or, on any failure, none."""
        if not events:
            return
        rows = []
        seq, head = self.seq, self.head
        for event in events:
            seq += 1
            body = encode(event)
            head = link(head, seq, body)
            rows.append((seq, event.ts, type(event).__name__, body, head))
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self.seq, self.head = seq, head

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()


class Verdict(msgspec.Struct, frozen=True):
    """What `verify` found: how many events, the chain's head, and what is wrong (empty if nothing)."""

    events: int
    head: str
    fault: str


def verify(path: Path) -> Verdict:
    """Walk the whole chain: every event must be there, in order, and say what it said when it was written."""
    head, expected = GENESIS, 0
    with closing(open_readonly(path)) as db:
        for seq, kind, body, recorded in db.execute("SELECT seq, kind, body, hash FROM events ORDER BY seq"):
            expected += 1
            if seq != expected:
                return Verdict(expected - 1, head.hex(), f"event {expected} is missing: the next one is {seq}")
            head = link(head, seq, body)
            if head != recorded:
                return Verdict(expected - 1, head.hex(), f"event {seq} was changed: its hash does not match")
            try:
                event = decode(body)
            except msgspec.DecodeError as error:
                return Verdict(expected - 1, head.hex(), f"event {seq} cannot be read: {error}")
            if type(event).__name__ != kind:
                return Verdict(expected - 1, head.hex(), f"event {seq} is filed as {kind} but is another kind")
    return Verdict(expected, head.hex(), "")


def read(path: Path) -> Iterator[AnyEvent]:
    """The events of a journal, in order.

    Raises:
        BadInput: no journal there.
        JournalCorrupt: an event that cannot be read.
    """
    with closing(open_readonly(path)) as db:
        for seq, body in db.execute("SELECT seq, body FROM events ORDER BY seq"):
            try:
                yield decode(body)
            except msgspec.DecodeError as error:
                raise JournalCorrupt(f"{path}: event {seq} cannot be read: {error}") from None


def open_readonly(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise BadInput(str(path), "", "there is no journal here")
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        check_version(db, path)
    except BaseException:
        db.close()
        raise
    return db


def check_version(db: sqlite3.Connection, path: Path) -> None:
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise BadInput(str(path), "", f"not a journal: {error}") from None
    if version != SCHEMA_VERSION:
        raise BadInput(str(path), "schema version", f"this version reads {SCHEMA_VERSION}", version)
