"""Attribution: the same figures for every venue, algorithm, symbol, side, size, hour and trader.

A group's cost is Σ s·q·(p − arrival) / Σ q·arrival over its fills; `contribution_bps` is its share of the whole cost, so
that a dimension's contributions add up to the whole. `alpha_bps` is how much better than the rest a group did. Its
interval comes from resampling whole orders.
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from penstock.domain.time import HOUR
from penstock.tca.study.intervals import ratio_interval
from penstock.tca.study.settings import horizon_name
from penstock.tca.study.study import Study

DIMENSIONS = {
    "venue": "Venue",
    "venue_kind": "Kind of venue",
    "algorithm": "Algorithm",
    "symbol": "Symbol",
    "side": "Side",
    "size": "Size",
    "hour": "Time of day (UTC)",
    "trader": "Trader",
    "liquidity": "Maker or taker",
}
SIZES = ("smallest quarter", "second quarter", "third quarter", "largest quarter")
MEANS = ("quoted_bps", "effective_bps", "realised_bps", "impact_bps", "adverse_bps", "improvement_bps")
BPS = 10_000.0


def labelled(study: Study) -> pl.DataFrame:
    """The fills with a column for each dimension that says anything, and the sums that groups are made of."""
    orders = study.orders
    chosen = orders.select(
        pl.int_range(pl.len()).alias("order"),
        pl.col("algorithm", "trader", "currency"),
        pl.Series("size", sizes(orders)),
        pl.col("arrival_price").alias("_arrival"),
        pl.col("multiplier"),
    )
    fills = study.fills.lazy().with_columns(pl.col("order").cast(pl.Int64))
    return (
        fills.join(chosen.lazy().with_columns(pl.col("order").cast(pl.Int64)), on="order", how="left")
        .with_columns(
            pl.when(pl.col("side") > 0).then(pl.lit("buy")).otherwise(pl.lit("sell")).alias("side_word"),
            ((pl.col("ts") // HOUR) % 24).alias("hour"),
            pl.when(pl.col("maker")).then(pl.lit("maker")).otherwise(pl.lit("taker")).alias("liquidity"),
            (pl.col("arrival_bps") * (pl.col("quantity") * pl.col("_arrival") * pl.col("multiplier"))).alias("cost"),
            (pl.col("quantity") * pl.col("_arrival") * pl.col("multiplier")).alias("weight"),
        )
        .drop("side")
        .rename({"side_word": "side"})
        .collect()
    )


def sizes(orders: pl.DataFrame) -> list[str]:
    """Which quarter of the orders each is in, by value at decision; all alike where there are fewer than eight."""
    value = orders["decision_notional"].to_numpy()
    if len(value) < 2 * len(SIZES):
        return ["all"] * len(value)
    edges = np.quantile(value, (0.25, 0.5, 0.75))
    return [SIZES[int(place)] for place in np.searchsorted(edges, value, "left")]


def dimensions(fills: pl.DataFrame) -> Iterator[str]:
    """The dimensions that tell at least one thing apart from nothing."""
    for name in DIMENSIONS:
        if name == "hour" or (fills[name] != "").any():
            yield name


def attribution(study: Study, fills: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    """A table by dimension: one row a group, the largest first."""
    fills = labelled(study) if fills is None else fills
    return {name: grouped(study, fills, name) for name in dimensions(fills)}


def grouped(study: Study, fills: pl.DataFrame, by: str) -> pl.DataFrame:
    """One dimension's groups with their figures; null where a group has no fill with a quote."""
    horizons = [f"markout_{horizon_name(s)}" for s in study.settings.horizons_s]
    by_order = (
        fills.lazy()
        .group_by(by, "order", maintain_order=True)
        .agg(pl.col("cost").sum(), pl.col("weight").sum())
        .collect()
    )
    table = (
        fills.lazy()
        .group_by(by, maintain_order=True)
        .agg(
            pl.len().alias("fills"),
            pl.col("order").n_unique().alias("orders"),
            pl.col("notional").sum(),
            pl.col("cost").sum(),
            pl.col("weight").sum(),
            (pl.col("notional").filter(pl.col("maker")).sum() / pl.col("notional").sum()).alias("passive_ratio"),
            ((pl.col("fee") + pl.col("commission")).sum() / pl.col("notional").sum() * BPS).alias("fees_bps"),
            *(_mean(name) for name in (*MEANS, *horizons)),
        )
        .collect()
    )
    whole_cost, whole_weight = table["cost"].sum(), table["weight"].sum()
    table = table.with_columns(
        (pl.col("notional") / table["notional"].sum()).alias("share"),
        (pl.col("cost") / pl.col("weight")).alias("arrival_bps"),
        (pl.col("cost") / whole_weight).alias("contribution_bps"),
        pl.when(pl.len() > 1)
        .then((whole_cost - pl.col("cost")) / (whole_weight - pl.col("weight")) - pl.col("cost") / pl.col("weight"))
        .alias("alpha_bps"),
    )
    intervals = {
        key[0]: ratio_interval(part["cost"].to_numpy(), part["weight"].to_numpy(), study.settings, salt)
        for salt, (key, part) in enumerate(by_order.partition_by(by, as_dict=True, maintain_order=True).items())
    }
    keys = table[by].to_list()
    return (
        table.with_columns(
            pl.Series("low_bps", [intervals[key].low for key in keys], pl.Float64),
            pl.Series("high_bps", [intervals[key].high for key in keys], pl.Float64),
        )
        .drop("cost", "weight")
        .rename({by: "group"})
        .with_columns(pl.col("group").cast(pl.String))
        .sort("notional", descending=True, maintain_order=True)
    )


def venue_records(study: Study) -> pl.DataFrame:
    """What became of the orders sent to each venue: fill rate, rejects, time-outs; empty without routes."""
    return (
        study.routes.group_by("venue")
        .agg(
            pl.len().alias("sent"),
            (pl.col("filled").sum() / pl.col("quantity").sum()).alias("fill_rate"),
            (pl.col("filled") > 0).mean().alias("hit_rate"),
            (pl.col("status") == "rejected").mean().alias("reject_rate"),
            (pl.col("status") == "timed_out").mean().alias("timeout_rate"),
            ((pl.col("acked_ts") - pl.col("sent_ts")) / 1e6).mean().alias("latency_ms"),
        )
        .sort("sent", descending=True)
    )


def _mean(name: str) -> pl.Expr:
    """Weighted by notional, over the fills that have one."""
    known = pl.col("notional").filter(pl.col(name).is_not_null())
    return ((pl.col(name) * pl.col("notional")).sum() / known.sum()).fill_nan(None).alias(name)
