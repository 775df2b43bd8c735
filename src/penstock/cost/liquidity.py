"""Depth and liquidity now: what is displayed, how far an order would reach into it, how many days it is of trading."""

import msgspec

from penstock.cost.arguments import BPS
from penstock.cost.market_state import Ladder, MarketState
from penstock.cost.square_root import square_root_bps

DISTANCES_BPS = (5.0, 10.0, 25.0)
DAILY_SHARE = 0.10  # of a day's volume, for the days that an order takes


class Liquidity(msgspec.Struct, frozen=True, kw_only=True):
    """Of one order. `displayed` is the other side's quantity within so many bps of the mid; None without a book.

    `imbalance` of the touch is in [−1, 1], positive where more is bid than offered. `immediate_bps` is what taking
    everything now would cost against the mid, fees left out.
    """

    size_of_adv: float
    days_at_a_tenth: float
    touch_quantity: float | None
    displayed: dict[str, float]
    displayed_in_all: float | None
    times_touch: float | None
    imbalance: float | None
    immediate_bps: float
    beyond_the_book: float


def liquidity_of(market: MarketState, sign: int, quantity: float) -> Liquidity:
    """What an order of `sign` (+1 buy, −1 sell) and `quantity` (positive) finds."""
    side = market.asks if sign > 0 else market.bids
    size = quantity / market.adv
    touch = side[0][1] if side else None
    shown = sum(each for _, each in side) if side else None
    displayed = {
        f"{distance:g}": sum(each for price, each in side if sign * (price / market.price - 1) * BPS <= distance)
        for distance in (DISTANCES_BPS if side else ())
    }
    imbalance = None
    if market.bids and market.asks:
        bid, ask = market.bids[0][1], market.asks[0][1]
        imbalance = (bid - ask) / (bid + ask) if bid + ask else 0.0
    return Liquidity(
        size_of_adv=size,
        days_at_a_tenth=size / DAILY_SHARE,
        touch_quantity=touch,
        displayed=displayed,
        displayed_in_all=shown,
        times_touch=quantity / touch if touch else None,
        imbalance=imbalance,
        immediate_bps=immediate_cost_bps(market, side, sign, quantity),
        beyond_the_book=max(0.0, quantity - shown) if shown is not None else quantity,
    )


def immediate_cost_bps(market: MarketState, side: Ladder, sign: int, quantity: float) -> float:
    """The displayed levels, walked; for what they do not hold, the spread and the square-root law of all of it.

    The law is the average cost of an order that moves the price: what is beyond the book pays at least the last level.
    """
    half = market.spread_bps / 2
    by_law = half + square_root_bps(quantity, market.adv, market.daily_volatility)
    left, cost, reach = quantity, 0.0, half
    for price, size in side:
        taken = min(left, size)
        reach = sign * (price / market.price - 1) * BPS
        cost += taken * reach
        left -= taken
        if left <= 0:
            return cost / quantity
    return (cost + left * max(by_law, reach)) / quantity
