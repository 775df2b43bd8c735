"""Quote: one side of a two-sided market, priced by the inventory (Avellaneda and Stoikov 2008).

A buy and a sell order with this algorithm quote both sides. With q the position over `inventory_max`, σ the
volatility of the price over `horizon_minutes`, γ risk aversion and k the decay of fills with distance (both per σ
here, so that they need not be tuned to a price), the reservation price is

    r = mid − q γ σ

and each side quotes at r ± (γ σ / 2 + (σ / γ) ln(1 + γ / k)), never through the other side of the market. A side
whose fills would take the position beyond `inventory_max` is not shown. While volatility is not known, half of the
market's own spread stands for both σ's terms.

A side that was filled is not topped up at once: who trades with a quote again and again knows something, and a quote
that refills without a pause sells him all it has at yesterday's price.
"""

from decimal import Decimal
from math import log
from typing import Annotated, ClassVar

import msgspec

from penstock.algos.named.algorithm import Algorithm, Positive
from penstock.algos.view import Plan, Rest, Stay, View
from penstock.domain.time import MINUTE, SECOND
from penstock.market.estimates import is_warm, volatility

LOOK = SECOND
DEFAULT_HALF_SPREAD = 0.5  # of the market's own spread, while volatility is not known


class Quote(Algorithm, frozen=True, kw_only=True):
    """Show `size` (units; a fiftieth of the order by default) at a price that leans against the position.

    `inventory_max` (units) is where a side is taken away; by default five times `size`. The order's quantity is the
    most that may trade on this side in all. After a fill the side is topped up again `replenish_seconds` later.
    """

    keeps_resting: ClassVar[bool] = True
    sees_position: ClassVar[bool] = True

    size: Positive | None = None
    inventory_max: Positive | None = None
    risk_aversion: Positive = 0.5
    fill_decay: Positive = 5.0
    horizon_minutes: Positive = 1.0
    min_half_spread_bps: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    replenish_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 2.0

    def plan(self, view: View) -> Plan:
        if view.now >= view.end:
            return Plan((), view.end, over="end of session")
        wake_at = min(view.now + LOOK, view.end)
        price = self.price(view)
        if price is None:
            return Plan((Stay(),), wake_at)
        room = self.most(view) - float(view.position) * view.terms.side.sign
        size = view.instrument.round_quantity(Decimal(repr(max(min(self.shows(view), room), 0.0))))
        topped_up = view.fills[-1][0] + round(self.replenish_seconds * SECOND) if view.fills else 0
        if view.now < topped_up:
            size = min(size, sum([child.leaves for child in view.working], Decimal(0)))
            wake_at = min(wake_at, topped_up)
        if size <= 0:
            return Plan((), wake_at)
        return Plan((Rest(min(size, view.left), price=price),), wake_at)

    def shows(self, view: View) -> float:
        return self.size or max(float(view.terms.quantity) / 50, float(view.instrument.lot_size))

    def most(self, view: View) -> float:
        return self.inventory_max or 5 * self.shows(view)

    def price(self, view: View) -> Decimal | None:
        """Where this side is quoted now; None without a market."""
        mid, near, far = view.mid, view.near, view.far
        if mid is None or near is None or far is None:
            return None
        sign = view.terms.side.sign
        middle = float(mid)
        least = middle * self.min_half_spread_bps / 10_000
        if view.estimates is None or not is_warm(view.estimates):
            half = DEFAULT_HALF_SPREAD * abs(float(far - near))
            leaning = float(view.position) / self.most(view) * half
        else:
            sigma = middle * volatility(view.estimates, self.horizon_minutes * MINUTE / SECOND)
            gamma = self.risk_aversion
            half = gamma * sigma / 2 + sigma * log(1 + gamma / self.fill_decay) / gamma
            leaning = float(view.position) / self.most(view) * gamma * sigma
        asked = Decimal(repr(middle - leaning - sign * max(half, least)))
        price = view.instrument.round_price(asked, up=not view.terms.side.is_buy)
        outermost = far - sign * view.instrument.tick_size
        price = min(price, outermost) if sign > 0 else max(price, outermost)
        limit = view.terms.limit_price
        if limit is not None:
            price = min(price, limit) if sign > 0 else max(price, limit)
        return price if price > 0 else None
