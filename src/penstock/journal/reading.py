"""A record as events: in order, from any event on."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from penstock.domain.errors import JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.journal.batch import Batch
from penstock.journal.codec import GENESIS, decode_lines, link
from penstock.journal.location import open_record
from penstock.journal.record import Record


def read(location: Path | str) -> Iterator[AnyEvent]:
    """The events of a journal (a file, a run's folder or a database's URL), in order.

    Raises:
        BadInput: no journal there.
        JournalCorrupt: an event that cannot be read.
    """
    record = open_record(location)
    try:
        yield from events_of(record)
    finally:
        record.close()


def events_of(record: Record, after: int = 0) -> Iterator[AnyEvent]:
    """The events after event `after` of an open journal.

    Raises:
        JournalCorrupt: an event that cannot be read.
    """
    for batch in record.batches(after):
        yield from decoded(record, batch)[max(after + 1 - batch.first_seq, 0) :]


def decoded(record: Record, batch: Batch) -> list[AnyEvent]:
    try:
        return decode_lines(batch.body)
    except msgspec.DecodeError as error:
        place = f"events {batch.first_seq} to {batch.last_seq}"
        raise JournalCorrupt(f"{record.name}: {place} cannot be read: {error}") from None


def head_at(record: Record, seq: int) -> bytes | None:
    """The chain's hash after event `seq`, as the record says it was; None if the record ends before."""
    if seq == 0:
        return GENESIS
    batch = next(record.batches(seq - 1), None)
    if batch is None:
        return None
    if batch.last_seq == seq:
        return batch.hash
    head = head_at(record, batch.first_seq - 1)
    assert head is not None
    for number, line in enumerate(batch.lines()[: seq + 1 - batch.first_seq], batch.first_seq):
        head = link(head, number, line)
    return head
