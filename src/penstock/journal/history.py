"""The life of one order and its children, found through the index and read from the record itself."""

from typing import NamedTuple

from penstock.domain.errors import JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.journal.batch import Batch
from penstock.journal.codec import decode
from penstock.journal.order_index import OrderIndex, mentions
from penstock.journal.reading import head_at
from penstock.journal.record import Record
from penstock.journal.verify import Fault, Walk


class Numbered(NamedTuple):
    """An event and its number in the record."""

    seq: int
    event: AnyEvent


def history(record: Record, order_id: str) -> list[Numbered]:
    """Every event about an order, its children, and theirs, in order; empty for an order that is not on record.

    The first call on a record reads all of it into the index; later ones read what was written since.

    Raises:
        JournalCorrupt: a batch that speaks of the order is not what was written.
    """
    tables = record.index_tables()
    try:
        index = OrderIndex(tables)
        seq, head = index.reach()
        if head_at(record, seq) != head:
            index.forget()
            seq = 0
        index.extend(record.batches(seq))
        family = index.family(order_id)
        found: list[Numbered] = []
        for first in index.sightings(family):
            batch = sound_batch(record, first)
            for number, line in enumerate(batch.lines(), batch.first_seq):
                if mentions.decode(line).about in family:
                    found.append(Numbered(number, decode(line)))
        return found
    finally:
        tables.close()


def sound_batch(record: Record, first: int) -> Batch:
    """The batch that begins with event `first`, checked against the hash of the event before it."""
    batch, head = next(record.batches(first - 1), None), head_at(record, first - 1)
    if batch is None or head is None:
        raise JournalCorrupt(f"{record.name}: event {first} is missing")
    try:
        Walk(seq=first - 1, head=head).take(batch)
    except Fault as fault:
        raise JournalCorrupt(f"{record.name}: {fault}") from None
    return batch
