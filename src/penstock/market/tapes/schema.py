"""The columns of a recorded tape: what each table holds, in which units.

Times are ns since the epoch, UTC. Prices are ticks and sizes are lots of the listing that a row names: the grid of
the file itself, so that nothing is rounded. `row` is where the row stands in its file, from 1; `sent` is the sender's
own time where it is recorded, and `seq` its number (of an update, or of a trade).

| table     | a row is |
|-----------|----------|
| `quotes`  | what one venue quotes from now on. A null price with lots null: this side is not told, the last stands; |
|           | a null price with 0 lots: this side is withdrawn |
| `trades`  | a print; `sign` is the aggressor's side, 0 unknown |
| `orders`  | an event of one order, of the kinds of `tape` and `CHANGE` |
| `book`    | a level of one venue's book: `LEVEL`, `CLEAR` or `GAP`. `last` closes a message, here and in `orders` |
| `bars`    | from `ts` for `span` ns; `side` is 0 of trades, 1 of bids, -1 of asks |
| `funding` | a perpetual's funding rate, as a fraction, settled at `ts` |
"""

from decimal import Decimal
from enum import StrEnum

import msgspec
import polars as pl

LEVEL, CHANGE, CLEAR, GAP = 8, 9, 10, 11
"""This price now holds these lots; this order now holds them; the book is empty; something is missing from here on."""


class Table(StrEnum):
    """The tables that a tape may have."""

    QUOTES = "quotes"
    TRADES = "trades"
    ORDERS = "orders"
    BOOK = "book"
    BARS = "bars"
    FUNDING = "funding"


_ROW = {"ts": pl.Int64, "sent": pl.Int64, "listing": pl.Int16, "row": pl.Int64}
_EVENTS = pl.Schema(
    {
        **_ROW,
        "seq": pl.Int64,
        "kind": pl.Int8,
        "order": pl.Int64,
        "sign": pl.Int8,
        "ticks": pl.Int64,
        "lots": pl.Int64,
        "last": pl.Boolean,
    }
)
SCHEMAS: dict[Table, pl.Schema] = {
    Table.QUOTES: pl.Schema(
        {
            **_ROW,
            "venue": pl.Int16,
            "seq": pl.Int64,
            "bid": pl.Int64,
            "bid_lots": pl.Int64,
            "ask": pl.Int64,
            "ask_lots": pl.Int64,
            "flagged": pl.Boolean,
        }
    ),
    Table.TRADES: pl.Schema(
        {
            **_ROW,
            "venue": pl.Int16,
            "seq": pl.Int64,
            "ticks": pl.Int64,
            "lots": pl.Int64,
            "sign": pl.Int8,
            "condition": pl.String,
            "flagged": pl.Boolean,
        }
    ),
    Table.ORDERS: _EVENTS,
    Table.BOOK: _EVENTS,
    Table.BARS: pl.Schema(
        {
            **_ROW,
            "side": pl.Int8,
            "span": pl.Int64,
            "open": pl.Int64,
            "high": pl.Int64,
            "low": pl.Int64,
            "close": pl.Int64,
            "lots": pl.Int64,
            "adjusted": pl.Int64,
        }
    ),
    Table.FUNDING: pl.Schema({**_ROW, "rate": pl.Float64, "local_hour": pl.Int8}),
}


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument on one venue, or on all of a country's (`venue` is then the tape's).

    `tick` and `lot` are the grid of the file, which may be finer than the venue's own. `calendar` is that of its
    sessions; `24/7` trades around the clock.
    """

    symbol: str
    venue: str
    tick: Decimal
    lot: Decimal
    calendar: str = "24/7"
    sector: str = ""

    @property
    def name(self) -> str:
        return f"{self.symbol}@{self.venue}"


def conform(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with exactly the table's columns, absent ones as nulls."""
    schema = SCHEMAS[table]
    present = frame.columns
    return frame.select(
        pl.col(name).cast(kind) if name in present else pl.lit(None, dtype=kind).alias(name)
        for name, kind in schema.items()
    )
