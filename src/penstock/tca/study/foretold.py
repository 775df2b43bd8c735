"""Pre-trade estimate against outcome: how far off, which way, and what factor would have put it right.

`realised = factor · expected` by least squares through the origin, weighted by value; its interval is by resampling
orders. Bias is the weighted mean of realised − expected. A factor whose interval holds 1 gives no reason to
recalibrate. How many costs lay in the intervals that were foretold, and whether that is what was promised, says
`penstock.cost.outcome`, order by order and not by value.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from penstock.cost.outcome import Record, outcome_of, record_of
from penstock.tca.study.intervals import Interval, mean_interval, ratio_interval
from penstock.tca.study.settings import Settings

FIGURES, REALISED = ("expected_bps", "low_bps", "high_bps"), "realised_cost_bps"


@dataclass(frozen=True)
class Foretold:
    """Over the orders with an estimate: bias and root mean square error in bps, the factor, and their `record`."""

    orders: int
    bias: Interval
    error_bps: float
    factor: Interval
    saving: Interval
    record: Record | None

    @property
    def recalibrate(self) -> bool:
        """Whether the estimates are off by more than chance."""
        low, high = self.factor.low, self.factor.high
        return low is not None and high is not None and not low <= 1 <= high


def foretold(orders: pl.DataFrame, settings: Settings) -> Foretold | None:
    """None where no order with a fill was estimated."""
    expected, realised = orders["expected_bps"].to_numpy(), orders[REALISED].to_numpy()
    immediate = orders["immediate_bps"].to_numpy()
    weight = orders["traded_notional"].to_numpy()
    known = np.isfinite(expected) & np.isfinite(realised) & (weight > 0)
    if not known.any():
        return None
    expected, realised, weight, immediate = expected[known], realised[known], weight[known], immediate[known]
    return Foretold(
        orders=len(expected),
        bias=mean_interval(realised - expected, weight, settings, 301),
        error_bps=float(np.sqrt(np.average((realised - expected) ** 2, weights=weight))),
        factor=ratio_interval(weight * realised * expected, weight * expected**2, settings, 302),
        saving=mean_interval(immediate - realised, weight, settings, 303),
        record=record_of(
            outcome
            for row in orders.filter(known).select(*FIGURES, REALISED).to_dicts()
            if (outcome := outcome_of({name: row[name] for name in FIGURES if row[name] is not None}, row[REALISED]))
        ),
    )
