"""The least expected cost of buying S units in T periods, by dynamic programming: Bertsimas and Lo.

1. The price moves for good by θ times each trade, P_t = P_{t−1} + θS_t + noise: equal trades are best, and cost
   P_0·S + θS²/2·(1 + 1/T).
2. A signal X_t moves it, too: P_t = P_{t−1} + θS_t + γX_t + noise, X_t = ρX_{t−1} + noise. With k periods to go after
   this one the best trade is S* = δ_w·W + δ_x·X, with W what is still to be bought and

    δ_w,k = 1/(k+1),    δ_x,k = ρ·b_{k−1}/(2a_{k−1})
    a_k = θ/2·(1 + 1/(k+1)),  b_k = γ + θρ·b_{k−1}/(2a_{k−1}),  c_k = ρ²c_{k−1} − ρ²b²_{k−1}/(4a_{k−1}),
    a_0 = θ,  b_0 = γ,  c_0 = 0,    expected cost P·W + a_k·W² + b_k·X·W + c_k·X² + d_k,  d_k = d_{k−1} + c_{k−1}·σ_X²

Bertsimas and Lo, "Optimal control of execution costs", Journal of Financial Markets 1 (1998), eqs. 2.4–2.11, 2.14–2.23.
"""

import msgspec
import numpy as np

from penstock.cost.arguments import Floats, count, finite, positive

MODEL = "bertsimas-lo"


class Step(msgspec.Struct, frozen=True):
    """The policy and the value of one period: `k` periods follow it."""

    k: int
    delta_w: float
    delta_x: float
    a: float
    b: float
    c: float
    d: float

    def trade(self, left: float, signal: float) -> float:
        """The best trade now, with `left` units to go; the signal may turn it round."""
        return self.delta_w * left + self.delta_x * signal

    def expected_cost(self, price: float, left: float, signal: float) -> float:
        """What all of `left` costs from here on, traded by the policy; in money."""
        return price * left + self.a * left**2 + self.b * signal * left + self.c * signal**2 + self.d


def equal_trades(quantity: float, periods: int) -> Floats:
    """The best trades under permanent linear impact alone: the same in each period."""
    finite(MODEL, quantity=quantity)
    count(MODEL, periods=periods)
    return np.full(periods, quantity / periods)


def expected_cost(quantity: float, periods: int, theta: float, price: float) -> float:
    """P_0·S + θS²/2·(1 + 1/T): what equal trades cost in all, in money (minus what they bring, of a sale).

    Raises:
        BadInput: a `theta` that is not positive, periods below one.
    """
    positive(MODEL, theta=theta)
    finite(MODEL, price=price, quantity=quantity)
    count(MODEL, periods=periods)
    return price * quantity + theta * quantity**2 / 2 * (1 + 1 / periods)


def impact_per_unit(quantity: float, periods: int, theta: float) -> float:
    """The part of that which is impact, by unit: θS/2·(1 + 1/T), in price."""
    return expected_cost(quantity, periods, theta, 0.0) / quantity if quantity else 0.0


def policy(periods: int, theta: float, gamma: float, rho: float, signal_variance: float = 0.0) -> list[Step]:
    """The best response to the signal with k = 0 … `periods` − 1 periods to follow.

    Raises:
        BadInput: a `theta` that is not positive, periods below one, a `rho` outside (−1, 1).
    """
    positive(MODEL, theta=theta)
    finite(MODEL, gamma=gamma, rho=rho, signal_variance=signal_variance)
    count(MODEL, periods=periods)
    steps = [Step(0, 1.0, 0.0, theta, gamma, 0.0, 0.0)]
    for k in range(1, periods):
        last = steps[-1]
        lean = rho * last.b / (2 * last.a)
        steps.append(
            Step(
                k,
                1 - theta / (2 * last.a),
                lean,
                theta / 2 * (1 + 1 / (k + 1)),
                gamma + theta * lean,
                rho**2 * last.c - (rho * last.b) ** 2 / (4 * last.a),
                last.d + last.c * signal_variance,
            )
        )
    return steps
