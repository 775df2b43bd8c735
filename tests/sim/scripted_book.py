"""A market whose every event the test writes down: one touch that never moves, and prints that meet our orders."""

from dataclasses import dataclass, field
from decimal import Decimal

from penstock.domain.instrument import Instrument
from penstock.domain.instruments import Equity
from penstock.sim.book import NONE, MarketBook, OwnFill, Touch
from penstock.sim.native_orders import NativeOrder

SHARE = Equity(symbol="ACME", tick_size=Decimal("0.01"), lot_size=Decimal(1))
BID, ASK, SHOWN = 999, 1001, 50


@dataclass
class Ours:
    number: int
    sign: int
    ticks: int
    lots: int


@dataclass
class ScriptedBook:
    """`prints` are (ts, lots) that fill what rests of ours, first come first served. `acts` is what reached us when."""

    prints: list[tuple[int, int]] = field(default_factory=list)
    venue: str = "XA"
    instrument: Instrument = SHARE
    start_ns: int = 0
    end_ns: int = 10**15
    now: int = 0
    acts: list[tuple[int, str]] = field(default_factory=list)
    queue: list[Ours] = field(default_factory=list)
    fills: list[OwnFill] = field(default_factory=list)
    lots_traded: int = 0
    follows: tuple[MarketBook, ...] = ()

    def next_ts(self) -> int:
        return self.prints[0][0] if self.prints else self.end_ns + 1

    def advance(self, until: int) -> int:
        assert until >= self.now, "time never goes back"
        while self.prints and self.prints[0][0] <= until:
            self.now, lots = self.prints.pop(0)
            if self._meet(lots):
                return self.now
        self.now = until
        return until

    def _meet(self, lots: int) -> bool:
        met = False
        while lots and self.queue:
            first = self.queue[0]
            taken = min(lots, first.lots)
            self._fill(first, first.ticks, taken, maker=True)
            lots, met = lots - taken, True
            self.queue = [ours for ours in self.queue if ours.lots]
        return met

    def _fill(self, ours: Ours, ticks: int, lots: int, *, maker: bool) -> None:
        self.fills.append(OwnFill(self.now, ours.number, ticks, lots, maker, self.touch()))
        ours.lots -= lots
        self.lots_traded += lots

    def enter(self, order_no: int, order: NativeOrder) -> int:
        self.acts.append((self.now, "new"))
        ours, far = Ours(order_no, order.sign, order.ticks, order.lots), ASK if order.sign > 0 else BID
        if order.least > (SHOWN if order.ticks == NONE or order.sign * (order.ticks - far) >= 0 else 0):
            return 0
        if order.ticks == NONE or order.sign * (order.ticks - far) >= 0:
            if order.post_only:
                return 0
            self._fill(ours, far, min(order.lots, SHOWN), maker=False)
        if order.immediate or not ours.lots:
            return 0
        self.queue.append(ours)
        return ours.lots

    def resting(self, order_no: int) -> int:
        return sum(ours.lots for ours in self.queue if ours.number == order_no)

    def cancel(self, order_no: int) -> int:
        self.acts.append((self.now, "cancel"))
        gone = [ours for ours in self.queue if ours.number == order_no]
        self.queue = [ours for ours in self.queue if ours.number != order_no]
        return sum(ours.lots for ours in gone)

    def replace(self, order_no: int, ticks: int, lots: int) -> int:
        self.acts.append((self.now, "replace"))
        (ours,) = [ours for ours in self.queue if ours.number == order_no]
        ours.ticks, ours.lots = ticks, lots
        return lots

    def take_fills(self) -> list[OwnFill]:
        taken, self.fills = self.fills, []
        return taken

    def touch(self) -> Touch:
        return Touch(self.now, BID, SHOWN, ASK, SHOWN)

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        return [(BID, SHOWN)][:levels], [(ASK, SHOWN)][:levels]

    def traded(self) -> tuple[int, int]:
        return self.lots_traded, self.lots_traded * 1000
