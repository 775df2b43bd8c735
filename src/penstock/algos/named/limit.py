"""Limit: one order at one price."""

from decimal import Decimal
from typing import ClassVar

from penstock.algos.named.algorithm import Algorithm
from penstock.algos.named.immediate import immediate_done, tried
from penstock.algos.tactic import RETRY
from penstock.algos.view import Direct, Plan, Rest, Take, View
from penstock.domain.orders import TimeInForce


class Limit(Algorithm, frozen=True, kw_only=True):
    """One order at the limit price: taken where the market is through it, resting otherwise."""

    keeps_resting: ClassVar[bool] = True

    def plan(self, view: View) -> Plan:
        limit = view.terms.limit_price
        assert limit is not None, "a limit order has a limit price"
        if view.now >= view.end:
            return Plan((), view.end, over="end of session")
        if tried(view):
            return immediate_done(view)
        if view.terms.tif is TimeInForce.IOC:
            return Plan((Take(view.left, limit, patient=False),), view.now + RETRY)
        if view.terms.post_only and not view.working and would_take(view, limit):
            return Plan((), view.end, over="post-only would cross")
        return Plan((Rest(view.left, price=limit),), view.end)

    def direct(self, order: Direct) -> Rest | Take | None:
        terms = order.terms
        if terms.tif is TimeInForce.IOC:
            return order.take(terms.limit_price)
        return Rest(terms.quantity, price=terms.limit_price)


def would_take(view: View, price: Decimal) -> bool:
    """Whether an order at this price would meet the other side."""
    return view.far is not None and view.terms.side.sign * (price - view.far) >= 0
