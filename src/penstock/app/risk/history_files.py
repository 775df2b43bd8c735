"""Recorded days from files of daily bars: one row a symbol and day, in any number of .parquet or .csv files.

Columns are found by name, in upper or lower case: `date`, `symbol` (else the file's name is the symbol), `close`,
`volume` and, if it is there, `adj close`, from which returns are taken so that a dividend or a split is no loss. A
price that is not above zero is none: that day is missing.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from penstock.domain.errors import BadInput
from penstock.risk.scenario import history_of
from penstock.risk.var import Floats, History

if TYPE_CHECKING:
    import polars as pl

NAMES = {
    "date": ("date", "day"),
    "symbol": ("symbol", "ticker"),
    "close": ("close",),
    "volume": ("volume",),
    "adjusted": ("adj close", "adj_close", "adjclose", "adjusted_close"),
}
NEEDED = ("date", "close", "volume")
ADV_DAYS = 20
DAYS_MIN = 20
COVERED_MIN = 0.9


class Traded(msgspec.Struct, frozen=True):
    """A symbol's last recorded close and its day, the average volume of its last 20 days, its daily volatility."""

    price: float
    day: str
    adv: float
    volatility: float


class Recorded(msgspec.Struct, frozen=True):
    """`days` are those of the rows of `history.returns`; `unusable` symbols have prices, but none that returns
    could be made of: they stand still too often, or too many are missing.
    """

    days: tuple[str, ...]
    history: History
    unusable: tuple[str, ...]
    traded: dict[str, Traded]


def read_history(paths: Sequence[Path]) -> Recorded:
    """The recorded days of all files together.

    Raises:
        BadInput: a file that cannot be read, lacks a column, or has a symbol's day twice.
    """
    import polars as pl

    rows = pl.concat([_bars(path) for path in paths]).sort("date", "symbol")
    where = str(paths[0]) if len(paths) == 1 else f"{len(paths)} files of history"
    twice = rows.filter(rows.select("date", "symbol").is_duplicated())
    if len(twice):
        raise BadInput(where, "date", f"{twice['symbol'][0]} has the same day twice", str(twice["date"][0]))
    wide = rows.pivot("symbol", index="date", values="adjusted").sort("date")
    days, symbols = wide["date"].to_list(), wide.columns[1:]
    if len(days) < DAYS_MIN:
        raise BadInput(where, "date", f"must have at least {DAYS_MIN} days", len(days))
    closes = wide.select(symbols).to_numpy().astype(np.float64)
    history, unusable = _long_enough(*history_of(symbols, closes))
    recorded = [str(day) for day in days[1:]]
    if history.symbols:  # a day that only others have is none of these
        there = np.asarray(np.isfinite(history.returns).any(axis=1), dtype=np.bool_)
        recorded = [day for day, known in zip(recorded, there.tolist(), strict=True) if known]
        history = History(history.symbols, history.returns[there])
    return Recorded(tuple(recorded), history, unusable, _traded(rows, symbols, closes))


def _long_enough(history: History, left_out: tuple[str, ...]) -> tuple[History, tuple[str, ...]]:
    """Without the symbols that lack a tenth of the days: what all have in common would be too little."""
    days = np.isfinite(history.returns).sum(axis=0)
    kept = [place for place, known in enumerate(days) if known >= COVERED_MIN * len(history.returns)]
    short = tuple(symbol for place, symbol in enumerate(history.symbols) if place not in set(kept))
    return History(tuple(history.symbols[place] for place in kept), history.returns[:, kept]), (*left_out, *short)


def betas(history: History) -> dict[str, float]:
    """Each symbol's β to the equally weighted mean of all: cov(r, m) / var(m), over the days that it has."""
    market = np.nanmean(history.returns, axis=1)
    found = {}
    for place, symbol in enumerate(history.symbols):
        own = history.returns[:, place]
        there = np.isfinite(own)
        around = market[there] - market[there].mean()
        spread = float(around @ around)
        found[symbol] = float(around @ own[there]) / spread if spread else 1.0
    return found


def _traded(rows: "pl.DataFrame", symbols: Sequence[str], closes: Floats) -> dict[str, Traded]:
    import polars as pl

    known = rows.drop_nulls("close")
    latest = known.group_by("symbol").agg(
        pl.col("close").last(), pl.col("date").last(), pl.col("volume").tail(ADV_DAYS).mean()
    )
    returns = closes[1:] / closes[:-1] - 1
    counted = np.isfinite(returns).sum(axis=0)
    volatility = {
        symbol: float(np.nanstd(returns[:, place], ddof=1)) if counted[place] > 1 else 0.0
        for place, symbol in enumerate(symbols)
    }
    return {
        symbol: Traded(close, str(day), float(adv or 0.0), volatility[symbol])
        for symbol, close, day, adv in latest.iter_rows()
    }


def _bars(path: Path) -> "pl.DataFrame":
    """A file's bars as columns date, symbol, close, adjusted, volume."""
    import polars as pl

    frame = _frame(path)
    there = {column.lower(): column for column in frame.columns}
    column = {name: there[like] for name, likes in NAMES.items() for like in likes if like in there}
    for name in NEEDED:
        if name not in column:
            raise BadInput(str(path), name, f"there is no such column: there are {', '.join(frame.columns)}")
    symbol = pl.col(column["symbol"]).cast(pl.String) if "symbol" in column else pl.lit(path.stem)
    day = pl.col(column["date"])
    is_text = frame.schema[column["date"]] == pl.String
    try:
        return frame.select(
            (day.str.slice(0, 10).str.to_date("%Y-%m-%d") if is_text else day.cast(pl.Date)).alias("date"),
            symbol.alias("symbol"),
            _price(column["close"]).alias("close"),
            _price(column.get("adjusted", column["close"])).alias("adjusted"),
            pl.col(column["volume"]).cast(pl.Float64).alias("volume"),
        )
    except pl.exceptions.PolarsError as error:
        raise BadInput(str(path), "", f"is not a file of daily bars: {_first_line(error)}") from None


def _price(column: str) -> "pl.Expr":
    """A price, or null where what is recorded is none."""
    import polars as pl

    price = pl.col(column).cast(pl.Float64)
    return pl.when(price.is_finite() & (price > 0)).then(price)


def _frame(path: Path) -> "pl.DataFrame":
    import polars as pl

    suffix = path.suffix.lower()
    if suffix not in (".parquet", ".csv"):
        raise BadInput(str(path), "", "must be a file that ends in .parquet or .csv", suffix or "no ending")
    if not path.is_file():
        raise BadInput(str(path), "", "there is no such file")
    try:
        return pl.read_parquet(path) if suffix == ".parquet" else pl.read_csv(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(str(path), "", f"cannot be read: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
