"""A journal whose disk does what the test says: holds every write until let go, or fails it."""

from threading import Event

from penstock.journal import JournalUnavailable, MemoryJournal
from penstock.journal.batch import Batch
from penstock.journal.snapshot import Snapshot


class FaultyJournal(MemoryJournal):
    """`gate` holds writes while it is clear; `failing` makes them fail; `written` lists (first, last) of each write.

    One that `fails_after_writing` has happened all the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.busy = Event(), Event()
        self.gate.set()
        self.failing: Exception | None = None
        self.fails_after_writing, self.keeps_snapshots = False, True
        self.written: list[tuple[int, int]] = []
        self.tried: list[tuple[int, int]] = []

    def write(self, batch: Batch) -> None:
        self.busy.set()
        assert self.gate.wait(30)
        self.tried.append((batch.first_seq, batch.last_seq))
        if self.failing is not None and not self.fails_after_writing:
            raise self.failing
        super().write(batch)
        if self.failing is not None:
            raise self.failing
        self.written.append((batch.first_seq, batch.last_seq))

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        if self.failing is not None or not self.keeps_snapshots:
            raise JournalUnavailable("no room for a snapshot")
        super().keep_snapshot(snapshot)
