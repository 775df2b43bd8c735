"""Fill-or-kill and minimum quantity, where no venue has them: taken only while enough is displayed within the limit.

Between our look and our order's arrival another may be faster. A part that fills then stands, and is alerted: only a
venue can promise all or nothing.
"""

from decimal import Decimal

from penstock.algos.named import Algorithm
from penstock.algos.named.immediate import immediate_done, tried
from penstock.algos.tactic import SWEEP_BPS, cap
from penstock.algos.view import Plan, Take, View, far_price
from penstock.domain.instructions import TimeInForce
from penstock.domain.orders import OrderTerms


class AtOnce(Algorithm, frozen=True, kw_only=True):
    def plan(self, view: View) -> Plan:
        if tried(view):
            return immediate_done(view)
        limit = view.terms.limit_price or cap(view, SWEEP_BPS)
        enough = needed(view.terms)
        if displayed(view, limit) < enough:
            return Plan((), view.end, over=f"less than {enough} is displayed within the limit")
        return Plan((Take(view.left, limit),), view.now + 1)


def needed(terms: OrderTerms) -> Decimal:
    """The least that must fill at once; zero for an order that has no such condition."""
    if terms.tif is TimeInForce.FOK:
        return terms.quantity
    return terms.instructions.min_qty or Decimal(0)


def displayed(view: View, limit: Decimal | None) -> Decimal:
    """What all venues show at their far touch within a limit."""
    side, total = view.terms.side, Decimal(0)
    for quote in view.venues.values():
        far = far_price(quote, side)
        if far is not None and (limit is None or side.sign * (far - limit) <= 0):
            total += quote.ask_qty if side.is_buy else quote.bid_qty
    return total
