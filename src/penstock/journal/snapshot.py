"""A snapshot is the engine's state after some event, so that recovery need not begin at the first one.

It is a shortcut and never the record: one that is damaged, unreadable or of another history is passed over.
"""

from hashlib import sha256
from typing import Literal

import msgspec
import zstandard

from penstock.engine.state import EngineState

SNAPSHOTS_KEPT = 3
ZSTD_LEVEL = 1
STATE_BYTES_MAX = 16 * 1024**3

Shape = Literal[4]  # a state that lacks what this version keeps must not be taken for one in which it is empty
SHAPE: Shape = 4

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[Shape, EngineState])


class Snapshot(msgspec.Struct, frozen=True):
    """The state after event `seq`, when the chain's hash was `head`; `body` is zstd over msgpack.

    `state_hash` is SHA-256 of what was packed.
    """

    seq: int
    head: bytes
    state_hash: str
    body: bytes
    digest: bytes

    @property
    def is_whole(self) -> bool:
        """Whether it is as it was written."""
        return self.digest == digest_of(self.seq, self.head, self.state_hash, self.body)

    def state(self) -> EngineState:
        """The state it holds.

        Raises:
            SnapshotUnusable: damaged, or written by a version that kept its state in another shape.
        """
        if not self.is_whole:
            raise SnapshotUnusable(f"the snapshot at event {self.seq} is damaged")
        try:
            raw = zstandard.ZstdDecompressor().decompress(self.body, max_output_size=STATE_BYTES_MAX)
            state: EngineState = _decoder.decode(raw)[1]
        except (zstandard.ZstdError, msgspec.DecodeError) as error:
            raise SnapshotUnusable(f"the snapshot at event {self.seq} cannot be read: {error}") from None
        return state


class SnapshotUnusable(Exception):
    """A snapshot that recovery passes over; the words say why."""


def snapshot_of(state: EngineState, head: bytes) -> Snapshot:
    """The snapshot of a state whose last event has this hash."""
    return packed(state.seq, head, encoded(state))


def encoded(state: EngineState) -> bytes:
    """A state as bytes: all of a snapshot that must be done while nothing changes the state."""
    return _encoder.encode((SHAPE, state))


def packed(seq: int, head: bytes, raw: bytes) -> Snapshot:
    """The snapshot of an encoded state: the larger part of the work, for any thread."""
    body = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(raw)
    state_hash = sha256(raw).hexdigest()
    return Snapshot(seq, head, state_hash, body, digest_of(seq, head, state_hash, body))


def digest_of(seq: int, head: bytes, state_hash: str, body: bytes) -> bytes:
    return sha256(seq.to_bytes(8, "big") + head + state_hash.encode() + body).digest()
