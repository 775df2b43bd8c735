"""A market as blocks of columns, symbol by symbol in time order: held in memory or streamed, it reads the same.

A block is at most `BLOCK_ROWS` long, so that what is computed of it is small however long the tape is.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
BLOCK_ROWS = 200_000


class Quotes(NamedTuple):
    """Best bid and ask of one symbol from `ts` (ns) on, ascending in time."""

    ts: Ints
    bid: Floats
    ask: Floats


class Trades(NamedTuple):
    """Prints of one symbol at `ts` (ns), ascending in time."""

    ts: Ints
    price: Floats
    quantity: Floats


class Market(Protocol):
    """Where a study's quotes and trades come from; each may be walked through once."""

    def quotes(self) -> Iterator[tuple[str, Quotes]]: ...

    def trades(self) -> Iterator[tuple[str, Trades]]: ...


class HeldMarket:
    """A market in memory: whole columns by symbol, handed out in blocks that are views of them."""

    def __init__(self, quotes: Mapping[str, Quotes] | None = None, trades: Mapping[str, Trades] | None = None) -> None:
        self.held_quotes, self.held_trades = dict(quotes or {}), dict(trades or {})

    def quotes(self) -> Iterator[tuple[str, Quotes]]:
        for symbol, whole in self.held_quotes.items():
            for start in range(0, len(whole.ts), BLOCK_ROWS):
                rows = slice(start, start + BLOCK_ROWS)
                yield symbol, Quotes(whole.ts[rows], whole.bid[rows], whole.ask[rows])

    def trades(self) -> Iterator[tuple[str, Trades]]:
        for symbol, whole in self.held_trades.items():
            for start in range(0, len(whole.ts), BLOCK_ROWS):
                rows = slice(start, start + BLOCK_ROWS)
                yield symbol, Trades(whole.ts[rows], whole.price[rows], whole.quantity[rows])
