"""At the open and at the close, where the venue holds no auction for us: taken in the session's first or last minute.

The order's window is that minute; in it the order takes what is displayed within its limit, and what is left expires.
"""

from penstock.algos.named import Algorithm
from penstock.algos.tactic import SWEEP_BPS, take
from penstock.algos.view import Plan, View


class AtAuction(Algorithm, frozen=True, kw_only=True):
    def plan(self, view: View) -> Plan:
        return take(view, view.left, SWEEP_BPS, view.end)
