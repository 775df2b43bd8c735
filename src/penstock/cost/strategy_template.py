"""The execution strategy on one page: what, how fast, with what algorithm, where, when, in which clips, at what cost.

Where: the larger an order against a day's volume, the more of it looks for size away from the lit book; the more
urgent, the less. When: what of it trades while volume comes faster than the day's mean (peak) or slower. Clips: what
the lit book takes without showing, blocks where blocks meet.
"""

import msgspec
import numpy as np

from penstock.cost.candidates import Candidate, Order, slice_shares
from penstock.cost.interval import Interval
from penstock.cost.liquidity import Liquidity
from penstock.cost.market_state import MarketState

# Size of ADV up to which a row holds: dark, crossing. A 15–20 % order over days uses 30 % dark, 20 % crossing.
ALLOCATION = ((0.01, 0.10, 0.00), (0.05, 0.20, 0.05), (0.15, 0.25, 0.10), (float("inf"), 0.30, 0.20))
URGENT = 0.7
TOUCH_SHARE = 0.5  # of what the touch shows, the most that one clip takes
DARK_CLIPS, BLOCK_CLIPS = 5.0, 25.0  # a dark order and a block, in lit clips


class Clips(msgspec.Struct, frozen=True, kw_only=True):
    """Order sizes in units. `dark_minimum` is the least execution worth an answer in the dark."""

    lit: float
    dark: float
    dark_minimum: float
    crossing: float


class Money(msgspec.Struct, frozen=True):
    """An amount with its interval, in the order's currency."""

    expected: float
    low: float
    high: float


class StrategyTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """One order's strategy. Shares add up to one; costs are in bps of the arrival value and in money."""

    symbol: str
    side: str
    quantity: float
    value: float
    currency: str
    size_of_adv: float
    horizon_minutes: float
    horizon_days: float
    urgency: float
    participation: float
    participation_max: float
    limit_price: float | None
    algorithm: str
    parameters: dict[str, object]
    venues: dict[str, float]
    time: dict[str, float]
    clips: Clips
    impact_bps: float
    impact: Interval
    timing_risk_bps: float
    total: Interval
    total_cost: Money


def strategy_of(order: Order, market: MarketState, found: Liquidity, chosen: Candidate) -> StrategyTemplate:
    """The strategy that works an order as chosen."""
    value = market.value(order.quantity)
    bps = value / 1e4
    impact = chosen.temporary_bps + chosen.permanent_bps
    wide = chosen.interval.high - chosen.interval.expected
    error = wide / chosen.interval.deviation * chosen.error_bps if chosen.interval.deviation else 0.0
    return StrategyTemplate(
        symbol=order.symbol,
        side=order.side,
        quantity=order.quantity,
        value=value,
        currency=market.currency,
        size_of_adv=found.size_of_adv,
        horizon_minutes=chosen.horizon_minutes,
        horizon_days=chosen.horizon_minutes / market.day_minutes,
        urgency=order.urgency,
        participation=chosen.participation,
        participation_max=order.participation_max,
        limit_price=order.limit_price,
        algorithm=chosen.algorithm,
        parameters=chosen.parameters,
        venues=venue_allocation(found.size_of_adv, order.urgency, lit_only=market.lit_only),
        time=time_distribution(market, chosen),
        clips=clips_of(order, market, found, chosen),
        impact_bps=impact,
        impact=Interval(
            expected=impact, low=max(impact - error, 0.0), high=impact + error, deviation=chosen.error_bps,
            confidence=order.confidence,
        ),
        timing_risk_bps=chosen.timing_risk_bps,
        total=chosen.interval,
        total_cost=Money(chosen.expected_bps * bps, chosen.interval.low * bps, chosen.interval.high * bps),
    )  # fmt: skip


def venue_allocation(size_of_adv: float, urgency: float, *, lit_only: bool = False) -> dict[str, float]:
    """The shares of an order for dark pools, lit venues and crossing networks."""
    if lit_only:
        return {"dark": 0.0, "lit": 1.0, "crossing": 0.0}
    dark, crossing = next((dark, crossing) for most, dark, crossing in ALLOCATION if size_of_adv <= most)
    if urgency > URGENT:
        dark, crossing = dark / 2, 0.0
    return {"dark": dark, "lit": round(1 - dark - crossing, 10), "crossing": crossing}


def time_distribution(market: MarketState, chosen: Candidate) -> dict[str, float]:
    """The shares of an order that trade while volume comes faster (peak) and slower (off-peak) than the day's mean."""
    if len(chosen.done) < 3:
        busy = market.volume_share(chosen.horizon_minutes) >= chosen.horizon_minutes / market.day_minutes
        return {"peak": float(busy), "off_peak": 1 - float(busy)}
    shares = slice_shares(market, chosen.horizon_minutes)
    mean = chosen.horizon_minutes / market.day_minutes / len(shares)
    peak = float(np.diff(np.array(chosen.done))[shares >= mean * (1 - 1e-9)].sum())
    return {"peak": min(peak, 1.0), "off_peak": max(1 - peak, 0.0)}


def clips_of(order: Order, market: MarketState, found: Liquidity, chosen: Candidate) -> Clips:
    """Order sizes: a lit clip is a minute of the schedule, or half the touch if that is less."""
    by_time = order.quantity / max(chosen.horizon_minutes, 1.0)
    shown = found.touch_quantity * TOUCH_SHARE if found.touch_quantity else by_time
    lit = in_lots(min(by_time, shown), market.lot)

    def up_to_the_order(clip: float) -> float:
        return min(in_lots(clip, market.lot), order.quantity)

    return Clips(
        lit=up_to_the_order(lit),
        dark=up_to_the_order(lit * DARK_CLIPS),
        dark_minimum=up_to_the_order(lit),
        crossing=up_to_the_order(lit * BLOCK_CLIPS),
    )


def in_lots(quantity: float, lot: float) -> float:
    """Whole lots, at least one."""
    return round(max(round(quantity / lot), 1) * lot, 10)
