"""Implementation shortfall's schedule as a curve by time: even where risk does not matter, bent to the front where it
does.

    done(u) = 1 − sinh(b·(1 − u)) / sinh(b),    b = κT

is the continuous optimum of Almgren and Chriss, with u the share of the window that is over, by the clock or by
expected volume. κ² = λσ²/η does not depend on what is left, so that asking again later gives the rest of the same
curve; it changes with the market only, as √(σ · V^β): more volatile, or more liquid, is faster.

Urgency names λ in a way that means the same for every order: u is worth paying 2u bps of expected cost for one bps
less of standard deviation (about 0.3 for a patient, 1 for a normal, 2 for an aggressive desk: Kissell, *The Science of
Algorithmic Trading*, ch. 8). The bend is the b that makes cost + 2u·deviation least, with the impact template's power
law for the cost of a pace.
"""

from collections.abc import Callable
from functools import lru_cache
from math import exp, log, sinh, sqrt, tanh

import msgspec

from penstock.cost.arguments import not_negative, positive
from penstock.cost.impact_template import DEFAULT, ImpactTemplate
from penstock.domain.errors import BadInput

MODEL = "optimal curve"
AVERSION_AT_FULL_URGENCY = 2.0
BEND_MAX = 40.0
STRAIGHT = 1e-6  # a bend that nobody can see
POINTS = 64
RATIO_MIN = 1e-9  # of what risk is worth to what impact costs: below it an even schedule is best
RATIO_STEP = 0.02  # of its logarithm: bends are found once for orders that are alike
GOLDEN = (sqrt(5) - 1) / 2

Clock = Callable[[int], float]


class OptimalCurve(msgspec.Struct, frozen=True, gc=False):
    """From nothing at `start` to everything at `end` (ns). `clock`, if given, is the share of volume by time.

    Called with a time it gives the share of the order that should be done by then, in [0, 1].
    """

    start: int
    end: int
    bend: float
    clock: Clock | None = None

    def __call__(self, at: int) -> float:
        return done(self.bend, self.passed(at))

    def passed(self, at: int) -> float:
        """The share of the window that is over, in [0, 1]."""
        if at >= self.end:
            return 1.0
        if at <= self.start:
            return 0.0
        return self.clock(at) if self.clock is not None else (at - self.start) / (self.end - self.start)

    def rest(
        self, now: int, *, clock: Clock | None = None, volatility: float = 1.0, volume: float = 1.0, power: float = 0.6
    ) -> "OptimalCurve":
        """The optimal schedule of what is left at `now`: the same decay over less time. It begins again at nothing.

        `clock` is the share of volume by time from now on. `volatility` and `volume` say how many times what the plan
        expected they have become; `power` is β.
        """
        pace = sqrt(max(volatility, 0.0) * max(volume, 0.0) ** power)
        bend = min(self.bend * (1.0 - self.passed(now)) * pace, BEND_MAX)
        return OptimalCurve(min(now, self.end), self.end, bend, clock)


def done(bend: float, passed: float) -> float:
    """The share of the order that is done when the share `passed` of the window is over."""
    if passed >= 1.0:
        return 1.0
    if passed <= 0.0:
        return 0.0
    if abs(bend) < STRAIGHT:
        return passed
    return 1.0 - sinh(bend * (1.0 - passed)) / sinh(bend)


def shortfall_bend(
    quantity: float,
    adv: float,
    daily_volatility: float,
    volume_share: float,
    urgency: float,
    template: ImpactTemplate = DEFAULT,
    risk_weight: float = 1.0,
    tolerance_bps: float | None = None,
    participation_max: float | None = None,
) -> float:
    """The bend b = κT of an order's optimal schedule; 0 is even, 3 does four fifths in the first half of the time.

    `volume_share` is the part of a day's volume expected in the window (window/day where no curve is known).
    `risk_weight` multiplies the urgency's aversion (IS's opportunity cost weight). `tolerance_bps` bounds the temporary
    impact that the bend may cost in all, `participation_max` the share of volume that it begins with, both as far as an
    even schedule keeps them.

    Raises:
        BadInput: an urgency outside [0, 1], a volume or a window that is not positive.
    """
    if not 0 <= urgency <= 1:
        raise BadInput(MODEL, "urgency", "must lie between 0 and 1", urgency)
    positive(MODEL, adv=adv, volume_share=volume_share)
    not_negative(MODEL, daily_volatility=daily_volatility, risk_weight=risk_weight)
    aversion = AVERSION_AT_FULL_URGENCY * urgency * risk_weight
    cost = template.temporary_bps(abs(quantity) / adv, volume_share, template.scale(daily_volatility))
    risk = daily_volatility * 1e4 * sqrt(volume_share)
    if aversion * risk == 0:
        return 0.0
    most = BEND_MAX if tolerance_bps is None or cost == 0 else steepest(tolerance_bps / cost, template.beta)
    if participation_max is not None and quantity:
        most = min(most, bend_of_first_rate(participation_max * adv * volume_share / abs(quantity)))
    if cost == 0:
        return most
    ratio = aversion * risk / cost
    if ratio < RATIO_MIN:
        return 0.0
    return min(best_bend(round(log(ratio) / RATIO_STEP), template.beta), most)


@lru_cache(maxsize=4096)
def best_bend(step: int, power: float) -> float:
    """The bend that makes dearness(b) + k·spread(b) least, k = e^(step·0.02): golden section over log b."""
    weight = exp(step * RATIO_STEP)

    def objective(height: float) -> float:
        bend = exp(height)
        return dearness(bend, power) + weight * spread(bend)

    low, high = log(1e-3), log(BEND_MAX)
    one, other = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_one, at_other = objective(one), objective(other)
    while high - low > 1e-4:
        if at_one < at_other:
            high, other, at_other = other, one, at_one
            one = high - GOLDEN * (high - low)
            at_one = objective(one)
        else:
            low, one, at_one = one, other, at_other
            other = low + GOLDEN * (high - low)
            at_other = objective(other)
    return exp((low + high) / 2)


@lru_cache(maxsize=1024)
def steepest(times: float, power: float) -> float:
    """The largest bend whose temporary impact is `times` that of an even schedule; 0 if that is less than once."""
    low, high = 0.0, BEND_MAX
    if times >= dearness(high, power):
        return high
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if dearness(middle, power) <= times else (low, middle)
    return low


def dearness(bend: float, power: float) -> float:
    """∫ (d done/du)^(1+β) du: how many times the temporary impact of an even schedule a bent one costs.

    Simpson's rule over equal parts of what is done, where the rate is smooth: ∫ rate^β d(done).
    """
    if bend < STRAIGHT:
        return 1.0
    whole = sinh(bend)
    total = 0.0
    for point in range(POINTS + 1):
        left = whole * point / POINTS  # sinh(b(1 − u)), so that cosh is √(1 + left²)
        weight = 1 if point in (0, POINTS) else 4 if point % 2 else 2
        total += weight * (bend * sqrt(1 + left * left) / whole) ** power
    return total / (3 * POINTS)


def spread(bend: float) -> float:
    """√∫ (1 − done)² du: the standard deviation of an order worked so, in those of the whole order over the window."""
    if bend < 0.01:
        return 1 / sqrt(3)
    if bend > 300:
        return 1 / sqrt(2 * bend)
    return sqrt((sinh(2 * bend) / (4 * bend) - 0.5) / sinh(bend) ** 2)


def first_rate(bend: float) -> float:
    """How many times the even pace a bent schedule begins with: b·coth(b)."""
    return bend / tanh(bend) if bend > STRAIGHT else 1.0


def bend_of_first_rate(times: float) -> float:
    """The bend that begins with so many times the even pace; 0 for once or less."""
    if times <= 1:
        return 0.0
    low, high = 0.0, min(times, BEND_MAX)
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if first_rate(middle) <= times else (low, middle)
    return low


def waiting(bend: float) -> float:
    """∫ (1 − done) du: how much of the order is still to be done, on average over the window."""
    return 0.5 if bend < 1e-4 else tanh(bend / 2) / bend
