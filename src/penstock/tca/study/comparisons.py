"""Is one algorithm or venue really cheaper than another? Differences of weighted costs, with a test that admits
chance.

Orders are the units. Up to `PERMUTED_MAX` orders the p-value is that of a permutation test (labels shuffled over
orders, two-sided, seeded); above, of Welch's t-test on the ratio's linearised residuals, whose standard error gives
the interval in either case. Holm's step-down corrects for the number of pairs that were looked at together.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from penstock.tca.study.settings import Settings
from penstock.tca.study.summing_kernels import shuffled_differences
from penstock.tca.study.tape import Floats
from penstock.tca.study.weighed import Weighed

GROUPS_MAX = 6
ORDERS_MIN = 5
PERMUTED_MAX = 500


@dataclass(frozen=True)
class Comparison:
    """How much dearer `first` was than `second` in bps (negative: cheaper), its interval and p-values."""

    dimension: str
    first: str
    second: str
    orders: tuple[int, int]
    difference_bps: float
    low_bps: float
    high_bps: float
    p: float
    p_holm: float = 1.0

    @property
    def significant(self) -> bool:
        """At 5 % after the correction."""
        return self.p_holm < 0.05


def compare_groups(weighed: Weighed, dimension: str) -> list[Comparison]:
    """All pairs of the dimension's largest groups that have at least `ORDERS_MIN` orders, the surest first."""
    label = weighed.labels[dimension]
    held = dict(zip(label.names, weighed.by_order_in_groups(label), strict=True))
    large = [name for name in sorted(held, key=lambda name: -held[name][1].sum()) if len(held[name][0]) >= ORDERS_MIN]
    settings = weighed.study.settings
    pairs = [compare(dimension, (a, *held[a]), (b, *held[b]), settings) for a, b in combinations(large[:GROUPS_MAX], 2)]
    return holm(pairs)


def compare(
    dimension: str, first: tuple[str, Floats, Floats], second: tuple[str, Floats, Floats], settings: Settings
) -> Comparison:
    """Two groups' Σ cost / Σ weight, one row an order."""
    a, cost_a, weight_a = first
    b, cost_b, weight_b = second
    ratio_a, error_a = _linearised(cost_a, weight_a)
    ratio_b, error_b = _linearised(cost_b, weight_b)
    difference = ratio_a - ratio_b
    error = float(np.hypot(error_a, error_b))
    sizes = (len(cost_a), len(cost_b))
    freedom = _welch(error_a, error_b, sizes)
    reach = float(stats.t.ppf(0.5 + settings.confidence / 2, freedom)) * error
    if sum(sizes) <= PERMUTED_MAX:
        labels = np.concatenate((np.ones(sizes[0], np.int64), np.zeros(sizes[1], np.int64)))
        shuffled = shuffled_differences(
            np.concatenate((cost_a, cost_b)),
            np.concatenate((weight_a, weight_b)),
            labels,
            settings.permutations,
            settings.seed + 1,
        )
        beyond = int((np.abs(shuffled) >= abs(difference) * (1 - 1e-12)).sum())
        p = (beyond + 1) / (settings.permutations + 1)
    else:
        p = float(2 * stats.t.sf(abs(difference) / error, freedom)) if error else float(difference == 0)
    return Comparison(dimension, a, b, sizes, difference, difference - reach, difference + reach, p)


def holm(pairs: list[Comparison]) -> list[Comparison]:
    """Step-down correction: the k-th smallest p-value times the number of pairs not smaller, never decreasing."""
    from dataclasses import replace

    ordered = sorted(pairs, key=lambda pair: pair.p)
    corrected, worst = [], 0.0
    for place, pair in enumerate(ordered):
        worst = max(worst, min(1.0, pair.p * (len(ordered) - place)))
        corrected.append(replace(pair, p_holm=worst))
    return corrected


def _linearised(cost: Floats, weight: Floats) -> tuple[float, float]:
    """A ratio of sums and its standard error by the delta method."""
    total = float(weight.sum())
    ratio = float(cost.sum()) / total
    residual = cost - ratio * weight
    size = len(cost)
    return ratio, float(np.sqrt(size / (size - 1) * (residual**2).sum())) / total


def _welch(error_a: float, error_b: float, sizes: tuple[int, int]) -> float:
    """Welch–Satterthwaite degrees of freedom."""
    parts = [error**4 / (size - 1) for error, size in zip((error_a, error_b), sizes, strict=True)]
    return float((error_a**2 + error_b**2) ** 2 / sum(parts)) if sum(parts) else float(sum(sizes) - 2)
