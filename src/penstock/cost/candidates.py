"""Every way to work an order that is worth comparing: algorithms, horizons, urgencies, each with its cost and its risk.

    expected = spread paid + temporary + permanent + momentum + fees     against the arrival mid, in bps
    objective = expected + 2·urgency · deviation of the timing risk

An algorithm is here the schedule that it follows: at once (market), even by the clock (TWAP), by volume (VWAP, POV),
bent to the front (IS), by volume with parts moved (ADAPTIVE, told as VWAP), even and always taking (SNIPER), bent to
the end of the session's last half hour (CLOSE). None costs more impact than the square-root law or taking all of it at
once. What share of it rests rather than takes is a first guess by algorithm, until fills say otherwise.

`NOT_COMPARED` says why the others have no row.
"""

from math import sqrt
from typing import Any

import msgspec
import numpy as np

from penstock.cost.arguments import BPS, Floats
from penstock.cost.impact_template import ImpactTemplate, estimate_impact
from penstock.cost.interval import Interval, interval_of
from penstock.cost.liquidity import liquidity_of
from penstock.cost.market_state import MarketState
from penstock.cost.optimal_curve import (
    AVERSION_AT_FULL_URGENCY,
    dearness,
    done,
    first_rate,
    shortfall_bend,
    spread,
    waiting,
)
from penstock.cost.schedule_cost import temporary_bps, timing_risk_bps, worst_pace
from penstock.cost.square_root import square_root_bps
from penstock.domain.errors import BadInput

SLICES = 60  # of a horizon, for what follows the clock
PASSIVE_SHARES = {
    "market": 0.0, "twap": 0.5, "vwap": 0.5, "pov": 0.5, "is": 0.4, "adaptive": 0.5, "sniper": 0.0, "close": 0.4,
}  # fmt: skip
NOT_COMPARED = {
    "limit, iceberg, peg, hidden, display": "they wait at a price: whether they fill is the market's choice",
    "momentum, mean_reversion": "VWAP's or TWAP's schedule, moved by what the price does meanwhile",
    "dark_sweep": "what venues without a display hold cannot be seen beforehand",
    "arbitrage, quote": "they are not given an order to be done",
}
CLOSE_MINUTES, CLOSE_BEND = 30.0, 3.0  # what CLOSE works in, and how late
ALL_DAY_MINUTES = 1440.0  # a market without a close
CLOSE_SLACK = 1.01  # a horizon that ends within this of the close reaches it
BY_HORIZON = ("twap", "vwap", "is", "adaptive", "sniper")
AT_ONCE_MINUTES = 1 / 60
HORIZONS_MINUTES = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 240.0, 390.0, 780.0, 1170.0, 1950.0)
POV_RATES = (0.05, 0.10, 0.20)
STEADY_DAYS_MAX = 20.0
STEEPEST = 300.0  # bend: nearly all of it at once


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be traded: `sign` +1 buy or −1 sell, `quantity` positive. A horizon in minutes is the latest end.

    `correlated_size` is Σ ρ·(Q/ADV) of the other orders of its basket, signed as this one.

    Raises:
        BadInput: a quantity, horizon or participation that cannot be, or an urgency outside [0, 1].
    """

    symbol: str
    sign: int
    quantity: float
    urgency: float = 0.5
    horizon_minutes: float | None = None
    participation_max: float = 0.25
    limit_price: float | None = None
    correlated_size: float = 0.0
    confidence: float = 0.90

    def __post_init__(self) -> None:
        where = f"order {self.symbol}"
        if self.sign not in (1, -1):
            raise BadInput(where, "sign", "must be +1 to buy or −1 to sell", self.sign)
        for name in ("quantity", "horizon_minutes", "limit_price"):
            value = getattr(self, name)
            if value is not None and not 0 < value < float("inf"):
                raise BadInput(where, name, "must be greater than zero", value)
        if not 0 <= self.urgency <= 1:
            raise BadInput(where, "urgency", "must lie between 0 and 1", self.urgency)
        if not 0 < self.participation_max <= 1:
            raise BadInput(where, "participation_max", "must lie in (0, 1]", self.participation_max)

    @property
    def side(self) -> str:
        return "buy" if self.sign > 0 else "sell"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One way to work the order, all costs in bps of its value at arrival. `done` is the share by equal parts of time.

    `participation` is the mean share of volume, `worst_participation` the largest of any part.
    """

    algorithm: str
    parameters: dict[str, Any]
    horizon_minutes: float
    bend: float
    participation: float
    worst_participation: float
    passive_share: float
    spread_bps: float
    temporary_bps: float
    permanent_bps: float
    momentum_bps: float
    fees_bps: float
    expected_bps: float
    timing_risk_bps: float
    error_bps: float
    interval: Interval
    objective_bps: float
    done: tuple[float, ...] = ()


def candidates(order: Order, market: MarketState, template: ImpactTemplate) -> list[Candidate]:
    """At once, what has a horizon over each that is allowed, POV at each rate that ends in time, and the close."""
    ways = [at_once(order, market, template)]
    for minutes in horizons(order, market):
        ways += [worked(order, market, template, algorithm, minutes) for algorithm in BY_HORIZON]
    longest = latest(order, market)
    closes = market.day_minutes * (1 - market.elapsed)
    if market.day_minutes < ALL_DAY_MINUTES and 0 < closes <= longest * CLOSE_SLACK:
        ways.append(worked(order, market, template, "close", min(closes, longest)))
    for rate in (*POV_RATES, order.participation_max):
        if rate > order.participation_max or (rate == order.participation_max and rate in POV_RATES):
            continue
        minutes = market.minutes_for(order.quantity / (market.adv * rate))
        if minutes <= longest:
            ways.append(worked(order, market, template, "pov", minutes, rate))
    return ways


def latest(order: Order, market: MarketState) -> float:
    """Minutes until the order must be done: its own horizon, the market's end, or twenty days."""
    ends = (order.horizon_minutes, market.minutes_left, STEADY_DAYS_MAX * market.day_minutes)
    return min(end for end in ends if end is not None)


def horizons(order: Order, market: MarketState) -> list[float]:
    """The horizons to compare, in minutes, and the latest; none so short that the order is more than the volume."""
    longest = latest(order, market)
    least = market.minutes_for(order.quantity / market.adv)
    inside = [each for each in HORIZONS_MINUTES if least <= each < longest]
    return [*inside, longest]


def at_once(order: Order, market: MarketState, template: ImpactTemplate) -> Candidate:
    """Taking everything now: the displayed book, then the square-root law."""
    half, beyond = market.spread_bps / 2, impact_at_once(order, market)
    return _priced(
        order, market, "market", {}, AT_ONCE_MINUTES, 0.0, 1.0, 1.0,
        (half, beyond, 0.0, 0.0, market.taker_bps), 0.0, template.error * beyond, (0.0, 1.0),
    )  # fmt: skip


def impact_at_once(order: Order, market: MarketState) -> float:
    """What taking everything now costs beyond half the spread, in bps."""
    found = liquidity_of(market, order.sign, order.quantity)
    return max(found.immediate_bps - market.spread_bps / 2, 0.0)


def most_impact(order: Order, market: MarketState) -> float:
    """The most that any schedule costs in impact, in bps: the square-root law of the whole, or all of it at once.

    The power law of a pace knows no end; at a pace that is a large part of the volume it would cost more than haste.
    """
    law = square_root_bps(order.quantity, market.adv, market.daily_volatility)
    return max(law, impact_at_once(order, market))


def worked(
    order: Order, market: MarketState, template: ImpactTemplate, algorithm: str, minutes: float, rate: float = 0.0
) -> Candidate:
    """One algorithm over a horizon; `rate` is POV's share of volume."""
    shares = slice_shares(market, minutes)
    whole = float(shares.sum())
    size, volatility, days = order.quantity / market.adv, market.daily_volatility, minutes / market.day_minutes
    scale = template.scale(volatility, market.usual_volatility)
    bend = 0.0
    if algorithm == "is":
        bend = shortfall_bend(
            order.quantity, market.adv, volatility, whole, order.urgency, template,
            participation_max=order.participation_max,
        )  # fmt: skip
    progress = shape_of(algorithm, shares, bend, minutes)
    if algorithm in ("twap", "sniper", "close"):
        temporary = temporary_bps(progress, shares, size, template, scale)
        risk, worst = timing_risk_bps(progress, shares, volatility), worst_pace(progress, shares, size)
    else:
        temporary = template.temporary_bps(size, whole, scale) * dearness(bend, template.beta)
        risk, worst = volatility * BPS * sqrt(whole) * spread(bend), size / whole * first_rate(bend)
    impact = estimate_impact(
        template, size, whole, volatility, usual_volatility=market.usual_volatility,
        correlated_size=order.correlated_size,
    )  # fmt: skip
    most = most_impact(order, market)
    permanent = min(impact.permanent_bps, most)
    temporary = min(temporary, most - permanent)
    momentum = template.momentum_weight * order.sign * market.trend_bps * days * waiting(bend)
    passive = PASSIVE_SHARES[algorithm]
    fees = passive * market.maker_bps + (1 - passive) * market.taker_bps
    costs = ((1 - passive) * market.spread_bps / 2, temporary, permanent, momentum, fees)
    error = template.error * (temporary + permanent)
    return _priced(
        order, market, algorithm, parameters_of(algorithm, order, minutes, rate), minutes, bend, size / whole, worst,
        costs, risk, error, tuple(progress.tolist()),
    )  # fmt: skip


def slice_shares(market: MarketState, minutes: float) -> Floats:
    """The share of a day's volume expected in each of the equal parts of a horizon."""
    ends = np.linspace(0.0, minutes, SLICES + 1)
    reached = np.array([market.volume_share(float(end)) for end in ends])
    return np.maximum(np.diff(reached), 1e-12)


def shape_of(algorithm: str, shares: Floats, bend: float, minutes: float) -> Floats:
    """The share of the order done at the end of each part of the horizon, from 0 to 1."""
    if algorithm in ("twap", "sniper"):
        return np.linspace(0.0, 1.0, len(shares) + 1)
    if algorithm == "close":
        over = np.linspace(0.0, minutes, len(shares) + 1) - max(minutes - CLOSE_MINUTES, 0.0)
        inside = np.clip(over / min(CLOSE_MINUTES, minutes), 0.0, 1.0)
        return np.array([1.0 - done(CLOSE_BEND, 1.0 - float(each)) for each in inside])
    passed = np.concatenate([[0.0], np.cumsum(shares) / shares.sum()])
    passed[-1] = 1.0
    return np.array([done(bend, float(each)) for each in passed]) if bend else passed


def parameters_of(algorithm: str, order: Order, minutes: float, rate: float) -> dict[str, Any]:
    """What to give the algorithm, by the names of its parameters."""
    lasting = round(minutes, 2) if minutes < 10 else round(minutes)
    if algorithm == "twap":
        return {"duration_minutes": lasting}
    if algorithm == "vwap":
        return {"time_horizon": lasting}
    if algorithm == "pov":
        most = max(order.participation_max, rate)
        return {"participation_rate": rate, "max_participation": most}
    if algorithm == "close":
        return {"minutes": CLOSE_MINUTES}
    if algorithm in ("sniper", "adaptive"):
        return {"duration_minutes": lasting}
    return {"urgency": order.urgency, "duration_minutes": lasting}


def frontier(
    order: Order, market: MarketState, template: ImpactTemplate, minutes: float, points: int = 32
) -> list[tuple[float, float, float]]:
    """(bend, expected, timing risk) of schedules by volume that end within `minutes`, in bps, the dearest last.

    From even to where the order would be the whole market when it begins. What another beats in both is left out (a
    price that moves against the order makes haste cheap): what stays is the efficient frontier.
    """
    even = worked(order, market, template, "vwap", minutes)
    rest = even.expected_bps - even.temporary_bps - even.momentum_bps
    most = max(most_impact(order, market) - even.permanent_bps, 0.0)
    steepest_bend = min(max(1 / even.participation, 1.0), STEEPEST)
    kept: list[tuple[float, float, float]] = []
    for number in range(points):
        bend = (1 + steepest_bend) ** (number / (points - 1)) - 1
        momentum = even.momentum_bps * waiting(bend) / waiting(0.0)
        cost = rest + momentum + min(even.temporary_bps * dearness(bend, template.beta), most)
        while kept and kept[-1][1] >= cost:
            kept.pop()
        kept.append((bend, cost, even.timing_risk_bps * spread(bend) / spread(0.0)))
    return kept


def _priced(
    order: Order, market: MarketState, algorithm: str, parameters: dict[str, Any], minutes: float, bend: float,
    participation: float, worst: float, costs: tuple[float, float, float, float, float], risk: float, error: float,
    progress: tuple[float, ...],
) -> Candidate:  # fmt: skip
    spread, temporary, permanent, momentum, fees = costs
    expected = sum(costs)
    return Candidate(
        algorithm=algorithm,
        parameters=parameters,
        horizon_minutes=minutes,
        bend=bend,
        participation=participation,
        worst_participation=worst,
        passive_share=PASSIVE_SHARES[algorithm],
        spread_bps=spread,
        temporary_bps=temporary,
        permanent_bps=permanent,
        momentum_bps=momentum,
        fees_bps=fees,
        expected_bps=expected,
        timing_risk_bps=risk,
        error_bps=error,
        interval=interval_of(expected, risk, error, order.confidence),
        objective_bps=expected + AVERSION_AT_FULL_URGENCY * order.urgency * risk,
        done=progress,
    )
