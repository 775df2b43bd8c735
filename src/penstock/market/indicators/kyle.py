"""Kyle's market: what impact is worth in equilibrium, where one informed trader hides in the noise of the others.

Kyle 1985, theorem 2. In each of N auctions of length Δt = 1/N the insider, who alone knows the final value, trades
β_n (v − p) Δt, noise has variance σ_u² Δt, and the price moves by λ_n per unit of what both trade:

    λ_n = β_n Σ_n / σ_u²       Σ_n = (1 − β_n λ_n Δt) Σ_(n−1)       α_(n−1) = 1 / (4 λ_n (1 − α_n λ_n))
    (1 − λ_n² σ_u² Δt / Σ_n) (1 − α_n λ_n) = 1/2

`penstock.market.indicators.price_impact.kyle_lambda` estimates the λ of a market from its trades.
"""

from math import sqrt
from typing import NamedTuple

from penstock.domain.errors import BadInput


class Equilibrium(NamedTuple):
    """Auction by auction: impact λ (price a unit), the insider's β; with what was before the first one, the variance Σ
    of the value that the price does not know yet, and the worth α of what is left to trade.
    """

    impact: tuple[float, ...]
    intensity: tuple[float, ...]
    variance: tuple[float, ...]
    worth: tuple[float, ...]


def kyle_equilibrium(auctions: int, variance: float, noise: float) -> Equilibrium:
    """The equilibrium of so many auctions; `variance` is that of the value, `noise` the deviation of all noise trading.

    Raises:
        BadInput: a number that is not above zero.
    """
    for name, value in (("auctions", auctions), ("variance", variance), ("noise", noise)):
        if not value > 0:
            raise BadInput("kyle_equilibrium", name, "must be above zero", value)
    step = 1 / auctions
    left, worth = 1.0, 0.0  # from the end, where all is told but for a variance whose size is set in the end
    impact, intensity, variances, worths = [], [], [left], [worth]
    for _ in range(auctions):
        slope = _impact(left, worth, step)
        beta = slope / left
        left, worth = left / (1 - beta * slope * step), 1 / (4 * slope * (1 - worth * slope))
        impact.append(slope)
        intensity.append(beta)
        variances.append(left)
        worths.append(worth)
    size = sqrt(variance / left) / noise
    return Equilibrium(
        tuple(each * size for each in reversed(impact)),
        tuple(each / size for each in reversed(intensity)),
        tuple(each * variance / left for each in reversed(variances)),
        tuple(each / size for each in reversed(worths)),
    )


def _impact(left: float, worth: float, step: float) -> float:
    """The root λ of (1 − λ² Δt / Σ)(1 − α λ) = 1/2 for unit noise: it falls from 1 to 0 before both factors end."""
    low, high = 0.0, min(sqrt(left / step), 1 / worth if worth else float("inf"))
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if (1 - middle * middle * step / left) * (1 - worth * middle) > 0.5:
            low = middle
        else:
            high = middle
    return (low + high) / 2
