"""How long messages took, from the sender's clock to ours: their distribution, and how far one clock is behind."""

import numpy as np
from numpy.typing import NDArray

EDGES_US = np.concatenate([[-np.inf], -np.logspace(8, 0, 161), [0], np.logspace(0, 8, 161), [np.inf]])


class Delays:
    """Received minus sent, piece by piece; quantiles are read from 20 bins a decade.

    `offset_ns` has been added to the times received: what is early without it counts as early.
    """

    def __init__(self, offset_ns: int = 0) -> None:
        self.offset_ns = offset_ns
        self.timed = self.early = 0
        self.least_ns: int | None = None
        self._counts = np.zeros(len(EDGES_US) - 1, np.int64)

    def add(self, received: NDArray[np.int64], sent: NDArray[np.int64]) -> None:
        delay = received - sent
        if not len(delay):
            return
        self.timed += len(delay)
        self.early += int((delay < self.offset_ns).sum())
        least = int(delay.min())
        self.least_ns = least if self.least_ns is None else min(self.least_ns, least)
        self._counts += np.histogram(delay / 1000, EDGES_US)[0]

    def quantile_ns(self, share: float) -> int:
        """The delay that so many stay within, to about 6 %."""
        place = int(np.searchsorted(np.cumsum(self._counts), share * self.timed))
        low, high = EDGES_US[place], EDGES_US[min(place + 1, len(EDGES_US) - 1)]
        ends = [edge for edge in (low, high) if np.isfinite(edge)]
        return int(sum(ends) / len(ends) * 1000)
