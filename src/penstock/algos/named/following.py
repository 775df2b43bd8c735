"""Following the market: so much of what others trade, as they trade it."""

from decimal import Decimal

from penstock.algos.slicing import Slice, round_lots
from penstock.algos.view import View
from penstock.domain.time import SECOND

FOLLOW_INTERVAL = 15 * SECOND


def following_slice(view: View, rate: float, slice_interval: float | None) -> Slice:
    """The interval that `view.now` is in; by its end `rate` of what others traded since the start is wanted.

    Its target moves with the market. `slice_interval` in seconds.
    """
    width = FOLLOW_INTERVAL if slice_interval is None else round(slice_interval * SECOND)
    number = (view.now - view.start) // width
    opens = view.start + number * width
    wanted = round_lots(view.market_volume * Decimal(repr(rate)), view.instrument.lot_size)
    target = min(wanted, view.terms.quantity)
    return Slice(number, opens, min(opens + width, view.end), target, False, min(view.filled, target), fixed=False)
