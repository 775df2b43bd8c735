"""Bars: of a minute labelled in US Central time, of a minute as LEAN writes them, and of a day, with sectors.

A bar's time is its start. Prices are kept to 0.0001 dollars.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from penstock.domain.errors import BadInput
from penstock.domain.time import DAY, MILLISECOND, MINUTE
from penstock.market.recording import find_file
from penstock.market.tapes.local_time import CHICAGO, NEW_YORK, midnight_ns, named_day, wall_clock_ns
from penstock.market.tapes.pieces import members, number_pieces, parquet_pieces
from penstock.market.tapes.reading import MONEY_TICK, SHARE, Piece, Reading
from penstock.market.tapes.schema import Listing, Table

MINUTE_COLUMNS = ("symbol", "ts_ct", "Open", "High", "Low", "Close", "Volume")
DAILY_COLUMNS = ("Date", "High", "Low", "Open", "Close", "Volume", "Adj Close", "symbol")
LEAN_NAME = re.compile(r"(?P<day>\d{8})_(?P<what>quote|trade)\.zip")
LEAN_TRADE: dict[str, type[pl.DataType]] = dict.fromkeys(("ms", "open", "high", "low", "close", "lots"), pl.Int64)
LEAN_QUOTE: dict[str, type[pl.DataType]] = dict.fromkeys(
    ("ms", *(f"{side} {what}" for side in ("bid", "ask") for what in ("open", "high", "low", "close", "lots"))),
    pl.Int64,
)
DOLLAR = 10_000
CONSTITUENTS = "constituents.csv"


def minute_files(path: Path) -> list[Path]:
    return [find_file(path, (".parquet",))]


def read_minute(path: Path, reading: Reading) -> Iterator[Piece]:
    """One-minute bars with the columns symbol, ts_ct, Open, High, Low, Close, Volume."""
    (file,) = minute_files(path)
    for frame in parquet_pieces(file, MINUTE_COLUMNS):
        bars = frame.select(
            "row",
            _listings(frame["symbol"], reading, {}),
            *_prices(),
            ts=wall_clock_ns("ts_ct", CHICAGO),
            span=pl.lit(MINUTE),
            lots="Volume",
        )
        yield from reading.settled(Table.BARS, str(file), bars)


def daily_files(path: Path) -> list[Path]:
    """The bars, and the sectors where they lie beside them."""
    file = find_file(path, (".parquet",))
    sectors = file.parent / CONSTITUENTS
    return [file, sectors] if sectors.is_file() else [file]


def read_daily(path: Path, reading: Reading) -> Iterator[Piece]:
    """Daily bars with the columns Date, Open, High, Low, Close, Adj Close, Volume, symbol."""
    file, *beside = daily_files(path)
    sectors: dict[str, str] = {}
    if beside:
        sectors = _sectors(beside[0])
    for frame in parquet_pieces(file, DAILY_COLUMNS):
        bars = frame.select(
            "row",
            _listings(frame["symbol"], reading, sectors),
            *_prices(),
            ts=wall_clock_ns("Date", NEW_YORK),
            span=pl.lit(DAY),
            lots="Volume",
            adjusted=_ticks("Adj Close"),
        )
        yield from reading.settled(Table.BARS, str(file), bars)
    if sectors:
        without = [listing.symbol for listing in reading.listings if not listing.sector]
        reading.notes.append(f"{len(reading.listings) - len(without)} of {len(reading.listings)} names have a sector")


def _sectors(file: Path) -> dict[str, str]:
    try:
        table = pl.read_csv(file, columns=["Symbol", "GICS Sector"])
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise BadInput(str(file), "", "must be a CSV with the columns Symbol and GICS Sector", reason) from error
    return dict(table.iter_rows())


def lean_files(path: Path) -> list[Path]:
    """The zips of a symbol's folder, or of all folders under the one named."""
    found = sorted(each for each in path.rglob("*.zip") if LEAN_NAME.fullmatch(each.name)) if path.is_dir() else [path]
    if not found or not all(LEAN_NAME.fullmatch(each.name) for each in found):
        raise BadInput(str(path), "", "files are named <symbol>/<yyyymmdd>_quote.zip or ..._trade.zip")
    return found


def read_lean(path: Path, reading: Reading) -> Iterator[Piece]:
    """LEAN's zipped minute bars: ms after midnight in New York, prices in 0.0001 dollars."""
    for file in lean_files(path):
        match = LEAN_NAME.fullmatch(file.name)
        assert match is not None
        day = named_day(match["day"])
        if day is None:
            raise BadInput(str(file), "file name", "the day must exist", match["day"])
        inside = members(file)
        if len(inside) != 1:
            raise BadInput(str(file), "", "must hold one .csv", ", ".join(inside) or "none")
        quote = match["what"] == "quote"
        number = reading.listing(_stock(file.parent.name.upper()))
        columns = LEAN_QUOTE if quote else LEAN_TRADE
        where = f"{file}/{inside[0]}"
        optional = [name for name in columns if name != "ms"] if quote else []
        for frame in number_pieces(file, where, reading.faults, columns, member=inside[0], optional=optional):
            timed = frame.with_columns(
                ts=pl.col("ms") * MILLISECOND + midnight_ns(day, NEW_YORK),
                listing=pl.lit(number),
                span=pl.lit(MINUTE),
            )
            for side, sign in (("bid", 1), ("ask", -1)) if quote else ((None, 0),):
                own = timed.with_columns(side=pl.lit(sign))
                if side:
                    names = ("open", "high", "low", "close", "lots")
                    own = own.with_columns(pl.col(f"{side} {name}").alias(name) for name in names)
                yield from reading.settled(Table.BARS, where, own.filter(pl.col("open").is_not_null()))


def _stock(symbol: str, sector: str = "") -> Listing:
    return Listing(symbol=symbol, venue="US", tick=MONEY_TICK, lot=SHARE, calendar="XNYS", sector=sector)


def _listings(symbols: pl.Series, reading: Reading, sectors: dict[str, str]) -> pl.Series:
    table = {
        symbol: reading.listing(_stock(symbol, sectors.get(symbol, "")))
        for symbol in symbols.unique(maintain_order=True).to_list()
    }
    return symbols.replace_strict(table, return_dtype=pl.Int16).alias("listing")


def _ticks(name: str) -> pl.Expr:
    return (pl.col(name).cast(pl.Float64) * DOLLAR).round().cast(pl.Int64)


def _prices() -> list[pl.Expr]:
    named = [_ticks(name.capitalize()).alias(name) for name in ("open", "high", "low", "close")]
    return [pl.lit(0).alias("side"), *named]
