"""Our own orders must not trade with each other: what we have open at a venue, best price first.

An order without a limit may rest or take at any price, so it counts as the best there can be.
"""

from bisect import bisect_left, insort
from decimal import Decimal

Resting = dict[str, list[Decimal]]  # by venue, symbol and side: limit prices, lowest first; buys are kept negated
ANY_PRICE = Decimal("-1e15")  # beyond every limit
NOTHING: list[Decimal] = []


def opened(resting: Resting, venue: str, symbol: str, sign: int, limit: Decimal | None) -> None:
    """An order of ours may rest at the venue from now on. `sign` is +1 for a buy."""
    insort(resting.setdefault(_key(venue, symbol, sign), []), _rank(sign, limit))


def closed(resting: Resting, venue: str, symbol: str, sign: int, limit: Decimal | None) -> None:
    """It is gone, or moves to another price (which is opened next)."""
    key, rank = _key(venue, symbol, sign), _rank(sign, limit)
    prices = resting[key]
    place = bisect_left(prices, rank)
    assert prices[place] == rank, f"no order rests at {limit} in {key}"
    del prices[place]
    if not prices:
        del resting[key]


def meets(resting: Resting, venue: str, symbol: str, sign: int, limit: Decimal | None) -> bool:
    """Whether an order would meet one of ours on the other side. O(1)."""
    others = resting.get(f"{venue}/{symbol}/sell" if sign > 0 else f"{venue}/{symbol}/buy", NOTHING)
    return bool(others) and (limit is None or sign * limit >= others[0])


def _key(venue: str, symbol: str, sign: int) -> str:
    return f"{venue}/{symbol}/{'buy' if sign > 0 else 'sell'}"


def _rank(sign: int, limit: Decimal | None) -> Decimal:
    """Lowest is best: a sell's price, a buy's negated."""
    return ANY_PRICE if limit is None else -sign * limit
