"""Mark-out curves with their bands, the costs by hour and weekday, and how single orders' costs are spread."""

import numpy as np
import polars as pl

from penstock.domain.time import DAY, HOUR
from penstock.tca.study.intervals import Interval, ratio_interval
from penstock.tca.study.weighed import Weighed, summed

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday
BINS = 25


def markout_curve(weighed: Weighed) -> list[tuple[float, Interval]]:
    """The notional-weighted mark-out at every horizon, from the fill (half the effective spread, at 0) on."""
    half, known = weighed.sums["effective_bps"]
    points = [(0.0, half / 2, known)]
    for seconds, name in zip(weighed.study.settings.horizons_s, weighed.horizons, strict=True):
        amount, weight = weighed.sums[name]
        points.append((seconds, amount, weight))
    return [
        (at, ratio_interval(amount, weight, weighed.study.settings, 100 + n))
        for n, (at, amount, weight) in enumerate(points)
    ]


def heat_map(weighed: Weighed) -> pl.DataFrame:
    """By weekday and hour: fills, notional, cost against arrival and effective spread, in bps."""
    ts = weighed.study.fills["ts"].to_numpy()
    cell = (ts // DAY + EPOCH_WEEKDAY) % 7 * 24 + ts // HOUR % 24

    fills = np.bincount(cell, minlength=7 * 24)
    amount, known = weighed.measured["effective_bps"]
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {
            "notional": summed(cell, weighed.notional, 7 * 24),
            "arrival_bps": summed(cell, weighed.cost, 7 * 24) / summed(cell, weighed.weight, 7 * 24),
            "effective_bps": summed(cell, amount, 7 * 24) / summed(cell, known, 7 * 24),
        }
    return pl.DataFrame(
        {
            "weekday": np.arange(7 * 24) // 24,
            "hour": np.arange(7 * 24) % 24,
            "fills": fills,
            **{name: pl.Series(column, nan_to_null=True) for name, column in columns.items()},
        }
    ).filter(pl.col("fills") > 0)


def distribution(values: pl.Series) -> list[tuple[float, float, int]]:
    """A histogram as (low, high, count); what lies beyond the 1st and 99th percentile is in the outer bins."""
    known = values.drop_nulls().to_numpy()
    if not len(known):
        return []
    low, high = np.quantile(known, (0.01, 0.99))
    if low == high:
        low, high = low - 0.5, high + 0.5
    counts, edges = np.histogram(np.clip(known, low, high), bins=min(BINS, max(5, len(known) // 2)), range=(low, high))
    return [(float(a), float(b), int(n)) for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)]
