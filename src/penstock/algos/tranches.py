"""Tranches: what is shown of an order that shows only a part of itself.

Each tranche is made up to `VARIES` smaller than what may be shown, by the order's seed, so that they do not look alike.
Where the tranches end follows from the seed alone, so what to show follows from what is filled, and there is nothing to
remember. A tranche is refilled when it is gone: at the back of the queue.
"""

from decimal import Decimal
from functools import lru_cache

from penstock.algos.randomness import uniform
from penstock.algos.slicing import round_lots, smallest_child
from penstock.algos.view import View

VARIES = Decimal("0.2")


def shown(view: View, price: Decimal, display_qty: Decimal) -> Decimal:
    """What to show now: the rest of the tranche that is being filled."""
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
