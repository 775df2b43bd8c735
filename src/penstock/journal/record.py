"""What every journal offers, whatever keeps it: batches to read, snapshots beside them, and one writer's appends."""

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol

from penstock.domain.errors import PenstockError
from penstock.domain.events import AnyEvent
from penstock.journal.batch import Batch
from penstock.journal.order_index import IndexTables
from penstock.journal.snapshot import Snapshot

Durability = Literal["full", "process"]
"""`full` survives a power cut; `process` survives the death of this process at any instant."""


class JournalUnavailable(PenstockError):
    """The journal cannot be written now: the disk is full, the database is gone. Nothing of the batch counts yet."""


class JournalFenced(JournalUnavailable):
    """Another writer has the journal: this one must stop for good."""


class Record(Protocol):
    """A journal to read from. `name` is what messages call it; `location` is where another process may open it.

    A journal that no other process can open has an empty location.
    """

    name: str
    location: str

    def batches(self, after: int = 0) -> Iterator[Batch]:
        """The batches that hold events after event `after`, in order.

        Raises:
            JournalCorrupt: the file or database is damaged.
            JournalUnavailable: the database is gone.
        """
        ...

    def tail(self) -> tuple[int, bytes]:
        """The number of the last event on record (0 if there is none) and the chain's hash there."""
        ...

    def snapshots(self) -> Iterator[Snapshot]:
        """The snapshots kept, newest first."""
        ...

    def keep_snapshot(self, snapshot: Snapshot) -> None:
        """Keep this one and a few before it."""
        ...

    def index_tables(self) -> IndexTables:
        """Where the index of orders is kept; closed by the caller."""
        ...

    def reader(self) -> "Record":
        """The same journal by a connection of its own, for another thread; closed by the caller."""
        ...

    def close(self) -> None: ...


class WritableRecord(Record, Protocol):
    """A journal with its one writer."""

    @property
    def durability(self) -> Durability: ...

    @property
    def seq(self) -> int:
        """The number of the last event that this writer knows to be on record."""
        ...

    @property
    def head(self) -> bytes:
        """The chain's hash there."""
        ...

    def write(self, batch: Batch) -> None:
        """Make a batch durable: all of it or, on any failure, none.

        Raises:
            JournalUnavailable: it may or may not be on record: `resume` tells.
            JournalFenced: another writer has been here.
        """
        ...

    def resume(self) -> tuple[int, bytes]:
        """After a failure: the last event on record and the chain's hash there, from where the next batch goes on.

        Raises:
            JournalUnavailable: that cannot be told yet.
            JournalFenced: another writer has the journal.
        """
        ...

    def append(self, events: Sequence[AnyEvent]) -> None:
        """Seal events and write them."""
        ...
