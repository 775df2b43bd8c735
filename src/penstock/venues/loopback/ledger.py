"""The venue's own record of what it took and what it did: a line of JSON each, written before anybody is told.

It is what a test believes: an order that arrived twice stands in it twice. Lines survive the death of the process at
any instant (they are with the operating system), not a power cut.
"""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from penstock.domain.orders import OrderTerms
from penstock.domain.venue import Liquidity


class Arrived(msgspec.Struct, frozen=True, tag="arrived", tag_field="what"):
    """A new order, as it came; `repeated` if its id had come before (then nothing was done with it)."""

    ts: int
    terms: OrderTerms
    repeated: bool = False


class Traded(msgspec.Struct, frozen=True, tag="traded", tag_field="what"):
    ts: int
    order_id: str
    exec_id: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    liquidity: Liquidity


class Changed(msgspec.Struct, frozen=True, tag="changed", tag_field="what"):
    ts: int
    terms: OrderTerms


class Ended(msgspec.Struct, frozen=True, tag="ended", tag_field="what"):
    ts: int
    order_id: str
    state: str


Line = Arrived | Traded | Changed | Ended

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Line)


class Ledger:
    """A ledger file, open for its venue."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, line: Line) -> None:
        os.write(self._file, _encoder.encode(line) + b"\n")

    def close(self) -> None:
        os.close(self._file)


def read_ledger(path: Path) -> Iterator[Line]:
    """The lines of a ledger, oldest first; one cut off by a crash is left out."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for text in file:
            if text.endswith(b"\n"):
                yield _decoder.decode(text)
