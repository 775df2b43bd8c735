"""Implementation shortfall: early enough to bear little risk, slowly enough to have little impact.

The schedule is Almgren and Chriss's (2000) over the clock of expected volume. Its bend κT balances what the order's
impact costs against what the market may do meanwhile (`penstock.cost.optimal_curve`), by the symbol's daily volume
and volatility; where those are not known the urgency alone sets it. It is asked for anew at every decision: κ = √(λ
σ² / η), so it grows with the volatility of the last minute over the usual one, and with the root of the usual spread
over the present one (η, temporary impact, is taken as proportional to the spread). Because the optimum is consistent
in time, re-planning from what is left is the same curve with a new κ.
"""

from decimal import Decimal
from functools import lru_cache
from math import sqrt

from penstock.algos.named.algorithm import NotNegative, Positive, Unit, window_end
from penstock.algos.named.sliced import Sliced
from penstock.algos.schedules.curved import Curved
from penstock.algos.schedules.events import around
from penstock.algos.slicing import Fraction
from penstock.algos.view import Session, View
from penstock.cost.optimal_curve import shortfall_bend
from penstock.domain.instrument import AssetClass, SymbolProfile
from penstock.domain.orders import OrderTerms
from penstock.domain.time import DAY, SECOND
from penstock.market.estimates import is_warm, spread_ratio, volatility, volatility_ratio
from penstock.market.volume_curve import Portion, named_curve

KAPPA_AT_FULL_URGENCY = 6.0
REPLAN_MIN, REPLAN_MAX = 0.5, 2.0  # how far conditions may bend the plan
REPLAN_STEP = 0.1  # conditions are read this coarsely, so that the plan does not flicker
IMPACT_ETA, IMPACT_BETA = 0.142, 0.6  # temporary impact η σ (participation)^β: Almgren, Thum, Hauptmann and Li 2005

cached_bend = lru_cache(maxsize=4096)(shortfall_bend)  # asked for at every look


class ImplementationShortfall(Sliced, frozen=True, kw_only=True):
    """Trade early what risks most: the optimal front-loaded schedule, re-planned as conditions change.

    `urgency` (the order's own by default) sets how early: 0 is the market's pace. `opportunity_cost_weight`
    multiplies risk aversion. `market_impact_tolerance` (bps) bounds the share of the market's volume to that whose
    temporary impact is expected to be no larger; what is left then is for the end.
    """

    fixed = False

    duration_minutes: Positive | None = None
    urgency: Unit | None = None
    market_impact_tolerance: Positive | None = None
    opportunity_cost_weight: NotNegative = 1.0

    def window(self, now: int, session: Session) -> tuple[int, int]:
        return now, window_end(now, self.duration_minutes, session)

    def curve(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session
    ) -> Fraction | None:
        return self.curved(terms, asset_class, window, session, 1.0)

    def curved(
        self, terms: OrderTerms, asset_class: AssetClass, window: tuple[int, int], session: Session, conditions: float
    ) -> Fraction:
        day = named_curve(None, asset_class, session.start, session.end)
        bend = self.bend(terms, day.cumulative(window[1]) - day.cumulative(window[0]), session.profile)
        return around(Curved(Portion(day, *window), bend * conditions), window, self.events)

    def bend(self, terms: OrderTerms, volume_share: float, profile: SymbolProfile | None) -> float:
        """κT in usual conditions; `volume_share` is the part of a day's volume that the window expects."""
        urgency = terms.urgency if self.urgency is None else self.urgency
        if profile is None or profile.adv <= 0 or volume_share <= 0:
            return KAPPA_AT_FULL_URGENCY * urgency * sqrt(self.opportunity_cost_weight)
        return cached_bend(
            quantity=float(terms.quantity),
            adv=float(profile.adv),
            daily_volatility=profile.daily_volatility,
            volume_share=volume_share,
            urgency=urgency,
            risk_weight=self.opportunity_cost_weight,
            tolerance_bps=self.market_impact_tolerance,
            participation_max=self.max_participation,
        )

    def bent(self, view: View) -> float:
        return conditions(view)

    def shape(self, view: View) -> Fraction:
        window = (view.start, view.end)
        return self.curved(view.terms, view.instrument.asset_class, window, view.session, conditions(view))

    def bounded(self, view: View, due: Decimal) -> Decimal:
        due = super().bounded(view, due)
        tolerated = self.tolerated_participation(view)
        if tolerated >= 1:
            return due
        allowed = view.market_volume * Decimal(repr(tolerated)) - view.filled
        return min(due, max(view.instrument.round_quantity(max(allowed, Decimal(0))), Decimal(0)))

    def tolerated_participation(self, view: View) -> float:
        """The participation whose temporary impact is as large as tolerated; 1 where nothing bounds it."""
        if self.market_impact_tolerance is None or view.estimates is None or not is_warm(view.estimates):
            return 1.0
        session = min(view.session.end - view.session.start, DAY) / SECOND
        full = IMPACT_ETA * volatility(view.estimates, session) * 10_000
        return (self.market_impact_tolerance / full) ** (1 / IMPACT_BETA) if full > 0 else 1.0


def conditions(view: View) -> float:
    """How much more curved than planned the schedule is to be, by the market's volatility and spread now."""
    spread = spread_ratio(view.estimates)
    bent = volatility_ratio(view.estimates) / sqrt(spread) if spread > 0 else 1.0
    return round(min(max(bent, REPLAN_MIN), REPLAN_MAX) / REPLAN_STEP) * REPLAN_STEP
