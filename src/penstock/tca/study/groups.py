"""Attribution: the same figures for every venue, algorithm, symbol, side, size, hour and trader.

A group's cost is Σ s·q·(p − arrival) / Σ q·arrival over its fills; `contribution_bps` is its share of the whole cost,
so that a dimension's contributions add up to the whole. `alpha_bps` is how much better than the rest a group did. Its
interval comes from resampling whole orders.
"""

import numpy as np
import polars as pl

from penstock.tca.study.intervals import ratio_interval
from penstock.tca.study.study import Study
from penstock.tca.study.tape import Floats
from penstock.tca.study.weighed import PLAIN, Label, Weighed

BPS = 10_000.0


def attribution(weighed: Weighed) -> dict[str, pl.DataFrame]:
    """A table by dimension: one row a group, the largest first."""
    return {name: grouped(weighed, label) for name, label in weighed.labels.items()}


def grouped(weighed: Weighed, label: Label) -> pl.DataFrame:
    """One dimension's groups with their figures; null where a group has no fill with a quote."""
    count = len(label.names)

    sums = weighed.group_sums(label)
    (notional,), (cost,), (weight,), (maker,), (fees,) = (sums[name] for name in PLAIN)
    parts = weighed.by_order_in_groups(label)
    settings = weighed.study.settings
    intervals = [ratio_interval(*part, settings, salt) for salt, part in enumerate(parts)]
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (cost.sum() - cost) / (weight.sum() - weight)
        columns: dict[str, Floats] = {
            "notional": notional,
            "passive_ratio": maker / notional,
            "fees_bps": fees / notional * BPS,
            **{name: sums[name][0] / sums[name][1] for name in weighed.measured},
            "share": notional / notional.sum(),
            "arrival_bps": cost / weight,
            "contribution_bps": cost / weight.sum(),
            "alpha_bps": rest - cost / weight if count > 1 else np.full(count, np.nan),
        }
    table = pl.DataFrame(
        {
            "group": pl.Series(label.names, dtype=pl.String),
            "fills": sums["fills"][0].astype(np.int64),
            "orders": [len(part[0]) for part in parts],
            **{name: pl.Series(column, dtype=pl.Float64, nan_to_null=True) for name, column in columns.items()},
            "low_bps": pl.Series([each.low for each in intervals], dtype=pl.Float64),
            "high_bps": pl.Series([each.high for each in intervals], dtype=pl.Float64),
        }
    )
    return table.filter(pl.col("fills") > 0).sort("notional", descending=True, maintain_order=True)


def venue_records(study: Study) -> pl.DataFrame:
    """What became of the orders sent to each venue: fill rate, rejects, time-outs; empty without routes."""
    return (
        study.routes.group_by("venue")
        .agg(
            pl.len().alias("sent"),
            (pl.col("filled").sum() / pl.col("quantity").sum()).fill_nan(None).alias("fill_rate"),
            (pl.col("filled") > 0).mean().alias("hit_rate"),
            (pl.col("status") == "rejected").mean().alias("reject_rate"),
            (pl.col("status") == "timed_out").mean().alias("timeout_rate"),
            ((pl.col("acked_ts") - pl.col("sent_ts")) / 1e6).mean().alias("latency_ms"),
        )
        .sort("sent", "venue", descending=[True, False])
    )
