"""Hidden: a limit order that is never shown. It lies in wait here, and takes what comes within its limit."""

from penstock.algos.named import Algorithm
from penstock.algos.tactic import RETRY
from penstock.algos.view import Plan, Take, View
from penstock.domain.time import SECOND

LOOK = SECOND // 2


class Hidden(Algorithm, frozen=True, kw_only=True):
    def plan(self, view: View) -> Plan:
        limit = view.terms.limit_price
        assert limit is not None, "a hidden order has a limit price"
        within = view.far is not None and view.terms.side.sign * (limit - view.far) >= 0
        if not within:
            return Plan((), min(view.now + LOOK, view.end), watches=True)
        if view.taken_at and view.now < view.taken_at + RETRY:
            return Plan((), view.taken_at + RETRY)
        return Plan((Take(view.left, limit),), view.now + RETRY)
