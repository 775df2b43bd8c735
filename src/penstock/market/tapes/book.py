"""The book of one listing from a tape's events, price by price; while something is missing it is not usable.

Plain and readable: it serves quality, inspection and the checks of feeds. Levels are summed over their orders; an event
on an order that was never announced changes its level by what the event says. Best prices come from heaps that
forget lazily.
"""

from heapq import heapify, heappop, heappush
from typing import NamedTuple

from penstock.market.tape import ADD, CANCEL, DELETE, EXECUTE
from penstock.market.tapes.schema import CHANGE, CLEAR, GAP, LEVEL

HEAP_SLACK = 4  # a heap so many times longer than its levels is made anew


class Touch(NamedTuple):
    """Best prices and lots; None and 0 where a side is empty."""

    bid: int | None
    bid_lots: int
    ask: int | None
    ask_lots: int

    @property
    def crossed(self) -> bool:
        return self.bid is not None and self.ask is not None and self.bid > self.ask

    @property
    def locked(self) -> bool:
        return self.bid is not None and self.bid == self.ask


class TapeBook:
    """Both sides' levels: ticks to lots."""

    def __init__(self) -> None:
        self.levels: tuple[dict[int, int], dict[int, int]] = ({}, {})  # asks, bids
        self.usable = True
        self.unexplained_lots = 0
        self._heaps: tuple[list[int], list[int]] = ([], [])
        self._orders: dict[int, tuple[int, int]] = {}  # id: ticks, lots

    def apply(self, kind: int, order: int | None, sign: int, ticks: int, lots: int) -> None:
        """One event of the tape."""
        if kind == LEVEL:
            self._set(sign, ticks, lots)
        elif kind == ADD:
            if order is not None:
                self._orders[order] = ticks, lots
            self._move(sign, ticks, lots)
        elif kind in (CANCEL, EXECUTE):
            known = self._orders.get(order) if order is not None else None
            if known is not None and order is not None:
                left = known[1] - lots
                if left > 0:
                    self._orders[order] = known[0], left
                else:
                    del self._orders[order]
            self._move(sign, ticks, -lots)
        elif kind == DELETE:
            known = self._orders.pop(order, None) if order is not None else None
            self._move(sign, *((ticks, -lots) if known is None else (known[0], -known[1])))
        elif kind == CHANGE:
            known = self._orders.get(order) if order is not None else None
            if known is not None and order is not None:
                self._orders[order] = known[0], lots
                self._move(sign, known[0], lots - known[1])
        elif kind == CLEAR:
            self.clear()
        elif kind == GAP:
            self.usable = False

    def clear(self) -> None:
        """Empty it: what a snapshot is about to say is all there is."""
        for side in self.levels:
            side.clear()
        for heap in self._heaps:
            heap.clear()
        self._orders.clear()
        self.usable = True

    def touch(self) -> Touch:
        """The best of both sides."""
        bid, ask = self._best(1), self._best(0)
        return Touch(bid, self.levels[1].get(bid, 0) if bid is not None else 0,
                     ask, self.levels[0].get(ask, 0) if ask is not None else 0)  # fmt: skip

    def top(self, sign: int, levels: int) -> list[tuple[int, int]]:
        """The best levels of one side: ticks and lots, best first."""
        side = self.levels[sign > 0]
        return [(ticks, side[ticks]) for ticks in sorted(side, reverse=sign > 0)[:levels]]

    def _set(self, sign: int, ticks: int, lots: int) -> None:
        side = self.levels[sign > 0]
        if lots > 0:
            if ticks not in side:
                heappush(self._heaps[sign > 0], -ticks if sign > 0 else ticks)
            side[ticks] = lots
        else:
            side.pop(ticks, None)

    def _move(self, sign: int, ticks: int, lots: int) -> None:
        left = self.levels[sign > 0].get(ticks, 0) + lots
        if left < 0:
            self.unexplained_lots -= left
        self._set(sign, ticks, left)

    def _best(self, place: int) -> int | None:
        heap, side = self._heaps[place], self.levels[place]
        if len(heap) > HEAP_SLACK * len(side) + 64:
            heap[:] = [-ticks if place else ticks for ticks in side]
            heapify(heap)
        while heap:
            ticks = -heap[0] if place else heap[0]
            if ticks in side:
                return ticks
            heappop(heap)
        return None
