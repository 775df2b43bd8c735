"""A batch is what one commit writes: some events as JSON lines, and the chain's hash after the last of them.

The chain links event by event, so its head after event n is the same however events were put into batches. Of the
hashes in between only the first bytes are kept, as `marks`: they name the very event that was tampered with.
"""

from collections.abc import Sequence

import msgspec

from penstock.domain.events import AnyEvent
from penstock.journal.codec import encode_lines, link

MARK_BYTES = 4


class Batch(msgspec.Struct, frozen=True, gc=False):
    """Events `first_seq` to `last_seq`; `ts` (ns) is the latest of their times, `hash` the head after the last."""

    first_seq: int
    last_seq: int
    ts: int
    body: bytes
    marks: bytes
    hash: bytes

    def lines(self) -> list[bytes]:
        """Each event's bytes, in order."""
        return self.body.split(b"\n")

    def lines_after(self, seq: int) -> list[bytes]:
        """The bytes of those events that come after event `seq`."""
        return self.lines()[max(seq + 1 - self.first_seq, 0) :]


def seal(seq: int, head: bytes, events: Sequence[AnyEvent]) -> Batch:
    """The batch that carries a chain from event `seq`, whose hash is `head`, over at least one event more."""
    body, heads = encode_lines(events), []
    for number, line in enumerate(body.split(b"\n"), seq + 1):
        head = link(head, number, line)
        heads.append(head[:MARK_BYTES])
    latest = max([event.ts for event in events])
    return Batch(seq + 1, seq + len(heads), latest, body, b"".join(heads), head)


def merge(batches: Sequence[Batch]) -> Batch:
    """Batches that follow each other, as one."""
    if len(batches) == 1:
        return batches[0]
    return Batch(
        batches[0].first_seq,
        batches[-1].last_seq,
        max(batch.ts for batch in batches),
        b"\n".join([batch.body for batch in batches]),
        b"".join([batch.marks for batch in batches]),
        batches[-1].hash,
    )
