"""A call auction: orders gather, and at one time all that can trade do so at one price.

The price is the one at which most can trade; of several, the one that leaves the least over, then the one nearest to
the reference (the middle before it), then the lower. Market orders go first, then better limits; ours are the last of
those with the same right. In an auction everybody trades with everybody, ours with ours too.

Others' orders are seeded: market orders on both sides whose difference is the imbalance, and limit orders spread evenly
around the reference, so that the price moves in proportion to what is over.
"""

from decimal import Decimal
from math import exp
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from penstock.domain.instruments import AnyInstrument
from penstock.sim.book import NONE
from penstock.sim.hidden_interest import refuse_below
from penstock.sim.random_kernel import Words, normal

Lots = NDArray[np.int64]
REACH = 3  # others' limits reach so many times as far as a whole auction's imbalance moves the price
SIZE_SPREAD = 0.3  # standard deviation of log volume from auction to auction


class Bid(NamedTuple):
    """An order of ours: `ticks` is `NONE` for one at the auction's price, whatever it is."""

    number: int
    sign: int
    ticks: int
    lots: int


class Others(NamedTuple):
    """What others want: market lots, and limit lots at each price from `low` on; first bought, then sold, (2,) and
    (2, prices).
    """

    market: Lots
    limit: Lots
    low: int


class Outcome(NamedTuple):
    """The price, what traded in all, and what of that is ours by order number."""

    ticks: int
    lots: int
    ours: dict[int, int]


class AuctionProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An auction of one symbol: `mean_quantity` (units) of others' market orders, a deviation of `imbalance` of it.

    `move_bps` is how far the price moves where all of `mean_quantity` is on one side.
    """

    mean_quantity: Decimal
    imbalance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.1
    move_bps: Annotated[float, msgspec.Meta(gt=0, le=5000)] = 60.0

    def __post_init__(self) -> None:
        refuse_below(self, 0, "mean_quantity")


def others_of(profile: AuctionProfile, instrument: AnyInstrument, reference: int, words: Words) -> Others:
    """What others want in one auction around this reference (ticks)."""
    volume = float(profile.mean_quantity / instrument.lot_size) * exp(SIZE_SPREAD * normal(words))
    lean = max(-1.0, min(1.0, profile.imbalance * normal(words)))
    move = max(reference * profile.move_bps / 10_000, 1.0)
    width = max(round(REACH * move), 1)
    low = max(reference - width, 1)
    each = max(round(volume / (2 * move)), 1)
    market = np.array([volume * (1 + lean) / 2, volume * (1 - lean) / 2]).round().astype(np.int64)
    return Others(market, np.full((2, reference + width - low + 1), each, np.int64), low)


def uncross(others: Others, ours: list[Bid], reference: int) -> Outcome:
    """Find the price, and what each of ours gets; no trade has the reference as its price and no lots."""
    prices = sorted({others.low + place for place in range(others.limit.shape[1])}
                    | {bid.ticks for bid in ours if bid.ticks != NONE})  # fmt: skip
    grid = np.array(prices, np.int64)
    limit = np.zeros((2, len(grid)), np.int64)
    limit[:, np.searchsorted(grid, others.low + np.arange(others.limit.shape[1]))] = others.limit
    market = others.market.copy()
    for bid in ours:
        side = 0 if bid.sign > 0 else 1
        if bid.ticks == NONE:
            market[side] += bid.lots
        else:
            limit[side, np.searchsorted(grid, bid.ticks)] += bid.lots
    bought = market[0] + limit[0][::-1].cumsum()[::-1]
    sold = market[1] + limit[1].cumsum()
    traded = np.minimum(bought, sold)
    if not traded.max():
        return Outcome(reference, 0, {})
    best = np.lexsort((grid, np.abs(grid - reference), np.abs(bought - sold), -traded))[0]
    price, lots = int(grid[best]), int(traded[best])
    filled: dict[int, int] = {}
    for side, sign in ((0, 1), (1, -1)):
        taken = 0
        mine = [bid for bid in ours if bid.sign == sign and (bid.ticks == NONE or sign * (bid.ticks - price) >= 0)]
        for bid in sorted(mine, key=lambda bid: (bid.ticks != NONE, -bid.sign * bid.ticks, bid.number)):
            before = ahead_of(bid, others, side) + taken
            got = min(max(lots - before, 0), bid.lots)
            taken += bid.lots
            if got:
                filled[bid.number] = got
    return Outcome(price, lots, filled)


def ahead_of(bid: Bid, others: Others, side: int) -> int:
    """Others' lots on an order's side that trade before it: market orders, and limits as good as its own."""
    ahead = int(others.market[side])
    if bid.ticks == NONE:
        return ahead
    place = bid.ticks - others.low
    as_good = others.limit[side, max(place, 0) :] if bid.sign > 0 else others.limit[side, : max(place + 1, 0)]
    return ahead + int(as_good.sum())
