"""What the price might have been for each order, and what its average price was against it.

Costs are s·(average − benchmark)/benchmark in basis points, positive a cost. Benchmarks: decision, arrival, the
interval's VWAP and TWAP (from arrival to end), participation-weighted prices (the market's VWAP from arrival until the
filled quantity was the given share of its volume), the day's open and close, the previous close, the mid at the fills.
"""

import numpy as np

from penstock.tca.study.look_ups import Looked
from penstock.tca.study.settings import Settings
from penstock.tca.study.tape import Floats, Ints

BPS = 10_000.0


def paced_name(rate: float) -> str:
    """`pwp_10` for 10 % of the market's volume."""
    return f"pwp_{rate * 100:g}"


def benchmark_names(settings: Settings) -> tuple[str, ...]:
    """Every benchmark's column, in the order in which they are shown."""
    paced = tuple(paced_name(rate) for rate in settings.rates)
    return ("decision", "arrival", "vwap", "twap", *paced, "open", "close", "previous_close", "mid_at_fill")


def benchmark_prices(
    looked: Looked, decision: Floats, arrival: Floats, mid_at_fill: Floats, settings: Settings
) -> dict[str, Floats]:
    """Benchmark prices by name, aligned to the orders; NaN where the market does not say."""
    with np.errstate(invalid="ignore", divide="ignore"):
        vwap = np.where(looked.volume > 0, looked.turnover / looked.volume, np.nan)
    paced = {paced_name(rate): looked.paced[rate] for rate in settings.rates}
    return {
        "decision": decision,
        "arrival": arrival,
        "vwap": vwap,
        "twap": looked.twap,
        **paced,
        "open": looked.day_open,
        "close": looked.day_close,
        "previous_close": looked.previous_close,
        "mid_at_fill": mid_at_fill,
    }


def cost_bps(sign: Ints, average: Floats, benchmark: Floats) -> Floats:
    """How much worse than the benchmark, in bps; NaN without a fill or a benchmark."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(benchmark > 0, sign * (average - benchmark) / benchmark * BPS, np.nan)


def market_adjusted_bps(cost: float, side: int, index_return: float, beta: float) -> float:
    """A cost against arrival without the part that the whole market moved: cost − s·β·r, in bps."""
    return cost - side * beta * index_return * BPS
