"""A venue that shows nothing and trades at the middle of the lit markets: a dark pool, or a crossing network.

- Orders wait in the order of their arrival. Two trade if the middle of the best lit bid and ask is within both limits
  and what they share is no less than either's least execution (or all that is left of it). Ours never meet ours.
- A dark pool looks when an order comes, and each second while both sides wait (the middle may have come within
  limits). A crossing network looks at its sessions only, every `every_ns`.
- A one-sided or crossed lit market has no middle: nothing trades. Nobody pays a spread, so ours are makers all.
- The middle may lie between two ticks: prices here are in half ticks.
- A trade tells the lit markets as much as a passive fill of ours there would. When a probe has met ours, they learn
  of a part of what is left, too (`PoolProfile.leakage`).

What others want is seeded (`hidden_interest`) and does not depend on what the lit markets' own orders do: real pools
fill when the lit market is busy, too. Where the lit market is a recording, nobody in the pool is informed.
"""

from collections.abc import Sequence
from math import inf

import msgspec

from penstock.domain.time import SECOND
from penstock.sim.book import NONE, MarketBook, OwnFill, Touch
from penstock.sim.footprint import PASSIVE_WEIGHT
from penstock.sim.hidden_interest import HiddenInterest, Lean, PoolProfile
from penstock.sim.native_orders import NativeOrder, Peg
from penstock.sim.unlit_market import Tell, UnlitMarket, nobody_hears

LOOK_NS = SECOND


class Waiting(msgspec.Struct):
    """An order that waits here, ours where it has a `number`. `ticks` is its limit in half ticks."""

    sign: int
    ticks: int
    lots: int
    least: int
    since: int
    until: float = inf
    number: int = 0
    probes: bool = False

    def allows(self, ticks: int) -> bool:
        return self.ticks == NONE or self.sign * (ticks - self.ticks) <= 0

    def accepts(self, lots: int) -> bool:
        return lots >= min(self.least, self.lots)


def nobody_knows(_ts: int) -> float:
    return 0.0


class DarkPool(UnlitMarket):
    """A `MarketBook` without a display; with `every_ns` a crossing network that has its sessions so often."""

    def __init__(
        self,
        venue: str,
        follows: Sequence[MarketBook],
        profile: PoolProfile,
        *,
        seed: int,
        every_ns: int = 0,
        lean: Lean = nobody_knows,
        tell: Tell = nobody_hears,
    ) -> None:
        lit = follows[0].instrument
        super().__init__(venue, msgspec.structs.replace(lit, tick_size=lit.tick_size / 2), follows, tell)
        self.profile = profile
        self._interest = HiddenInterest(profile, lit, venue, seed, self.start_ns, lean)
        self._every_ns = every_ns
        self._session = self.start_ns + every_ns
        self._look_at: float = inf
        self._waiting: list[Waiting] = []

    def next_ts(self) -> int:
        soonest = min(self._interest.next_ts, self._session if self._every_ns else self._look_at)
        return int(soonest) if soonest <= self.end_ns else self.end_ns + 1

    def advance(self, until: int) -> int:
        while (ts := self.next_ts()) <= until:
            self.now = max(self.now, ts)
            if ts == self._interest.next_ts:
                sign, lots, least, leaves, probes = self._interest.take()[1:]
                self._waiting.append(Waiting(sign, NONE, lots, least, ts, leaves, 0, probes))
            self._settle()
            if self._fills:
                return self.now
        self.now = max(self.now, until)
        return self.now

    def enter(self, order_no: int, order: NativeOrder) -> int:
        """As the protocol says, for limits and pegs to the middle; all others' prices are the middle here, too."""
        special = order.peak or order.stop != NONE or order.peg in (Peg.PRIMARY, Peg.MARKET)
        assert not special, "a pool that crosses at the middle has no such order"
        ours = Waiting(order.sign, order.ticks, order.lots, order.least, self.now, number=order_no)
        self._waiting.append(ours)
        if not self._every_ns:
            self._settle()
        if order.immediate:
            self.cancel(order_no)
        return self.resting(order_no)

    def resting(self, order_no: int) -> int:
        return sum(each.lots for each in self._waiting if each.number == order_no)

    def cancel(self, order_no: int) -> int:
        lots = self.resting(order_no)
        self._waiting = [each for each in self._waiting if each.number != order_no]
        return lots

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        ours = next((each for each in self._waiting if each.number == order_no), None)
        if ours is None:
            return NONE
        if ticks != ours.ticks or lots > ours.lots:
            self._waiting.remove(ours)
            self._waiting.append(ours)
            ours.since = self.now
        ours.ticks, ours.lots = ticks, lots
        if not self._every_ns:
            self._settle()
        return self.resting(order_no)

    def _settle(self) -> None:
        """Trade what may trade now, if this is a time for it; who has waited long enough has gone."""
        in_session = not self._every_ns or self.now >= self._session
        while self._every_ns and self.now >= self._session:
            self._session += self._every_ns
        self._waiting = [each for each in self._waiting if each.until > self.now]
        if in_session and self._both_sides():
            self._cross()
        self._look_at = self.now + LOOK_NS if self._both_sides() else inf

    def _both_sides(self) -> bool:
        return len({each.sign for each in self._waiting}) == 2

    def _cross(self) -> None:
        around = self._around()
        if NONE in (around.bid, around.ask) or around.bid >= around.ask:
            return
        middle = (around.bid + around.ask) // 2
        for buyer in [each for each in self._waiting if each.sign > 0 and each.allows(middle)]:
            for seller in [each for each in self._waiting if each.sign < 0 and each.allows(middle)]:
                shared = min(buyer.lots, seller.lots)
                if shared and not (buyer.number and seller.number) and buyer.accepts(shared) and seller.accepts(shared):
                    self._trade(buyer, seller, shared, middle, around)
        self._waiting = [each for each in self._waiting if each.lots]

    def _trade(self, buyer: Waiting, seller: Waiting, lots: int, ticks: int, around: Touch) -> None:
        buyer.lots, seller.lots = buyer.lots - lots, seller.lots - lots
        self._count(lots, ticks)
        for ours, other in ((buyer, seller), (seller, buyer)):
            if ours.number:
                self._fills.append(OwnFill(self.now, ours.number, ticks, lots, True, around))
                heard = lots * PASSIVE_WEIGHT + (self.profile.leakage * ours.lots if other.probes else 0.0)
                self._tell(self.now, ours.sign * heard)
