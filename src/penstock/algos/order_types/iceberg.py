"""Iceberg: a limit order of which no more than `display_qty` is ever shown, tranche by tranche."""

from decimal import Decimal

from penstock.algos import tranches
from penstock.algos.named import Algorithm
from penstock.algos.view import Plan, Rest, View
from penstock.domain.time import SECOND


class Iceberg(Algorithm, frozen=True, kw_only=True):
    keeps_resting = True

    def plan(self, view: View) -> Plan:
        limit = view.terms.limit_price
        assert limit is not None, "an iceberg has a limit price"
        return Plan((Rest(shown(view, limit), price=limit),), min(view.now + 5 * SECOND, view.end))


def shown(view: View, price: Decimal) -> Decimal:
    """What to show now: the order's tranche, or all of it where it asks for none."""
    display_qty = view.terms.instructions.display_qty
    return view.left if display_qty is None else tranches.shown(view, price, display_qty)
