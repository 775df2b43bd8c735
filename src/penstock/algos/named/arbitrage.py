"""Arbitrage: take at one venue what another would take back at a better price, after both fees.

It is one leg. With `algorithm="arbitrage"` on a buy and on a sell order the two legs act on the same sight of the
market and for the same size: what they do not fill alike is bounded by one clip.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import Algorithm, Positive, decimal_of, window_end
from penstock.algos.tactic import RETRY
from penstock.algos.view import Plan, Session, Take, View
from penstock.domain.time import SECOND

LOOK = SECOND // 4
ZERO = Decimal(0)


class Arbitrage(Algorithm, frozen=True, kw_only=True):
    """Take where the venues' prices are out of line by more than `min_edge_bps` plus `fees_bps` (of both legs).

    `clip_share` is how much of the smaller displayed size is taken at once.
    """

    duration_minutes: Positive | None = None
    min_edge_bps: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    fees_bps: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    clip_share: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.5

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def plan(self, view: View) -> Plan:
        if view.now >= view.end:
            return Plan((), view.end, over="end of window")
        waits = Plan((), min(view.now + LOOK, view.end), watches=True)
        if view.working or (view.taken_at and view.now < view.taken_at + RETRY):
            return waits
        found = self.opportunity(view)
        if found is None:
            return waits
        quantity, limit = found
        return Plan((Take(min(quantity, view.left), limit),), view.now + RETRY)

    def opportunity(self, view: View) -> tuple[Decimal, Decimal] | None:
        """What may be taken now, and the worst price for it; None where the venues are in line."""
        asks = [(quote.ask, quote.ask_qty, name) for name, quote in view.venues.items() if quote.ask is not None]
        bids = [(quote.bid, quote.bid_qty, name) for name, quote in view.venues.items() if quote.bid is not None]
        if not asks or not bids:
            return None
        ask, ask_qty, sells = min(asks)
        bid, bid_qty, buys = max(bids)
        needed = Decimal(repr((self.min_edge_bps + self.fees_bps) / 10_000)) * ask
        if sells == buys or bid - ask < needed:
            return None
        clip = view.instrument.round_quantity(min(ask_qty, bid_qty) * decimal_of(self.clip_share))
        own = view.terms.limit_price
        limit = ask if view.terms.side.is_buy else bid
        if clip <= ZERO or (own is not None and view.terms.side.sign * (limit - own) > 0):
            return None
        return clip, limit
