"""Walk a whole chain: every event must be there, in its place, and say what it said when it was written.

Fault messages name the event. Where nothing but the end is missing only an anchor can tell.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from penstock.domain.errors import JournalCorrupt
from penstock.journal.anchor import Anchor
from penstock.journal.batch import MARK_BYTES, Batch
from penstock.journal.codec import GENESIS, decode, decode_lines, link
from penstock.journal.location import open_record
from penstock.journal.record import Record


class Verdict(msgspec.Struct, frozen=True):
    """What `verify` found: how many events are sound, the chain's head there, and what is wrong (empty if nothing)."""

    events: int
    head: str
    fault: str


def verify(location: Path | str, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Verify the journal of a file, a run's folder or a database's URL.

    Raises:
        BadInput: there is no journal.
    """
    record = open_record(location)
    try:
        return verify_record(record, anchors)
    finally:
        record.close()


def verify_record(record: Record, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Verify an open journal."""
    walk = Walk(anchors)
    try:
        for batch in record.batches():
            walk.take(batch)
            readable(batch)
        walk.end()
    except Fault as fault:
        return Verdict(walk.seq, walk.head.hex(), str(fault))
    except JournalCorrupt as damage:
        return Verdict(walk.seq, walk.head.hex(), str(damage))
    return Verdict(walk.seq, walk.head.hex(), "")


def sound_batches(record: Record) -> Iterator[Batch]:
    """All batches of an open journal, each once the chain is known to hold up to its end.

    Raises:
        JournalCorrupt: it does not hold.
    """
    walk = Walk()
    for batch in record.batches():
        try:
            walk.take(batch)
        except Fault as fault:
            raise JournalCorrupt(f"{record.name}: {fault}") from None
        yield batch


class Fault(Exception):
    """What is wrong, in words."""


class Walk:
    """How far the chain is known to be sound: event `seq`, whose hash is `head`."""

    def __init__(self, anchors: Iterable[Anchor] = (), seq: int = 0, head: bytes = GENESIS) -> None:
        self.seq, self.head = seq, head
        self._anchors = sorted(anchors, reverse=True)
        self._pass_anchors()

    def take(self, batch: Batch) -> None:
        """Go over one batch.

        Raises:
            Fault: it does not hold.
        """
        expected = self.seq + 1
        if batch.first_seq > expected:
            raise Fault(f"{events(expected, batch.first_seq - 1)} missing: the next one is {batch.first_seq}")
        if batch.first_seq < expected:
            raise Fault(f"event {batch.first_seq} is there twice")
        lines = batch.lines()
        sealed = [batch.marks[at : at + MARK_BYTES] for at in range(0, len(batch.marks), MARK_BYTES)]
        if batch.last_seq - self.seq != len(sealed) or sealed[-1] != batch.hash[:MARK_BYTES]:
            raise Fault(f"the marks of events {batch.first_seq} to {batch.last_seq} were changed")
        for place, line in enumerate(lines[: len(sealed)]):
            head = link(self.head, self.seq + 1, line)
            if head[:MARK_BYTES] != sealed[place]:
                raise Fault(self._culprit(lines, sealed, place, batch.hash))
            self.seq, self.head = self.seq + 1, head
            self._pass_anchors()
        if len(lines) < len(sealed):
            raise Fault(f"{events(self.seq + 1, batch.last_seq)} missing")
        if len(lines) > len(sealed):
            raise Fault(f"something was added after event {batch.last_seq}")
        if self.head != batch.hash:
            raise Fault(f"the recorded hash of event {batch.last_seq} was changed")

    def end(self) -> None:
        """Nothing comes any more.

        Raises:
            Fault: something should.
        """
        if self._anchors:
            raise Fault(f"the record ends at event {self.seq}, but event {self._anchors[-1].seq} was anchored: cut off")

    def _pass_anchors(self) -> None:
        while self._anchors and self._anchors[-1].seq <= self.seq:
            anchor = self._anchors.pop()
            if anchor.head != self.head:
                raise Fault(f"the history up to event {anchor.seq} is not the one that was anchored: it was rewritten")

    def _culprit(self, lines: list[bytes], sealed: list[bytes], place: int, recorded: bytes) -> str:
        """Why the event at this place is not the one that was sealed there."""
        seq, first = self.seq + 1, self.seq + 1 - place
        for elsewhere, line in enumerate(lines):
            if elsewhere != place and link(self.head, seq, line)[:MARK_BYTES] == sealed[place]:
                if len(lines) > len(sealed):
                    return f"something was added before event {seq}"
                return f"event {seq} was moved: it stands in the place of event {first + elsewhere}"
        head = self.head
        for ahead, line in enumerate(lines[place:]):
            head = link(head, seq + ahead, line)
        if head == recorded:
            return f"the mark of event {seq} was changed"
        if len(lines) < len(sealed):
            return f"event {seq} is missing"
        return f"event {seq} was changed: its hash does not match"


def readable(batch: Batch) -> None:
    """That a batch holds events, and their latest time.

    Raises:
        Fault: it does not.
    """
    try:
        latest = max(event.ts for event in decode_lines(batch.body))
    except msgspec.DecodeError:
        for seq, line in enumerate(batch.lines(), batch.first_seq):
            try:
                decode(line)
            except msgspec.DecodeError as error:
                raise Fault(f"event {seq} cannot be read: {error}") from None
        raise
    if latest != batch.ts:
        raise Fault(f"the time of events {batch.first_seq} to {batch.last_seq} was changed")


def events(first: int, last: int) -> str:
    return f"event {first} is" if first == last else f"events {first} to {last} are"
