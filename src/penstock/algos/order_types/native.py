"""An order that its venue can do by itself: one child that is the order, with every instruction it has."""

from penstock.algos.named import Algorithm
from penstock.algos.named.immediate import immediate_done, tried
from penstock.algos.tactic import SWEEP_BPS, cap
from penstock.algos.view import AsIs, Plan, View
from penstock.domain.instructions import OrderType


class Native(Algorithm, frozen=True, kw_only=True):
    keeps_resting = True
    sees_pools = True

    venue: str

    def plan(self, view: View) -> Plan:
        if tried(view):
            return immediate_done(view)
        takes = view.terms.order_type is OrderType.MARKET
        limit = cap(view, 4 * SWEEP_BPS) if takes else view.terms.limit_price
        return Plan((AsIs(view.left, self.venue, limit),), view.end)
