"""The life of one order and its children, found through the index and read from the record itself."""

from typing import NamedTuple

from penstock.domain.events import AnyEvent
from penstock.journal.codec import decode
from penstock.journal.order_index import OrderIndex, mentions
from penstock.journal.reading import head_at
from penstock.journal.record import Record


class Numbered(NamedTuple):
    """An event and its number in the record."""

    seq: int
    event: AnyEvent


def history(record: Record, order_id: str) -> list[Numbered]:
    """Every event about an order, its children, and theirs, in order; empty for an order that is not on record.

    The first call on a record reads all of it into the index; later ones read what was written since.
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
            batch = next(record.batches(first - 1))
            for number, line in enumerate(batch.lines(), batch.first_seq):
                if mentions.decode(line).about in family:
                    found.append(Numbered(number, decode(line)))
        return found
    finally:
        tables.close()
