"""Algorithms that rest rather than slice: all that may be seen of the order is in the market until its window ends.

Each says where it rests and how much of it shows; it moves when the market does, at most every `LOOK`. The order types
of the same names do this at a limit price for as long as the order lives; these follow the market within a window.
"""

from decimal import Decimal
from typing import Annotated, ClassVar

import msgspec

from penstock.algos import tranches
from penstock.algos.named.algorithm import Algorithm, Positive, decimal_of, window_end
from penstock.algos.named.ending import EndPolicy, ended
from penstock.algos.tactic import RETRY, within
from penstock.algos.view import Plan, Rest, Session, Stay, Take, View
from penstock.domain.instructions import PegPrice
from penstock.domain.time import SECOND

LOOK = SECOND // 2
Bps = Annotated[float, msgspec.Meta(ge=-1_000, le=1_000)]


class Resting(Algorithm, frozen=True, kw_only=True):
    """Rest until `duration_minutes` are over; then `end_policy` decides about what is left."""

    keeps_resting: ClassVar[bool] = True

    duration_minutes: Positive | None = None
    end_policy: EndPolicy = EndPolicy.STOP

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def plan(self, view: View) -> Plan:
        if view.now >= view.end and (plan := ended(view, self.end_policy)):
            return plan
        end = view.end if view.now < view.end else view.session.end
        wake_at = max(min(view.now + LOOK, end), view.now + 1)
        price = self.price(view)
        if price is None:
            return Plan((Stay(),), wake_at)
        return Plan((Rest(self.size(view, price), price=price),), wake_at)

    def price(self, view: View) -> Decimal | None:
        """Where to rest now: the near touch, within the order's limit; None without a market."""
        return within(view, view.near) if view.near is not None and view.far is not None else None

    def size(self, view: View, price: Decimal) -> Decimal:
        """How much to show: all of it."""
        return view.left


class Display(Resting, frozen=True, kw_only=True):
    """Show the whole order at the touch and follow it: for those who want their size to be seen."""


class Iceberg(Resting, frozen=True, kw_only=True):
    """Show no more than `display_size` (units; a tenth of the order by default), in tranches that do not look alike."""

    display_size: Positive | None = None

    def size(self, view: View, price: Decimal) -> Decimal:
        asked = view.terms.quantity / 10 if self.display_size is None else decimal_of(self.display_size)
        return tranches.shown(view, price, max(view.instrument.round_quantity(asked), view.instrument.lot_size))


class Peg(Resting, frozen=True, kw_only=True):
    """Follow the near touch (`primary`), the mid or the far touch (`market`), `offset_bps` away, never through the far.

    A positive offset is towards the other side. `display_size` (units) hides the rest.
    """

    follows: PegPrice = PegPrice.PRIMARY
    offset_bps: Bps = 0.0
    display_size: Positive | None = None

    def price(self, view: View) -> Decimal | None:
        near, far, mid, sign = view.near, view.far, view.mid, view.terms.side.sign
        if near is None or far is None or mid is None:
            return None
        followed = {PegPrice.PRIMARY: near, PegPrice.MID: mid, PegPrice.MARKET: far}[self.follows]
        own = {child.price for child in view.working}
        if self.follows is PegPrice.PRIMARY and self.offset_bps >= 0 and near in own:
            return within(view, near)  # an order that is itself the best price does not chase itself
        asked = followed * (1 + sign * decimal_of(self.offset_bps) / 10_000)
        price = view.instrument.round_price(asked, up=sign < 0)
        outermost = far - sign * view.instrument.tick_size
        return within(view, min(price, outermost) if sign > 0 else max(price, outermost))

    def size(self, view: View, price: Decimal) -> Decimal:
        if self.display_size is None:
            return view.left
        shows = view.instrument.round_quantity(decimal_of(self.display_size))
        return tranches.shown(view, price, max(shows, view.instrument.lot_size))


class Hidden(Resting, frozen=True, kw_only=True):
    """Show nothing: take what is offered up to `reach_bps` beyond the arrival price, within the order's limit."""

    keeps_resting: ClassVar[bool] = False

    reach_bps: Bps = 0.0

    def plan(self, view: View) -> Plan:
        if view.now >= view.end and (plan := ended(view, self.end_policy)):
            return plan
        end = view.end if view.now < view.end else view.session.end
        sign = view.terms.side.sign
        reach = view.arrival_price * (1 + sign * decimal_of(self.reach_bps) / 10_000)
        limit = within(view, view.instrument.round_price(reach, up=sign > 0))
        waits = Plan((), max(min(view.now + LOOK, end), view.now + 1), watches=True)
        if view.far is None or sign * (view.far - limit) > 0 or (view.taken_at and view.now < view.taken_at + RETRY):
            return waits
        return Plan((Take(view.left, limit),), view.now + RETRY)
