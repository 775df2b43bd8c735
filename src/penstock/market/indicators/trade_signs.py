"""Who was the aggressor: +1 a buyer, -1 a seller, 0 not known.

Lee and Ready (1991), "Inferring trade direction from intraday data", J. Finance 46: above the mid it was a buyer, below
it a seller; at the mid the tick test decides, by the last price that was another one. The first trade at the
mid is unknown.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Signs = NDArray[np.int8]


def tick_test(price: ArrayLike) -> Signs:
    """By the last different price: +1 after a lower one, -1 after a higher one, 0 before any."""
    p = np.asarray(price, float)
    move = np.sign(np.diff(p, prepend=p[:1]))
    last = np.maximum.accumulate(np.where(move != 0, np.arange(len(p)), 0))
    signs: Signs = move[last].astype(np.int8)
    return signs


def quote_rule(price: ArrayLike, bid: ArrayLike, ask: ArrayLike) -> Signs:
    """By the mid of the quote in force: 0 at it, or without one (NaN)."""
    p, b, a = (np.asarray(each, float) for each in (price, bid, ask))
    side = np.sign(p - (b + a) / 2)
    signs: Signs = np.where(np.isfinite(side) & (np.abs(p - (b + a) / 2) > 1e-9 * np.abs(p)), side, 0).astype(np.int8)
    return signs


def lee_ready(price: ArrayLike, bid: ArrayLike, ask: ArrayLike) -> Signs:
    """The quote rule, and the tick test where it does not say."""
    by_quote = quote_rule(price, bid, ask)
    return np.where(by_quote != 0, by_quote, tick_test(price)).astype(np.int8)


def prevailing(ts: ArrayLike, quote_ts: ArrayLike, lag_ns: int = 0) -> NDArray[np.int64]:
    """For each trade the place of the last quote that was there `lag_ns` before it; -1 if there was none."""
    at = np.asarray(ts, np.int64) - lag_ns
    return np.searchsorted(np.asarray(quote_ts, np.int64), at, side="left").astype(np.int64) - 1
