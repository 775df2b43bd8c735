"""What the book showed at any time asked for, in one pass over a symbol's quotes.

A question at `t` is answered by the last sound quote strictly before `t`: a quote of the same nanosecond may be what
the trade itself left behind. A question asked `onward` is answered by the first quote at or after `t`. Quotes that are
crossed, or have a price that is zero, negative or not a number, are passed over and counted. Locked ones are kept.
"""

from dataclasses import dataclass, field

import numpy as np

from penstock.domain.time import SECOND
from penstock.tca.study.tape import Floats, Ints, Quotes
from penstock.tca.study.tape_kernels import running_area, unsound_quotes

NEVER = int(np.iinfo(np.int64).min)


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
        area = self._areas(ts, bid, ask) if self._wants_area else None
        for each in self.asks:
            self._answer(each, ts, bid, ask, area)
        if self.first_ts is None:
            self.first_ts = int(ts[0])
        self._last = (int(ts[-1]), float(bid[-1]), float(ask[-1]))
        self.last_ts = int(ts[-1])
        if area is not None:
            self._area = float(area[-1])

    def finish(self) -> None:
        """The last quote stays in force for what was asked of later times; onward, nothing comes any more."""
        for each in self.asks:
            if not each.onward:
                self._carry(each, slice(each.done, None))

    def _sound(self, block: Quotes) -> Quotes:
        ts, bid, ask = block
        self.faults.rows += len(ts)
        since = NEVER if self.last_ts is None else self.last_ts
        wrong, late = unsound_quotes(ts, bid, ask, since)
        if wrong:
            priced = (bid > 0) & (ask > 0) & (ask < np.inf)
            sound = priced & (bid <= ask)
            self.faults.no_price += int((~priced).sum())
            self.faults.crossed += int((priced & ~sound).sum())
            ts, bid, ask = ts[sound], bid[sound], ask[sound]
        if late and len(ts):
            timely = ts >= np.maximum.accumulate(np.maximum(ts, since))
            self.faults.late += int((~timely).sum())
            ts, bid, ask = ts[timely], bid[timely], ask[timely]
        return Quotes(ts, bid, ask)

    def _areas(self, ts: Ints, bid: Floats, ask: Floats) -> Floats:
        """The area up to each quote of the block."""
        start = self._area
        if self._last is not None:
            start += (self._last[1] + self._last[2]) * ((int(ts[0]) - self._last[0]) * (0.5 / SECOND))
        return running_area(ts, bid, ask, start)

    def _answer(self, each: QuoteAsk, ts: Ints, bid: Floats, ask: Floats, area: Floats | None) -> None:
        until = each.done + int(np.searchsorted(each.times[each.done :], ts[-1], "right"))
        if until == each.done:
            return
        part = slice(each.done, until)
        times = each.times[part]
        place = np.searchsorted(ts, times, "left")
        if not each.onward:
            place -= 1
        earlier = int(np.searchsorted(place, 0)) if not each.onward else 0  # answered by what came before the block
        each.done = until
        if earlier:
            self._carry(each, slice(part.start, part.start + earlier))
            part, place, times = slice(part.start + earlier, until), place[earlier:], times[earlier:]
        bid.take(place, out=each.bid[part], mode="clip")
        ask.take(place, out=each.ask[part], mode="clip")
        ts.take(place, out=each.stamp[part], mode="clip")
        if each.area is not None and area is not None:
            each.area[part] = area[place] + each.mid[part] * ((times - each.stamp[part]) / SECOND)

    def _carry(self, each: QuoteAsk, part: slice) -> None:
        """The quote in force since before answers."""
        if self._last is None:
            return
        ts, bid, ask = self._last
        each.bid[part], each.ask[part], each.stamp[part] = bid, ask, ts
        if each.area is not None:
            each.area[part] = self._area + (bid + ask) / 2 * ((each.times[part] - ts) / SECOND)
