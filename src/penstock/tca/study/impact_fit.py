"""Temporary and permanent impact from orders' outcomes, as Almgren, Thum, Hauptmann and Li (2005) take them apart.

For an order of Q in a market that trades V while it works, with the mid S_0 at arrival, S_1 after it has settled and the
average price S̄, all signed by the side and relative to S_0:

    permanent  I = (S_1 − S_0)/S_0          expected  γ · Q/V
    realised   J = (S̄ − S_0)/S_0            expected  I/2 + η · Q/V + half the spread

γ is the slope of I on participation Q/V, through the origin; η that of J − I/2 less half the quoted spread, so the two
are what trading moves for good and what it pays for haste. Intervals are by resampling orders.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from penstock.tca.study.intervals import Interval, ratio_interval
from penstock.tca.study.study import Study

ORDERS_MIN = 10


@dataclass(frozen=True)
class ImpactFit:
    """Bps of price for trading as much as the market does (participation 1), each with its interval."""

    permanent: Interval
    temporary: Interval
    orders: int


def impact_fit(study: Study) -> ImpactFit | None:
    """None with fewer than `ORDERS_MIN` orders whose market is known before, while and after."""
    orders = study.orders
    half = _half_spread(study)
    share = orders["participation"].to_numpy()
    permanent, realised = orders["permanent_move_bps"].to_numpy(), orders["arrival_bps"].to_numpy()
    known = np.isfinite(share) & np.isfinite(permanent) & np.isfinite(realised) & np.isfinite(half)
    if known.sum() < ORDERS_MIN:
        return None
    share, permanent, realised, half = share[known], permanent[known], realised[known], half[known]
    haste = realised - permanent / 2 - half
    return ImpactFit(
        permanent=ratio_interval(permanent * share, share**2, study.settings, 401),
        temporary=ratio_interval(haste * share, share**2, study.settings, 402),
        orders=len(share),
    )


def _half_spread(study: Study) -> np.ndarray:  # type: ignore[type-arg]
    """By order, half the quoted spread that its fills met, in bps, negative for what was made."""
    sign = pl.when(pl.col("maker")).then(-1.0).otherwise(1.0)
    met = (
        study.fills.lazy()
        .filter(pl.col("quoted_bps").is_not_null())
        .group_by("order")
        .agg((sign * pl.col("quoted_bps") / 2 * pl.col("quantity")).sum() / pl.col("quantity").sum())
        .collect()
    )
    half = np.full(len(study.orders), np.nan)
    half[met["order"].to_numpy()] = met.to_series(1).to_numpy()
    return half
