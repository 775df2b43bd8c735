"""When a market trades: the share of a day's volume by time, from recorded bars or from a named shape."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from statistics import median

import msgspec

from penstock.domain.instrument import AssetClass
from penstock.domain.time import DAY

# Half hours of a US equity session: busy open, quiet lunch, busiest close. The well-known U, rounded.
EQUITY = (0.135, 0.095, 0.080, 0.070, 0.062, 0.056, 0.052, 0.050, 0.053, 0.060, 0.070, 0.087, 0.130)
# Hours of a UTC day of a large crypto market: higher when Europe and America trade together.
CRYPTO = (
    *(0.041, 0.040, 0.038, 0.035, 0.034, 0.033, 0.034, 0.038, 0.042, 0.041, 0.040, 0.041),
    *(0.044, 0.052, 0.059, 0.058, 0.054, 0.050, 0.045, 0.042, 0.041, 0.039, 0.038, 0.041),
)
SHAPES = {"equity": EQUITY, "crypto": CRYPTO, "flat": (1.0,)}


class VolumeCurve:
    """Weights of equal time bins from `origin` (ns) over `span` ns, repeating when `daily`.

    Between bin edges volume is taken as even.
    """

    def __init__(self, weights: Sequence[float], origin: int, span: int, *, daily: bool = False) -> None:
        self.origin, self.span, self.daily = origin, span, daily
        sums = list(accumulate(weights))  # by its last, not by sum(), which adds otherwise from Python 3.12 on
        self._sums = [0.0, *(reached / sums[-1] for reached in sums)]

    def cumulative(self, at: int) -> float:
        """Volume traded from the origin until `at`, in units of one whole span."""
        turns, rest = divmod(at - self.origin, self.span)
        if not self.daily and turns != 0:
            return 0.0 if turns < 0 else 1.0
        position = rest / self.span * (len(self._sums) - 1)
        whole = min(int(position), len(self._sums) - 2)
        low, high = self._sums[whole], self._sums[whole + 1]
        return turns + low + (position - whole) * (high - low)

    def fraction(self, at: int, start: int, end: int) -> float:
        """Share of the volume between `start` and `end` that has traded by `at`; in [0, 1]."""
        if at <= start:
            return 0.0
        if at >= end:
            return 1.0
        first = self.cumulative(start)
        whole = self.cumulative(end) - first
        if whole <= 0:  # a window in which the curve expects nothing: spread it evenly
            return (at - start) / (end - start)
        return (self.cumulative(at) - first) / whole


class Portion(msgspec.Struct, frozen=True):
    """What a curve expects between `start` and `end` (ns), as a share of it by time."""

    curve: VolumeCurve
    start: int
    end: int

    def __call__(self, at: int) -> float:
        return self.curve.fraction(at, self.start, self.end)


curve_of = lru_cache(maxsize=256)(VolumeCurve)  # orders of one shape and session share their curve


def named_curve(shape: str | None, asset_class: AssetClass, session_start: int, session_end: int) -> VolumeCurve:
    """The curve called `equity`, `crypto` or `flat`; by default the one that suits the asset class.

    `crypto` runs over the UTC day; the others over the session.

    Raises:
        KeyError: no such shape.
    """
    name = shape or ("equity" if asset_class is AssetClass.EQUITY else "crypto")
    weights = SHAPES[name]
    if name == "crypto":
        return curve_of(weights, session_start - session_start % DAY, DAY, daily=True)
    return curve_of(weights, session_start, max(session_end - session_start, 1))


def weights_from_days(days: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Median share of each bin over several recorded days (volumes, one row a day), scaled to sum to 1.

    Days shorter than the longest (half days) and days without volume are left out; the median keeps a single
    day's news out of the curve.

    Raises:
        ValueError: no full day with volume.
    """
    bins = max((len(day) for day in days), default=0)
    shares = [[volume / sum(day) for volume in day] for day in days if len(day) == bins and sum(day) > 0]
    if not shares:
        raise ValueError("no full day with volume to make a curve from")
    middle = [median(column) for column in zip(*shares, strict=True)]
    total = sum(middle)
    if total <= 0:
        raise ValueError("the recorded days have no volume in common to make a curve from")
    return tuple(share / total for share in middle)
