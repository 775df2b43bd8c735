"""Peg: a resting order that follows the touch, the far touch or the mid, plus `peg_offset`, up to its limit.

It is moved at most every `LOOK`. Primary and mid pegs, and every post-only one, never reach the far touch. An order
that is itself the best price does not chase itself. A price between two ticks goes to the one cheaper for us.
"""

from decimal import Decimal

from penstock.algos.named import Algorithm
from penstock.algos.order_types.iceberg import shown
from penstock.algos.view import Plan, Rest, Stay, View
from penstock.domain.instructions import PegPrice
from penstock.domain.time import SECOND

LOOK = SECOND // 2


class Pegged(Algorithm, frozen=True, kw_only=True):
    keeps_resting = True

    def plan(self, view: View) -> Plan:
        wake_at = min(view.now + LOOK, view.end)
        price = peg_price(view)
        if price is None:  # without a market there is nothing to follow
            return Plan((Stay(),), wake_at)
        return Plan((Rest(shown(view, price), price=price),), wake_at)


def peg_price(view: View) -> Decimal | None:
    """Where the order should rest now; None without both sides of a market."""
    side, instrument, asked = view.terms.side, view.instrument, view.terms.instructions
    near, far, mid = view.near, view.far, view.mid
    if near is None or far is None or mid is None:
        return None
    own = {child.price for child in view.working}
    if asked.peg is PegPrice.PRIMARY and near in own and side.sign * asked.peg_offset >= 0:
        price = near
    else:
        followed = {PegPrice.PRIMARY: near, PegPrice.MID: mid, PegPrice.MARKET: far}[asked.peg or PegPrice.PRIMARY]
        price = instrument.round_price(followed + asked.peg_offset, up=not side.is_buy)
    if asked.peg is not PegPrice.MARKET or view.terms.post_only:
        price = nearer(view, price, far - side.sign * instrument.tick_size)
    if view.terms.limit_price is not None:
        price = nearer(view, price, view.terms.limit_price)
    return price if price > 0 else None


def nearer(view: View, price: Decimal, cap: Decimal) -> Decimal:
    """The one of two prices that is better for the order."""
    return min(price, cap) if view.terms.side.is_buy else max(price, cap)
