"""`python -m benchmarks.impact_curve [SEEDS]`: what our own orders do to the generated market's price.

Each seed's market is played twice from the same instant, without us and with an order that TWAP takes from it over ten
minutes; the difference of the two mids is the impact and nothing else. It should be concave in size, and decay once
the order is done. Printed: impact in bps by size at the order's end and 5, 15 and 30 minutes later, with standard
errors, and the exponent of size^δ at the end with its 95 % interval (resampling seeds).
"""

import sys
from copy import deepcopy
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from penstock.app.evaluation.play import at_start, play_to, size_of, worked
from penstock.app.evaluation.trials import Contender, Draw
from penstock.domain.orders import Side
from penstock.domain.time import MINUTE
from penstock.engine.sight import consolidated_mid
from penstock.journal.memory import MemoryJournal
from penstock.sim.exchange import Exchange

SIZES, MINUTES, LATER = (0.01, 0.05, 0.10, 0.20), 10.0, (0, 5, 15, 30)
SYMBOL, MARKET = "ACME", ("synthetic",)
TAKER = Contender("twap", "twap", strategy="aggressive")
DRAWS = 2_000


def main(seeds: int = 60) -> None:
    """Measure and print."""
    found = np.array([[measured(seed, size) for size in SIZES] for seed in track(range(seeds), transient=True)])
    table = Table(box=None, pad_edge=False)
    for head in ("% of volume", "at its end", *(f"+{minutes} min" for minutes in LATER[1:])):
        table.add_column(head, justify="right")
    for place, size in enumerate(SIZES):
        cells = zip(found[:, place].mean(axis=0), found[:, place].std(axis=0) / np.sqrt(seeds), strict=True)
        table.add_row(f"{size:.0%}", *(f"{mean:+.2f} ± {error:.2f}" for mean, error in cells))
    Console().print(table)
    drawn = [exponent(found[rows, :, 0]) for rows in np.random.default_rng(1).integers(0, seeds, (DRAWS, seeds))]
    low, high = np.nanpercentile(drawn, (2.5, 97.5))
    end, last = found[..., 0].mean(axis=0), found[..., -1].mean(axis=0)
    print(f"at its end impact goes as size^{exponent(found[..., 0]):.2f} (95 %: {low:.2f} to {high:.2f})")
    print(f"of the impact at its end, {1 - last.sum() / end.sum():.0%} is gone after {LATER[-1]} minutes")


def exponent(impacts: NDArray[np.float64]) -> float:
    """The slope of log mean impact on log size."""
    means = impacts.mean(axis=0)
    if (means <= 0).any():
        return float("nan")
    return float(np.polyfit(np.log(SIZES), np.log(means), 1)[0])


def measured(seed: int, size: float) -> list[float]:
    """The impact (bps) of a buy at its end and later: the mid with it against the mid without."""
    draw = Draw(0, MARKET, 5000 + seed, SYMBOL, size, (5 + seed % 7) * MINUTE, MINUTES)
    market, exchange = at_start(draw)
    quantity = size_of(draw, market, exchange)
    alone, begun = deepcopy(exchange), exchange.now
    worked(draw, TAKER, Side.BUY, quantity, market, exchange, MemoryJournal())
    impacts = []
    for minutes in LATER:
        at = begun + round((MINUTES + minutes) * MINUTE)
        with_us, without = mid_at(exchange, at), mid_at(alone, at)
        impacts.append(float((with_us / without - 1) * 10_000))
    return impacts


def mid_at(exchange: Exchange, at: int) -> Decimal:
    """The mid over all venues at an instant that is not before the market's own."""
    play_to(exchange, at, SYMBOL)
    mid = consolidated_mid(exchange.quotes({SYMBOL})[SYMBOL])
    assert mid is not None, "a generated market has two sides"
    return mid


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
