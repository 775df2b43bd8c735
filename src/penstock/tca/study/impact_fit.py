"""Temporary and permanent impact from orders' outcomes, as Almgren, Thum, Hauptmann and Li (2005) take them apart.

For an order of Q in a market that trades V while it works, with the mid S_0 at arrival, S_1 after it has settled and
the average price S̄, all signed by the side and relative to S_0:

    permanent  I = (S_1 − S_0)/S_0          expected  γ · Q/V
    realised   J = (S̄ − S_0)/S_0            expected  I/2 + η · Q/V + half the spread

γ is the slope of I on participation Q/V, through the origin; η that of J − I/2 less half the quoted spread, so the
two are what trading moves for good and what it pays for haste. Intervals are by resampling orders.
"""

from dataclasses import dataclass

import numpy as np

from penstock.tca.study.intervals import Interval, ratio_interval
from penstock.tca.study.study import Study
from penstock.tca.study.tape import Floats

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


def _half_spread(study: Study) -> Floats:
    """By order, half the quoted spread that its fills met, in bps, negative for what was made."""
    fills, size = study.fills, len(study.orders)
    quoted, quantity = fills["quoted_bps"].to_numpy(), fills["quantity"].to_numpy()
    order = fills["order"].to_numpy().astype(np.int64)
    known = np.isfinite(quoted)
    sign = np.where(fills["maker"].to_numpy(), -1.0, 1.0)
    met = np.bincount(order, weights=np.where(known, sign * quoted / 2 * quantity, 0.0), minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        return met / np.bincount(order, weights=np.where(known, quantity, 0.0), minlength=size)
