"""VPIN, volume-synchronised probability of informed trading: how one-sided the flow is, in [0, 1].

Easley, López de Prado and O'Hara (2012), "Flow toxicity and liquidity in a high-frequency world", Review of Financial
Studies 25. Volume is cut into buckets of equal size; in each, buys are `V Φ(Δp / σ)` summed over its bars (bulk
volume classification), or what the signs of the trades say; VPIN is the mean of |buys - sells| / V over a window.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

BUCKETS_A_DAY = 50
WINDOW = 50


def bulk_buy_share(price_change: ArrayLike) -> NDArray[np.float64]:
    """The share of each bar's volume taken as bought, from its price change against the usual one."""
    change = np.asarray(price_change, float)
    sigma = change.std(ddof=1) if len(change) > 1 else 0.0
    if not sigma > 0:
        return np.full(len(change), 0.5)
    return np.array([(1 + math.erf(each / sigma / math.sqrt(2))) / 2 for each in change])


def vpin(
    volume: ArrayLike, buy_share: ArrayLike, bucket: float | None = None, window: int = WINDOW
) -> NDArray[np.float64]:
    """VPIN at the end of each bucket from the `window`-th on.

    Args:
        volume: of each trade or bar.
        buy_share: of it that was bought, in [0, 1]: 1 or 0 for signed trades.
        bucket: volume of one; a fiftieth of it all by default.
        window: buckets that a value is the mean of.
    """
    v, share = np.asarray(volume, float), np.asarray(buy_share, float)
    whole = v.sum()
    size = whole / BUCKETS_A_DAY if bucket is None else bucket
    buckets = int(whole / size + 1e-9) if size > 0 else 0
    if buckets < window:
        return np.empty(0)
    edges = np.arange(buckets + 1) * size
    reached = np.concatenate([[0.0], np.cumsum(v)])
    bought = np.concatenate([[0.0], np.cumsum(v * share)])
    buys = np.diff(np.interp(edges, reached, bought))
    one_sided = np.abs(2 * buys - size) / size
    sums = np.concatenate([[0.0], np.cumsum(one_sided)])
    found: NDArray[np.float64] = (sums[window:] - sums[:-window]) / window
    return found
