"""Funding rates of perpetuals from several venues, whose times are what each venue's page showed: normalised to UTC.

What a venue shows follows from its settlement hours. Binance, Bybit, HTX and MEXC settle at 00, 08 and 16 h UTC and
show 03, 11, 19: UTC+3. KuCoin settles at 04, 12 and 20 h UTC and shows 07, 15, 23: the same clock. Gate shows 00, 08,
16 and dYdX every hour from midnight: UTC.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import polars as pl

from penstock.domain.errors import BadInput
from penstock.domain.time import HOUR
from penstock.market.recording import find_file
from penstock.market.tapes.pieces import parquet_pieces
from penstock.market.tapes.reading import CRYPTO_STEP, Piece, Reading
from penstock.market.tapes.schema import Listing, Table

COLUMNS = ("Symbol", "Date", "Funding Rate", "venue")
HOURS_AHEAD = {"binance": 3, "bybit": 3, "htx": 3, "mexc": 3, "kucoin": 3, "gate": 0, "dydx": 0}
EVERY_H = {"dydx": 1}
USUAL_EVERY_H = 8


def files(path: Path) -> list[Path]:
    return [find_file(path, (".parquet",))]


def read(path: Path, reading: Reading) -> Iterator[Piece]:
    """Rates as fractions, settled at `ts`.

    Raises:
        BadInput: a venue whose clock is not known.
    """
    (file,) = files(path)
    for frame in parquet_pieces(file, COLUMNS):
        unknown = sorted(set(frame["venue"].unique()) - set(HOURS_AHEAD))
        if unknown:
            raise BadInput(str(file), "venue", f"known are {', '.join(HOURS_AHEAD)}", unknown[0])
        for (venue, symbol), one in frame.group_by("venue", "Symbol", maintain_order=True):
            number = reading.listing(Listing(symbol=str(symbol), venue=str(venue), tick=CRYPTO_STEP, lot=Decimal(1)))
            rows = one.select(
                "row",
                ts=pl.col("Date").dt.epoch("ns") - HOURS_AHEAD[str(venue)] * HOUR,
                listing=pl.lit(number),
                rate="Funding Rate",
                local_hour=pl.col("Date").dt.hour(),
            )
            where = f"{file} ({venue} {symbol})"
            yield from reading.settled(Table.FUNDING, where, rows)
