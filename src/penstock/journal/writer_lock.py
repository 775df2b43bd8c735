"""One writer at a time: a lock beside a journal file that the operating system lets go of when its process dies.

The lock is an exclusive transaction on an empty database: SQLite knows how to lock a file on every system.
"""

import sqlite3
from pathlib import Path

from penstock.domain.errors import BadInput
from penstock.journal.record import JournalFenced

WAIT_S = 2.0  # the writer of a desk that was just killed may be at its last commit


class WriterLock:
    """Held from its making until `release`.

    Raises:
        BadInput: there is no such folder, or no right to write to it.
        JournalFenced: another process, or another part of this one, writes to the journal.
    """

    def __init__(self, journal: Path) -> None:
        path = journal.with_name(journal.name + "-lock")
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=WAIT_S, check_same_thread=False)
        except sqlite3.OperationalError as error:
            raise BadInput(str(journal), "", f"cannot be written here: {error}") from None
        try:
            self._db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._db.close()
            raise JournalFenced(f"{journal}: another process is writing this journal ({error})") from None

    def release(self) -> None:
        """Let go. The file stays: somebody may be waiting for just this one."""
        self._db.close()
