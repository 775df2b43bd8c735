"""What happened within the last so many nanoseconds: counts, sums and losses, as plain data that a fold can keep.

A window of `span` at `now` is the half-open (now − span, now]: what happened exactly `span` ago has just left it, what
happens now is in it. Events come in the order of time. Reading changes nothing; only `add` forgets what has left.
"""

from bisect import bisect_right
from decimal import Decimal

import msgspec

ZERO = Decimal(0)
DROP_AT = 64  # entries that have left are dropped in one go once they are so many, and half of all


class CountWindow(msgspec.Struct, kw_only=True):
    """How often something happened: exact up to `most`, in a ring of the latest `most` times."""

    span: int
    most: int
    times: list[int] = []
    oldest: int = 0  # where the ring begins once it is full

    def add(self, at: int) -> None:
        """One more, now. O(1)."""
        times = self.times
        if len(times) < self.most:
            times.append(at)
        elif times:
            times[self.oldest] = at
            self.oldest = (self.oldest + 1) % self.most

    def is_full(self, now: int) -> bool:
        """Whether `most` lie in the window: one more would be too many. O(1)."""
        times = self.times
        return len(times) >= self.most and (not times or times[self.oldest] > now - self.span)

    def free_at(self, now: int) -> int:
        """From when on one more fits: `now` itself where it does (`most` must not be 0)."""
        return self.times[self.oldest] + self.span if self.is_full(now) else now

    def count(self, now: int) -> int:
        """How many lie in the window, at most `most`. O(log most)."""
        ordered = self.times[self.oldest :] + self.times[: self.oldest] if self.oldest else self.times
        return len(ordered) - bisect_right(ordered, now - self.span)


class SumWindow(msgspec.Struct, kw_only=True):
    """The sum of amounts within the window.

    With a `resolution` of 0 it is exact, and as long as the events within `span` are many. Otherwise events of one
    bucket of that many ns are kept as one that leaves with the latest of them: memory is bounded by span / resolution
    + 2 buckets, and an amount is counted for up to one `resolution` too long, never too short.
    """

    span: int
    resolution: int = 0
    times: list[int] = []
    sums: list[Decimal] = []  # of everything up to and with this entry
    gone: Decimal = ZERO  # the sum of everything that was dropped
    start: int = 0  # the first entry that may still lie in the window

    def add(self, at: int, amount: Decimal) -> None:
        """Take in an amount. O(1) amortised."""
        times, sums = self.times, self.sums
        total = (sums[-1] if sums else self.gone) + amount
        if self.resolution and times and times[-1] // self.resolution == at // self.resolution:
            times[-1], sums[-1] = at, total
        else:
            times.append(at)
            sums.append(total)
        edge = at - self.span
        while times[self.start] <= edge:
            self.start += 1
        if self.start >= DROP_AT and self.start * 2 >= len(times):
            self.gone = sums[self.start - 1]
            del times[: self.start], sums[: self.start]
            self.start = 0

    def total(self, now: int) -> Decimal:
        """The sum within the window. O(log n)."""
        if not self.sums:
            return ZERO
        first = bisect_right(self.times, now - self.span, lo=self.start)
        before = self.sums[first - 1] if first else self.gone
        return self.sums[-1] - before

    def loss(self, now: int) -> Decimal:
        """What the amounts, taken as gains, lost within the window; zero if they gained."""
        return max(ZERO, -self.total(now))
