"""Which way a market goes, and in what mood: trend, variance ratio, and a regime with stated thresholds.

efficiency      |p_n - p_0| / Σ |p_k - p_(k-1)|, in [0, 1]     Kaufman 1995: 1 is a straight line
trend t         slope of p over k by least squares, over its standard error
variance ratio  var(r over q) / (q var(r)), 1 for a random walk Lo and MacKinlay 1988
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Regime(StrEnum):
    """What prevails; `WILD` goes before any trend."""

    WILD = "wild"
    RISING = "rising"
    FALLING = "falling"
    REVERTING = "reverting"
    CALM = "calm"


class Thresholds(NamedTuple):
    """From where on a regime prevails."""

    wild_volatility: float = 2.0  # times the usual
    trend_efficiency: float = 0.35
    reverting_ratio: float = 0.75


def efficiency(prices: ArrayLike) -> float:
    """In [0, 1]; 0 where nothing moves."""
    p = np.asarray(prices, float)
    path = np.abs(np.diff(p)).sum()
    return float(abs(p[-1] - p[0]) / path) if path > 0 else 0.0


def trend_t(prices: ArrayLike) -> float:
    """Positive for rising; 0 where nothing moves. Its size says little where returns are not independent."""
    p = np.asarray(prices, float)
    k = np.arange(len(p)) - (len(p) - 1) / 2
    slope = (k * p).sum() / (k * k).sum()
    left = p - p.mean() - slope * k
    error = np.sqrt((left * left).sum() / max(len(p) - 2, 1) / (k * k).sum())
    return float(slope / error) if error > 0 else float(np.sign(slope) * np.inf) if slope else 0.0


def variance_ratio(returns: ArrayLike, q: int = 5) -> float:
    """Overlapping, demeaned; below 1 prices revert, above they follow through. NaN without variance."""
    r = np.asarray(returns, float)
    r = r - r.mean()
    one = float((r * r).mean())
    sums = np.convolve(r, np.ones(q), "valid")
    return float((sums * sums).mean() / (q * one)) if one > 0 and len(sums) else float("nan")


def regime(prices: ArrayLike, usual_volatility: float, thresholds: Thresholds | None = None) -> Regime:
    """From a window of prices and the volatility (of one step, as a standard deviation) that is usual."""
    limits = thresholds or Thresholds()
    p = np.asarray(prices, float)
    returns = np.diff(np.log(p))
    if usual_volatility > 0 and returns.std() > limits.wild_volatility * usual_volatility:
        return Regime.WILD
    if efficiency(p) >= limits.trend_efficiency:
        return Regime.RISING if p[-1] > p[0] else Regime.FALLING
    ratio = variance_ratio(returns)
    return Regime.REVERTING if ratio < limits.reverting_ratio else Regime.CALM
