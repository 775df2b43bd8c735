"""Limits that shrink when markets grow rougher or move together, and the pause when they are rougher than ever.

They only ever tighten what a person has set, never loosen it. Volatilities are fractions per day.
"""

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from math import sqrt

import msgspec
import numpy as np

from penstock.risk.limit_book import LimitBook
from penstock.risk.limits import LimitSet
from penstock.risk.scopes import DESK
from penstock.risk.var import Floats

SCALED = (
    "order_value_max",
    "order_quantity_max",
    "parent_value_max",
    "position_value_max",
    "position_quantity_max",
    "gross_exposure_max",
    "net_exposure_max",
    "venue_exposure_max",
)
OF_ONE_ORDER = SCALED[:5]
FLOOR = 0.25
UNIT = Decimal("0.01")


class PauseRule(msgspec.Struct, frozen=True, kw_only=True):
    """Pause above `multiple` times the long-run volatility, resume at `resume` times it, lest it flutter."""

    multiple: float = 3.0
    resume: float = 2.0


def volatility_scale(current: float, target: float, floor: float = FLOOR) -> float:
    """The ratio target / current, within [floor, 1]: so much of a position varies as the whole did at the target."""
    return 1.0 if current <= target else max(target / current, floor)


def correlation_scale(average: float, usual: float, names: int, floor: float = FLOOR) -> float:
    """The same for correlation: the ratio of the volatilities of `names` equal holdings, usual to now, in [floor, 1].

    σ_p = σ·√(1/n + (1 − 1/n)·ρ), the variance of an equally weighted portfolio.
    """
    now, before = (max(1 / names + (1 - 1 / names) * rho, 0.0) for rho in (average, usual))
    return 1.0 if now <= before else max(sqrt(before / now), floor)


def average_correlation(returns: Floats) -> float:
    """The mean of all pairs' correlations; 0 where there is one symbol. A symbol that never moves counts as 0."""
    names = returns.shape[1]
    if names < 2:
        return 0.0
    deviations = returns - returns.mean(axis=0)
    norms = np.sqrt((deviations**2).sum(axis=0))
    matrix = (deviations / np.where(norms > 0, norms, 1.0)).T @ (deviations / np.where(norms > 0, norms, 1.0))
    return float((matrix.sum() - np.trace(matrix)) / (names * (names - 1)))


def realised_volatility(returns: Floats, periods_per_day: float = 1.0) -> float:
    """√(mean of squared returns · periods per day): the mean is taken as zero, as usual over short windows."""
    return float(np.sqrt((returns**2).mean() * periods_per_day)) if len(returns) else 0.0


def scaled(limits: LimitSet, scale: float) -> LimitSet:
    """The limits on size and exposure times a scale in (0, 1], rounded down to 0.01; all others stay."""
    return msgspec.structs.replace(limits, **_sizes(limits, scale))


def scaled_book(book: LimitBook, scales: Mapping[str, float]) -> LimitBook:
    """The book with the limits of these scopes scaled: what has none of its own on one order gets a part of the desk's.

    The book that a person set is the one to keep: this one is made of it anew whenever a scale changes.
    """
    desk, scopes = book.desk, dict(book.scopes)
    for scope, scale in scales.items():
        if scope == DESK:
            desk = msgspec.structs.replace(desk, **_sizes(desk, scale))
        else:
            own = book.of(scope)
            missing = {name: getattr(book.desk, name) for name in OF_ONE_ORDER if getattr(own, name) is None}
            scopes[scope] = scaled(msgspec.structs.replace(own, **missing), scale)
    return msgspec.structs.replace(book, desk=desk, scopes=scopes)


def _sizes(limits: LimitSet, scale: float) -> dict[str, Decimal]:
    assert 0 < scale <= 1, scale
    exact = Decimal(repr(scale))
    sizes = {name: getattr(limits, name) for name in SCALED}
    return {name: (size * exact).quantize(UNIT, ROUND_DOWN) for name, size in sizes.items() if size is not None}


def pause_reason(short: float, long_run: float, rule: PauseRule, *, paused: bool = False) -> str:
    """Why a symbol is (or stays) paused; empty if it trades. Nothing is paused while the long run is not known (0)."""
    multiple = rule.resume if paused else rule.multiple
    if long_run <= 0 or short <= multiple * long_run:
        return ""
    times = f"{short / long_run:.1f} times the long run's {long_run:.2%} (at most {multiple:g})"
    return f"volatility {short:.2%} a day is {times}"
