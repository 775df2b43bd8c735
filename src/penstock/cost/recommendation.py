"""Which way to work an order: the least of cost and risk at its urgency, the simplest where several are as good.

A way is allowed if its participation keeps the order's limit; taking at once is allowed if the displayed book holds
the whole order. Of those allowed, whatever is within a quarter of a basis point (or 2 %) of the best counts as good as
it; of those the simplest is taken, and the shortest.
"""

from collections.abc import Sequence

import msgspec

from penstock.cost.candidates import Candidate, Order
from penstock.cost.liquidity import Liquidity
from penstock.cost.market_state import MarketState

SIMPLEST_FIRST = ("vwap", "twap", "pov", "is", "market", "adaptive", "sniper", "close")
AS_GOOD_BPS, AS_GOOD_SHARE = 0.25, 0.02
FITTED_MAX = 1.0  # of a day's volume, beyond which no model was fitted


class Recommendation(msgspec.Struct, frozen=True, kw_only=True):
    """The way that was chosen, why, and what a reader must be warned of."""

    chosen: Candidate
    reason: str
    warnings: tuple[str, ...] = ()


def recommend(order: Order, market: MarketState, found: Liquidity, ways: Sequence[Candidate]) -> Recommendation:
    """The recommended way of those priced; `ways` has at least the one at once and one that is worked."""
    allowed = [way for way in ways if _allowed(order, found, way)]
    warnings: list[str] = []
    if not any(way.algorithm != "market" for way in allowed):
        slowest = min((way for way in ways if way.algorithm != "market"), key=_slowness)
        needs = market.minutes_for(order.quantity / (market.adv * order.participation_max))
        warnings.append(
            f"in {lasting(slowest.horizon_minutes)} the order is {slowest.participation:.0%} of the volume, more than"
            f" the {order.participation_max:.0%} allowed: give it {lasting(needs)}, or trade less"
        )
        allowed.append(slowest)
    best = min(allowed, key=lambda way: way.objective_bps)
    room = max(AS_GOOD_BPS, AS_GOOD_SHARE * abs(best.objective_bps))
    chosen = min(
        (way for way in allowed if way.objective_bps <= best.objective_bps + room),
        key=lambda way: (SIMPLEST_FIRST.index(way.algorithm), way.horizon_minutes),
    )
    if found.size_of_adv > FITTED_MAX:
        warnings.append(
            f"the order is {found.size_of_adv:.1f} days' volume: impact was fitted to far smaller ones,"
            " and is a guess here"
        )
    if order.limit_price is not None and order.sign * (order.limit_price - market.price) < 0:
        warnings.append("the limit price is not reached by the market now: the order may never fill")
    return Recommendation(chosen=chosen, reason=_reason(order, ways, chosen), warnings=tuple(warnings))


def _allowed(order: Order, found: Liquidity, way: Candidate) -> bool:
    if way.algorithm == "market":
        return found.beyond_the_book == 0 and found.displayed_in_all is not None
    return way.worst_participation <= order.participation_max * (1 + 1e-6)


def _slowness(way: Candidate) -> tuple[float, float]:
    return round(way.participation, 6), way.objective_bps


def _reason(order: Order, ways: Sequence[Candidate], chosen: Candidate) -> str:
    """In one sentence: what makes it best, and what the obvious alternatives would cost."""
    aversion = 2 * order.urgency
    if chosen.algorithm == "market":
        why = "the displayed book takes it whole, for less than waiting would risk"
    elif aversion == 0:
        why = "at no urgency only the expected cost counts"
    else:
        why = f"least cost + {aversion:g} × risk within {order.participation_max:.0%} of the volume"
    others = []
    for algorithm in ("market", "twap"):
        same = [way for way in ways if way.algorithm == algorithm]
        if algorithm == chosen.algorithm or not same:
            continue
        near = min(same, key=lambda way: abs(way.horizon_minutes - chosen.horizon_minutes))
        when = "at once" if algorithm == "market" else f"{algorithm.upper()} over {lasting(near.horizon_minutes)}"
        others.append(f"{when} {near.expected_bps:.1f} ± {near.timing_risk_bps:.1f}")
    told = f"{chosen.expected_bps:.1f} bps ± {chosen.timing_risk_bps:.1f}"
    return f"{why}: {told}" + (f", against {' and '.join(others)}" if others else "")


def lasting(minutes: float) -> str:
    """A horizon as people say it, in trading time."""
    if minutes < 1:
        return f"{max(round(minutes * 60), 1)} s"
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h"
