"""SQLite's write-ahead log is folded into its file beside the commits, so that no commit waits for all of it.

A thread with a connection of its own folds the bulk while commits go on; each pass leaves what was committed meanwhile.
The writer folds that little rest itself, since only then, with nothing left over, does the log start again.
"""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread

LOG_BYTES, LOG_BYTES_MAX = 4 * 1024**2, 32 * 1024**2
COMMIT_BYTES = 8192  # a commit writes whole pages, and the tree above them
PASSES = 2
FOLD = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpointer:
    """Counts what its writer commits, and folds it away now and then, until closed."""

    def __init__(self, path: Path, writer: sqlite3.Connection) -> None:
        self._path, self._writer = path, writer
        self._logged_bytes, self._asked = 0, False
        self._due, self._little_left, self._closing = Event(), Event(), False
        self._thread = Thread(target=self._run, name="penstock checkpoint", daemon=True)
        self._thread.start()

    def committed(self, body_bytes: int) -> None:
        """The writer's own part, after each of its commits."""
        self._logged_bytes += body_bytes + COMMIT_BYTES
        if self._little_left.is_set() or self._logged_bytes >= LOG_BYTES_MAX:  # the thread may not keep up
            self._little_left.clear()
            fold(self._writer)
            self._logged_bytes, self._asked = 0, False
        elif self._logged_bytes >= LOG_BYTES and not self._asked:
            self._asked = True
            self._due.set()

    def close(self) -> None:
        self._closing = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            while self._due.wait() and not self._closing:
                self._due.clear()
                for _ in range(PASSES):
                    fold(db)
                self._little_left.set()


def fold(db: sqlite3.Connection) -> None:
    """One pass. A full disk stops it but loses nothing: the log is kept, and the writer's next commits tell."""
    with suppress(sqlite3.Error):
        db.execute(FOLD).fetchall()
