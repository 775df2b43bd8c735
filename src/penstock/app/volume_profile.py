"""`volume_profile = "bars:FILE"`: a volume curve from recorded bars of past days, read where the user names them.

FILE is .parquet or .csv with a time column, a volume column and, where it holds several, a symbol column;
`bars:FILE#SYMBOL` picks a symbol other than the target's own (an index's shape for a stock without history).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from penstock.domain.errors import BadInput
from penstock.market.volume_curve import weights_from_days

PREFIX = "bars:"
PLACES = 8


def resolve_profile(parameters: Mapping[str, Any], symbol: str, where: str) -> dict[str, Any]:
    """The parameters with a `bars:` profile replaced by its weights, one for each bar of a day.

    Raises:
        BadInput: no such file, no such columns, or no full day of the symbol.
    """
    profile = parameters.get("volume_profile")
    if not isinstance(profile, str) or not profile.startswith(PREFIX):
        return dict(parameters)
    path, _, named = profile.removeprefix(PREFIX).partition("#")
    weights = read_weights(Path(path), named or symbol, where)
    return {**parameters, "volume_profile": [round(weight, PLACES) for weight in weights]}


def read_weights(path: Path, symbol: str, where: str) -> tuple[float, ...]:
    """Median share of a day's volume by bar, over the full days of `symbol` in a file of bars."""
    frame = read_bars(path, where)
    columns = {name.lower(): name for name in frame.columns}
    time = next((columns[name] for name in columns if frame[columns[name]].dtype == pl.Datetime), None)
    volume = columns.get("volume")
    if time is None or volume is None:
        raise BadInput(where, "volume_profile", f"{path} needs a time and a volume column, it has", frame.columns)
    if "symbol" in columns:
        frame = frame.filter(pl.col(columns["symbol"]) == symbol)
        if frame.is_empty():
            raise BadInput(where, "volume_profile", f"{path} has no bars of", symbol)
    days = frame.sort(time).group_by(pl.col(time).dt.date(), maintain_order=True).agg(pl.col(volume))
    try:
        return weights_from_days([[float(bar) for bar in day] for day in days[volume].to_list()])
    except ValueError as error:
        raise BadInput(where, "volume_profile", f"{path}: {error}") from None


def read_bars(path: Path, where: str) -> pl.DataFrame:
    readers = {".parquet": pl.read_parquet, ".csv": lambda source: pl.read_csv(source, try_parse_dates=True)}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(where, "volume_profile", "bars are read from .parquet or .csv", str(path))
    if not path.is_file():
        raise BadInput(where, "volume_profile", "there is no such file", str(path))
    try:
        return reader(path)
    except pl.exceptions.PolarsError as error:
        raise BadInput(where, "volume_profile", f"{path} cannot be read: {error}") from None
