"""A generated market: order-by-order flow, seeded, that reacts to what we do.

The flow of one venue depends on the seed, the venue, the symbol and our orders, and on nothing else: not on how often
or how far `advance` is called, nor (while we do not trade) on any other venue.
"""

from math import sqrt, tanh

from penstock.domain.time import SECOND
from penstock.sim.fair_price import FairPrice
from penstock.sim.flow_model import NEXT, flow_model, flow_state
from penstock.sim.footprint import tread
from penstock.sim.ladder import FILLS, grown, new_ladder, room
from penstock.sim.ladder_market import LadderMarket
from penstock.sim.order_flow_kernel import fair, open_market, play, we_traded
from penstock.sim.quoting_kernel import SPARE_ROOM

ROOM_ORDERS = 2048
LEAN_NS = 30 * SECOND
RANGE_VOLATILITIES, RANGE_LEAST = 8.0, 0.03  # how far from the first price the ladder reaches at the start


class GeneratedMarket(LadderMarket):
    """One symbol on one venue that does `share` of the symbol's volume; venues share the `fair` price."""

    def __init__(self, fair: FairPrice, venue: str, *, seed: int, share: float = 1.0) -> None:
        profile = fair.profile
        reach = min(0.9, RANGE_VOLATILITIES * profile.daily_volatility + RANGE_LEAST)
        low, high = int(profile.price_ticks * (1 - reach)), int(profile.price_ticks * (1 + reach))
        ladder = new_ladder(max(1, low), high + 1, orders=ROOM_ORDERS, fills=ROOM_ORDERS)
        super().__init__(venue, profile.instrument, ladder, fair.start_ns)
        self.start_ns, self.end_ns = fair.start_ns, fair.end_ns
        self._model = flow_model(fair, share)
        self._flow = flow_state(fair, seed, venue)
        open_market(self.ladder, self._flow, self._model)
        self._next = int(self._flow.clock[NEXT])

    def next_ts(self) -> int:
        return self._next

    def advance(self, until: int) -> int:
        if until < self._next:
            self.now = max(self.now, until)
            return until
        self.keep_fills()
        known = len(self._fills)
        while True:
            self.now = play(self.ladder, self._flow, self._model, until)
            self.settle()
            self._next = int(self._flow.clock[NEXT])
            if self.now >= until or self.ladder.state[FILLS] > 0 or len(self._fills) > known:
                return self.now
            if room(self.ladder) <= SPARE_ROOM:
                self.ladder = grown(self.ladder)

    def took(self, sign: int, lots: int) -> None:
        """What we take moves the price on every venue of the symbol."""
        we_traded(self._flow, self._model, self.now, float(sign * lots))
        self._next = int(self._flow.clock[NEXT])

    def lean(self, ts: int) -> float:
        """Which way the price will go within `LEAN_NS`, from −1 to 1: what the informed know."""
        ahead = fair(self._flow, self._model, ts + LEAN_NS) - fair(self._flow, self._model, ts)
        return tanh(ahead / (self._model.spread + self._model.volatility * sqrt(LEAN_NS / SECOND)))

    def hear(self, ts: int, signed_lots: float) -> None:
        """Learn of lots that we want (+) or want to be rid of (−): the price moves as if they had been taken."""
        tread(self._flow.footprint, ts, signed_lots)
