"""The journal in a PostgreSQL database, for a desk: one row a commit, one writer, fenced by an advisory lock.

The lock belongs to the writer's own session: a writer that lost its session lost the lock, and cannot write without it.
A commit whose answer never came may have happened: what is on record is looked up before anything else is written.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import psycopg

from penstock.domain.errors import BadInput, JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.journal.batch import Batch, seal
from penstock.journal.codec import GENESIS
from penstock.journal.order_index import IndexTables
from penstock.journal.postgres_index import PostgresIndexTables
from penstock.journal.postgres_schema import bring_up_to_date, version_of
from penstock.journal.record import Durability, JournalFenced, JournalUnavailable
from penstock.journal.snapshot import SNAPSHOTS_KEPT, Snapshot
from penstock.journal.sqlite_index import SqliteIndexTables

DEFAULTS: dict[str, str | int | None] = {
    "application_name": "penstock journal",
    "connect_timeout": 5,  # seconds
    "tcp_user_timeout": 10_000,  # ms until a server that does not answer counts as gone
}
FIRST_PAGE_BATCHES, PAGE_BATCHES = 8, 256
LOCK_WAIT_S = 2
LOCK = "SELECT pg_advisory_lock(hashtext('penstock journal'), hashtext(current_schema()))"
TAIL = "SELECT last_seq, hash FROM journal_batches ORDER BY first_seq DESC LIMIT 1"
INSERT_AFTER = """
    INSERT INTO journal_batches SELECT %s::bigint, %s::bigint, %s::bigint, %b, %b, %b
    WHERE coalesce((SELECT last_seq FROM journal_batches ORDER BY first_seq DESC LIMIT 1), 0) = %s::bigint
"""
PAGE = """
    SELECT first_seq, last_seq, ts, body, marks, hash FROM journal_batches
    WHERE first_seq >= coalesce((SELECT max(first_seq) FROM journal_batches WHERE first_seq <= %s), 0)
    AND last_seq >= %s ORDER BY first_seq LIMIT %s
"""

Connection = psycopg.Connection[tuple[Any, ...]]


class PostgresRecord:
    """A journal in a database, open for reading.

    Raises:
        BadInput: no journal there, or one that a newer Penstock wrote.
        JournalUnavailable: the database does not answer.
    """

    def __init__(self, url: str) -> None:
        self.location, self.name = url, without_password(url)
        self._reader = connect(url)
        try:
            if version_of(self._reader, self.name) == 0:
                raise BadInput(self.name, "", "there is no journal here")
        except BaseException:
            self._reader.close()
            raise

    def batches(self, after: int = 0) -> Iterator[Batch]:
        """Page by page, so that no transaction stays open; what is written meanwhile is read as well."""
        page, limit = self._page(after, FIRST_PAGE_BATCHES), FIRST_PAGE_BATCHES
        while page:
            yield from page
            if len(page) < limit:
                return
            limit = PAGE_BATCHES
            page = self._page(page[-1].last_seq, limit)

    def tail(self) -> tuple[int, bytes]:
        rows = self._read(TAIL, ())
        return (rows[0][0], rows[0][1]) if rows else (0, GENESIS)

    def snapshots(self) -> Iterator[Snapshot]:
        for (seq,) in self._read("SELECT seq FROM journal_snapshots ORDER BY seq DESC", ()):
            query = "SELECT seq, head, state_hash, body, digest FROM journal_snapshots WHERE seq = %s"
            for row in self._read(query, (seq,)):
                yield Snapshot(*row)

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        try:
            with connect(self.location) as db, db.transaction():
                db.execute("DELETE FROM journal_snapshots WHERE seq = %s", (snapshot.seq,))
                db.execute(
                    "INSERT INTO journal_snapshots VALUES (%s, %b, %s, %b, %b)",
                    (snapshot.seq, snapshot.head, snapshot.state_hash, snapshot.body, snapshot.digest),
                )
                db.execute(
                    "DELETE FROM journal_snapshots WHERE seq NOT IN"
                    " (SELECT seq FROM journal_snapshots ORDER BY seq DESC LIMIT %s)",
                    (SNAPSHOTS_KEPT,),
                )
        except psycopg.Error as error:
            raise JournalUnavailable(f"{self.name}: the snapshot cannot be written: {brief(error)}") from None

    def index_tables(self) -> IndexTables:
        """In the database; in memory only, where this user may not write, or the server is a standby."""
        db = connect(self.location)
        try:
            return PostgresIndexTables(db)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction):
            db.close()
            return SqliteIndexTables(None)

    def reader(self) -> "PostgresRecord":
        return PostgresRecord(self.location)

    def close(self) -> None:
        self._reader.close()

    def _page(self, after: int, limit: int) -> list[Batch]:
        return [Batch(*row) for row in self._read(PAGE, (after + 1, after + 1, limit))]

    def _read(self, query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Ask the database; a connection that it dropped in the meantime is made anew, once."""
        try:
            try:
                return self._ask(query, parameters)
            except psycopg.OperationalError:
                if not self._reader.broken:
                    raise
                return self._ask(query, parameters)
        except psycopg.errors.DataCorrupted as error:
            raise JournalCorrupt(f"{self.name}: the database is damaged: {brief(error)}") from None
        except psycopg.Error as error:
            raise JournalUnavailable(f"{self.name}: cannot be read: {brief(error)}") from None

    def _ask(self, query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        if self._reader.closed:
            self._reader = connect(self.location)
        return self._reader.execute(query, parameters, binary=True).fetchall()


class PostgresJournal(PostgresRecord):
    """A journal in a database with its one writer; its tables are made if there are none.

    Raises:
        BadInput: a journal that a newer Penstock wrote, or no right to write it.
        JournalUnavailable: the database does not answer.
        JournalFenced: another process writes to it.
    """

    def __init__(self, url: str, *, durability: Durability = "full") -> None:
        self.location, self.name, self.durability = url, without_password(url), durability
        self._open()
        try:
            bring_up_to_date(self._writer, self.name)
            super().__init__(url)
            self.seq, self.head = self.tail()
        except psycopg.Error as error:
            self._writer.close()
            raise BadInput(self.name, "", f"cannot be used as a journal: {brief(error)}") from None
        except BaseException:
            self._writer.close()
            raise

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Write events in one transaction: all of them or, on any failure, none."""
        if events:
            self.write(seal(self.seq, self.head, events))

    def write(self, batch: Batch) -> None:
        """Make a batch durable; see `WritableRecord`."""
        assert batch.first_seq == self.seq + 1, f"event {batch.first_seq} cannot follow event {self.seq}"
        try:
            if not self._insert(batch):
                raise JournalFenced(f"{self.name}: another process has written to this journal")
        except psycopg.Error as error:
            self._let_go()
            raise JournalUnavailable(f"{self.name}: cannot be written: {brief(error)}") from error
        self.seq, self.head = batch.last_seq, batch.hash

    def resume(self) -> tuple[int, bytes]:
        """What is on record, from where the next batch goes on; see `WritableRecord`.

        Connects again if the database went away and came back: with the lock there is no session left that could still
        write what failed.
        """
        try:
            if self._writer.closed:
                self._open()
            self.seq, self.head = self.tail()
        except psycopg.Error as error:
            self._let_go()
            raise JournalUnavailable(f"{self.name}: cannot be written: {brief(error)}") from error
        return self.seq, self.head

    def close(self) -> None:
        """Let go of the database, and of the lock on its journal."""
        super().close()
        self._writer.close()

    def _insert(self, batch: Batch) -> bool:
        """Whether the batch went in, right after the event that this writer wrote last."""
        row = (batch.first_seq, batch.last_seq, batch.ts, batch.body, batch.marks, batch.hash, batch.first_seq - 1)
        return self._writer.execute(INSERT_AFTER, row, prepare=True).rowcount == 1

    def _open(self) -> None:
        """Begin a session, and wait a little for a lock that a session just lost may still hold."""
        self._writer = connect(self.location)
        try:
            self._writer.execute(f"SET lock_timeout = '{LOCK_WAIT_S}s'")
            self._writer.execute(LOCK)
            self._writer.execute(f"SET synchronous_commit = {'on' if self.durability == 'full' else 'off'}")
        except psycopg.errors.LockNotAvailable:
            self._let_go()
            raise JournalFenced(f"{self.name}: another process is writing this journal") from None

    def _let_go(self) -> None:
        """After a failure nothing is known of this session: to resume is to begin a new one."""
        with suppress(psycopg.Error):
            self._writer.close()


def connect(url: str) -> Connection:
    """A session in which every statement commits by itself.

    Raises:
        BadInput: not a URL that PostgreSQL understands.
        JournalUnavailable: the database does not answer.
    """
    try:
        options = DEFAULTS | psycopg.conninfo.conninfo_to_dict(url)
        return psycopg.connect(psycopg.conninfo.make_conninfo("", **options), autocommit=True)
    except psycopg.ProgrammingError as error:
        raise BadInput(without_password(url), "", f"not a database's URL: {brief(error)}") from None
    except psycopg.Error as error:
        raise JournalUnavailable(f"{without_password(url)}: the database does not answer: {brief(error)}") from None


def without_password(url: str) -> str:
    """A database's URL as messages may show it."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{user.partition(':')[0]}{at}{host}{parts.path}"


def brief(error: psycopg.Error) -> str:
    """What a database says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
