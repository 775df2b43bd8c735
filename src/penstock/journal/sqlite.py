"""The journal in one SQLite file: an append is one transaction and one row, which is never changed afterwards.

`durability="full"` syncs every append to the disk (it survives a power cut). `"process"` leaves the sync to the
operating system: it survives the death of this process at any instant, which is what a simulation can lose.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from penstock.domain.errors import BadInput, JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.journal.batch import Batch, seal
from penstock.journal.checkpointer import Checkpointer
from penstock.journal.codec import GENESIS
from penstock.journal.order_index import IndexTables
from penstock.journal.record import Durability, JournalFenced, JournalUnavailable
from penstock.journal.snapshot import SNAPSHOTS_KEPT, Snapshot
from penstock.journal.sqlite_index import SqliteIndexTables
from penstock.journal.sqlite_schema import bring_up_to_date, columns, version_of
from penstock.journal.writer_lock import WriterLock

BATCHES_OF = {
    1: "SELECT seq, seq, ts, body, substr(hash, 1, 4), hash FROM events WHERE seq > ? ORDER BY seq",
    2: """SELECT first_seq, last_seq, ts, body, marks, hash FROM batches WHERE last_seq > ?1 AND first_seq >=
          coalesce((SELECT max(first_seq) FROM batches WHERE first_seq <= ?1 + 1), 0) ORDER BY first_seq""",
}
TAIL = "SELECT last_seq, hash FROM batches ORDER BY first_seq DESC LIMIT 1"
TAIL_OF = {1: "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1", 2: TAIL}
INSERT_AFTER = f"INSERT INTO batches SELECT ?, ?, ?, ?, ?, ? WHERE coalesce(({TAIL.replace(', hash', '')}), 0) = ?"
BUSY_S = 10.0


class SqliteRecord:
    """A journal file open for reading; of any version, and untouched.

    Raises:
        BadInput: no journal there, or one that a newer Penstock wrote.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise BadInput(str(path), "", "there is no journal here")
        self.path, self.name, self.location = path, str(path), str(path)
        self._db = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, check_same_thread=False
        )
        try:
            self._version = version_of(self._db, path)
        except BaseException:
            self._db.close()
            raise

    def batches(self, after: int = 0) -> Iterator[Batch]:
        if self._version == 0:
            return
        try:
            for row in self._db.execute(BATCHES_OF[self._version], (after,)):
                yield Batch(*row)
        except sqlite3.DatabaseError as error:
            raise JournalCorrupt(f"{self.path}: the file is damaged: {error}") from None

    def tail(self) -> tuple[int, bytes]:
        row = self._db.execute(TAIL_OF[self._version]).fetchone() if self._version else None
        return row or (0, GENESIS)

    def snapshots(self) -> Iterator[Snapshot]:
        if self._version < 2:
            return
        try:
            for row in self._db.execute("SELECT seq, head, state_hash, body, digest FROM snapshots ORDER BY seq DESC"):
                yield Snapshot(*row)
        except sqlite3.DatabaseError as error:
            raise JournalCorrupt(f"{self.path}: the file is damaged: {error}") from None

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        with closing(writing_connection(self.path, "full")) as db:
            try:
                db.execute("BEGIN IMMEDIATE")
                db.execute(
                    "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)",
                    (snapshot.seq, snapshot.head, snapshot.state_hash, snapshot.body, snapshot.digest),
                )
                db.execute(
                    "DELETE FROM snapshots WHERE seq NOT IN (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT ?)",
                    (SNAPSHOTS_KEPT,),
                )
                db.execute("COMMIT")
            except sqlite3.Error as error:
                raise JournalUnavailable(f"{self.path}: the snapshot cannot be written: {error}") from None

    def index_tables(self) -> IndexTables:
        return SqliteIndexTables(self.path)

    def reader(self) -> "SqliteRecord":
        return SqliteRecord(self.path)

    def close(self) -> None:
        self._db.close()


class SqliteJournal(SqliteRecord):
    """A journal file with its one writer; a new file if there is none, migrated if it is an older one.

    Raises:
        BadInput: the file is not a journal of this version.
        JournalFenced: another process writes to it.
    """

    def __init__(self, path: Path, *, durability: Durability = "full") -> None:
        self._lock = WriterLock(path)
        try:
            self._writer = writing_connection(path, durability)
        except BaseException:
            self._lock.release()
            raise
        super().__init__(path)
        self.durability = durability
        self.seq, self.head = self.tail()
        self._checkpointer = Checkpointer(path, self._writer)

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Write events in one transaction: all of them or, on any failure, none."""
        if events:
            self.write(seal(self.seq, self.head, events))

    def write(self, batch: Batch) -> None:
        """Make a batch durable; see `WritableRecord`."""
        assert batch.first_seq == self.seq + 1, f"event {batch.first_seq} cannot follow event {self.seq}"
        try:
            if not self._insert(batch):
                raise JournalFenced(f"{self.path}: another process has written to this journal")
        except sqlite3.Error as error:
            raise JournalUnavailable(f"{self.path}: cannot be written: {error}") from error
        self.seq, self.head = batch.last_seq, batch.hash
        self._checkpointer.committed(len(batch.body))

    def resume(self) -> tuple[int, bytes]:
        """What is on record, from where the next batch goes on; see `WritableRecord`."""
        try:
            self.seq, self.head = self.tail()
        except sqlite3.Error as error:
            raise JournalUnavailable(f"{self.path}: cannot be read: {error}") from error
        return self.seq, self.head

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self._checkpointer.close()
        super().close()
        try:
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise JournalUnavailable(f"{self.path}: cannot be tidied up, but lost nothing: {error}") from error
        finally:
            self._writer.close()
            self._lock.release()

    def _insert(self, batch: Batch) -> bool:
        """Whether the batch went in, right after the event that this writer wrote last: one statement, one commit."""
        return self._writer.execute(INSERT_AFTER, (*columns(batch), batch.first_seq - 1)).rowcount == 1


def writing_connection(path: Path, durability: Durability) -> sqlite3.Connection:
    """A connection that may write, to a file whose tables are those of today.

    Raises:
        BadInput: the file is not a journal of this version, or cannot be opened.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
    except sqlite3.Error as error:
        raise BadInput(str(path), "", f"cannot be opened: {error}") from None
    try:
        version_of(db, path)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={'FULL' if durability == 'full' else 'NORMAL'}")
        db.execute("PRAGMA wal_autocheckpoint=0")  # see Checkpointer
        bring_up_to_date(db, path)
    except sqlite3.Error as error:
        db.close()
        raise BadInput(str(path), "", f"cannot be opened: {error}") from None
    except BaseException:
        db.close()
        raise
    return db
