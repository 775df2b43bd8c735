"""Market- and limit-if-touched: held back until the market comes to `stop_px`, then a market or a limit order.

The mirror of a stop: to buy, the best ask or a new trade must be at or below `stop_px`; to sell, the best bid or a
new trade at or above it.
"""

from penstock.algos.order_types.stop import released, seen
from penstock.algos.view import Plan, View


def wait(view: View) -> Plan:
    touch_px, sign = view.terms.instructions.stop_px, view.terms.side.sign
    assert touch_px is not None, "an if-touched order has a trigger price"
    return released(view, next((price for price in seen(view) if sign * (price - touch_px) <= 0), None))
