"""Iceberg: a limit order of which no more than `display_qty` is ever shown.

It is worked in tranches of `display_qty`, each made up to `VARIES` smaller by the order's seed so that they do not look
alike. Where the tranches end follows from the seed alone, so what to show follows from what is filled, and there is
nothing to remember. A tranche is refilled when it is gone: at the back of the queue.
"""

from decimal import Decimal
from functools import lru_cache

from penstock.algos.named import Algorithm
from penstock.algos.randomness import uniform
from penstock.algos.slicing import round_lots, smallest_child
from penstock.algos.view import Plan, Rest, View
from penstock.domain.time import SECOND

VARIES = Decimal("0.2")


class Iceberg(Algorithm, frozen=True, kw_only=True):
    keeps_resting = True

    def plan(self, view: View) -> Plan:
        limit = view.terms.limit_price
        assert limit is not None, "an iceberg has a limit price"
        return Plan((Rest(shown(view, limit), price=limit),), min(view.now + 5 * SECOND, view.end))


def shown(view: View, price: Decimal) -> Decimal:
    """What to show now: the rest of the tranche that is being filled."""
    display_qty = view.terms.instructions.display_qty
    if display_qty is None:
        return view.left
    lot, ends, number = view.instrument.lot_size, Decimal(0), 0
    least = min(smallest_child(view.instrument, price), display_qty)
    while ends - view.filled < least:
        ends += tranche(view.key, number, display_qty, lot)
        number += 1
    return min(ends - view.filled, display_qty, view.left)


@lru_cache(maxsize=1 << 16)  # all up to the present one are asked for at every look
def tranche(key: str, number: int, display_qty: Decimal, lot: Decimal) -> Decimal:
    """The size of a tranche, in whole lots: at least one, at most `display_qty`."""
    share = 1 - VARIES * Decimal(repr((uniform(key, "tranche", number) + 1) / 2))
    return min(max(round_lots(display_qty * share, lot), lot), display_qty)
