"""A market in equal bins of time: last mid, range, time-weighted spread and imbalance, volume by side."""

import numpy as np
from numpy.typing import NDArray

from penstock.domain.time import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from penstock.market.inspection.touches import Touches, joined

BINS_MAX = 1500
STEPS = (
    *(n * MILLISECOND for n in (100, 500)),
    *(n * SECOND for n in (1, 5, 10, 30)),
    *(n * MINUTE for n in (1, 5, 15, 30)),
    *(n * HOUR for n in (1, 4)),
    *(n * DAY for n in (1, 7, 30, 365)),
)
FRESH_NS = MINUTE  # how long a touch counts that nothing followed

Floats = NDArray[np.float64]


def step_words(step_ns: int) -> str:
    """A step as people say it: `30 s`, `4 h`."""
    for unit, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if step_ns >= unit and step_ns % unit == 0:
            return f"{step_ns // unit} {word}"
    return f"{step_ns / SECOND:g} s"


class Bins:
    """Gathered piece by piece. `mid` is the last of each bin (NaN without one); prices are in ticks."""

    def __init__(self, start_ns: int, end_ns: int) -> None:
        self.step_ns = next((step for step in STEPS if (end_ns - start_ns) / step <= BINS_MAX), STEPS[-1])
        self.start_ns = start_ns // self.step_ns * self.step_ns
        self.bins = int((end_ns - self.start_ns) // self.step_ns) + 1
        self.mid, self.high, self.low = (np.full(self.bins, np.nan) for _ in range(3))
        self._spread, self._bps, self._lean, self._held, self._shown, self._shown_held = np.zeros((6, self.bins))
        self.volume, self.signed, self.value, self.trades = np.zeros((4, self.bins))
        self.open = np.full(self.bins, np.nan)
        self._last: Touches | None = None

    @property
    def ts(self) -> NDArray[np.int64]:
        """When each bin begins."""
        return self.start_ns + np.arange(self.bins, dtype=np.int64) * self.step_ns

    @property
    def spread(self) -> Floats:
        """Time-weighted quoted spread, in ticks; NaN where nothing was quoted."""
        return _mean(self._spread, self._held)

    @property
    def spread_bps(self) -> Floats:
        return _mean(self._bps, self._held)

    @property
    def imbalance(self) -> Floats:
        """Time-weighted, of the lots at the touch, in [-1, 1]."""
        return _mean(self._lean, self._shown_held)

    @property
    def touch_lots(self) -> Floats:
        """Time-weighted lots at both touches together."""
        return _mean(self._shown, self._shown_held)

    def place(self, ts: NDArray[np.int64]) -> NDArray[np.int64]:
        found: NDArray[np.int64] = np.clip((ts - self.start_ns) // self.step_ns, 0, self.bins - 1)
        return found

    def touches(self, piece: Touches) -> None:
        """A touch holds until the next, in the bin where it began."""
        if self._last is not None:
            piece = joined([self._last, piece])
        self._last = piece.last()
        held = np.minimum(np.diff(np.append(piece.ts, piece.ts[-1])), FRESH_NS).astype(float)
        mid, spread = piece.mid, piece.ask - piece.bid
        known = np.isfinite(mid)
        at = self.place(piece.ts)
        whole = np.where(known, held, 0.0)
        self._held += np.bincount(at, whole, self.bins)
        self._spread += np.bincount(at, whole * np.where(known, spread, 0), self.bins)
        self._bps += np.bincount(at, whole * np.where(known, spread / np.where(known, mid, 1) * 1e4, 0), self.bins)
        shown = piece.bid_lots + piece.ask_lots
        with_lots = np.where(known & (shown > 0), held, 0.0)
        lean = (piece.bid_lots - piece.ask_lots) / np.where(shown > 0, shown, 1)
        self._shown_held += np.bincount(at, with_lots, self.bins)
        self._lean += np.bincount(at, with_lots * lean, self.bins)
        self._shown += np.bincount(at, with_lots * shown, self.bins)
        self._prices(at[known], mid[known])

    def prices(self, ts: NDArray[np.int64], high: Floats, low: Floats, open_: Floats, close: Floats) -> None:
        """Bars in place of touches."""
        at = self.place(ts)
        np.fmax.at(self.high, at, high)
        np.fmin.at(self.low, at, low)
        first = at[::-1]
        fresh = np.isnan(self.open)
        opened = np.full(self.bins, np.nan)
        opened[first] = open_[::-1]
        self.open = np.where(fresh, opened, self.open)
        self.mid[at] = close

    def _prices(self, at: NDArray[np.int64], mid: Floats) -> None:
        np.fmax.at(self.high, at, mid)
        np.fmin.at(self.low, at, mid)
        opened = np.full(self.bins, np.nan)
        opened[at[::-1]] = mid[::-1]
        self.open = np.where(np.isnan(self.open), opened, self.open)
        self.mid[at] = mid  # of repeated places the last stays

    def trading(self, ts: NDArray[np.int64], ticks: Floats, lots: Floats, sign: Floats) -> None:
        at = self.place(ts)
        self.volume += np.bincount(at, lots, self.bins)
        self.signed += np.bincount(at, lots * sign, self.bins)
        self.value += np.bincount(at, lots * ticks, self.bins)
        self.trades += np.bincount(at, minlength=self.bins)


def _mean(sums: Floats, weights: Floats) -> Floats:
    found: Floats = np.where(weights > 0, sums / np.where(weights > 0, weights, 1), np.nan)
    return found
