"""Volatility from returns and from bars' ranges: standard deviation over the bars given, not annualised unless said.

realised      sqrt(sum r²)                                     Andersen and Bollerslev 1998
bipower       sqrt(π/2 · sum |r_t| |r_(t-1)|)                  Barndorff-Nielsen and Shephard 2004: without jumps
Parkinson     sqrt(mean (ln H/L)² / (4 ln 2))                  Parkinson 1980, per bar
Garman-Klass  sqrt(mean (½ (ln H/L)² - (2 ln 2 - 1)(ln C/O)²)) Garman and Klass 1980, per bar
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def log_returns(prices: ArrayLike) -> NDArray[np.float64]:
    """One fewer than the prices."""
    return np.diff(np.log(np.asarray(prices, float)))


def realised_volatility(returns: ArrayLike) -> float:
    """Of the whole span that the returns cover."""
    r = np.asarray(returns, float)
    return float(np.sqrt((r * r).sum()))


def bipower_volatility(returns: ArrayLike) -> float:
    """As realised, but a single jump in the span adds almost nothing."""
    r = np.abs(np.asarray(returns, float))
    return float(np.sqrt(np.pi / 2 * (r[1:] * r[:-1]).sum()))


def parkinson_volatility(high: ArrayLike, low: ArrayLike) -> float:
    """Of one bar, from the ranges of several."""
    spread = np.log(np.asarray(high, float) / np.asarray(low, float))
    return float(np.sqrt((spread * spread).mean() / (4 * np.log(2))))


def garman_klass_volatility(open_: ArrayLike, high: ArrayLike, low: ArrayLike, close: ArrayLike) -> float:
    """Of one bar, from several; without drift and without what happens between bars."""
    o, h, lo, c = (np.asarray(each, float) for each in (open_, high, low, close))
    spread, move = np.log(h / lo), np.log(c / o)
    return float(np.sqrt(np.maximum((spread**2 / 2 - (2 * np.log(2) - 1) * move**2).mean(), 0)))


def scaled(volatility: float, spans: float) -> float:
    """Over so many times the span, by the square root of time: 252 days of daily volatility are a year's."""
    return float(volatility * np.sqrt(spans))


def signature(ts: ArrayLike, prices: ArrayLike, steps_ns: ArrayLike) -> NDArray[np.float64]:
    """Realised volatility of one span sampled at several steps: flat for a price without noise.

    Prices hold until the next; each step gives one value, comparable with the others.
    """
    t, p = np.asarray(ts, np.int64), np.asarray(prices, float)
    values = []
    for step in np.asarray(steps_ns, np.int64):
        grid = np.arange(t[0], t[-1] + 1, step)
        held = p[np.searchsorted(t, grid, side="right") - 1]
        values.append(realised_volatility(log_returns(held)))
    return np.array(values)
