"""Pre-trade analysis: what is there, what each way of trading it costs and risks, which one to take, when to stop.

A pure function of an order, a market and the impact template; every figure in it can be had by calling the parts.
"""

import msgspec

from penstock.cost.candidates import Candidate, Order, candidates, frontier, latest, worked
from penstock.cost.impact_template import DEFAULT, Adjustment, ImpactEstimate, ImpactTemplate, estimate_impact
from penstock.cost.liquidity import Liquidity, liquidity_of
from penstock.cost.market_state import MarketState
from penstock.cost.recommendation import Recommendation, recommend
from penstock.cost.safeguards import Safeguard, safeguards_of
from penstock.cost.strategy_template import StrategyTemplate, strategy_of

CURVE_POINTS = 25
NEGLIGIBLE_BPS = 1e-6
SHORTEST = 0.02  # of the longest horizon, where the cost curve begins


class FrontierPoint(msgspec.Struct, frozen=True):
    """An efficient schedule: its bend, expected cost and timing risk in bps."""

    bend: float
    expected_bps: float
    timing_risk_bps: float


class CurvePoint(msgspec.Struct, frozen=True):
    """What working the order by volume over `minutes` costs and risks, in bps."""

    minutes: float
    expected_bps: float
    timing_risk_bps: float
    participation: float


class PreTrade(msgspec.Struct, frozen=True, kw_only=True):
    """The whole analysis of one order."""

    order: Order
    market: MarketState
    template: ImpactTemplate
    liquidity: Liquidity
    impact: ImpactEstimate
    ways: tuple[Candidate, ...]
    frontier: tuple[FrontierPoint, ...]
    cost_curve: tuple[CurvePoint, ...]
    recommendation: Recommendation
    limits: tuple[Safeguard, ...]
    aborts: tuple[Safeguard, ...]
    strategy: StrategyTemplate

    @property
    def chosen(self) -> Candidate:
        return self.recommendation.chosen


def analyse(order: Order, market: MarketState, template: ImpactTemplate = DEFAULT) -> PreTrade:
    """Everything that can be said of an order before it trades.

    Raises:
        BadInput: an order, a market or a template that cannot be.
    """
    found = liquidity_of(market, order.sign, order.quantity)
    ways = candidates(order, market, template)
    advice = recommend(order, market, found, ways)
    chosen = advice.chosen
    limits, aborts = safeguards_of(order, market, found, chosen)
    minutes = chosen.horizon_minutes
    impact = estimate_impact(
        template,
        found.size_of_adv,
        max(market.volume_share(minutes), 1e-12),
        market.daily_volatility,
        clock_share=minutes / market.day_minutes,
        usual_volatility=market.usual_volatility,
        expected_move_bps=order.sign * market.trend_bps * minutes / market.day_minutes,
        correlated_size=order.correlated_size,
    )
    impact = as_worked(impact, chosen)
    longest = latest(order, market)
    return PreTrade(
        order=order,
        market=market,
        template=template,
        liquidity=found,
        impact=impact,
        ways=tuple(ways),
        frontier=tuple(FrontierPoint(*each) for each in frontier(order, market, template, longest)),
        cost_curve=tuple(_curve(order, market, template, longest)),
        recommendation=advice,
        limits=limits,
        aborts=aborts,
        strategy=strategy_of(order, market, found, chosen),
    )


def as_worked(impact: ImpactEstimate, chosen: Candidate) -> ImpactEstimate:
    """The impact of an even schedule with what the chosen one changes of it, as an adjustment of its own."""
    changed = chosen.temporary_bps + chosen.permanent_bps - impact.temporary_bps - impact.permanent_bps
    if abs(changed) < NEGLIGIBLE_BPS:
        return impact
    words = "all of it is taken now, from the book" if chosen.algorithm == "market" else "it is not even by volume"
    return msgspec.structs.replace(
        impact,
        temporary_bps=chosen.temporary_bps,
        permanent_bps=chosen.permanent_bps,
        momentum_bps=chosen.momentum_bps,
        adjustments=(*impact.adjustments, Adjustment("schedule", changed, words)),
        error_bps=chosen.error_bps,
    )


def _curve(order: Order, market: MarketState, template: ImpactTemplate, longest: float) -> list[CurvePoint]:
    """Over horizons in equal ratios, from the shortest that the whole market's volume would allow."""
    least = max(longest * SHORTEST, market.minutes_for(order.quantity / market.adv))
    if least >= longest:
        least = longest
    ratio = (longest / least) ** (1 / (CURVE_POINTS - 1))
    points = []
    for number in range(CURVE_POINTS if ratio > 1 else 1):
        way = worked(order, market, template, "vwap", least * ratio**number)
        points.append(CurvePoint(way.horizon_minutes, way.expected_bps, way.timing_risk_bps, way.participation))
    return points
