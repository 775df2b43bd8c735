"""A limit order book of constant depth that refills: trade a block, then as it refills, then a block.

A trade of x moves the price by x/q. λ of that stays, κ = 1/q − λ fades as e^(−ρt). Of X over [0, T] the optimum is

    N + 1 trades, τ apart, a = e^(−ρτ):   x_0 = x_N = X/(2 + (N−1)(1−a)),   between them (1 − a)·x_0
    in continuous time:                   blocks of X/(ρT + 2) at both ends, ρ·X/(ρT + 2) a unit of time between them

and costs, besides half the spread, λX²/2 + κ·(½Σx² + Σ_{i<j} x_i x_j e^(−ρ(t_j − t_i))), continuously
λX²/2 + κX²/(ρT + 2). Obizhaeva and Wang, "Optimal trading strategy and supply/demand dynamics", Journal of Financial
Markets 16 (2013), propositions 1–3; closed form: Alfonsi, Fruth and Schied, Quantitative Finance 10 (2010).
"""

from math import exp

import msgspec
import numpy as np

from penstock.cost.arguments import Floats, count, finite, not_negative, positive, vector
from penstock.domain.errors import BadInput

MODEL = "obizhaeva-wang"


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """`depth` q in units per price, `lasting` λ in price per unit, `resilience` ρ per unit of time.

    Raises:
        BadInput: a depth that is not positive, a resilience below zero, a λ outside [0, 1/q].
    """

    depth: float
    lasting: float = 0.0
    resilience: float

    def __post_init__(self) -> None:
        positive(MODEL, depth=self.depth)
        not_negative(MODEL, lasting=self.lasting, resilience=self.resilience)
        if self.lasting > 1 / self.depth:
            raise BadInput(MODEL, "lasting", f"must not exceed 1/depth, {1 / self.depth:g}", self.lasting)

    @property
    def passing(self) -> float:
        """κ = 1/q − λ, in price per unit."""
        return 1 / self.depth - self.lasting


class Continuous(msgspec.Struct, frozen=True):
    """Blocks at the start and at the end, and the rate (units per time) between them."""

    first: float
    rate: float
    last: float


def optimal_trades(quantity: float, horizon: float, intervals: int, resilience: float) -> Floats:
    """The `intervals` + 1 trades, evenly spaced from now to the horizon; they add up to `quantity` (of either sign).

    Without a horizon, or without resilience, everything is traded in blocks: nothing is gained by waiting.

    Raises:
        BadInput: intervals below one, a horizon or a resilience below zero.
    """
    finite(MODEL, quantity=quantity)
    not_negative(MODEL, horizon=horizon, resilience=resilience)
    count(MODEL, intervals=intervals)
    refilled = 1 - exp(-resilience * horizon / intervals)
    block = quantity / (2 + (intervals - 1) * refilled)
    trades = np.full(intervals + 1, block * refilled)
    trades[0] = trades[-1] = block
    return trades


def optimal_continuous(quantity: float, horizon: float, resilience: float) -> Continuous:
    """The limit of ever more intervals.

    Raises:
        BadInput: a horizon or a resilience below zero.
    """
    finite(MODEL, quantity=quantity)
    not_negative(MODEL, horizon=horizon, resilience=resilience)
    block = quantity / (resilience * horizon + 2)
    return Continuous(block, resilience * block, block)


def cost_of(trades: object, horizon: float, book: Book) -> float:
    """What evenly spaced trades, the first of them now, cost beyond half the spread; in money.

    Raises:
        BadInput: no trades, a horizon below zero.
    """
    traded = vector(MODEL, "trades", trades)
    not_negative(MODEL, horizon=horizon)
    fade = exp(-book.resilience * horizon / (len(traded) - 1)) if len(traded) > 1 else 0.0
    displaced = passing = 0.0
    for trade in traded.tolist():
        displaced *= fade
        passing += trade * (displaced + trade / 2)
        displaced += trade
    return book.lasting * float(traded.sum()) ** 2 / 2 + book.passing * passing


def continuous_cost(quantity: float, horizon: float, book: Book) -> float:
    """What the continuous optimum costs beyond half the spread; in money."""
    plan = optimal_continuous(quantity, horizon, book.resilience)
    return book.lasting * quantity**2 / 2 + book.passing * quantity * plan.first
