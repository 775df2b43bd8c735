"""I-Star: the cost of an order as if it were traded at once, spread over the pace at which it is traded.

    I*  = a1 · (Q/ADV)^a2 · σ^a3                               bps of the whole order's value, σ annual
    MI  = b1 · I* · POV^a4 + (1 − b1) · I*                     bps, temporary and permanent part
    TR  = σ · √(1/3 · 1/250 · (Q/ADV) · (1 − POV)/POV) · 10⁴   bps, one standard deviation

POV is the order's share of the volume while it is worked, its own included. Kissell, *The Science of Algorithmic
Trading and Portfolio Management* (2013), ch. 5 and 7; coefficients for US large caps, to be fitted to one's own fills.
"""

from math import sqrt

import msgspec

from penstock.cost.arguments import BPS, finite, not_negative, positive, share

MODEL = "i-star"
TRADING_DAYS = 250


class IStar(msgspec.Struct, frozen=True, kw_only=True):
    """The fitted coefficients: `a1` in bps, the rest without units."""

    a1: float = 708.0
    a2: float = 0.55
    a3: float = 0.71
    a4: float = 0.50
    b1: float = 0.98

    def instant_bps(self, quantity: float, adv: float, annual_volatility: float) -> float:
        """I*: the theoretical cost of demanding everything at once, in bps; the sign of `quantity` does not matter.

        Raises:
            BadInput: a volume that is not positive, a volatility below zero.
        """
        finite(MODEL, quantity=quantity)
        positive(MODEL, adv=adv)
        not_negative(MODEL, annual_volatility=annual_volatility)
        return float(self.a1 * (abs(quantity) / adv) ** self.a2 * annual_volatility**self.a3)

    def parts_bps(
        self, quantity: float, adv: float, annual_volatility: float, participation: float
    ) -> tuple[float, float]:
        """The temporary and the permanent part of MI, in bps. `participation` (POV) in (0, 1]."""
        share(MODEL, participation=participation)
        instant = self.instant_bps(quantity, adv, annual_volatility)
        return self.b1 * instant * participation**self.a4, (1 - self.b1) * instant

    def impact_bps(self, quantity: float, adv: float, annual_volatility: float, participation: float) -> float:
        """MI: the expected impact in bps at a pace."""
        return sum(self.parts_bps(quantity, adv, annual_volatility, participation))

    def timing_risk_bps(self, quantity: float, adv: float, annual_volatility: float, participation: float) -> float:
        """TR: one standard deviation in bps of what the price does while the order is worked evenly."""
        share(MODEL, participation=participation)
        finite(MODEL, quantity=quantity)
        positive(MODEL, adv=adv)
        not_negative(MODEL, annual_volatility=annual_volatility)
        days = abs(quantity) / adv * (1 - participation) / participation
        return annual_volatility * sqrt(days / 3 / TRADING_DAYS) * BPS
