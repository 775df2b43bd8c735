"""Numbers that should count up by one: what was skipped, what came twice, what came late."""

import numpy as np
from numpy.typing import NDArray


class Sequence:
    """One series of numbers, piece by piece."""

    def __init__(self) -> None:
        self._last: int | None = None
        self.seen = self.skipped = self.breaks = self.repeated = self.back = 0

    def add(self, numbers: NDArray[np.int64]) -> None:
        if not len(numbers):
            return
        self.seen += len(numbers)
        if self._last is not None:
            numbers = np.concatenate([[self._last], numbers])
        steps = np.diff(numbers)
        self._last = int(numbers[-1])
        self.skipped += int((steps[steps > 1] - 1).sum())
        self.breaks += int((steps > 1).sum())
        self.repeated += int((steps == 0).sum())
        self.back += int((steps < 0).sum())
