"""The order kinds that a simulated venue may have by itself, in ticks and lots.

What a pegged order's price is and when a stop is reached is decided here; how each kind trades in `matching_kernel`.
"""

from enum import IntEnum
from typing import NamedTuple

from penstock.sim.book import NONE


class Peg(IntEnum):
    """What a pegged order follows: the touch of its own side, the middle, or the touch of the other side."""

    NO, PRIMARY, MID, MARKET = range(4)


class Auction(IntEnum):
    """The auction that an order is for; `NO` for one that trades continuously."""

    NO, OPEN, CLOSE = range(3)


class SelfTrade(IntEnum):
    """What happens where two orders of ours would trade with each other.

    `DECREMENT` makes both smaller by the lots they share, so that the smaller one is gone.
    """

    PASS_OVER, CANCEL_NEWEST, CANCEL_OLDEST, CANCEL_BOTH, DECREMENT = range(5)


class NativeOrder(NamedTuple):
    """An order of ours as the venue's own book takes it.

    `ticks` is the limit, of a pegged order its cap; `NONE` for none. `peak`: lots displayed at a time, 0 for all.
    `least`: lots that the first execution must give, and for a hidden order each one; all of them is fill or kill.
    A pegged order is hidden: displayed it would follow itself. `stop`: entered once a trade is at this price or beyond.
    """

    sign: int
    ticks: int
    lots: int
    immediate: bool = False
    post_only: bool = False
    least: int = 0
    peak: int = 0
    hidden: bool = False
    peg: Peg = Peg.NO
    offset: int = 0
    stop: int = NONE
    auction: Auction = Auction.NO

    @property
    def is_hidden(self) -> bool:
        return self.hidden or self.peg is not Peg.NO


def peg_price(order: NativeOrder, bid: int, ask: int) -> int:
    """Where a pegged order rests while others display this touch; `NONE` where it has nothing to follow.

    A middle between two ticks is rounded away from the market. Post-only stays a tick behind the other side's touch.
    """
    own, other = (bid, ask) if order.sign > 0 else (ask, bid)
    followed = {Peg.PRIMARY: (own,), Peg.MID: (bid, ask), Peg.MARKET: (other,)}[order.peg]
    if NONE in followed:
        return NONE
    total = sum(followed)
    price = (total // len(followed) if order.sign > 0 else -(-total // len(followed))) + order.offset
    limits = [order.ticks] if order.ticks != NONE else []
    if order.post_only and other != NONE:
        limits.append(other - order.sign)
    price = min([price, *limits]) if order.sign > 0 else max([price, *limits])
    return price if price > 0 else NONE


def is_reached(order: NativeOrder, low: int, high: int) -> bool:
    """Whether trades between `low` and `high` set a stop order off."""
    return high >= order.stop if order.sign > 0 else low <= order.stop
