"""Depth of a book, and which way it leans.

Imbalance is `(bid - ask) / (bid + ask)` of the lots, in [-1, 1], positive when buyers show more. The micro-price weighs
each side's price by the other side's lots (Gatheral and Oomen 2010, "Zero-intelligence realized variance estimation").
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Level = tuple[float, float]  # price, lots


def imbalance(bid_lots: ArrayLike, ask_lots: ArrayLike) -> NDArray[np.float64]:
    """In [-1, 1]; 0 where both sides are empty."""
    bid, ask = np.asarray(bid_lots, float), np.asarray(ask_lots, float)
    whole = bid + ask
    lean: NDArray[np.float64] = np.where(whole > 0, (bid - ask) / np.where(whole > 0, whole, 1), 0.0)
    return lean


def micro_price(bid: ArrayLike, bid_lots: ArrayLike, ask: ArrayLike, ask_lots: ArrayLike) -> NDArray[np.float64]:
    """`(bid × ask_lots + ask × bid_lots) / (bid_lots + ask_lots)`; the mid where both are 0."""
    b, q, a, r = (np.asarray(each, float) for each in (bid, bid_lots, ask, ask_lots))
    whole = q + r
    price: NDArray[np.float64] = np.where(whole > 0, (b * r + a * q) / np.where(whole > 0, whole, 1), (a + b) / 2)
    return price


def depth_within(levels: Sequence[Level], mid: float, bps: float) -> float:
    """Lots of one side's levels whose price is within `bps` of the mid."""
    reach = mid * bps / 1e4
    return sum(lots for price, lots in levels if abs(price - mid) <= reach * (1 + 1e-12))


def book_imbalance(bids: Sequence[Level], asks: Sequence[Level], levels: int = 5) -> float:
    """Imbalance of the best `levels` of both sides; 0 for an empty book."""
    bid, ask = (sum(lots for _, lots in side[:levels]) for side in (bids, asks))
    return (bid - ask) / (bid + ask) if bid + ask > 0 else 0.0


def sweep_price(levels: Sequence[Level], lots: float) -> float | None:
    """Average price of taking `lots` from one side at once, best first; None if it does not show so many."""
    left, paid = lots, 0.0
    for price, shown in levels:
        taken = min(left, shown)
        paid += taken * price
        left -= taken
        if left <= 0:
            return paid / lots
    return None
