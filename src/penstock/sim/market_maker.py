"""A dealer who answers requests: asked for a quantity, he names his price for all of it, and it is taken or not.

The price is the middle of the lit markets, half his spread and what the size costs him away, and moved by the stock
that he holds already (Ho and Stoll 1981): who sold to him before gets less, until he has passed it on. A request is an
immediate order with the worst price that we would accept; some he declines. What he trades he hedges, so the lit
markets hear a part of it; of what he was only asked for they hear by his `leakage`.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import ceil, exp, floor
from typing import Annotated

import msgspec

from penstock.domain.time import SECOND
from penstock.sim.book import NONE, MarketBook, OwnFill
from penstock.sim.hidden_interest import Positive, Share, refuse_below
from penstock.sim.native_orders import NativeOrder
from penstock.sim.random_kernel import stream, uniform
from penstock.sim.unlit_market import Tell, UnlitMarket, nobody_hears

NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class DealerProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a dealer quotes one symbol.

    `usual_quantity` (units) costs `half_spread_bps` + `size_bps`, and a multiple of it the same multiple of `size_bps`.
    Holding as much moves his middle by `stock_bps`, and he passes it on within about `memory_s`. He trades no more than
    `most_quantity` at a time, and `declines` a share of what he is asked. `hedged` and `leakage` are the shares of a
    trade, and of a request without one, that the lit markets hear of.
    """

    usual_quantity: Decimal
    most_quantity: Decimal | None = None
    half_spread_bps: NotNegative = 2.0
    size_bps: NotNegative = 1.0
    stock_bps: NotNegative = 1.0
    memory_s: Positive = 300.0
    declines: Share = 0.05
    hedged: Share = 0.5
    leakage: Share = 0.1

    def __post_init__(self) -> None:
        refuse_below(self, 0, "usual_quantity")
        refuse_below(self, 0, "most_quantity")


class MarketMaker(UnlitMarket):
    """A `MarketBook` that answers requests for a price; nothing rests and nothing is displayed."""

    def __init__(
        self, venue: str, follows: Sequence[MarketBook], profile: DealerProfile, *, seed: int, tell: Tell = nobody_hears
    ) -> None:
        super().__init__(venue, follows[0].instrument, follows, tell)
        self.profile = profile
        self._stock, self._stock_at = 0.0, self.start_ns
        self._words = stream(seed, "dealer", venue, self.instrument.symbol)

    def next_ts(self) -> int:
        return self.end_ns + 1

    def advance(self, until: int) -> int:
        self.now = max(self.now, until)
        return self.now

    def price(self, sign: int, lots: int) -> int:
        """What he asks (`sign` +1) or pays (−1) for so many lots now, in ticks; `NONE` without a lit market."""
        around = self._around()
        if NONE in (around.bid, around.ask):
            return NONE
        usual = float(self.profile.usual_quantity / self.instrument.lot_size)
        half = self.profile.half_spread_bps + self.profile.size_bps * lots / usual
        away = sign * half - self.profile.stock_bps * self._holds() / usual
        exact = (around.bid + around.ask) / 2 * (1 + away / 10_000)
        return max(ceil(exact) if sign > 0 else floor(exact), 1)

    def enter(self, order_no: int, order: NativeOrder) -> int:
        assert order.immediate, "a dealer is asked: nothing rests with him"
        asked = self.price(order.sign, order.lots)
        most = self.profile.most_quantity
        declines = uniform(self._words) < self.profile.declines
        declines = declines or asked == NONE or (most is not None and order.lots > self.instrument.to_lots(most))
        if declines or (order.ticks != NONE and order.sign * (asked - order.ticks) > 0):
            self._tell(self.now, order.sign * order.lots * self.profile.leakage)
            return 0
        around = self._around()
        self._stock = self._holds() - order.sign * order.lots
        self._stock_at = self.now
        self._count(order.lots, asked)
        self._fills.append(OwnFill(self.now, order_no, asked, order.lots, False, around))
        self._tell(self.now, order.sign * order.lots * self.profile.hedged)
        return 0

    def resting(self, order_no: int) -> int:
        return 0

    def cancel(self, order_no: int) -> int:
        return 0

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        return NONE

    def _holds(self) -> float:
        """What he has not passed on yet of what he traded with us, in lots; bought is positive."""
        return self._stock * exp((self._stock_at - self.now) / SECOND / self.profile.memory_s)
