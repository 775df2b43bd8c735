"""A market from files: one or a folder of them, with quotes, trades or both; small ones sorted, large ones streamed.

Up to `SORTED_ROWS` rows a file is read whole and put in order of time. A larger one is streamed and must be in order by
itself, symbol by symbol: rows that come too late are passed over and counted.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from penstock.domain.errors import BadInput
from penstock.tca.imports.columns import MARKET_NAMES, found
from penstock.tca.imports.tables import CSV, PARQUET, batches, numbers, scan
from penstock.tca.imports.times import to_ns
from penstock.tca.study.exclusions import Exclusions
from penstock.tca.study.tape import Quotes, Trades

SORTED_ROWS = 5_000_000
MEASURED = {"quotes": ("bid", "ask"), "trades": ("price", "quantity")}


class FileMarket:
    """Quotes and trades of files, symbol by symbol in order of time.

    Raises:
        BadInput: no such file, or one that holds neither quotes nor trades.
    """

    def __init__(self, place: Path, zone: str, exclusions: Exclusions, symbols: list[str]) -> None:
        self._zone, self._exclusions, self._symbols = zone, exclusions, symbols
        self.files = _files(place)
        self._holds = {path: _holds(path) for path in self.files}
        for path, held in self._holds.items():
            if not any(all(name in held for name in ("time", *columns)) for columns in MEASURED.values()):
                rule = "needs a time with bid and ask, or with price and quantity; the columns are"
                raise BadInput(str(path), "", rule, scan(path).collect_schema().names())
            if "symbol" not in held and len(symbols) != 1:
                raise BadInput(str(path), "symbol", "no column for it, and the fills are of several symbols", symbols)

    def quotes(self) -> Iterator[tuple[str, Quotes]]:
        for symbol, ts, bid, ask in self._columns("quotes"):
            yield symbol, Quotes(ts, bid, ask)

    def trades(self) -> Iterator[tuple[str, Trades]]:
        for symbol, ts, price, quantity in self._columns("trades"):
            yield symbol, Trades(ts, price, quantity)

    def _kinds(self, path: Path) -> list[str]:
        held = self._holds[path]
        return [kind for kind, columns in MEASURED.items() if all(name in held for name in ("time", *columns))]

    def _columns(self, kind: str) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
        for path in self.files:
            if kind not in self._kinds(path):
                continue
            small = scan(path).select(pl.len()).collect().item() <= SORTED_ROWS
            pieces: Iterator[pl.DataFrame] = (self._piece(path, kind, piece) for piece in batches(path))
            if small:
                whole = list(pieces)
                pieces = iter([pl.concat(whole).sort("symbol", "ts", maintain_order=True)] if whole else [])
            for piece in pieces:
                alone = "symbol" not in self._holds[path] and len(piece) > 0
                for part in [piece] if alone else piece.partition_by("symbol", maintain_order=True):
                    a, b = MEASURED[kind]
                    yield part["symbol"][0], part["ts"].to_numpy(), part[a].to_numpy(), part[b].to_numpy()

    def _piece(self, path: Path, kind: str, raw: pl.DataFrame) -> pl.DataFrame:
        """Rows that say something of this kind, as numbers; zero and crossed prices are for the reader to judge."""
        held = self._holds[path]
        columns = MEASURED[kind]
        raw = raw.filter(pl.any_horizontal(pl.col(held[name]).is_not_null() for name in columns))
        ns, zoneless = to_ns(raw[held["time"]], self._zone, str(path))
        symbol = raw[held["symbol"]].cast(pl.String).str.strip_chars() if "symbol" in held else None
        frame = pl.DataFrame(
            {
                "symbol": pl.Series(self._symbols[:1]).new_from_index(0, len(raw)) if symbol is None else symbol,
                "ts": ns,
                **{name: numbers(raw[held[name]]) for name in columns},
            }
        )
        self._exclusions.add("mixed_time_zones", path.name, "rows", kind, int(zoneless.sum()))
        known = frame["ts"].is_not_null() & frame["symbol"].is_not_null()
        self._exclusions.add("unreadable_row", path.name, "rows", kind, int((~known).sum()) - int(zoneless.sum()))
        return frame.filter(known).with_columns(pl.col(name).fill_null(float("nan")) for name in columns)


def _files(place: Path) -> list[Path]:
    if place.is_dir():
        files = sorted(path for path in place.iterdir() if path.name.lower().endswith((*CSV, *PARQUET)))
        if not files:
            raise BadInput(str(place), "", "holds no CSV or Parquet file")
        return files
    scan(place)
    return [place]


def _holds(path: Path) -> dict[str, str]:
    return found(scan(path).collect_schema().names(), MARKET_NAMES)
