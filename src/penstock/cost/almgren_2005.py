"""Direct estimation of equity market impact: what trades of a large broker cost, split into what stays and what passes.

With X shares traded in T days of volume time, V the daily volume, Θ the shares outstanding, σ the daily volatility:

    permanent   I = γ · σ · (X/V)^α · (Θ/V)^δ             the move from before the order to long after it
    realised    J = I/2 + sgn(X) · η · σ · |X/(V·T)|^β     what the order pays on average

I and J are fractions of the price, signed as X: a sale moves the price down and pays it. Almgren, Thum, Hauptmann and
Li, "Direct Estimation of Equity Market Impact" (2005), eqs. 1–6 and the fit γ = 0.314 ± 0.041, η = 0.142 ± 0.0062,
β = 0.6, δ = 1/4 on 29,509 US orders.
"""

from math import copysign

import msgspec

from penstock.cost.arguments import BPS, finite, not_negative, positive

MODEL = "almgren 2005"


class DirectEstimation(msgspec.Struct, frozen=True, kw_only=True):
    """The fitted coefficients; all without units."""

    gamma: float = 0.314
    eta: float = 0.142
    alpha: float = 1.0
    beta: float = 0.6
    delta: float = 0.25

    def permanent(self, quantity: float, adv: float, daily_volatility: float, shares_outstanding: float) -> float:
        """I: the permanent move, a signed fraction of the price.

        Raises:
            BadInput: volume or shares outstanding that are not positive, a volatility below zero.
        """
        _check(quantity, adv, daily_volatility)
        positive(MODEL, shares_outstanding=shares_outstanding)
        size = (abs(quantity) / adv) ** self.alpha * (shares_outstanding / adv) ** self.delta
        return copysign(self.gamma * daily_volatility * size, quantity)

    def temporary(self, quantity: float, adv: float, daily_volatility: float, horizon_days: float) -> float:
        """K: what the pace costs, a signed fraction of the price.

        Raises:
            BadInput: volume or horizon that are not positive, a volatility below zero.
        """
        _check(quantity, adv, daily_volatility)
        positive(MODEL, horizon_days=horizon_days)
        pace = abs(quantity) / (adv * horizon_days)
        return copysign(self.eta * daily_volatility * pace**self.beta, quantity)

    def realised(
        self, quantity: float, adv: float, daily_volatility: float, shares_outstanding: float, horizon_days: float
    ) -> float:
        """J = I/2 + K: what the order pays against its arrival price, a signed fraction of the price."""
        lasting = self.permanent(quantity, adv, daily_volatility, shares_outstanding)
        return lasting / 2 + self.temporary(quantity, adv, daily_volatility, horizon_days)

    def cost_bps(
        self, quantity: float, adv: float, daily_volatility: float, shares_outstanding: float, horizon_days: float
    ) -> float:
        """J in bps, positive for buys and sells alike."""
        return abs(self.realised(quantity, adv, daily_volatility, shares_outstanding, horizon_days)) * BPS


def _check(quantity: float, adv: float, daily_volatility: float) -> None:
    finite(MODEL, quantity=quantity)
    positive(MODEL, adv=adv)
    not_negative(MODEL, daily_volatility=daily_volatility)
