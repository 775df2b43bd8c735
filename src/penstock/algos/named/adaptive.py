"""Adaptive: a mixture of schedules whose weights follow the market's regime.

Every regime reading is a number near 0 in usual conditions: trend against the order (standard deviations), volatility
and spread (logarithms of now over usual), imbalance against the order. Weights are multiplied by exp(speed · effect):
an adverse trend or imbalance moves weight to implementation shortfall, a favourable one to the even schedules;
volatility moves it to implementation shortfall, a wide spread away from it. So a regime bends the schedule at once
and is forgotten with it, and there is nothing to remember but the estimates.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from math import exp, floor, log, log2
from types import MappingProxyType
from typing import Annotated

import msgspec

from penstock.algos.named.algorithm import NotNegative, Positive, Unit, window_end
from penstock.algos.named.implementation_shortfall import KAPPA_AT_FULL_URGENCY
from penstock.algos.named.sliced import Sliced
from penstock.algos.schedules.blended import Blended
from penstock.algos.schedules.curved import Curved
from penstock.algos.schedules.events import around
from penstock.algos.slicing import Even, Fraction, Slice
from penstock.algos.strategy import Style, style_of
from penstock.algos.view import Plan, Session, View
from penstock.domain.instrument import AssetClass
from penstock.domain.orders import OrderTerms, Strategy
from penstock.domain.time import SECOND
from penstock.market.estimates import is_warm, spread_ratio, trend, volatility_ratio
from penstock.market.volume_curve import Portion, named_curve

URGENCY = 0.5  # of the front-loaded part
WEIGHT_STEP = 0.05  # weights are read this coarsely, so that the schedule does not flicker
DEFAULT_WEIGHTS: Mapping[str, float] = MappingProxyType({"twap": 0.25, "vwap": 0.5, "is": 0.25})
STRONG = 1.5  # a trend of so many standard deviations changes how a slice is worked
PAUSE = 5 * SECOND


class Condition(StrEnum):
    """What of the market the algorithm listens to."""

    SPREAD = "spread"
    VOLATILITY = "volatility"
    IMBALANCE = "imbalance"
    TREND = "trend"
    DEPTH = "depth"


class Adaptive(Sliced, frozen=True, kw_only=True):
    """Choose among TWAP, VWAP and implementation shortfall by how the market is now.

    `market_conditions` are those that it listens to (all by default). `algorithm_weights` are the weights in usual
    conditions of `twap`, `vwap` and `is`. `adaptation_speed` in [0, 1] is how strongly they move. What is shown at
    once is at most `depth_share` of what the touch usually shows; while volatility is over `pause_above` times the
    usual, it waits.
    """

    duration_minutes: Positive | None = None
    market_conditions: tuple[Condition, ...] = tuple(Condition)
    algorithm_weights: dict[str, NotNegative] = msgspec.field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    adaptation_speed: Unit = 0.5
    depth_share: Positive = 1.0
    pause_above: Annotated[float, msgspec.Meta(ge=1)] = 4.0

    def __post_init__(self) -> None:
        unknown = [name for name in self.algorithm_weights if name not in DEFAULT_WEIGHTS]
        if unknown:
            raise ValueError(f"algorithm_weights: {unknown[0]!r} is none of {', '.join(DEFAULT_WEIGHTS)}")
        if sum(self.algorithm_weights.values()) <= 0:
            raise ValueError("algorithm_weights: they must sum to more than 0")

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        return self.blend(self.algorithm_weights, asset_class, window, session)

    def bent(self, view: View) -> dict[str, float]:
        return self.weights(view)

    def shape(self, view: View) -> Fraction:
        window = (view.start, view.end)
        return self.blend(self.weights(view), view.instrument.asset_class, window, view.session)

    def blend(
        self, weights: Mapping[str, float], asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction:
        volume = Portion(named_curve(None, asset_class, session.start, session.end), *window)
        schedules: dict[str, Fraction] = {
            "twap": Even(*window),
            "vwap": volume,
            "is": Curved(volume, KAPPA_AT_FULL_URGENCY * URGENCY),
        }
        whole = sum(weights.values())
        parts = [(weight / whole, schedules[name]) for name, weight in sorted(weights.items()) if weight > 0]
        return around(Blended(tuple(parts)), window, self.events)

    def weights(self, view: View) -> dict[str, float]:
        """The weights of the schedules now, summing to about 1; the planned ones while nothing is known."""
        estimates, listens = view.estimates, self.market_conditions
        if estimates is None or not is_warm(estimates):
            return self.algorithm_weights
        sign = view.terms.side.sign
        against = sign * trend(estimates) if Condition.TREND in listens else 0.0
        if Condition.IMBALANCE in listens:
            against += sign * estimates.imbalance
        hurry = against
        if Condition.VOLATILITY in listens:
            hurry += log(max(volatility_ratio(estimates), 1e-3))
        if Condition.SPREAD in listens:
            hurry -= log(max(spread_ratio(estimates), 1e-3))
        effect = {"is": hurry, "twap": -against, "vwap": 0.0}
        moved = {
            name: weight * exp(self.adaptation_speed * effect[name]) for name, weight in self.algorithm_weights.items()
        }
        whole = sum(moved.values())
        coarse = {name: round(weight / whole / WEIGHT_STEP) * WEIGHT_STEP for name, weight in moved.items()}
        return coarse if any(coarse.values()) else self.algorithm_weights

    def plan(self, view: View) -> Plan:
        listens = Condition.VOLATILITY in self.market_conditions
        if listens and view.now < view.end and volatility_ratio(view.estimates) > self.pause_above:
            return Plan((), min(view.now + PAUSE, view.end))
        return super().plan(view)

    def slice(self, view: View, least: Decimal) -> Slice:
        piece = super().slice(view, least)
        before = min(piece.before, piece.target)
        return Slice(piece.number, piece.start, piece.end, piece.target, piece.is_last, before, fixed=False)

    def bounded(self, view: View, due: Decimal) -> Decimal:
        due = super().bounded(view, due)
        if Condition.DEPTH not in self.market_conditions or view.estimates is None or not is_warm(view.estimates):
            return due
        if view.estimates.depth <= 0:
            return due
        clip = view.instrument.round_quantity(
            Decimal(repr(2.0 ** floor(log2(view.estimates.depth * self.depth_share))))
        )
        clip = max(clip, self.least(view))
        return min(due, (view.filled // clip + 1) * clip - view.filled)

    def style(self, view: View, lag: float) -> Style:
        """More aggressive while the market runs away from the order, more passive while it comes to it."""
        if Condition.TREND not in self.market_conditions:
            return super().style(view, lag)
        against = view.terms.side.sign * trend(view.estimates)
        if abs(against) < STRONG:
            return super().style(view, lag)
        strategy = Strategy.AGGRESSIVE if against > 0 else Strategy.PASSIVE
        return style_of(strategy, view.terms.urgency, lag, self.passive_share)
