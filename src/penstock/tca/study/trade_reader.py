"""What had traded by any time asked for, in one pass over a symbol's prints: volume, turnover, the last price.

A question at `t` counts prints strictly before `t`. Turnover is Σ price·quantity; an interval's VWAP is the difference
of two answers. `Reach` asks the other way round: what had the market paid when it had traded so much since a start?
"""

from dataclasses import dataclass, field

import numpy as np

from penstock.tca.study.quote_reader import NEVER
from penstock.tca.study.tape import Floats, Ints, Trades
from penstock.tca.study.tape_kernels import running_sums, unsound_trades


@dataclass
class TradeAsk:
    """Times (ns, ascending); once read, volume and turnover since the tape's start and the last price before each.

    Asked `onward`, only the first price at or after each time is told.
    """

    times: Ints
    onward: bool = False
    volume: Floats = field(init=False)
    turnover: Floats = field(init=False)
    last: Floats = field(init=False)
    stamp: Ints = field(init=False)
    done: int = 0

    def __post_init__(self) -> None:
        size = len(self.times)
        self.volume, self.turnover = np.zeros(size), np.zeros(size)
        self.last, self.stamp = np.full(size, np.nan), np.full(size, NEVER)


@dataclass
class Reach:
    """Volumes wanted from the start times of a `TradeAsk` on; `turnover` is what they cost, NaN where not reached."""

    since: TradeAsk
    wanted: Floats
    turnover: Floats = field(init=False)
    open: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.turnover = np.full(len(self.wanted), np.nan)
        self.open = np.flatnonzero(self.wanted > 0)


@dataclass
class TradeFaults:
    """Rows of a tape that no figure was computed from."""

    no_price: int = 0
    late: int = 0
    rows: int = 0


class TradeReader:
    """Answers a symbol's questions while its prints go by, block after block."""

    def __init__(self, asks: list[TradeAsk], reaches: list[Reach]) -> None:
        self.asks, self.reaches = asks, reaches
        self.faults = TradeFaults()
        self.first_ts: int | None = None
        self.last_ts: int | None = None
        self._volume = self._turnover = 0.0
        self._price = np.nan

    def feed(self, block: Trades) -> None:
        """Take in the next prints of the symbol."""
        ts, price, quantity = self._sound(block)
        if not len(ts):
            return
        volume, turnover = running_sums(price, quantity, self._volume, self._turnover)
        for each in self.asks:
            self._answer(each, ts, price, volume, turnover)
        for reach in self.reaches:
            self._reach(reach, price, volume, turnover)
        self._volume, self._turnover = float(volume[-1]), float(turnover[-1])
        self._price = float(price[-1])
        self.first_ts = int(ts[0]) if self.first_ts is None else self.first_ts
        self.last_ts = int(ts[-1])

    def finish(self) -> None:
        """What was asked of later times is answered with all that traded."""
        for each in self.asks:
            if each.onward or self.last_ts is None:
                continue
            rest = slice(each.done, None)
            each.volume[rest], each.turnover[rest], each.last[rest] = self._volume, self._turnover, self._price
            each.stamp[rest] = self.last_ts

    def _sound(self, block: Trades) -> Trades:
        ts, price, quantity = block
        self.faults.rows += len(ts)
        since = NEVER if self.last_ts is None else self.last_ts
        wrong, late = unsound_trades(ts, price, quantity, since)
        if wrong:
            sound = (price > 0) & (price < np.inf) & (quantity > 0) & (quantity < np.inf)
            self.faults.no_price += int((~sound).sum())
            ts, price, quantity = ts[sound], price[sound], quantity[sound]
        if late and len(ts):
            timely = ts >= np.maximum.accumulate(np.maximum(ts, since))
            self.faults.late += int((~timely).sum())
            ts, price, quantity = ts[timely], price[timely], quantity[timely]
        return Trades(ts, price, quantity)

    def _answer(self, each: TradeAsk, ts: Ints, price: Floats, volume: Floats, turnover: Floats) -> None:
        until = each.done + int(np.searchsorted(each.times[each.done :], ts[-1], "right"))
        if until == each.done:
            return
        part = slice(each.done, until)
        place = np.searchsorted(ts, each.times[part], "left")
        if each.onward:
            each.last[part], each.stamp[part] = price[place], ts[place]
        else:
            each.volume[part], each.turnover[part] = volume[place], turnover[place]
            before = np.maximum(place - 1, 0)
            each.last[part] = np.where(place > 0, price[before], self._price)
            none = NEVER if self.last_ts is None else self.last_ts
            each.stamp[part] = np.where(place > 0, ts[before], none)
        each.done = until

    def _reach(self, reach: Reach, price: Floats, volume: Floats, turnover: Floats) -> None:
        """Orders whose start has been passed and whose volume ends in this block; the last print counts in part."""
        begun = reach.open[reach.open < reach.since.done]
        if not len(begun):
            return
        goal = reach.since.volume[begun] + reach.wanted[begun]
        there = goal <= volume[-1]
        ready, goal = begun[there], goal[there]
        if not len(ready):
            return
        place = np.clip(np.searchsorted(volume, goal, "left"), 1, len(price))
        whole = turnover[place] - (volume[place] - goal) * price[place - 1]
        reach.turnover[ready] = whole - reach.since.turnover[ready]
        reach.open = np.setdiff1d(reach.open, ready, assume_unique=True)
