"""Market: take everything now."""

from penstock.algos.named.algorithm import Algorithm
from penstock.algos.named.immediate import immediate_done, tried
from penstock.algos.tactic import SWEEP_BPS, take, worst_price
from penstock.algos.view import Direct, Plan, Rest, Take, View


class Market(Algorithm, frozen=True, kw_only=True):
    """Take everything now; what the market does not give at once is asked again until the window ends."""

    def plan(self, view: View) -> Plan:
        if view.now >= view.end:
            return Plan((), view.end, over="end of session")
        if tried(view):
            return immediate_done(view)
        return take(view, view.left, SWEEP_BPS * 4, view.end, patient=False)

    def direct(self, order: Direct) -> Rest | Take | None:
        return order.take(worst_price(order.terms, order.instrument, order.far, SWEEP_BPS * 4))
