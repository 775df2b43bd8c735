"""Mark-out curves with their bands, the costs by hour and weekday, and how single orders' costs are spread."""

import numpy as np
import polars as pl

from penstock.domain.time import DAY, HOUR
from penstock.tca.study.intervals import Interval, ratio_interval
from penstock.tca.study.settings import horizon_name
from penstock.tca.study.study import Study

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday
BINS = 25


def markout_curve(study: Study, fills: pl.DataFrame) -> list[tuple[float, Interval]]:
    """The notional-weighted mark-out at every horizon, from the fill (half the effective spread, at 0) on."""
    named = [(0.0, pl.col("effective_bps") / 2)]
    named += [(s, pl.col(f"markout_{horizon_name(s)}")) for s in study.settings.horizons_s]
    sums = (
        fills.lazy()
        .group_by("order", maintain_order=True)
        .agg(
            *((value * pl.col("notional")).sum().alias(f"a{n}") for n, (_, value) in enumerate(named)),
            *(
                pl.col("notional").filter(value.is_not_null()).sum().alias(f"w{n}")
                for n, (_, value) in enumerate(named)
            ),
        )
        .collect()
    )
    return [
        (at, ratio_interval(sums[f"a{n}"].to_numpy(), sums[f"w{n}"].to_numpy(), study.settings, 100 + n))
        for n, (at, _) in enumerate(named)
    ]


def heat_map(fills: pl.DataFrame) -> pl.DataFrame:
    """By weekday and hour: fills, notional, cost against arrival and effective spread, in bps."""
    known = pl.col("notional").filter(pl.col("effective_bps").is_not_null())
    return (
        fills.lazy()
        .with_columns(
            ((pl.col("ts") // DAY + EPOCH_WEEKDAY) % 7).alias("weekday"), (pl.col("ts") // HOUR % 24).alias("hour")
        )
        .group_by("weekday", "hour")
        .agg(
            pl.len().alias("fills"),
            pl.col("notional").sum(),
            (pl.col("cost").sum() / pl.col("weight").sum()).alias("arrival_bps"),
            ((pl.col("effective_bps") * pl.col("notional")).sum() / known.sum()).fill_nan(None).alias("effective_bps"),
        )
        .sort("weekday", "hour")
        .collect()
    )


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
