"""Our own orders must not trade with each other: what we have open at a venue, best price first.

An order without a limit may rest or take at any price, so it counts as the best there can be.
"""

from bisect import bisect_left
from decimal import Decimal

import msgspec


class Levels(msgspec.Struct, gc=False):
    """Limit prices on one side, best first (sells as they are, buys negated), and how many orders have each."""

    ranks: list[Decimal] = []
    orders: list[int] = []


Resting = dict[str, Levels]  # by venue, symbol and side
ANY_PRICE = Decimal("-1e15")  # beyond every limit


def opened(resting: Resting, venue: str, symbol: str, sign: int, limit: Decimal | None) -> None:
    """An order of ours may rest at the venue from now on. `sign` is +1 for a buy."""
    key, rank = _key(venue, symbol, sign), _rank(sign, limit)
    levels = resting.get(key)
    if levels is None:
        levels = resting[key] = Levels()
    place = bisect_left(levels.ranks, rank)
    if place < len(levels.ranks) and levels.ranks[place] == rank:
        levels.orders[place] += 1
    else:
        levels.ranks.insert(place, rank)
        levels.orders.insert(place, 1)


def closed(resting: Resting, venue: str, symbol: str, sign: int, limit: Decimal | None) -> None:
    """It is gone, or moves to another price (which is opened next)."""
    key, rank = _key(venue, symbol, sign), _rank(sign, limit)
    levels = resting[key]
    place = bisect_left(levels.ranks, rank)
    assert levels.ranks[place] == rank, f"no order rests at {limit} in {key}"
    levels.orders[place] -= 1
    if not levels.orders[place]:
        del levels.ranks[place], levels.orders[place]
        if not levels.ranks:
            del resting[key]


def meets(resting: Resting, venue: str, symbol: str, sign: int, limit: Decimal | None) -> bool:
    """Whether an order would meet one of ours on the other side. O(1)."""
    others = resting.get(_key(venue, symbol, -sign))
    return others is not None and (limit is None or sign * limit >= others.ranks[0])


def _key(venue: str, symbol: str, sign: int) -> str:
    return f"{venue}/{symbol}/{'buy' if sign > 0 else 'sell'}"


def _rank(sign: int, limit: Decimal | None) -> Decimal:
    """Lowest is best: a sell's price, a buy's negated."""
    return ANY_PRICE if limit is None else -sign * limit
