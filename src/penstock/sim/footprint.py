"""What our own trading does to a symbol's price, on every venue: the square-root law of a flow that is forgotten.

With x the signed quantity we took, in average daily volumes, and root(x) = x / √(|x| + x₀), the price moves by

    impact · σ_daily · price · (permanent_share · root(x_all) + (1 − permanent_share) · root(x_recent))

`x_all` is everything taken since the start, `x_recent` the same fading exponentially with the impact's memory. So an
order much shorter than the memory costs what the square-root law says whatever its pace, a slower one costs less,
the recent part recovers, and the permanent part depends on the net quantity alone: no round trip can earn from it.
Below x₀ the law is linear (Bucci et al. 2019, "Crossover from linear to square-root market impact").
The law is for |x| up to one day's volume and stays where it is beyond.
"""

from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from penstock.domain.time import SECOND
from penstock.sim.jit import kernel
from penstock.sim.market_profile import MarketProfile

CROSSOVER = 1e-4  # x₀
PASSIVE_WEIGHT = 0.3  # a passive fill withholds liquidity and tells less than a take of the same size

# Entries of a footprint: flows in lots, the time (ns) at which RECENT is stated, and what never changes.
ALL, RECENT, TS, ADV, PERMANENT, TRANSIENT, MEMORY_S = range(7)

Footprint = NDArray[np.float64]


def new_footprint(profile: MarketProfile, start_ns: int) -> Footprint:
    """The footprint of one symbol before we trade; its venues share the array."""
    full = profile.impact * profile.daily_volatility * profile.price_ticks
    permanent = full * profile.permanent_share
    return np.array([0, 0, start_ns, profile.adv_lots, permanent, full - permanent, profile.impact_memory_s])


@kernel
def _root(flow: float, adv: float) -> float:
    share = min(1.0, max(-1.0, flow / adv))
    return share / sqrt(abs(share) + CROSSOVER)


@kernel
def tread(footprint: Footprint, ts: int, signed_lots: float) -> None:
    """We traded: lots bought (+) or sold (−)."""
    gone = max(0.0, ts - footprint[TS]) / SECOND
    footprint[RECENT] = footprint[RECENT] * exp(-gone / footprint[MEMORY_S]) + signed_lots
    footprint[TS] = max(footprint[TS], float(ts))
    footprint[ALL] += signed_lots


@kernel
def shift(footprint: Footprint, ts: int) -> float:
    """How far the price stands from where it would be without us, in ticks."""
    if footprint[ALL] == 0.0 and footprint[RECENT] == 0.0:
        return 0.0
    gone = max(0.0, ts - footprint[TS]) / SECOND
    recent = footprint[RECENT] * exp(-gone / footprint[MEMORY_S])
    adv = footprint[ADV]
    lasting, passing = footprint[PERMANENT], footprint[TRANSIENT]
    return float(lasting * _root(footprint[ALL], adv) + passing * _root(recent, adv))
