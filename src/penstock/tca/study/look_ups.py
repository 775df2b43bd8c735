"""Everything a study asks of the market, asked at once: one pass over the quotes and one over the trades answers it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from penstock.domain.time import DAY, SECOND
from penstock.tca.study.quote_reader import NEVER, QuoteAsk, QuoteFaults, QuoteReader
from penstock.tca.study.settings import Settings, nanoseconds
from penstock.tca.study.tape import Floats, Ints, Market
from penstock.tca.study.trade_reader import Reach, TradeAsk, TradeFaults, TradeReader

Span = tuple[int, int]
Told = Callable[[int], None]
Column = TypeVar("Column", Ints, Floats)


@dataclass
class Asked:
    """Whose market is asked for: fills by symbol code and time; orders by symbol code, times and what they filled.

    `path_ts` has a row of ascending times for each of `path_orders`.
    """

    symbols: list[str]
    fill_symbol: Ints
    fill_ts: Ints
    order_symbol: Ints
    decision_ts: Ints
    arrival_ts: Ints
    end_ts: Ints
    filled: Floats
    path_orders: Ints
    path_ts: Ints


@dataclass
class Looked:
    """What the market said. Aligned to the fills or orders asked for; NaN (or NEVER) where it said nothing."""

    bid: Floats
    ask: Floats
    quoted_at: Ints
    after_bid: Floats
    after_ask: Floats
    after_at: Ints
    marks: dict[float, Floats]
    decision_mid: Floats
    arrival_mid: Floats
    end_mid: Floats
    settled_mid: Floats
    twap: Floats
    volume: Floats
    turnover: Floats
    day_open: Floats
    day_close: Floats
    previous_close: Floats
    day_volume: Floats
    paced: dict[float, Floats]
    path_bid: Floats
    path_ask: Floats
    path_volume: Floats
    spans: dict[str, Span] = field(default_factory=dict)
    quote_faults: dict[str, QuoteFaults] = field(default_factory=dict)
    trade_faults: dict[str, TradeFaults] = field(default_factory=dict)


def look_up(asked: Asked, market: Market, settings: Settings, told: Told = lambda rows: None) -> Looked:
    """Read the market once. `told` hears how many rows were read, block by block."""
    looked = _nothing_yet(asked, settings)
    codes = {symbol: code for code, symbol in enumerate(asked.symbols)}
    quote_asks = [_QuoteAsks(asked, code, settings) for code in range(len(codes))]
    for symbol, quotes in market.quotes():
        if (code := codes.get(symbol)) is not None:
            quote_asks[code].reader.feed(quotes)
        told(len(quotes.ts))
    for code, symbol in enumerate(asked.symbols):
        quote_asks[code].collect(looked)
        _span(looked, symbol, quote_asks[code].reader)
        looked.quote_faults[symbol] = quote_asks[code].reader.faults
    del quote_asks
    trade_asks = [_TradeAsks(asked, code, settings) for code in range(len(codes))]
    for symbol, trades in market.trades():
        if (code := codes.get(symbol)) is not None:
            trade_asks[code].reader.feed(trades)
        told(len(trades.ts))
    for code, symbol in enumerate(asked.symbols):
        trade_asks[code].collect(looked)
        _span(looked, symbol, trade_asks[code].reader)
        looked.trade_faults[symbol] = trade_asks[code].reader.faults
    return looked


class _QuoteAsks:
    """One symbol's questions to its quotes."""

    def __init__(self, asked: Asked, code: int, settings: Settings) -> None:
        self.fills = _in_order(asked.fill_symbol == code, asked.fill_ts)
        ts = asked.fill_ts[self.fills]
        self.before = QuoteAsk(ts)
        self.after = QuoteAsk(ts, onward=True)
        self.marks = {s: QuoteAsk(ts + nanoseconds(s) + 1) for s in settings.horizons_s}
        mine = asked.order_symbol == code
        self.orders = {name: _in_order(mine, times) for name, times in _order_times(asked, settings).items()}
        self.order_asks = {
            name: QuoteAsk(times[self.orders[name]] + 1, with_area=name in ("arrival", "end"))
            for name, times in _order_times(asked, settings).items()
        }
        self.asked, self.settings = asked, settings
        self.paths = {n: QuoteAsk(asked.path_ts[n] + 1) for n in np.flatnonzero(mine[asked.path_orders])}
        self.reader = QuoteReader(
            [self.before, self.after, *self.marks.values(), *self.order_asks.values(), *self.paths.values()]
        )

    def collect(self, looked: Looked) -> None:
        self.reader.finish()
        tape_end = NEVER if self.reader.last_ts is None else self.reader.last_ts
        fills = self.fills
        looked.bid[fills], looked.ask[fills], looked.quoted_at[fills] = (
            self.before.bid,
            self.before.ask,
            self.before.stamp,
        )
        looked.after_bid[fills], looked.after_ask[fills] = self.after.bid, self.after.ask
        looked.after_at[fills] = self.after.stamp
        age = nanoseconds(self.settings.quote_age_max_s)
        for horizon, ask in self.marks.items():  # what lies beyond the tape's end nobody knows yet
            fresh = (ask.times - 1 <= tape_end) & (ask.stamp >= ask.times - age)
            looked.marks[horizon][fills] = np.where(fresh, ask.mid, np.nan)
        for name, column in (
            ("decision", looked.decision_mid),
            ("arrival", looked.arrival_mid),
            ("end", looked.end_mid),
            ("settled", looked.settled_mid),
        ):
            ask = self.order_asks[name]
            fresh = ask.stamp >= ask.times - age
            if name == "settled":
                fresh &= ask.times - 1 <= tape_end
            column[self.orders[name]] = np.where(fresh, ask.mid, np.nan)
        self._twap(looked)
        for n, path in self.paths.items():
            known = (path.times - 1 <= tape_end) & (path.stamp >= path.times - age)
            looked.path_bid[n] = np.where(known, path.bid, np.nan)
            looked.path_ask[n] = np.where(known, path.ask, np.nan)

    def _twap(self, looked: Looked) -> None:
        mine = np.sort(self.orders["arrival"])
        areas = {}
        for name in ("arrival", "end"):
            area = np.full(len(self.asked.arrival_ts), np.nan)
            area[self.orders[name]] = self.order_asks[name].area
            areas[name] = area[mine]
        span = (self.asked.end_ts[mine] - self.asked.arrival_ts[mine]) / SECOND
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (areas["end"] - areas["arrival"]) / span
        known = np.isfinite(looked.arrival_mid[mine]) & np.isfinite(looked.end_mid[mine])
        looked.twap[mine] = np.where(known, np.where(span > 0, mean, looked.end_mid[mine]), np.nan)


class _TradeAsks:
    """One symbol's questions to its trades."""

    def __init__(self, asked: Asked, code: int, settings: Settings) -> None:
        mine = asked.order_symbol == code
        day_start, day_end = _day_of(asked.arrival_ts, settings)
        self.places, self.asks = {}, {}
        for name, times in (
            ("arrival", asked.arrival_ts),
            ("end", asked.end_ts + 1),
            ("day_start", day_start),
            ("day_end", day_end),
        ):
            self.places[name] = _in_order(mine, times)
            self.asks[name] = TradeAsk(times[self.places[name]])
        self.opens = TradeAsk(day_start[self.places["day_start"]], onward=True)
        self.day_end = day_end
        self.reaches = {
            rate: Reach(self.asks["arrival"], asked.filled[self.places["arrival"]] / rate) for rate in settings.rates
        }
        self.paths = {n: TradeAsk(asked.path_ts[n]) for n in np.flatnonzero(mine[asked.path_orders])}
        self.reader = TradeReader([*self.asks.values(), self.opens, *self.paths.values()], list(self.reaches.values()))

    def collect(self, looked: Looked) -> None:
        self.reader.finish()
        if self.reader.last_ts is None:
            return
        mine = np.sort(self.places["arrival"])
        volume: dict[str, Floats] = {}
        turnover: dict[str, Floats] = {}
        last: dict[str, Floats] = {}
        stamp: dict[str, Ints] = {}
        for name, ask in self.asks.items():
            place = self.places[name]
            volume[name] = _placed(ask.volume, place, len(looked.volume))
            turnover[name] = _placed(ask.turnover, place, len(looked.volume))
            last[name] = _placed(ask.last, place, len(looked.volume))
            stamp[name] = _placed(ask.stamp, place, len(looked.volume))
        looked.volume[mine] = (volume["end"] - volume["arrival"])[mine]
        looked.turnover[mine] = (turnover["end"] - turnover["arrival"])[mine]
        looked.day_volume[mine] = (volume["day_end"] - volume["day_start"])[mine]
        traded = looked.day_volume[mine] > 0
        looked.day_close[mine] = np.where(traded, last["day_end"][mine], np.nan)
        before = stamp["day_start"][mine] > NEVER
        looked.previous_close[mine] = np.where(before, last["day_start"][mine], np.nan)
        opens = self.places["day_start"]
        same_day = (self.opens.stamp > NEVER) & (self.opens.stamp < self.day_end[opens])
        looked.day_open[opens] = np.where(same_day, self.opens.last, np.nan)
        for n, path in self.paths.items():
            looked.path_volume[n] = path.volume
        for rate, reach in self.reaches.items():
            with np.errstate(invalid="ignore", divide="ignore"):
                looked.paced[rate][self.places["arrival"]] = reach.turnover / reach.wanted


def _placed(column: Column, place: Ints, size: int) -> Column:
    """Answers in the sequence of the orders that asked."""
    out = np.zeros(size, column.dtype)
    out[place] = column
    return out


def _order_times(asked: Asked, settings: Settings) -> dict[str, Ints]:
    return {
        "decision": asked.decision_ts,
        "arrival": asked.arrival_ts,
        "end": asked.end_ts,
        "settled": asked.end_ts + nanoseconds(settings.realised_s),
    }


def _day_of(ts: Ints, settings: Settings) -> tuple[Ints, Ints]:
    """Start and end of the day that each time is in; a day starts `day_starts_s` after midnight UTC."""
    shift = settings.day_starts_s * SECOND
    start = (ts - shift) // DAY * DAY + shift
    return start, start + DAY


def _in_order(mine: Ints, times: Ints) -> Ints:
    """Places of one symbol's rows, ascending in time."""
    places = np.flatnonzero(mine)
    chosen = times[places]
    if (chosen[1:] >= chosen[:-1]).all():
        return places
    return places[np.argsort(chosen, kind="stable")]


def _span(looked: Looked, symbol: str, reader: QuoteReader | TradeReader) -> None:
    if reader.first_ts is None or reader.last_ts is None:
        return
    first, last = looked.spans.get(symbol, (reader.first_ts, reader.last_ts))
    looked.spans[symbol] = (min(first, reader.first_ts), max(last, reader.last_ts))


def _nothing_yet(asked: Asked, settings: Settings) -> Looked:
    fills, orders = len(asked.fill_ts), len(asked.arrival_ts)

    def nan(size: int) -> Floats:
        return np.full(size, np.nan)

    def never() -> Ints:
        return np.full(fills, NEVER)

    return Looked(
        bid=nan(fills),
        ask=nan(fills),
        quoted_at=never(),
        after_bid=nan(fills),
        after_ask=nan(fills),
        after_at=never(),
        marks={s: nan(fills) for s in settings.horizons_s},
        decision_mid=nan(orders),
        arrival_mid=nan(orders),
        end_mid=nan(orders),
        settled_mid=nan(orders),
        twap=nan(orders),
        volume=nan(orders),
        turnover=nan(orders),
        day_open=nan(orders),
        day_close=nan(orders),
        previous_close=nan(orders),
        day_volume=nan(orders),
        paced={rate: nan(orders) for rate in settings.rates},
        path_bid=np.full(asked.path_ts.shape, np.nan),
        path_ask=np.full(asked.path_ts.shape, np.nan),
        path_volume=np.full(asked.path_ts.shape, np.nan),
    )
