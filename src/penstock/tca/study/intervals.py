"""How sure a weighted mean is: intervals by resampling whole orders, because an order's fills are not independent.

Of more than `UNITS_MAX` orders, neighbours are drawn together, as blocks of equal numbers of orders.
"""

from dataclasses import dataclass

import numpy as np

from penstock.tca.study.settings import Settings
from penstock.tca.study.summing_kernels import resampled_ratios
from penstock.tca.study.tape import Floats

UNITS_MAX = 256


@dataclass(frozen=True)
class Interval:
    """A weighted mean and where it lies with the settings' confidence; without limits for fewer than two orders."""

    mean: float | None
    low: float | None
    high: float | None
    orders: int


NOTHING = Interval(None, None, None, 0)


def ratio_interval(amount: Floats, weight: Floats, settings: Settings, salt: int = 0) -> Interval:
    """Σ amount / Σ weight with its percentile bootstrap interval; one row an order."""
    known = np.isfinite(amount) & (weight > 0)
    amount, weight = np.ascontiguousarray(amount[known], np.float64), np.ascontiguousarray(weight[known], np.float64)
    if not len(amount):
        return NOTHING
    mean, orders = float(amount.sum() / weight.sum()), len(amount)
    if orders < 2:
        return Interval(mean, None, None, orders)
    if len(amount) > UNITS_MAX:
        cuts = np.arange(UNITS_MAX) * len(amount) // UNITS_MAX
        amount, weight = np.add.reduceat(amount, cuts), np.add.reduceat(weight, cuts)
    ratios = resampled_ratios(amount, weight, settings.draws, settings.seed * 1_000_003 + salt + 1)
    tail = (1 - settings.confidence) / 2
    low, high = np.quantile(ratios, (tail, 1 - tail))
    return Interval(mean, float(low), float(high), orders)


def mean_interval(values: Floats, weight: Floats, settings: Settings, salt: int = 0) -> Interval:
    """The weighted mean of values, one an order, with its interval."""
    return ratio_interval(values * weight, np.where(np.isfinite(values), weight, 0.0), settings, salt)
