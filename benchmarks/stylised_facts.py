"""`python -m benchmarks.stylised_facts [SOURCE...]`: does the generated market look like recorded ones?

The same looks at each: a book's touch and traded volume every 200 ms, nothing else. Sources are as in `penstock
execute`: of `synthetic`, every symbol on its first venue; by default that, and AMZN and BTC where the recorded data are
(PENSTOCK_DATA).

spread         mean bid-ask spread, in ticks and in bps of the mid
depth          mean lots at the touch over the mean volume of a minute
signature      volatility by returns over 1 s, 10 s and 60 s, each per root minute in bps: what bounces is larger at 1 s
signs          autocorrelation of the sign of trading (average price against the mid before), 1, 5 and 20 trades apart
clustering     variance over mean of the number of 200 ms steps with trades, by 10 s; 1 if they came independently
tails          excess kurtosis of 10 s returns
U              volume of the first and last half hour over twice that of the middle hour, by the minute
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from penstock.domain.time import MILLISECOND, MINUTE, SECOND
from penstock.sim.book import NONE, MarketBook
from penstock.sim.sources import open_source

Floats = NDArray[np.float64]
DATA = Path(os.environ.get("PENSTOCK_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
RECORDED = (
    f"lobster:{DATA / 'lobster' / 'LOBSTER_SampleFile_AMZN_2012-06-21_5.zip'}",
    f"binance:{DATA / 'binance_l2' / 'spot' / 'btcusdt_20240808.jsonl.zst'}",
)
STEP = 200 * MILLISECOND
PER_S = SECOND // STEP
HALF_HOUR = 30 * MINUTE // STEP
LEAST_DAY = 6 * HALF_HOUR


class Looks(NamedTuple):
    """What was seen at each step: the touch (ticks), its lots, volume (lots) and turnover (lots × ticks) so far."""

    bid: Floats
    ask: Floats
    lots: Floats
    volume: Floats
    turnover: Floats


def main(sources: list[str]) -> None:
    """Print a column for each market."""
    columns: dict[str, dict[str, str]] = {}
    books = list(books_of(sources or ["synthetic", *(each for each in RECORDED if Path(each[8:]).exists())]))
    for name, book in track(books, "markets", transient=True):
        columns[name] = facts(looks_at(book), book)
    table = Table(box=None, pad_edge=False)
    for head in ("", *columns):
        table.add_column(head, justify="right" if head else "left")
    for fact in next(iter(columns.values())):
        table.add_row(fact, *(column[fact] for column in columns.values()))
    Console(width=max(100, 14 * len(columns) + 40)).print(table)


def books_of(sources: list[str]) -> Iterator[tuple[str, MarketBook]]:
    for source in sources:
        seen = set()
        for book in open_source(source, 0).books:
            symbol = book.instrument.symbol
            if symbol not in seen:
                seen.add(symbol)
                yield f"{symbol}{'' if source == 'synthetic' else ' (recorded)'}", book


def looks_at(book: MarketBook) -> Looks:
    """The market without us, from its start to its end."""
    rows = []
    for at in range(book.start_ns, book.end_ns, STEP):
        book.advance(at)
        touch = book.touch()
        if NONE not in (touch.bid, touch.ask):
            rows.append((touch.bid, touch.ask, touch.bid_lots + touch.ask_lots, *book.traded()))
    return Looks(*(np.array(column, np.float64) for column in zip(*rows, strict=True)))


def facts(looks: Looks, book: MarketBook) -> dict[str, str]:
    """By name, as text."""
    mid = (looks.bid + looks.ask) / 2
    spread = looks.ask - looks.bid
    volume = np.diff(looks.volume)
    traded = volume > 0
    per_minute = volume.sum() / (len(volume) * STEP / MINUTE)
    average = np.diff(looks.turnover)[traded] / volume[traded]
    signs = np.sign(average - mid[:-1][traded])
    counts = traded[: len(traded) // (10 * PER_S) * 10 * PER_S].reshape(-1, 10 * PER_S).sum(axis=1)
    slow = returns(mid, 10 * PER_S)
    return {
        "spread, ticks": f"{spread.mean():.2f}",
        "spread, bps": f"{(spread / mid).mean() * 1e4:.2f}",
        "depth over a minute's volume": f"{looks.lots.mean() / per_minute:.2f}",
        "volatility by 1 s returns": f"{volatility(mid, PER_S):.2f}",
        "volatility by 10 s returns": f"{volatility(mid, 10 * PER_S):.2f}",
        "volatility by 60 s returns": f"{volatility(mid, 60 * PER_S):.2f}",
        "sign autocorrelation, 1 apart": f"{autocorrelation(signs, 1):+.2f}",
        "sign autocorrelation, 5 apart": f"{autocorrelation(signs, 5):+.2f}",
        "sign autocorrelation, 20 apart": f"{autocorrelation(signs, 20):+.2f}",
        "clustering of trades": f"{counts.var() / counts.mean():.2f}",
        "excess kurtosis, 10 s": f"{((slow - slow.mean()) ** 4).mean() / slow.var() ** 2 - 3:.1f}",
        "U of volume": "–" if len(volume) < LEAST_DAY else f"{u_shape(volume):.2f}",
    }


def returns(mid: Floats, steps: int) -> Floats:
    """Log returns over so many steps, overlapping."""
    path = np.log(mid)
    return path[steps:] - path[:-steps]


def volatility(mid: Floats, steps: int) -> float:
    """Bps per root minute."""
    return float(returns(mid, steps).std() * 1e4 * np.sqrt(60 * PER_S / steps))


def autocorrelation(values: Floats, lag: int) -> float:
    return float(np.corrcoef(values[lag:], values[:-lag])[0, 1])


def u_shape(volume: Floats) -> float:
    middle = len(volume) // 2
    ends = volume[:HALF_HOUR].sum() + volume[-HALF_HOUR:].sum()
    return float(ends / volume[middle - HALF_HOUR : middle + HALF_HOUR].sum())


if __name__ == "__main__":
    main(sys.argv[1:])
