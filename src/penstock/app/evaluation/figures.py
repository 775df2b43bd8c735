"""The figures of a comparison, with what chance may have done to them.

Parents are independent, their two sides are not: a mean's standard error is over parents. Intervals are percentiles of
a bootstrap over parents, all contenders' outcomes of a parent kept together: so a saving is judged pair by pair.
"""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

import msgspec
import numpy as np

from penstock.app.evaluation.trials import BASELINE, REFERENCE, Outcome

RESAMPLES = 2_000
LEVEL = 0.95


class Interval(msgspec.Struct, frozen=True):
    """A figure with its interval at `LEVEL`."""

    value: float
    low: float
    high: float


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One contender's figures: costs in bps of the order's arrival value, shares of 1.

    `saving` is the share of the immediate market order's cost that was saved, `against_twap` the difference of mean
    costs. `tracking` is the standard deviation of single orders' costs against the algorithm's own benchmark,
    `tracking_vwap` that against the market's VWAP, `risk` that of their whole costs, and `objective` the mean cost
    plus one `risk`.
    """

    label: str
    parents: int
    cost: float
    error: float
    saving: Interval | None
    against_twap: Interval | None
    filled: float
    passive: float
    participation: float
    benchmark: float
    tracking: float
    tracking_vwap: float
    risk: float
    objective: float
    children: float


def lines(outcomes: Sequence[Outcome], seed: int = 0) -> list[Line]:
    """Every contender's figures over those parents that all of them traded, the cheapest first."""
    labels = list(dict.fromkeys(outcome.label for outcome in outcomes))
    by_number: dict[int, dict[str, Outcome]] = {}
    for outcome in outcomes:
        by_number.setdefault(outcome.number, {})[outcome.label] = outcome
    whole = [found for found in by_number.values() if len(found) == len(labels)]
    if not whole:
        return []
    costs = {label: np.array([found[label].cost for found in whole]) for label in labels}
    picks = np.random.default_rng(seed).integers(0, len(whole), (RESAMPLES, len(whole)))
    made = [line(label, [found[label] for found in whole], costs, picks) for label in labels]
    return sorted(made, key=lambda each: each.cost)


def line(label: str, outcomes: Sequence[Outcome], costs: dict[str, np.ndarray], picks: np.ndarray) -> Line:
    own = costs[label]
    sides = [cost for outcome in outcomes for cost in outcome.costs]
    benchmarks = [cost for outcome in outcomes for cost in outcome.benchmark]
    vwap = [cost for outcome in outcomes for cost in outcome.vwap]
    risk = stdev(sides) if len(sides) > 1 else 0.0
    saving = against = None
    if BASELINE in costs and label != BASELINE:
        base = costs[BASELINE]
        spread = 1 - own[picks].mean(axis=1) / base[picks].mean(axis=1)
        saving = interval(1 - own.mean() / base.mean(), spread)
    if REFERENCE in costs and label != REFERENCE:
        difference = own - costs[REFERENCE]
        against = interval(difference.mean(), difference[picks].mean(axis=1))
    return Line(
        label=label,
        parents=len(outcomes),
        cost=float(own.mean()),
        error=float(own.std(ddof=1) / sqrt(len(own))) if len(own) > 1 else 0.0,
        saving=saving,
        against_twap=against,
        filled=fmean(outcome.filled for outcome in outcomes),
        passive=fmean(outcome.passive for outcome in outcomes),
        participation=fmean(outcome.participation for outcome in outcomes),
        benchmark=fmean(benchmarks),
        tracking=stdev(benchmarks) if len(benchmarks) > 1 else 0.0,
        tracking_vwap=stdev(vwap) if len(vwap) > 1 else 0.0,
        risk=risk,
        objective=float(own.mean()) + risk,
        children=fmean(outcome.children for outcome in outcomes) / 2,
    )


def interval(value: float, resampled: np.ndarray) -> Interval:
    low, high = np.quantile(resampled, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(float(value), float(low), float(high))
