"""Checksums of books as venues send them: CRC-32 over the texts of the best levels.

OKX: the best 25 of each side in turn, `price:size` joined by `:`, as a signed 32-bit number (its API's page on book
channels). Kraken: the best 10 asks and then the best 10 bids, price and volume without their points and leading zeros
(its page on book checksums).
"""

import heapq
import zlib
from collections.abc import Iterable
from itertools import zip_longest

Pair = tuple[str, str]


class TextBook:
    """A book that keeps prices and sizes as they were written."""

    def __init__(self) -> None:
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}

    def change(self, bids: Iterable[Pair], asks: Iterable[Pair]) -> None:
        """A size of zero takes the level away."""
        for side, pairs in ((self.bids, bids), (self.asks, asks)):
            for price, size in pairs:
                if float(size):
                    side[price] = size
                else:
                    side.pop(price, None)

    def best_bids(self, levels: int) -> list[Pair]:
        return [(price, self.bids[price]) for price in heapq.nlargest(levels, self.bids, key=float)]

    def best_asks(self, levels: int) -> list[Pair]:
        return [(price, self.asks[price]) for price in heapq.nsmallest(levels, self.asks, key=float)]


def okx_checksum(book: TextBook) -> int:
    texts = []
    for bid, ask in zip_longest(book.best_bids(25), book.best_asks(25)):
        texts += [*(bid or ()), *(ask or ())]
    unsigned = zlib.crc32(":".join(texts).encode())
    return unsigned - (1 << 32) if unsigned >= 1 << 31 else unsigned


def kraken_checksum(book: TextBook) -> int:
    levels = [*book.best_asks(10), *book.best_bids(10)]
    return zlib.crc32("".join(text.replace(".", "").lstrip("0") for level in levels for text in level).encode())
