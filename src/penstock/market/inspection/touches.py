"""The best bid and ask of one listing over time, from what a tape has: quotes, of one venue or many, or its book."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from penstock.market.quality.consolidated import Consolidator
from penstock.market.tapes.book_walk import walk
from penstock.market.tapes.schema import Table
from penstock.market.tapes.store import Tape

MESSAGES = 1 << 16


class Touches(NamedTuple):
    """Columns of one length: prices in ticks, NaN where a side is empty or the two cross; lots are 0 where not told."""

    ts: NDArray[np.int64]
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]
    bid_lots: NDArray[np.float64]
    ask_lots: NDArray[np.float64]

    @property
    def mid(self) -> NDArray[np.float64]:
        mid: NDArray[np.float64] = (self.bid + self.ask) / 2
        return mid

    def last(self) -> "Touches":
        """The last row alone."""
        return Touches(self.ts[-1:], self.bid[-1:], self.ask[-1:], self.bid_lots[-1:], self.ask_lots[-1:])


def joined(pieces: Sequence[Touches]) -> Touches:
    """Pieces one after the other."""
    return Touches(
        np.concatenate([each.ts for each in pieces]),
        np.concatenate([each.bid for each in pieces]),
        np.concatenate([each.ask for each in pieces]),
        np.concatenate([each.bid_lots for each in pieces]),
        np.concatenate([each.ask_lots for each in pieces]),
    )


def touch_pieces(tape: Tape, listing: int) -> Iterator[Touches]:
    """The touch after each change, in pieces.

    Of several exchanges the best is taken: without the older of an exchange's own crossing sides, and without
    quotes older than a second.
    """
    quoted = False
    both = Consolidator(len(tape.venues)) if tape.listings[listing].venue == "US" else None
    for frame in tape.pieces(Table.QUOTES, listing):
        quoted = True
        ts = frame["ts"].to_numpy()
        if both is not None:
            _, best = both.add(frame)
            zeros = np.zeros(len(ts))
            yield _sound(
                ts, np.where(best.whole, best.bid, np.nan), np.where(best.whole, best.ask, np.nan), zeros, zeros
            )
        else:
            columns = (frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in ("bid", "ask"))
            lots = (frame[name].fill_null(0).cast(pl.Float64).to_numpy() for name in ("bid_lots", "ask_lots"))
            yield _sound(ts, *columns, *lots)
    if not quoted and (Table.BOOK in tape.rows or Table.ORDERS in tape.rows):
        yield from _walked(tape, listing)


def _sound(
    ts: NDArray[np.int64],
    bid: NDArray[np.float64],
    ask: NDArray[np.float64],
    bid_lots: NDArray[np.float64],
    ask_lots: NDArray[np.float64],
) -> Touches:
    crossed = bid > ask
    return Touches(ts, np.where(crossed, np.nan, bid), np.where(crossed, np.nan, ask), bid_lots, ask_lots)


def _walked(tape: Tape, listing: int) -> Iterator[Touches]:
    rows: list[tuple[float, ...]] = []
    nothing = float("nan")
    for message in walk(tape):
        if message.listing != listing:
            continue
        touch = message.book.touch()
        known = message.book.usable and touch.bid is not None and touch.ask is not None
        bid, ask = (float(touch.bid or 0), float(touch.ask or 0)) if known else (nothing, nothing)
        rows.append((message.ts, bid, ask, touch.bid_lots, touch.ask_lots))
        if len(rows) == MESSAGES:
            yield _columns(rows)
            rows = []
    if rows:
        yield _columns(rows)


def _columns(rows: list[tuple[float, ...]]) -> Touches:
    ts, *rest = zip(*rows, strict=True)
    bid, ask, bid_lots, ask_lots = (np.array(column, float) for column in rest)
    return _sound(np.array(ts, np.int64), bid, ask, bid_lots, ask_lots)


class TouchReader:
    """The touch just before given times, asked for in the order of time; it holds one piece and a row."""

    def __init__(self, pieces: Iterator[Touches]) -> None:
        self._pieces = pieces
        self._held: list[Touches] = []

    def before(self, ts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Bid and ask in force before each time; NaN where there was none."""
        end = int(ts[-1])
        while not self._held or int(self._held[-1].ts[-1]) < end:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held.append(piece)
        if not self._held:
            return np.full(len(ts), np.nan), np.full(len(ts), np.nan)
        held = joined(self._held)
        place = np.searchsorted(held.ts, ts, side="left") - 1
        found = np.where(place < 0, np.nan, held.bid[place]), np.where(place < 0, np.nan, held.ask[place])
        while len(self._held) > 1 and int(self._held[0].ts[-1]) < end:
            self._held.pop(0)
        return found
