"""How far trading moves prices, from trades: Roll's spread, Kyle's and Hasbrouck's lambda, Amihud, Huang and Stoll.

Roll 1984          spread = 2 sqrt(-cov(Δp_t, Δp_(t-1))), sample covariance; NaN when it is positive
Kyle 1985          Δp = a + λ v + e by least squares, v the signed volume
Hasbrouck 2009     r = λ Σ sign sqrt(|value|) + e, without an intercept
Amihud 2002        mean of |r| / value traded
Huang, Stoll 1997  Δp_t = S/2 (Q_t - Q_(t-1)) + λ S/2 Q_(t-1) + e: spread S, and the share λ that informs
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Line(NamedTuple):
    """A fitted line; NaN where nothing varies."""

    intercept: float
    slope: float


class SpreadParts(NamedTuple):
    """Huang and Stoll's: the traded spread, and its part for adverse selection and inventory together, in [0, 1]."""

    spread: float
    informed: float


def roll_spread(prices: ArrayLike) -> float:
    """The spread that bid-ask bounce implies, in units of price; NaN where returns do not bounce."""
    change = np.diff(np.asarray(prices, float))
    if len(change) < 3:
        return float("nan")
    covariance = float(np.cov(change[1:], change[:-1])[0, 1])
    return 2 * float(np.sqrt(-covariance)) if covariance < 0 else float("nan")


def kyle_lambda(price_change: ArrayLike, signed_volume: ArrayLike) -> Line:
    """Price change per unit of signed volume."""
    y, x = np.asarray(price_change, float), np.asarray(signed_volume, float)
    spread = x - x.mean() if len(x) else x
    varies = float((spread * spread).sum())
    if not varies:
        return Line(float("nan"), float("nan"))
    slope = float((spread * y).sum() / varies)
    return Line(float(y.mean() - slope * x.mean()), slope)


def kyle_lambda_through_zero(price_change: ArrayLike, signed_volume: ArrayLike) -> float:
    """The same without an intercept."""
    y, x = np.asarray(price_change, float), np.asarray(signed_volume, float)
    return float((x * y).sum() / (x * x).sum())


def hasbrouck_lambda(returns: ArrayLike, signed_value: ArrayLike) -> float:
    """Return per square root of value; `signed_value` is of each span's net trading."""
    value = np.asarray(signed_value, float)
    return kyle_lambda_through_zero(returns, np.sign(value) * np.sqrt(np.abs(value)))


def amihud(returns: ArrayLike, value: ArrayLike) -> float:
    """Mean of |return| by value traded, over spans that traded; NaN without any."""
    r, v = np.abs(np.asarray(returns, float)), np.asarray(value, float)
    traded = v > 0
    return float((r[traded] / v[traded]).mean()) if traded.any() else float("nan")


def huang_stoll(price_change: ArrayLike, signs: ArrayLike) -> SpreadParts:
    """From the signs of all trades, and the price changes between them: one fewer."""
    y, q = np.asarray(price_change, float), np.asarray(signs, float)
    x = np.column_stack([q[1:] - q[:-1], q[:-1]])
    (half, moved), *_ = np.linalg.lstsq(x, y, rcond=None)
    return SpreadParts(2 * float(half), float(moved / half))
