"""Close: as near to the closing price as the order's own impact lets it be.

Where a venue holds a closing auction, `auction_share` of the order waits for it from the start, and so does at the end
what could not be done before. The rest is worked before: measured against the close, the optimal schedule is that of
implementation shortfall backwards, little at first, most at the end. Elsewhere all of it is.
"""

from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Positive, Unit, decimal_of, window_end
from penstock.algos.named.sliced import Sliced
from penstock.algos.schedules.curved import Curved
from penstock.algos.slicing import Fraction
from penstock.algos.view import AtClose, Plan, Session, View
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms
from penstock.domain.time import MINUTE
from penstock.market.volume_curve import Portion, named_curve


class Close(Sliced, frozen=True, kw_only=True):
    """Work the last `minutes` before the session's end, later the more `concentration` in [0, 1] there is.

    `auction_share` is what the closing auction is to take where there is one.
    """

    sees_auctions = True

    minutes: Positive = 30.0
    concentration: Unit = 0.5
    max_participation: Annotated[float, msgspec.Meta(gt=0, le=1)] | None = 0.3
    auction_share: Unit = 0.5

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return max(now, session.end - round(self.minutes * MINUTE)), window_end(now, None, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        clock = Portion(named_curve(None, asset_class, session.start, session.end), *window)
        return Curved(clock, -6.0 * self.concentration)

    def plan(self, view: View) -> Plan:
        waits = view.instrument.round_quantity(view.terms.quantity * decimal_of(self.auction_share))
        waiting = [child for child in view.working if child.for_auction]
        if not waits or not (view.closing_auctions or waiting):
            return super().plan(view)
        before = view.terms.quantity - waits
        terms = msgspec.structs.replace(view.terms, quantity=before)
        others = tuple(child for child in view.working if not child.for_auction)
        plan = super().plan(msgspec.structs.replace(view, terms=terms, working=others))
        limit = view.terms.limit_price
        if plan.over:  # what is left of the part before is over; the auction is still to come
            return Plan((AtClose(view.left, limit),), view.session.end) if view.now < view.session.end else plan
        return Plan((*plan.intents, AtClose(min(waits, view.left), limit)), plan.wake_at, watches=plan.watches)
