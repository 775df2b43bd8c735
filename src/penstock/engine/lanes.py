"""A lane: how a simple order goes whole to the one venue it may use, found out once for a market as it stands.

What was found out for one order holds for the next of its kind until a quote, the session or the limits change. Every
order is still reviewed by itself; only what does not depend on its price and quantity is not asked again.
"""

from decimal import Decimal

import msgspec

from penstock.domain.instructions import PLAIN
from penstock.domain.orders import OrderTerms, OrderType, Side, TimeInForce
from penstock.domain.quote import Quote


class Lane(msgspec.Struct, frozen=True, gc=False):
    """Orders of this type, time in force and algorithm leave for `venue`, and are worked until `end` (ns).

    They find `quote` there, the mid `arrival_price` and an `estimate` of their costs. It holds `until` then (ns).
    `takes`: nothing of them rests. Then the lane is that of one `side`, of orders without a limit, and `reach` is the
    worst price they take.
    """

    order_type: OrderType
    tif: TimeInForce
    algorithm: str | None
    venue: str
    quote: Quote
    arrival_price: Decimal
    end: int
    until: int
    estimate: dict[str, Decimal]
    takes: bool
    side: Side
    reach: Decimal | None = None

    def price(self, terms: OrderTerms) -> Decimal | None:
        """The limit of what goes to the venue."""
        return self.reach if self.takes else terms.limit_price


def lane_of(lanes: list[Lane], terms: OrderTerms, now: int) -> Lane | None:
    """The lane of an order, if one like it has left in this market."""
    if terms.instructions is not PLAIN or terms.post_only or terms.side.covers:
        return None
    for lane in lanes:
        if lane.tif is terms.tif and lane.order_type is terms.order_type and lane.algorithm == terms.algorithm:
            if lane.takes and (lane.side is not terms.side or terms.limit_price is not None):
                continue
            return lane if now < lane.until else None
    return None
