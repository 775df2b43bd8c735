"""Events as bytes and back, and the chain of hashes that ties each to everything before it."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from penstock.domain.events import AnyEvent

GENESIS = bytes(32)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)


def encode(event: AnyEvent) -> bytes:
    """One event as JSON on one line; Decimals keep every digit."""
    return _encoder.encode(event)


def encode_lines(events: Sequence[AnyEvent]) -> bytes:
    """Events as lines: JSON holds no bare line break, so that a line is an event."""
    return _encoder.encode_lines(events)[:-1]


def decode(body: bytes) -> AnyEvent:
    """The event of these bytes.

    Raises:
        msgspec.DecodeError: not an event this version knows.
    """
    event: AnyEvent = _decoder.decode(body)
    return event


def decode_lines(body: bytes) -> list[AnyEvent]:
    """The events of these lines.

    Raises:
        msgspec.DecodeError: a line is not an event this version knows.
    """
    return _decoder.decode_lines(body)


def chained(previous: bytes, seq: int, bodies: Sequence[bytes]) -> bytes:
    """The hash of the last of these events, which follow event `seq`: `link` for each in turn."""
    for number, body in enumerate(bodies, seq + 1):
        previous = sha256(previous + number.to_bytes(8, "big") + body).digest()
    return previous


def link(previous: bytes, seq: int, body: bytes) -> bytes:
    """The hash of an event: SHA-256 over the hash before it, its number and its bytes."""
    return sha256(previous + seq.to_bytes(8, "big") + body).digest()
