"""Spreads: quoted, effective, realised and the price impact between them, all as full spreads, in units of price.

With `m` the mid at the trade, `m'` the mid some time after, `p` its price and `s` its sign (+1 bought, -1 sold):

    quoted     = ask - bid
    effective  = 2 s (p - m)
    realised   = 2 s (p - m')
    impact     = 2 s (m' - m)         so that effective = realised + impact

Huang and Stoll (1996), "Dealer versus auction markets", J. Financial Economics 41; SEC Rule 605 uses the same terms.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class TradeSpreads(NamedTuple):
    """One value a trade; `improvement` is against the side of the quote that the trade took (positive is better)."""

    quoted: Floats
    effective: Floats
    realised: Floats
    impact: Floats
    improvement: Floats


def quoted_spread(bid: ArrayLike, ask: ArrayLike) -> Floats:
    """`ask - bid`; negative where the quotes cross."""
    spread: Floats = np.asarray(ask, float) - np.asarray(bid, float)
    return spread


def spread_bps(bid: ArrayLike, ask: ArrayLike) -> Floats:
    """The quoted spread in basis points of the mid."""
    mid = (np.asarray(bid, float) + np.asarray(ask, float)) / 2
    bps: Floats = quoted_spread(bid, ask) / mid * 1e4
    return bps


def trade_spreads(
    price: ArrayLike, sign: ArrayLike, bid: ArrayLike, ask: ArrayLike, mid_after: ArrayLike
) -> TradeSpreads:
    """Spreads of each trade from the quote it met and the mid afterwards; arrays of one length."""
    p, s, b, a, after = (np.asarray(each, float) for each in (price, sign, bid, ask, mid_after))
    mid = (b + a) / 2
    side = np.where(s > 0, a, b)
    return TradeSpreads(
        quoted=a - b,
        effective=2 * s * (p - mid),
        realised=2 * s * (p - after),
        impact=2 * s * (after - mid),
        improvement=s * (side - p),
    )


def size_weighted(values: ArrayLike, sizes: ArrayLike) -> float:
    """Mean weighted by size; NaN without size."""
    v, w = np.asarray(values, float), np.asarray(sizes, float)
    whole = w.sum()
    return float((v * w).sum() / whole) if whole > 0 else float("nan")


def time_weighted(values: ArrayLike, ts: ArrayLike, end: int) -> float:
    """Mean of values that hold from their `ts` until the next one, the last until `end` (ns)."""
    v, t = np.asarray(values, float), np.asarray(ts, np.int64)
    held = np.diff(np.append(t, end)).astype(float)
    known = np.isfinite(v)
    whole = held[known].sum()
    return float((v[known] * held[known]).sum() / whole) if whole > 0 else float("nan")
