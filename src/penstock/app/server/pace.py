"""The desk's clock at another pace: ten desk seconds a second, for markets that are to pass quickly.

It begins at the present, or where the record ends if a quick clock brought it further, and never goes back.
"""

from penstock.app.live.clock import SystemClock


class QuickClock(SystemClock):
    """`pace` is how much faster than the wall clock it goes."""

    def __init__(self, pace: float, not_before: int = 0) -> None:
        super().__init__()
        self.pace = pace
        self._from = super().now()
        self._shown_from = max(self._from, not_before)

    def now(self) -> int:
        return self._shown_from + round((super().now() - self._from) * self.pace)
