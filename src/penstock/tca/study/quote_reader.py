"""What the book showed at any time asked for, in one pass over a symbol's quotes.

A question at `t` is answered by the last sound quote strictly before `t`: a quote of the same nanosecond may be what
the trade itself left behind. A question asked `onward` is answered by the first quote at or after `t`. Quotes that are
crossed, or have a price that is zero, negative or not a number, are passed over and counted. Locked ones are kept.
"""

from dataclasses import dataclass, field

import numpy as np

from penstock.domain.time import SECOND
from penstock.tca.study.tape import Floats, Ints, Quotes

NEVER = np.iinfo(np.int64).min


@dataclass
class QuoteAsk:
    """Times (ns, ascending) and, once read, the quote each one met: `stamp` is its time, NEVER where there was none.

    With `area`, also ∫ mid dt in price · seconds since the first quote: the difference of two is a time-weighted sum.
    """

    times: Ints
    onward: bool = False
    with_area: bool = False
    bid: Floats = field(init=False)
    ask: Floats = field(init=False)
    stamp: Ints = field(init=False)
    area: Floats | None = field(init=False, default=None)
    done: int = 0

    def __post_init__(self) -> None:
        size = len(self.times)
        self.bid, self.ask = np.full(size, np.nan), np.full(size, np.nan)
        self.stamp = np.full(size, NEVER)
        if self.with_area:
            self.area = np.full(size, np.nan)

    @property
    def mid(self) -> Floats:
        return (self.bid + self.ask) / 2


@dataclass
class QuoteFaults:
    """Rows of a tape that no figure was computed from."""

    crossed: int = 0
    no_price: int = 0
    late: int = 0
    rows: int = 0


class QuoteReader:
    """Answers a symbol's questions while its quotes go by, block after block."""

    def __init__(self, asks: list[QuoteAsk]) -> None:
        self.asks = asks
        self.faults = QuoteFaults()
        self.first_ts: int | None = None
        self.last_ts: int | None = None
        self._last: tuple[int, float, float] | None = None
        self._area = 0.0
        self._wants_area = any(ask.with_area for ask in asks)

    def feed(self, block: Quotes) -> None:
        """Take in the next quotes of the symbol."""
        ts, bid, ask = self._sound(block)
        if not len(ts):
            return
        if self._last is not None:  # the quote in force when the block begins is its first row
            ts = np.concatenate(([self._last[0]], ts))
            bid = np.concatenate(([self._last[1]], bid))
            ask = np.concatenate(([self._last[2]], ask))
        else:
            self.first_ts = int(ts[0])
        area = self._areas(ts, bid, ask) if self._wants_area else None
        for each in self.asks:
            self._answer(each, ts, bid, ask, area)
        self._last = (int(ts[-1]), float(bid[-1]), float(ask[-1]))
        self.last_ts = int(ts[-1])
        if area is not None:
            self._area = float(area[-1])

    def finish(self) -> None:
        """The last quote stays in force for what was asked of later times; onward, nothing comes any more."""
        if self._last is None:
            return
        ts, bid, ask = self._last
        for each in self.asks:
            if each.onward:
                continue
            rest = slice(each.done, None)
            later = each.times[rest] > ts
            each.bid[rest][later], each.ask[rest][later], each.stamp[rest][later] = bid, ask, ts
            if each.area is not None:
                mid = (bid + ask) / 2
                each.area[rest] = np.where(later, self._area + mid * ((each.times[rest] - ts) / SECOND), np.nan)

    def _sound(self, block: Quotes) -> Quotes:
        ts, bid, ask = block
        self.faults.rows += len(ts)
        priced = (bid > 0) & (ask > 0) & (ask < np.inf)
        sound = priced & (bid <= ask)
        if not sound.all():
            self.faults.no_price += int((~priced).sum())
            self.faults.crossed += int((priced & ~sound).sum())
            ts, bid, ask = ts[sound], bid[sound], ask[sound]
        if len(ts) and ((self.last_ts is not None and ts[0] < self.last_ts) or (ts[1:] < ts[:-1]).any()):
            newest = np.maximum.accumulate(ts) if self.last_ts is None else np.maximum.accumulate(ts).clip(self.last_ts)
            timely = ts >= newest
            self.faults.late += int((~timely).sum())
            ts, bid, ask = ts[timely], bid[timely], ask[timely]
        return Quotes(ts, bid, ask)

    def _areas(self, ts: Ints, bid: Floats, ask: Floats) -> Floats:
        area = np.empty(len(ts))
        area[0] = 0.0
        np.cumsum((bid[:-1] + ask[:-1]) * (np.diff(ts) * (0.5 / SECOND)), out=area[1:])
        area += self._area
        return area

    def _answer(self, each: QuoteAsk, ts: Ints, bid: Floats, ask: Floats, area: Floats | None) -> None:
        until = each.done + int(np.searchsorted(each.times[each.done :], ts[-1], "right"))
        if until == each.done:
            return
        part = slice(each.done, until)
        times = each.times[part]
        place = np.searchsorted(ts, times, "left")
        if not each.onward:
            place -= 1
        known = place >= 0
        place = np.maximum(place, 0)
        if known.all():
            each.bid[part], each.ask[part], each.stamp[part] = bid[place], ask[place], ts[place]
        else:
            each.bid[part] = np.where(known, bid[place], np.nan)
            each.ask[part] = np.where(known, ask[place], np.nan)
            each.stamp[part] = np.where(known, ts[place], NEVER)
        if each.area is not None and area is not None:
            mid = (bid[place] + ask[place]) / 2
            each.area[part] = np.where(known, area[place] + mid * ((times - ts[place]) / SECOND), np.nan)
        each.done = until
