"""A symbol's fair price without us: one seeded path that all its venues follow, so that they stay in line.

The path is drawn at once on a fixed grid from the symbol's own stream: nothing that happens later, and no question
asked of a book, can change it. Log returns are normal with a variance that follows the pace of trading through the
day and a slow log-normal volatility, which gives quiet and busy spells and fat tails.

Symbols move together through one factor that all of them see: the return of a symbol with `correlation` ρ is ρ times
the factor's and √(1 − ρ²) times its own, so that two symbols are correlated by the product of theirs.
"""

from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from penstock.domain.time import DAY, MINUTE, SECOND
from penstock.market.volume_curve import CRYPTO, EQUITY
from penstock.sim.footprint import Footprint, new_footprint
from penstock.sim.jit import kernel
from penstock.sim.market_profile import MarketProfile
from penstock.sim.random_kernel import Words, normal, stream

GRID_NS = SECOND // 10
GRID_PER_MINUTE = MINUTE // GRID_NS
VOLATILITY_SPREAD = 0.25  # standard deviation of log volatility
VOLATILITY_MEMORY_S = 1200.0


class FairPrice:
    """The path of one symbol in ticks, its pace, and our footprint on it: what the symbol's venues share."""

    def __init__(self, profile: MarketProfile, seed: int, start_ns: int, minutes: int) -> None:
        self.profile = profile
        self.start_ns = start_ns
        self.end_ns = start_ns + minutes * MINUTE
        ahead = pace_by_minute(profile, start_ns, minutes + 1)  # a minute more, for those who see what comes
        self.pace = ahead[:minutes]
        self.footprint: Footprint = new_footprint(profile, start_ns)
        step = profile.daily_volatility * sqrt(GRID_NS / SECOND / profile.day_s)
        words, factor = stream(seed, "fair price", profile.instrument.symbol), stream(seed, "factor")
        self.path = _walk(words, factor, profile.correlation, profile.price_ticks, step * np.sqrt(ahead))


def pace_by_minute(profile: MarketProfile, start_ns: int, minutes: int) -> NDArray[np.float64]:
    """How busy each minute is, the average of the profile's day being 1.

    An equity's session begins with the market; a crypto market follows the UTC clock.
    """
    weights = np.array(CRYPTO if profile.trades_all_day else EQUITY)
    width = profile.day_s / 60 / len(weights)
    first = start_ns % DAY / MINUTE if profile.trades_all_day else 0.0
    at = (first + np.arange(minutes) + 0.5) % (profile.day_s / 60)
    centres = (np.arange(len(weights)) + 0.5) * width
    pace: NDArray[np.float64] = np.interp(at, centres, weights / weights.mean())
    return pace


@kernel
def _walk(
    words: Words, factor: Words, correlation: float, price: float, steps: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The path at every grid point of the minutes whose standard deviations per grid step are given."""
    alone = sqrt(1.0 - correlation * correlation)
    path = np.empty(len(steps) * GRID_PER_MINUTE + 1)
    keep = exp(-GRID_NS / SECOND / VOLATILITY_MEMORY_S)
    push = VOLATILITY_SPREAD * sqrt(1.0 - keep * keep)
    mood = VOLATILITY_SPREAD * normal(words)
    log_return = 0.0
    path[0] = price
    for i in range(1, len(path)):
        mood = keep * mood + push * normal(words)
        size = steps[(i - 1) // GRID_PER_MINUTE] * exp(mood - VOLATILITY_SPREAD * VOLATILITY_SPREAD)
        draw = normal(words)
        if correlation != 0.0:
            draw = alone * draw + correlation * normal(factor)
        log_return += size * draw
        path[i] = price * exp(log_return)
    return path
