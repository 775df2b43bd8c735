"""The state is what the events say: fold them, and the engine is back."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from penstock.domain.errors import JournalCorrupt
from penstock.domain.events import AnyEvent
from penstock.engine.folds import apply
from penstock.engine.state import EngineState
from penstock.journal.batch import Batch
from penstock.journal.codec import GENESIS, chained
from penstock.journal.lean import fold_lines
from penstock.journal.location import open_record
from penstock.journal.reading import head_at
from penstock.journal.record import Record
from penstock.journal.snapshot import SnapshotUnusable, snapshot_of


def replay(events: Iterable[AnyEvent]) -> EngineState:
    """The state that a live engine had after these events."""
    state = EngineState()
    with no_collection():
        for event in events:
            apply(state, event)
    return state


class Recovery(NamedTuple):
    """A state brought back: from which snapshot (0: none), by how many events, and which snapshots were unusable."""

    state: EngineState
    head: bytes
    snapshot_seq: int
    replayed: int
    passed_over: list[str]


def recover(location: Path | str) -> EngineState:
    """The state after a journal's last event: its last good snapshot and the events since.

    Raises:
        BadInput: there is no journal.
        JournalCorrupt: an event since the snapshot is missing or was changed.
    """
    record = open_record(location)
    try:
        return recovery(record).state
    finally:
        record.close()


def recovery(record: Record) -> Recovery:
    """As `recover`, from an open journal, with what it took."""
    with no_collection():
        state, head, passed_over = start_of(record)
        begun = seq = state.seq
        for batch in record.batches(seq):
            lines = batch.lines_after(seq)
            head = followed(record, batch, lines, seq, head)
            try:
                fold_lines(state, batch.body if seq < batch.first_seq else b"\n".join(lines))
            except msgspec.DecodeError as error:
                raise JournalCorrupt(f"{record.name}: an event after {seq} cannot be read: {error}") from None
            seq = batch.last_seq
    return Recovery(state, head, begun, seq - begun, passed_over)


def start_of(record: Record) -> tuple[EngineState, bytes, list[str]]:
    """The newest snapshot that is whole and of this history, else the state before the first event."""
    passed_over: list[str] = []
    for snapshot in record.snapshots():
        if head_at(record, snapshot.seq) != snapshot.head:
            passed_over.append(f"the snapshot at event {snapshot.seq} is of another history")
            continue
        try:
            return snapshot.state(), snapshot.head, passed_over
        except SnapshotUnusable as reason:
            passed_over.append(str(reason))
    return EngineState(), GENESIS, passed_over


def followed(record: Record, batch: Batch, lines: list[bytes], seq: int, head: bytes) -> bytes:
    """The head after these lines of a batch, which follow event `seq`.

    Raises:
        JournalCorrupt: they are not those that were written there.
    """
    head = chained(head, seq, lines)
    if head != batch.hash or seq + len(lines) != batch.last_seq:
        raise JournalCorrupt(
            f"{record.name}: an event between {seq + 1} and {batch.last_seq} is missing or was changed:"
            " see 'penstock journal verify'"
        )
    return head


def save_snapshot(record: Record, state: EngineState) -> None:
    """Keep a state, all of whose events are on record, to recover from.

    Raises:
        ValueError: the record ends before the state's last event: nothing may outrun the journal.
        JournalUnavailable: the journal cannot be written.
    """
    head = head_at(record, state.seq)
    if head is None:
        raise ValueError(f"event {state.seq} is not on record yet")
    record.keep_snapshot(snapshot_of(state, head))


@contextmanager
def no_collection() -> Iterator[None]:
    """Put off the garbage collector: a fold makes many objects and no garbage that only it would find."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
