"""What was foretold against what came: one order's error, and over many whether the estimates are any good.

An estimate is good if its errors average to nothing (bias), and if as many costs lie in its intervals as it said
(coverage). `estimate` is what an order's record holds: `expected_bps`, `low_bps`, `high_bps`, `timing_risk_bps`.
"""

from collections.abc import Iterable, Mapping
from math import sqrt
from statistics import NormalDist, fmean, stdev

import msgspec

from penstock.cost.interval import CONFIDENCE


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """Of one order, in bps: positive `error_bps` is dearer than foretold. `deviations` is None without an interval."""

    expected_bps: float
    realised_bps: float
    error_bps: float
    inside: bool | None = None
    deviations: float | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Of many orders. `coverage` is the share inside the interval, of those that had one, with its 95 % interval.

    `bias_bps` is the mean error with its standard error; `foretells` is whether zero bias and the confidence promised
    are within two standard errors.
    """

    orders: int
    mean_expected_bps: float
    mean_realised_bps: float
    bias_bps: float
    bias_error_bps: float | None
    promised: float
    coverage: float | None
    coverage_low: float | None
    coverage_high: float | None

    @property
    def foretells(self) -> bool | None:
        """Whether the estimates pass; None of too few orders to tell."""
        if self.bias_error_bps is None or self.coverage_low is None or self.coverage_high is None:
            return None
        unbiased = abs(self.bias_bps) <= 2 * self.bias_error_bps
        return unbiased and self.coverage_low <= self.promised <= self.coverage_high


def outcome_of(estimate: Mapping[str, object], realised_bps: float) -> Outcome | None:
    """One order's outcome; None where nothing was foretold. `realised_bps` is against arrival, fees included."""
    figures = {name: float(str(value)) for name, value in estimate.items()}
    expected = figures.get("expected_bps")
    if expected is None:
        return None
    error = realised_bps - expected
    low, high = figures.get("low_bps"), figures.get("high_bps")
    if low is None or high is None:
        return Outcome(expected_bps=expected, realised_bps=realised_bps, error_bps=error)
    deviation = (high - low) / 2 / NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    return Outcome(
        expected_bps=expected,
        realised_bps=realised_bps,
        error_bps=error,
        inside=low <= realised_bps <= high,
        deviations=error / deviation if deviation else None,
    )


def record_of(outcomes: Iterable[Outcome], promised: float = CONFIDENCE) -> Record | None:
    """What many outcomes say of the estimates; None without any. The coverage's interval is Wilson's."""
    all_of = list(outcomes)
    if not all_of:
        return None
    errors = [each.error_bps for each in all_of]
    judged = [each.inside for each in all_of if each.inside is not None]
    coverage = low = high = None
    if judged:
        coverage, n, z = sum(judged) / len(judged), len(judged), NormalDist().inv_cdf(0.975)
        middle = (coverage + z * z / (2 * n)) / (1 + z * z / n)
        wide = z / (1 + z * z / n) * sqrt(coverage * (1 - coverage) / n + z * z / (4 * n * n))
        low, high = max(middle - wide, 0.0), min(middle + wide, 1.0)
    return Record(
        orders=len(all_of),
        mean_expected_bps=fmean(each.expected_bps for each in all_of),
        mean_realised_bps=fmean(each.realised_bps for each in all_of),
        bias_bps=fmean(errors),
        bias_error_bps=stdev(errors) / sqrt(len(errors)) if len(errors) > 1 else None,
        promised=promised,
        coverage=coverage,
        coverage_low=low,
        coverage_high=high,
    )
