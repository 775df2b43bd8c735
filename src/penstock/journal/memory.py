"""A journal in memory: for notebooks and tests, where nothing needs to outlive the process."""

from collections.abc import Iterator, Sequence

from penstock.domain.events import AnyEvent
from penstock.journal.batch import Batch, seal
from penstock.journal.codec import GENESIS, decode_lines
from penstock.journal.order_index import IndexTables
from penstock.journal.record import Durability
from penstock.journal.snapshot import SNAPSHOTS_KEPT, Snapshot
from penstock.journal.sqlite_index import SqliteIndexTables


class MemoryJournal:
    """Keeps the events as they are, in `events`; hashes them only when somebody asks for batches or the head."""

    name = "memory"
    location = ""
    durability: Durability = "process"

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self._batches: list[Batch] = []
        self._snapshots: list[Snapshot] = []

    @property
    def seq(self) -> int:
        return len(self.events)

    @property
    def head(self) -> bytes:
        self._seal()
        return self._batches[-1].hash if self._batches else GENESIS

    def append(self, events: Sequence[AnyEvent]) -> None:
        self.events += events

    def write(self, batch: Batch) -> None:
        """Keep a batch; see `WritableRecord`."""
        self._seal()
        assert batch.first_seq == self.seq + 1, f"event {batch.first_seq} cannot follow event {self.seq}"
        self._batches.append(batch)
        self.events += decode_lines(batch.body)

    def resume(self) -> tuple[int, bytes]:
        return self.tail()

    def tail(self) -> tuple[int, bytes]:
        return self.seq, self.head

    def batches(self, after: int = 0) -> Iterator[Batch]:
        self._seal()
        return (batch for batch in self._batches if batch.last_seq > after)

    def snapshots(self) -> Iterator[Snapshot]:
        return reversed(self._snapshots)

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        others = [each for each in self._snapshots if each.seq != snapshot.seq]
        self._snapshots = sorted([*others, snapshot], key=lambda each: each.seq)[-SNAPSHOTS_KEPT:]

    def index_tables(self) -> IndexTables:
        return SqliteIndexTables(None)

    def reader(self) -> "MemoryJournal":
        """Itself: whole batches only are ever added to it."""
        return self

    def close(self) -> None:
        """Nothing to let go of."""

    def _seal(self) -> None:
        """One batch of all that was appended since the last."""
        last = self._batches[-1] if self._batches else None
        sealed, head = (last.last_seq, last.hash) if last else (0, GENESIS)
        if sealed < len(self.events):
            self._batches.append(seal(sealed, head, self.events[sealed:]))
