"""Which algorithm an order gets when nobody names one: for a signal by its exact rule, else by what the order is like.

A signal's order, in this order:

    confidence > 0.8 and urgency > 0.7      market
    notional > 3000                         VWAP
    urgency < 0.3                           TWAP
    otherwise                               implementation shortfall
"""

from collections.abc import Callable

import msgspec

from penstock.domain.errors import BadInput

CONFIDENT, URGENT, PATIENT, LARGE_NOTIONAL = 0.8, 0.7, 0.3, 3000.0


class Choice(msgspec.Struct, frozen=True):
    """An algorithm by its name, and why."""

    algorithm: str
    reason: str


def select_for_signal(confidence: float, urgency: float, notional: float) -> Choice:
    """The algorithm of a signal's order; `confidence` and `urgency` in [0, 1], `notional` in money, of either sign.

    Raises:
        BadInput: a confidence or urgency outside [0, 1], a notional that is not a number.
    """
    for name, value in (("confidence", confidence), ("urgency", urgency)):
        if not 0 <= value <= 1:
            raise BadInput("signal", name, "must lie between 0 and 1", value)
    size = abs(notional)
    if not size < float("inf"):
        raise BadInput("signal", "notional", "must be a finite number", notional)
    if confidence > CONFIDENT and urgency > URGENT:
        return Choice(
            "market", f"confidence {confidence:g} is above {CONFIDENT} and urgency {urgency:g} above {URGENT}"
        )
    if size > LARGE_NOTIONAL:
        return Choice("vwap", f"the notional {size:,.2f} is above {LARGE_NOTIONAL:,.0f}")
    if urgency < PATIENT:
        return Choice("twap", f"the order is small, and urgency {urgency:g} is below {PATIENT}")
    return Choice("is", f"the order is small, and urgency {urgency:g} is not below {PATIENT}")


class Characteristics(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is like: sizes as fractions of a day's volume, of the touch, and of the volume in its window.

    `trend_against` is how many standard deviations of its window the price moves against it; `benchmark` is what it
    will be held against: `arrival`, `vwap`, `twap` or `close`.

    Raises:
        BadInput: a number that no order has, an unknown benchmark.
    """

    size_of_adv: float
    participation: float
    times_touch: float | None = None
    urgency: float = 0.5
    spread_bps: float = 0.0
    trend_against: float = 0.0
    benchmark: str = "arrival"

    def __post_init__(self) -> None:
        for name in ("size_of_adv", "participation", "spread_bps"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise BadInput("order", name, "must not be negative", getattr(self, name))
        if not 0 <= self.urgency <= 1:
            raise BadInput("order", "urgency", "must lie between 0 and 1", self.urgency)
        if self.benchmark not in BENCHMARKS:
            raise BadInput("order", "benchmark", f"must be one of {', '.join(BENCHMARKS)}", self.benchmark)


BENCHMARKS = ("arrival", "vwap", "twap", "close")
WIDE_SPREAD_BPS, THIN_TIMES_TOUCH, HEAVY, NOTABLE, TRENDING = 25.0, 50.0, 0.20, 0.005, 1.0

Rule = tuple[Callable[[Characteristics], bool], str, str]
RULES: tuple[Rule, ...] = (
    (lambda each: each.benchmark == "close", "close", "it is held against the close"),
    (
        lambda each: each.urgency > URGENT and each.times_touch is not None and each.times_touch <= 1,
        "market",
        "it is urgent, and the touch holds it whole",
    ),
    (
        lambda each: each.spread_bps > WIDE_SPREAD_BPS and each.urgency <= URGENT,
        "sniper",
        f"the spread is above {WIDE_SPREAD_BPS:g} bps: wait for liquidity rather than cross it",
    ),
    (
        lambda each: each.participation > HEAVY,
        "pov",
        f"it is more than {HEAVY:.0%} of the volume in its window: follow volume, and let the end move",
    ),
    (lambda each: each.benchmark == "vwap", "vwap", "it is held against VWAP"),
    (lambda each: each.benchmark == "twap", "twap", "it is held against TWAP"),
    (
        lambda each: each.urgency > URGENT or each.trend_against > TRENDING,
        "is",
        "it is urgent, or the price is moving away: risk counts more than impact",
    ),
    (
        lambda each: each.times_touch is not None and each.times_touch > THIN_TIMES_TOUCH,
        "adaptive",
        f"it is more than {THIN_TIMES_TOUCH:g} times what the touch shows: the book decides when",
    ),
    (
        lambda each: each.urgency < PATIENT and each.size_of_adv < NOTABLE,
        "twap",
        f"it is patient, and below {NOTABLE:.1%} of a day's volume: any even schedule will do",
    ),
    (lambda each: each.urgency < PATIENT, "vwap", "it is patient, and large enough to need the market's volume"),
    (lambda each: True, "is", "it is held against arrival: balance impact and risk"),
)


def select_for_order(order: Characteristics) -> Choice:
    """The algorithm of the first rule that an order meets."""
    return next(Choice(algorithm, reason) for meets, algorithm, reason in RULES if meets(order))
