"""What an estimate's interval means: of the orders like this one, so many cost no less and no more.

The cost of an order is taken as normal about what is expected. Two things, independent, spread it: what the price does
by itself while the order is worked (timing risk, σ times the root of Σ (share of the day's variance) · (share of the
order still to do)²), and how far this order's impact is from the model's (its error):

    deviation² = timing² + error²,    interval = expected ± z · deviation

So it is as wide as the price is volatile, however well the impact is known. Timing risk: Almgren and Chriss (2000).
"""

from math import hypot
from statistics import NormalDist

import msgspec

from penstock.domain.errors import BadInput

CONFIDENCE = 0.90
NORMAL = NormalDist()


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """In bps: between `low` and `high` with the probability `confidence`; `deviation` is one standard deviation."""

    expected: float
    low: float
    high: float
    deviation: float
    confidence: float = CONFIDENCE

    def holds(self, cost: float) -> bool:
        """Whether a cost lies within."""
        return self.low <= cost <= self.high


def interval_of(expected: float, timing_risk: float, error: float, confidence: float = CONFIDENCE) -> Interval:
    """The central interval about `expected`; all in bps.

    Raises:
        BadInput: a confidence outside (0, 1), or a negative deviation.
    """
    if not 0 < confidence < 1:
        raise BadInput("interval", "confidence", "must lie between 0 and 1, such as 0.9", confidence)
    if timing_risk < 0 or error < 0:
        raise BadInput("interval", "timing_risk", "must not be negative", min(timing_risk, error))
    deviation = hypot(timing_risk, error)
    wide = z_of(confidence) * deviation
    return Interval(
        expected=expected, low=expected - wide, high=expected + wide, deviation=deviation, confidence=confidence
    )


def z_of(confidence: float) -> float:
    """How many standard deviations to either side hold this probability."""
    return NORMAL.inv_cdf((1 + confidence) / 2)
