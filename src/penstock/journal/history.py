"""The life of one order and its children, found through the index and read from the record itself."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from penstock.domain.errors import JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.journal.batch import Batch
from penstock.journal.codec import decode
from penstock.journal.order_index import SESSION, Mention, OrderIndex, mentions
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
    with indexed(record) as index:
        family = index.family(order_id)
        return events_in(record, index.sightings(family), lambda mention: mention.concerns(family))


def life(record: Record, order_id: str = "", client_order_id: str = "") -> list[Numbered]:
    """The history of an order, by its own or its client's id, with the sessions in which it lived.

    Raises:
        JournalCorrupt: as for `history`.
    """
    with indexed(record) as index:
        family = index.family(order_id or index.order_of(client_order_id))
        batches = index.sightings(family)
        if not batches:
            return []
        sessions = index.sightings([SESSION])
        before = [first for first in sessions if first <= batches[0]][-2:]  # the later one may begin after its event
        during = [first for first in sessions if batches[0] < first <= batches[-1]]
        return events_in(
            record,
            sorted({*before, *during, *batches}),
            lambda mention: mention.concerns(family) or mention.begins_session,
        )


@contextmanager
def indexed(record: Record) -> Iterator[OrderIndex]:
    """The index of a record, up to its last event."""
    tables = record.index_tables()
    try:
        index = OrderIndex(tables)
        seq, head = index.reach()
        if head_at(record, seq) != head:
            index.forget()
            seq = 0
        index.extend(record.batches(seq))
        yield index
    finally:
        tables.close()


def events_in(record: Record, batches: Iterable[int], are_wanted: Callable[[Mention], bool]) -> list[Numbered]:
    """The events of some batches, named by their first event's number, whose mentions are wanted."""
    found: list[Numbered] = []
    for first in batches:
        batch = sound_batch(record, first)
        for number, line in enumerate(batch.lines(), batch.first_seq):
            if are_wanted(mentions.decode(line)):
                found.append(Numbered(number, decode(line)))
    return found


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
