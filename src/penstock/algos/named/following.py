"""Following the market: so much of what others trade, as they trade it."""

from decimal import Decimal

from penstock.algos.named.algorithm import decimal_of
from penstock.algos.slicing import Slice, round_lots
from penstock.algos.view import View
from penstock.domain.time import SECOND
from penstock.market.estimates import is_warm

FOLLOW_INTERVAL = 15 * SECOND


def following_slice(view: View, rate: float, slice_interval: float | None) -> Slice:
    """The interval that `view.now` is in; by its end `rate` of what others traded since the start is wanted.

    Its target moves with the market, a clip at a time: what an interval usually brings. `slice_interval` in seconds.
    """
    width = FOLLOW_INTERVAL if slice_interval is None else round(slice_interval * SECOND)
    number = (view.now - view.start) // width
    opens = view.start + number * width
    part, lot = view.market_volume * decimal_of(rate), view.instrument.lot_size
    clip = clip_of(view, rate, width)
    target = min(max((part // clip) * clip, view.filled), view.terms.quantity) if clip > lot else round_lots(part, lot)
    target = min(target, view.terms.quantity)
    return Slice(number, opens, min(opens + width, view.end), target, False, min(view.filled, target), fixed=False)


def clip_of(view: View, rate: float, width: int) -> Decimal:
    """What `rate` of the market's usual volume comes to in `width` ns, in whole lots; a lot while nothing is known."""
    if view.estimates is None or not is_warm(view.estimates):
        return view.instrument.lot_size
    usual = Decimal(repr(rate * view.estimates.volume_rate * width / SECOND))
    return max(view.instrument.round_quantity(usual), view.instrument.lot_size)
