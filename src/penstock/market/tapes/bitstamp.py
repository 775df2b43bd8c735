"""Bitstamp's order-by-order events: created, changed, deleted, as received.

An order's own time is when it was made, in whole seconds, so only a creation says how late the feed is. Volumes are in
1e-8 of the base currency.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl

from penstock.domain.time import MILLISECOND
from penstock.market.recording import find_file
from penstock.market.tape import ADD, DELETE
from penstock.market.tapes.pieces import number_pieces
from penstock.market.tapes.reading import CRYPTO_STEP, Piece, Reading
from penstock.market.tapes.schema import CHANGE, Listing, Table

SUFFIXES = ("orders.csv", "orders.csv.xz", "orders.csv.zst")
COLUMNS: dict[str, type[pl.DataType]] = {
    "id": pl.Int64,
    "timestamp": pl.Int64,
    "exchange.timestamp": pl.Int64,
    "price": pl.Float64,
    "volume": pl.Int64,
    "action": pl.String,
    "direction": pl.String,
}
KINDS = {"created": ADD, "changed": CHANGE, "deleted": DELETE}
SIGNS = {"bid": 1, "ask": -1}
CENT = Decimal("0.01")


def files(path: Path) -> list[Path]:
    return [find_file(path, SUFFIXES)]


def read(path: Path, reading: Reading) -> Iterator[Piece]:
    """The recording's pieces. Events on orders that are not there, or are there already, are faults, and left out."""
    (file,) = files(path)
    listing = reading.listing(Listing(symbol="BTCUSD", venue="bitstamp", tick=CENT, lot=CRYPTO_STEP))
    watch = OrderWatch(str(file), reading)
    for frame in number_pieces(file, str(file), reading.faults, COLUMNS, header=True):
        known = pl.col("action").is_in(list(KINDS)) & pl.col("direction").is_in(list(SIGNS))
        for row, action, side in frame.filter(~known).select("row", "action", "direction").iter_rows():
            rule = "an event is created, changed or deleted, of a bid or an ask"
            reading.fault("malformed", str(file), row, "action", rule, f"{action} {side}")
        events = frame.filter(known).select(
            "row",
            ts=pl.col("timestamp") * MILLISECOND,
            sent=pl.when(pl.col("action") == "created").then(pl.col("exchange.timestamp") * MILLISECOND),
            listing=pl.lit(listing),
            kind=pl.col("action").replace_strict(KINDS, return_dtype=pl.Int8),
            order="id",
            sign=pl.col("direction").replace_strict(SIGNS, return_dtype=pl.Int8),
            ticks=(pl.col("price") * 100).round().cast(pl.Int64),
            lots="volume",
            last=pl.lit(True),
        )
        for piece in reading.settled(Table.ORDERS, str(file), events):
            kept = watch.keep(piece.frame)
            if not kept.is_empty():
                yield Piece(Table.ORDERS, kept)


class OrderWatch:
    """Which orders are in the book, so far as the events say; and those that were deleted lately."""

    GONE_MAX = 100_000

    def __init__(self, file: str, reading: Reading) -> None:
        self.file, self.reading = file, reading
        self.live: set[int] = set()
        self.gone: dict[int, None] = {}
        self.started = False

    def keep(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The events that make sense: with the others a book would hold orders that are long gone."""
        kept = [self._sound(*event) for event in frame.select("row", "kind", "order").iter_rows()]
        return frame if all(kept) else frame.filter(pl.Series(kept))

    def _sound(self, row: int, kind: int, order: int) -> bool:
        fault: tuple[str, str] | None = None
        if kind == ADD:
            if order in self.gone:
                fault = "reordered", "an order is created before it is deleted"
            elif order in self.live:
                fault = "duplicate", "an order is created once"
            else:
                self.live.add(order)
        elif order in self.live:
            if kind == DELETE:
                self.live.discard(order)
                self._bury(order)
        elif order in self.gone:
            fault = "duplicate", "an order is deleted once"
        else:
            fault = "unknown", "the order was never created: it rested before the recording, or its creation is lost"
            if kind == DELETE:
                self._bury(order)
        if fault is None:
            return True
        kind_of_fault, rule = fault
        self.reading.fault(kind_of_fault, self.file, row, "id", rule, order)
        return False

    def _bury(self, order: int) -> None:
        self.gone[order] = None
        if len(self.gone) > self.GONE_MAX:
            del self.gone[next(iter(self.gone))]
