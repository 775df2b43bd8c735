"""Sniper: shows nothing, and takes liquidity where it is good enough.

Good enough is a touch that shows a worthwhile size at no more than the usual spread, no worse than the price it may
pay. Towards the end of its window it grows less choosy: what it asks of size and spread falls to nothing with the
time that is left.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Algorithm, Positive, decimal_of, window_end
from penstock.algos.named.ending import EndPolicy, ended
from penstock.algos.randomness import uniform
from penstock.algos.tactic import RETRY
from penstock.algos.view import Plan, Session, Take, View
from penstock.domain.quote import Quote
from penstock.domain.time import SECOND
from penstock.market.estimates import spread_ratio

LOOK = SECOND // 2


class Sniper(Algorithm, frozen=True, kw_only=True):
    """Take displayed liquidity when it is large and cheap.

    `min_size` (units) is the least worth taking: by default a fiftieth of the order. `max_spread_ratio` is the widest
    spread to cross, over the usual one. `clip_share` is how much of what is displayed is taken at once.
    """

    duration_minutes: Positive | None = None
    min_size: Positive | None = None
    max_spread_ratio: Positive = 1.0
    clip_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.8
    end_policy: EndPolicy = EndPolicy.SWEEP

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def plan(self, view: View) -> Plan:
        if view.now >= view.end and (plan := ended(view, self.end_policy)):
            return plan
        look = LOOK + int(LOOK * 0.5 * (1 + uniform(view.key, "look", view.now // LOOK)))
        waits = Plan((), max(min(view.now + look, view.end), view.now + 1), watches=True)
        if view.far is None or (view.taken_at and view.now < view.taken_at + RETRY):
            return waits
        choosy = max(1 - (view.now - view.start) / max(view.end - view.start, 1), 0.0)
        sizes = [quote.ask_qty if view.terms.side.is_buy else quote.bid_qty for quote in at_the_touch(view)]
        shown = sum(sizes, Decimal(0))
        wanted = self.least_worth(view) * Decimal(repr(choosy))
        if shown < min(wanted, view.left):
            return waits
        if spread_ratio(view.estimates) > self.max_spread_ratio + 3 * (1 - choosy):
            return waits
        clip = view.instrument.round_quantity(min(shown * decimal_of(self.clip_share), view.left))
        if clip <= 0:
            return waits
        limit = view.far
        own = view.terms.limit_price
        if own is not None and view.terms.side.sign * (limit - own) > 0:
            return waits
        return Plan((Take(clip, limit),), view.now + RETRY)

    def least_worth(self, view: View) -> Decimal:
        if self.min_size is not None:
            return decimal_of(self.min_size)
        return view.terms.quantity / 50


def at_the_touch(view: View) -> list[Quote]:
    """The quotes that are as good as the best to take."""
    buys = view.terms.side.is_buy
    return [quote for quote in view.venues.values() if (quote.ask if buys else quote.bid) == view.far]
