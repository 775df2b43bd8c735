"""TAQ quotes and trades as Parquet: `<symbol>_<yyyymmdd>_quotes|trades.parquet`.

Times are UTC, and carry the noise of a float: they are rounded to a microsecond. A quote row tells both sides of one
exchange, sizes in round lots of 100 shares; a price of 0 withdraws the side.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from penstock.domain.errors import BadInput
from penstock.market.tapes.pieces import parquet_pieces
from penstock.market.tapes.reading import MONEY_TICK, SHARE, Piece, Reading
from penstock.market.tapes.schema import Listing, Table

NAME = re.compile(r"(?P<symbol>[^_]+)_\d{8}_(?P<what>quotes|trades)\.parquet")
QUOTES = ("DT", "EX", "BID", "BIDSIZ", "OFR", "OFRSIZ", "SYMBOL")
TRADES = ("DT", "EX", "SYMBOL", "COND", "SIZE", "PRICE", "CORR")
ROUND_LOT = 100
DOLLAR = 10_000


def files(path: Path) -> list[Path]:
    """The folder's files, or the one named."""
    found = sorted(each for each in path.iterdir() if NAME.fullmatch(each.name)) if path.is_dir() else [path]
    if not found or not all(NAME.fullmatch(each.name) for each in found):
        raise BadInput(str(path), "", "files are named <symbol>_<yyyymmdd>_quotes.parquet or ..._trades.parquet")
    return found


def read(path: Path, reading: Reading) -> Iterator[Piece]:
    for file in files(path):
        match = NAME.fullmatch(file.name)
        assert match is not None
        quotes = match["what"] == "quotes"
        table = Table.QUOTES if quotes else Table.TRADES
        number = reading.listing(
            Listing(symbol=match["symbol"], venue="US", tick=MONEY_TICK, lot=SHARE, calendar="XNYS")
        )
        for frame in parquet_pieces(file, QUOTES if quotes else TRADES):
            common = frame.with_columns(
                reading.venue_column(frame["EX"]),
                ts=((pl.col("DT").dt.epoch("ns") + 500) // 1000) * 1000,
                listing=pl.lit(number),
                flagged=pl.lit(False),
            )
            yield from reading.settled(table, str(file), _quotes(common) if quotes else _trades(common))


def _ticks(name: str) -> pl.Expr:
    return (pl.col(name) * DOLLAR).round().cast(pl.Int64)


def _quotes(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        bid=_ticks("BID"),
        bid_lots=pl.col("BIDSIZ").cast(pl.Int64) * ROUND_LOT,
        ask=_ticks("OFR"),
        ask_lots=pl.col("OFRSIZ").cast(pl.Int64) * ROUND_LOT,
    )


def _trades(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(
        ticks=_ticks("PRICE"), lots="SIZE", sign=pl.lit(0), condition="COND", flagged=pl.col("CORR") != 0
    )
