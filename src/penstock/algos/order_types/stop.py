"""Stop and stop-limit: held back until the market trades through `stop_px`, then a market or a limit order.

A stop to buy acts once the best ask, or a trade since the order arrived, is at or above `stop_px`; a stop to sell once
the best bid, or such a trade, is at or below it.
"""

from decimal import Decimal

from penstock.algos.view import Plan, Triggered, View
from penstock.domain.time import SECOND

LOOK = SECOND // 2  # how often the market is looked at where nobody says that it moved


def wait(view: View) -> Plan:
    stop_px = view.terms.instructions.stop_px
    assert stop_px is not None, "a stop has a stop price"
    return released(view, through(view, stop_px))


def through(view: View, stop_px: Decimal) -> Decimal | None:
    """The price that is at or through a stop; None while there is none."""
    sign = view.terms.side.sign
    return next((price for price in seen(view) if sign * (price - stop_px) >= 0), None)


def seen(view: View) -> list[Decimal]:
    """What a trigger looks at: the touch where the order would trade, and each venue's last trade if it is new."""
    prices = [] if view.far is None else [view.far]
    if view.market_volume > 0:
        prices += [quote.last for quote in view.venues.values() if quote.last is not None]
    return prices


def released(view: View, price: Decimal | None) -> Plan:
    """Act at `price`, or go on watching."""
    note = None if price is None else Triggered(price)
    return Plan((), min(view.now + LOOK, view.end), note=note, watches=True)
