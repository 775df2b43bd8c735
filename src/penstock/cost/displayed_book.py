"""What taking an order at once costs: the displayed book, walked level by level."""

from decimal import Decimal
from math import sqrt

from penstock.domain.orders import Side
from penstock.domain.quote import Depth, Level


def merge_levels(depths: list[Depth], side: Side) -> list[Level]:
    """What an order of `side` could take now over several venues, best price first."""
    if side.is_buy:
        return sorted((level for depth in depths for level in depth.asks), key=lambda level: level[0])
    return sorted((level for depth in depths for level in depth.bids), key=lambda level: -level[0])


def immediate_bps(quantity: Decimal, side: Side, mid: Decimal, levels: list[Level]) -> Decimal | None:
    """Cost against the mid of taking `quantity` at once, in bps; None when nothing is displayed.

    What the displayed levels hold is walked exactly. The rest is extrapolated by the square-root law anchored at the
    distance that the displayed quantity reaches: a single order deeper than the book moves it that much further.
    """
    left, cost, displayed = quantity, Decimal(0), Decimal(0)
    reach = Decimal(0)
    for price, size in levels:
        take = min(left, size)
        reach = side.sign * (price - mid)
        cost += take * reach
        displayed += size
        left -= take
        if left == 0:
            break
    if displayed == 0:
        return None
    if left > 0:
        marginal = reach * Decimal(sqrt(quantity / displayed)).quantize(Decimal("1.000000"))
        cost += left * (reach + marginal) / 2
    return cost / (quantity * mid) * 10_000
