"""Trailing stop: a stop that follows the market at a distance while it moves our way, and stays when it turns.

To sell, the stop lies `trail_amount` (or `trail_bps`) below the highest best bid since the order arrived; to buy, above
the lowest best ask. The best price seen is the one thing to remember, and only when it moves the stop by a tick.
"""

from decimal import Decimal

from penstock.algos.order_types.stop import released, through
from penstock.algos.view import Plan, Trailed, View


def wait(view: View) -> Plan:
    if view.far is None:
        return released(view, None)
    if view.extreme is None:
        return Plan((), view.now + 1, note=Trailed(view.far))
    stop_px = stop_at(view, view.extreme)
    price = through(view, stop_px)
    better = view.terms.side.sign * (stop_at(view, view.far) - stop_px) < 0
    if price is None and better:
        return Plan((), view.now + 1, note=Trailed(view.far))
    return released(view, price)


def stop_at(view: View, extreme: Decimal) -> Decimal:
    """Where the stop lies, on a tick, away from the market."""
    asked, side = view.terms.instructions, view.terms.side
    distance = asked.trail_amount
    if distance is None:
        assert asked.trail_bps is not None, "a trailing stop has a distance"
        distance = extreme * asked.trail_bps / 10_000
    return view.instrument.round_price(extreme + side.sign * distance, up=side.is_buy)
