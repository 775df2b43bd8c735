"""One listing of a tape summed up: series for charts, distributions, and the indicators with their usual settings."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from penstock.domain.errors import BadInput
from penstock.domain.time import DAY, HOUR, MINUTE
from penstock.market.calendars import AROUND_THE_CLOCK, sessions_between
from penstock.market.indicators.price_impact import amihud, kyle_lambda, roll_spread
from penstock.market.indicators.regime import efficiency, variance_ratio
from penstock.market.indicators.spreads import size_weighted
from penstock.market.indicators.toxicity import vpin
from penstock.market.indicators.trade_signs import lee_ready
from penstock.market.indicators.volatility import (
    garman_klass_volatility,
    log_returns,
    parkinson_volatility,
    realised_volatility,
    scaled,
)
from penstock.market.indicators.volume_days import round_the_clock_curve, session_curve
from penstock.market.inspection.bins import Bins, step_words
from penstock.market.inspection.heat import Heat, heat_of
from penstock.market.inspection.touches import Touches, TouchReader, touch_pieces
from penstock.market.quality.gaps import OpenTime
from penstock.market.tapes.schema import Listing, Table
from penstock.market.tapes.store import Tape

SIZE_BINS = np.arange(0, 65)  # powers of two, in lots
GAP_BINS = np.arange(0, 15.01, 0.25)  # powers of ten, in ns
SESSION_BINS, DAY_BINS = 26, 24
CURVE_STEP = 5 * MINUTE
VPIN_WINDOW = 10
WIDE_SPREAD = 50
SPREAD_EDGES = np.concatenate([[0], np.logspace(0, 10, 2000)])  # ticks
YEAR_DAYS = {"XNYS": 252, "24/7": 365}
HEAT_MARGIN = 0.12


class Print(NamedTuple):
    """The largest trade of a bin."""

    ts: int
    ticks: float
    lots: float
    sign: int


class VolumeShape(NamedTuple):
    """Shares of volume by equal bins of a day: the `usual`, and those of the `last` day, which began at `start_ns`."""

    start_ns: int
    bin_ns: int
    usual: tuple[float, ...]
    last: tuple[float, ...]
    days: int


class Inspection(NamedTuple):
    """All that a page shows of one listing. Prices are in ticks of the listing, sizes in its lots."""

    source: str
    listing: Listing
    others: tuple[str, ...]
    start_ns: int
    end_ns: int
    rows: dict[str, int]
    bins: Bins
    prints: tuple[Print, ...]
    volume: VolumeShape | None
    sizes: NDArray[np.int64]
    gaps: NDArray[np.int64]
    heat: Heat | None
    indicators: dict[str, tuple[float, str]]  # figure and what it is
    signs: str
    notes: tuple[str, ...]


def choose_listing(tape: Tape, asked: str | None) -> int:
    """The listing asked for by `SYMBOL` or `SYMBOL@VENUE`, else the one with the most rows.

    Raises:
        BadInput: none, or more than one, is of that name.
    """
    if asked:
        fits = [n for n, each in enumerate(tape.listings) if asked.upper() in (each.symbol.upper(), each.name.upper())]
        if len(fits) != 1:
            names = ", ".join(each.name for each in tape.listings[:12])
            rule = f"is one of {names}" if not fits else "is on several venues: say SYMBOL@VENUE, of " + names
            raise BadInput("--listing", "", rule, asked)
        return fits[0]
    counts = np.zeros(len(tape.listings), np.int64)
    for table in tape.rows:
        for frame in tape.pieces(table):
            counts += np.bincount(frame["listing"].to_numpy(), minlength=len(counts))
    return int(counts.argmax())


def inspect(tape: Tape, listing: int) -> Inspection:
    """Passes over the tape's pieces; what is kept does not grow with its length."""
    start, end, rows = _span(tape, listing)
    hours = _hours(tape, listing, start, end)
    if hours is not None and hours.spans:
        start, end = max(start, hours.spans[0][0]), min(end, hours.spans[-1][1])
    bins = Bins(start, end)
    for piece in _touches(tape, listing, hours):
        bins.touches(piece)
    gathered = _Trades(tape, listing, bins, hours)
    bars = _bars(tape, listing, bins, gathered)
    rates = _rates(tape, listing, bins)
    if not np.isfinite(bins.mid).any():
        raise BadInput(tape.source, tape.listings[listing].name, "has no price in it to look at")
    return Inspection(
        source=tape.source,
        listing=tape.listings[listing],
        others=tuple(each.name for n, each in enumerate(tape.listings) if n != listing),
        start_ns=start,
        end_ns=end,
        rows=rows,
        bins=bins,
        prints=gathered.largest(),
        volume=gathered.shape(tape.listings[listing].calendar),
        sizes=gathered.sizes,
        gaps=gathered.gaps,
        heat=_heat(tape, listing, bins),
        indicators={} if rates else _indicators(bins, gathered, tape.listings[listing], bars=bars),
        signs=gathered.signs,
        notes=tape.manifest.notes,
    )


def _span(tape: Tape, listing: int) -> tuple[int, int, dict[str, int]]:
    start, end = 2**62, -(2**62)
    rows: dict[str, int] = {}
    for table in tape.rows:
        for frame in tape.pieces(table, listing):
            rows[str(table)] = rows.get(str(table), 0) + frame.height
            low, high = frame.select(low=pl.col("ts").min(), high=pl.col("ts").max()).row(0)
            start, end = min(start, low), max(end, high)
    return start, end, rows


def _hours(tape: Tape, listing: int, start: int, end: int) -> OpenTime | None:
    """When the market is open, for quotes and trades of one that closes: others are shown as recorded."""
    calendar = tape.listings[listing].calendar
    if calendar == AROUND_THE_CLOCK or Table.BARS in tape.rows:
        return None
    return OpenTime(sessions_between(calendar, start, end + 1))


def _touches(tape: Tape, listing: int, hours: OpenTime | None) -> Iterator[Touches]:
    """The touch; nothing while the market is closed, and nothing much wider than usual.

    Spreads of more than 50 times the median are left out: the best of many exchanges is then a stub. The rule is
    that of Barndorff-Nielsen, Hansen, Lunde and Shephard (2009), "Realized kernels in practice", Econometrics J. 12.
    """
    if hours is None:
        yield from touch_pieces(tape, listing)
        return
    widest = WIDE_SPREAD * _median_spread(tape, listing, hours)
    for piece in touch_pieces(tape, listing):
        shown = hours.trading(piece.ts) & (piece.ask - piece.bid <= widest)
        bid, ask = (np.where(shown, side, np.nan) for side in (piece.bid, piece.ask))
        yield piece._replace(bid=bid, ask=ask)


def _median_spread(tape: Tape, listing: int, hours: OpenTime) -> float:
    """Of the touches while the market is open, in ticks, to about a hundredth."""
    counts = np.zeros(len(SPREAD_EDGES) - 1, np.int64)
    for piece in touch_pieces(tape, listing):
        spread = (piece.ask - piece.bid)[hours.trading(piece.ts)]
        counts += np.histogram(spread[np.isfinite(spread)], SPREAD_EDGES)[0]
    place = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))
    return float(SPREAD_EDGES[min(place + 1, len(SPREAD_EDGES) - 1)])


class _Trades:
    """One listing's trades: by bin, by size, by the time between them, by time of day, and their spreads."""

    def __init__(self, tape: Tape, listing: int, bins: Bins, hours: OpenTime | None) -> None:
        self.bins = bins
        self.sizes = np.zeros(len(SIZE_BINS) - 1, np.int64)
        self.gaps = np.zeros(len(GAP_BINS) - 1, np.int64)
        self.effective: list[tuple[float, float]] = []  # mean by size, and the size, of each piece
        self.day_volume: dict[int, float] = {}
        self.signs = ""
        self.roll_prices: NDArray[np.float64] = np.empty(0)
        self._best = np.zeros(bins.bins)
        self._prints: dict[int, Print] = {}
        self._last_ts: int | None = None
        reader = TouchReader(_touches(tape, listing, hours))
        for frame in tape.pieces(Table.TRADES, listing):
            if hours is not None:
                frame = frame.filter(pl.Series(hours.trading(frame["ts"].to_numpy())))
            if not frame.is_empty():
                self._add(frame, reader)

    def _add(self, frame: pl.DataFrame, reader: TouchReader) -> None:
        frame = frame.sort("ts", maintain_order=True)
        ts = frame["ts"].to_numpy()
        ticks, lots = frame["ticks"].cast(pl.Float64).to_numpy(), frame["lots"].cast(pl.Float64).to_numpy()
        sign = frame["sign"].cast(pl.Float64).to_numpy()
        bid, ask = reader.before(ts)
        if (sign == 0).all():
            sign = lee_ready(ticks, bid, ask).astype(float)
            self.signs = "by Lee and Ready's rule"
        else:
            self.signs = "as recorded"
        self.bins.trading(ts, ticks, lots, sign)
        self.sizes += np.histogram(np.log2(np.maximum(lots, 1)), SIZE_BINS)[0]
        since = np.diff(ts if self._last_ts is None else np.concatenate([[self._last_ts], ts]))
        self.gaps += np.histogram(np.log10(np.maximum(since, 1)), GAP_BINS)[0]
        self._last_ts = int(ts[-1])
        known = np.isfinite(bid + ask) & (sign != 0)
        spread = 2 * sign[known] * (ticks[known] - (bid + ask)[known] / 2)
        if known.any():
            self.effective.append((size_weighted(spread, lots[known]), float(lots[known].sum())))
        self.roll_prices = ticks
        self.by_time(ts, lots)
        at = self.bins.place(ts)
        order = np.lexsort((lots, at))
        largest = order[np.append(at[order][1:] != at[order][:-1], True)]
        for place in largest[lots[largest] >= self._best[at[largest]]].tolist():
            self._best[at[place]] = lots[place]
            self._prints[int(at[place])] = Print(
                int(ts[place]), float(ticks[place]), float(lots[place]), int(sign[place])
            )

    def by_time(self, ts: NDArray[np.int64], lots: NDArray[np.float64]) -> None:
        """Volume by five minutes, for the curve."""
        steps, place = np.unique(ts // CURVE_STEP, return_inverse=True)
        for step, volume in zip(steps.tolist(), np.bincount(place, lots).tolist(), strict=True):
            self.day_volume[step] = self.day_volume.get(step, 0.0) + volume

    def _hours_seen(self) -> int:
        return (max(self.day_volume) - min(self.day_volume)) * CURVE_STEP // HOUR

    def largest(self) -> tuple[Print, ...]:
        return tuple(self._prints[at] for at in sorted(self._prints))

    def shape(self, calendar: str) -> VolumeShape | None:
        """The usual curve over the days recorded, and the last day's."""
        if not self.day_volume or (calendar == AROUND_THE_CLOCK and self._hours_seen() < DAY_BINS):
            return None
        ts = np.array(sorted(self.day_volume), np.int64) * CURVE_STEP
        volume = np.array([self.day_volume[int(at // CURVE_STEP)] for at in ts])
        try:
            if calendar == AROUND_THE_CLOCK:
                usual = round_the_clock_curve(ts, volume, DAY_BINS)
                start, bin_ns, days = int(ts[-1] // DAY * DAY), DAY // DAY_BINS, int(ts[-1] // DAY - ts[0] // DAY + 1)
            else:
                sessions = sessions_between(calendar, int(ts[0]), int(ts[-1]) + 1)
                usual = session_curve(ts, volume, sessions, SESSION_BINS)
                longest = max(each.closes - each.opens for each in sessions)
                start, bin_ns, days = sessions[-1].opens, longest // SESSION_BINS, len(sessions)
        except ValueError:
            return None
        inside = (ts >= start) & (ts < start + bin_ns * len(usual))
        last = np.bincount((ts[inside] - start) // bin_ns, volume[inside], len(usual))
        whole = last.sum() or 1.0
        return VolumeShape(start, bin_ns, usual, tuple(float(each / whole) for each in last), days)


def _bars(tape: Tape, listing: int, bins: Bins, gathered: _Trades) -> bool:
    """Bars of trades in place of trades; whether there were any."""
    found = False
    for frame in tape.pieces(Table.BARS, listing):
        sides = frame["side"].unique().to_list()
        if 0 in sides:
            own = frame.filter(pl.col("side") == 0)
            high, low, open_, close, lots = (
                own[name].cast(pl.Float64).to_numpy() for name in ("high", "low", "open", "close", "lots")
            )
            ts = own["ts"].to_numpy()
            bins.prices(ts, high, low, open_, close)
            bins.trading(ts, close, lots, np.zeros(len(ts)))
            gathered.sizes += np.histogram(np.log2(np.maximum(lots, 1)), SIZE_BINS)[0]
            gathered.by_time(ts, lots)
            found = True
    return found


def _rates(tape: Tape, listing: int, bins: Bins) -> bool:
    """Funding rates, in units of 1e-8, in place of prices; whether there were any."""
    found = False
    for frame in tape.pieces(Table.FUNDING, listing):
        found = True
        rate = frame["rate"].to_numpy() * 1e8
        bins.prices(frame["ts"].to_numpy(), rate, rate, rate, rate)
    return found


def _heat(tape: Tape, listing: int, bins: Bins) -> Heat | None:
    known = bins.mid[np.isfinite(bins.mid)]
    low, high = float(np.quantile(known, 0.002)), float(np.quantile(known, 0.998))
    spreads = bins.spread[np.isfinite(bins.spread)]
    spread = float(np.median(spreads)) if len(spreads) else 0.0
    margin = max((high - low) * HEAT_MARGIN, 6 * spread, high * 1e-5)
    return heat_of(tape, listing, low - margin, high + margin, 1.0)


def _indicators(bins: Bins, gathered: _Trades, listing: Listing, *, bars: bool) -> dict[str, tuple[float, str]]:
    """Each with its usual settings; what cannot be told is left out."""
    tick, lot = float(listing.tick), float(listing.lot)
    step = step_words(bins.step_ns)
    known = np.isfinite(bins.mid) & (bins.mid > 0)
    prices = bins.mid[known]
    found: dict[str, tuple[float, str]] = {}
    spreads = bins.spread_bps
    if np.isfinite(spreads).any():
        found["quoted spread"] = float(np.nanmean(spreads)), "bps of the mid, time-weighted"
    if gathered.effective:
        values, weights = zip(*gathered.effective, strict=True)
        found["effective spread"] = (
            size_weighted(values, weights) / float(np.mean(prices)) * 1e4,
            f"bps of the mid, size-weighted; sides {gathered.signs}",
        )
    if np.isfinite(bins.imbalance).any():
        found["imbalance"] = float(np.nanmean(bins.imbalance)), "of the touch in [−1, 1], time-weighted"
    if len(gathered.roll_prices) > 100:
        found["Roll spread"] = (
            roll_spread(gathered.roll_prices) / float(np.mean(prices)) * 1e4,
            "bps, from the bounce of prints",
        )
    if len(prices) > 20:
        returns = log_returns(prices)
        years = YEAR_DAYS.get(listing.calendar, 252) * (6.5 * 3600e9 if listing.calendar == "XNYS" else DAY)
        steps_a_year = years / bins.step_ns if bins.step_ns < DAY else YEAR_DAYS.get(listing.calendar, 252)
        one = realised_volatility(returns) / np.sqrt(len(returns))
        found["realised volatility"] = scaled(one, steps_a_year) * 100, f"% a year, from steps of {step}"
        if bars or np.isfinite(bins.high[known]).all():
            o, h, lo, c = (each[known] for each in (bins.open, bins.high, bins.low, bins.mid))
            found["Parkinson volatility"] = (
                scaled(parkinson_volatility(h, lo), steps_a_year) * 100,
                "% a year, from ranges",
            )
            found["Garman–Klass volatility"] = (
                scaled(garman_klass_volatility(o, h, lo, c), steps_a_year) * 100,
                "% a year, from ranges, opens and closes",
            )
        found["variance ratio"] = variance_ratio(returns), f"of 5 steps of {step}; 1 is a random walk"
        found["efficiency"] = efficiency(prices), "net move over path, in [0, 1]"
        volume, signed, value = bins.volume[known][1:], bins.signed[known][1:], bins.value[known][1:] * tick * lot
        if value.sum() > 0:
            found["Amihud"] = amihud(returns, value / 1e6) * 1e4, f"bps a million traded, by {step}"
        if np.abs(signed).sum() > 0:
            change = np.diff(prices) / prices[:-1] * 1e4
            unit = volume[volume > 0].mean()
            found["Kyle's λ"] = (
                kyle_lambda(change, signed / unit).slope,
                f"bps for the mean volume of {step} on one side",
            )
            share = np.where(volume > 0, (1 + signed / np.where(volume > 0, volume, 1)) / 2, 0.5)
            toxic = vpin(volume, share, window=VPIN_WINDOW)
            if len(toxic):
                found["VPIN"] = (
                    float(toxic[-1]),
                    f"the last of {len(toxic)}, buckets of 1/50 of the volume, window {VPIN_WINDOW}",
                )
    return {name: pair for name, pair in found.items() if np.isfinite(pair[0])}
