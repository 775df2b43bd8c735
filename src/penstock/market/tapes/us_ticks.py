"""US equity quotes and trades with exchange codes: `<symbol>_<yyyymmdd>_quote|trade.parquet`.

Times are ms after midnight in New York, prices in 0.0001 dollars. A quote row tells one side; the other
stands as it was.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from penstock.domain.errors import BadInput
from penstock.domain.time import MILLISECOND
from penstock.market.tapes.local_time import NEW_YORK, midnight_ns, named_day
from penstock.market.tapes.pieces import parquet_pieces
from penstock.market.tapes.reading import MONEY_TICK, SHARE, Piece, Reading
from penstock.market.tapes.schema import Listing, Table

NAME = re.compile(r"(?P<symbol>[^_]+)_(?P<day>\d{8})_(?P<what>quote|trade)\.parquet")
COMMON = ("ms", "exchange", "cond", "suspicious")
QUOTES = (*COMMON, "bid_px", "bid_sz", "ask_px", "ask_sz")
TRADES = (*COMMON, "price", "size")


def files(path: Path) -> list[Path]:
    """The folder's files, or the one named."""
    found = sorted(each for each in path.iterdir() if NAME.fullmatch(each.name)) if path.is_dir() else [path]
    if not found or not all(NAME.fullmatch(each.name) for each in found):
        raise BadInput(str(path), "", "files are named <symbol>_<yyyymmdd>_quote.parquet or ..._trade.parquet")
    return found


def read(path: Path, reading: Reading) -> Iterator[Piece]:
    for file in files(path):
        match = NAME.fullmatch(file.name)
        assert match is not None
        day = named_day(match["day"])
        if day is None:
            raise BadInput(str(file), "file name", "the day must exist", match["day"])
        symbol = match["symbol"].upper()
        listing = Listing(symbol=symbol, venue="US", tick=MONEY_TICK, lot=SHARE, calendar="XNYS")
        quotes = match["what"] == "quote"
        table, side = (Table.QUOTES, _quotes) if quotes else (Table.TRADES, _trades)
        number = reading.listing(listing)
        midnight = midnight_ns(day, NEW_YORK)
        for frame in parquet_pieces(file, QUOTES if quotes else TRADES):
            common = frame.with_columns(
                reading.venue_column(frame["exchange"]),
                ts=pl.col("ms").cast(pl.Int64) * MILLISECOND + midnight,
                listing=pl.lit(number),
                flagged=pl.col("suspicious").cast(pl.String) != "0",
            )
            yield from reading.settled(table, str(file), side(common))


def _quotes(frame: pl.DataFrame) -> pl.DataFrame:
    told = {side: pl.col(f"{side}_px") != 0 for side in ("bid", "ask")}
    return frame.with_columns(
        bid=pl.when(told["bid"]).then("bid_px"),
        bid_lots=pl.when(told["bid"]).then("bid_sz"),
        ask=pl.when(told["ask"]).then("ask_px"),
        ask_lots=pl.when(told["ask"]).then("ask_sz"),
    )


def _trades(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(ticks="price", lots="size", sign=pl.lit(0), condition=pl.col("cond").cast(pl.String))
