"""The wall clock as the live driver reads it: it never goes back, and never stands still."""

import time


class SystemClock:
    """Nanoseconds since the Unix epoch. When the system's clock is set back, time goes on at its pace from here."""

    pace: float = 1.0  # seconds of this clock that pass in a second

    def __init__(self) -> None:
        self._now, self._counted = time.time_ns(), time.monotonic_ns()

    def now(self) -> int:
        counted = time.monotonic_ns()
        self._now = max(time.time_ns(), self._now + counted - self._counted)
        self._counted = counted
        return self._now
