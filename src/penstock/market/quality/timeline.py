"""What a recording looks like over its time, in equal buckets: rows by table, and how often the best quotes cross."""

import msgspec
import numpy as np
from numpy.typing import NDArray

BUCKETS = 96


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Counts by bucket; the first begins at `start_ns`."""

    start_ns: int
    bucket_ns: int
    rows: dict[str, list[int]]
    compared: list[int]
    crossed: list[int]
    crossed_cleaned: list[int]


class TimelineCounts:
    """Gathers a timeline piece by piece."""

    def __init__(self, start_ns: int, end_ns: int) -> None:
        self.start_ns, self.bucket_ns = start_ns, max((end_ns - start_ns) // BUCKETS + 1, 1)
        self._rows: dict[str, NDArray[np.int64]] = {}
        self._quoted = np.zeros((3, BUCKETS), np.int64)

    def rows(self, table: str, ts: NDArray[np.int64]) -> None:
        counts = self._rows.setdefault(table, np.zeros(BUCKETS, np.int64))
        counts += self._count(ts)

    def quotes(
        self, ts: NDArray[np.int64], whole: NDArray[np.bool_], crossed: NDArray[np.bool_], cleaned: NDArray[np.bool_]
    ) -> None:
        for place, mask in enumerate((whole, crossed, cleaned)):
            self._quoted[place] += self._count(ts[mask])

    def _count(self, ts: NDArray[np.int64]) -> NDArray[np.int64]:
        place = np.clip((ts - self.start_ns) // self.bucket_ns, 0, BUCKETS - 1)
        return np.bincount(place, minlength=BUCKETS).astype(np.int64)

    def done(self) -> Timeline:
        compared, crossed, cleaned = self._quoted.tolist()
        return Timeline(
            start_ns=self.start_ns,
            bucket_ns=self.bucket_ns,
            rows={table: counts.tolist() for table, counts in self._rows.items()},
            compared=compared,
            crossed=crossed,
            crossed_cleaned=cleaned,
        )
