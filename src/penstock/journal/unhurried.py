"""Reading a long record in a thread beside a loop that trades, which needs the interpreter more."""

from collections.abc import Iterator
from time import perf_counter, sleep

from penstock.journal.batch import Batch
from penstock.journal.order_index import IndexTables
from penstock.journal.record import Record
from penstock.journal.snapshot import Snapshot

SLICE_S = 0.002


class UnhurriedRecord:
    """A record whose reader rests for as long as it worked, slice by slice."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self.name, self.location = record.name, record.location

    def batches(self, after: int = 0) -> Iterator[Batch]:
        began = perf_counter()
        for batch in self._record.batches(after):
            yield batch
            worked_s = perf_counter() - began
            if worked_s >= SLICE_S:
                sleep(worked_s)
                began = perf_counter()

    def tail(self) -> tuple[int, bytes]:
        return self._record.tail()

    def snapshots(self) -> Iterator[Snapshot]:
        return self._record.snapshots()

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        self._record.keep_snapshot(snapshot)

    def index_tables(self) -> IndexTables:
        return self._record.index_tables()

    def reader(self) -> Record:
        return UnhurriedRecord(self._record.reader())

    def close(self) -> None:
        self._record.close()
