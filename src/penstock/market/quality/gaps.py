"""Time between rows while a market is open: how much of it is longer than a row stays fresh."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from penstock.domain.sessions import SessionTimes

Ints = NDArray[np.int64]


class OpenTime:
    """A clock that runs only while the market is open: `elapsed(t)` is open time before `t`."""

    def __init__(self, sessions: Sequence[SessionTimes]) -> None:
        self.spans = tuple((each.opens, each.closes) for each in sessions)
        self._starts = np.array([start for start, _ in self.spans] or [0], np.int64)
        self._ends = np.array([end for _, end in self.spans] or [0], np.int64)
        self._before = np.concatenate([[0], np.cumsum(self._ends - self._starts)])

    def trading(self, ts: Ints) -> NDArray[np.bool_]:
        """Whether the market is open at each time."""
        place = np.searchsorted(self._starts, ts, side="right") - 1
        found: NDArray[np.bool_] = (place >= 0) & (ts < self._ends[np.maximum(place, 0)])
        return found

    def elapsed(self, ts: Ints) -> Ints:
        place = np.searchsorted(self._starts, ts, side="right") - 1
        inside = np.clip(ts, self._starts[np.maximum(place, 0)], self._ends[np.maximum(place, 0)])
        within = inside - self._starts[np.maximum(place, 0)]
        reached: Ints = np.where(place < 0, 0, self._before[np.maximum(place, 0)] + within).astype(np.int64)
        return reached


class Freshness:
    """One series' gaps, piece by piece."""

    def __init__(self, clock: OpenTime, limit_ns: int) -> None:
        self._clock, self._limit = clock, limit_ns
        self._last: int | None = None
        self.open_ns = self.stale_ns = self.gaps = self.longest_ns = self.longest_at = 0

    def add(self, ts: Ints) -> None:
        if not len(ts):
            return
        reached = self._clock.elapsed(np.maximum.accumulate(ts))
        if self._last is not None:
            reached = np.concatenate([[self._last], reached])
            ts = np.concatenate([ts[:1], ts])
        between = np.diff(reached)
        self._last = int(reached[-1])
        if not len(between):
            return
        over = between - self._limit
        self.open_ns += int(between.sum())
        self.stale_ns += int(over[over > 0].sum())
        self.gaps += int((over > 0).sum())
        worst = int(between.argmax())
        if between[worst] > self.longest_ns:
            self.longest_ns, self.longest_at = int(between[worst]), int(ts[worst])
