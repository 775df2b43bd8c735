"""Impact that each trade leaves and time wears down: the propagator, and when it can be cheated.

Trades x_i at t_i cost ½ΣΣ x_i G(|t_i − t_j|) x_j under a decay kernel G. Of a given total the optimum is
x = X · G⁻¹1/(1ᵀG⁻¹1). A kernel that is convex and falling never rewards a round trip.

    exponential   G(s) = e^(−ρs)              Obizhaeva and Wang's book
    power         G(s) = (1 + s/s_0)^(−γ)     Bouchaud's, as prices are found to forget

With impact of a rate v as v^δ: exponential decay can be cheated unless δ = 1; power decay s^(−γ) unless γ + δ ≥ 1 and
γ ≥ 2 − log 3/log 2. Bouchaud, Gefen, Potters and Wyart, Quantitative Finance 4 (2004); Gatheral, "No-dynamic-arbitrage
and market impact", Quantitative Finance 10 (2010), lemmas 4.1 and sections 5–6; Alfonsi, Schied and Slynko, SIAM J.
Financial Mathematics 3 (2012).
"""

from collections.abc import Callable
from math import log

import msgspec
import numpy as np

from penstock.cost.arguments import Floats, finite, not_negative, positive, vector
from penstock.domain.errors import BadInput

MODEL = "propagator"
GAMMA_STAR = 2 - log(3) / log(2)
Kernel = Callable[[Floats], Floats]


class ExponentialDecay(msgspec.Struct, frozen=True):
    """`rate` ρ per unit of time."""

    rate: float

    def __call__(self, age: Floats) -> Floats:
        return np.exp(-self.rate * age)


class PowerDecay(msgspec.Struct, frozen=True, kw_only=True):
    """`exponent` γ, and the `onset` s_0, the time before which hardly anything is forgotten."""

    exponent: float
    onset: float = 1.0

    def __call__(self, age: Floats) -> Floats:
        return (1 + age / self.onset) ** -self.exponent


def optimal_trades(quantity: float, times: object, kernel: Kernel) -> Floats:
    """The trades at `times` (rising) that cost least; they add up to `quantity`.

    Raises:
        BadInput: times that do not rise, or a kernel that is not positive definite on them: a round trip would earn.
    """
    finite(MODEL, quantity=quantity)
    at = vector(MODEL, "times", times)
    if (np.diff(at) <= 0).any():
        raise BadInput(MODEL, "times", "must rise", at.tolist())
    memory = kernel(np.abs(at[:, None] - at[None, :]))
    if np.linalg.eigvalsh(memory)[0] <= 1e-14 * len(at):
        raise BadInput(MODEL, "kernel", "lets a round trip earn: it must be positive definite on these times")
    weights = np.linalg.solve(memory, np.ones(len(at)))
    return np.asarray(quantity * weights / weights.sum(), dtype=np.float64)


def cost_of(trades: object, times: object, kernel: Kernel) -> float:
    """½ΣΣ x_i G(|t_i − t_j|) x_j: in money where the kernel is in price per unit.

    Raises:
        BadInput: not a time for each trade.
    """
    traded, at = vector(MODEL, "trades", trades), vector(MODEL, "times", times)
    if len(traded) != len(at):
        raise BadInput(MODEL, "times", f"must be one for each of the {len(traded)} trades", len(at))
    return float(traded @ kernel(np.abs(at[:, None] - at[None, :])) @ traded) / 2


def price_path(trades: object, times: object, kernel: Kernel, impact: Callable[[Floats], Floats], at: object) -> Floats:
    """How far the price is from where it would be, at each of `at`: Σ f(x_i)·G(t − t_i) over the trades so far."""
    traded, when, asked = (vector(MODEL, name, each) for name, each in
                           (("trades", trades), ("times", times), ("at", at)))  # fmt: skip
    age = asked[:, None] - when[None, :]
    return np.asarray((kernel(np.maximum(age, 0.0)) * (age >= 0)) @ impact(traded), dtype=np.float64)


def exponential_is_sound(concavity: float) -> bool:
    """Whether impact v^δ with exponential decay rewards no round trip: only where it is linear."""
    positive(MODEL, concavity=concavity)
    return concavity == 1


def power_is_sound(concavity: float, decay: float) -> bool:
    """Whether impact v^δ with decay s^(−γ) passes the necessary conditions: γ + δ ≥ 1 and γ ≥ γ*.

    The second is for concave impact; linear impact is sound with every power law.
    """
    positive(MODEL, concavity=concavity)
    not_negative(MODEL, decay=decay)
    if concavity == 1:
        return decay > 0
    return decay + concavity >= 1 - 1e-12 and decay >= GAMMA_STAR
